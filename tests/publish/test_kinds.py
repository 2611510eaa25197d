"""The family of reports: the kind follows from the file, and portfolios wait for their members."""

import pytest
from evaluations import DATA, change, copy_of
from portfolios import jobs as rows
from portfolios import portfolio

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.batch.jobs import Job, find_jobs, in_stages, refuse_two_of_one
from pbc_eval.batch.local import publish
from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.provenance import read_manifest
from pbc_eval.publish import edition, report_kinds
from pbc_eval.publish.report_kinds import KINDS, kind_of, read_agreed

HOSPITAL = DATA / "hospital-readmissions"


def test_the_kind_follows_from_the_file():
    assert kind_of(read_agreed(HOSPITAL)).name == "impact_report"
    assert kind_of(read_agreed(HOSPITAL / "evaluation.yaml"), "design_note").name == "design_note"
    assert kind_of(read_agreed(DATA / "work-support-2026")).name == "portfolio"
    assert kind_of(read_agreed(DATA / "work-support-2026" / "portfolio.yaml")).name == "portfolio"


def test_a_kind_that_a_file_cannot_be_made_into_is_refused():
    with pytest.raises(SpecError, match=r"a portfolio is made from portfolio\.yaml"):
        kind_of(read_agreed(HOSPITAL), "portfolio")
    with pytest.raises(SpecError, match=r"a design note is made from evaluation\.yaml"):
        kind_of(read_agreed(DATA / "work-support-2026"), "design_note")
    with pytest.raises(PublicationError, match=r"must be one of.*Did you mean 'design_note'\?"):
        kind_of(read_agreed(HOSPITAL), "design_notes")


def test_the_subject_of_a_note_is_its_own_edition():
    note = KINDS["design_note"].subject(read_agreed(HOSPITAL / "evaluation.yaml"))
    report = KINDS["impact_report"].subject(read_agreed(HOSPITAL / "evaluation.yaml"))
    assert (note.edition, note.status) == ("design-1", "final")
    assert (report.edition, report.status) == ("2026-1", "provisional")
    assert note.source == report.source


def test_portfolios_come_after_evaluations_and_registered_notes_once(tmp_path):
    folder = tmp_path / "data"
    copy_of("hospital-readmissions", folder)
    copy_of("one-service", folder)
    portfolio(folder / "all", rows())
    found = find_jobs(folder, tmp_path / "reports")
    assert [(job.name, job.report) for job in found] == [
        ("hospital-readmissions, design note", "design_note"),
        ("hospital-readmissions", ""),
        ("one-service", ""),
        ("all", ""),
    ]
    refuse_two_of_one(found)
    first, last = in_stages(found[::-1])
    assert [job.name for job in last] == ["all"]
    assert len(first) == 3
    there = tmp_path / "reports" / "hospital-readmissions" / "design-1"
    there.mkdir(parents=True)
    (there / "manifest.json").touch()
    assert len(find_jobs(folder, tmp_path / "reports")) == 3  # it never changes: made once


def test_a_portfolio_with_the_name_of_an_evaluation_is_refused(tmp_path):
    folder = copy_of("one-service", tmp_path / "data")
    portfolio(tmp_path / "data" / "all", rows())
    change(tmp_path / "data" / "all" / "portfolio.yaml", "id: some-contracts", "id: one-service")
    with pytest.raises(SpecError, match="is the name of two"):
        refuse_two_of_one(find_jobs(folder.parent, tmp_path))


def test_stages_that_are_empty_are_left_out(tmp_path):
    assert in_stages([]) == ()
    assert len(in_stages([Job(DATA / "work-support-2026" / "portfolio.yaml", tmp_path)])) == 1


@pytest.mark.soak
def test_a_registered_note_is_published_as_final_and_says_its_kind(every_page):
    folder = every_page / "hospital-readmissions" / "design-1"
    manifest = read_manifest(folder)
    assert (manifest["report"], manifest["status"]) == ("design_note", "final")
    assert (folder / "downloads" / "agreed.json").is_file()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<title>Support after discharge: fewer people back in hospital: design note" in page
    assert len(page.encode()) < 400_000


def test_the_command_reads_the_file_of_an_evaluation_once(tmp_path, monkeypatch):
    folder = copy_of("hospital-readmissions", tmp_path / "data")
    readings = []

    def load_and_count(path):
        readings.append(path)
        return load_evaluation(path)

    def no_notebook(notebook, parameters, run_dir, cell_deadline):
        raise PublicationError("this far is enough")

    monkeypatch.setattr(report_kinds, "load_evaluation", load_and_count)
    monkeypatch.setattr(edition, "execute", no_notebook)
    jobs = find_jobs(folder, tmp_path / "reports")
    assert len(jobs) == 2  # the report and its registered design note
    refuse_two_of_one(jobs)
    for job in jobs:
        assert "this far is enough" in publish(job).problem
    assert len(readings) == 1
