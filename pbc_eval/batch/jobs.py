"""What is run many times over: one evaluation, one edition."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pbc_eval.errors import SpecError
from pbc_eval.spec.evaluation import load_evaluation

EARLIER = "earlier"  # the folder of an evaluation that holds its earlier editions


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation to run into ``reports``."""

    evaluation: Path
    reports: Path

    @property
    def name(self) -> str:
        """The folder of the evaluation, as people know it; of an edition before, with its own."""
        folder = self.evaluation.resolve().parent
        if folder.parent.name == EARLIER:
            return f"{folder.parent.parent.name}, {folder.name}"
        return folder.name


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. ``problem`` is empty when the edition was published."""

    job: Job
    page: Path | None = None
    problem: str = ""


def find_jobs(place: Path, reports: Path) -> tuple[Job, ...]:
    """One job for an evaluation's file, or for each evaluation.yaml under a folder, by name.

    Folders whose name begins with a point are passed over. Raises SpecError when there is none.
    """
    if place.is_file():
        return (Job(place, reports),)
    found = [
        path
        for path in sorted(place.rglob("evaluation.yaml"))
        if not any(part.startswith(".") for part in path.relative_to(place).parts)
    ]
    if not found:
        there = "holds no evaluation.yaml" if place.is_dir() else "no such file or folder"
        raise SpecError(
            f"{place}: {there}. Name a folder of evaluations, or make one with "
            f"`pbc-eval new {place}/my-evaluation`."
        )
    return tuple(Job(path, reports) for path in found)


def refuse_two_of_one(jobs: Sequence[Job]) -> None:
    """Refuse two evaluations that would write to one place: the last to end would win, silently.

    An evaluation that cannot be read is passed over here; its own run says why. Raises SpecError.
    """
    owners: dict[tuple[str, str], Path] = {}
    for path in dict.fromkeys(job.evaluation.resolve() for job in jobs):
        try:
            spec = load_evaluation(path)
        except SpecError:
            continue
        other = owners.setdefault((spec.id, spec.edition), path)
        if other != path:
            raise SpecError(
                f"{spec.id}, edition {spec.edition}: is the name of two evaluations, {other} and "
                f"{path}. Give one of them another id or edition."
            )
