"""One function a kind of clause: measured outcome in, exact amount and formula out.

Nothing is rounded here but measures (see ``measure.py``). Negative measures pay nothing, unless a
tariff says ``negative_allowed``.
"""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from pbc_eval.errors import PaymentTermsError
from pbc_eval.payment.measure import Measured, significant
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.money import money_text, number_text
from pbc_eval.spec.payment_terms import (
    Band,
    Bands,
    ClauseBase,
    FixedFee,
    Measure,
    Tariff,
    Threshold,
)

ZERO = Decimal(0)
Get = Callable[[Measure], Measured]  # a measure of the clause's outcome, under its estimate rule


class Priced(NamedTuple):
    """Amounts before and after the limits that belong to the kind of clause."""

    before: Decimal
    after: Decimal
    formula: str
    limits: tuple[str, ...] = ()


def price_tariff(
    clause: Tariff, outcome: MeasuredOutcome, found: Measured, currency: str
) -> Priced:
    """Price x units, after deadweight or a baseline, within max_units and cap_per_person.

    Raises PaymentTermsError for deadweight on an estimated quantity, and for a cap per person
    when the number of persons (total_scale) is not known.
    """
    units, words = _units_paid(clause, outcome, found)
    price = money_text(clause.price, currency)
    before = after = clause.price * units
    formula = f"{price} × {words} = {money_text(_pence(before), currency)}"
    limits: list[str] = []
    if clause.max_units is not None and units > clause.max_units:
        after = clause.price * clause.max_units
        limits.append("max_units")
        formula += (
            f"; at most {number_text(clause.max_units)} units are paid: "
            f"{money_text(_pence(after), currency)}"
        )
    if clause.cap_per_person is not None:
        scale = outcome.total_scale
        if scale is None or not math.isfinite(scale) or not scale > 0:
            raise PaymentTermsError(
                f"{clause.id}: cap_per_person needs the number of persons behind "
                f"{outcome.outcome!r} (total_scale, above zero), got {scale!r}. Supply it, or "
                "use cap."
            )
        persons = significant(scale)
        most = clause.cap_per_person * persons
        if after > most:
            after = most
            limits.append("cap_per_person")
            formula += (
                f"; at most {money_text(clause.cap_per_person, currency)} × "
                f"{number_text(persons)} persons = {money_text(_pence(most), currency)}"
            )
    return Priced(before, after, formula, tuple(limits))


def _units_paid(clause: Tariff, outcome: MeasuredOutcome, found: Measured) -> tuple[Decimal, str]:
    deducted = clause.deadweight or clause.baseline_count
    if deducted and outcome.source == "estimated":
        raise PaymentTermsError(
            f"{clause.id}: deducts what would have happened anyway, but {outcome.outcome!r} was "
            "estimated against a comparison group and is already net of it. Remove deadweight "
            "and baseline_count from the clause."
        )
    units, words = found.value, number_text(found.value)
    if clause.deadweight:
        # in floats, then to 12 digits: 600 x (1 - 1/6) is 500, not 499.9999999998
        units = significant(float(units) * (1 - clause.deadweight))
        words = f"{words} × (1 - {clause.deadweight:.6g} deadweight)"
    if clause.baseline_count:
        units -= clause.baseline_count
        words = f"({words} - {number_text(clause.baseline_count)} baseline)"
    if units < 0 and not clause.negative_allowed:
        return ZERO, f"0 ({words} is below zero and pays nothing)"
    return units, words + _unit(clause)


def price_threshold(clause: Threshold, get: Get, found: Measured, currency: str) -> Priced:
    """The lump, or price x units, when the measure reaches the minimum; else nothing."""
    minimum = significant(clause.minimum)
    if found.value < minimum:
        words = f"{number_text(found.value)} is below the minimum {number_text(minimum)}"
        return Priced(ZERO, ZERO, f"{words}: nothing is paid")
    words = f"{number_text(found.value)} reaches the minimum {number_text(minimum)}: "
    if clause.amount is not None:
        return Priced(clause.amount, clause.amount, words + money_text(clause.amount, currency))
    assert clause.price is not None
    amount, priced = _rate_times_units(clause, clause.price, get, clause.paid_on, currency)
    return Priced(amount, amount, words + priced)


def price_bands(clause: Bands, get: Get, found: Measured, currency: str) -> Priced:
    """Retroactive: the band reached prices everything. Marginal: each band prices its part."""
    value = found.value
    reached = [band for band in clause.bands if value >= significant(band.lower)]
    if not reached:
        lowest = number_text(clause.bands[0].lower)
        return Priced(
            ZERO, ZERO, f"{number_text(value)} is below the first band, {lowest}: nothing"
        )
    if clause.mode == "marginal":
        parts = [_marginal_part(band, value, currency) for band in reached]
        amount = sum((part for part, _ in parts), ZERO)
        words = " + ".join(text for _, text in parts)
        return Priced(amount, amount, f"{words} = {money_text(_pence(amount), currency)}")
    band = reached[-1]
    words = f"{number_text(value)} lies in band {band}: "
    if band.pay is not None:
        return Priced(band.pay, band.pay, words + money_text(band.pay, currency))
    assert band.rate is not None
    amount, priced = _rate_times_units(clause, band.rate, get, clause.paid_on, currency)
    return Priced(amount, amount, words + priced)


def _marginal_part(band: Band, value: Decimal, currency: str) -> tuple[Decimal, str]:
    if band.pay is not None:
        return band.pay, f"{money_text(band.pay, currency)} for reaching {number_text(band.lower)}"
    assert band.rate is not None
    lower = significant(band.lower)
    end = value if band.upper is None else min(value, significant(band.upper))
    words = f"{money_text(band.rate, currency)} × ({number_text(end)} - {number_text(lower)})"
    return band.rate * (end - lower), words


def _rate_times_units(
    clause: ClauseBase, rate: Decimal, get: Get, paid_on: Measure | None, currency: str
) -> tuple[Decimal, str]:
    units = max(get(paid_on or clause.measure).value, ZERO)
    amount = rate * units
    what = number_text(units) + _unit(clause)
    rate_text, amount_text = money_text(rate, currency), money_text(_pence(amount), currency)
    return amount, f"{rate_text} × {what} = {amount_text}"


def price_fixed_fee(clause: FixedFee, found: Measured, currency: str) -> Priced:
    """Amount x verified count, or x the agreed number of times."""
    units = max(found.value, ZERO)
    amount = clause.amount * units
    words = f"{money_text(clause.amount, currency)} × {number_text(units)}{_unit(clause)}"
    return Priced(amount, amount, f"{words} = {money_text(_pence(amount), currency)}")


def _unit(clause: ClauseBase) -> str:
    return f" ({clause.unit})" if clause.unit else ""


def _pence(amount: Decimal) -> Decimal:
    """For formulas only; the amount itself is rounded once, by the contract's rule."""
    return amount.quantize(Decimal("0.01"))
