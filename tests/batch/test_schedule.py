"""Units of schedules: read by those who run them, and the command in them does what it says."""

import ast
import datetime as dt
import json
import shlex
import shutil
import subprocess
import zoneinfo
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.batch.schedule import KINDS, Plan, plan_of, units, write_units
from pbc_eval.errors import SpecError

pytestmark = pytest.mark.slow  # seconds, together

HARD = "/srv/o'brien & sons/50% data"  # a folder with everything that shells and units take amiss


def plan(folder="/srv/data", at="02:30", zone="Europe/London", days="daily") -> Plan:
    return plan_of(Path(folder), Path("/srv/reports"), at, zone, days)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"at": "2.30"}, r"--at: must be a time of day such as 02:30, got '2\.30'"),
        ({"at": "24:00"}, "--at"),
        ({"zone": "Europe/Londn"}, r"no time zone 'Europe/Londn'.*mean 'Europe/London'"),
        ({"days": "mondays"}, "mean 'monday'"),
    ],
)
def test_words_that_are_no_plan_are_refused(words, said):
    with pytest.raises(SpecError, match=said):
        plan(**words)


def test_an_unknown_kind_is_refused_with_those_there_are():
    with pytest.raises(SpecError, match=r"'corn'.*cron"):
        units("corn", plan())


@pytest.mark.parametrize("kind", KINDS)
def test_files_that_are_there_are_not_replaced(kind, tmp_path):
    made = write_units(kind, plan(), tmp_path)
    assert all(file.is_file() for file in made)
    with pytest.raises(SpecError, match="is there already"):
        write_units(kind, plan(), tmp_path)


@pytest.mark.parametrize("folder", ["/srv/data", HARD])
def test_a_shell_reads_the_command_as_it_was_meant(folder):
    words = shlex.split(plan(folder).batch)
    assert words[:5] == ["pbc-eval", "batch", folder, "--reports", "/srv/reports"]
    fields = units("cron", plan(folder))["pbc-eval.cron"].splitlines()
    assert fields[-2] == "CRON_TZ=Europe/London"
    minute, hour, *_, command = fields[-1].split(" ", 5)
    assert (minute, hour) == ("30", "2")
    assert folder in shlex.split(command.replace(r"\%", "%"))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize("folder", ["/srv/data", HARD])
@pytest.mark.parametrize("days", ["daily", "weekdays", "sunday"])
def test_systemd_reads_its_units(tmp_path, folder, days):
    made = units("systemd", plan(folder, days=days))
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in made)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "pbc-eval" not in verified.stderr
    calendar = made["pbc-eval.timer"].split("OnCalendar=")[1].splitlines()[0]
    read = subprocess.run(
        ["systemd-analyze", "calendar", calendar], capture_output=True, text=True, check=True
    )
    assert "Next elapse" in read.stdout


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize("days", ["daily", "monday"])
def test_github_starts_at_the_time_of_the_place_in_summer_and_winter(zone, days):
    (text,) = units("github", plan(zone=zone, days=days)).values()
    read = yaml.safe_load(text)
    crons = [entry["cron"].split() for entry in read[True]["schedule"]]  # YAML 1.1 reads `on` so
    for month in (1, 7):
        there = dt.datetime(2026, month, 5, 2, 30, tzinfo=zoneinfo.ZoneInfo(zone))
        there += dt.timedelta(days=(0 - there.weekday()) % 7)
        utc = there.astimezone(dt.UTC)
        day = str((utc.weekday() + 1) % 7)
        assert any(
            (cron[0], cron[1]) == (str(utc.minute), str(utc.hour))
            and (cron[4] == "*" or day in cron[4].split(","))
            for cron in crons
        )
    assert read["concurrency"]["cancel-in-progress"] is False
    assert read["jobs"]["reports"]["timeout-minutes"] == 360


@pytest.mark.parametrize("folder", ["/srv/data", HARD])
def test_the_dag_is_python_and_calls_the_command_for_each_contract(folder):
    (text,) = units("airflow", plan(folder)).values()
    tree = ast.parse(text)
    values = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    assert folder in values
    assert "30 2 * * *" in values
    assert any(str(v).startswith('pbc-eval run "$CONTRACT"') for v in values)


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20))
def test_whatever_a_folder_is_called_no_unit_runs_it(name):
    given_plan = plan(f"/srv/{name.replace('/', '')}x")
    folder = str(given_plan.folder)
    assert shlex.split(given_plan.batch)[2] == folder
    (dag,) = units("airflow", given_plan).values()
    ast.parse(dag)
    service = units("systemd", given_plan)["pbc-eval.service"]
    line = next(line for line in service.splitlines() if line.startswith("ExecStart"))
    quoted = line.removeprefix('ExecStart=/bin/sh -c "').removesuffix('"')
    shell = quoted.replace("%%", "%").replace("$$", "$").replace('\\"', '"').replace("\\\\", "\\")
    assert folder in shlex.split(shell)


def test_the_cron_line_fires_in_a_shell_and_tries_twice(tmp_path):
    """As cron would run it, with a command in place of ours that fails and notes its words."""
    noted = tmp_path / "noted"
    fake = tmp_path / "fake"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {noted}\nexit 1\n')
    fake.chmod(0o755)
    planned = Plan(
        folder=Path("/srv/data"), reports=Path("/r"), command=str(fake), time=dt.time(2), zone="UTC"
    )
    line = units("cron", planned)["pbc-eval.cron"].splitlines()[-1].split(" ", 5)[-1]
    line = line.replace(r"\%", "%").replace("sleep 600", "sleep 0")
    assert subprocess.run(["/bin/sh", "-c", line], check=False).returncode == 1
    first, second = noted.read_text().splitlines()
    assert second == f"{first} --alert"
    assert json.dumps(first).count("--batch-deadline 21600") == 1
