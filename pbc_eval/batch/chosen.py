"""Which of the jobs of a folder are run: by name, by what failed, by what changed of late."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.batch.jobs import Job
from pbc_eval.batch.log import failed_last
from pbc_eval.errors import SpecError


def chosen(
    jobs: Sequence[Job],
    reports: Path,
    *,
    only: Sequence[str] = (),
    only_failed: bool = False,
    since: str = "",
) -> list[Job]:
    """Those of ``jobs`` that are asked for; all of them where nothing is.

    ``only``: ids, or names of folders. ``since``: a day or a moment, 2026-05-01 or
    2026-05-01T06:00; jobs with a file that changed on disk since then. Raises SpecError for a name
    that no job has and for what is no date.
    """
    left = list(jobs)
    if only:
        left = [job for job in left if _names(job) & set(only)]
        known = sorted({name for job in jobs for name in _names(job)})
        for name in only:
            if name not in known:
                raise SpecError(
                    f"--only: there is no evaluation {name!r}.{did_you_mean(name, known)} "
                    f"There are: {first_few(known, 12)}."
                )
    if only_failed:
        left = failed_last(left, reports)
    if since:
        moment = _moment(since)
        left = [job for job in left if _last_change(job) >= moment]
    return left


def _names(job: Job) -> set[str]:
    names = {job.evaluation.resolve().parent.name}
    return names | {job.agreed.id} if job.agreed else names


def _moment(text: str) -> float:
    try:
        return dt.datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise SpecError(
            f"--since: must be a day or a moment such as 2026-05-01 or 2026-05-01T06:00, got "
            f"{text!r}."
        ) from None


def _last_change(job: Job) -> float:
    """Of any file in the folder of the evaluation, hidden ones left out."""
    home = job.evaluation.resolve().parent
    return max(
        (
            path.stat().st_mtime
            for path in home.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        ),
        default=0.0,
    )
