"""run_batch: what did not change is not made again, what was stopped goes on, and all is logged.

The press without kernels, in this process: what is tested is which jobs run and what is kept.
"""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import work
from evaluations import PROJECT, change, copy_of, files_under
from filelock import FileLock
from pages import without_kernels

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.batch import done, run
from pbc_eval.batch.alone import AnotherBatchError, alone_in
from pbc_eval.batch.chosen import chosen
from pbc_eval.batch.done import Made
from pbc_eval.batch.jobs import find_jobs
from pbc_eval.batch.local import publish
from pbc_eval.batch.log import last_outcomes, lines
from pbc_eval.batch.run import Choices, Interrupted, run_batch
from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.evaluation.evaluate import input_hashes
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.publish import edition as press
from pbc_eval.publish.own_notebook import write_own_notebook

__all__ = ["without_kernels"]
pytestmark = pytest.mark.slow  # editions are made

NAMES = ["one-service", "wheels-to-meals"]


@pytest.fixture
def data(tmp_path, without_kernels, monkeypatch):
    """Two evaluations whose editions are made at once, with the hashes of what they read."""
    plain = press.execute

    def execute(notebook, parameters, run_dir, cell_deadline):
        plain(notebook, parameters, run_dir)
        file = run_dir / "edition" / "downloads" / "results.json"
        results = json.loads(file.read_text())
        spec = load_evaluation(parameters["evaluation"])
        results["provenance"]["inputs_sha256"] = input_hashes(spec, InputFiles())
        file.write_text(json.dumps(results))

    def run_jobs(jobs, workers, work, *, limits, pool):
        return map(work, jobs)

    monkeypatch.setattr(press, "execute", execute)
    monkeypatch.setattr(run, "run_jobs", run_jobs)
    monkeypatch.setattr(run.Pool, "is_possible", lambda: False)
    monkeypatch.setattr(done.Made, "now", lambda: Made("0", {"python": "3"}))
    for name in NAMES:
        copy_of(name, tmp_path / "data")
    return tmp_path / "data"


def batch(data, **choices):
    """How each report ended, by its name; the reports lie beside ``data``."""
    reports = data.parent / "reports"
    whole = run_batch(find_jobs(data, reports), reports, Choices(**choices), lambda _: None)
    assert whole.site is not None, whole.problem
    return {result.job.name: result.outcome for result in whole.results}


def another_line(file) -> None:
    with file.open("a") as stream:
        stream.write("\n# more\n")


def all_are(outcome: str) -> dict[str, str]:
    return dict.fromkeys(NAMES, outcome)


# --- unchanged ---


def test_what_did_not_change_is_not_made_again_unless_it_is_forced(data, without_kernels):
    assert batch(data) == all_are("done")
    before = files_under(data.parent / "reports")
    assert batch(data) == all_are("unchanged")
    assert without_kernels.runs == 2
    assert files_under(data.parent / "reports") == before
    assert batch(data, force=True) == all_are("done")
    assert files_under(data.parent / "reports") == before


CHANGES = {
    "the evaluation": lambda data: another_line(data / "wheels-to-meals" / "evaluation.yaml"),
    "its data": lambda data: another_line(data / "wheels-to-meals" / "value_map.csv"),
    "the page": lambda data: another_line(
        data.parent / "reports" / "wheels-to-meals" / "2026-1" / "index.html"
    ),
    "a notebook of its own": lambda data: write_own_notebook(data / "wheels-to-meals"),
    "the edition": lambda data: shutil.rmtree(data.parent / "reports" / "wheels-to-meals"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changed_is_made_again_and_nothing_else(data, what):
    batch(data)
    CHANGES[what](data)
    assert batch(data) == {"one-service": "unchanged", "wheels-to-meals": "done"}


@pytest.mark.parametrize("made", [Made("1", {"python": "3"}), Made("0", {"python": "3.1"})])
def test_other_code_or_versions_make_everything_again(data, monkeypatch, made):
    batch(data)
    monkeypatch.setattr(done.Made, "now", lambda: made)
    assert batch(data) == all_are("done")


def test_a_change_that_keeps_size_and_time_is_seen(data):
    batch(data)
    file = data / "one-service" / "evaluation.yaml"
    state = file.stat()
    text = file.read_bytes()
    file.write_bytes(text[:-2] + b"#\n" if text.endswith(b"\n\n") else text.replace(b"a", b"e", 1))
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert batch(data)["one-service"] != "unchanged"


def test_a_file_that_was_only_touched_changes_nothing(data):
    batch(data)
    for file in data.rglob("*.*"):
        os.utime(file)
    assert batch(data) == all_are("unchanged")


def test_a_clock_that_was_set_back_changes_nothing_and_hides_nothing(data):
    batch(data)
    for file in data.rglob("*.*"):
        os.utime(file, (0, 0))
    assert batch(data) == all_are("unchanged")
    another_line(data / "one-service" / "evaluation.yaml")
    os.utime(data / "one-service" / "evaluation.yaml", (0, 0))
    assert batch(data)["one-service"] == "done"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"code": 1}'])
def test_a_note_that_cannot_be_read_means_that_nothing_is_known(data, text):
    batch(data)
    for note in (data.parent / ".reports-work" / "done").iterdir():
        note.write_text(text)
    assert batch(data) == all_are("done")


# --- which ones ---


def test_only_those_that_failed_or_were_interrupted_are_tried_again(data, without_kernels):
    reports = data.parent / "reports"
    file = data / "one-service" / "evaluation.yaml"
    good = file.read_text()
    change(file, "currency: GBP\n  ill", "currency: EUR\n  ill")
    assert batch(data)["one-service"] == "failed"
    file.write_text(good)
    jobs = chosen(find_jobs(data, reports), reports, only_failed=True)
    assert [job.name for job in jobs] == ["one-service"]
    run_batch(jobs, reports, Choices(), lambda _: None)
    assert chosen(find_jobs(data, reports), reports, only_failed=True) == []


def test_jobs_are_chosen_by_id_and_by_when_a_file_changed(data):
    reports = data.parent / "reports"
    jobs = find_jobs(data, reports)
    for file in (data / "one-service").iterdir():
        os.utime(file, (0, 0))
    assert [j.name for j in chosen(jobs, reports, only=["one-service"])] == ["one-service"]
    assert [j.name for j in chosen(jobs, reports, since="2001-01-01")] == ["wheels-to-meals"]
    with pytest.raises(SpecError, match=r"no evaluation 'one-servise'.*mean 'one-service'"):
        chosen(jobs, reports, only=["one-servise"])
    with pytest.raises(SpecError, match=r"--since: must be a day.*got 'May'"):
        chosen(jobs, reports, since="May")


# --- stopped, and gone on ---


def test_a_batch_that_was_stopped_goes_on_where_it_was(data, without_kernels, monkeypatch):
    reports = data.parent / "reports"
    told = []

    def stop_after_the_first(result):
        told.append(result)
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(Interrupted) as stopped:
        run_batch(find_jobs(data, reports), reports, Choices(), stop_after_the_first)
    assert (stopped.value.exit_code, stopped.value.done, stopped.value.total) == (143, 1, 2)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    first = told[0].job.name
    assert batch(data) == {**all_are("done"), first: "unchanged"}
    assert without_kernels.runs == 2


def test_a_signal_says_how_many_were_done_of_how_many_wherever_it_strikes(data, monkeypatch):
    """At every moment of a batch that has a name, before its log is begun and while it is told of
    the first signal included."""
    reports = data.parent / "reports"
    jobs = find_jobs(data, reports)
    moments = []
    for owner, name in [
        (run, "alone_in"), (run.Log, "__init__"), (run.Log, "add"), (run, "in_stages"),
        (run, "page_if_unchanged"), (run, "_WhenNeeded"), (run, "run_jobs"), (run, "_build"),
        (run, "Whole"),
    ]:  # fmt: skip
        plain = getattr(owner, name)
        choices = Choices(force=name == "run_jobs", alone=True)
        for after in (False, True):

            def strike(*given, plain=plain, after=after, **named):
                if after:
                    plain(*given, **named)
                signal.raise_signal(signal.SIGINT)

            with monkeypatch.context() as struck:
                struck.setattr(owner, name, strike)
                with pytest.raises(Interrupted) as stopped:
                    run_batch(jobs, reports, choices, lambda _: None)
            assert (stopped.value.exit_code, stopped.value.total) == (130, 2), (name, after)
            moments.append(stopped.value.done)
    assert set(moments) == {0, 2}


def test_a_site_that_a_crash_left_unbuilt_is_built_though_nothing_changed(data, monkeypatch):
    reports = data.parent / "reports"
    with monkeypatch.context() as crash:
        crash.setattr(run, "_build", lambda *_: (None, "crashed"))
        run_batch(find_jobs(data, reports), reports, Choices(), lambda _: None)
    assert not (reports / "index.html").exists()
    assert batch(data) == all_are("unchanged")
    assert "one-service/2026-1/index.html" in (reports / "index.html").read_text()


def test_a_site_file_that_was_removed_comes_back_though_nothing_changed(data):
    batch(data)
    index = data.parent / "reports" / "index.html"
    before = index.read_bytes()
    index.unlink()
    assert batch(data) == all_are("unchanged")
    assert index.read_bytes() == before


def test_one_damaged_edition_is_told_and_does_not_freeze_the_site(data, monkeypatch):
    reports = data.parent / "reports"
    batch(data)
    (reports / "one-service" / "2026-1" / "index.html").write_text("x")
    shutil.rmtree(data / "one-service")  # so that it is not made again
    change(data / "wheels-to-meals" / "evaluation.yaml", "edition: 2026-1", "edition: 2026-2")
    whole = run_batch(find_jobs(data, reports), reports, Choices(), lambda _: None)
    assert "one-service, edition 2026-1: index.html has changed" in whole.site.damaged[0]
    assert not whole.is_well
    assert "wheels-to-meals/2026-2" in (reports / "index.html").read_text()


# --- two at once ---


def test_a_second_batch_says_who_holds_the_lock_and_leaves(data):
    reports = data.parent / "reports"
    with alone_in(reports), pytest.raises(AnotherBatchError) as busy:
        run_batch(find_jobs(data, reports), reports, Choices(alone=True), lambda _: None)
    assert f"another batch (process {os.getpid()} on " in str(busy.value)
    assert batch(data, alone=True) == all_are("done")


def test_a_second_batch_waits_if_it_is_asked_to(data):
    lock = FileLock(data.parent / "reports-lock")
    reports = data.parent / "reports"
    holding, let_go = threading.Event(), threading.Event()

    def hold():
        with alone_in(reports):
            holding.set()
            let_go.wait(10)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(10)
    threading.Timer(0.3, let_go.set).start()
    assert batch(data, alone=True, wait=30) == all_are("done")
    other.join()
    assert not lock.is_locked


# --- changed meanwhile, and disks ---


@pytest.mark.parametrize("name", ["evaluation.yaml", "value_map.csv"])
def test_a_file_that_changes_during_the_run_is_caught_and_nothing_published(
    data, monkeypatch, name
):
    home = data / "wheels-to-meals"
    plain = press.execute

    def changing(notebook, parameters, run_dir, cell_deadline):
        seen = load_evaluation(parameters["evaluation"]).folder
        before = (seen / name).read_bytes()
        with (home / name).open("a") as stream:
            stream.write("\n")
        assert (seen / name).read_bytes() == before  # the run reads its own copy
        plain(notebook, parameters, run_dir, cell_deadline)

    monkeypatch.setattr(press, "execute", changing)
    (job,) = find_jobs(home, data.parent / "reports")
    result = publish(job)
    assert f"{name} changed while the report was made, and nothing was published" in result.problem
    assert not (data.parent / "reports" / "wheels-to-meals").exists()
    monkeypatch.setattr(press, "execute", plain)
    assert batch(data) == all_are("done")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_disk_that_is_full_or_read_only_is_one_sentence_and_the_good_edition_stays(
    data, monkeypatch, number
):
    batch(data)
    before = files_under(data.parent / "reports")
    another_line(data / "one-service" / "evaluation.yaml")

    def full(*_):
        raise OSError(number, os.strerror(number), "/reports/x")

    with monkeypatch.context() as disk:
        disk.setattr(press, "write_companions", lambda *_, **__: full())
        reports = data.parent / "reports"
        (result,) = run_batch(
            find_jobs(data / "one-service", reports), reports, Choices(), lambda _: None
        ).results
    assert f"/reports/x: {os.strerror(number)}. Nothing was published" in result.problem
    assert "Traceback" not in result.problem
    assert files_under(data.parent / "reports") == before
    assert batch(data)["one-service"] == "done"


@dataclass
class SmallDisk:
    """Where reports are kept, how nearly no more goes on it, and what the system then says."""

    place: Path
    fill: Callable[[], None]
    empty: Callable[[], None]
    words: str


@contextlib.contextmanager
def mounted(place):
    """Four megabytes in memory; filled, it has room to begin an edition and none to end it."""
    words = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(place)]
    if os.name != "posix" or os.getuid() or subprocess.run(words, check=False).returncode:
        pytest.skip("no disk can be mounted here; a limit on files is tried instead")
    filler = place / "filler"

    def fill():
        with filler.open("wb", 0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"0" * 4096)
        with filler.open("r+b") as file:
            file.truncate(filler.stat().st_size - 20_000)

    yield SmallDisk(place, fill, filler.unlink, "No space left on device")
    subprocess.run(["umount", str(place)], check=True)


@contextlib.contextmanager
def limited(place):
    """No file may grow beyond what begins an edition and does not end it: `ulimit -f`, which needs
    no rights."""
    resource = pytest.importorskip("resource", reason="limits of Unix are not on this machine")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def allow(size):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))

    try:
        yield SmallDisk(place, lambda: allow(4_000), lambda: allow(before[0]), "File too large")
    finally:
        allow(before[0])


@pytest.fixture(params=[mounted, limited])
def small_disk(tmp_path, request):
    (tmp_path / "disk").mkdir()
    with request.param(tmp_path / "disk") as disk:
        yield disk


def test_a_disk_that_fills_up_is_told_and_the_good_edition_stays(data, small_disk):
    data = Path(shutil.copytree(data, small_disk.place / "data"))
    batch(data)
    reports = small_disk.place / "reports"
    before = files_under(reports)
    another_line(data / "one-service" / "evaluation.yaml")
    small_disk.fill()
    whole = run_batch(find_jobs(data, reports), reports, Choices(), lambda _: None)
    problems = {result.job.name: result.problem for result in whole.results}
    assert problems["wheels-to-meals"] == ""
    assert small_disk.words in problems["one-service"]
    assert "Nothing was published" in problems["one-service"]
    kept = files_under(reports)
    assert {name: kept[name] for name in before} == before
    small_disk.empty()
    assert batch(data)["one-service"] == "done"


def test_reports_that_cannot_be_made_are_one_sentence(data, tmp_path):
    (tmp_path / "file").write_text("x")
    reports = tmp_path / "file" / "reports"
    with pytest.raises(PublicationError, match="runs need a folder beside"):
        run_batch(find_jobs(data, reports), reports, Choices(), lambda _: None)


# --- the log ---


def test_the_log_tells_machines_what_happened_and_reads_on_after_a_cut_line(data):
    reports = data.parent / "reports"
    change(data / "one-service" / "evaluation.yaml", "currency: GBP\n  ill", "currency: EUR\n  ill")
    batch(data)
    log = data.parent / ".reports-work" / "batch.jsonl"
    assert [line["event"] for line in lines(reports)] == ["begin", "report", "report", "end"]
    end = list(lines(reports))[-1]
    assert (end["done"], end["unchanged"], end["failed"], end["well"]) == (1, 0, 1, False)
    failed = next(line for line in lines(reports) if line.get("outcome") == "failed")
    assert failed["problem"]
    assert failed["open"].endswith("one-service/evaluation.yaml")
    with log.open("a") as stream:
        stream.write('{"event": "rep')
    outcomes = {line["name"]: line["outcome"] for line in last_outcomes(reports).values()}
    assert outcomes == {"one-service": "failed", "wheels-to-meals": "done"}


# --- the command itself, with kernels ---


@pytest.mark.soak
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_command_that_is_interrupted_ends_with_a_sentence_and_goes_on_next_time(
    tmp_path, number, code
):
    copy_of("one-service", tmp_path / "data")
    words = [sys.executable, "-m", "pbc_eval.cli", "batch", "data"]
    command = subprocess.Popen(
        words, cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT), "COLUMNS": "200"},
        preexec_fn=work.heed_signals,  # noqa: PLW1509 no thread is left to lock
    )  # fmt: skip
    log = tmp_path / ".reports-work" / "batch.jsonl"
    while not log.is_file() and command.poll() is None:
        threading.Event().wait(0.05)
    command.send_signal(number)
    _, told = command.communicate(timeout=60)
    assert command.returncode == code
    assert "Stopped: 0 of 1 reports were done" in told
    assert "Traceback" not in told
    assert not (tmp_path / "reports" / "one-service").exists()


def descendants(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        below = [int(p) for task in tasks for p in (task / "children").read_text().split()]
    except OSError:
        return []
    return [*below, *(deeper for child in below for deeper in descendants(child))]


def started(tmp_path) -> tuple[subprocess.Popen, list[int]]:
    """A batch of one report whose kernel is under way: its template, the report's process, the
    kernel, in the order in which they began."""
    copy_of("one-service", tmp_path / "data")
    command = subprocess.Popen(
        [sys.executable, "-m", "pbc_eval.cli", "batch", "data"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    while command.poll() is None:
        pids = descendants(command.pid)
        if len(pids) >= 3:
            return command, pids[:3]
        time.sleep(0.02)
    raise AssertionError("it ended before its kernel began")


def gone(pids, seconds=5.0) -> bool:
    until = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are read from /proc")
@pytest.mark.parametrize("who", [0, 1, 2], ids=["template", "report", "kernel"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.soak
def test_whatever_is_ended_once_is_started_again_and_the_report_is_published(tmp_path, who, how):
    command, pids = started(tmp_path)
    os.kill(pids[who], how)
    assert command.wait(timeout=300) == 0
    assert (tmp_path / "reports" / "one-service" / "2026-1" / "manifest.json").is_file()
    assert gone(pids)
    assert not [*(tmp_path / ".reports-work" / "runs" / "one-service").glob("run-*")]


@pytest.mark.soak
@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="processes are read from /proc")
def test_a_command_that_is_killed_leaves_nothing_running_and_the_next_one_completes(tmp_path):
    command, pids = started(tmp_path)
    command.kill()
    command.wait()
    assert gone(pids)
    assert not (tmp_path / "reports" / "one-service").exists()
    again = [sys.executable, "-m", "pbc_eval.cli", "batch", "data"]
    done = subprocess.run(
        again, cwd=tmp_path, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )  # fmt: skip
    assert done.returncode == 0
    assert "1 done, 0 unchanged, 0 failed" in done.stdout
