"""What one evaluation found. Facts only; tables, figures and sentences are derived from them."""

from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from pbc_eval._display import in_one_line
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.deviation import Deviation
from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.evaluation.payment_analysis import PaymentAnalysis
from pbc_eval.evaluation.value_analysis import ValueAnalysis
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.messages.sentence import Sentence
from pbc_eval.payment.account import Account
from pbc_eval.payment.risk import PaymentRisk
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import AttEstimate, CheckResult, EffectSeries, MeasuredOutcome
from pbc_eval.sroi.present_value import SroiResult

Kind = Literal[
    "text", "count", "effect", "p_value", "money", "share", "chance", "number", "level", "measure"
]
AddsUp = Literal[
    "to_a_total",  # all rows add up to a number that stands elsewhere on the page
    "to_the_first",  # the first row is the sum of others
    "in_steps",  # what is left of one row goes into the next; the last is known
    "in_nests",  # each count is of a group within that of another row or of the headline
    "not",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Means in a table of characteristics that tell how many have a trait, with or without weights.

    ``binary`` says of each row whether its values are two, whatever they are coded as. ``apart``
    maps a column of means to how many, by row, are apart: have the larger of two values, or any
    but the most frequent of several; ``people`` to how many it is a mean over. ``gaps`` maps a
    column of standardised differences to how many are behind either group, ``before`` being the
    one before matching. ``kept`` is the column of means of those of the programme who were
    matched, and how many they are; ``left_out`` how many were not, where that must stay open, else
    0. ``left`` are groups that follow from two columns, those before less those matched, of the
    programme and of the comparison group: size and how many are apart by row; ``with_left`` the
    columns that go where they are few, and ``with_them`` what goes with a mean. ``raw`` is the
    difference after matching, by row, in the distance of its two values.
    """

    binary: tuple[bool, ...]
    apart: dict[str, tuple[int, ...]]
    people: dict[str, int]
    gaps: dict[str, tuple[int, int]]
    before: str
    kept: tuple[str, int]
    left_out: int = 0
    left: tuple[tuple[int, tuple[int, ...]], ...] = ()
    with_left: tuple[str, ...] = ()
    with_them: dict[str, tuple[str, ...]] = field(default_factory=dict)
    raw: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutputTable:
    """A table on its way to publication. ``kinds`` says how each column is written.

    ``governed_by`` maps a count column to the columns that must go when the count is too small to
    publish: a mean of three people may tell about each of them. ``adds_up`` says what a reader
    could work out from the counts that are left. ``ratios`` maps a column to the count that it is
    a share of, and to the count of the whole where the table has it. ``contributions`` maps a
    column of sizes or money to what each contributor adds to each row, so that no total tells of
    its largest. ``largest_of`` maps a column to, by row, the table and its column of differences of
    which it repeats the largest: it is told with no more digits than it is there.
    """

    name: str  # file name of its CSV, and what a refusal names
    caption: str
    frame: pd.DataFrame
    kinds: dict[str, Kind]
    headers: dict[str, str]
    governed_by: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    decimals: int = 1
    adds_up: AddsUp = "to_a_total"
    group_by: str = ""  # the column that names the group of a row, where groups may be hidden
    scale: float = 1.0  # of effects and levels as shown: 100 turns fractions into percentage points
    ratios: dict[str, tuple[str, ...]] = field(default_factory=dict)
    contributions: dict[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    shares: Shares | None = None  # means that are counts, if any
    largest_of: dict[str, tuple[tuple["OutputTable", str], ...]] = field(default_factory=dict)
    levels: tuple[str, str] | None = None  # the column of an outcome's means, and of how many
    one_row_a_unit: bool = False
    counts_people: bool = True  # False: money and assumptions alone, with nothing to hold back
    counts_always: bool = False  # of people, whatever the units of the data are
    about: str = ""  # id of the outcome, KPI or clause that it is about, where it is about one
    subject: str = ""  # what its numbers are of, where that is no column: the score, say
    keys: tuple[str, ...] = ()  # what each row is about, for other tables; where groups are hidden
    not_people: frozenset[str] = frozenset()  # keys of rows, and columns, that are no head count
    sentence_columns: tuple[str, ...] = ()  # whose cells are Sentences, told as the rule has it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """What was found for one outcome. ``headline`` is in the outcome's unit, signed as measured."""

    outcome: Outcome
    headline: AttEstimate
    measured: MeasuredOutcome
    path: EffectSeries | None = None  # the event study
    alternatives: tuple[AttEstimate, ...] = ()  # other estimators, other comparison groups
    averages: tuple[str, ...] = ()  # of each alternative, which average of the headline's effects
    measured_alternatives: dict[str, MeasuredOutcome] = field(default_factory=dict)  # for payment
    measured_in_doubt: dict[str, MeasuredOutcome] = field(default_factory=dict)  # other intervals
    benchmark: AttEstimate | None = None  # a randomised comparison, where there is one
    checks: tuple[CheckResult, ...] = ()
    tables: tuple[OutputTable, ...] = ()  # ledger, groups, cells, balance, in reading order
    notes: tuple[Sentence, ...] = ()  # what a reader must know of the sample
    source: str = ""  # of a reported effect
    status: str = ""  # READ or RECALLED, of a reported effect
    levels: tuple[tuple[str, int, int, bool], ...] = ()  # of few_apart.levels_of, of people
    told_by_adjusting: tuple[str, ...] = ()  # traits of few that the headline tells
    told_by_gaps: tuple[str, ...] = ()  # groups of which few are missing in a period
    told_by_controls: tuple[str, ...] = ()  # negative controls of a panel that few are apart in

    def table(self, kind: str) -> OutputTable | None:
        """The table of one kind: ledger, cells, means, balance, ...; None if there is none."""
        wanted = f"{self.outcome.id}-{kind}"
        return next((table for table in self.tables if table.name == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """One published figure in two editions; ``steps`` add up to the difference.

    ``steps`` maps "data", "method" and "parameters" (or several of them, joined, where they cannot
    be told apart) to what that change alone adds, in the figure's unit.
    """

    figure: str  # headline, conf_low, conf_high, payment, present_value, investment, ratio
    earlier: float
    later: float
    steps: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionSplit:
    """What changed since an earlier edition, and how much of it each kind of change explains."""

    earlier_edition: str
    changed: tuple[str, ...]  # the kinds of change there are
    figures: tuple[FigureChange, ...]
    dropped: tuple[str, ...] = ()  # figures that only one of the editions has
    inseparable: str = ""  # why kinds of change were taken together


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestmentPart:
    """Who put in what, and how much it is worth in the contract's currency."""

    who: str
    what: str
    value: float
    is_payment: bool = False  # the payment due, as part of the investment
    year: int = 0  # in which it is put in, from the first
    stated: float | None = None  # before discounting, where it is put in later

    @property
    def label(self) -> str:
        return f"{self.who}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """The whole story of one contract in one edition.

    ``inputs`` maps each file that was read to its SHA-256; ``investment`` is what was put in, part
    by part.
    """

    __repr__ = in_one_line

    spec: EvaluationSpec
    findings: tuple[Finding, ...]
    payment: PaymentStatement | None = None
    account: Account | None = None  # of the contract's years, where claims are paid for
    payment_alternatives: pd.DataFrame | None = None
    payment_analysis: PaymentAnalysis | None = None
    payment_risk: PaymentRisk | None = None  # None without payment, or where nothing has an error
    performance: PerformanceResult | None = None
    counted: dict[str, MeasuredOutcome] = field(default_factory=dict)  # verified counts and KPIs
    sroi: SroiResult | None = None
    value_analysis: ValueAnalysis | None = None
    simulation: JointSimulation | None = None  # where something is uncertain
    investment: tuple[InvestmentPart, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    revision: RevisionSplit | None = None  # against the earlier edition that the spec names
    deviations: tuple[Deviation, ...] = ()  # from the design note, where one was registered
    fingerprint: str = ""  # of what was registered

    @property
    def results(self) -> dict[str, MeasuredOutcome]:
        """What payment rests on: measured outcomes, verified counts and KPIs, by id."""
        return {finding.outcome.id: finding.measured for finding in self.findings} | dict(
            self.counted
        )

    @property
    def primary(self) -> Finding | None:
        """The finding of the headline."""
        wanted = self.spec.primary
        return next((f for f in self.findings if wanted and f.outcome.id == wanted.id), None)

    @property
    def failed_checks(self) -> tuple[CheckResult, ...]:
        """Checks that failed and were waived, for unwaived failures stop the evaluation."""
        return tuple(c for f in self.findings for c in f.checks if c.status == "fail")
