"""How each evaluation of a folder stands: due, late, in doubt, unsigned, changed, failed; published
is what is listed for readers, which a draft and an edition in doubt are not."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pbc_eval._validate import first_few
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.batch.done import Made, page_if_unchanged
from pbc_eval.batch.jobs import Job
from pbc_eval.batch.log import last_outcomes
from pbc_eval.errors import PbcError, SpecError
from pbc_eval.provenance import MANIFEST, changed_files, open_doubts, read_manifest
from pbc_eval.publish.report_kinds import kind_of, read_agreed

SOON = 30  # days before its release in which a report is due
State = Literal[
    "unreadable",
    "failed",
    "late",
    "due",
    "planned",
    "damaged",
    "in doubt",
    "changed",
    "early",
    "unsigned",
    "draft",
    "published",
]
NEEDS_WORK: frozenset[State] = frozenset(
    {"unreadable", "failed", "late", "damaged", "in doubt", "changed"}
)

ANSWER = (  # what is to be done about an edition in doubt
    "its disclosure-review.csv names outputs for review; answer for each under "
    "publication.disclosure.reviewed, and run it again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One report: ``states`` are all that hold, the most pressing first; ``words`` say why."""

    name: str
    edition: str
    release: dt.date | None
    states: tuple[State, ...]
    words: str

    @property
    def needs_work(self) -> bool:
        return bool(NEEDS_WORK & set(self.states))


def standings(jobs: Sequence[Job], reports: Path, today: dt.date) -> tuple[Standing, ...]:
    """How each of ``jobs`` stands on a day, those that need work first, then by day of release."""
    made, outcomes = Made.now(), last_outcomes(reports)
    every = []
    for job in jobs:
        last = outcomes.get((str(job.evaluation.resolve()), job.report), {})
        every.append(_standing(job, last, made, today))
    every.sort(key=lambda s: (not s.needs_work, s.release or dt.date.min, s.name))
    return tuple(every)


def day_of(text: str) -> dt.date:
    """The day that is named, or today. Raises SpecError for what is no day."""
    try:
        return dt.date.fromisoformat(text) if text else dt.date.today()
    except ValueError:
        raise SpecError(f"--on: must be a day such as 2026-05-01, got {text!r}.") from None


def _standing(job: Job, last: dict[str, object], made: Made, today: dt.date) -> Standing:
    try:
        agreed = job.agreed or read_agreed(job.evaluation)
        subject = kind_of(agreed, job.report).subject(agreed)
    except PbcError as problem:
        reason = str(problem).splitlines()[0]
        return Standing(
            name=job.name, edition="", release=None, states=("unreadable",), words=reason
        )
    release = subject.publication.release_date
    states: list[State] = []
    words: list[str] = []
    if last.get("outcome") in ("failed", "interrupted"):
        states.append("failed")
        words.append(str(last.get("problem") or "the batch was ended before it").splitlines()[0])
    stands, why = _as_made(job, job.reports / subject.id / subject.edition, made)
    if stands != "published":
        days = (release - today).days
        states.append("late" if days < 0 else "due" if days <= SOON else "planned")
        words.append(f"not published; release {release.isoformat()} ({_in_days(days)})")
    elif isinstance(agreed, EvaluationSpec) and agreed.data and not agreed.data.file:
        words.append(f"published; {agreed.data.place} is not read to see whether it changed")
    elif page_if_unchanged(job, made) is None:
        states.append("changed")
        words.append("published, and something that it is made from changed since")
    if stands == "published" and release > today:
        states.append("early")
        words.append(
            f"listed here, and it says {release.isoformat()} ({_in_days((release - today).days)}): "
            "let no reader reach this folder before, or set status to draft until then"
        )
    if stands is not None and stands != "published":
        states.append(stands)
        words.append(why)
    if missing := agreed.sign_off.missing():
        states.append("unsigned")
        words.append(f"not signed by {', '.join(missing)}")
    return Standing(
        name=job.name,
        edition=subject.edition,
        release=release,
        states=(*states, "published") if stands == "published" else tuple(states),
        words="; ".join(words),
    )


def _as_made(job: Job, folder: Path, made: Made) -> tuple[State | None, str]:
    """As what the edition in ``folder`` stands, and why it is not listed for readers; None
    where there is none."""
    if not (folder / MANIFEST).is_file():
        return None, ""
    try:
        facts = read_manifest(folder)
        doubts = open_doubts(folder)
        # every file is read only where the edition is not the one that was put there last
        harm = () if page_if_unchanged(job, made) else changed_files(folder)
    except (PbcError, OSError, ValueError) as problem:
        return "damaged", f"not listed: {str(problem).splitlines()[0]}"
    if harm:
        return "damaged", f"not listed: {first_few(harm)}. Run it again, or restore the file"
    if facts.get("status") == "draft":
        return "draft", "a draft is made, which is not listed"
    if doubts:
        return "in doubt", f"made, and not listed: {ANSWER}"
    return "published", ""


def _in_days(days: int) -> str:
    if days == 0:
        return "today"
    words = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"in {words}" if days > 0 else f"{words} ago"
