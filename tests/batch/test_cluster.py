"""Reports made on the workers of a Dask cluster: all of them, none twice, whoever is killed."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evaluations import change, copy_of, files_under

from pbc_eval.batch import cluster as module
from pbc_eval.batch.cluster import run_on_cluster
from pbc_eval.batch.cluster_worker import Task, make
from pbc_eval.batch.done import Made
from pbc_eval.batch.jobs import Job
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.log import lines
from pbc_eval.batch.run import Choices, run_batch
from pbc_eval.errors import PublicationError

NAME = "one-service"


def several(folder: Path, count: int) -> list[Job]:
    """Copies of a small evaluation, each under an id of its own."""
    (folder / "reports").mkdir(parents=True)
    jobs = []
    for at in range(count):
        own = copy_of(NAME, folder / f"data-{at}").rename(folder / f"{NAME}-{at}")
        (folder / f"data-{at}").rmdir()
        change(own / "evaluation.yaml", f"id: {NAME}\n", f"id: {NAME}-{at}\n")
        jobs.append(Job(own / "evaluation.yaml", folder / "reports"))
    return jobs


def task(job: Job, **more) -> Task:
    stated = {
        "evaluation": str(job.evaluation),
        "reports": str(job.reports),
        "report": "",
        "cell_deadline": 60.0,
        "limits": Limits(),
        "made": Made.now(),
    }
    return Task(**stated | more)


def test_a_worker_without_the_folder_or_with_other_code_says_what_to_do(tmp_path):
    (job,) = several(tmp_path, 1)
    nowhere = make(task(job, evaluation="/not/mounted/here"))
    assert "does not see /not/mounted/here" in nowhere.problem
    assert "mount them" in nowhere.problem
    now = Made.now()
    assert "other code" in make(task(job, made=Made("0" * 64, now.versions))).problem
    older = {**now.versions, "numpy": "1.0"}
    assert "not 1.0" in make(task(job, made=Made(now.code, older))).problem
    assert files_under(job.reports) == {}


@contextlib.contextmanager
def cluster(workers: int, folder: Path):
    """A scheduler and workers on loopback, each a process of its own; all ended by their ids."""
    pytest.importorskip("distributed")
    file = folder / "scheduler.json"
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    quiet["env"] = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    dask = [sys.executable, "-m", "dask"]
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    started = [
        subprocess.Popen(
            [*dask, "scheduler", *local, "--port", "0", "--scheduler-file", file], **quiet
        )
    ]
    one = ["--nthreads", "1", "--no-nanny", "--scheduler-file", file]
    started += [
        subprocess.Popen([*dask, "worker", *local, *one, "--name", f"w{n}"], **quiet)
        for n in range(workers)
    ]
    try:
        for _ in range(600):
            if file.exists() and file.stat().st_size:
                break
            time.sleep(0.1)
        yield json.loads(file.read_text())["address"], started[1:]
    finally:
        for process in reversed(started):
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        for process in started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@pytest.mark.soak
def test_all_are_done_and_none_twice_though_a_worker_is_killed(tmp_path):
    jobs = several(tmp_path, 4)
    reports = jobs[0].reports
    with cluster(2, tmp_path) as (address, workers):
        killed: list[int] = []

        def tell(result) -> None:
            if not killed:  # the first is done; both workers are at the next
                time.sleep(1.5)
                os.kill(workers[0].pid, signal.SIGKILL)
                killed.append(workers[0].pid)

        whole = run_batch(jobs, reports, Choices(dask=address), tell)
        assert killed
        assert [result.problem for result in whole.results] == [""] * 4
        assert whole.is_well
        made = [line for line in lines(reports) if line["event"] == "worker"]
        done = [line["evaluation"] for line in made if line["outcome"] == "made"]
        assert len(done) == len(set(done)) >= 3  # the line of a killed worker may be lost
        editions = [path.parent for path in reports.glob("*/*/manifest.json")]
        assert len(editions) == 4

        before = {str(e): files_under(e) for e in editions}
        again = run_batch(jobs, reports, Choices(dask=address), lambda _: None)
        assert again.count("unchanged") == 4
        forced = list(run_on_cluster(jobs[:1], address, limits=Limits(), force=True))
        assert [result.problem for result in forced] == [""]
        made_again = [line for line in lines(reports) if line["event"] == "worker"]
        assert len(made_again) == len(made) + 1
        assert made_again[-1]["outcome"] == "made"
        assert {str(e): files_under(e) for e in editions} == before


@pytest.mark.soak
def test_a_job_that_fails_is_told_and_a_scheduler_that_is_not_there_too(tmp_path, monkeypatch):
    jobs = several(tmp_path, 2)
    jobs[0].evaluation.write_text("id: broken\n", encoding="utf-8")
    with cluster(1, tmp_path) as (address, _):
        results = {r.job.name: r for r in run_on_cluster(jobs, address, limits=Limits())}
    problems = sorted(bool(result.problem) for result in results.values())
    assert problems == [False, True]
    monkeypatch.setattr(module, "CONNECT", 1.0)
    with pytest.raises(PublicationError, match=r"no scheduler answers.*`dask scheduler`"):
        list(run_on_cluster(jobs, "tcp://127.0.0.1:1", limits=Limits()))
    shutil.rmtree(tmp_path / "reports")
