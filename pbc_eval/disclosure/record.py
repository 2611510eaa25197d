"""What may leave the building: tables, findings and evaluations that passed the disclosure rule.

Nothing here holds what was found before the rule was applied, so whoever is handed one of these
records cannot publish more than it says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from pbc_eval._display import in_one_line
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.performance import Kpi
from pbc_eval.evaluation.deviation import Deviation
from pbc_eval.evaluation.payment_analysis import PaymentAnalysis
from pbc_eval.evaluation.record import InvestmentPart, Kind, RevisionSplit
from pbc_eval.evaluation.simulation_summary import SimulationSummary
from pbc_eval.evaluation.value_analysis import ValueAnalysis
from pbc_eval.payment.account import Account
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import AttEstimate, CheckResult, EffectSeries, MeasuredOutcome
from pbc_eval.sroi.present_value import SroiResult

SUPPRESSED = "[c]"  # the symbol for "confidential" in official statistics
ReviewStatus = Literal["pass", "review", "fail"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputReview:
    """What was found of one output; ``cells`` names those in doubt, never their values.

    ``rule`` says which rule was applied, ``narrowest`` the narrowest range to which a reader of all
    that is published can bring a small count that is held back.
    """

    output: str
    kind: Literal["table", "figure", "sentences", "series", "workbook"]
    status: ReviewStatus
    reason: str
    cells: tuple[str, ...] = ()
    rule: str = ""
    narrowest: str = ""


def fail_unless_answered(
    rule: DisclosureRule,
    output: str,
    reason: str,
    cells: Sequence[str],
    *,
    kind: Literal["sentences", "series"] = "series",
) -> OutputReview:
    """A fail, or for review where somebody answers for it. ``reason`` ends with what else to do."""
    return OutputReview(
        output=output,
        kind=kind,
        status="fail" if rule.reviewer_of(output) is None else "review",
        reason=f"{reason}, or have somebody answer for it (output: {output})",
        cells=tuple(cells),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedTable:
    """A table that may be published: confidential cells hold ``SUPPRESSED``.

    ``kinds`` says how each column that is shown is written, ``headers`` what stands above it;
    ``frame`` may have more columns, for download. ``scale`` turns effects and levels into what is
    shown. ``counts`` are the columns that count people; ``guarded`` says whether the rule had
    anything to look at; ``counts_always`` that it counts people whatever the units of the data are.
    ``totals`` are those of its columns that stand elsewhere, whatever is held
    back. ``doubts`` are what a reviewer should know of it; ``faults`` why it must not go out. Each
    is a reason and the cells it is about.
    """

    name: str
    caption: str
    frame: pd.DataFrame
    kinds: dict[str, Kind]
    headers: dict[str, str]
    notes: tuple[str, ...] = ()
    decimals: int = 1
    scale: float = 1.0
    about: str = ""  # id of the outcome, KPI or clause that it is about
    subject: str = ""  # what its numbers are of, where that is no column: the score, say
    counts: tuple[str, ...] = ()
    guarded: bool = False
    counts_always: bool = False
    threshold: int = 0  # of the rule that it passed; 0 where nothing in it is protected
    one_row_a_unit: bool = False
    sentence_columns: tuple[str, ...] = ()  # whose cells are Sentences
    n_suppressed: int = 0
    narrowest: tuple[float, float] | None = None  # of its small counts held back, by the audit
    doubts: tuple[tuple[str, str], ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    totals: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedFinding:
    """What may be told of one outcome: its estimates, sentences, tables and the series for figures.

    ``headline`` is in the outcome's unit, signed as measured.
    """

    outcome: Outcome
    headline: AttEstimate
    measured: MeasuredOutcome
    alternatives: tuple[AttEstimate, ...]
    benchmark: AttEstimate | None
    checks: tuple[CheckResult, ...]
    notes: tuple[str, ...]
    source: str  # of a reported effect
    status: str  # READ or RECALLED, of a reported effect
    tables: tuple[ReleasedTable, ...]
    path: EffectSeries | None  # the event study, without the points that are held back

    def table(self, kind: str) -> ReleasedTable | None:
        """The table of one kind: ledger, groups, balance, ...; None if there is none."""
        wanted = f"{self.outcome.id}-{kind}"
        return next((table for table in self.tables if table.name == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedKpi:
    """One KPI as it may be told: values in words, ``SUPPRESSED`` where they are held back."""

    kpi: Kpi
    rating: str  # a Rating, or held back where it would tell of few
    reason: str  # of the rating Other; empty otherwise
    overall: str  # over all periods
    overall_value: float | None  # the same as a number; None where it is held back
    latest: str  # in the last period that was reported
    missed: int | None  # periods below the target; None where it is held back
    reported: int
    missing: tuple[str, ...]  # periods that were to be reported and were not
    signals: tuple[str, ...]  # periods in which the chart signals a change
    chart_kind: str
    chart_centre: float
    chart_note: str
    table: ReleasedTable  # by period


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedEvaluation:
    """All that a report may see of an evaluation.

    ``tables`` are those that belong to no one outcome; ``reviews`` say what was found of each
    output of the release.
    """

    __repr__ = in_one_line

    spec: EvaluationSpec
    rule: DisclosureRule
    findings: tuple[ReleasedFinding, ...]
    tables: tuple[ReleasedTable, ...] = ()
    reviews: tuple[OutputReview, ...] = ()
    payment: PaymentStatement | None = None
    account: Account | None = None
    payment_analysis: PaymentAnalysis | None = None
    payment_risk: PaymentRisk | None = None
    kpis: tuple[ReleasedKpi, ...] = ()
    sroi: SroiResult | None = None
    value_analysis: ValueAnalysis | None = None
    investment: tuple[InvestmentPart, ...] = ()
    simulation: SimulationSummary | None = None
    revision: RevisionSplit | None = None
    deviations: tuple[Deviation, ...] = ()
    fingerprint: str = ""  # of what was registered
    inputs: dict[str, str] = field(default_factory=dict)  # file to its SHA-256
    seed: int = 0

    @property
    def primary(self) -> ReleasedFinding | None:
        """The finding of the headline."""
        wanted = self.spec.primary
        return next((f for f in self.findings if wanted and f.outcome.id == wanted.id), None)

    @property
    def failed_checks(self) -> tuple[CheckResult, ...]:
        """Checks that failed and were waived, for unwaived failures stop the evaluation."""
        return tuple(c for f in self.findings for c in f.checks if c.status == "fail")

    @property
    def every_table(self) -> tuple[ReleasedTable, ...]:
        """The tables of each outcome, then those of the evaluation, then those of each KPI."""
        of_findings = [table for finding in self.findings for table in finding.tables]
        return (*of_findings, *self.tables, *(kpi.table for kpi in self.kpis))

    @property
    def n_suppressed(self) -> int:
        return sum(table.n_suppressed for table in self.every_table)

    def table(self, name: str) -> ReleasedTable | None:
        """One table of the evaluation by its name; None if there is none."""
        return next((table for table in self.tables if table.name == name), None)


def is_suppressed(value: object) -> bool:
    """Does a cell of a released table hold the mark of a figure that is held back?"""
    return isinstance(value, str) and value == SUPPRESSED
