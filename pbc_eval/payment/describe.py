"""Payment terms in plain English, one sentence a clause, for the report and for a signatory."""

from pbc_eval.payment.kinds import kind_of
from pbc_eval.spec.money import money_text
from pbc_eval.spec.payment_base import Blend
from pbc_eval.spec.payment_terms import Clause, PaymentTerms

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
    what = kind_of(clause).sentence(clause, currency)
    return f"{verb} {what}{_rule(clause)}{limits} ({clause.reference}{note})."


def _rule(clause: Clause) -> str:
    if isinstance(clause.estimate_used, Blend):
        parts = [f"{weight:g} of {name}" for name, weight in clause.estimate_used.blend.items()]
        return f", on a blend of estimates ({', '.join(parts)})"
    return RULES[clause.estimate_used]
