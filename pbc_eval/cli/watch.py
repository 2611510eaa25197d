"""Commands of those who answer for many evaluations: status and schedule."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pbc_eval.cli.door import Reports, app, console, readable


@app.command()
@readable
def status(
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")],
    reports: Reports = Path("reports"),
    on: Annotated[str, typer.Option(help="The day, if not today: 2026-05-01.")] = "",
) -> None:
    """Say how each evaluation stands: late, due, in doubt, damaged, unsigned, changed, failed.

    Published is what readers find listed: a draft, or an edition in doubt, is late past its day.

    The exit code is 1 when something needs work, so that a script can ask.
    """
    from pbc_eval.batch.jobs import find_jobs  # noqa: PLC0415 heavy: loads the models
    from pbc_eval.batch.status import day_of, standings  # noqa: PLC0415 likewise
    from pbc_eval.batch.told import tell_standings  # noqa: PLC0415 likewise

    every = standings(find_jobs(folder, reports), reports, day_of(on))
    tell_standings(every, console)
    if any(standing.needs_work for standing in every):
        raise typer.Exit(1)


@app.command()
@readable
def schedule(
    kind: Annotated[str, typer.Argument(help="cron, systemd, github or airflow.")],
    folder: Annotated[Path, typer.Argument(help="A folder of evaluations.")],
    reports: Reports = Path("reports"),
    *,
    at: Annotated[str, typer.Option(help="Time of day.")] = "02:30",
    zone: Annotated[str, typer.Option(help="Time zone: Europe/London.")] = "UTC",
    days: Annotated[str, typer.Option(help="daily, weekdays or a day's name.")] = "daily",
    hours: Annotated[float, typer.Option(min=0.1, help="For the whole batch.")] = 6,
    into: Annotated[Path, typer.Option(help="Where the files are written.")] = Path(),
) -> None:
    """Write the files by which a machine runs a batch unattended.

    Somebody is told when it fails twice: set PBC_EVAL_ALERT_COMMAND, PBC_EVAL_ALERT_WEBHOOK or
    PBC_EVAL_ALERT_MAIL in the environment of the unit.
    """
    from pbc_eval.batch.schedule import plan_of, write_units  # noqa: PLC0415 loads time zones

    plan = plan_of(folder, reports, at, zone, days, hours=hours)
    for file in write_units(kind, plan, into):
        console.print(f"Made {escape(str(file))}")
