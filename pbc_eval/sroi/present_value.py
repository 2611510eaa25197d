"""Social return on investment: from a value map to a present value and a ratio.

    value map ── value_by_year ──▶ (n_outcomes, n_years) ── discount ──▶ SroiResult

Money is at constant prices of one year; nothing here adjusts for inflation. The investment falls
in year 0. When the first outcome year falls is a convention that moves the ratio, so the result
names it: "after_activity" discounts it once (the Guide's worked example), "in_activity" not at all.

The ratio is always "social return per £1 invested = present value / investment". Other ratios in
use (net, or multiplied by a confidence factor) are not it.

Source: Social Value UK, "A Guide to Social Return on Investment" (2012), stages 4 and 5.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed, counted
from pbc_eval._validate import check_choice, check_finite, first_few, number_problem
from pbc_eval.agreement.value_map import (
    LONGEST,
    ValuedOutcome,
    ValueMap,
    double_counting_problem,
)
from pbc_eval.errors import ParameterError, ValueMapError
from pbc_eval.intake.value_table import value_map_from_frame
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import ExactMoney, Name, Number, Size
from pbc_eval.messages.written_numbers import instead
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.discounting import discount_factors, schedule_for
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.assumptions import Assumptions, assumptions_of, value_by_year
from pbc_eval.sroi.basis import ValueBasis, multipliers, on_basis

AS_STATED = ValueBasis()
GUIDE_RATE = 0.035  # the rate of the Guide's worked example, the UK public sector's basic one
StartConvention = Literal["after_activity", "in_activity"]
LEAD: dict[StartConvention, int] = {"after_activity": 1, "in_activity": 0}
CONVENTIONS: dict[StartConvention, str] = {
    "after_activity": "the first outcome year is discounted once",
    "in_activity": "the first outcome year is not discounted",
}
AnyValueMap = ValueMap | Sequence[ValuedOutcome] | pd.DataFrame


class OutcomeValue(NamedTuple):
    """One row of the value map, valued."""

    id: str
    stakeholder: str
    outcome: str
    quantity: float  # units in the first year
    impact: float  # money in the first year, after every share taken off
    present_value: float  # money


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SroiResult(Displayed):
    """What the investment returned. Holds facts; every ratio is derived from them."""

    investment: float  # money, year 0
    currency: str
    outcomes: tuple[ValuedOutcome, ...]
    assumptions: Assumptions
    values: Floats  # (n_outcomes, n_years + 1) undiscounted; column t is t years from the start
    factors: Floats  # (n_years + 1,) worth now of one unit of money in year t
    discount: float | str  # a rate, or the name of a schedule
    date: dt.date | None  # of the evaluation: selects the schedule
    start_convention: StartConvention
    caveats: tuple[str, ...] = ()  # what must be printed beside the ratio
    later_inputs: tuple[tuple[int, float], ...] = ()  # year, money put in then: in investment

    def invested_at(self, factors: Floats) -> float:
        """The investment had the years been discounted by ``factors``, from year 0."""
        if not self.later_inputs:
            return self.investment
        own = self.factors_to(max(year for year, _ in self.later_inputs))
        moved = [amount * (factors[year] - own[year]) for year, amount in self.later_inputs]
        return self.investment + math.fsum(float(change) for change in moved)

    def factors_to(self, year: int) -> Floats:
        """Worth now of one unit of money in years 0 to ``year``."""
        return discount_factors(self.discount, year, self.date)

    @property
    def present_value(self) -> float:
        """Money, year 0."""
        return math.fsum((self.values @ self.factors).tolist())

    @property
    def net_present_value(self) -> float:
        return self.present_value - self.investment

    @property
    def ratio(self) -> float:
        """Social return per unit of money invested: present value / investment."""
        return self.present_value / self.investment

    @property
    def net_ratio(self) -> float:
        """Net present value / investment; never to be called the social return ratio."""
        return self.net_present_value / self.investment

    @property
    def payback_months(self) -> float | None:
        """Investment over a month of first-year impact (the Guide's rule, undiscounted); None
        when that impact is not above zero, so that the investment is never paid back."""
        annual = math.fsum(self.assumptions.impact.tolist())
        return self.investment / (annual / 12) if annual > 0 else None

    @property
    def by_outcome(self) -> tuple[OutcomeValue, ...]:
        """One entry a row of the value map, in its order."""
        present = (self.values @ self.factors).tolist()
        quantity, impact = self.assumptions.quantity.tolist(), self.assumptions.impact.tolist()
        return tuple(
            OutcomeValue(row.id, row.stakeholder, row.outcome, q, i, pv)
            for row, q, i, pv in zip(self.outcomes, quantity, impact, present, strict=True)
        )

    @property
    def by_year(self) -> pd.DataFrame:
        """Columns: year (from the start), value (undiscounted), factor, present_value."""
        value = self.values.sum(axis=0)
        return pd.DataFrame(
            {
                "year": np.arange(len(value)),
                "value": value,
                "factor": self.factors,
                "present_value": value * self.factors,
            }
        )

    def by_stakeholder(self) -> pd.DataFrame:
        """Columns: stakeholder, present_value, ratio (its part of the social return ratio).

        Stakeholders in the order in which the map first names them; ratios sum to ``ratio``.
        """
        summed = self.to_frame().groupby("stakeholder", sort=False)["present_value"].sum()
        frame = summed.reset_index()
        return frame.assign(ratio=frame["present_value"] / self.investment)

    def summary(self) -> str:
        """The ratio, and what it is of."""
        return (
            f"{self.ratio:.4g} to 1: {self.currency} {self.present_value:,.0f} for "
            f"{self.investment:,.0f} invested, {counted(len(self.outcomes), 'outcome')}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row an outcome: id, stakeholder, outcome, quantity, impact, present_value."""
        return pd.DataFrame(self.by_outcome, columns=list(OutcomeValue._fields))

    @property
    def sentence(self) -> Sentence:
        """The ratio with its name, its figures and its conventions."""
        present, invested, unit = (
            ExactMoney(Decimal(f"{amount:.2f}"), self.currency)
            for amount in (self.present_value, self.investment, 1)
        )
        how = (
            Sentence("at {rate}% a year", rate=Size(100 * self.discount, 4))
            if isinstance(self.discount, float)
            else Sentence(
                "as in {schedule}", schedule=Name(schedule_for(self.discount, self.date).title)
            )
        )
        return Sentence(
            "Social return per {unit} invested = present value / investment = {present} / "
            "{invested} = {ratio} (discounted {how}; {convention}).",
            unit=unit,
            present=present,
            invested=invested,
            ratio=Number(self.ratio, 2),
            how=how,
            convention=Name(CONVENTIONS[self.start_convention]),
        )


def social_return(
    value_map: AnyValueMap,
    *,
    investment: float | Decimal,
    discount: float | str = GUIDE_RATE,
    date: dt.date | None = None,
    start_convention: StartConvention = "after_activity",
    results: Mapping[str, MeasuredOutcome] | None = None,
    currency: str = "GBP",
    basis: ValueBasis = AS_STATED,
    later_inputs: Mapping[int, float] | None = None,
) -> SroiResult:
    """Discount a value map and set it against ``investment``, money in year 0.

    ``discount`` is one annual rate (a fraction; by default the 3.5 % of the Guide's example) or the
    name of a schedule, looked up at ``date``, the evaluation's own; the result names it.
    ``results`` supplies the rows whose quantity was estimated; ``basis`` brings values to one
    year's prices, cuts them for optimism or weights them, where that is asked for.
    ``later_inputs`` maps a year (1, 2, ...) to money that is put in then: it is discounted as
    outcomes are and added to the investment.

    Raises ValueMapError for an empty or ambiguous map, an investment that is not above zero, or a
    quantity that cannot be had; ParameterError for a discount rate or schedule that is unknown.
    """
    outcomes = outcomes_of(value_map)
    if problem := number_problem(investment):
        meant = instead(investment) if isinstance(investment, str) else ""
        raise ValueMapError(f"social_return: investment {problem}{meant}")
    if not isinstance(discount, str) and (problem := number_problem(discount)):
        raise ParameterError(f"discount rate {problem} Or name a schedule.")
    if date is not None and not isinstance(date, dt.date):
        raise ValueMapError(f"social_return: date must be a datetime.date, got {date!r}.")
    if results is not None and not isinstance(results, Mapping):
        raise ValueMapError(
            f"social_return: results maps outcomes to what was measured, got {results!r}."
        )
    if not isinstance(discount, str | bool) and discount == 1:
        raise ParameterError("discount rate must be a fraction below 1, got 1. Did you mean 0.01?")
    check_choice("social_return", "start_convention", start_convention, list(LEAD), ValueMapError)
    later = _later(later_inputs or {})
    invested = float(investment)
    check_finite("social_return", "investment", invested, ValueMapError)
    if later:
        worth = discount_factors(discount, max(year for year, _ in later), date)
        invested += math.fsum(amount * float(worth[year]) for year, amount in later)
    if not invested > 0:
        raise ValueMapError(
            f"social_return: investment must be above zero, got {investment!r}. "
            "State what was put in, in money."
        )
    rebased = on_basis(outcomes, basis, date)
    outcomes = rebased.outcomes
    given = assumptions_of(outcomes, results or {})
    multiplier, more = multipliers(outcomes, given.impact, basis, date)
    given = replace(given, multiplier=multiplier)
    values = value_by_year(given, LEAD[start_convention])
    return SroiResult(
        investment=invested,
        currency=currency,
        outcomes=outcomes,
        assumptions=given,
        values=values,
        factors=discount_factors(discount, values.shape[1] - 1, date),
        discount=discount if isinstance(discount, str) else float(discount),
        date=date,
        start_convention=start_convention,
        caveats=(*_caveats(outcomes, discount, date), *rebased.caveats, *more),
        later_inputs=later,
    )


def _later(inputs: Mapping[int, float]) -> tuple[tuple[int, float], ...]:
    """Inputs of later years in order. Raises ValueMapError for a year or an amount that is none."""
    for year, amount in inputs.items():
        if isinstance(year, bool) or not isinstance(year, int) or not 1 <= year <= LONGEST:
            raise ValueMapError(
                f"social_return: later_inputs are in years 1 to {LONGEST}, got {year!r}. What is "
                "put in at once is investment."
            )
        if number_problem(amount) or amount < 0:
            raise ValueMapError(
                f"social_return: later_inputs of year {year} must be money, zero or more, got "
                f"{amount!r}."
            )
    return tuple(sorted((year, float(amount)) for year, amount in inputs.items() if amount))


def outcomes_of(value_map: AnyValueMap) -> tuple[ValuedOutcome, ...]:
    """The rows of a value map in any of its forms. Raises ValueMapError for none, or ids twice."""
    if isinstance(value_map, pd.DataFrame):
        value_map = value_map_from_frame(value_map)
    if isinstance(value_map, ValueMap):
        value_map = value_map.outcomes
    listed = isinstance(value_map, Sequence) and not isinstance(value_map, str | bytes)
    if not listed or not all(isinstance(row, ValuedOutcome) for row in value_map):
        raise ValueMapError(
            "value map: must be a ValueMap, its rows or a data frame of them, got "
            f"{type(value_map).__name__}. Read one with read_value_map."
        )
    rows = tuple(value_map)
    if not rows:
        raise ValueMapError("value map: has no outcomes. A return needs at least one.")
    ids = [row.id for row in rows]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ValueMapError(f"value map: ids must be unique, got {first_few(twice)} twice.")
    if problem := double_counting_problem(rows):
        raise ValueMapError(f"value map: {problem}.")
    return rows


def bare_rows(outcomes: Sequence[ValuedOutcome]) -> list[str]:
    """Ids of rows whose quantity was counted, not estimated, and has no deadweight taken off."""
    return [
        row.id
        for row in outcomes
        if row.quantity and row.quantity_from is None and not row.deadweight
    ]


def _caveats(
    outcomes: Sequence[ValuedOutcome], discount: float | str, date: dt.date | None
) -> tuple[str, ...]:
    """What is unconfirmed or unusual in the figures, in words for print."""
    caveats = []
    for status in ("illustrative", "recalled"):
        if ids := [row.id for row in outcomes if row.status == status]:
            which = "all rows" if len(ids) == len(outcomes) else first_few(ids)
            caveats.append(f"Figures marked {status}, not confirmed: {which}.")
    if ids := [row.id for row in outcomes if row.leakage > 0]:
        caveats.append(f"Leakage is taken off, which the SROI Guide does not do: {first_few(ids)}.")
    if bare := bare_rows(outcomes):
        which = "any row" if len(bare) == len(outcomes) else first_few(bare)
        caveats.append(f"Nothing is taken off for what would have happened anyway: {which}.")
    if isinstance(discount, str) and (caveat := schedule_for(discount, date).caveat):
        caveats.append(caveat)
    return tuple(caveats)
