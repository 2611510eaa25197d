"""What is on the site: every edition that was published as it was published, and no draft."""

import json
import re

import pytest
from editions import put
from evaluations import change, copy_of
from pages import Reader

from pbc_eval import provenance
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition import ASIDE, publish_edition
from pbc_eval.publish.site.build import write_site
from pbc_eval.publish.site.checked import Checked
from pbc_eval.publish.site.listed import read_shelf

pytestmark = pytest.mark.slow  # seconds, together

NAME = "wheels-to-meals"


def shelf_of(reports):
    return read_shelf(reports, Checked(reports, trust_memory=False))


@pytest.fixture
def reports(tmp_path, without_kernels):
    """Two evaluations, one of them in three editions, through the press."""
    folder = tmp_path / "reports"
    publish_edition(copy_of("one-service", tmp_path), folder)
    wheels = copy_of(NAME, tmp_path)
    publish_edition(wheels, folder)
    change(wheels / "evaluation.yaml", "edition: 2026-1", "edition: 2026-9")
    publish_edition(wheels, folder)
    change(wheels / "evaluation.yaml", "edition: 2026-9", "edition: 2026-10")
    publish_edition(wheels, folder)
    return folder


def test_the_index_lists_each_contract_once_with_all_its_editions(reports):
    page = write_site(reports).index.read_text(encoding="utf-8")
    links = [value for tag, name, value in Reader(page).attributes if (tag, name) == ("a", "href")]
    assert [link for link in links if link.endswith("index.html")] == [
        "one-service/2026-1/index.html",
        "one-service/index.html",
        f"{NAME}/2026-10/index.html",
        f"{NAME}/2026-9/index.html",
        f"{NAME}/2026-1/index.html",
        f"{NAME}/index.html",
    ]


def test_the_newest_release_comes_first_and_editions_of_one_day_as_people_count(tmp_path):
    put(tmp_path, "a", "2026-2")
    put(tmp_path, "a", "2026-10")
    put(tmp_path, "b", "1", particulars__publication__release_date="2026-06-01")
    put(tmp_path, "a", "2025-1", particulars__publication__release_date="2025-06-01")
    shelf = shelf_of(tmp_path)
    assert [one.id for one in shelf.contracts] == ["b", "a"]
    assert [one.edition for one in shelf.contracts[1].editions] == ["2026-10", "2026-2", "2025-1"]
    assert shelf.contracts[1].years == (2026, 2025)
    assert [one.edition for one in shelf.editions] == ["1", "2026-10", "2026-2", "2025-1"]


def test_drafts_are_not_listed_and_are_named(tmp_path):
    put(tmp_path, "a", "1")
    put(tmp_path, "a", "2", summary__status="draft")
    put(tmp_path, "b", "1", summary__status="draft")
    shelf = shelf_of(tmp_path)
    assert [one.edition for one in shelf.editions] == ["1"]
    assert shelf.drafts == ("a/2", "b/1")


def test_an_edition_whose_doubts_nobody_answers_for_is_not_listed_and_is_named(tmp_path):
    put(tmp_path, "a", "1")
    for name, by in (("b", ""), ("c", "A. Reader, 2026-06-01: Wide.")):
        folder = put(tmp_path, name, "1")
        review = {"output": "t", "status": "review", "reviewed_by": by}
        file = folder / "downloads" / "disclosure-review.json"
        file.write_text(json.dumps({"outputs": [review], "tables": {}}))
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
        provenance.write_manifest(folder, {"evaluation": name, "edition": "1"}, files)
    shelf = shelf_of(tmp_path)
    assert [one.id for one in shelf.contracts] == ["a", "c"]
    assert shelf.in_doubt == ("b/1",)


def test_a_final_edition_without_every_signature_is_not_listed(tmp_path):
    put(
        tmp_path,
        summary__status="final",
        particulars__sign_off__assurer={"name": "N", "date": None},
    )
    put(tmp_path, "another")
    shelf = shelf_of(tmp_path)
    assert [listed.id for listed in shelf.editions] == ["another"]
    assert "final without the dated sign-off of assurer" in shelf.damaged[0]


def test_a_signed_final_edition_is_listed(tmp_path):
    put(tmp_path, summary__status="final")
    assert shelf_of(tmp_path).editions[0].status == "final"


def test_an_edition_of_another_kind_needs_no_contract_and_no_headline(tmp_path):
    put(tmp_path, particulars={}, payment=None, social_return=None)
    (one,) = shelf_of(tmp_path).editions
    assert one.released.isoformat() == "2026-05-01"  # of the summary
    assert (one.verdict, one.verdict_words) == ("none", "No outcome measured")
    assert (one.payment_words, one.ratio_words) == ("–", "–")


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
@pytest.mark.parametrize("trust_memory", [False, True])
def test_an_edition_that_is_not_what_was_published_is_named_and_the_others_are_listed(
    tmp_path, spoil, said, trust_memory
):
    folder = put(tmp_path)
    put(tmp_path, "another", summary__title="Another")
    write_site(tmp_path)
    spoil(folder)
    built = write_site(tmp_path, trust_memory=trust_memory)
    (sentence,) = built.damaged
    assert re.search(rf"winter-shelter, edition 2026-1: {said} since .*restore", sentence)
    assert "winter-shelter" not in built.index.read_text(encoding="utf-8")
    assert "winter-shelter" not in (tmp_path / "SHA256SUMS").read_text()
    assert "another/2026-1/index.html" in built.index.read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"evaluation": 1}', "\xff", "null"])
def test_a_broken_manifest_is_a_message(tmp_path, text):
    (put(tmp_path) / MANIFEST).write_bytes(text.encode("latin-1"))
    (sentence,) = shelf_of(tmp_path).damaged
    assert re.search(r"manifest\.json: (cannot be read|is not a manifest)", sentence)


@pytest.mark.parametrize("part", ["summary", "title"])
def test_results_that_lack_what_a_list_needs_are_a_message(tmp_path, part, monkeypatch):
    changes = {"summary": None} if part == "summary" else {}
    folder = put(tmp_path, "a", "1")
    results = (folder / "downloads" / "results.json").read_text()
    spoiled = (
        results.replace('"summary"', '"about"') if changes else results.replace('"title"', '"name"')
    )
    (folder / "downloads" / "results.json").write_text(spoiled)
    monkeypatch.setattr("pbc_eval.provenance.changed_files", lambda _: ())
    (sentence,) = shelf_of(tmp_path).damaged
    assert re.search(r"a/1: results\.json cannot be read .*Run the eval", sentence)


def test_an_edition_under_another_name_is_refused(tmp_path):
    put(tmp_path).rename(tmp_path / "winter-shelter" / "2027-1")
    (sentence,) = shelf_of(tmp_path).damaged
    assert "2027-1: holds winter-shelter, edition 2026-1" in sentence


def test_what_a_crash_left_aside_is_back_before_the_site_is_written(tmp_path):
    folder = put(tmp_path)
    folder.rename(folder.parent / ASIDE.format("2026-1"))
    assert shelf_of(tmp_path).editions == ()
    assert write_site(tmp_path).n_editions == 1


def test_hidden_folders_and_folders_without_a_manifest_are_no_editions(tmp_path):
    put(tmp_path)
    (tmp_path / ".runs" / "x").mkdir(parents=True)
    (tmp_path / ".runs" / "x" / MANIFEST).write_text("{}")
    (tmp_path / "winter-shelter" / "notes").mkdir()
    assert len(shelf_of(tmp_path).editions) == 1


def test_files_that_did_not_move_are_not_read_again(tmp_path, monkeypatch):
    put(tmp_path, "a")
    put(tmp_path, "b")
    write_site(tmp_path)
    put(tmp_path, "c")
    read = []
    real = Checked.__init__.__globals__["provenance"].changed_files

    def noted(folder):
        read.append(folder.parent.name)
        return real(folder)

    monkeypatch.setattr("pbc_eval.publish.site.checked.provenance.changed_files", noted)
    write_site(tmp_path, trust_memory=True)
    assert read == ["c"]
    write_site(tmp_path)
    assert read == ["c", "a", "b", "c"]
