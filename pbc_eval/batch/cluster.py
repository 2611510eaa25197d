"""The same jobs on a cluster of Dask: one machine's worth of them at a time, each done once.

    jobs ── as many at a time as there are workers ── cluster_worker.make ▶ key of the edition

A worker that is ended loses what it was at, and Dask gives that to another one. No more is handed
out than is being worked at: what waits on a worker is blamed for its death.
"""

import time
from collections import deque
from collections.abc import Iterator, Sequence

from distributed import CancelledError, Client, Future, KilledWorker
from distributed import wait as wait_for

from pbc_eval.batch.cluster_worker import Answer, Task, make
from pbc_eval.batch.done import Made, forget
from pbc_eval.batch.jobs import Job, JobResult
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.local import ENDED, NO_TIME
from pbc_eval.errors import PublicationError

CONNECT = 20.0  # seconds in which a scheduler answers
FIRST_WORKER = 60.0  # seconds in which a worker is there
GLANCE = 5.0  # seconds after which it is looked again how many workers there are


def run_on_cluster(
    jobs: Sequence[Job], address: str, *, limits: Limits, force: bool = False
) -> Iterator[JobResult]:
    """Run every job on the workers of the scheduler at ``address`` (tcp://host:8786, tls://...);
    yield how each ended, as it ends. ``force``: what stands published is made again, once.

    Raises PublicationError where no scheduler or no worker is reached.
    """
    if force:
        for job in jobs:
            forget(job)
    with _connected(address) as client:
        yield from _each(client, deque(jobs), limits)


def _connected(address: str) -> Client:
    try:
        client = Client(address, timeout=CONNECT)
    except (OSError, ValueError) as problem:
        raise PublicationError(
            f"--dask {address}: no scheduler answers there ({problem}). Start one with `dask "
            "scheduler`, and name its address: tcp://host:8786."
        ) from None
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER)
    except TimeoutError:
        client.close()
        raise PublicationError(
            f"--dask {address}: the scheduler has no worker after {FIRST_WORKER:g} seconds. Start "
            f"some: dask worker {address} --nthreads 1"
        ) from None
    return client


def _each(client: Client, waiting: deque[Job], limits: Limits) -> Iterator[JobResult]:
    made = Made.now()
    until = None if limits.batch is None else time.monotonic() + limits.batch
    running: dict[Future, tuple[Job, float]] = {}
    try:
        while running or waiting:
            while waiting and len(running) < max(1, sum(client.nthreads().values())):
                job = waiting.popleft()
                task = _task_of(job, limits, made)
                running[client.submit(make, task, pure=False, retries=1)] = (job, time.monotonic())
            if until is not None and time.monotonic() >= until:
                left = (*(job for job, _ in running.values()), *waiting)
                yield from (JobResult(job, problem=NO_TIME) for job in left)
                return
            for future in _ended(list(running)):
                job, began = running.pop(future)
                yield _result(job, future, time.monotonic() - began)
    finally:
        client.cancel(list(running))


def _ended(futures: list[Future]) -> list[Future]:
    """Those that ended, after a glance at most."""
    try:
        return list(wait_for(futures, timeout=GLANCE, return_when="FIRST_COMPLETED").done)
    except TimeoutError:
        return []


def _task_of(job: Job, limits: Limits, made: Made) -> Task:
    return Task(
        evaluation=str(job.evaluation.resolve()),
        reports=str(job.reports.resolve()),
        report=job.report,
        cell_deadline=job.cell_deadline,
        limits=limits,
        made=made,
    )


def _result(job: Job, future: Future, seconds: float) -> JobResult:
    try:
        answer: Answer = future.result()
    except KilledWorker:
        return JobResult(job, problem=ENDED, seconds=seconds)
    except (CancelledError, OSError, TimeoutError) as lost:
        problem = (
            f"the scheduler was lost ({type(lost).__name__}). Run it again: what is done stays."
        )
        return JobResult(job, problem=problem, seconds=seconds)
    except Exception as fault:  # the others go on; what happened is told
        problem = f"a fault on a worker: {type(fault).__name__}: {fault}"
        return JobResult(job, problem=problem, seconds=seconds)
    if answer.problem:
        return JobResult(job, problem=answer.problem, seconds=seconds)
    page = job.reports / answer.key / "index.html"
    if not page.is_file():
        return JobResult(
            job,
            problem=f"a worker published {answer.key} where it is not seen from here. Workers need "
            f"the same folder as {job.reports.resolve()}.",
            seconds=seconds,
        )
    return JobResult(job, page=page, seconds=seconds)
