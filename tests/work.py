"""What tests have other processes do: end well, fail, or die."""

import os
import signal
import time
from pathlib import Path

from pbc_eval.batch.jobs import Job, JobResult

DIED = 9


def finish(job: Job) -> JobResult:
    """Leave a mark, and end well."""
    job.reports.mkdir(parents=True, exist_ok=True)
    with (job.reports / job.name).open("a") as mark:
        mark.write("x")
    return JobResult(job, page=job.reports / job.name)


def fail_if_bad(job: Job) -> JobResult:
    return JobResult(job, problem="it is bad") if job.name.startswith("bad") else finish(job)


def die_if_bad(job: Job) -> JobResult:
    """A job named bad ends its own process each time; once: the first time only."""
    finish(job)
    times = len((job.reports / job.name).read_text())
    if job.name.startswith("bad") or (job.name.startswith("once") and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return JobResult(job, page=job.reports / job.name)


def die_between_renames(made: Path, target: Path) -> None:
    """Replace an edition, and end without a word between the two renames."""
    from pbc_eval.publish.edition import put_in_place  # noqa: PLC0415 heavy; others need not wait

    rename, renames = Path.rename, []

    def counted(self: Path, other: Path) -> Path:
        renames.append(self)
        if len(renames) == 2:
            os._exit(DIED)
        return rename(self, other)

    Path.rename = counted  # type: ignore[method-assign]
    put_in_place(made, target, is_final=False)
