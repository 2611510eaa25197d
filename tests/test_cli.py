"""pbc-eval: a mistake gets one readable screen, a check writes nothing, exit codes are kept."""

import importlib.util
import json
import os
import subprocess
import sys

import pytest
from editions import put
from evaluations import DATA, PROJECT, change, copy_of, files_under, made_once
from typer.testing import CliRunner

from pbc_eval.batch import run
from pbc_eval.batch.jobs import JobResult
from pbc_eval.batch.site import Site
from pbc_eval.cli import app, door, make
from pbc_eval.errors import PublicationError
from pbc_eval.publish.site import build

pytestmark = pytest.mark.slow  # whole commands are run

runner = CliRunner()
_SPEC = importlib.util.spec_from_file_location(
    "make_broken_evaluations", PROJECT / "tools" / "make_broken_evaluations.py"
)
broken = importlib.util.module_from_spec(_SPEC)
sys.modules["make_broken_evaluations"] = broken
_SPEC.loader.exec_module(broken)

SAID = {  # what each screen names: the thing, the value, the rule, the remedy
    "unknown-key": ["line 42", "design.rationnale", "unknown key", "Did you mean 'rationale'?"],
    "column-not-there": ["hospitals.csv", "no column 'service_begin'", "mean 'service_start'?"],
    "cohort-no-period": ["cohort 'service_start'", "7.5", "is not a period", "Correct the value"],
    "row-twice": ["hospitals.csv", "H001 in 5", "One row a unit and period", "correct the unit's"],
    "words-in-outcome": ["'readmissions_per_100'", "'not known'", "must hold numbers", "H001",
                         "leave the cell empty"],
    "percentage": ["line 225", "value_map.outcomes[2].attribution", "got 25", "fraction in [0, 1]",
                   "Did you mean 0.25?"],
    "file-not-there": ["'hospital.csv'", "is not in the folder", "Did you mean 'hospitals.csv'?"],
    "value-without-source": ["line 204", "value_map.outcomes[1].proxy_source", "must be stated",
                             "Add the line"],
    "bands-overlap": ["payment.clauses[2].bands", "[0.05, 0.1) and [0.08, 0.12)", "overlap",
                      "End the first at 0.08"],
    "negative-weight": ["weight 'discharges'", "H001", "-177", "finite and >= 0", "correct them"],
    "cohort-changes": ["cohort 'service_start'", "H001", "the same in all its rows",
                       "give one value a unit"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    """Screens in this process are wide, so that words are found whole."""
    monkeypatch.setattr(door.screen, "width", 400)
    monkeypatch.setattr(door.console, "width", 400)


# --- mistakes ---


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Every broken evaluation, checked once in a real process; and the files before and after."""
    folder = made_once(tmp_path_factory, "broken", _check_broken)
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    return {**found, "folder": folder / "copies"}


def _check_broken(folder):
    copies = folder / "copies"
    copies.mkdir()
    broken.make_all(copies)
    before = files_under(copies)
    code, screens, rest = broken.check_all(copies)
    found = {"code": code, "screens": screens, "rest": rest, "same": files_under(copies) == before}
    (folder / "found.json").write_text(json.dumps(found), encoding="utf-8")


def test_every_mistake_ends_with_a_code_a_screen_and_nothing_else(checked):
    assert checked["code"] == 1
    assert checked["screens"].keys() == SAID.keys()
    assert checked["rest"].strip() == ""


def test_a_check_writes_nothing(checked):
    assert checked["same"]


@pytest.mark.parametrize("name", SAID)
def test_a_mistake_names_the_thing_the_value_the_rule_and_the_remedy(checked, name):
    screen = " ".join(checked["screens"][name].replace("│", " ").split())
    for words in SAID[name]:
        assert words in screen
    assert "Traceback" not in screen
    assert "pydantic" not in screen
    lines = checked["screens"][name].splitlines()
    assert len(lines) <= 24
    assert {len(line) for line in lines} == {broken.WIDTH}  # wrapped, not cut
    assert str(checked["folder"]) not in screen


def test_the_page_of_broken_evaluations_is_up_to_date(checked):
    assert broken.PAGE.read_text(encoding="utf-8") == broken.page(checked["screens"])


# --- check ---


def test_a_sound_evaluation_passes_with_its_checks_shown_whole(monkeypatch):
    done = runner.invoke(app, ["check", str(DATA / "training-grants")])
    assert done.exit_code == 0
    words = " ".join(done.stdout.replace("│", " ").split())
    assert "training-grants: ready to run." in words
    assert "pre_trends" in words
    assert "few_clusters" in words


def test_one_that_fails_does_not_keep_the_others_from_being_checked(tmp_path):
    folder = copy_of("one-service", tmp_path)
    change(folder / "evaluation.yaml", "start: 2010-09-09", "start: 45292")
    paths = (folder, DATA / "wheels-to-meals", tmp_path / "x")
    done = runner.invoke(app, ["check", *map(str, paths)])
    assert done.exit_code == 1
    assert "wheels-to-meals: ready to run." in done.stdout
    assert "2024-01-01" in done.stderr
    assert "no such file" in done.stderr


def test_a_headline_that_may_not_be_published_is_not_ready(tmp_path):
    folder = copy_of("hospital-readmissions", tmp_path)
    change(folder / "evaluation.yaml", "    counts: bodies  ", "    threshold: 41  ")
    done = runner.invoke(app, ["check", str(folder)])
    assert done.exit_code == 1
    assert "may identify them" in done.stderr


def test_what_is_wrong_with_a_value_map_is_told_with_what_is_wrong_with_the_file(tmp_path):
    folder = copy_of("wheels-to-meals", tmp_path)
    change(folder / "evaluation.yaml", "title:", "titel:")
    table = folder / "value_map.csv"
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join([lines[0].replace("deadweight", "deadwieght"), *lines[1:]]), "utf-8")
    done = runner.invoke(app, ["check", str(folder)])
    assert done.exit_code == 1
    assert "titel" in done.stderr
    assert "deadwieght" in done.stderr


def test_markup_in_a_name_is_text(tmp_path):
    done = runner.invoke(app, ["check", str(tmp_path / "[bold]x[/] [/red]")])
    assert done.exit_code == 1
    assert "[bold]x[/] [/red]" in done.stderr


# --- new, publish, help ---


def test_new_makes_what_check_then_finds_incomplete_and_says_what_is_missing(tmp_path):
    folder = tmp_path / "winter-shelter"
    assert runner.invoke(app, ["new", str(folder)]).exit_code == 0
    done = runner.invoke(app, ["check", str(folder)])
    assert done.exit_code == 1
    assert "file 'data.csv' is not in the folder" in done.stderr
    assert runner.invoke(app, ["new", str(folder)]).exit_code == 1


def test_publish_needs_a_folder_and_makes_none(tmp_path):
    done = runner.invoke(app, ["publish", "--reports", str(tmp_path / "typo")])
    assert done.exit_code == 1
    assert "no such folder" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "taught"),
    [
        ([], ["pbc-eval new data/my-evaluation", "pbc-eval check", "pbc-eval run"]),
        (["new"], ["commented evaluation.yaml", "A folder that does not exist yet"]),
        (["check"], ["without writing anything", "exit code is 0 only when"]),
        (["run"], ["leaves the last good edition", "--reports", "--workers", "exit code"]),
        (["batch"], ["does not stop the others", "exit code is 0 when every report", "--workers"]),
        (["publish"], ["index.html", "checking all hashes", "--reports"]),
    ],
)
def test_help_teaches(command, taught):
    done = runner.invoke(app, [*command, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    shown = " ".join(done.stdout.split())
    for words in taught:
        assert words in shown


@pytest.mark.parametrize(
    "words", [["chek", "x"], ["run", "--worker", "x"], ["run"], ["--version-x"]]
)
def test_a_command_line_that_cannot_be_meant_ends_with_code_2(words):
    assert runner.invoke(app, words).exit_code == 2


# --- run and batch ---


@pytest.fixture
def quick(monkeypatch):
    """Runs that end at once: one-service fails, others are well; and no index."""

    def run_jobs(jobs, workers, work, *, limits, pool):
        for job in jobs:
            fails = job.name == "one-service"
            problem = "the column [bold] is gone" if fails else ""
            yield JobResult(
                job, page=None if fails else job.reports / "index.html", problem=problem
            )

    monkeypatch.setattr(run, "run_jobs", run_jobs)
    monkeypatch.setattr(run.Pool, "is_possible", lambda: False)
    monkeypatch.setattr(run, "build_site", lambda reports: Site(reports / "index.html"))


@pytest.mark.parametrize("command", ["run", "batch"])
def test_one_that_fails_is_named_and_the_code_is_1_though_the_others_are_published(
    quick, tmp_path, command
):
    copy_of("one-service", tmp_path / "data")
    copy_of("wheels-to-meals", tmp_path / "data")
    done = runner.invoke(app, [command, str(tmp_path / "data"), "--reports", str(tmp_path / "r")])
    assert done.exit_code == 1
    assert "one-service: not published" in done.stderr
    assert "the column [bold] is gone" in done.stderr
    assert "wheels-to-meals:" in done.stderr


def test_all_well_is_code_0(quick, tmp_path):
    folder = copy_of("wheels-to-meals", tmp_path)
    assert runner.invoke(app, ["run", str(folder), str(folder)]).exit_code == 0


def test_two_evaluations_of_one_name_stop_the_batch_before_it_starts(quick, tmp_path):
    copy_of("wheels-to-meals", tmp_path / "a")
    copy_of("wheels-to-meals", tmp_path / "b")
    done = runner.invoke(app, ["batch", str(tmp_path)])
    assert done.exit_code == 1
    assert "is the name of two evaluations" in done.stderr


def test_an_index_that_cannot_be_written_is_a_message(quick, tmp_path, monkeypatch):
    def tampered(reports):
        raise PublicationError("x.csv has changed since it was published")

    monkeypatch.setattr(run, "build_site", tampered)
    done = runner.invoke(app, ["run", str(copy_of("wheels-to-meals", tmp_path))])
    assert done.exit_code == 1
    assert "x.csv has changed" in done.stderr


@pytest.mark.soak
def test_a_real_batch_with_one_that_fails(tmp_path):
    data, reports = tmp_path / "data", tmp_path / "reports"
    copy_of("wheels-to-meals", data)
    file = copy_of("one-service", data) / "evaluation.yaml"
    change(file, "currency: GBP\n  ill", "currency: EUR\n  ill")
    done = subprocess.run(
        [sys.executable, "-m", "pbc_eval.cli", "batch", "data", "--workers", "2"],
        cwd=tmp_path, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "one-service: not published" in done.stderr
    assert "Traceback" not in done.stderr
    assert (reports / "wheels-to-meals" / "2026-1" / "manifest.json").is_file()
    assert "wheels-to-meals/2026-1/index.html" in (reports / "index.html").read_text()
    assert not (reports / "one-service").exists()


def test_publish_says_what_is_left_out_and_which_drafts_are_not_listed(tmp_path):
    put(tmp_path, "a", summary__status="draft")
    put(tmp_path, "b")
    done = runner.invoke(app, ["publish", "--reports", str(tmp_path)])
    assert done.exit_code == 0
    assert "Left out: feed.xml, sitemap.xml and ocds.json need the site's address" in done.stdout
    assert "Draft, not listed: a/2026-1" in done.stdout
    assert "index.html" in done.stdout


def test_publish_reads_every_file_and_a_run_only_those_that_changed(tmp_path, monkeypatch):
    put(tmp_path)
    trusted = []
    real = build.write_site

    def noted(reports, *, trust_memory=False):
        trusted.append(trust_memory)
        return real(reports, trust_memory=trust_memory)

    monkeypatch.setattr(build, "write_site", noted)
    assert runner.invoke(app, ["publish", "--reports", str(tmp_path)]).exit_code == 0
    make.print_index(tmp_path)
    assert trusted == [False, True]


@pytest.mark.slow
def test_check_of_the_design_says_which_effect_would_be_seen(tmp_path):
    folder = copy_of("hospital-readmissions", tmp_path)
    done = runner.invoke(app, ["check", "--design", str(folder)])
    assert done.exit_code == 0, done.output
    assert "smallest effect" in done.output
    assert "discharges" in done.output
    assert "own estimator" in " ".join(done.output.split())
