"""The account of a social return: principles, stakeholders, assumptions, what is not valued."""

from collections.abc import Sequence

from pbc_eval.agreement.social_value import SocialValueAccount
from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import Sentence
from pbc_eval.report.parts import Facts, Heading, Listed, Paragraphs, Part, tables_of
from pbc_eval.report.sections.summary import ratio_range
from pbc_eval.report.sections.value import require_value
from pbc_eval.sroi.present_value import SroiResult

NOT_STATED = Sentence("Not stated.")
SOURCE = (
    "The eight Principles of Social Value are those of Social Value International; the stages are "
    "those of A Guide to Social Return on Investment (2012)."
)
REGISTER = (
    "Every figure that the return rests on: its source, the year of its prices, the grade of "
    "the evidence (1 is best) and, where published reports were surveyed, where it falls among "
    "them. A figure at the far end of practice is not wrong; it asks for its reason."
)


def principle_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Each principle and what was done for it."""
    return Facts(principles(released)), Paragraphs((SOURCE,), style="note")


def principles(released: ReleasedEvaluation) -> tuple[tuple[str, str], ...]:
    """Each principle and what was done for it, from the map and from what is stated."""
    sroi, account = require_value(released), _account(released)
    span = ratio_range(released)
    simulated = (
        "its uncertainty is simulated"
        if released.simulation
        else "no uncertainty is declared, so none is simulated"
    )
    return (
        ("1. Involve stakeholders", _who_was_involved(account)),
        ("2. Understand what changes", _what_changes(sroi, account)),
        (
            "3. Value the things that matter",
            "Each outcome is valued by a proxy with its source (see the assumption register).",
        ),
        ("4. Only include what is material", (account.material if account else "") or NOT_STATED),
        ("5. Do not overclaim", _what_is_claimed(sroi)),
        (
            "6. Be transparent",
            "The whole value map and a workbook with live formulas can be downloaded; "
            f"the ratio is shown with its range, {span.low:.2f} to {span.high:.2f} {span.how}, "
            f"beside the net present value; {simulated}.",
        ),
        ("7. Verify the result", (account.verified if account else "") or NOT_STATED),
        ("8. Be responsive", (account.responsive if account else "") or NOT_STATED),
    )


def _account(released: ReleasedEvaluation) -> SocialValueAccount | None:
    valuation = released.spec.value_map
    return valuation.account if valuation else None


def _who_was_involved(account: SocialValueAccount | None) -> str:
    stakeholders = account.stakeholders if account else ()
    asked = [stakeholder for stakeholder in stakeholders if stakeholder.involved]
    if not asked:
        return NOT_STATED
    numbers = [stakeholder.number for stakeholder in asked if stakeholder.number is not None]
    groups = f"{len(asked)} of {len(stakeholders)} groups were asked"
    return f"{groups}, {sum(numbers):,} people in all." if numbers else f"{groups}."


def _what_changes(sroi: SroiResult, account: SocialValueAccount | None) -> str:
    rows = sroi.outcomes
    whom = len({row.stakeholder for row in rows})
    harms = sum((row.quantity or 0) < 0 or (row.proxy_value or 0) < 0 for row in rows)
    steps = len(account.theory_of_change) if account else 0
    theory = f"a theory of change in {steps} steps." if steps else "no theory of change stated."
    return (
        f"{len(rows)} outcomes, {harms or 'none'} of them {'a harm' if harms == 1 else 'harms'}"
        f", for {whom} stakeholder{'' if whom == 1 else 's'}; {theory}"
    )


def _what_is_claimed(sroi: SroiResult) -> str:
    rows = sroi.outcomes
    counted = sum(row.quantity_from is not None for row in rows)
    without = sum(not row.filters_source for row in rows)
    untouched = sum(row.quantity_from is None and row.deadweight == 0 for row in rows)
    estimated = f"{counted} of the {len(rows)} quantities" if counted else "No quantity"
    claim = f"{estimated} {'are' if counted > 1 else 'is'} estimated against a comparison group."
    if untouched:
        claim += (
            f" From {untouched} of {len(rows)} outcomes nothing is taken off for what would have "
            "happened anyway (deadweight)."
        )
    if without:
        claim += f" For {without} of {len(rows)} outcomes no reason is given for the shares."
    return claim


def stakeholder_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Scope, purpose, who was involved and how change is meant to come."""
    account = _account(released)
    if account is None:
        text = "Neither scope nor involvement of stakeholders is stated (value_map.account)."
        return (Paragraphs((text,)),)
    stated = [(Sentence("Scope"), account.scope)]
    if account.purpose:
        stated.append((Sentence("Purpose"), account.purpose))
    parts: list[Part] = [Facts(tuple(stated)), *tables_of(released.table("value-involvement"))]
    if account.theory_of_change:
        parts += [
            Heading(Sentence("How change is meant to come")),
            Listed(account.theory_of_change, numbered=True),
        ]
    return parts


def register_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """Every assumption, and what is taken off each outcome and why."""
    return (
        Paragraphs((REGISTER,)),
        *tables_of(released.table("assumption-register")),
        Heading(Sentence("Deadweight, displacement, attribution and drop-off, with reasons")),
        *tables_of(released.table("value-shares")),
    )


def not_valued_parts(released: ReleasedEvaluation) -> Sequence[Part]:
    """What is known and not in the ratio, and that ratios are no league."""
    account = _account(released)
    listed = account.not_valued if account else ()
    listed += tuple(
        f"Put in, and not valued: {part.label}." for part in released.investment if part.value == 0
    )
    text = (
        "A ratio holds only what somebody valued. What is listed here is known and is not in it."
        if listed
        else "Nothing is stated of changes that were not valued; that does not mean there are none."
    )
    several = (
        f"A ratio of {fmt.number(require_value(released).ratio, 2)} does not say that this "
        "activity is better than one with a lower ratio: each rests on its own choice of outcomes, "
        "values and durations."
    )
    parts: list[Part] = [Paragraphs((text,))]
    if listed:
        parts.append(Listed(listed))
    return [*parts, Paragraphs((several,))]
