"""The sections of a social return report; those that an impact report has too are reused."""

from typing import Any

import pandas as pd

from pbc_eval.agreement.social_value import SocialValueAccount
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable
from pbc_eval.errors import PublicationError
from pbc_eval.messages.message import Message
from pbc_eval.report.sections.assumption_register import register_table
from pbc_eval.report.sections.blocks import TEMPLATE, Part, block
from pbc_eval.report.sections.impact import SECTIONS as IMPACT
from pbc_eval.report.sections.impact import Row, masthead_facts
from pbc_eval.report.sections.payment import ratio_range
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt
from pbc_eval.sroi.present_value import SroiResult

NOT_STATED = Message("Not stated.")
SOURCE = (
    "The eight Principles of Social Value are those of Social Value International; the stages are "
    "those of A Guide to Social Return on Investment (2012)."
)


def _account(released: ReleasedEvaluation) -> SocialValueAccount | None:
    valuation = released.evaluation.spec.value_map
    return valuation.account if valuation else None


def _sroi(released: ReleasedEvaluation) -> SroiResult:
    found = released.evaluation.sroi
    if found is None:
        raise PublicationError(
            f"{released.evaluation.spec.id}: a social return report needs a value_map. Add one, or "
            "set publication.report to impact_report."
        )
    return found


def _masthead(released: ReleasedEvaluation) -> dict[str, Any]:
    _sroi(released)
    return masthead_facts(released, Message("Social return report"), SECTIONS)


def _principles(released: ReleasedEvaluation) -> dict[str, Any]:
    return block(
        "principles",
        Message("The Principles of Social Value, and what was done for each"),
        Part(facts=principles(released), notes=(SOURCE,)),
    )


def principles(released: ReleasedEvaluation) -> tuple[tuple[str, str], ...]:
    """Each principle and what was done for it, from the map and from what is stated."""
    sroi, account = _sroi(released), _account(released)
    low, high = ratio_range(released.evaluation)
    rows = sroi.outcomes
    asked = [one for one in account.stakeholders if one.involved] if account else []
    numbers = [one.number for one in asked if one.number is not None]
    involved: str = NOT_STATED
    if asked:
        involved = (
            f"{len(asked)} of {len(account.stakeholders) if account else 0} groups were asked"
        )
        involved += f", {sum(numbers):,} people in all." if numbers else "."
    harms = sum((row.quantity or 0) < 0 or (row.proxy_value or 0) < 0 for row in rows)
    steps = len(account.theory_of_change) if account else 0
    counted = sum(row.quantity_from is not None for row in rows)
    without = sum(not row.filters_source for row in rows)
    untouched = sum(row.quantity_from is None and row.deadweight == 0 for row in rows)
    estimated = f"{counted} of the {len(rows)} quantities" if counted else "No quantity"
    overclaim = (
        f"{estimated} {'are' if counted > 1 else 'is'} estimated against a comparison group."
    )
    if untouched:
        overclaim += (
            f" From {untouched} of {len(rows)} outcomes nothing is taken off for what would have "
            "happened anyway (deadweight)."
        )
    if without:
        overclaim += f" For {without} of {len(rows)} outcomes no reason is given for the shares."
    simulated = (
        "its uncertainty is simulated"
        if released.evaluation.simulation
        else ("no uncertainty is declared, so none is simulated")
    )
    return (
        ("1. Involve stakeholders", involved),
        (
            "2. Understand what changes",
            f"{len(rows)} outcomes, {harms or 'none'} of them {'a harm' if harms == 1 else 'harms'}"
            f", for {len({row.stakeholder for row in rows})} stakeholders; "
            + (f"a theory of change in {steps} steps." if steps else "no theory of change stated."),
        ),
        (
            "3. Value the things that matter",
            "Each outcome is valued by a proxy with its source (see the assumption register).",
        ),
        ("4. Only include what is material", (account.material if account else "") or NOT_STATED),
        ("5. Do not overclaim", overclaim),
        (
            "6. Be transparent",
            "The whole value map, unrounded, and a workbook with live formulas can be downloaded; "
            f"the ratio is shown with its range, {low:.2f} to {high:.2f}, beside the net present "
            f"value; {simulated}.",
        ),
        ("7. Verify the result", (account.verified if account else "") or NOT_STATED),
        ("8. Be responsive", (account.responsive if account else "") or NOT_STATED),
    )


def _stakeholders(released: ReleasedEvaluation) -> dict[str, Any]:
    account = _account(released)
    if account is None:
        text = "Neither scope nor involvement of stakeholders is stated (value_map.account)."
        return block("stakeholders", Message("Scope and stakeholders"), Part(text=(text,)))
    facts = [(Message("Scope"), account.scope)]
    facts += [(Message("Purpose"), account.purpose)] if account.purpose else []
    table = stakeholder_table(released)
    steps = account.theory_of_change
    return block(
        "stakeholders",
        Message("Scope and stakeholders"),
        Part(facts=tuple(facts), tables=(table,) if table else ()),
        Part(
            heading=Message("How change is meant to come") if steps else "",
            listed=steps,
            numbered=True,
        ),
    )


def stakeholder_table(released: ReleasedEvaluation) -> ReleasedTable | None:
    """Who was considered, how they were involved, and who was left out and why."""
    account = _account(released)
    if account is None or not account.stakeholders:
        return None
    valued = {row.stakeholder for row in _sroi(released).outcomes}
    rows = [
        {
            "name": one.name,
            "involved": one.involved or NOT_STATED,
            "number": one.number,
            "valued": "yes" if one.name in valued else f"no: {one.left_out_because or NOT_STATED}",
        }
        for one in account.stakeholders
    ]
    return open_table(
        "value-involvement",
        "Stakeholders and how they were involved",
        pd.DataFrame(rows),
        {
            "name": ("Stakeholder", "text"),
            "involved": ("How they were involved", "text"),
            "number": ("How many", "count"),
            "valued": ("In the value map", "text"),
        },
    )


def _register(released: ReleasedEvaluation) -> dict[str, Any]:
    sroi = _sroi(released)
    text = (
        "Every figure that the return rests on: its source, the year of its prices, the grade of "
        "the evidence (1 is best) and, where published reports were surveyed, where it falls among "
        "them. A figure at the far end of practice is not wrong; it asks for its reason."
    )
    return block(
        "register",
        Message("Assumption register"),
        Part(text=(text,), tables=(register_table(released.evaluation),)),
        Part(
            heading=Message("Deadweight, displacement, attribution and drop-off, with reasons"),
            tables=(shares_table(sroi),),
        ),
        currency=sroi.currency,
    )


def shares_table(sroi: SroiResult) -> ReleasedTable:
    """What is taken off each outcome, and why."""
    rows = [
        {
            **row.model_dump(),
            "what": row.indicator or row.outcome,
            "why": row.filters_source or "No reason is stated.",
        }
        for row in sroi.outcomes
    ]
    shares = ("deadweight", "displacement", "attribution", "leakage", "drop_off")
    return open_table(
        "value-shares",
        "What is taken off each outcome",
        pd.DataFrame(rows)[["what", *shares, "why"]],
        {
            "what": ("Outcome", "text"),
            "deadweight": ("Deadweight", "share"),
            "displacement": ("Displacement", "share"),
            "attribution": ("Owed to others", "share"),
            "leakage": ("Leakage", "share"),
            "drop_off": ("Drop-off a year", "share"),
            "why": ("Why", "text"),
        },
    )


def _not_valued(released: ReleasedEvaluation) -> dict[str, Any]:
    account = _account(released)
    unpaid = [one for one in released.evaluation.investment_parts if one[1] == 0]
    listed = account.not_valued if account else ()
    listed += tuple(f"Put in, and not valued: {name}." for name, _ in unpaid)
    currency = _sroi(released).currency
    text = (
        "A ratio holds only what somebody valued. What is listed here is known and is not in it."
        if listed
        else "Nothing is stated of changes that were not valued; that does not mean there are none."
    )
    several = (
        f"A ratio of {fmt.number(_sroi(released).ratio, 2)} does not say that this activity is "
        "better than one with a lower ratio: each rests on its own choice of outcomes, values and "
        "durations."
    )
    return block(
        "not-valued",
        Message("What is not valued, and what the ratio does not say"),
        Part(text=(text,), listed=listed),
        Part(text=(several,)),
        currency=currency,
    )


def _has_value(released: ReleasedEvaluation) -> bool:
    return True


SECTIONS: dict[str, Row] = {
    "masthead": Row("", _has_value, _masthead),
    "summary": IMPACT["summary"],
    "principles": Row(Message("The Principles of Social Value"), _has_value, _principles, TEMPLATE),
    "stakeholders": Row(Message("Scope and stakeholders"), _has_value, _stakeholders, TEMPLATE),
    "value": IMPACT["value"],
    "register": Row(Message("Assumption register"), _has_value, _register, TEMPLATE),
    "uncertainty": IMPACT["uncertainty"],
    "payment": IMPACT["payment"],
    "not-valued": Row(Message("What is not valued"), _has_value, _not_valued, TEMPLATE),
    "design": IMPACT["design"],
    "assurance": IMPACT["assurance"],
}


def sroi_tables(released: ReleasedEvaluation) -> tuple[ReleasedTable, ...]:
    """The tables that this kind of report has beside those of an impact report."""
    table = stakeholder_table(released)
    found = (register_table(released.evaluation), shares_table(_sroi(released)))
    return found if table is None else (table, *found)
