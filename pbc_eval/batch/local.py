"""A pool of processes on this machine: each job in its own, so that none can hurt another."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.errors import PbcError
from pbc_eval.publish.edition import publish_edition


def run_jobs(jobs: Sequence[Job], workers: int) -> Iterator[JobResult]:
    """Run every job; yield how each ended, as it ends. One that fails does not stop the others."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=max(1, workers), mp_context=context) as pool:
        waiting = {pool.submit(_run, job): job for job in jobs}
        for done in as_completed(waiting):
            try:
                yield done.result()
            except BrokenProcessPool:
                yield JobResult(
                    waiting[done], problem="its process was ended from outside. Run it again."
                )


def _run(job: Job) -> JobResult:
    try:
        edition = publish_edition(job.evaluation, job.reports)
    except PbcError as problem:
        return JobResult(job, problem=str(problem))
    return JobResult(job, page=edition.page)
