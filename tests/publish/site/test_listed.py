"""write_index: every edition is listed, and none that is not what was published."""

import json

import pytest
from evaluations import change, copy_of, files_under
from pages import Reader

from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST, sha256
from pbc_eval.publish.edition import ASIDE, publish_edition
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.publish.site import editions, write_index

NAME = "wheels-to-meals"


@pytest.fixture
def reports(tmp_path, without_kernels):
    """Two evaluations, one of them in three editions."""
    folder = tmp_path / "reports"
    publish_edition(copy_of("one-service", tmp_path), folder)
    wheels = copy_of(NAME, tmp_path)
    publish_edition(wheels, folder)
    change(wheels / "evaluation.yaml", "edition: 2026-1", "edition: 2026-9")
    publish_edition(wheels, folder)
    change(wheels / "evaluation.yaml", "edition: 2026-9", "edition: 2026-10")
    publish_edition(wheels, folder)
    return folder


def test_the_index_lists_every_edition_the_newest_first(reports):
    page = write_index(reports).read_text(encoding="utf-8")
    links = [value for tag, name, value in Reader(page).attributes if (tag, name) == ("a", "href")]
    assert links[1:] == [
        "one-service/2026-1/index.html",
        f"{NAME}/2026-10/index.html",
        f"{NAME}/2026-9/index.html",
        f"{NAME}/2026-1/index.html",
    ]
    refuse_an_unfit_page(page)


def test_an_empty_site_has_a_page_that_says_so(tmp_path):
    page = write_index(tmp_path / "reports").read_text(encoding="utf-8")
    assert "No report has been published yet" in page


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "index.html").write_text("other"), "index.html has changed"),
        (lambda folder: (folder / "index.html").unlink(), "index.html is missing"),
        (lambda folder: (folder / "downloads" / "results.json").write_text("{}"),
         "downloads/results.json has changed"),
        (lambda folder: (folder / "downloads" / "more.csv").write_text("a"),
         "downloads/more.csv is new"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_what_was_published_is_found_and_named(reports, spoil, said):
    index = write_index(reports).read_bytes()
    spoil(reports / NAME / "2026-1")
    with pytest.raises(PublicationError, match=rf"{NAME}, edition 2026-1: {said} since .*restore"):
        write_index(reports)
    assert (reports / "index.html").read_bytes() == index


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"evaluation": 1}', "\xff", "null"])
def test_a_broken_manifest_is_a_message(reports, text):
    (reports / NAME / "2026-1" / MANIFEST).write_bytes(text.encode("latin-1"))
    with pytest.raises(
        PublicationError, match=r"manifest\.json: (cannot be read|is not a manifest)"
    ):
        editions(reports)


def test_an_edition_under_another_name_is_refused(reports):
    (reports / NAME / "2026-1").rename(reports / NAME / "2027-1")
    with pytest.raises(PublicationError, match=f"2027-1: holds {NAME}, edition 2026-1"):
        editions(reports)


def test_what_a_crash_left_aside_is_back_before_the_index_is_written(reports):
    folder = reports / NAME / "2026-9"
    folder.rename(folder.parent / ASIDE.format("2026-9"))
    assert len(editions(reports)) == 3
    write_index(reports)
    assert len(editions(reports)) == 4


def test_hidden_folders_and_folders_without_a_manifest_are_no_editions(reports):
    (reports / ".runs" / "x").mkdir()
    (reports / ".runs" / "x" / MANIFEST).write_text("{}")
    (reports / NAME / "draft").mkdir()
    assert len(editions(reports)) == 4


def test_titles_are_text_on_the_index(reports):
    file = reports / NAME / "2026-1" / "downloads" / "results.json"
    results = json.loads(file.read_text())
    results["summary"]["title"] = "<script>alert(1)</script>"
    file.write_text(json.dumps(results))
    manifest = reports / NAME / "2026-1" / MANIFEST
    facts = json.loads(manifest.read_text())
    facts["outputs_sha256"]["downloads/results.json"] = sha256(file)
    manifest.write_text(json.dumps(facts))
    page = write_index(reports).read_text()
    assert "script" not in Reader(page).tags
    assert "<script>alert(1)</script>" in Reader(page).text


def test_writing_the_index_twice_changes_nothing(reports):
    write_index(reports)
    before = files_under(reports)
    write_index(reports)
    assert files_under(reports) == before
