"""The sections of a design note: what will be done, and what that risks."""

from collections.abc import Sequence
from typing import Any

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.note.design_note import DesignNote, ExpectedError
from pbc_eval.evaluation.note.release import ReleasedDesignNote
from pbc_eval.messages.message import Message
from pbc_eval.messages.number_formats import long_date
from pbc_eval.payment.risk import sentences
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.report.sections.assurance import assurance_facts
from pbc_eval.report.sections.blocks import TEMPLATE, Part, block
from pbc_eval.report.sections.design_note_tables import (
    as_evaluation,
    before_table,
    detect_table,
    has_estimates,
    value_assumptions,
)
from pbc_eval.report.sections.impact import Row, contents
from pbc_eval.report.sections.payment_risk import risk_figures, risk_tables
from pbc_eval.report.words import facts
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.design_words import design_facts, missing_words, planned_checks

BLOOM = (
    "The smallest effect that could be told apart is the one that an evaluation of this size and "
    "design finds, with {confidence} confidence, in {power} of 100 cases in which it is there: "
    "({multiple} x the standard error; Bloom 1995)."
)


def _masthead(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    spec, publication = note.spec, note.spec.publication
    protocol = spec.protocol
    notices = [
        (Message("Before outcomes."),
         "This note says what will be done. It was made from what was agreed "
         "and, at most, from data before anybody was treated; it holds no result.")
    ]  # fmt: skip
    if publication.data_notice:
        notices.append((Message("Please note."), publication.data_notice))
    registered = (
        Message("not registered") if protocol is None else long_date(protocol.registered_on)
    )
    listed = [
        (Message("Registered"), registered),
        (Message("Commissioner"), spec.contract.commissioner),
        (Message("Provider"), spec.contract.provider),
        (Message("Contact"), publication.contact),
        (Message("Licence"), publication.licence),
        (Message("Fingerprint"), f"{note.fingerprint[:16]}…"),
    ]
    return {
        "series": Message("Design note"),
        "spec": spec,
        "summary": spec.contract.summary,
        "status": facts.STATUS_WORDS[spec.status],
        "data_badge": facts.DATA_BADGES[publication.data_status],
        "illustrative": bool(spec.payment and spec.payment.illustrative),
        "notices": notices,
        "facts": listed,
        "contents": contents(released, SECTIONS),
    }


def _question(released: ReleasedDesignNote) -> dict[str, Any]:
    spec = released.note.spec
    planning = spec.planning
    if planning is None:
        return block(
            "question",
            Message("What is asked"),
            Part(
                text=(spec.contract.summary,),
                notes=("No question and no theory of change are stated (planning).",),
            ),
        )
    stated = ((Message("What is done"), planning.intervention),) if planning.intervention else ()
    return block(
        "question",
        Message("What is asked"),
        Part(text=(planning.question,), facts=stated),
        Part(
            heading=Message("How it is meant to work") if planning.theory_of_change else "",
            listed=planning.theory_of_change,
            numbered=True,
        ),
    )


def _design(released: ReleasedDesignNote) -> dict[str, Any]:
    spec = released.note.spec
    checks = planned_checks(spec)
    return block(
        "design",
        Message("How it will be worked out"),
        Part(text=(spec.design.rationale,), facts=tuple(design_facts(spec))),
        _outcomes(spec.outcomes),
        Part(heading=Message("Checks of the design") if checks else "", listed=checks),
        Part(heading=Message("Missing data"), listed=missing_words(spec)),
    )


def _outcomes(outcomes: Sequence[Outcome]) -> Part:
    if not outcomes:
        return Part()
    lead = next((o for o in outcomes if o.primary), outcomes[0])
    said = []
    for outcome in outcomes:
        better = "higher" if outcome.sign > 0 else "lower"
        text = f"{outcome.label} ({outcome.unit}); {better} is better"
        text += "; the headline" if outcome is lead else ""
        if outcome.important_change:
            change = fmt.size(outcome.important_change, outcome, "")
            text += f"; the smallest change that would matter is {change}"
        said.append(text + ".")
    several = (
        "Every one of them will be shown. Intervals are not widened for testing several; those "
        "that are not the headline are supporting evidence."
    )
    return Part(
        heading=Message("Outcomes, in this order"),
        listed=tuple(said),
        numbered=True,
        notes=(several,) if len(said) > 1 else (),
    )


def _before(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    before = note.before
    assert before is not None
    assert released.groups is not None
    text = (
        f"From {before.source}, {before.first_period} to {before.last_period}: the periods before "
        "anybody is treated. Outcomes of later periods were not read."
    )
    table = before_table(released)
    return block(
        "before",
        Message("What the data show before the start"),
        Part(text=(text,), tables=(released.groups, *((table,) if table else ()))),
        currency=note.spec.contract.currency,
    )


def _detect(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    known = [one for one in note.expected if one.smallest is not None and one.std_error]
    multiple = known[0].smallest / known[0].std_error if known else 0.0  # type: ignore[operator]
    text = BLOOM.format(
        confidence=fmt.percent(note.confidence),
        power=fmt.number(100 * note.power, 0),
        multiple=fmt.number(multiple, 2),
    )
    said = [_told_apart(one, note.spec.contract.currency) for one in note.expected]
    return block(
        "detect",
        Message("What could be told apart"),
        Part(text=(text,) if known else (), tables=(detect_table(note),)),
        Part(listed=tuple(text for text in said if text)),
    )


def _told_apart(one: ExpectedError, currency: str) -> str:
    """Is what was promised, or what would matter, large enough to be seen?"""
    if one.smallest is None:
        return ""
    smallest = fmt.size(one.smallest, one.outcome, currency)
    for wanted, what in (
        (one.promised, "The promised effect"),
        (one.outcome.important_change, "The smallest change that would matter"),
    ):
        if wanted is None:
            continue
        size = fmt.size(wanted, one.outcome, currency)
        if wanted < one.smallest:
            return (
                f"{one.outcome.label}: {what[:1].lower()}{what[1:]}, {size}, is smaller than the "
                f"{smallest} that could be told apart. The evaluation may well be unable to tell "
                "even if the programme does what it should."
            )
        return f"{one.outcome.label}: {what[:1].lower()}{what[1:]}, {size}, could be told apart."
    return ""


def _payment(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    terms = note.spec.payment
    assert terms is not None
    schedule = schedule_of(terms)
    clauses = [
        Part(
            heading=f"{clause.number} {clause.heading}",
            text=(clause.text,),
            notes=tuple(f"Example. {example}" for example in clause.examples),
        )
        for clause in schedule.clauses
    ]
    made_up = terms.notes or "The terms were made up to show how a payment is worked out."
    return block(
        "payment",
        Message("What will be paid for what"),
        Part(notice=made_up if terms.illustrative else "", facts=schedule.definitions),
        *clauses,
        Part(heading=Message("Limits") if schedule.limits else "", listed=schedule.limits),
        Part(heading=Message("Working out"), listed=schedule.working, numbered=True),
        *_risk(note),
        currency=terms.currency,
    )


def _risk(note: DesignNote) -> tuple[Part, ...]:
    heading = Message("What the rule would pay by chance")
    risk = note.risk
    if risk is None:
        return (Part(heading=heading, text=(note.why_no_risk,)),)
    base = fmt.money(risk.base, risk.currency)
    notes = (
        "Such evaluations are evaluations of this size and design, whose estimates are spread "
        "normally around the true effect with the standard error expected above. "
        f"{base} is due for an estimate of zero; more than that is paid for results. "
        f"{risk.n_draws:,} draws (seed {risk.seed}).",
    )
    evaluation = as_evaluation(note)
    return (
        Part(
            heading=heading,
            listed=sentences(risk),
            figures=risk_figures(evaluation),
            tables=risk_tables(evaluation),
            notes=notes,
        ),
    )


def _value(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    valuation = note.spec.value_map
    assert valuation is not None
    settled = (
        (Message("Discounting"), str(valuation.discount).replace("_", " ")),
        (Message("Prices"), valuation.price_base),
        (Message("Valued on"), long_date(valuation.valued_on)),
        (
            Message("Payment is part of the investment"),
            "yes" if valuation.payment_is_invested else "no",
        ),
    )
    return block(
        "value",
        Message("How outcomes will be valued"),
        Part(facts=settled, tables=(value_assumptions(note),)),
        currency=note.spec.contract.currency,
    )


def _assurance(released: ReleasedDesignNote) -> dict[str, Any]:
    note = released.note
    rule = released.rule
    said = (
        f"Counts of fewer than {rule.threshold} will not be published."
        if rule.threshold > 1
        else "No number will be held back as too small."
    )
    said = f"{said} {rule.reason}".strip()
    found = assurance_facts(note.spec, inputs=note.inputs, seed=note.seed, disclosure=said)
    found["provenance"] = [
        (Message("Fingerprint of what was agreed"), note.fingerprint),
        *found["provenance"],
    ]
    return found


def _always(released: ReleasedDesignNote) -> bool:
    return True


SECTIONS: dict[str, Row] = {
    "masthead": Row("", _always, _masthead),
    "question": Row(Message("What is asked"), _always, _question, TEMPLATE),
    "design": Row(Message("How it will be worked out"), _always, _design, TEMPLATE),
    "before": Row(
        Message("What the data show before the start"),
        lambda r: r.groups is not None,
        _before,
        TEMPLATE,
    ),
    "detect": Row(
        Message("What could be told apart"),
        lambda r: has_estimates(r.note),
        _detect,
        TEMPLATE,
    ),
    "payment": Row(
        Message("What will be paid for what"),
        lambda r: r.note.spec.payment is not None,
        _payment,
        TEMPLATE,
    ),
    "value": Row(
        Message("How outcomes will be valued"), lambda r: r.note.value is not None, _value, TEMPLATE
    ),
    "assurance": Row(Message("Limits, sign-off and source"), _always, _assurance),
}
