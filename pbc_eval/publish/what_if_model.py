"""What a what-if page is worked out from: the released formulas, facts and value rows as data.

    ReleasedEvaluation ── what_if_model ──▶ WhatIfModel ── as_data ──▶ what the page's script reads

The clauses come as the trees that gave the published payment, with the numbers of the terms in
their places; the value map as its rows. Nothing stands in it that the report's workbook and tables
do not hold already.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeGuard

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.what_if_settings import (
    BY_ROW,
    PAYMENT,
    RESULT,
    Setting,
    declared_ends,
    settings_of,
)
from pbc_eval.messages.number_formats import exact_money
from pbc_eval.parameters.discounting import annual_rates
from pbc_eval.payment.draws import LEAST_LEVEL
from pbc_eval.payment.live_formulas import Live, live_lines
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.payment.term_numbers import Place, TermNumber, orders_of
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.assumption_names import plain, row_name
from pbc_eval.sroi.present_value import LEAD, SroiResult

MOST_YEARS = 100  # that an outcome may be asked to last
SHOWN = 8  # assumptions in the tornado


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfModel:
    """``settings`` by what they belong to; ``fixed`` are numbers of the terms that the page cannot
    change. ``data`` is what the script reads."""

    settings: tuple[Setting, ...]
    fixed: tuple[TermNumber, ...]
    data: dict[str, Any]

    @property
    def groups(self) -> dict[str, list[Setting]]:
        """The settings of each group, in their order."""
        grouped: dict[str, list[Setting]] = {}
        for setting in self.settings:
            grouped.setdefault(setting.group, []).append(setting)
        return grouped


def has_what_if(released: object) -> TypeGuard[ReleasedEvaluation]:
    """Is there something to ask about: payment terms that were worked out, or a value map?"""
    return isinstance(released, ReleasedEvaluation) and (
        released.payment is not None or released.sroi is not None
    )


def what_if_model(released: ReleasedEvaluation) -> WhatIfModel:
    """The settings, and what the script needs to work out what they give."""
    payment, terms, sroi = released.payment, released.spec.payment, released.sroi
    live = Live(lines=(), numbers=(), fixed=())
    if payment is not None and terms is not None:
        live = live_lines(terms, payment.workings)
    facts = _facts(payment)
    results = _results(released, facts)
    other_inputs = math.fsum(part.value for part in released.investment if not part.is_payment)
    numbers = {number.place: number for number in live.numbers}
    settings = tuple(
        setting
        for setting in settings_of(released.spec, sroi, results, other_inputs)
        if not setting.place or setting.place in numbers
    )
    data: dict[str, Any] = {
        "currency": exact_money(Decimal(0), released.spec.contract.currency).rstrip("0"),
        "shown": SHOWN,
        "least_level": LEAST_LEVEL,
        "settings": [_setting_data(each, numbers) for each in settings],
        "orders": [] if terms is None else _orders(terms, numbers),
        "results": {
            name: {
                "effect": result.effect,
                "conf_low": result.conf_low,
                "conf_high": result.conf_high,
                "slope": result.counterfactual_slope,
            }
            for name, result in results.items()
            if any(setting.key.startswith(f"{RESULT}.{name}.") for setting in settings)
        },
        "payment": None,
        "value": None if sroi is None else _value_data(released, sroi, results, other_inputs),
    }
    if payment is not None:
        data["payment"] = {
            "decimals": payment.decimals,
            "facts": {
                name: {fact: f"{number:f}" for fact, number in known.items()}
                for name, known in facts.items()
            },
            "lines": [{"line": line.line, "tree": line.tree} for line in live.lines],
        }
    return WhatIfModel(settings=settings, fixed=live.fixed, data=data)


def _facts(payment: PaymentStatement | None) -> dict[str, dict[str, Decimal]]:
    """What was measured, by outcome and name, as the statement's workings have it."""
    facts: dict[str, dict[str, Decimal]] = {}
    for working in payment.workings if payment else ():
        for fact, number in working.facts:
            facts.setdefault(fact.outcome, {})[fact.name] = number
    return facts


def _results(
    released: ReleasedEvaluation, facts: dict[str, dict[str, Decimal]]
) -> dict[str, MeasuredOutcome]:
    """The results that are published: each finding's, and the counts that the payment rests on."""
    results = {finding.outcome.id: finding.measured for finding in released.findings}
    for name, known in facts.items():
        if name not in results and "count" in known:
            checked = known.get("claims_checked")
            results[name] = MeasuredOutcome(
                outcome=name,
                source="counted",
                count=float(known["count"]),
                claims_checked=None if checked is None else int(checked),
            )
    return results


def _setting_data(setting: Setting, numbers: dict[Place, TermNumber]) -> dict[str, Any]:
    number = numbers.get(setting.place)
    most = MOST_YEARS if setting.whole else setting.most
    data: dict[str, Any] = {
        "key": setting.key,
        "label": setting.label,
        "group": setting.group,
        "agreed": setting.agreed,
        "least": setting.least,
        "most": most,
        "above": setting.above,
        "whole": setting.whole,
        "step": None,
    }
    if number is not None:
        data["exact"] = f"{number.value:f}"
        data["step"] = None if number.step is None else f"{number.step:f}"
    return data


def _orders(terms: Any, numbers: dict[Place, TermNumber]) -> list[list[Any]]:
    keys = {place: f"{PAYMENT}.{number.key}" for place, number in numbers.items()}
    return [
        [keys[order.low], keys[order.high], order.strictly]
        for order in orders_of(terms)
        if order.low in keys and order.high in keys
    ]


def _value_data(
    released: ReleasedEvaluation,
    sroi: SroiResult,
    results: dict[str, MeasuredOutcome],
    other_inputs: float,
) -> dict[str, Any]:
    lead = LEAD[sroi.start_convention]
    years = lead + MOST_YEARS + 2
    moves = () if released.value_analysis is None else released.value_analysis.one_way
    ends = declared_ends(sroi, moves)
    flat = isinstance(sroi.discount, float | int)
    return {
        "rows": list(_rows(sroi, results)),
        "names": {row.id: row_name(sroi, row.id) for row in sroi.outcomes},
        "lead": lead,
        "discount": sroi.discount if flat else None,
        "rates": [] if flat else annual_rates(sroi.discount, years, sroi.date).tolist(),
        "investment": sroi.investment,
        "other_inputs": other_inputs,
        "invested": any(part.is_payment for part in released.investment),
        "later": [list(entry) for entry in sroi.later_inputs],
        "furthest": max((year for year, _ in sroi.later_inputs), default=0),
        "ends": {f"{row}|{name}": list(pair) for (row, name), pair in ends.items()},
    }


def _rows(sroi: SroiResult, results: dict[str, MeasuredOutcome]) -> Iterator[dict[str, Any]]:
    given = sroi.assumptions
    for at, row in enumerate(sroi.outcomes):
        measured = results.get(str(row.quantity_from))
        yield {
            "id": row.id,
            "outcome": row.quantity_from,
            "scale": None if measured is None else measured.total_scale,
            "estimated": bool(given.estimated[at]),
            "start": int(given.start[at]),
            "last_year": float(given.last_year[at]),
            "multiplier": float(given.multiplier[at]),
            **{name: float(getattr(given, name)[at]) for name in BY_ROW},
            **{
                name: None if math.isnan(end := float(getattr(given, name)[at])) else end
                for name in ("quantity_low", "quantity_high")
            },
        }


def assumption_words() -> dict[str, str]:
    """What each assumption is called, the two of the whole project too."""
    named = {name: plain(name) for name in (*BY_ROW, "discount", "investment")}
    return named | {"lead": "Times the first outcome year is discounted"}
