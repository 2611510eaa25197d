"""What is run many times over: one evaluation, one edition."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE
from pbc_eval.errors import SpecError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.notebook_limits import CELL_DEADLINE
from pbc_eval.publish.report_kinds import (
    EVALUATION_FILE,
    Agreed,
    is_portfolio,
    kind_of,
    read_agreed,
)

EARLIER = "earlier"  # the folder of an evaluation that holds its earlier editions


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation or portfolio to run into ``reports``; ``report`` names another kind of report
    than its file asks for. ``agreed`` is what the file holds, read once for all who ask; none where
    it cannot be read, and the run says why."""

    evaluation: Path
    reports: Path
    report: str = ""
    agreed: Agreed | None = field(default=None, compare=False, repr=False)
    cell_deadline: float = field(default=CELL_DEADLINE, compare=False)  # seconds

    @property
    def name(self) -> str:
        """The folder of the evaluation, as people know it; of an edition before, with its own; and
        the kind of report, where it is named."""
        folder = self.evaluation.resolve().parent
        name = folder.name
        if folder.parent.name == EARLIER:
            name = f"{folder.parent.parent.name}, {folder.name}"
        return f"{name}, {self.report.replace('_', ' ')}" if self.report else name

    @property
    def edition(self) -> Path:
        """The folder of the edition that it makes. Raises SpecError for an unreadable file."""
        agreed = self.agreed or read_agreed(self.evaluation)
        subject = kind_of(agreed, self.report).subject(agreed)
        return self.reports / subject.id / subject.edition


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. ``problem`` is empty when the edition was published, or ``unchanged`` and
    published already; ``to_open`` is what to look into: the page, or what a failed run left."""

    job: Job
    page: Path | None = None
    problem: str = ""
    unchanged: bool = False
    seconds: float = 0.0
    left: Path | None = None  # the executed notebook of a run that failed

    @property
    def outcome(self) -> Literal["done", "unchanged", "failed"]:
        if self.problem:
            return "failed"
        return "unchanged" if self.unchanged else "done"

    @property
    def to_open(self) -> Path | None:
        return (self.left or self.job.evaluation) if self.problem else self.page


def find_jobs(place: Path, reports: Path) -> tuple[Job, ...]:
    """One job for a file, or for each evaluation.yaml and portfolio.yaml under a folder, by name.

    Folders whose name begins with a point are passed over. Raises SpecError when there is none.
    """
    if place.is_file():
        return (job_of(place, reports),)
    files = [
        path
        for file in (EVALUATION_FILE, PORTFOLIO_FILE)
        for path in sorted(place.rglob(file))
        if not any(part.startswith(".") for part in path.relative_to(place).parts)
    ]
    if not files:
        there = (
            "holds no evaluation.yaml or portfolio.yaml"
            if place.is_dir()
            else "no such file or folder"
        )
        raise SpecError(
            f"{place}: {there}. Name a folder of evaluations, or make one with "
            f"`pbc-eval new {place}/my-evaluation`."
        )
    jobs = [job_of(path, reports) for path in files]
    return (*_registered_notes(jobs), *jobs)


def job_of(path: Path, reports: Path, report: str = "") -> Job:
    """One job, its file read once. A file that cannot be read is told by the run of the job."""
    try:
        return Job(path, reports, report, read_agreed(path))
    except SpecError:
        return Job(path, reports, report)


def _registered_notes(jobs: Sequence[Job]) -> tuple[Job, ...]:
    """A job for each registered design note that is not published yet. It never changes, so it is
    made once."""
    notes = []
    for job in jobs:
        spec = job.agreed
        if not isinstance(spec, EvaluationSpec):
            continue
        protocol = spec.protocol
        if protocol is None or protocol.edition is None:
            continue
        if not (job.reports / spec.id / protocol.edition / MANIFEST).is_file():
            notes.append(Job(job.evaluation, job.reports, "design_note", spec))
    return tuple(notes)


def refuse_two_of_one(jobs: Sequence[Job]) -> None:
    """Refuse two evaluations that would write to one place: the last to end would win, silently.

    An evaluation that cannot be read is passed over here; its own run says why. Raises SpecError.
    """
    owners: dict[tuple[str, str], Path] = {}
    for job in dict.fromkeys(jobs):
        if job.agreed is None:
            continue
        path = job.evaluation.resolve()
        try:
            spec = kind_of(job.agreed, job.report).subject(job.agreed)
        except SpecError:
            continue
        other = owners.setdefault((spec.id, spec.edition), path)
        if other != path:
            raise SpecError(
                f"{spec.id}, edition {spec.edition}: is the name of two evaluations, {other} and "
                f"{path}. Give one of them another id or edition."
            )


def in_stages(jobs: Sequence[Job]) -> tuple[tuple[Job, ...], ...]:
    """Evaluations first; then portfolios, which are made from their editions."""
    jobs = tuple(dict.fromkeys(jobs))
    portfolios = tuple(job for job in jobs if is_portfolio(job.evaluation))
    others = tuple(job for job in jobs if job not in portfolios)
    return tuple(stage for stage in (others, portfolios) if stage)
