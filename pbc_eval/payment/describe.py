"""Payment terms in plain English, one sentence a clause, for the report and for a signatory."""

from decimal import Decimal

from pbc_eval.spec.money import money_text, number_text
from pbc_eval.spec.payment_terms import (
    Band,
    Bands,
    Blend,
    Clause,
    FixedFee,
    Measure,
    PaymentTerms,
    Tariff,
    Threshold,
)

MEASURES: dict[Measure, str] = {
    "effect": "the effect on",
    "relative_effect": "the relative effect on",
    "total": "the total effect on",
    "count": "the count of",
}
RULES = {
    "point": "",
    "lower_bound": ", at the lower confidence bound",
    "zero_unless_significant": ", counting it as zero unless its interval excludes zero",
}


def describe(terms: PaymentTerms) -> tuple[str, ...]:
    """One sentence a clause, in order, then one each for the contract's cap and floor.

    "Pays £1,200 for each readmission avoided, up to £900,000 (Schedule 2, para 4)."
    """
    sentences = [_sentence(clause, terms.currency) for clause in terms.clauses]
    if terms.cap is not None:
        sentences.append(f"The contract pays at most {money_text(terms.cap, terms.currency)}.")
    if terms.floor is not None:
        sentences.append(f"The contract pays at least {money_text(terms.floor, terms.currency)}.")
    return tuple(sentences)


def _sentence(clause: Clause, currency: str) -> str:
    verb = "Deducts" if clause.deduction else "Pays"
    limits = ""
    if clause.cap is not None:
        limits += f", up to {money_text(clause.cap, currency)}"
    if clause.floor is not None:
        limits += f", at least {money_text(clause.floor, currency)} whatever the result"
    note = "; illustrative" if clause.illustrative else ""
    return f"{verb} {_what(clause, currency)}{_rule(clause)}{limits} ({clause.reference}{note})."


def _rule(clause: Clause) -> str:
    if isinstance(clause.estimate_used, Blend):
        parts = [f"{weight:g} of {name}" for name, weight in clause.estimate_used.blend.items()]
        return f", on a blend of estimates ({', '.join(parts)})"
    return RULES[clause.estimate_used]


def _what(clause: Clause, currency: str) -> str:
    if isinstance(clause, Tariff):
        return _tariff(clause, currency)
    if isinstance(clause, Threshold):
        return _threshold(clause, currency)
    if isinstance(clause, Bands):
        parts = "; ".join(_band(clause, band, currency) for band in clause.bands)
        how = (
            "each band pricing what lies inside it"
            if clause.mode == "marginal"
            else "the band reached pricing the whole"
        )
        return f"by band of {MEASURES[clause.measure]} {clause.outcome}, {how}: {parts}"
    return _fixed_fee(clause, currency)


def _unit(clause: Clause) -> str:
    return clause.unit or f"unit of {clause.outcome}"


def _tariff(clause: Tariff, currency: str) -> str:
    words = f"{money_text(clause.price, currency)} for each {_unit(clause)}"
    if clause.baseline_count is not None:
        words += f" beyond {number_text(clause.baseline_count)}"
    if clause.deadweight:
        words += f", after taking off {clause.deadweight:.4g} of the count as deadweight"
    if clause.max_units is not None:
        words += f", for at most {number_text(clause.max_units)} of them"
    if clause.cap_per_person is not None:
        words += f", at most {money_text(clause.cap_per_person, currency)} for each person"
    return words


def _threshold(clause: Threshold, currency: str) -> str:
    if clause.amount is not None:
        pays = money_text(clause.amount, currency)
    else:
        pays = f"{money_text(clause.price or Decimal(0), currency)} for each {_unit(clause)}"
    bound = number_text(clause.minimum)
    return f"{pays} if {MEASURES[clause.measure]} {clause.outcome} is at least {bound}"


def _band(clause: Bands, band: Band, currency: str) -> str:
    upper = "" if band.upper is None else f" to below {number_text(band.upper)}"
    if band.pay is not None:
        pays = money_text(band.pay, currency)
    else:
        pays = f"{money_text(band.rate or Decimal(0), currency)} for each {_unit(clause)}"
    return f"{pays} from {number_text(band.lower)}{upper}"


def _fixed_fee(clause: FixedFee, currency: str) -> str:
    amount = money_text(clause.amount, currency)
    if clause.times is not None:
        return f"{amount}, {number_text(clause.times)} times"
    return f"{amount} for each {clause.unit or clause.outcome}"
