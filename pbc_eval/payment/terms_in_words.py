"""Payment terms in plain English, one sentence a clause, for the report and for a signatory."""

from pbc_eval.agreement.money import money_text
from pbc_eval.agreement.payment_base import Blend, ClauseBase, MeasuredClause, PricedClause
from pbc_eval.agreement.payment_limits import GroupLimit
from pbc_eval.agreement.payment_several import Triggers
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms
from pbc_eval.payment.clauses import kind_of

RULES = {
    "point": "",
    "lower_bound": ", at the lower confidence bound",
    "zero_unless_significant": ", counting it as zero unless its interval excludes zero",
}


def terms_in_words(terms: PaymentTerms) -> tuple[str, ...]:
    """One sentence a clause, in order, then one for each limit over several of them.

    "Pays £1,200 for each readmission avoided, up to £900,000 (Schedule 2, para 4)."
    """
    return (
        *(clause_sentence(clause, terms.currency) for clause in terms.clauses),
        *limit_sentences(terms),
    )


def limit_sentences(terms: PaymentTerms) -> tuple[str, ...]:
    """One sentence for each limit over several clauses, over the year and over the contract."""
    currency = terms.currency
    sentences = [_limit(limit, currency) for limit in terms.limits]
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
