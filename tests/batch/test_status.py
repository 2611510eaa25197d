"""pbc-eval status: what is late, due, unsigned, failed or changed, and what is well."""

import datetime as dt
import json
from pathlib import Path

import pytest
from evaluations import change, copy_of

from pbc_eval.batch import status
from pbc_eval.batch.jobs import Job, JobResult, find_jobs
from pbc_eval.batch.log import Log
from pbc_eval.batch.status import day_of, standings
from pbc_eval.errors import SpecError
from pbc_eval.provenance import write_manifest

pytestmark = pytest.mark.slow  # evaluations are read


@pytest.fixture
def job(tmp_path) -> Job:
    (found,) = find_jobs(copy_of("one-service", tmp_path / "data"), tmp_path / "reports")
    return found


def states(job, day) -> tuple[str, ...]:
    (standing,) = standings([job], job.reports, day)
    return standing.states


def released(job) -> dt.date:
    return job.agreed.publication.release_date


def publish(job, made="provisional", **output) -> Path:
    """An edition with a page, and a record of its disclosure review with one ``output``."""
    folder = job.reports / job.agreed.id / job.agreed.edition
    record = folder / "downloads" / "disclosure-review.json"
    record.parent.mkdir(parents=True)
    record.write_text(json.dumps({"outputs": [output] if output else []}), encoding="utf-8")
    (folder / "index.html").write_text("page", encoding="utf-8")
    facts = {"evaluation": job.agreed.id, "edition": job.agreed.edition, "status": made}
    write_manifest(folder, facts, [folder / "index.html", record])
    return folder


@pytest.mark.parametrize(
    ("days", "state"), [(-31, "planned"), (-30, "due"), (0, "due"), (1, "late")]
)
def test_what_is_not_published_is_planned_due_or_late(job, days, state):
    assert states(job, released(job) + dt.timedelta(days))[0] == state


def test_a_failure_is_shown_with_its_reason_until_it_is_published(job):
    log = Log(job.reports)
    log.add_result(JobResult(job, problem="no column 'x'.\nmore"))
    (standing,) = standings([job], job.reports, released(job))
    assert standing.states[0] == "failed"
    assert "no column 'x'." in standing.words
    assert standing.needs_work
    log.add_result(JobResult(job, page=job.reports / "index.html"))
    assert "failed" not in states(job, released(job))


def test_what_a_killed_batch_began_counts_as_failed(job):
    Log(job.reports).add("begin", jobs=[[str(job.evaluation.resolve()), job.report]])
    assert states(job, released(job))[0] == "failed"


def test_a_published_report_is_well_or_changed_since(job, monkeypatch):
    publish(job)
    assert states(job, released(job))[0] == "changed"
    monkeypatch.setattr(status, "page_if_unchanged", lambda *_: job.reports)
    assert "published" in states(job, released(job))
    assert "changed" not in states(job, released(job))


@pytest.mark.parametrize(
    ("status", "outputs", "state"),
    [
        ("provisional", {"output": "t", "status": "review"}, "in doubt"),
        ("provisional", {"output": "t", "status": "review", "reviewed_by": "A"}, "published"),
        ("draft", {}, "draft"),
    ],
)
def test_only_what_is_listed_for_readers_is_published(job, status, outputs, state):
    """A draft and an edition in doubt are made and not listed: past its day each is late."""
    publish(job, status, **outputs)
    (standing,) = standings([job], job.reports, released(job) + dt.timedelta(1))
    assert state in standing.states
    assert ("published" in standing.states) == (state == "published")
    assert ("late" in standing.states) == (state != "published")
    if state == "in doubt":
        assert "publication.disclosure.reviewed" in standing.words


@pytest.mark.parametrize(("days", "early"), [(-1, True), (0, False), (1, False)])
def test_what_is_listed_before_its_day_is_early(job, days, early):
    """Nothing of the site comes from the clock: it lists what is there, and says the day it has."""
    publish(job)
    (standing,) = standings([job], job.reports, released(job) + dt.timedelta(days))
    assert ("early" in standing.states) == early
    assert ("(in 1 day)" in standing.words) == early


def test_an_edition_that_was_changed_by_hand_is_damaged(job):
    folder = publish(job)
    (folder / "index.html").write_text("another", encoding="utf-8")
    (standing,) = standings([job], job.reports, released(job))
    assert "damaged" in standing.states
    assert "index.html has changed" in standing.words
    assert standing.needs_work
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    assert "damaged" in states(job, released(job))


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_shown(job, tmp_path):
    copy_of("wheels-to-meals", tmp_path / "data")
    change(job.evaluation, "status: provisional", "status: provisionally")
    every = standings(find_jobs(tmp_path / "data", job.reports), job.reports, dt.date(2026, 1, 1))
    assert {s.name: s.states[0] for s in every}["one-service"] == "unreadable"
    assert len(every) == 2


def test_a_day_that_is_none_is_refused():
    assert day_of("2026-05-01") == dt.date(2026, 5, 1)
    with pytest.raises(SpecError, match="--on: must be a day"):
        day_of("May")
