"""Many jobs on this machine: each in a process of its own, so that none can hurt another."""

import contextlib
import multiprocessing
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from pbc_eval.batch.done import remember
from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.pool import Ended, Pool
from pbc_eval.errors import PbcError

Work = Callable[[Job], JobResult]
ENDED = "its process was ended from outside, twice (is there enough memory?). Run it again."
NO_TIME = "not begun or not ended when the time of the whole batch was over. Run it again."


def publish(job: Job) -> JobResult:
    """Publish one edition; every way in which that fails is a result, not an exception."""
    from pbc_eval.publish.edition import publish_edition  # noqa: PLC0415 heavy: the caller forks it

    began = time.monotonic()
    try:
        edition = publish_edition(
            job.evaluation,
            job.reports,
            report=job.report,
            agreed=job.agreed,
            cell_deadline=job.cell_deadline,
        )
        with contextlib.suppress(OSError, PbcError):  # published it is; it would be made once more
            remember(job, edition.folder)
        return JobResult(job, page=edition.page, seconds=time.monotonic() - began)
    except PbcError as ended:
        problem = str(ended)
    except OSError as ended:
        problem = what_the_system_says(ended)
    except Exception:  # the others go on; what happened is told in full
        problem = f"a fault of the program, please report it:\n{traceback.format_exc()}"
    left = _left_by(job)
    return JobResult(job, problem=problem, seconds=time.monotonic() - began, left=left)


def _left_by(job: Job) -> Path | None:
    """The executed notebook that the last run of this evaluation left, if it came so far."""
    if job.agreed is None:
        return None
    work = job.reports.resolve().parent / f".{job.reports.resolve().name}-work"
    left = list(work.glob(f"runs/{job.agreed.id}/run-{job.agreed.edition}-*/executed.ipynb"))
    return max(left, key=lambda file: file.stat().st_mtime_ns, default=None)


def what_the_system_says(problem: OSError) -> str:
    """One sentence on a disk that is full, a folder that may not be written to, and the like."""
    place = f"{problem.filename}: " if problem.filename else ""
    return (
        f"{place}{problem.strerror or problem}. Nothing was published, and what was published "
        "before is as it was. Make room, or let it be written to, and run it again."
    )


def run_jobs(
    jobs: Sequence[Job],
    workers: int,
    work: Work = publish,
    *,
    limits: Limits | None = None,
    pool: Pool | None = None,
) -> Iterator[JobResult]:
    """Run every job; yield how each ended, as it ends. One that fails does not stop the others.

    A job whose process was ended or stopped from outside is run once more. One that outlasts its
    ``limits`` is ended and told. Where processes cannot be forked, new ones are started.
    """
    if not jobs:
        return
    limits = limits or Limits()
    if pool is None and not Pool.is_possible():
        yield from run_spawned(jobs, workers, work)
        return
    own = pool or Pool()
    try:
        yield from _forked(own, deque(jobs), max(1, workers), work, limits)
    finally:
        if pool is None:
            own.close()


def _forked(
    pool: Pool, waiting: deque[Job], workers: int, work: Work, limits: Limits
) -> Iterator[JobResult]:
    until = None if limits.batch is None else time.monotonic() + limits.batch
    running: dict[int, Job] = {}
    lost: set[Job] = set()
    while running or waiting:
        while waiting and len(running) < workers:
            job = waiting.popleft()
            running[pool.submit(work, job, limits)] = job
        left = None if until is None else until - time.monotonic()
        if left is not None and left <= 0:
            yield from (JobResult(job, problem=NO_TIME) for job in (*running.values(), *waiting))
            return
        for ended in pool.next(left):
            job = running.pop(ended.number)
            if ended.how in ("", "lost") and job not in lost:
                lost.add(job)
                waiting.appendleft(job)
            else:
                yield _result(job, ended)


def _result(job: Job, ended: Ended) -> JobResult:
    if ended.how == "done":
        answer: Any = ended.answer
        return answer if isinstance(answer, JobResult) else JobResult(job, problem=str(answer))
    if ended.how in ("", "lost"):
        return JobResult(job, problem=ENDED)
    return JobResult(
        job,
        problem=f"{ended.how} and was ended. Give it more, or find out why it needs so much.",
    )


def run_spawned(jobs: Sequence[Job], workers: int, work: Work = publish) -> Iterator[JobResult]:
    """``run_jobs`` where processes cannot be forked: each worker loads everything anew.

    When a process is ended from outside, the jobs that were under way are run again, each alone,
    so that the one to blame is found and the others are done; the rest go on in a new pool.
    """
    waiting = deque(jobs)
    while waiting:
        interrupted = yield from _one_pool(waiting, max(1, workers), work)
        # Of several it is not known whose process it was: each has had none of its two tries alone.
        tries = 1 if len(interrupted) == 1 else 2
        for job in interrupted:
            left = [job]
            for _ in range(tries):
                left = yield from _one_pool(deque(left), 1, work)
            yield from (JobResult(again, problem=ENDED) for again in left)


def _one_pool(
    waiting: deque[Job], workers: int, work: Work
) -> Generator[JobResult, None, list[Job]]:
    """Take jobs from ``waiting`` until it is empty or a process dies; return those interrupted."""
    context = multiprocessing.get_context("spawn")
    interrupted: list[Job] = []
    running: dict[Future[JobResult], Job] = {}
    with ProcessPoolExecutor(max_workers=workers, mp_context=context) as pool:
        while running or (waiting and not interrupted):
            while waiting and not interrupted and len(running) < workers:
                job = waiting.popleft()
                try:
                    running[pool.submit(work, job)] = job
                except BrokenProcessPool:
                    interrupted.append(job)
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                job = running.pop(done)
                try:
                    yield done.result()
                except BrokenProcessPool:
                    interrupted.append(job)
    return interrupted
