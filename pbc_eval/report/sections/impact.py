"""The sections of the impact report, by name. A section that does not apply is empty.

Each takes released results only, derives its facts, and fills its template; adding a section is
one function, one row of SECTIONS and one template.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable, release_table
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.tables import estimates_table
from pbc_eval.messages.message import Message
from pbc_eval.messages.number_formats import long_date
from pbc_eval.report.figures.by_outcome import drawings
from pbc_eval.report.sections.assurance import assurance_facts
from pbc_eval.report.sections.disclosure_record import review_sentence, review_table_of
from pbc_eval.report.sections.payment import illustrative_notice, money_boxes, payment_facts
from pbc_eval.report.sections.performance import performance_facts
from pbc_eval.report.sections.revision import revision_facts
from pbc_eval.report.sections.uncertainty import uncertainty_facts
from pbc_eval.report.sections.value import value_facts
from pbc_eval.report.words import claims, facts, prose
from pbc_eval.report.words.deviations import (
    deviation_sentences,
    protocol_link,
    protocol_sentence,
)


class Row(NamedTuple):
    """One section: its heading ('' for the masthead), when it applies, and what fills it.

    ``template`` is its own name where it is left out.
    """

    heading: str
    applies: Callable[[Any], bool]
    build: Callable[[Any], dict[str, Any]]
    template: str = ""


def masthead_facts(
    released: ReleasedEvaluation, series: str, sections: Mapping[str, Row]
) -> dict[str, Any]:
    """The top of a page on an evaluation: what it is, how far to trust it, what is on it."""
    spec = released.evaluation.spec
    publication = spec.publication
    notices = (
        [(Message("Please note."), publication.data_notice)] if publication.data_notice else []
    )
    illustrative = facts.is_illustrative(released.evaluation)
    if illustrative and spec.payment:
        notices.append((Message("Illustrative amounts."), illustrative_notice(released.evaluation)))
    return {
        "series": series,
        "spec": spec,
        "summary": spec.contract.summary,
        "status": facts.STATUS_WORDS[spec.status],
        "data_badge": facts.DATA_BADGES[publication.data_status],
        "illustrative": illustrative,
        "notices": notices,
        "facts": [
            (Message("Released"), long_date(publication.release_date)),
            (Message("Commissioner"), spec.contract.commissioner),
            (Message("Provider"), spec.contract.provider),
            (Message("Contact"), publication.contact),
            (Message("Licence"), publication.licence),
        ],
        "contents": contents(released, sections),
    }


def contents(released: Any, sections: Mapping[str, Row]) -> list[tuple[str, str]]:
    """The sections that the page has, by their anchor and heading."""
    return [
        (name, row.heading)
        for name, row in sections.items()
        if row.heading and row.applies(released)
    ]


def _masthead(released: ReleasedEvaluation) -> dict[str, Any]:
    return masthead_facts(released, Message("Impact report"), SECTIONS)


def _summary(released: ReleasedEvaluation) -> dict[str, Any]:
    evaluation = released.evaluation
    primary = evaluation.primary
    ordered = sorted(evaluation.findings, key=lambda finding: finding is not primary)
    headlines = []
    for finding in ordered:
        headline = prose.headline(finding, evaluation)
        claims.refuse_over_claims(headline.sentence, finding, evaluation)
        claims.refuse_over_claims_of(finding, evaluation)
        verdict, mark = facts.VERDICTS[headline.verdict]
        if design_kind(evaluation.spec.design).reported_by_others:
            verdict = facts.AS_REPORTED
        headlines.append(
            {
                "label": finding.outcome.label,
                "headline": headline,
                "verdict": verdict,
                "mark": mark,
            }
        )
    can: tuple[str, ...] = ()
    cannot: tuple[str, ...] = ()
    if primary:
        can = prose.can_say(primary, evaluation)
        cannot = prose.cannot_say(primary, evaluation)
        for sentence in (*can, *cannot):
            claims.refuse_over_claims(sentence, primary, evaluation)
    return {
        "headlines": headlines,
        "money": money_boxes(evaluation),
        "can_say": can,
        "cannot_say": cannot,
        "strength": prose.strength_of_evidence(evaluation),
    }


def _design(released: ReleasedEvaluation) -> dict[str, Any]:
    evaluation = released.evaluation
    notes: dict[str, None] = {}
    for finding in evaluation.findings:
        notes.update(dict.fromkeys(finding.headline.method.notes))
        notes.update(dict.fromkeys(finding.notes))
    return {
        "spec": evaluation.spec,
        "facts": facts.method_facts(evaluation),
        "notes": [note[:1].upper() + note[1:].rstrip(".") + "." for note in notes],
        "protocol": protocol_sentence(evaluation),
        "protocol_link": protocol_link(evaluation),
        "deviations": deviation_sentences(evaluation),
    }


def _sample(released: ReleasedEvaluation) -> dict[str, Any]:
    return _by_finding(released, tables=("ledger", "groups", "support", "unmatched"), figures=())


def _checks(released: ReleasedEvaluation) -> dict[str, Any]:
    built = _by_finding(
        released,
        tables=("balance",),
        figures=("paths", "balance", "score_curves", "score_bars"),
    )
    waivers = {w.check: w.reason for w in released.evaluation.spec.design.waivers}
    for item, part in zip(built["items"], released.findings, strict=True):
        item["checks"] = [
            {
                "title": check.name.replace("_", " ").capitalize(),
                "status": check.status,
                "word": facts.CHECK_WORDS[check.status][0],
                "mark": facts.CHECK_WORDS[check.status][1],
                "sentence": check.sentence,
                "null": _null_in_words(check.null),
                "waiver": waivers.get(check.name, "") if check.status == "fail" else "",
            }
            for check in part.finding.checks
        ]
    return built


def _null_in_words(null: str) -> str:
    """What was tested, as a sentence; a comparison with limits says that it is no test."""
    if not null:
        return ""
    words = null if null.startswith("not a test") else f"null hypothesis: {null}"
    return words[:1].upper() + words[1:] + "."


def _estimates(released: ReleasedEvaluation) -> dict[str, Any]:
    built = _by_finding(
        released,
        tables=(
            "estimates",
            "impossible",
            "two-way",
            "methods",
            "event",
            "cohort",
            "cells",
            "weights",
        ),
        figures=("event", "estimates"),
    )
    n = len(released.findings)
    built["multiplicity"] = (
        "One outcome was tested; no correction for testing several is needed."
        if n == 1
        else f"{n} outcomes were tested. Every one is shown; intervals are not widened for testing "
        "several, so read those that are not the headline as supporting evidence."
    )
    built["all_outcomes"] = all_outcomes_table(released) if n > 1 else None
    return built


def all_outcomes_table(released: ReleasedEvaluation) -> ReleasedTable:
    """Every outcome that was tested, so that none can be picked out of many."""
    rows = [(part.finding.outcome.label, part.finding.headline) for part in released.findings]
    lead = released.primary or released.findings[0]
    units = {part.finding.outcome.unit for part in released.findings}
    table = estimates_table(
        released.evaluation.spec,
        lead.finding.outcome,
        rows,
        name="all-outcomes",
        caption="Every outcome that was tested"
        + ("" if len(units) == 1 else ", each in its own unit"),
    )
    return release_table(table, released.rule)


def _assurance(released: ReleasedEvaluation) -> dict[str, Any]:
    evaluation = released.evaluation
    return assurance_facts(
        evaluation.spec,
        inputs=evaluation.inputs,
        seed=evaluation.seed,
        disclosure=f"{facts.disclosure_sentence(released)} {review_sentence(released)}",
        review=review_table_of(released, released.reviews) if released.reviews else None,
        revision=revision_facts(released),
    )


def _by_finding(
    released: ReleasedEvaluation, *, tables: tuple[str, ...], figures: tuple[str, ...]
) -> dict[str, Any]:
    """The same kinds of table and figure for each outcome, in reading order."""
    items = []
    for part in released.findings:
        drawn = drawings(part, released.evaluation) if figures else {}
        items.append(
            {
                "label": part.finding.outcome.label,
                "tables": [t for kind in tables if (t := part.table(kind)) is not None],
                "figures": [drawn[kind] for kind in figures if kind in drawn],
            }
        )
    return {
        "items": items,
        "many": len(items) > 1,
        "currency": released.evaluation.spec.contract.currency,
    }


def _always(released: ReleasedEvaluation) -> bool:
    return True


def _estimated(released: ReleasedEvaluation) -> bool:
    return design_kind(released.evaluation.spec.design).gives_estimates


def _pays(released: ReleasedEvaluation) -> bool:
    return released.evaluation.payment is not None


def _performs(released: ReleasedEvaluation) -> bool:
    return released.evaluation.performance is not None


def _values(released: ReleasedEvaluation) -> bool:
    return released.evaluation.sroi is not None


def _uncertain(released: ReleasedEvaluation) -> bool:
    simulation = released.evaluation.simulation
    return simulation is not None and simulation.returns is not None


SECTIONS: dict[str, Row] = {
    "masthead": Row("", _always, _masthead),
    "summary": Row(Message("What was found"), _always, _summary),
    "payment": Row(Message("What the contract pays"), _pays, payment_facts),
    "performance": Row(Message("How the service performed"), _performs, performance_facts),
    "value": Row(Message("Social value"), _values, value_facts),
    "uncertainty": Row(Message("How sure the return is"), _uncertain, uncertainty_facts),
    "design": Row(Message("How this was worked out"), _always, _design),
    "sample": Row(Message("Who is in the analysis"), _estimated, _sample),
    "checks": Row(Message("Does the comparison hold?"), _estimated, _checks),
    "estimates": Row(Message("Estimates"), _estimated, _estimates),
    "assurance": Row(Message("Limits, sign-off and source"), _always, _assurance),
}
