"""Alerts: whoever relies on an unattended batch hears of every end that is not well, and why."""

import shlex
import shutil
import signal
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pbc_eval.batch.alert import alerts, send, text_of
from pbc_eval.batch.alone import alone_in
from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.batch.run import Choices, Interrupted, Whole, run_batch
from pbc_eval.batch.site import Site
from pbc_eval.batch.told import failed_alike
from pbc_eval.cli import app
from pbc_eval.errors import PublicationError
from pbc_eval.publish.workspace import workspace_of

PROJECT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow  # seconds, together


def whole() -> Whole:
    job = Job(Path("/data/a/evaluation.yaml"), Path("/reports"))
    good = JobResult(Job(Path("/data/b/evaluation.yaml"), Path("/reports")), page=Path("/b.html"))
    return Whole((JobResult(job, problem="a: no column 'x'.\nmore"), good), None, "disk full")


def test_an_alert_says_what_failed_what_it_means_and_what_to_open(tmp_path):
    text = text_of(whole(), Path("reports"))
    for words in (
        "1 of 2 reports were not published",
        "stands as it was",
        "why:  a: no column 'x'.",
        "open: /data/a/evaluation.yaml",
        "The site was not built: disk full",
        "--only-failed",
    ):
        assert words in text


def test_an_alert_goes_to_a_command_and_its_failure_is_told_without_its_secrets(tmp_path):
    told = tmp_path / "told"
    code = f"import sys; open({str(told)!r}, 'w').write(sys.stdin.read())"
    command = shlex.join([sys.executable, "-c", code])
    assert send("a text", {"PBC_EVAL_ALERT_COMMAND": command}) == []
    assert told.read_text() == "a text"
    secret = "https-but-not://example.org/token-123"
    (problem,) = send("a text", {"PBC_EVAL_ALERT_WEBHOOK": secret})
    assert problem == "PBC_EVAL_ALERT_WEBHOOK: the alert was not sent (ValueError)."
    assert "none of PBC_EVAL_ALERT_COMMAND" in send("a text", {})[0]


def test_a_mail_is_written_with_its_subject_and_login_from_the_environment(monkeypatch):
    sent = []

    class Server:
        def __init__(self, host, port, timeout):
            sent.append((host, port))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def starttls(self):
            sent.append("tls")

        def login(self, user, password):
            sent.append((user, password))

        def send_message(self, message):
            sent.append((message["Subject"], message["To"], message["From"]))

    monkeypatch.setattr("smtplib.SMTP", Server)
    environment = {
        "PBC_EVAL_ALERT_MAIL": "team@example.org",
        "PBC_EVAL_SMTP": "smtp.example.org:587",
        "PBC_EVAL_SMTP_USER": "robot@example.org",
        "PBC_EVAL_SMTP_PASSWORD": "secret",
    }
    assert send("Subject\nmore", environment) == []
    assert sent == [
        ("smtp.example.org", 587), "tls", ("robot@example.org", "secret"),
        ("Subject", "team@example.org", "robot@example.org"),
    ]  # fmt: skip


def alerted(tmp_path: Path, monkeypatch) -> Path:
    """A file to which the alert's command writes what it is told."""
    note = tmp_path / "alerted"
    code = f"import sys; open({str(note)!r}, 'a', encoding='utf-8').write(sys.stdin.read())"
    monkeypatch.setenv("PBC_EVAL_ALERT_COMMAND", shlex.join([sys.executable, "-c", code]))
    return note


def test_a_batch_that_cannot_begin_is_told_to_whom_is_alerted(tmp_path, monkeypatch):
    """A folder that was moved, two of one id, a site that was changed, another batch at work."""
    note = alerted(tmp_path, monkeypatch)
    empty, reports = tmp_path / "empty", tmp_path / "reports"
    empty.mkdir()
    words = ["batch", str(empty), "--reports", str(reports)]
    assert CliRunner().invoke(app, words).exit_code == 1
    assert not note.exists()  # nobody asked
    assert CliRunner().invoke(app, [*words, "--alert"]).exit_code == 1
    text = note.read_text(encoding="utf-8")
    assert "a batch of reports did not run to its end" in text
    assert "holds no evaluation.yaml or portfolio.yaml" in text
    assert "stands as it was" in text

    note.unlink()
    data = tmp_path / "data"
    shutil.copytree(PROJECT / "data" / "one-service", data / "one-service")
    words[1] = str(data)
    with alone_in(reports, 0.0):
        assert CliRunner().invoke(app, [*words, "--alert"]).exit_code == 3
    assert "another batch" in note.read_text(encoding="utf-8").lower()

    note.unlink()
    shutil.copytree(data / "one-service", data / "again")
    assert CliRunner().invoke(app, [*words, "--alert"]).exit_code == 1
    assert "one-service" in note.read_text(encoding="utf-8")


def test_a_signal_of_the_system_is_told_and_one_from_the_keyboard_is_not(tmp_path, monkeypatch):
    note = alerted(tmp_path, monkeypatch)
    for number in (signal.SIGINT, signal.SIGTERM):
        stopped = Interrupted(number)
        stopped.done, stopped.total = 3, 9
        with pytest.raises(Interrupted), alerts(tmp_path, print, asked=True):
            raise stopped
        assert note.exists() == (number == signal.SIGTERM)
    assert "ended by the system (SIGTERM), 3 of 9 reports done" in note.read_text(encoding="utf-8")


def test_a_site_whose_log_was_changed_stops_a_batch_before_a_report_is_made(tmp_path):
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "editions.log").write_text('{"n": 1}\n', encoding="utf-8")
    begun = []
    job = Job(PROJECT / "data" / "one-service" / "evaluation.yaml", reports)
    with pytest.raises(PublicationError, match=r"editions\.log"):
        run_batch([job], reports, Choices(), begun.append)
    assert not begun
    assert not list(workspace_of(reports).glob("runs/*"))


def test_what_kept_several_reports_is_told_once_with_all_their_names():
    jobs = [Job(Path(f"/data/{name}/evaluation.yaml"), Path("/reports")) for name in "abc"]
    results = [JobResult(job, problem=why) for job, why in zip(jobs, ("x", "y", "x"), strict=True)]
    results.append(JobResult(Job(Path("/data/d/evaluation.yaml"), Path("/reports"))))
    assert failed_alike(results) == {"x": ["a", "c"], "y": ["b"]}


def test_a_report_that_no_index_lists_is_not_well_and_is_told(tmp_path):
    """It was made, and the batch ended with 0: readers found nothing, and nobody knew."""
    job = Job(PROJECT / "data" / "one-service" / "evaluation.yaml", tmp_path)
    name = "/".join(job.edition.parts[-2:])
    done = JobResult(job, page=job.edition / "index.html")
    for doubts, well in (((), True), (("another/2026-1",), True), ((name,), False)):
        whole = Whole((done,), Site(tmp_path / "index.html", in_doubt=doubts))
        assert whole.is_well == well
    text = text_of(whole, tmp_path)
    assert "1 of 1 reports were not published" in text
    assert "publication.disclosure.reviewed" in text
    assert str(job.edition / "downloads" / "disclosure-review.csv") in text
