"""Whatever ends, stops or fills up: the others are done, nothing is left running, and it is told.

Fake jobs stand for reports where the mechanism is the same for both; real ones are in test_run.py.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import work

from pbc_eval.batch.jobs import Job
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.local import ENDED, NO_TIME, run_jobs
from pbc_eval.batch.pool import Pool

pytestmark = [
    pytest.mark.slow,  # processes are started and ended
    pytest.mark.skipif(not Pool.is_possible(), reason="processes cannot be forked here"),
]


def jobs(folder: Path, *names: str) -> list[Job]:
    return [Job(folder / name / "evaluation.yaml", folder / "reports") for name in names]


def ended(folder: Path, names, what, limits: Limits, workers: int = 2) -> dict[str, str]:
    with Pool(preload=False) as pool:
        results = run_jobs(jobs(folder, *names), workers, what, limits=limits, pool=pool)
        return {result.job.name: result.problem for result in results}


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def gone_within(pids: list[int], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while any(map(is_there, pids)) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(map(is_there, pids))


def noted(folder: Path, n: int) -> list[int]:
    """The process ids that ``n`` sleeping jobs noted, once all of them have."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        files = [*(folder / "reports").glob("[!.]*")]
        if len(files) == n:
            return [int(pid) for file in files for pid in file.read_text().split()]
        time.sleep(0.05)
    raise AssertionError("the jobs never began")


# --- a job ---


def test_a_job_that_was_stopped_is_given_up_and_done_again(tmp_path):
    limits = Limits(stopped=0.5)
    assert ended(tmp_path, ["a", "bad"], work.stop_once, limits) == {"a": "", "bad": ENDED}


def test_a_job_that_outlasts_its_deadline_is_ended_and_the_reason_told(tmp_path):
    (problem,) = ended(tmp_path, ["a"], work.note_and_sleep, Limits(report=1.0)).values()
    assert problem.startswith("did not end within 1 seconds and was ended")
    assert gone_within(noted(tmp_path, 1), 5)


def test_the_time_of_the_whole_batch_ends_what_runs_and_tells_what_never_began(tmp_path):
    limits = Limits(batch=2.0)
    problems = ended(tmp_path, ["a", "b"], work.note_and_sleep, limits, workers=1)
    assert problems == {"a": NO_TIME, "b": NO_TIME}
    begun = [*(tmp_path / "reports").glob("[!.]*")]
    assert len(begun) < 2
    assert all(gone_within([int(pid) for pid in f.read_text().split()], 5) for f in begun)


def test_a_job_that_takes_too_much_memory_is_ended_and_the_amounts_told(tmp_path):
    limits = Limits(memory=200_000_000)
    (problem,) = ended(tmp_path, ["a"], work.eat_memory, limits).values()
    assert "GB of memory, of which it may take 0.2 GB and was ended" in problem


def test_what_a_job_leaves_running_is_ended_with_it(tmp_path):
    with Pool(preload=False) as pool:
        (result,) = run_jobs(jobs(tmp_path, "a"), 1, work.leave_a_child, pool=pool)
        assert gone_within([int(str(result.page))], 5)


def test_no_two_jobs_draw_the_same_unseeded_numbers(tmp_path):
    drawn = ended(tmp_path, [*"abcdef"], work.draw, Limits()).values()
    assert len(set(drawn)) == 6


# --- the process that everything is forked from ---


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_jobs_are_done_again_when_their_template_is_ended(tmp_path, how):
    with Pool(preload=False) as pool:
        results = run_jobs(jobs(tmp_path, "once"), 1, work.die_if_bad, pool=pool)
        os.kill(pool._process.pid, how)  # before or after it began
        assert [result.problem for result in results] == [""]


def test_nothing_outlives_a_template_that_is_killed(tmp_path):
    with Pool(preload=False) as pool:
        for job in jobs(tmp_path, "a", "b"):
            pool.submit(work.note_and_sleep, job, Limits())
        pids = noted(tmp_path, 2)
        os.kill(pool._process.pid, signal.SIGKILL)
        assert gone_within(pids[0::2], 5)  # the jobs; their own children are others' by then
        for pid in pids[1::2]:
            os.kill(pid, signal.SIGKILL)
        assert [e.how for e in pool.next()] == ["lost", "lost"]


def test_a_template_that_was_stopped_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr("pbc_eval.batch.pool.STOPPED_FOR", 0.5)
    with Pool(preload=False) as pool:
        pool.submit(work.note_and_sleep, jobs(tmp_path, "a")[0], Limits())
        job, child = noted(tmp_path, 1)
        os.kill(pool._process.pid, signal.SIGSTOP)
        assert [e.how for e in pool.next()] == ["lost"]
        assert gone_within([job], 5)
        os.kill(child, signal.SIGKILL)


# --- the program itself ---


ENDS = [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP]


@pytest.mark.parametrize("how", ENDS)
def test_nothing_runs_five_seconds_after_the_program_was_ended(tmp_path, how):
    code = "import sys, work; work.run_for_ever(sys.argv[1], 2)"
    program = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stderr=subprocess.DEVNULL,
        preexec_fn=work.heed_signals,  # noqa: PLW1509 no thread is left to lock
    )
    try:
        pids = noted(tmp_path, 2)
        program.send_signal(how)
        assert gone_within([program.pid, *pids[0::2]], 5)
    finally:
        program.kill()
        program.wait()
        left = [pid for pid in noted(tmp_path, 2)[1::2] if not gone_within([pid], 5)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
    assert not left
