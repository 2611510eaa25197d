"""Bands. Retroactive: the band reached prices everything. Marginal: each band prices its part."""

from decimal import Decimal

from pbc_eval.agreement.money import money_text, number_text
from pbc_eval.agreement.payment_clauses import Band, Bands
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.payment.clauses import words as say
from pbc_eval.payment.expression import (
    ZERO,
    AtLeast,
    Expression,
    If,
    Least,
    Plus,
    Term,
    Times,
    minus,
)
from pbc_eval.payment.rule import Kind, Rule, Value, asked_by, value_of


def _rule(clause: Bands, terms: PaymentTerms) -> Rule:
    reached = [_reached(clause, number) for number in range(len(clause.bands))]
    pays = [_pays(clause, number) for number in range(len(clause.bands))]
    if clause.mode == "marginal":
        before: Expression = Plus(
            tuple(If(here, part, ZERO) for here, part in zip(reached, pays, strict=True))
        )
    else:
        before = ZERO
        for here, whole in zip(reached, pays, strict=True):
            before = If(here, whole, before)
    lowest = number_text(clause.bands[0].lower)
    return Rule(
        asked=asked_by(clause, clause.paid_on),
        value=value_of(clause),
        before=before,
        tier=Plus(tuple(reached)),
        tiers=(f"below {lowest}", *(_range(band) for band in clause.bands)),
    )


def _lower(clause: Bands, number: int) -> Expression:
    return say.bound(f"from of band {number + 1}", clause.bands[number].lower)


def _reached(clause: Bands, number: int) -> Expression:
    return AtLeast(value_of(clause), _lower(clause, number))


def _pays(clause: Bands, number: int) -> Expression:
    band = clause.bands[number]
    if band.pay is not None:
        return Term(f"pay of band {number + 1}", band.pay)
    assert band.rate is not None
    rate = Term(f"rate of band {number + 1}", band.rate)
    if clause.mode == "retroactive":
        return Times((rate, say.units_priced(clause, clause.paid_on)))
    return Times((rate, minus(_end(clause, number), _lower(clause, number))))


def _end(clause: Bands, number: int) -> Expression:
    """Where the measure leaves the band: at the measure itself, or at the band's end."""
    if clause.bands[number].upper is None:
        return value_of(clause)
    return Least((value_of(clause), _lower(clause, number + 1)))


def _range(band: Band) -> str:
    if band.upper is None:
        return f"{number_text(band.lower)} or more"
    return f"{number_text(band.lower)} to below {number_text(band.upper)}"


def _words(clause: Bands, rule: Rule, at: Value, currency: str) -> str:
    value = at(value_of(clause))
    bounds = [band.lower for band in clause.bands]
    reached = [n for n in range(len(clause.bands)) if at(_reached(clause, n))]
    if not reached:
        lowest = number_text(clause.bands[0].lower)
        return f"{say.beside(value, *bounds)} is below the first band, {lowest}: nothing"
    if clause.mode == "marginal":
        words = " + ".join(_part_in_words(clause, number, at, currency) for number in reached)
        return f"{words} = {say.pence(at(rule.before), currency)}"
    band = clause.bands[reached[-1]]
    words = f"{say.beside(value, *bounds)} lies in band {band}: "
    if band.pay is not None:
        return words + money_text(band.pay, currency)
    assert band.rate is not None
    return words + say.rate_times_units(clause, band.rate, clause.paid_on, at, currency)


def _part_in_words(clause: Bands, number: int, at: Value, currency: str) -> str:
    band = clause.bands[number]
    if band.pay is not None:
        return f"{money_text(band.pay, currency)} for reaching {number_text(band.lower)}"
    assert band.rate is not None
    end, lower = at(_end(clause, number)), at(_lower(clause, number))
    return f"{money_text(band.rate, currency)} × ({number_text(end)} - {number_text(lower)})"


def _sentence(clause: Bands, currency: str) -> str:
    parts = "; ".join(_band_sentence(clause, band, currency) for band in clause.bands)
    how = (
        "each band pricing what lies inside it"
        if clause.mode == "marginal"
        else "the band reached pricing the whole"
    )
    return f"by band of {say.MEASURES[clause.measure]} {clause.outcome}, {how}: {parts}"


def _band_sentence(clause: Bands, band: Band, currency: str) -> str:
    upper = "" if band.upper is None else f" to below {number_text(band.upper)}"
    if band.pay is not None:
        pays = money_text(band.pay, currency)
    else:
        pays = f"{money_text(band.rate or Decimal(0), currency)} for each {say.unit(clause)}"
    return f"{pays} from {number_text(band.lower)}{upper}"


BANDS = Kind(_rule, _words, _sentence)
