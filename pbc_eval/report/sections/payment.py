"""What the contract pays: the rule, the statement by clause, its risk, and the schedule."""

from collections.abc import Sequence
from dataclasses import replace

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import Sentence
from pbc_eval.payment.ladder import Ladder
from pbc_eval.payment.risk import NO_EFFECT, PROMISED, PaymentRisk, sentences
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.payment.terms_in_words import terms_in_words
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.figures.payment import payment_ladder, risk_curve
from pbc_eval.report.parts import (
    Downloads,
    Heading,
    LaidOut,
    Links,
    Listed,
    Notice,
    Paragraphs,
    Part,
    tables_of,
)

SCHEDULE = "payment-schedule.md"
WORKBOOK = "workbook.xlsx"
WHAT_IF = "what-if.html"  # beside the page, wherever something is paid or valued
ACCOUNT_TABLES = ("payment-account", "payment-plan", "payment-cohorts", "payment-claims")
RISK_TABLES = (
    "payment-risk-scenarios",
    "payment-risk-tiers",
    "payment-investor-returns",
    "payment-cash-flow",
)


def payment_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Everything on the payment; nothing where nothing is paid."""
    payment, terms = released.payment, released.spec.payment
    if payment is None or terms is None:
        return ()
    parts: list[Part] = []
    if payment.illustrative:
        parts.append(Notice(illustrative_notice(released), Sentence("Illustrative.")))
    total = fmt.money(float(payment.total), payment.currency, payment.decimals)
    labels = {outcome.id: outcome.label for outcome in released.spec.outcomes}
    formulas = [(line.label or line.clause, line.formula) for line in payment.lines]
    parts += [
        LaidOut("total", {"total": total, "is_forecast": payment.is_forecast}),
        *((Paragraphs((payment.sentence,)),) if payment.is_forecast else ()),
        what_if_link(),
        Heading(Sentence("The rule")),
        Listed(tuple(terms_in_words(terms, labels)), numbered=True),
        *_account_parts(released),
        Heading(Sentence("The statement, line by line")),
        *tables_of(released.table("payment-statement"), folded=released.account is not None),
        *_ladder_figures(released),
        *_left_out(released),
        Downloads(
            (
                (
                    WORKBOOK,
                    Sentence("Download the workings as a workbook with live formulas (XLSX)"),
                ),
            )
        ),
        LaidOut("formulas", {"formulas": formulas}),
    ]
    if (alternatives := released.table("payment-alternatives")) is not None:
        explained = Sentence(
            "The estimate that counts was fixed in the terms. These are the payments had another "
            "been agreed."
        )
        parts += [
            Heading(Sentence("What other estimates would have paid")),
            Paragraphs((explained,)),
            *tables_of(alternatives),
        ]
    return [
        *parts,
        *_risk_parts(released),
        Heading(Sentence("The schedule, as it would be signed")),
        LaidOut("schedule", {"schedule": schedule_of(terms)}),
        Downloads(((SCHEDULE, Sentence("Download the schedule (Markdown)")),)),
    ]


def what_if_link() -> Links:
    """The page on which terms, results and assumptions can be changed."""
    words = Sentence("What if the terms, the results or the assumptions were others? Try it.")
    return Links(((words, WHAT_IF),))


def _left_out(released: ReleasedEvaluation) -> list[Part]:
    """A line on what would be paid without one part of the data, of each outcome."""
    analysis, labels = released.payment_analysis, {o.id: o.label for o in released.spec.outcomes}
    lines = [
        entry.sentence(labels[entry.outcome]) for entry in (analysis.left_out if analysis else ())
    ]
    told_lines = tuple(line for line in lines if line is not None)
    return [Paragraphs(told_lines)] if told_lines else []


def _account_parts(released: ReleasedEvaluation) -> list[Part]:
    """Years, plan and claims of a contract that pays for claims."""
    account = released.account
    if account is None:
        return []
    parts: list[Part] = [Heading(Sentence("The account"))]
    if account.sentences:
        parts.append(Paragraphs(account.sentences))
    return [*parts, *tables_of(*(released.table(name) for name in ACCOUNT_TABLES))]


def illustrative_notice(released: ReleasedEvaluation) -> str:
    """What is made up about the amounts: in the terms' own words where they have any."""
    terms = released.spec.payment
    if terms is not None and terms.notes:
        return terms.notes
    if released.spec.publication.data_status == "synthetic":
        return "The terms and amounts are invented, like the data."
    return (
        "Nobody published payment terms for this programme. Those shown here were made up to show "
        "how a payment is worked out; no such payment was agreed or made."
    )


def _ladder_figures(released: ReleasedEvaluation) -> list[Figure]:
    """The ladder of each clause that pays by steps."""
    analysis = released.payment_analysis
    return [
        _ladder_figure(ladder, released.spec.outcome(ladder.outcome), released)
        for ladder in (analysis.ladders if analysis else ())
    ]


def _ladder_figure(ladder: Ladder, outcome: Outcome, released: ReleasedEvaluation) -> Figure:
    figure = payment_ladder(
        ladder,
        name=f"payment-ladder-{ladder.clause}",
        currency=released.spec.contract.currency,
        measure=_ladder_axis(ladder, outcome),
        scale=_ladder_scale(ladder, outcome),
    )
    return replace(figure, about=outcome.id)


def _ladder_axis(ladder: Ladder, outcome: Outcome) -> str:
    label = outcome.label[:1].lower() + outcome.label[1:]
    if ladder.measure == "relative_effect":
        return f"relative improvement in {label} (%)"
    if ladder.measure == "total":
        return f"total improvement in {label} ({outcome.total.unit if outcome.total else 'units'})"
    return f"improvement in {label} ({_unit(outcome)})"


def _ladder_scale(ladder: Ladder, outcome: Outcome) -> float:
    if ladder.measure == "relative_effect":
        return 100.0
    return 100.0 if ladder.measure == "effect" and _in_points(outcome) else 1.0


def _in_points(outcome: Outcome) -> bool:
    return outcome.shown_as == "percentage_points"


def _unit(outcome: Outcome) -> str:
    return "percentage points" if fmt.in_points(outcome) else outcome.unit


def risk_figure(risk: PaymentRisk, outcome: Outcome) -> Figure:
    """What the rule pays by the true effect on ``outcome``, the one that is varied first."""
    label = outcome.label[:1].lower() + outcome.label[1:]
    figure = risk_curve(
        risk,
        name="payment-risk",
        axis=f"True improvement in {label} ({_unit(outcome)})",
        scale=100.0 if _in_points(outcome) else 1.0,
    )
    return replace(figure, about=outcome.id)


def _risk_parts(released: ReleasedEvaluation) -> list[Part]:
    """What the rule pays by chance, in sentences, tables and a figure."""
    risk = released.payment_risk
    if risk is None:
        return []
    varied = [released.spec.outcome(name) for name, _ in risk.scenarios[0].effects]
    return [
        Heading(Sentence("What the rule pays by chance")),
        Listed((*sentences(risk), *_what_was_earned(risk))),
        *tables_of(*(released.table(name) for name in RISK_TABLES)),
        risk_figure(risk, varied[0]),
        Paragraphs(tuple(_risk_notes(risk, varied, released)), style="note"),
    ]


def _what_was_earned(risk: PaymentRisk) -> list[str]:
    """The mean over- or underpayment, in money."""
    gaps = []
    for scenario in risk.scenarios:
        if scenario.name not in (NO_EFFECT, PROMISED):
            continue
        gap = scenario.expected - scenario.known
        if abs(gap) >= 1:
            side = "more" if gap > 0 else "less"
            gaps.append(
                f"With {scenario.name} the mean payment is "
                f"{fmt.money(scenario.expected, risk.currency)}, "
                f"{fmt.money(abs(gap), risk.currency)} {side} than would be due if the effect "
                "were known."
            )
    return gaps


def _risk_notes(
    risk: PaymentRisk, varied: Sequence[Outcome], released: ReleasedEvaluation
) -> list[str]:
    base = fmt.money(risk.base, risk.currency)
    notes = [
        "Such evaluations are evaluations of the same size and design, whose estimates are spread "
        "normally around the true effect with the standard error that was found. "
        f"{base} is due for an estimate of zero; more than that is paid for results."
    ]
    draws = f"{risk.n_draws:,} draws (seed {risk.seed})"
    notes.append(
        "The chances of steps are exact where a step rests on one estimate, the counterfactual of "
        f"a relative effect being estimated with it; the rest comes from {draws}."
        if risk.closed_form
        else f"All of it comes from {draws}."
    )
    if len(varied) > 1:
        names = ", ".join(outcome.label for outcome in varied)
        notes.append(f"The estimates of {names} are drawn independently of each other.")
    if risk.held_fixed:
        names = ", ".join(released.spec.outcome(name).label for name in risk.held_fixed)
        notes.append(f"Without a standard error, and so taken as they stand: {names}.")
    return notes
