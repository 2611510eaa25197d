"""What a list of reports, a citation and a catalogue need to know of one edition.

Part of results.json. Facts and the words of the page only: nothing here is worked out anew.
"""

import datetime as dt
from typing import Any

from pbc_eval.disclosure import ReleasedEvaluation
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.record import Evaluation, Finding
from pbc_eval.report.figures.drawing import axis_label, scale_of
from pbc_eval.report.words import facts, prose
from pbc_eval.report.words import numbers as fmt


def particulars(released: ReleasedEvaluation) -> dict[str, Any]:
    """Contract, method, headline, publication, signatures and revisions of one edition."""
    evaluation = released.evaluation
    spec = evaluation.spec
    contract, publication = spec.contract, spec.publication
    method = spec.design.method
    return {
        "method": method,
        "method_label": design_kind(spec.design).label,
        "headline": _headline(evaluation.primary, evaluation),
        "contract": {
            "commissioner": contract.commissioner,
            "provider": contract.provider,
            "investors": list(contract.investors),
            "start": _day(contract.start),
            "end": _day(contract.end),
            "value": contract.value,
            "currency": contract.currency,
            "status": contract.status,
        },
        "publication": {
            "contact": publication.contact,
            "licence": publication.licence,
            "release_date": _day(publication.release_date),
            "data_open": publication.data_open,
        },
        "sign_off": {
            role: None if signed is None else {"name": signed.name, "date": _day(signed.date)}
            for role in type(spec.sign_off).model_fields
            for signed in [getattr(spec.sign_off, role)]
        },
        "revisions": [
            {"edition": revision.edition, "reason": revision.reason} for revision in spec.revisions
        ],
    }


def _headline(finding: Finding | None, evaluation: Evaluation) -> dict[str, Any] | None:
    """The primary outcome as the page shows it, and unrounded for a line over editions."""
    if finding is None:
        return None
    outcome, estimate = finding.outcome, finding.headline
    shown = prose.headline(finding, evaluation)
    verdict = (
        "reported" if design_kind(evaluation.spec.design).reported_by_others else shown.verdict
    )
    has_interval = estimate.conf_low is not None and verdict != "reported"
    currency = evaluation.spec.contract.currency
    return {
        "outcome": outcome.id,
        "label": outcome.label,
        "unit": fmt.unit_of(outcome),
        "figure": shown.figure,
        "interval": prose.interval_words(estimate, outcome, currency) if has_interval else "",
        "verdict": verdict,
        "estimate": estimate.estimate,
        "conf_low": estimate.conf_low,
        "conf_high": estimate.conf_high,
        "level": estimate.level,
        "shown_times": scale_of(outcome),
        "decimals": outcome.decimals,
        "axis": axis_label(outcome, "Effect"),
        "verdict_words": _verdict(verdict),
    }


def _verdict(verdict: str) -> str:
    return facts.AS_REPORTED if verdict == "reported" else facts.VERDICTS[verdict][0]


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
