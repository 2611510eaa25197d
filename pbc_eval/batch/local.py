"""A pool of processes on this machine: each job in its own, so that none can hurt another."""

import multiprocessing
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.errors import PbcError
from pbc_eval.publish.edition import publish_edition

Work = Callable[[Job], JobResult]
ENDED = "its process was ended from outside, twice (is there enough memory?). Run it again."


def publish(job: Job) -> JobResult:
    """Publish one edition; every way in which that fails is a result, not an exception."""
    try:
        edition = publish_edition(job.evaluation, job.reports, report=job.report, agreed=job.agreed)
    except PbcError as problem:
        return JobResult(job, problem=str(problem))
    except Exception:  # the others go on; what happened is told in full
        return JobResult(
            job, problem=f"a fault of the program, please report it:\n{traceback.format_exc()}"
        )
    return JobResult(job, page=edition.page)


def run_jobs(jobs: Sequence[Job], workers: int, work: Work = publish) -> Iterator[JobResult]:
    """Run every job; yield how each ended, as it ends. One that fails does not stop the others.

    When a process is ended from outside, the jobs that were under way are run again, each alone,
    so that the one to blame is found and the others are done; the rest go on in a new pool.
    """
    waiting = deque(jobs)
    while waiting:
        interrupted = yield from _one_pool(waiting, max(1, workers), work)
        for job in interrupted:
            for again in (yield from _one_pool(deque([job]), 1, work)):
                yield JobResult(again, problem=ENDED)


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
