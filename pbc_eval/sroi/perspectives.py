"""Who pays, who saves, in what kind of money: the same present value seen from each side.

Fiscal gains fall to public budgets, economic ones to incomes and output, social ones to wellbeing
and everything else; cashable savings can be taken out of a budget. A row that does not say stays
"not stated": nothing is guessed, and every division adds up to the present value.

Source: New Economy (2014), cost-benefit guidance, on perspectives and cashability; WSIPP,
Benefit-Cost Technical Documentation, on perspectives.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.sroi.present_value import SroiResult

NOT_STATED = "not stated"
PERSPECTIVES = ("fiscal", "economic", "social", NOT_STATED)


class NamedRatio(NamedTuple):
    """A ratio with what it is: ratios are compared by name only."""

    name: str
    formula: str
    value: float


def named_ratios(result: SroiResult) -> tuple[NamedRatio, ...]:
    """The ratios in use that these figures give, each under its own name.

    The fiscal and the cashable ratio are there only when some row says that it is.
    """
    ratios = [
        NamedRatio("Social return ratio", "present value / investment", result.ratio),
        NamedRatio("Net ratio", "net present value / investment", result.net_ratio),
    ]
    for name, formula, chosen in (
        ("Fiscal return ratio", "present value of fiscal gains / investment", _is_fiscal),
        ("Cashable fiscal ratio", "present value of cashable fiscal gains / investment", _is_cash),
    ):
        if any(chosen(row) for row in result.outcomes):
            part = _sum_where(result, chosen)
            ratios.append(NamedRatio(name, formula, part / result.investment))
    if (mvpf := _value_of_public_funds(result)) is not None:
        ratios.append(mvpf)
    return tuple(ratios)


def _value_of_public_funds(result: SroiResult) -> NamedRatio | None:
    """Marginal value of public funds (Hendren and Sprung-Keyser 2020): gains of all but public
    budgets over what the programme costs these budgets once fiscal gains are taken off. None where
    a row does not say whose gain it is, or where nobody gains fiscally and socially both.

    None too where the programme pays for itself: the budgets gain more than they put in, and there
    is no cost to set gains against. The whole investment is taken to be public money, as it says.
    """
    kinds = {row.perspective for row in result.outcomes}
    if None in kinds or "fiscal" not in kinds or kinds == {"fiscal"}:
        return None
    fiscal = _sum_where(result, _is_fiscal)
    gains, cost = result.present_value - fiscal, result.investment - fiscal
    formula = "economic and social gains / (investment - fiscal gains), all of it public money"
    return NamedRatio("Marginal value of public funds", formula, gains / cost) if cost > 0 else None


def by_perspective(result: SroiResult) -> pd.DataFrame:
    """Columns: perspective (fiscal, economic, social, not stated), present_value, cashable (of
    it), ratio (its part of the social return ratio). Rows without any value are left out."""
    values = [entry.present_value for entry in result.by_outcome]
    cash = [
        value if row.cashable else 0.0 for row, value in zip(result.outcomes, values, strict=True)
    ]
    named = [row.perspective or NOT_STATED for row in result.outcomes]
    frame = pd.DataFrame({"perspective": named, "present_value": values, "cashable": cash})
    summed = frame.groupby("perspective", sort=False).sum()
    order = [name for name in PERSPECTIVES if name in summed.index]
    summed = summed.loc[order].reset_index()
    return summed.assign(ratio=summed["present_value"] / result.investment)


def who_pays_who_saves(result: SroiResult, paid: Sequence[tuple[str, float]]) -> pd.DataFrame:
    """One row an agency: what it pays (``paid``: who and how much), the present value it gains,
    how much of that is cashable, and the net.

    A row of the map without an agency is its stakeholder's gain. Pays add up to the investment
    when ``paid`` does, gains to the present value.
    """
    gains: dict[str, float] = {}
    cash: dict[str, float] = {}
    pays: dict[str, float] = {}
    for who, amount in paid:
        pays[who] = pays.get(who, 0.0) + amount
    for row, value in zip(result.outcomes, result.by_outcome, strict=True):
        who = row.agency or row.stakeholder
        gains[who] = gains.get(who, 0.0) + value.present_value
        cash[who] = cash.get(who, 0.0) + (value.present_value if row.cashable else 0.0)
    names = list(dict.fromkeys([*pays, *gains]))
    return pd.DataFrame(
        {
            "agency": names,
            "pays": [pays.get(name, 0.0) for name in names],
            "gains": [gains.get(name, 0.0) for name in names],
            "cashable": [cash.get(name, 0.0) for name in names],
            "net": [gains.get(name, 0.0) - pays.get(name, 0.0) for name in names],
        }
    )


def _is_fiscal(row: ValuedOutcome) -> bool:
    return row.perspective == "fiscal"


def _is_cash(row: ValuedOutcome) -> bool:
    return row.perspective == "fiscal" and row.cashable is True


def _sum_where(result: SroiResult, chosen: Callable[[ValuedOutcome], bool]) -> float:
    return math.fsum(
        value.present_value
        for row, value in zip(result.outcomes, result.by_outcome, strict=True)
        if chosen(row)
    )
