"""What is run many times over: one evaluation, one edition."""

from dataclasses import dataclass
from pathlib import Path

from pbc_eval.errors import SpecError


@dataclass(frozen=True, slots=True)
class Job:
    """One evaluation to run into ``reports``."""

    evaluation: Path
    reports: Path

    @property
    def name(self) -> str:
        return self.evaluation.parent.name


@dataclass(frozen=True, slots=True)
class JobResult:
    """How a job ended. ``problem`` is empty when the edition was published."""

    job: Job
    page: Path | None = None
    problem: str = ""


def find_jobs(folder: Path, reports: Path) -> tuple[Job, ...]:
    """One job for each evaluation.yaml under ``folder``, by name. Raises SpecError for none."""
    found = sorted(folder.rglob("evaluation.yaml"))
    if not found:
        raise SpecError(
            f"{folder}: holds no evaluation.yaml. Name a folder of evaluations, or make one with "
            f"`pbc-eval new {folder}/my-evaluation`."
        )
    return tuple(Job(path, reports) for path in found)
