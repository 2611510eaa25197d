"""On what basis a value map is reckoned: whose prices, how sceptical, weighted for whom.

None of it is applied unless asked for, and what is applied is said: prices moved between years by
the deflator, benefits cut for optimism by the confidence grade of their evidence, and values
weighted by the income of those who gain.

    value = proxy at prices of the base year x (1 - optimism bias) x (median income / income)^1.3

Sources: HM Treasury, The Green Book, on price bases, optimism bias and distributional analysis;
New Economy (2014), cost-benefit guidance, on confidence grades (RECALLED).
"""

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pbc_eval._validate import first_few
from pbc_eval.agreement.value_map import StakeholderInput, ValuedOutcome
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.bank import Bank
from pbc_eval.parameters.discounting import DEFLATOR, index_in, reprice
from pbc_eval.parameters.lookup import ParameterValue, table_at, value_at

ELASTICITY = "uk_marginal_utility_elasticity"
GRADE = "gmca_optimism_bias_grade_{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueBasis:
    """What is done to the stated values. The default takes them as they stand."""

    price_year: int | None = None  # prices to bring every row to
    optimism_bias: bool = False  # cut benefits by confidence grade
    median_income: float | None = None  # weight rows that state an income
    bank: Bank = field(default_factory=dict)  # a user's own parameters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rebased:
    """Rows with their values in money of the base, and what to print."""

    outcomes: tuple[ValuedOutcome, ...]
    caveats: tuple[str, ...]


def on_basis(outcomes: Sequence[ValuedOutcome], basis: ValueBasis, date: dt.date | None) -> Rebased:
    """Values looked up, and brought to one year's prices.

    Raises ValueMapError when a parameter needs a date, or rows are at prices of different years;
    ParameterError for a parameter or a deflator that is unknown at the date.
    """
    caveats: dict[str, None] = {}
    rows = [_with_value(row, basis, date, caveats) for row in outcomes]
    rows = _at_one_price(rows, basis, caveats)
    reasons = [f"{row.id} ({row.distinct_because})" for row in rows if row.distinct_because]
    if reasons:
        caveats[f"Stated not to be counted twice: {first_few(reasons)}."] = None
    return Rebased(outcomes=tuple(rows), caveats=tuple(caveats))


def multipliers(
    rows: Sequence[ValuedOutcome], impact: Floats, basis: ValueBasis, date: dt.date | None
) -> tuple[Floats, tuple[str, ...]]:
    """What multiplies each row, (n_outcomes,), and what to print; ``impact`` tells gain from harm.

    Raises ValueMapError for a row without a grade, or weights without any income.
    """
    caveats: dict[str, None] = {}
    multiplier = np.ones(len(rows))
    if basis.optimism_bias:
        multiplier *= _optimism(rows, impact, date, caveats)
    if basis.median_income is not None:
        multiplier *= _income_weights(rows, basis.median_income, date, caveats)
    return multiplier, tuple(caveats)


def costs_with_optimism(
    inputs: Sequence[StakeholderInput], date: dt.date, *, by_grade: bool = True
) -> tuple[tuple[StakeholderInput, ...], tuple[str, ...]]:
    """Inputs with their value raised for optimism, and what to print: those that name a type of
    project by its bounds, the others ``by_grade`` of their evidence, where that is asked for.

    Raises ValueMapError for a valued input without a grade where it is asked for, and for a bias
    that is mitigated below the lower bound of its type.
    """
    caveats: dict[str, None] = {}
    raised, graded = [], False
    for entry in inputs:
        owner, share = f"{entry.stakeholder}: {entry.description}", 0.0
        if entry.value > 0 and entry.optimism_bias is not None:
            share = _bias_of_type(owner, entry, date, caveats)
        elif entry.value > 0 and by_grade:
            share = _bias(owner, entry.confidence_grade, date, caveats)
        graded = graded or (by_grade and entry.optimism_bias is None)
        raised.append(entry.model_copy(update={"value": entry.value * (1 + share)}))
    if graded:
        caveats["Costs are raised for optimism by their confidence grades."] = None
    return tuple(raised), tuple(caveats)


def _bias_of_type(
    owner: str, entry: StakeholderInput, date: dt.date, caveats: dict[str, None]
) -> float:
    """The bias that is left of the upper bound of a type of project."""
    bounds = table_at(f"uk_optimism_bias_{entry.optimism_bias}", date)
    upper, lower = bounds.value["upper"], bounds.value["lower"]
    share = upper * (1 - entry.optimism_mitigated)
    if share < lower:
        most = math.floor((1 - lower / upper) * 100) / 100
        raise ValueMapError(
            f"{owner}: optimism_mitigated {entry.optimism_mitigated:g} brings the bias of "
            f"{entry.optimism_bias} from {upper:.0%} to {share:.1%}, below the {lower:.0%} that "
            f"is left where every risk is managed. Write at most {most:g}."
        )
    mitigated = f", {entry.optimism_mitigated:.0%} of it mitigated" * (entry.optimism_mitigated > 0)
    kind = str(entry.optimism_bias).replace("_", " ")
    caveats[
        f"Raised for optimism: {owner}, by {share:.1%} (type {kind}, upper bound {upper:.0%}"
        f"{mitigated}; {bounds.source}, {bounds.status})."
    ] = None
    return share


def _with_value(
    row: ValuedOutcome, basis: ValueBasis, date: dt.date | None, caveats: dict[str, None]
) -> ValuedOutcome:
    if row.proxy_from is None:
        return row
    parameter = _parameter(row.proxy_from, date, basis, f"{row.id}: proxy_from")
    if parameter.caveat:
        caveats[parameter.caveat] = None
    base = parameter.price_base or ""
    year = int(base) if base.isdigit() else None
    if row.price_year is not None and year is not None and row.price_year != year:
        raise ValueMapError(
            f"{row.id}: price_year is {row.price_year}, but {row.proxy_from} is at prices of "
            f"{year}. Leave out price_year."
        )
    changed = {"proxy_value": parameter.value, "price_year": row.price_year or year}
    return row.model_copy(update=changed)


def _parameter(
    name: str, date: dt.date | None, basis: ValueBasis, owner: str
) -> ParameterValue[float]:
    if date is None:
        raise ValueMapError(
            f"{owner} {name!r} has a value that depends on the date. Give the evaluation's date."
        )
    return value_at(name, date, bank=basis.bank)


def _at_one_price(
    rows: list[ValuedOutcome], basis: ValueBasis, caveats: dict[str, None]
) -> list[ValuedOutcome]:
    years = sorted({row.price_year for row in rows if row.price_year is not None})
    target = basis.price_year
    unstated = [row.id for row in rows if row.price_year is None and row.proxy_value]
    if unstated and (len(years) == 1 or target is not None):
        of = target if target is not None else years[0]
        caveats[f"No price year is stated; taken to be at {of} prices: {first_few(unstated)}."] = (
            None
        )
    if target is None:
        if len(years) > 1:
            raise ValueMapError(
                f"value map: rows are at prices of {first_few(years)}. Say to which year's prices "
                "they are brought: price_year."
            )
        return rows
    moved = []
    for row in rows:
        if row.price_year in (None, target):
            moved.append(row)
            continue
        stated = float(row.proxy_value or 0.0)
        value = reprice(stated, int(row.price_year or 0), target, bank=basis.bank)
        moved.append(row.model_copy(update={"proxy_value": value, "price_year": target}))
    if other := [row.id for row in rows if row.price_year not in (None, target)]:
        source = index_in(target, basis.bank)
        named = f", {source.source}" if DEFLATOR in basis.bank else ""
        caveats[
            f"Brought to {target} prices by the {source.title} ({source.status}{named}): "
            f"{first_few(other)}."
        ] = None
    return moved


def _optimism(
    rows: Sequence[ValuedOutcome],
    impact: Floats,
    date: dt.date | None,
    caveats: dict[str, None],
) -> Floats:
    """1 - bias of each row; a harm (impact below zero) is raised by it, as a cost is."""
    kept = []
    for row, value in zip(rows, impact.tolist(), strict=True):
        share = _bias(row.id, row.confidence_grade, date, caveats)
        kept.append(1 + share if value < 0 else 1 - share)
    caveats["Benefits are cut, and harms raised, for optimism by their confidence grades."] = None
    return np.array(kept)


def _bias(owner: str, grade: int | None, date: dt.date | None, caveats: dict[str, None]) -> float:
    if grade is None:
        raise ValueMapError(
            f"{owner}: optimism bias is asked for, but there is no confidence_grade. State one "
            "from 1 (a trial, audited costs) to 6 (uncorroborated)."
        )
    parameter = _parameter(GRADE.format(grade), date, ValueBasis(), f"{owner}: grade")
    if parameter.caveat:
        caveats["Optimism bias by confidence grade: RECALLED, not yet confirmed."] = None
    return parameter.value


def _income_weights(
    rows: Sequence[ValuedOutcome], median: float, date: dt.date | None, caveats: dict[str, None]
) -> Floats:
    elasticity = _parameter(ELASTICITY, date, ValueBasis(), "distributional weights")
    weighted = [row.id for row in rows if row.income is not None]
    if not weighted:
        raise ValueMapError(
            "value map: distributional weights are asked for (median_income), but no row states "
            "the income of those who gain."
        )
    caveats[
        f"Weighted by (median income / income)^{elasticity.value:g} ({elasticity.status}): "
        f"{first_few(weighted)}."
    ] = None
    return np.array(
        [1.0 if row.income is None else (median / row.income) ** elasticity.value for row in rows]
    )
