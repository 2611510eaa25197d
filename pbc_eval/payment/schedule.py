"""The payment schedule of a contract, for people to read and sign: made from the very terms that
the code prices, each clause with examples worked out by that code.

    schedule_of(terms).to_markdown()
"""

import re
from dataclasses import dataclass
from decimal import localcontext

from pbc_eval.agreement.money import number_text
from pbc_eval.agreement.payment_base import Blend, MeasuredClause, PricedClause
from pbc_eval.agreement.payment_several import Scorecard, Triggers
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms, terms_of
from pbc_eval.payment.examples import examples_of
from pbc_eval.payment.people import EXACT
from pbc_eval.payment.terms_in_words import clause_sentence, limit_sentences

DEFINITIONS = {
    "effect": (
        "Effect",
        "the estimated difference that the programme made to an outcome, per unit (person, firm, "
        "area) and in the outcome's own unit; positive is an improvement. It is net of what would "
        "have happened without the programme.",
    ),
    "relative_effect": (
        "Relative effect",
        "the effect divided by the level that the outcome would have had without the programme, as "
        "a fraction: 0.1 is ten in a hundred.",
    ),
    "total": (
        "Total effect",
        "the effect multiplied by the number of units behind it that was stated beforehand.",
    ),
    "count": ("Count", "the number that was verified; nothing is taken off it unless stated."),
    "point": ("Estimate", "the estimate itself counts, whatever its interval."),
    "lower_bound": (
        "Lower confidence bound",
        "the lower end of the effect's confidence interval counts, at the level agreed in the "
        "design of the evaluation.",
    ),
    "zero_unless_significant": (
        "Zero unless significant",
        "the effect counts as zero unless its confidence interval excludes zero.",
    ),
    "blend": (
        "Blend of estimates",
        "the weighted average of the named estimates, with weights agreed beforehand.",
    ),
    "indexed": (
        "Indexed",
        "prices are multiplied by the index at the later date over the index at the earlier date "
        "(the last value published on or before each), or rise by the agreed rate for each whole "
        "year between them.",
    ),
}
MODES = {
    "half_up": "halves away from zero",
    "half_even": "halves to the even neighbour",
    "down": "down, towards zero",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleClause:
    """One clause: its number, heading, rule in a sentence, and examples worked by the code."""

    number: str  # "2.1"
    heading: str
    reference: str
    text: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A payment schedule as plain text, without markup."""

    definitions: tuple[tuple[str, str], ...]  # term, what it means
    clauses: tuple[ScheduleClause, ...]
    limits: tuple[str, ...]
    working: tuple[str, ...]  # in which order, and how amounts are rounded
    notes: str

    def to_markdown(self) -> str:
        """The schedule as Markdown; text from the terms can neither mark up nor run."""
        lines = ["# Payment schedule", "", "## 1. Definitions", ""]
        for number, (term, text) in enumerate(self.definitions, start=1):
            lines.append(f"1.{number} **{_plain(term)}**: {_plain(text)}")
            lines.append("")
        lines += ["## 2. What is paid", ""]
        for clause in self.clauses:
            heading = f"{clause.number} **{_plain(clause.heading)}** ({_plain(clause.reference)})"
            lines += [heading, "", _plain(clause.text), ""]
            lines += [f"> Example. {_plain(example)}\n" for example in clause.examples]
        for number, (title, sentences) in enumerate(
            (("Limits over several clauses", self.limits), ("Working out", self.working)), start=3
        ):
            lines += [f"## {number}. {title}", ""]
            listed = sentences or ("There are none.",)
            lines += [f"{number}.{n} {_plain(text)}\n" for n, text in enumerate(listed, start=1)]
        if self.notes:
            lines += ["## Notes", "", _plain(self.notes), ""]
        return "\n".join(lines).rstrip() + "\n"


def schedule_of(terms: PaymentTerms) -> Schedule:
    """The schedule of the terms: definitions, numbered clauses with examples, limits, working."""
    terms = terms_of(terms)
    repeated = _priced_alike(terms)
    with localcontext(EXACT):
        clauses = tuple(
            ScheduleClause(
                number=f"2.{number}",
                heading=clause.label,
                reference=clause.reference,
                text=clause_sentence(clause, terms.currency),
                examples=() if clause.id in repeated else examples_of(clause, terms),
            )
            for number, clause in enumerate(terms.clauses, start=1)
        )
    return Schedule(
        definitions=_definitions(terms),
        clauses=clauses,
        limits=limit_sentences(terms),
        working=_working(terms),
        notes=terms.notes,
    )


def _priced_alike(terms: PaymentTerms) -> set[str]:
    """Lines of a rate card after its first: they are worked out as that one is."""
    first = {card.prices[0].id for card in terms.rate_cards}
    lines = {rate.id for card in terms.rate_cards for rate in card.prices}
    return {clause.id for clause in terms.claimed if clause.claims_of in lines - first}


def _definitions(terms: PaymentTerms) -> tuple[tuple[str, str], ...]:
    """Only what these terms use, in a fixed order."""
    used = {word for clause in terms.clauses for word in _words_used(clause)}
    if used & {"relative_effect", "total"}:
        used.add("effect")
    defined = [DEFINITIONS[word] for word in DEFINITIONS if word in used]
    series = [
        (
            f"Index {name}",
            "; ".join(f"{number_text(value)} on {day}" for day, value in sorted(values.items()))
            + ".",
        )
        for name, values in terms.indices.items()
    ]
    return (*defined, *series)


def _words_used(clause: Clause) -> set[str]:
    words = set()
    asked: list[MeasuredClause | Triggers | object] = [clause]
    if isinstance(clause, Scorecard):
        asked = list(clause.metrics)
    for word in asked:
        words.add(getattr(word, "measure", ""))
        rule = getattr(word, "estimate_used", "")
        estimated = getattr(word, "measure", "count") != "count"
        words.add("blend" if isinstance(rule, Blend) else rule if estimated else "")
    if isinstance(clause, PricedClause) and clause.indexed is not None:
        words.add("indexed")
    return words - {""}


def _working(terms: PaymentTerms) -> tuple[str, ...]:
    rounding = terms.rounding
    to = "pence (two decimals)" if rounding.decimals == 2 else "whole units of the currency"
    lines = [
        "An estimate is rounded to twelve significant digits before it is compared or priced, a "
        "count to fifteen, whole numbers staying as they are; or to the decimals that a clause "
        "states, halves away from zero.",
        "For each clause in turn: prices are indexed where stated, the amount is worked out, its "
        "own limits are applied, and it is rounded once.",
        f"Amounts are rounded to {to}, {MODES[rounding.mode]}, in {terms.currency}.",
        "Limits over several clauses are applied next, the narrower before the wider, then those "
        "of the year, then corrections of earlier years, then those of the contract.",
    ]
    if any(clause.type in ("withhold", "release", "clawback") for clause in terms.clauses):
        lines.append("What was withheld, released or paid in earlier years counts as recorded.")
    lines.append(
        "Where a result of an earlier year is corrected, the year is worked out again by this "
        "schedule, and the difference to what was paid is due as a line of its own."
    )
    return tuple(lines)


def _plain(text: str) -> str:
    """Text on one line that Markdown shows as it is written."""
    one_line = " ".join(text.split())
    return re.sub(r"([\\`*_{}\[\]<>#|~&!])", r"\\\1", one_line)
