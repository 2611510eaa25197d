"""publish_edition: a good edition stays good whatever fails, and a final one never changes."""

import json
import multiprocessing
import os
import shutil
import sys
import threading
import time
from pathlib import Path

import pytest
import work
from evaluations import change, copy_of, files_under
from pages import intact

from pbc_eval import provenance
from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.publish import edition as press
from pbc_eval.publish.edition import ASIDE, publish_edition, put_all_back, put_in_place
from pbc_eval.publish.workspace import workspace_of

pytestmark = pytest.mark.slow  # seconds, together

NAME = "wheels-to-meals"


@pytest.fixture
def evaluation(tmp_path):
    return copy_of(NAME, tmp_path / "data")


@pytest.fixture
def reports(tmp_path):
    return tmp_path / "reports"


def sign(evaluation):
    roles = ("commissioner", "analyst", "assurer", "approver")
    signed = "".join(f"  {role}: {{name: N, date: 2026-06-01}}\n" for role in roles)
    change(
        evaluation / "evaluation.yaml", "status: provisional", f"status: final\nsign_off:\n{signed}"
    )


# --- what is made ---


def test_an_edition_is_whole_and_its_manifest_names_every_file(
    without_kernels, evaluation, reports
):
    made = publish_edition(evaluation, reports)
    assert made.page == reports / NAME / "2026-1" / "index.html"
    assert intact(made.folder)
    facts = provenance.read_manifest(made.folder)
    assert facts["outputs_sha256"].keys() == {
        *("index.html", "metadata.jsonld", "SHA256SUMS", "downloads/results.json"),
        *("downloads/citation.txt", "downloads/citation.cff", "downloads/citation.bib"),
        "downloads/ro-crate.zip",
    }
    assert facts["notebook_sha256"] == provenance.sha256(press.KINDS["sroi_report"].notebook)
    assert facts["report"] == "sroi_report"
    assert (facts["evaluation"], facts["edition"], facts["status"]) == (
        NAME,
        "2026-1",
        "provisional",
    )


def test_the_manifest_is_written_last(without_kernels, evaluation, reports, monkeypatch):
    there = []

    def write(folder, facts, files):
        there.extend(sorted(path.name for path in folder.rglob("*") if path.is_file()))
        raise PublicationError("the disk is full")

    monkeypatch.setattr(press.provenance, "write_manifest", write)
    with pytest.raises(PublicationError, match="disk is full"):
        publish_edition(evaluation, reports)
    assert {"index.html", "results.json", "ro-crate.zip", "SHA256SUMS"} < {*there}
    assert "manifest.json" not in there
    assert not (reports / NAME).exists()


def test_what_is_published_can_be_read_by_others_and_leaves_nothing_behind(
    without_kernels, evaluation, reports
):
    made = publish_edition(evaluation, reports)
    assert made.folder.stat().st_mode & 0o055 == 0o055 & ~current_umask()
    assert not list((workspace_of(reports) / "runs").rglob("run-*"))


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


# --- what fails ---


@pytest.mark.parametrize("fault", ["notebook", "page", "results", "another"])
def test_a_failed_run_leaves_the_good_edition(
    without_kernels, evaluation, reports, monkeypatch, fault
):
    good = publish_edition(evaluation, reports)
    before = files_under(good.folder)
    without_kernels.words = "second"
    if fault == "notebook":
        without_kernels.problem = PublicationError("a cell failed")
    elif fault == "page":
        monkeypatch.setattr(press, "to_page", lambda *_, **__: "<p>not fit</p>")
    elif fault == "results":
        monkeypatch.setattr(press, "execute", lambda *_: None)
    else:
        other = copy_of("one-service", evaluation.parent / "other") / "evaluation.yaml"
        real = without_kernels.execute
        monkeypatch.setattr(
            press, "execute", lambda n, p, d, *_: real(n, {**p, "evaluation": str(other)}, d)
        )
    with pytest.raises(PublicationError):
        publish_edition(evaluation, reports)
    assert files_under(good.folder) == before
    assert intact(good.folder)
    assert (
        len(list((workspace_of(reports) / "runs").rglob("run-*"))) == 1
    )  # for whoever looks into it
    assert not list((reports / NAME).glob(".*"))


def test_only_the_last_failure_is_kept(without_kernels, evaluation, reports):
    without_kernels.problem = PublicationError("a cell failed")
    for _ in range(3):
        with pytest.raises(PublicationError):
            publish_edition(evaluation, reports)
    assert len(list((workspace_of(reports) / "runs").rglob("run-*"))) == 1
    without_kernels.problem = None
    publish_edition(evaluation, reports)
    assert not list((workspace_of(reports) / "runs").rglob("run-*"))


def test_a_corrected_provisional_edition_takes_the_place_of_the_old(
    without_kernels, evaluation, reports
):
    publish_edition(evaluation, reports)
    without_kernels.words = "second"
    made = publish_edition(evaluation, reports)
    assert "second" in made.page.read_text()
    assert intact(made.folder)


# --- crashes ---


def test_a_crash_between_the_two_renames_does_not_lose_the_good_edition(
    without_kernels, evaluation, reports, tmp_path
):
    good = publish_edition(evaluation, reports)
    before = files_under(good.folder)
    new = shutil.copytree(good.folder, tmp_path / "new")
    dying = multiprocessing.get_context("fork").Process(
        target=work.die_between_renames, args=(new, good.folder)
    )
    dying.start()
    dying.join(60)
    assert dying.exitcode == work.DIED
    assert not good.folder.exists()  # it stands aside, where the next command finds it
    put_all_back(reports)
    assert files_under(good.folder) == before
    assert not list((reports / NAME).glob(".*"))


def test_the_next_run_finds_what_a_crash_left_aside(without_kernels, evaluation, reports):
    good = publish_edition(evaluation, reports)
    good.folder.rename(good.folder.parent / ASIDE.format("2026-1"))
    without_kernels.words = "second"
    made = publish_edition(evaluation, reports)
    assert "second" in made.page.read_text()
    assert not list((reports / NAME).glob(".*"))


def test_a_rename_that_fails_puts_the_old_edition_back(
    without_kernels, evaluation, reports, tmp_path, monkeypatch
):
    good = publish_edition(evaluation, reports)
    before = files_under(good.folder)
    new = shutil.copytree(good.folder, tmp_path / "new")
    rename = Path.rename

    def full(self, other):
        if self == new:
            raise OSError(28, "No space left on device")
        return rename(self, other)

    monkeypatch.setattr(Path, "rename", full)
    monkeypatch.setattr(press, "exchange", lambda *_: False)
    with pytest.raises(OSError, match="No space left"):
        put_in_place(new, good.folder, is_final=False)
    assert files_under(good.folder) == before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="one step on Linux only")
def test_a_reader_finds_the_old_or_the_new_edition_and_never_none(tmp_path):
    target, missing, seen, done = tmp_path / "e" / "1", [], set(), threading.Event()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").write_text(name)
        provenance.write_manifest(
            tmp_path / name, {"evaluation": "e", "edition": "1"}, [tmp_path / name / "index.html"]
        )
    shutil.copytree(tmp_path / "a", target)

    def read():
        while not done.is_set():
            try:
                seen.add((target / "index.html").read_text())
            except FileNotFoundError as gone:
                missing.append(gone)

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(200):
        new = shutil.copytree(tmp_path / "ba"[turn % 2], tmp_path / f"made-{turn}")
        put_in_place(new, target, is_final=False)
        assert not new.exists()
    done.set()
    reader.join()
    assert (missing, seen) == ([], {"a", "b"})


# --- final editions ---


def test_a_final_edition_does_not_change(without_kernels, evaluation, reports):
    sign(evaluation)
    good = publish_edition(evaluation, reports)
    before = files_under(good.folder)
    publish_edition(evaluation, reports)  # the same again is no change
    assert files_under(good.folder) == before
    without_kernels.words = "second"
    with pytest.raises(PublicationError, match=r"final and published.*index\.html.*new\s+edition"):
        publish_edition(evaluation, reports)
    assert files_under(good.folder) == before


def test_a_final_edition_is_not_replaced_by_a_provisional_one(without_kernels, evaluation, reports):
    unsigned = (evaluation / "evaluation.yaml").read_text()
    sign(evaluation)
    good = publish_edition(evaluation, reports)
    (evaluation / "evaluation.yaml").write_text(unsigned)
    with pytest.raises(PublicationError, match="is final and published"):
        publish_edition(evaluation, reports)
    assert provenance.read_manifest(good.folder)["status"] == "final"


def test_even_the_same_files_do_not_make_a_final_edition_provisional(
    without_kernels, evaluation, reports, tmp_path
):
    sign(evaluation)
    good = publish_edition(evaluation, reports)
    new = shutil.copytree(good.folder, tmp_path / "new")
    with pytest.raises(PublicationError, match=r"differs from it .its status"):
        put_in_place(new, good.folder, is_final=False)
    assert intact(good.folder)


def test_a_provisional_edition_becomes_final(without_kernels, evaluation, reports):
    publish_edition(evaluation, reports)
    sign(evaluation)
    made = publish_edition(evaluation, reports)
    assert provenance.read_manifest(made.folder)["status"] == "final"


def test_an_edition_whose_manifest_is_broken_can_be_made_again(
    without_kernels, evaluation, reports
):
    good = publish_edition(evaluation, reports)
    (good.folder / provenance.MANIFEST).write_text("{")
    assert intact(publish_edition(evaluation, reports).folder)


def test_a_final_edition_that_was_damaged_is_restored_by_the_same_run(
    without_kernels, evaluation, reports
):
    sign(evaluation)
    good = publish_edition(evaluation, reports)
    good.page.write_text("<p>damaged</p>")
    publish_edition(evaluation, reports)
    assert intact(good.folder)


# --- two at once, and places ---


def test_two_runs_of_one_evaluation_take_turns_and_both_end_well(
    without_kernels, evaluation, reports, monkeypatch
):
    spans, real = [], without_kernels.execute

    def slowly(*words):
        start = time.monotonic()
        time.sleep(0.3)
        result = real(*words)
        spans.append((start, time.monotonic()))
        return result

    monkeypatch.setattr(press, "execute", slowly)
    runs = [threading.Thread(target=publish_edition, args=(evaluation, reports)) for _ in range(2)]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    (_, first_end), (second_start, _) = sorted(spans)
    assert second_start >= first_end
    assert intact(reports / NAME / "2026-1")


def test_a_run_that_waits_too_long_says_what_to_do(
    without_kernels, evaluation, reports, monkeypatch
):
    monkeypatch.setattr(press, "LOCK_WAIT", 0.2)
    (workspace_of(reports) / "runs" / NAME).mkdir(parents=True)
    with (
        press.FileLock(workspace_of(reports) / "runs" / NAME / "lock"),
        pytest.raises(PublicationError, match=r"another run has held lock for 0\.2 seconds"),
    ):
        publish_edition(evaluation, reports)
    assert without_kernels.runs == 0


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", "..", ".runs", "a\\b", "", "A", "a\nb"])
@pytest.mark.parametrize("key", ["id", "edition"])
def test_a_name_cannot_lead_out_of_reports(without_kernels, evaluation, reports, key, name):
    old = {"id": f"id: {NAME}", "edition": "edition: 2026-1"}[key]
    change(evaluation / "evaluation.yaml", old, f"{key}: {json.dumps(name)}")
    with pytest.raises(SpecError, match="lower-case letters, digits and single hyphens"):
        publish_edition(evaluation, reports)
    assert not reports.exists()


def test_a_link_cannot_lead_out_of_reports(without_kernels, evaluation, reports, tmp_path):
    reports.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (reports / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PublicationError, match="leads out of"):
        publish_edition(evaluation, reports)
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_language_that_nobody_confirmed_is_told_and_makes_no_final_edition(
    without_kernels, evaluation, reports
):
    file = evaluation / "evaluation.yaml"
    change(file, "\npublication:\n", "\npublication:\n  language: cy\n")
    made = publish_edition(evaluation, reports)
    assert made.folder.is_dir()
    signed = ", ".join(
        f"{role}: {{name: N, date: 2026-11-01}}"
        for role in ("commissioner", "analyst", "assurer", "approver")
    )
    change(file, "status: provisional\n", f"status: final\nsign_off: {{{signed}}}\n")
    with pytest.raises(PublicationError, match="whose translation nobody has confirmed"):
        publish_edition(evaluation, reports)
