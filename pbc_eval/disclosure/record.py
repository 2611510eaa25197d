"""What may leave the building: tables, findings and evaluations that passed the disclosure rule."""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.evaluation.record import Evaluation, Finding, OutputTable
from pbc_eval.results import EffectSeries

SUPPRESSED = "[c]"  # the symbol for "confidential" in official statistics
ReviewStatus = Literal["pass", "review", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputReview:
    """What was found of one output; ``cells`` names those in doubt, never their values."""

    output: str
    kind: Literal["table", "figure", "sentences", "series", "workbook"]
    status: ReviewStatus
    reason: str
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedTable:
    """A table that may be published: confidential cells hold ``SUPPRESSED``.

    ``totals`` are those of its columns that stand elsewhere, whatever is held back. ``doubts`` are
    what a reviewer should know of it; ``faults`` why it must not go out. Each is a reason and the
    cells it is about.
    """

    table: OutputTable
    n_suppressed: int
    doubts: tuple[tuple[str, str], ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    totals: dict[str, float] = field(default_factory=dict)

    @property
    def frame(self) -> pd.DataFrame:
        return self.table.frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedFinding:
    """A finding whose figures, tables, series and sentences have passed the disclosure rule."""

    finding: Finding
    tables: tuple[ReleasedTable, ...]
    path: EffectSeries | None

    def table(self, kind: str) -> ReleasedTable | None:
        wanted = f"{self.finding.outcome.id}-{kind}"
        return next((t for t in self.tables if t.table.name == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedEvaluation:
    """All that the report may see. ``evaluation`` holds the released sentences; ``reviews`` what
    was found of each output."""

    evaluation: Evaluation
    findings: tuple[ReleasedFinding, ...]
    rule: DisclosureRule
    reviews: tuple[OutputReview, ...] = field(default=())

    @property
    def primary(self) -> ReleasedFinding | None:
        wanted = self.evaluation.primary
        return next((f for f in self.findings if wanted and f.finding is wanted), None)

    @property
    def n_suppressed(self) -> int:
        return sum(table.n_suppressed for f in self.findings for table in f.tables)


def is_suppressed(value: object) -> bool:
    """Does a cell of a released table hold the mark of a figure that is held back?"""
    return isinstance(value, str) and value == SUPPRESSED
