"""One job on a worker of a cluster: what is committed already is not done again.

    Task ── the same code? ── is the edition there? ── else made, in a process of its own ▶ its key

A worker sees the same folders under the same paths. It answers with the edition's key only, or with
what went wrong: a page, a table or a row never travels.
"""

import atexit
import os
import socket
import threading
from dataclasses import dataclass, replace
from pathlib import Path

from pbc_eval.batch.done import Made, page_if_unchanged
from pbc_eval.batch.jobs import job_of
from pbc_eval.batch.limits import Limits, share_of_memory
from pbc_eval.batch.local import publish, run_jobs
from pbc_eval.batch.log import Log
from pbc_eval.batch.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a worker is asked for: paths as the worker sees them, limits, and what it must be."""

    evaluation: str
    reports: str
    report: str
    cell_deadline: float  # seconds
    limits: Limits
    made: Made  # the code and the versions that the batch was begun with


@dataclass(frozen=True, slots=True)
class Answer:
    """The key of an edition, its folder below the reports; or why there is none."""

    key: str = ""
    problem: str = ""


_alone = threading.Lock()  # a pool serves one report at a time
_pools: list[Pool] = []  # none, or the one of this process


def make(task: Task) -> Answer:
    """Publish one edition, unless it stands published as it would be made now."""
    here = f"worker {socket.gethostname()}"
    evaluation, reports = Path(task.evaluation), Path(task.reports)
    if not evaluation.exists() or not reports.is_dir():
        missing = reports if evaluation.exists() else evaluation
        return Answer(
            problem=f"{here} does not see {missing}. Workers need the same folders under the same "
            "paths: mount them there."
        )
    now = Made.now()
    if now != task.made:
        return Answer(
            problem=f"{here} runs {_apart(now, task.made)}. Install on workers what the batch "
            "is started with, from the same requirements."
        )
    job = replace(job_of(evaluation, reports, task.report), cell_deadline=task.cell_deadline)
    log = Log(reports)
    with _alone:
        page = page_if_unchanged(job, now)
        if page is None:
            limits = task.limits
            if limits.memory is None:
                limits = replace(limits, memory=share_of_memory(1))
            (result,) = run_jobs([job], 1, publish, limits=limits, pool=_pool())
            if result.page is None:
                return Answer(problem=result.problem)
            page = result.page
            outcome = "made"
        else:
            outcome = "was there"
    where = {"host": socket.gethostname(), "process": os.getpid()}
    log.add("worker", evaluation=str(evaluation), report=task.report, outcome=outcome, **where)
    return Answer(key=page.parent.relative_to(reports.resolve()).as_posix())


def _apart(now: Made, wanted: Made) -> str:
    if now.code != wanted.code:
        return "other code of pbc_eval"
    names = sorted({*now.versions, *wanted.versions})
    name = next(name for name in names if now.versions.get(name) != wanted.versions.get(name))
    return f"{name} {now.versions.get(name, 'in no version')}, not {wanted.versions.get(name)}"


def _pool() -> Pool | None:
    """The processes that reports are made in, started once for all jobs of this worker."""
    if not Pool.is_possible():
        return None
    if not _pools:
        _pools.append(Pool())
        atexit.register(_pools[0].close)
    return _pools[0]
