"""The sections of the impact report, by name. A section that does not apply is empty.

Each takes released results only, derives its facts, and fills its template; adding a section is
one function, one row of SECTIONS and one template.
"""

from collections.abc import Callable
from typing import Any

from pbc_eval._validate import check_choice
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable, release_table
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.tables import estimates_table
from pbc_eval.provenance import manifest
from pbc_eval.report import facts, prose
from pbc_eval.report.disclosure_record import review_sentence, review_table_of
from pbc_eval.report.drawings import drawings
from pbc_eval.report.html import Section, render
from pbc_eval.report.money import illustrative_notice, money_boxes, payment_facts
from pbc_eval.report.performance import performance_facts
from pbc_eval.report.revision import revision_facts
from pbc_eval.report.uncertainty import uncertainty_facts
from pbc_eval.report.value import value_facts


def section(name: str, released: ReleasedEvaluation) -> Section:
    """One section of the page as HTML; empty when the evaluation has nothing for it.

    Raises PublicationError for an unknown name, an over-claim or a figure without its words.
    """
    check_choice("section", "name", name, list(SECTIONS), PublicationError)
    _, applies, build = SECTIONS[name]
    return render(name, build(released)) if applies(released) else Section("")


def _masthead(released: ReleasedEvaluation) -> dict[str, Any]:
    spec = released.evaluation.spec
    return {
        "spec": spec,
        "data_badge": facts.DATA_BADGES[spec.publication.data_status],
        "illustrative": facts.is_illustrative(released.evaluation),
        "illustrative_notice": illustrative_notice(released.evaluation),
        "release_date": facts.long_date(spec.publication.release_date),
        "contents": [
            (name, heading)
            for name, (heading, applies, _) in SECTIONS.items()
            if heading and applies(released)
        ],
    }


def _summary(released: ReleasedEvaluation) -> dict[str, Any]:
    evaluation = released.evaluation
    primary = evaluation.primary
    ordered = sorted(evaluation.findings, key=lambda finding: finding is not primary)
    headlines = []
    for finding in ordered:
        headline = prose.headline(finding, evaluation)
        prose.refuse_over_claims(headline.sentence, finding, evaluation)
        verdict, mark = facts.VERDICTS[headline.verdict]
        if evaluation.spec.design.method == "reported":
            verdict = "As reported by others"
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
            prose.refuse_over_claims(sentence, primary, evaluation)
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
    spec = evaluation.spec
    signatures = []
    for role in type(spec.sign_off).model_fields:
        signature = getattr(spec.sign_off, role)
        signed = signature and signature.date
        signatures.append(
            (
                role.capitalize(),
                f"{signature.name}, {facts.long_date(signature.date)}" if signed else "not signed",
            )
        )
    built = manifest(
        evaluation_id=spec.id,
        edition=spec.edition,
        inputs=evaluation.inputs,
        seed=evaluation.seed,
    )
    provenance = [(f"SHA-256 of {name}", digest) for name, digest in built["inputs_sha256"].items()]
    provenance += [
        ("SHA-256 of the code", built["code_sha256"]),
        ("Code commit", built["code_commit"] or "not under version control"),
        ("Versions", ", ".join(f"{k} {v}" for k, v in built["versions"].items())),
        ("Seed", str(built["seed"])),
    ]
    return {
        "spec": spec,
        "disclosure": f"{facts.disclosure_sentence(released)} {review_sentence(released)}",
        "review": review_table_of(released, released.reviews) if released.reviews else None,
        "currency": spec.contract.currency,
        "signatures": signatures,
        "provenance": provenance,
        "revision": revision_facts(released),
    }


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
    method = released.evaluation.spec.design.method
    return method not in ("reported", "forecast")


def _pays(released: ReleasedEvaluation) -> bool:
    return released.evaluation.payment is not None


def _performs(released: ReleasedEvaluation) -> bool:
    return released.evaluation.performance is not None


def _values(released: ReleasedEvaluation) -> bool:
    return released.evaluation.sroi is not None


def _uncertain(released: ReleasedEvaluation) -> bool:
    simulation = released.evaluation.simulation
    return simulation is not None and simulation.returns is not None


Applies = Callable[[ReleasedEvaluation], bool]
Build = Callable[[ReleasedEvaluation], dict[str, Any]]
SECTIONS: dict[str, tuple[str, Applies, Build]] = {
    "masthead": ("", _always, _masthead),
    "summary": ("What was found", _always, _summary),
    "payment": ("What the contract pays", _pays, payment_facts),
    "performance": ("How the service performed", _performs, performance_facts),
    "value": ("Social value", _values, value_facts),
    "uncertainty": ("How sure the return is", _uncertain, uncertainty_facts),
    "design": ("How this was worked out", _always, _design),
    "sample": ("Who is in the analysis", _estimated, _sample),
    "checks": ("Does the comparison hold?", _estimated, _checks),
    "estimates": ("Estimates", _estimated, _estimates),
    "assurance": ("Limits, sign-off and source", _always, _assurance),
}
