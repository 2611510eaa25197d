"""Contract performance measures (KPIs): what they are, their targets, and what they feed.

The words of a rating are those of the UK's Procurement Act 2023 (section 71; guidance on contract
performance notices): Good, Approaching target, Requires improvement, Inadequate, Other. The law
sets no numbers; the shares of the target below are a draft for parties to agree on.
"""

import re
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import NUMBERS, AddedLater, Agreed, Share, Slug
from pbc_eval.agreement.counted_rows import CountedRows
from pbc_eval.agreement.payment_base import Text
from pbc_eval.agreement.sizes import MOST_KPIS, too_many
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.messages.written_numbers import Notation

K = TypeVar("K", bound="KpiBase")
Every = Literal["month", "quarter", "year"]
PERIODS: dict[Every, tuple[str, str]] = {  # how a period is written, and a pattern for it
    "month": ("2025-04", r"\d{4}-(0[1-9]|1[0-2])"),
    "quarter": ("2025-Q2", r"\d{4}-Q[1-4]"),
    "year": ("2025", r"\d{4}"),
}


def _refuse_unknown_period(value: str) -> str:
    if not any(re.fullmatch(pattern, value) for _, pattern in PERIODS.values()):
        raise ValueError(
            f"must be a month 2025-04, a quarter 2025-Q2 or a year 2025, got {value!r}"
        )
    return value


PeriodText = Annotated[str, AfterValidator(_refuse_unknown_period)]


class KpiBase(Agreed):
    """What every KPI states.

    ``approaching`` and ``inadequate`` are shares of the way from nothing to the target: a KPI that
    must be at least 0.95 is approaching it from 0.95 x approaching on; one that must be at most
    0.05 is approaching it down to 0.05 / approaching.
    """

    id: Slug = Field(description="A short name that clauses use: timely-visits.")
    label: Text = Field(description="In plain words: Visits within two days.")
    reference: Text = Field(description="Where the contract says it: Schedule 4, para 3.")
    better: Literal["higher", "lower"] = Field(description="Which way it improves.")
    target: float = Field(gt=0, description="What it must reach, in its own unit.")
    approaching: Share = Field(
        default=0.95, description="Share of the target from which it is approaching it."
    )
    inadequate: Share = Field(
        default=0.85, description="Share of the target below which it is inadequate."
    )
    feeds: Literal["latest", "overall", "missed_periods"] | None = Field(
        default=None,
        description="What a payment clause counts: the last value, that of all periods together, "
        "or how many periods missed the target; none: no payment rests on it.",
    )
    source: Text = Field(description="Who measured it, and how it was checked.")

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if not 0 < self.inadequate <= self.approaching:
            raise ValueError(
                f"inadequate {self.inadequate:g} must be above zero and not above approaching "
                f"{self.approaching:g}"
            )
        return self


class ProportionKpi(KpiBase):
    """So many of so many: visits on time among all visits. Drawn as a p chart."""

    type: Literal["proportion"]
    met: Text = Field(description="Column: how many met the standard (or are in error).")
    among: Text = Field(description="Column: among how many.")

    @model_validator(mode="after")
    def _target_is_a_fraction(self) -> Self:
        return _fraction(self)


class RateKpi(KpiBase):
    """So many events for so much exposure: complaints per 1,000 visits. Drawn as a u chart."""

    type: Literal["rate"]
    events: Text = Field(description="Column: how many events.")
    exposure: Text = Field(description="Column: among how much: visits, bed days.")
    per: float = Field(default=1, gt=0, description="1000 for events per 1,000.")


class ValueKpi(KpiBase):
    """One number a period: days to first contact. Drawn as an XmR chart."""

    type: Literal["value"]
    column: Text = Field(description="Column that holds it.")
    unit: str = Field(default="", description="'days', 'out of 10'.")
    share: bool = Field(default=False, description="true: it is a fraction, 0.25 and not 25.")

    @model_validator(mode="after")
    def _target_is_a_fraction(self) -> Self:
        return _fraction(self) if self.share else self


class SurveyKpi(KpiBase, TableLayout):
    """A share among people asked, weighted by the design of the survey. Drawn as an XmR chart.

    Its file has one row a person, with the answer as 1 or 0; where its table stands, and under
    which headings, is said as for ``data``.
    """

    type: Literal["survey"]
    file: Text = Field(description="Beside evaluation.yaml: one row a person.")
    answer: Text = Field(description="Column: 1 if satisfied, else 0.")
    weight: Text | None = Field(default=None, description="Column of the design weight.")
    stratum: Text | None = Field(default=None, description="Column of the stratum.")
    cluster: Text | None = Field(default=None, description="Column of the sampled cluster.")

    @model_validator(mode="after")
    def _target_is_a_fraction(self) -> Self:
        return _fraction(self)


def _fraction(kpi: K) -> K:
    if kpi.target > 1:
        hint = f" Did you mean {kpi.target / 100:g}?" if kpi.target <= 100 else ""
        raise ValueError(f"target must be a fraction in [0, 1], got {kpi.target:g}.{hint}")
    return kpi


def columns_of(kpi: "Kpi") -> list[str]:
    """The columns of the table by period, or the counts of rows, that a KPI is made of."""
    match kpi:
        case ProportionKpi():
            return [kpi.met, kpi.among]
        case RateKpi():
            return [kpi.events, kpi.exposure]
        case ValueKpi():
            return [kpi.column]
    return []


Kpi = Annotated[ProportionKpi | RateKpi | ValueKpi | SurveyKpi, Field(discriminator="type")]


class Performance(TableLayout):
    """The performance measures of a contract and the periods that must be reported; where the table
    of ``file`` stands, and under which headings, is said as for ``data``."""

    file: Text | None = Field(
        default=None, description="Beside evaluation.yaml: one row a period; none: surveys only."
    )
    rows: Annotated[CountedRows | None, AddedLater()] = Field(
        default=None,
        description="Instead of file: one row a visit, job or complaint, in a file or an engine, "
        "which are counted by period; period is then the column of their date.",
    )
    period: Text = Field(default="period", description="Column of the period.")
    every: Every = Field(default="month", description="How long a period is.")
    first: PeriodText = Field(description="The first period that must be reported: 2025-04.")
    last: PeriodText = Field(description="The last one: 2026-03.")
    kpis: Annotated[tuple[Kpi, ...], Field(min_length=1)] = Field(
        description="What is measured, against which target."
    )
    numbers: Annotated[Notation | None, AddedLater()] = Field(default=None, description=NUMBERS)
    other: dict[Slug, Text] = Field(
        default_factory=dict,
        description="KPIs that are rated Other: id to the reason, which is published.",
    )

    @property
    def files(self) -> list[str]:
        """Every file that the block names, once."""
        surveys = [kpi.file for kpi in self.kpis if isinstance(kpi, SurveyKpi)]
        tables = [self.file, self.rows.file if self.rows else None]
        return list(dict.fromkeys([*(file for file in tables if file), *surveys]))

    @model_validator(mode="after")
    def _block_is_coherent(self) -> Self:
        ids = [kpi.id for kpi in self.kpis]
        if many := too_many(
            "kpis", ids, MOST_KPIS, "Report those that payments or targets rest on"
        ):
            raise ValueError(many)
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"KPI ids must be unique, got {', '.join(twice)} more than once")
        example, pattern = PERIODS[self.every]
        for name, value in (("first", self.first), ("last", self.last)):
            if not re.fullmatch(pattern, value):
                raise ValueError(f"{name} must be a {self.every} such as {example}, got {value!r}")
        if self.last < self.first:
            raise ValueError(f"last {self.last} is before first {self.first}; swap them")
        if self.rows is not None:
            self._ask_for_each_count(self.rows)
        elif self.file is None and any(kpi.type != "survey" for kpi in self.kpis):
            raise ValueError("file is needed: the KPIs are in its columns, one row a period")
        if unknown := sorted(set(self.other) - set(ids)):
            raise ValueError(f"other names {unknown[0]!r}, which is no KPI ({', '.join(ids)})")
        return self

    def _ask_for_each_count(self, rows: CountedRows) -> None:
        if self.file is not None:
            raise ValueError(
                f"file {self.file} has one row a period, and rows are counted by period; the KPIs "
                "come from one of them. Remove file or rows"
            )
        if self.numbers is not None or self.layout != TableLayout():
            raise ValueError(
                "numbers and the keys that say where a table stands are for file; those of the "
                "rows go under rows, which holds numbers as numbers"
            )
        wanted = dict.fromkeys(name for kpi in self.kpis for name in columns_of(kpi))
        for name in wanted:
            if name not in rows.counts:
                raise ValueError(
                    f"a KPI asks for {name!r}, which rows.counts does not count."
                    f"{did_you_mean(name, rows.counts)}"
                )
        if unused := [name for name in rows.counts if name not in wanted]:
            raise ValueError(
                f"rows.counts counts {unused[0]!r}, which no KPI asks for. Remove it, or correct "
                "its name"
            )
