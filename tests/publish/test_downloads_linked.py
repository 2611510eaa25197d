"""Whatever can be downloaded is linked, and whatever is linked exists, in every example edition."""

import csv
import json
import re

import jsonschema
import pytest
from evaluations import PROJECT

from pbc_eval.results_file import RESULTS, read_results_file

pytestmark = pytest.mark.soak  # every example is published

LINK = re.compile(r'href="downloads/([^"]+)"')


def editions(every_page):
    return sorted(path.parent for path in every_page.glob("[!.]*/[!.]*/downloads"))


def unlinked_and_missing(edition):
    """Files of an edition's downloads that its page does not link to, and links to no file."""
    links = set(LINK.findall((edition / "index.html").read_text(encoding="utf-8")))
    files = {path.name for path in (edition / "downloads").iterdir()}
    return sorted(files - links), sorted(links - files)


def test_every_download_is_linked_and_every_link_leads_to_a_file(every_page):
    made = editions(every_page)
    assert len(made) >= 12
    assert {edition.name: unlinked_and_missing(edition) for edition in made} == {
        edition.name: ([], []) for edition in made
    }


def test_the_walk_would_find_both(tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "a.csv").write_text("a\n")
    (tmp_path / "index.html").write_text('<a href="downloads/b.csv">b</a>')
    assert unlinked_and_missing(tmp_path) == (["a.csv"], ["b.csv"])


def test_files_of_each_kind_are_there(every_page):
    names = {
        path.name for edition in editions(every_page) for path in (edition / "downloads").iterdir()
    }
    assert {
        *("results.json", "dictionary.csv", "dictionary.json", "csv-metadata.json"),
        *("disclosure-review.json", "disclosure-review.csv", "workbook.xlsx"),
        *("payment-schedule.md", "agreed.json", "citation.cff", "ro-crate.zip"),
    } <= names


def test_results_list_every_table_and_figure_of_the_page(every_page):
    for edition in editions(every_page):
        results = read_results_file(edition / RESULTS, edition.name)
        listed = {file.file for file in results.files}
        there = {path.name for path in (edition / "downloads").glob("*.csv")}
        assert listed == there - {"dictionary.csv"}, edition
        page = (edition / "index.html").read_text(encoding="utf-8")
        assert all(f'id="{file.section}"' in page for file in results.files)


def test_the_results_of_every_example_are_as_their_schema_says(every_page):
    schema = json.loads((PROJECT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    for edition in editions(every_page):
        content = json.loads((edition / RESULTS).read_text(encoding="utf-8"))
        assert [problem.message for problem in check.iter_errors(content)] == [], edition
        assert list(check.iter_errors({**content, "more": 1}))


def test_the_disclosure_review_names_every_table_and_figure(every_page):
    for edition in editions(every_page):
        file = edition / "downloads" / "disclosure-review.csv"
        if not file.is_file():
            continue
        with file.open(encoding="utf-8", newline="") as stream:
            reviewed = {row["output"] for row in csv.DictReader(stream)}
        results = read_results_file(edition / RESULTS, edition.name)
        shown = {shown.file.removesuffix(".csv") for shown in results.files}
        assert shown - {"disclosure-review"} <= reviewed, edition
