"""Units by which a machine runs a batch unattended: cron, systemd, GitHub Actions, Airflow.

Each calls the command, which holds the lock, skips what did not change and tells whoever is to be
told; a unit adds when, in which time zone, how long at most, and one more try after ten minutes.
"""

import datetime as dt
import re
import shlex
import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pbc_eval._validate import check_choice, did_you_mean
from pbc_eval.errors import SpecError

PAUSE = 600  # seconds before the second try
NAME = "pbc-eval"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """When and what: ``time`` of day in ``zone``, on the ``days`` of the week (0 is Monday)."""

    folder: Path
    reports: Path
    command: str = "pbc-eval"
    time: dt.time
    zone: str
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)
    workers: int = 2
    hours: float = 6.0  # for the whole batch

    @property
    def batch(self) -> str:
        """The command with every path and word quoted for a shell."""
        words = [self.command, "batch", str(self.folder), "--reports", str(self.reports)]
        words += ["--workers", str(self.workers), "--batch-deadline", f"{3600 * self.hours:.0f}"]
        words += ["--wait", "60"]
        return shlex.join(words)

    @property
    def twice(self) -> str:
        """The command; and if it does not end well, once more, which then tells somebody."""
        return f"{self.batch} || {{ sleep {PAUSE}; {self.batch} --alert; }}"


def plan_of(
    folder: Path, reports: Path, at: str, zone: str, days: str = "daily", *, hours: float = 6.0
) -> Plan:
    """A plan from words: ``at`` is a time of day such as 02:30, ``zone`` a name such as
    Europe/London, ``days`` daily, weekdays or the name of a day.

    Raises SpecError for words that are none.
    """
    named = {"daily": tuple(range(7)), "weekdays": tuple(range(5))}
    named |= {name: (n,) for n, name in enumerate(_DAYS)}
    check_choice("schedule", "days", days, list(named), SpecError)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise SpecError(f"--at: must be a time of day such as 02:30, got {at!r}.")
    known = zoneinfo.available_timezones() | {"UTC"}
    if zone not in known:
        raise SpecError(
            f"--zone: there is no time zone {zone!r}.{did_you_mean(zone, sorted(known))} "
            "Name one such as Europe/London."
        )
    return Plan(
        folder=folder.resolve(),
        reports=reports.resolve(),
        time=dt.time.fromisoformat(at),
        zone=zone,
        days=named[days],
        hours=hours,
    )


def units(kind: str, plan: Plan) -> dict[str, str]:
    """The files of one kind of unit, by name. Raises SpecError for a kind that is not known."""
    check_choice("schedule", "kind", kind, list(KINDS), SpecError)
    return KINDS[kind](plan)


def write_units(kind: str, plan: Plan, into: Path) -> list[Path]:
    """Write those files below ``into``; a file that is there already is not replaced.

    Raises SpecError where one is there.
    """
    made = {into / name: text for name, text in units(kind, plan).items()}
    if there := [file for file in made if file.exists()]:
        raise SpecError(f"{there[0]}: is there already. Move it away, or choose another --into.")
    for file, text in made.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    return list(made)


_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = tuple(day[:3].capitalize() for day in _DAYS)
_SECRETS = "PBC_EVAL_ALERT_COMMAND, PBC_EVAL_ALERT_WEBHOOK or PBC_EVAL_ALERT_MAIL"


def _cron_days(plan: Plan) -> str:
    every = len(plan.days) == 7
    return "*" if every else ",".join(str((day + 1) % 7) for day in plan.days)


def _cron(plan: Plan) -> dict[str, str]:
    line = f"{plan.time.minute} {plan.time.hour} * * {_cron_days(plan)}"
    command = plan.twice.replace("%", r"\%")  # % ends the command of a crontab
    text = (
        f"# Install with: crontab {NAME}.cron (it replaces the crontab that is there)\n"
        f"# Set {_SECRETS} in the environment of cron, not here.\n"
        f"CRON_TZ={plan.zone}\n{line} {command}\n"
    )
    return {f"{NAME}.cron": text}


def _systemd(plan: Plan) -> dict[str, str]:
    days = "" if len(plan.days) == 7 else ",".join(_SHORT[day] for day in plan.days) + " "
    shell = plan.twice.replace("\\", "\\\\").replace('"', '\\"')
    shell = shell.replace("%", "%%").replace("$", "$$")
    service = (
        f"# Secrets: systemctl --user edit {NAME}, then EnvironmentFile= with {_SECRETS}\n"
        "[Unit]\nDescription=Evaluation reports\n\n"
        f'[Service]\nType=oneshot\nExecStart=/bin/sh -c "{shell}"\n'
        f"TimeoutStartSec={2 * 3600 * plan.hours + PAUSE + 7200:.0f}\n"
        "KillMode=control-group\nNice=10\n"
    )
    timer = (
        "[Unit]\nDescription=Evaluation reports, on time\n\n"
        f"[Timer]\nOnCalendar={days}*-*-* {plan.time:%H:%M}:00 {plan.zone}\nPersistent=true\n\n"
        "[Install]\nWantedBy=timers.target\n"
    )
    return {f"{NAME}.service": service, f"{NAME}.timer": timer}


def _github(plan: Plan) -> dict[str, str]:
    """GitHub's clock is UTC: the unit is started at each hour that the time can be, and goes on in
    the one in which it is."""
    zone = zoneinfo.ZoneInfo(plan.zone)
    year = dt.date(2026, 1, 1)
    starts = set()
    for month in range(1, 13):
        for day in plan.days:
            there = year.replace(month=month, day=1)
            there += dt.timedelta(days=(day - there.weekday()) % 7)
            moment = dt.datetime.combine(there, plan.time, zone).astimezone(dt.UTC)
            starts.add((moment.minute, moment.hour, (moment.weekday() + 1) % 7))
    hours = sorted({(minute, hour) for minute, hour, _ in starts})
    crons = ""
    for minute, hour in hours:
        days = sorted(day for m, h, day in starts if (m, h) == (minute, hour))
        names = "*" if len(days) == 7 else ",".join(map(str, days))
        crons += f'    - cron: "{minute} {hour} * * {names}"\n'
    inside = shlex.join(["pbc-eval", "batch", "data", "--reports", "reports", "--wait", "60"])
    text = (
        f"name: reports\non:\n  schedule:\n{crons}  workflow_dispatch:\n"
        "concurrency:\n  group: reports\n  cancel-in-progress: false\n"
        "permissions:\n  contents: read\n"
        f"jobs:\n  reports:\n    runs-on: ubuntu-latest\n    timeout-minutes: "
        f"{60 * plan.hours:.0f}\n    steps:\n"
        "      - name: Is it the time, at its place?\n        id: time\n        run: |\n"
        f'          hour="$(TZ={plan.zone} date +%H)"\n'
        f'          if [ "$hour" = "{plan.time:%H}" ] || '
        '[ "${{ github.event_name }}" = workflow_dispatch ]; then\n'
        '            echo "go=yes" >> "$GITHUB_OUTPUT"\n          fi\n'
        "      - uses: actions/checkout@v4\n        if: steps.time.outputs.go\n"
        "      - uses: actions/setup-python@v5\n        if: steps.time.outputs.go\n"
        '        with:\n          python-version: "3.12"\n'
        "      - run: pip install --require-hashes -r requirements.txt && pip install --no-deps .\n"
        "        if: steps.time.outputs.go\n"
        f"      - run: {inside} || {inside} --alert\n        if: steps.time.outputs.go\n"
        "        env:\n"
        "          PBC_EVAL_ALERT_WEBHOOK: ${{ secrets.PBC_EVAL_ALERT_WEBHOOK }}\n"
        "      - uses: actions/upload-artifact@v4\n        if: steps.time.outputs.go\n"
        "        with:\n          name: reports\n          path: reports\n"
    )
    return {f".github/workflows/{NAME}.yml": text}


def _airflow(plan: Plan) -> dict[str, str]:
    cron = f"{plan.time.minute} {plan.time.hour} * * {_cron_days(plan)}"
    text = f'''"""Evaluation reports: a task a contract, then portfolios and the site."""

from datetime import timedelta
from pathlib import Path

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

FOLDER = Path({str(plan.folder)!r})
REPORTS = {str(plan.reports)!r}

with DAG(
    dag_id="{NAME.replace("-", "_")}",
    schedule={cron!r},
    start_date=pendulum.datetime(2026, 1, 1, tz={plan.zone!r}),
    catchup=False,
    max_active_runs=1,
    max_active_tasks={plan.workers},
    default_args={{
        "retries": 1,
        "retry_delay": timedelta(seconds={PAUSE}),
        "execution_timeout": timedelta(hours={plan.hours}),
    }},
) as dag:
    whole = BashOperator(
        task_id="portfolios_and_site",
        bash_command={plan.batch + " --alert"!r},
        trigger_rule="all_done",
    )
    for file in sorted(FOLDER.glob("*/evaluation.yaml")):
        contract = BashOperator(
            task_id=file.parent.name,
            bash_command="{shlex.quote(plan.command)} run \\"$CONTRACT\\" --reports \\"$REPORTS\\"",
            env={{"CONTRACT": str(file), "REPORTS": REPORTS}},
            append_env=True,
        )
        contract >> whole
'''
    return {f"{NAME.replace('-', '_')}_dag.py": text}


KINDS: dict[str, Callable[[Plan], dict[str, str]]] = {
    "cron": _cron,
    "systemd": _systemd,
    "github": _github,
    "airflow": _airflow,
}
