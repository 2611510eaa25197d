"""What tests have other processes do: end well, fail, or die."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from pbc_eval.batch.jobs import Job, JobResult

DIED = 9


def heed_signals() -> None:
    """Whoever runs the tests may have signals ignored, as nohup does; who is started heeds them."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


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


def die_after_the_bad(job: Job) -> JobResult:
    """As ``die_if_bad``, but any other job begins only when the pool of the bad one has ended."""
    if not job.name.startswith("bad"):
        while not (job.reports / "bad").exists():
            time.sleep(0.01)
        time.sleep(0.5)
    return die_if_bad(job)


MODULES = """
import json, sys
with open("modules.json", "w", encoding="utf-8") as file:
    json.dump(sorted(sys.modules), file)
"""


def list_what_a_kernel_loads(job: Job) -> JobResult:
    """Run a notebook of one cell; leave the names of what its kernel has and this process has not.
    A notebook is run, and what papermill loads for it is loaded, before that is looked at."""
    # heavy: other work is to begin at once
    import nbformat  # noqa: PLC0415
    from nbformat.v4 import new_code_cell, new_notebook  # noqa: PLC0415

    from pbc_eval.publish.notebook import execute  # noqa: PLC0415

    job.reports.mkdir(parents=True, exist_ok=True)
    notebook, here = job.reports / "one.ipynb", job.reports / "modules.json"
    parameters = new_code_cell("a = 1", metadata={"tags": ["parameters"]})
    cells = [parameters, new_code_cell(MODULES)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), notebook)
    before = set(sys.modules)
    execute(notebook, {"a": "2"}, job.reports)
    fresh = set(json.loads(here.read_text(encoding="utf-8"))) - before
    here.write_text(json.dumps(sorted(fresh)), encoding="utf-8")
    return JobResult(job, page=here)


def note_and_sleep(job: Job) -> JobResult:
    """Leave the process's id and that of a child in a group of its own; sleep for a minute."""
    job.reports.mkdir(parents=True, exist_ok=True)
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    fresh = job.reports / f".{job.name}"
    fresh.write_text(f"{os.getpid()} {child.pid}")
    fresh.rename(job.reports / job.name)
    time.sleep(60)
    return JobResult(job)


def leave_a_child(job: Job) -> JobResult:
    """End well, and leave a process of another group behind."""
    child = subprocess.Popen(["sleep", "60"], start_new_session=True)
    return JobResult(job, page=Path(str(child.pid)))


def stop_once(job: Job) -> JobResult:
    """Stand still, as after SIGSTOP, the first time; end well the second."""
    finish(job)
    if len((job.reports / job.name).read_text()) == 1 or job.name.startswith("bad"):
        os.kill(os.getpid(), signal.SIGSTOP)
    return JobResult(job, page=job.reports / job.name)


def eat_memory(job: Job) -> JobResult:
    """Take four hundred megabytes for a minute."""
    held = bytearray(os.urandom(1)) * 400_000_000
    time.sleep(60)
    return JobResult(job, page=Path(str(len(held))))


def draw(job: Job) -> JobResult:
    """A number that nobody seeded."""
    return JobResult(job, problem=str(random.random()))


def run_for_ever(folder: str, n: int) -> None:
    """What a process does that is then ended from outside: run sleeping jobs."""
    from pbc_eval.batch.local import run_jobs  # noqa: PLC0415 others need not wait
    from pbc_eval.batch.pool import Pool  # noqa: PLC0415 likewise

    place = Path(folder)
    jobs = [Job(place / f"job{k}" / "evaluation.yaml", place / "reports") for k in range(n)]
    with Pool(preload=False) as pool:
        list(run_jobs(jobs, n, note_and_sleep, pool=pool))


def die_between_renames(made: Path, target: Path) -> None:
    """Replace an edition, and end without a word between the two renames."""
    from pbc_eval.publish import edition  # noqa: PLC0415 heavy; others need not wait
    from pbc_eval.publish.edition import put_in_place  # noqa: PLC0415 likewise

    edition.exchange = lambda *_: False  # a system that cannot do it in one step
    rename, renames = Path.rename, []

    def counted(self: Path, other: Path) -> Path:
        renames.append(self)
        if len(renames) == 2:
            os._exit(DIED)
        return rename(self, other)

    Path.rename = counted  # type: ignore[method-assign]
    put_in_place(made, target, is_final=False)
