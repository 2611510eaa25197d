"""run_jobs and find_jobs: every job is done once and told of, whatever happens to the others."""

import json
import signal
from pathlib import Path

import psutil
import pytest
import work
from evaluations import change, copy_of
from typer.testing import CliRunner

from pbc_eval.batch import local
from pbc_eval.batch.jobs import Job, find_jobs, refuse_two_of_one
from pbc_eval.batch.local import ENDED, run_jobs, run_spawned
from pbc_eval.batch.pool import Pool
from pbc_eval.cli import app
from pbc_eval.errors import DataError, SpecError
from pbc_eval.publish import edition

pytestmark = pytest.mark.slow  # processes are started and ended


def jobs(tmp_path, *names) -> list[Job]:
    return [Job(tmp_path / name / "evaluation.yaml", tmp_path / "reports") for name in names]


def ended(tmp_path, names, workers, what) -> dict[str, str]:
    """How each job ended, by name."""
    with Pool(preload=False) as pool:
        results = list(run_jobs(jobs(tmp_path, *names), workers, what, pool=pool))
    assert len(results) == len(names)
    return {result.job.name: result.problem for result in results}


@pytest.mark.parametrize("names", [["a", "b", "c"], ["c", "b", "a"]])
def test_every_job_is_done_once_in_whatever_order(tmp_path, names):
    assert ended(tmp_path, names, 2, work.finish) == dict.fromkeys(names, "")
    assert {p.name: p.read_text() for p in (tmp_path / "reports").iterdir()} == dict.fromkeys(
        "abc", "x"
    )


def test_one_that_fails_does_not_stop_the_others(tmp_path):
    found = ended(tmp_path, ["a", "bad", "b"], 2, work.fail_if_bad)
    assert found == {"a": "", "bad": "it is bad", "b": ""}


def test_a_killed_worker_is_reported_and_the_others_are_done(tmp_path):
    names = ["a", "bad", "b", "c", "d"]
    found = ended(tmp_path, names, 2, work.die_if_bad)
    assert found == {**dict.fromkeys(names, ""), "bad": ENDED}
    assert len((tmp_path / "reports" / "bad").read_text()) == 2  # tried once more, alone


def test_a_job_whose_process_was_ended_once_is_run_again(tmp_path):
    assert ended(tmp_path, ["once"], 1, work.die_if_bad) == {"once": ""}


@pytest.mark.soak
def test_where_nothing_can_be_forked_new_processes_do_the_same(tmp_path):
    results = list(run_spawned(jobs(tmp_path, "a", "bad", "once"), 2, work.die_if_bad))
    assert {r.job.name: r.problem for r in results} == {"a": "", "bad": ENDED, "once": ""}


@pytest.mark.soak
def test_a_job_whose_neighbour_ended_its_process_still_has_both_its_own_tries(tmp_path):
    """The bad one takes the other's process along; that was no try of the other's."""
    results = list(run_spawned(jobs(tmp_path, "once", "bad"), 2, work.die_after_the_bad))
    assert {r.job.name: r.problem for r in results} == {"bad": ENDED, "once": ""}


@pytest.mark.soak
def test_a_kernel_of_a_batch_loads_next_to_nothing_itself(tmp_path):
    """What each would load again, the template has loaded; a debugger nobody needs."""
    with Pool() as pool:
        (result,) = run_jobs(jobs(tmp_path, "a"), 1, work.list_what_a_kernel_loads, pool=pool)
    assert result.problem == ""
    loaded = json.loads(result.page.read_text(encoding="utf-8"))
    assert len(loaded) < 10, loaded
    assert not [name for name in loaded if "debug" in name]


def test_a_pool_that_still_loads_is_ended_with_whoever_began_it(tmp_path):
    """It is begun before the file is read, of which nothing may have changed, or which is wrong."""
    with Pool() as begun:
        process = begun._process
        assert process is not None
        assert process.poll() is None
    assert process.returncode == -signal.SIGKILL

    reports = tmp_path / "reports"
    folder = copy_of("one-service", tmp_path / "data")
    change(folder / "evaluation.yaml", "status: provisional", "status: provisionally")
    assert CliRunner().invoke(app, ["run", str(folder), "--reports", str(reports)]).exit_code == 1
    running = [part for p in psutil.Process().children(recursive=True) for part in p.cmdline()]
    assert "pbc_eval.batch.template" not in running


def test_no_jobs_is_no_work(tmp_path):
    assert list(run_jobs([], 2, work.finish)) == []


@pytest.mark.parametrize("problem", [DataError("text in the outcome"), ZeroDivisionError("1/0")])
def test_every_failure_is_a_result_and_a_fault_of_the_program_is_told_in_full(
    tmp_path, monkeypatch, problem
):
    def publish_edition(evaluation, reports, *, report, agreed, cell_deadline):
        raise problem

    monkeypatch.setattr(edition, "publish_edition", publish_edition)
    result = local.publish(jobs(tmp_path, "a")[0])
    if isinstance(problem, DataError):
        assert result.problem == "text in the outcome"
    else:
        assert "a fault of the program, please report it" in result.problem
        assert "ZeroDivisionError: 1/0" in result.problem


# --- which jobs there are ---


def test_jobs_are_found_by_folder_by_file_and_by_folder_of_folders(tmp_path):
    first = copy_of("one-service", tmp_path)
    copy_of("wheels-to-meals", tmp_path / "more")
    copy_of("wheels-to-meals", tmp_path / ".hidden")
    assert [job.name for job in find_jobs(tmp_path, tmp_path)] == ["wheels-to-meals", "one-service"]
    assert [job.name for job in find_jobs(first, tmp_path)] == ["one-service"]
    assert [job.name for job in find_jobs(first / "evaluation.yaml", tmp_path)] == ["one-service"]


def test_a_job_has_the_name_of_its_folder_wherever_it_is_called_from(tmp_path, monkeypatch):
    monkeypatch.chdir(copy_of("one-service", tmp_path))
    assert [job.name for job in find_jobs(Path(), tmp_path)] == ["one-service"]


def test_a_folder_without_evaluations_is_refused(tmp_path):
    with pytest.raises(SpecError, match=r"holds no evaluation\.yaml.*pbc-eval new"):
        find_jobs(tmp_path, tmp_path)
    with pytest.raises(SpecError, match="no such file or folder"):
        find_jobs(tmp_path / "nowhere", tmp_path)


def test_two_evaluations_of_one_name_are_refused_before_one_overwrites_the_other(tmp_path):
    copy_of("one-service", tmp_path / "a")
    second = copy_of("one-service", tmp_path / "b")
    with pytest.raises(SpecError, match=r"one-service, edition 2026-1: is the name of two"):
        refuse_two_of_one(find_jobs(tmp_path, tmp_path))
    change(second / "evaluation.yaml", "edition: 2026-1", "edition: 2026-2")
    refuse_two_of_one(find_jobs(tmp_path, tmp_path))
