"""What was found, at the top of a page: headlines in boxes, and what can and cannot be said."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pbc_eval.checks import checks_for
from pbc_eval.checks.diverging_trends import breakdown_in_words
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding, ReleasedPortfolio
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.agreement_of_methods import AgreementOfMethods
from pbc_eval.evaluation.measured_outcome import SHARE_OF_COMPARISON
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import EMPTY, Claim, Sentence
from pbc_eval.messages.values import Money, Name, Names, Number, as_typed
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.report.figures.effects import at_a_glance
from pbc_eval.report.parts import Heading, LaidOut, Listed, Part
from pbc_eval.report.words import claims, facts, prose
from pbc_eval.report.words.portfolio_words import headline_sentences, money_sentence
from pbc_eval.sroi.present_value import SroiResult, bare_rows

ALL_AT_ONCE = (
    "Contracts differ in whom they served, where and when. Differences between them are not "
    "effects of how they were run."
)


def evaluation_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """The headline of every outcome, the money, and what the results allow to be said."""
    primary = released.primary
    ordered = sorted(released.findings, key=lambda finding: finding is not primary)
    outcomes = [_headline_box(finding, released) for finding in ordered]
    boxes = [*outcomes[1:], *_money_boxes(released)]
    parts: list[Part] = [
        LaidOut("headlines", {"first": outcomes[0] if outcomes else None, "boxes": boxes})
    ]
    parts += at_a_glance_of(released)
    if strength := prose.strength_of_evidence(released):
        lines = [line for finding in ordered for line in _evidence(finding, released)]
        parts.append(LaidOut("strength", {"strength": strength, "lines": lines}))
    if primary is not None:
        can = prose.can_say(primary, released)
        cannot = prose.cannot_say(primary, released)
        for sentence in (*can, *cannot):
            claims.refuse_over_claims(sentence, primary, released)
        parts.append(LaidOut("say", {"can_say": can, "cannot_say": cannot}))
    return parts


def at_a_glance_of(released: ReleasedEvaluation) -> list[Part]:
    """The headline drawn beside what the contract asks for; nothing where its terms name neither a
    threshold nor a promise for it."""
    finding, terms = released.primary, released.spec.payment
    if finding is None or terms is None:
        return []
    measured, outcome = finding.measured, finding.outcome
    if not measured.effect or measured.unit == SHARE_OF_COMPARISON:
        return []  # the latter is of no unit that an axis could have
    analysis, marks = released.payment_analysis, []
    ladders = [
        rung for rung in (analysis.ladders if analysis else ()) if rung.outcome == outcome.id
    ]
    for ladder in ladders:
        unit = ladder.estimate / measured.effect
        if unit:
            for place, (step, _) in enumerate(ladder.steps):
                paid = f"More paid from ({place + 1})" if place else "Paid from"
                whose = f": {ladder.label}" if len(ladders) > 1 else ""
                marks.append((f"{paid}{whose}", step / unit))
    marks = marks[:MOST_STEPS]
    if outcome.id in terms.promised_effects:
        marks.append(("Promised", terms.promised_effects[outcome.id]))
    if not marks:
        return []
    figure = at_a_glance(
        measured,
        outcome,
        released.spec.contract.currency,
        marks,
        name=f"{outcome.id}-at-a-glance",
        level=finding.headline.level,
    )
    return [replace(figure, about=outcome.id)]


MOST_STEPS = 4  # that are drawn


def _evidence(finding: ReleasedFinding, released: ReleasedEvaluation) -> list[Sentence]:
    """A line for each check that asks to be looked at, then how far other ways agree, and how large
    a violation it would take."""
    rows = {row.name: row for row in checks_for(released.spec.design.method)}
    lines = []
    for check in facts.unanswered(finding, released):
        row = rows.get(check.name)
        title = as_typed(check.name.replace("_", " ").capitalize())
        if row is not None and row.title:
            title = row.title
        brief = row.in_short.get(check.status) if row else None
        lines.append(
            Sentence("{title}: {brief}", title=title, brief=brief)
            if brief is not None
            else Sentence("{title}: {word}.", title=title, word=facts.CHECK_WORDS[check.status][0])
        )
    agreement = facts.agreement_with_others(finding, released)
    if agreement is not None:
        lines.append(_agreement_in_words(agreement, finding, released))
    diverging = next((c for c in finding.checks if c.name == "diverging_trends"), None)
    if diverging is not None and diverging.statistic is not None and diverging.status in HELD:
        lines.append(breakdown_in_words(diverging.statistic))
    analysis = released.payment_analysis
    lines += [
        Sentence(
            "Payment without one part of the data: {steps} would reach another step.",
            Claim(kind="none", of=finding.outcome.id),
            steps=Names(entry.steps),
        )
        for entry in (analysis.left_out if analysis else ())
        if entry.outcome == finding.outcome.id and entry.steps
    ]
    if len(released.findings) < 2:
        return lines
    label = Name(finding.outcome.label)
    return [Sentence("{label}. {line}", label=label, line=line) for line in lines]


HELD = ("pass", "review")


def _agreement_in_words(
    agreement: AgreementOfMethods, finding: ReleasedFinding, released: ReleasedEvaluation
) -> Sentence:
    """Direction, clearness and payment of the other ways, in one sentence."""
    claim = Claim(kind="none", of=finding.outcome.id)
    clear = (
        Sentence("tell it apart from zero too")
        if finding.headline.significant
        else Sentence("cannot tell it apart from zero either")
    )
    paid = EMPTY
    if agreement.agreed is not None and agreement.payments:
        currency = released.spec.contract.currency
        paid = Sentence("; all would pay the same")
        if agreement.paying_otherwise and len(set(agreement.payments)) == 1:
            paid = Sentence(
                "; they would pay {least}, beside {agreed} as agreed",
                least=Money(min(agreement.payments), currency),
                agreed=Money(agreement.agreed, currency),
            )
        elif agreement.paying_otherwise:
            paid = Sentence(
                "; they would pay between {least} and {most}, beside {agreed} as agreed",
                least=Money(min(agreement.payments), currency),
                most=Money(max(agreement.payments), currency),
                agreed=Money(agreement.agreed, currency),
            )
    return Sentence(
        "Agreement of methods: of {ways} other ways to estimate it, {same} find the same direction "
        "and {as_clear} {clear}{paid}.",
        claim,
        ways=Number(agreement.ways),
        same=Number(agreement.same_direction),
        as_clear=Number(agreement.as_clear),
        clear=clear,
        paid=paid,
    )


def _headline_box(finding: ReleasedFinding, released: ReleasedEvaluation) -> dict[str, Any]:
    headline = prose.headline(finding, released)
    claims.refuse_over_claims(headline.sentence, finding, released)
    claims.refuse_over_claims_of(finding, released)
    verdict, mark = facts.verdict_words(headline.verdict, finding, released)
    doubted = (verdict, mark) in facts.WITH_DOUBTS.values()
    return {
        "kind": "verdict-uncertain" if doubted else f"verdict-{headline.verdict}",
        "label": finding.outcome.label,
        "mark": mark,
        "figure": headline.figure,
        "unit": headline.unit,
        "verdict": verdict,
        "sentence": headline.sentence,
    }


def _money_boxes(released: ReleasedEvaluation) -> list[dict[str, Any]]:
    """The payment and the ratio, each with what it rests on."""
    currency, payment, sroi = released.spec.contract.currency, released.payment, released.sroi
    boxes = []
    if payment is not None:
        label = payment_label(payment)
        figure = fmt.money(float(payment.total), currency)
        beside = released.account.not_due if released.account else None
        words = payment.sentence if beside is None else f"{payment.sentence} {beside}"
        boxes.append(_money_box(label, figure, words))
    if sroi is not None:
        span = ratio_range(released)
        low, high = (fmt.money(end, currency, 2) for end in (span.low, span.high))
        label = Sentence("Social return per {unit} invested", unit=Money(1, currency))
        boxes.append(
            _money_box(
                label,
                fmt.money(sroi.ratio, currency, 2),
                f"Between {low} and {high} {span.how}. Net present value "
                f"{fmt.money(sroi.net_present_value, currency)}."
                f"{carried_by_one(released)}{bare_counts(sroi)}",
            )
        )
    return boxes


def payment_label(payment: PaymentStatement) -> Sentence:
    """What the amount is: due, or expected."""
    if payment.is_forecast:
        return Sentence("Payment expected (a forecast; nothing is due)")
    if payment.illustrative:
        return Sentence("Payment due (illustrative)")
    return Sentence("Payment due")


def _money_box(label: str, figure: str, sentence: str) -> dict[str, Any]:
    return {
        "kind": "money",
        "label": label,
        "mark": "",
        "figure": figure,
        "unit": "",
        "verdict": "",
        "sentence": sentence,
    }


class RatioRange(NamedTuple):
    """Between which ends the ratio lies, and what the ends are of."""

    low: float
    high: float
    how: str  # "in 95% of 100,000 simulated draws"


ONE_AT_A_TIME = "when one assumption at a time is changed"


def ratio_range(released: ReleasedEvaluation) -> RatioRange:
    """The simulated interval where something was simulated, else the lowest and highest ratio when
    one assumption at a time moves. A ratio needs its range."""
    returns = None if released.simulation is None else released.simulation.returns
    if returns is not None:
        low, high = returns.spread["ratio"].interval
        if low < high:
            how = f"in {fmt.percent(returns.level)} of {returns.draws:,} simulated draws"
            return RatioRange(low, high, how)
    analysis = released.value_analysis
    ends = None if analysis is None else analysis.ratio_range
    if ends is None:
        raise PublicationError(f"{released.spec.id}: a ratio without its range is not published.")
    return RatioRange(*ends, ONE_AT_A_TIME)


def carried_by_one(released: ReleasedEvaluation) -> str:
    """A word on the one value that carries much of all gains, where one does."""
    analysis = released.value_analysis
    heaviest = None if analysis is None else analysis.heaviest
    if heaviest is None or not heaviest.is_much:
        return ""
    return (
        f" One value carries {fmt.percent(heaviest.share)} of what is gained; without it the ratio "
        f"is {fmt.number(heaviest.ratio_without, 2)}."
    )


def bare_counts(sroi: SroiResult) -> str:
    """A word on rows whose quantity was counted, and from which nothing is taken off."""
    bare = bare_rows(sroi.outcomes)
    if not bare:
        return ""
    which = (
        "any outcome"
        if len(bare) == len(sroi.outcomes)
        else f"{len(bare)} of its {len(sroi.outcomes)} outcomes"
    )
    return f" Nothing is taken off for what would have happened anyway from {which}."


def _numbers_read(released: ReleasedPortfolio) -> tuple[str, ...]:
    """How numbers that are text were read, where the file says so."""
    spec = released.spec
    if spec.numbers is None or spec.file is None:
        return ()
    return (f"Numbers that are text in {spec.file} are read as written like {spec.numbers}.",)


def portfolio_parts(released: ReleasedPortfolio) -> Sequence[Part]:
    """How many contracts can show an improvement, what was paid, and how to read it."""
    sentences = headline_sentences(released)
    paid = [
        contract
        for contract in released.contracts
        if contract.paid is not None and not contract.made_up
    ]
    currencies = {contract.currency for contract in paid}
    figure = f"{len(currencies)} currencies" if currencies else "Not known"
    if len(currencies) == 1:
        figure = fmt.money(sum(contract.paid or 0.0 for contract in paid), paid[0].currency)
    shown = f"{released.counted('improved')} improved, {released.counted('uncertain')} cannot tell"
    if released.counted("not_measured") == len(released.contracts):
        shown = "Not measured"
    money = released.plans.sentences[0] if released.plans else money_sentence(released)
    boxes = [
        _money_box(Sentence("Contracts"), str(len(released.contracts)), released.spec.chosen),
        _money_box(Sentence("What they can show"), shown, sentences[0]),
        _money_box(Sentence("Paid or due"), figure, money),
    ]
    return (
        LaidOut("headlines", {"first": None, "boxes": boxes}),
        Heading(Sentence("How to read this")),
        Listed((*sentences[1:], ALL_AT_ONCE, *_numbers_read(released))),
    )
