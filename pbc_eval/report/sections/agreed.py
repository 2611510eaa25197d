"""The sections of a design note: what will be done, and what that risks."""

from collections.abc import Sequence

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedDesignNote
from pbc_eval.evaluation.note.risk_beforehand import ExpectedError
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence
from pbc_eval.payment.risk import sentences
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.report.parts import (
    Downloads,
    Facts,
    Heading,
    Listed,
    Notice,
    Paragraphs,
    Part,
    tables_of,
)
from pbc_eval.report.sections.payment import RISK_TABLES, SCHEDULE, risk_figure
from pbc_eval.report.words.design_words import design_facts, missing_words, planned_checks

BLOOM = (
    "The smallest effect that could be told apart is the one that an evaluation of this size and "
    "design finds, with {confidence} confidence, in {power} of 100 cases in which it is there: "
    "({multiple} x the standard error; Bloom 1995)."
)


def question_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """The question, the intervention and the theory of change, as far as they are stated."""
    spec = released.spec
    planning = spec.planning
    if planning is None:
        nothing = "No question and no theory of change are stated (planning)."
        return Paragraphs((spec.contract.summary,)), Paragraphs((nothing,), style="note")
    parts: list[Part] = [Paragraphs((planning.question,))]
    if planning.intervention:
        parts.append(Facts(((Sentence("What is done"), planning.intervention),)))
    if planning.theory_of_change:
        parts += [
            Heading(Sentence("How it is meant to work")),
            Listed(planning.theory_of_change, numbered=True),
        ]
    return parts


def design_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """Design, outcomes in their order, planned checks, and what becomes of missing data."""
    spec = released.spec
    parts: list[Part] = [Paragraphs((spec.design.rationale,)), Facts(tuple(design_facts(spec)))]
    if spec.outcomes:
        parts += _outcome_parts(spec.outcomes)
    if checks := planned_checks(spec):
        parts += [Heading(Sentence("Checks of the design")), Listed(checks)]
    return [*parts, Heading(Sentence("Missing data")), Listed(missing_words(spec))]


def _outcome_parts(outcomes: Sequence[Outcome]) -> list[Part]:
    lead = next((outcome for outcome in outcomes if outcome.primary), outcomes[0])
    listed = []
    for outcome in outcomes:
        better = "higher" if outcome.sign > 0 else "lower"
        text = f"{outcome.label} ({outcome.unit}); {better} is better"
        text += "; the headline" if outcome is lead else ""
        if outcome.important_change:
            change = fmt.size(outcome.important_change, outcome, "")
            text += f"; the smallest change that would matter is {change}"
        listed.append(text + ".")
    parts: list[Part] = [
        Heading(Sentence("Outcomes, in this order")),
        Listed(tuple(listed), numbered=True),
    ]
    if len(outcomes) > 1:
        several = (
            "Every one of them will be shown. Intervals are not widened for testing several; those "
            "that are not the headline are supporting evidence."
        )
        parts.append(Paragraphs((several,), style="note"))
    return parts


def before_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """Groups and levels before the start; nothing where no data are there."""
    before = released.before
    if before is None:
        return ()
    text = (
        f"From {before.source}, {before.first_period} to {before.last_period}: the periods before "
        "anybody is treated. Outcomes of later periods were not read."
    )
    return (
        Paragraphs((text,)),
        *tables_of(released.table("groups-before"), released.table("levels-before")),
    )


def detect_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """The smallest effects, and whether what is promised is as large; nothing without estimates."""
    table = released.table("smallest-effects")
    if table is None:
        return ()
    parts: list[Part] = []
    multiples = [
        expected.smallest / expected.std_error
        for expected in released.expected
        if expected.smallest is not None and expected.std_error
    ]
    if multiples:
        text = BLOOM.format(
            confidence=fmt.percent(released.confidence),
            power=fmt.number(100 * released.power, 0),
            multiple=fmt.number(multiples[0], 2),
        )
        parts.append(Paragraphs((text,)))
    currency = released.spec.contract.currency
    sizes = [_told_apart(expected, currency) for expected in released.expected]
    parts += tables_of(table)
    if any(sizes):
        parts.append(Listed(tuple(text for text in sizes if text)))
    return parts


def _told_apart(expected: ExpectedError, currency: str) -> str:
    """Is what was promised, or what would matter, large enough to be seen?"""
    outcome = expected.outcome
    if expected.smallest is None:
        return ""
    smallest = fmt.size(expected.smallest, outcome, currency)
    for wanted, what in (
        (expected.promised, "the promised effect"),
        (outcome.important_change, "the smallest change that would matter"),
    ):
        if wanted is None:
            continue
        size = fmt.size(wanted, outcome, currency)
        if wanted < expected.smallest:
            return (
                f"{outcome.label}: {what}, {size}, is smaller than the {smallest} that could be "
                "told apart. The evaluation may well be unable to tell even if the programme does "
                "what it should."
            )
        return f"{outcome.label}: {what}, {size}, could be told apart."
    return ""


def payment_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """The schedule as it would be signed, and what the rule would pay by chance."""
    terms = released.spec.payment
    if terms is None:
        return ()
    schedule = schedule_of(terms)
    parts: list[Part] = []
    if terms.illustrative:
        made_up = terms.notes or "The terms were made up to show how a payment is worked out."
        parts.append(Notice(made_up))
    parts.append(Facts(tuple(schedule.definitions)))
    for clause in schedule.clauses:
        examples = tuple(f"Example. {example}" for example in clause.examples)
        parts += [
            Heading(f"{clause.number} {clause.heading}"),
            Paragraphs((clause.text,)),
            Paragraphs(examples, style="note"),
        ]
    if schedule.limits:
        parts += [Heading(Sentence("Limits")), Listed(tuple(schedule.limits))]
    return [
        *parts,
        Heading(Sentence("Working out")),
        Listed(tuple(schedule.working), numbered=True),
        Downloads(((SCHEDULE, Sentence("Download the schedule (Markdown)")),)),
        Heading(Sentence("What the rule would pay by chance")),
        *_risk_parts(released),
    ]


def _risk_parts(released: ReleasedDesignNote) -> list[Part]:
    risk = released.risk
    if risk is None:
        return [Paragraphs((released.why_no_risk,))]
    base = fmt.money(risk.base, risk.currency)
    note = (
        "Such evaluations are evaluations of this size and design, whose estimates are spread "
        "normally around the true effect with the standard error expected above. "
        f"{base} is due for an estimate of zero; more than that is paid for results. "
        f"{risk.n_draws:,} draws (seed {risk.seed})."
    )
    varied = released.spec.outcome(risk.scenarios[0].effects[0][0])
    return [
        Listed(tuple(sentences(risk))),
        risk_figure(risk, varied),
        *tables_of(*(released.table(name) for name in RISK_TABLES)),
        Paragraphs((note,), style="note"),
    ]


def value_parts(released: ReleasedDesignNote) -> Sequence[Part]:
    """The value map as agreed; nothing without one."""
    table, valuation = released.table("value-assumptions"), released.spec.value_map
    if table is None or valuation is None:
        return ()
    settled = (
        (Sentence("Discounting"), str(valuation.discount).replace("_", " ")),
        (Sentence("Prices"), valuation.price_base),
        (Sentence("Valued on"), long_date(valuation.valued_on)),
        (
            Sentence("Payment is part of the investment"),
            "yes" if valuation.payment_is_invested else "no",
        ),
    )
    return Facts(settled), *tables_of(table)
