"""Payment terms in plain English, one sentence a clause, for the report and for a signatory."""

import datetime as dt
from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel

from pbc_eval.agreement.money import money_text
from pbc_eval.agreement.payment_base import Blend, ClauseBase, MeasuredClause, PricedClause
from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_limits import GroupLimit
from pbc_eval.agreement.payment_rates import RateCard, Variation
from pbc_eval.agreement.payment_several import Triggers
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms
from pbc_eval.payment.clauses import kind_of

Model = TypeVar("Model", bound=BaseModel)
RULES = {
    "point": "",
    "lower_bound": ", at the lower confidence bound",
    "zero_unless_significant": ", counting it as zero unless its interval excludes zero",
}


def terms_in_words(terms: PaymentTerms, labels: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """One sentence a clause, in order, then one for each limit over several of them.

    "Pays £1,200 for each readmission avoided, up to £900,000 (Schedule 2, para 4)." ``labels`` are
    the names of outcomes by their ids; with them clauses, too, go by their labels.
    """
    if labels is not None:
        terms = _by_labels(terms, {**{c.id: c.label for c in terms.clauses}, **labels})
    rated = {clause.id for card in terms.rate_cards for clause in _of_card(card, terms)}
    return (
        *(clause_sentence(c, terms.currency) for c in terms.clauses if c.id not in rated),
        *(sentence for card in terms.rate_cards for sentence in _card(card, terms)),
        *limit_sentences(terms),
        *(_variation(change, terms.currency) for change in terms.variations),
    )


_NAMES = {  # fields that hold ids of outcomes and clauses
    *("outcome", "withheld", "of", "cohorts", "pooled_outcome"),
}


def _by_labels(terms: PaymentTerms, labels: Mapping[str, str]) -> PaymentTerms:
    """The terms with names where ids stood, for sentences only."""
    clauses = tuple(_named(clause, labels) for clause in terms.clauses)
    limits = tuple(_named(limit, labels) for limit in terms.limits)
    return terms.model_copy(update={"clauses": clauses, "limits": limits})


def _named(part: Model, labels: Mapping[str, str]) -> Model:
    changes: dict[str, object] = {}
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in _NAMES and isinstance(value, str):
            changes[name] = _quoted(value, labels)
        elif name in _NAMES and isinstance(value, tuple):
            changes[name] = tuple(dict.fromkeys(_quoted(name_of, labels) for name_of in value))
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            changes[name] = tuple(_named(inner, labels) for inner in value)
    return part.model_copy(update=changes)


def _quoted(name: str, labels: Mapping[str, str]) -> str:
    return f"“{labels[name]}”" if name in labels else name


def _of_card(card: RateCard, terms: PaymentTerms) -> list[Tariff]:
    """The clauses of a rate card, those of variations among them."""
    lines = {rate.id for rate in card.prices}
    return [clause for clause in terms.claimed if clause.claims_of in lines]


def _card(card: RateCard, terms: PaymentTerms) -> list[str]:
    """A rate card in one sentence, and one for each line whose price was varied or ended."""
    currency, clauses = terms.currency, _of_card(card, terms)
    prices = sorted({clause.price for clause in clauses})
    least, most = money_text(prices[0], currency), money_text(prices[-1], currency)
    span = f"{least} to {most}" if least != most else least
    kinds = len(card.prices)
    what = f"{kinds} kinds of claim" if kinds > 1 else card.prices[0].label
    whose = f", for {card.cohort}" if card.cohort else ""
    whose += _between(card.in_force_from, card.in_force_until)
    sentences = [
        f"A rate card pays {span} for each claim, of {what}{whose} ({card.reference}). "
        f"{_claims_of_one(card.claims_per_person)}."
    ]
    for rate in card.prices:
        if rate.claims_per_person not in (None, card.claims_per_person):
            sentences.append(f"{rate.label}: {_claims_of_one(rate.claims_per_person).lower()}.")
        of_line = [clause for clause in clauses if clause.claims_of == rate.id]
        if len(of_line) > 1 or of_line[-1].claimed_until != card.in_force_until:
            by_day = [f"{money_text(c.price, currency)}{_days(c)}" for c in of_line]
            sentences.append(f"{rate.label} pays {'; '.join(by_day)}.")
    return sentences


def _claims_of_one(most: object) -> str:
    if most == "several":
        return "A person may make several claims of one kind"
    return f"A person may make at most {most} claim{'' if most == 1 else 's'} of one kind"


def _days(clause: Tariff) -> str:
    """' for what is achieved from 2024-04-01 until 2025-03-31'; empty where it is always paid."""
    days = _between(clause.claimed_from, clause.claimed_until)
    return f" for what is achieved{days}" if days else ""


def _between(start: dt.date | None, end: dt.date | None) -> str:
    """' from 2024-04-01 until 2025-03-31', as far as the days are known."""
    return (f" from {start}" if start else "") + (f" until {end}" if end else "")


def _variation(change: Variation, currency: str) -> str:
    """What a variation changed of limits, from when, and why."""
    parts = []
    if change.prices or change.ends:
        parts.append("prices as told above")
    if change.cap is not None:
        parts.append(f"at most {money_text(change.cap, currency)} in all")
    parts += [
        f"at most {money_text(cap, currency)} in {year}" for year, cap in change.year_caps.items()
    ]
    parts += [
        f"{money_text(planned, currency)} planned for {year}"
        for year, planned in change.by_year.items()
    ]
    if change.value is not None:
        parts.append(f"{money_text(change.value, currency)} planned in all")
    reason = change.reason.rstrip(".")
    return f"From {change.on} ({change.reference}): {', '.join(parts)}. {reason}."


def limit_sentences(terms: PaymentTerms) -> tuple[str, ...]:
    """One sentence for each limit over several clauses, over the year and over the contract."""
    currency = terms.currency
    sentences = [_limit(limit, currency) for limit in terms.limits]
    sentences += [
        f"{year.year} ({year.start} to {year.end}) pays at most {money_text(year.cap, currency)}."
        for year in terms.years
        if year.cap is not None
    ]
    for whose, cap, floor in (
        ("Each year", terms.year_cap, terms.year_floor),
        ("The contract", terms.cap, terms.floor),
    ):
        if cap is not None:
            sentences.append(f"{whose} pays at most {money_text(cap, currency)}.")
        if floor is not None:
            sentences.append(f"{whose} pays at least {money_text(floor, currency)}.")
    return tuple(sentences)


def clause_sentence(clause: Clause, currency: str) -> str:
    """What one clause pays, which estimate counts, its limits and where the contract says so."""
    verb = "Deducts" if clause.deduction else "Pays"
    limits = ""
    if clause.cap is not None:
        limits += f", up to {money_text(clause.cap, currency)}"
    if clause.floor is not None:
        limits += f", at least {money_text(clause.floor, currency)} whatever the result"
    if clause.years:
        limits += f", in {', '.join(clause.years)}"
    note = "; illustrative" if clause.illustrative else ""
    what = kind_of(clause).sentence(clause, currency)
    if isinstance(clause, Tariff) and clause.claims_of is not None:
        limits += _days(clause)
        note = f"; {_claims_of_one(clause.claims_per_person).lower()}{note}"
    indexed = index_words(clause)
    return f"{verb} {what}{rule_words(clause)}{indexed}{limits} ({clause.reference}{note})."


def rule_words(clause: ClauseBase) -> str:
    """Which estimate counts, after a comma; empty for the estimate itself."""
    if not isinstance(clause, MeasuredClause | Triggers):
        return ""
    if isinstance(clause.estimate_used, Blend):
        parts = [f"{weight:g} of {name}" for name, weight in clause.estimate_used.blend.items()]
        return f", on a blend of estimates ({', '.join(parts)})"
    return RULES[clause.estimate_used]


def index_words(clause: ClauseBase) -> str:
    """How prices are indexed, after a comma; empty where they are not."""
    indexed = clause.indexed if isinstance(clause, PricedClause) else None
    if indexed is None:
        return ""
    how = f"by {indexed.series}" if indexed.series else f"by {indexed.rate:g} for each whole year"
    limits = ", limits too" if indexed.limits_too else ""
    return f", prices indexed {how} from {indexed.since} to {indexed.until}{limits}"


def _limit(limit: GroupLimit, currency: str) -> str:
    whom = f"The clauses of cohort {limit.cohort}" if limit.cohort else ", ".join(limit.of)
    words = []
    if limit.cap is not None:
        words.append(f"at most {money_text(limit.cap, currency)}")
    if limit.floor is not None:
        words.append(f"at least {money_text(limit.floor, currency)}")
    if limit.cap_per_person is not None:
        words.append(f"at most {money_text(limit.cap_per_person, currency)} for each person")
    return f"{whom} together pay {' and '.join(words)} ({limit.reference})."
