"""What readers download: whole, unrounded, harmless in a spreadsheet, and still confidential."""

import csv
import json
import math
from dataclasses import replace

import pandas as pd
import pytest
from evaluations import TOLD, change, copy_of, released_of
from hostile import FORMULAS
from shown import shown_page

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import SUPPRESSED, release
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.publish.formats import write
from pbc_eval.publish.formats.csv_files import csv_files, csv_text
from pbc_eval.publish.formats.results import _number, _plain, results
from pbc_eval.report.page import Page
from pbc_eval.report.parts import Downloads

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Readmissions with a threshold of 21, so that two groups are held back."""
    folder = copy_of("hospital-readmissions", tmp_path_factory.mktemp("downloads"))
    change(folder / "evaluation.yaml", "    counts: bodies  ", f"    threshold: 21{TOLD} #")
    change(folder / "evaluation.yaml", "Two hospitals failed", "Some failed")
    return release(evaluate(load_evaluation(folder)))


@pytest.fixture(scope="module")
def written(released, tmp_path_factory):
    return write(shown_page(released), released, tmp_path_factory.mktemp("run"))


def rows(file) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_table_and_figure_of_the_page_has_its_data(released, written):
    names = {table.name for part in released.findings for table in part.tables}
    assert {f"{name}.csv" for name in names} < {path.name for path in written.iterdir()}
    assert (written / "readmissions-paths.csv").is_file()


def test_suppressed_cells_stay_suppressed_in_every_file(written):
    groups = rows(written / "readmissions-groups.csv")
    assert [row["units"] for row in groups] == ["40", "29", SUPPRESSED, SUPPRESSED]
    small = {"20", "20.0"}
    for file in written.glob("*.csv"):
        for row in rows(file):
            counts = {row[k] for k in ("units", "n_treated", "n_comparison") if k in row}
            assert not counts & small, file.name
    paths = rows(written / "readmissions-paths.csv")
    assert {row["group"] for row in paths} == {groups[0]["group"], groups[1]["group"]}


def test_numbers_are_not_rounded(released, written):
    headline = rows(written / "readmissions-estimates.csv")[0]
    assert float(headline["estimate"]) == released.primary.headline.estimate


def test_results_say_what_the_page_says_and_are_json(released, written):
    text = (written / "results.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=pytest.fail)
    assert found == results(shown_page(released), released).model_dump(mode="json")
    outcome = found["outcomes"][0]
    assert outcome["estimate"] == released.primary.headline.estimate
    assert found["payment"]["total"] == str(released.payment.total)
    assert set(found["provenance"]["inputs_sha256"]) == {
        "design-note.yaml",
        "evaluation.yaml",
        "hospitals.csv",
        "performance.csv",
        "survey.csv",
    }
    assert len(found["summary"]["headlines"]) == 3


def test_what_is_missing_is_null_never_nan(tmp_path):
    released = released_of("one-service")
    folder = write(shown_page(released), released, tmp_path)
    found = json.loads(
        (folder / "results.json").read_text(encoding="utf-8"), parse_constant=pytest.fail
    )
    assert found["outcomes"][0]["std_error"] is None
    assert found["outcomes"][0]["reason"]


@pytest.mark.parametrize(
    "value", [v for v in FORMULAS if v[0] in "=+-@"] + ["\t=1", "\uff1d1", "\n=1"]
)
def test_text_like_a_formula_is_quoted(tmp_path, value):
    (tmp_path / "a.csv").write_text(csv_text(pd.DataFrame({"a": [value, "b"]})), encoding="utf-8")
    assert rows(tmp_path / "a.csv")[0]["a"] == "'" + value


def test_a_negative_number_is_a_number_in_whatever_column(tmp_path):
    frame = pd.DataFrame({"float": [-1.5], "mixed": [-1.5], "text": ["-1.5"], "word": ["-x"]})
    frame["mixed"] = pd.Series([-1.5], dtype=object)
    (tmp_path / "a.csv").write_text(csv_text(frame), encoding="utf-8")
    assert rows(tmp_path / "a.csv") == [
        {"float": "-1.5", "mixed": "-1.5", "text": "-1.5", "word": "'-x"}
    ]
    assert list(frame["word"]) == ["-x"]  # the caller's frame is left as it is


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, float("nan")])
def test_a_number_that_json_cannot_hold_is_null(value):
    assert _plain(value) is None
    assert _number(value) is None


def test_two_tables_of_one_name_stop_the_press(released):
    page = shown_page(released)
    twice = Page([*page, page.section("payment")], kind=page.kind, language=page.language)
    with pytest.raises(PublicationError, match="two tables or figures have this name"):
        csv_files(twice)


def test_a_link_to_a_file_that_nothing_writes_stops_the_press(released, tmp_path):
    page = shown_page(released)
    *others, last = page
    linked = replace(last, parts=(*last.parts, Downloads((("more.pdf", "More"),))))
    spoilt = Page([*others, linked], kind=page.kind, language=page.language)
    with pytest.raises(PublicationError, match=r"more\.pdf: the page links to it, and nothing"):
        write(spoilt, released, tmp_path)
