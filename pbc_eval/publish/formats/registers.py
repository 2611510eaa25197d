"""Drafts for registers, which a person completes and enters: nothing is sent from here.

    evaluation-registry.json   the UK Evaluation Registry, at the time of the design note and of the
                               report, with the twelve weeks from sign-off to publication
    performance-notice.json    KPI ratings, in the words of the Procurement Act 2023

What an evaluation does not know is named under ``left_open``. Field names of the registry are those
of January 2024; its live form may differ.
"""

import datetime as dt
import json
from typing import Any

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.disclosure import ReleasedDesignNote, ReleasedEvaluation
from pbc_eval.disclosure.record import SUPPRESSED
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.report.page import Page, Released
from pbc_eval.report.sections.assurance import publish_by

NOTE = "Draft for a person to complete and enter. Fields of January 2024; the live form may differ."
OPEN_IN_REGISTRY = (
    "departments", "policies", "has_grant_number", "has_major_project_number", "cost",
    "link_to_published_evaluation",
)  # fmt: skip
OPEN_IN_NOTICE = ("notice and procurement identifiers", "contract reference", "who publishes it")


def evaluation_registry(page: Page, released: Released) -> bytes:
    """The entry of an evaluation, or of the plan that a design note is.

    Raises PublicationError for a portfolio, which is no evaluation.
    """
    if not isinstance(released, ReleasedEvaluation | ReleasedDesignNote):
        raise PublicationError(f"{released.spec.id}: a portfolio is no entry of the registry.")
    spec, is_plan = released.spec, isinstance(released, ReleasedDesignNote)
    entry = {
        "draft": NOTE,
        "title": spec.title,
        "status": "planned" if is_plan else _status(spec),
        "visibility": "draft",
        "brief_description": spec.contract.summary,
        "evaluation_design_types": _design_types(spec),
        "is_final_report_published": not is_plan and spec.status == "final",
        "event_dates": _event_dates(spec, is_plan=is_plan),
        "reports": [] if is_plan else [{"title": f"{spec.title}, edition {spec.edition}"}],
        "clock": _clock(spec, is_plan=is_plan),
        "left_open": list(OPEN_IN_REGISTRY),
    }
    return _text(entry)


def performance_notice(page: Page, released: Released) -> bytes:
    """KPI ratings for a contract performance notice. Raises PublicationError without KPIs."""
    if not isinstance(released, ReleasedEvaluation) or not released.kpis:
        raise PublicationError(f"{released.spec.id}: there are no KPIs to give notice of.")
    spec, performance = released.spec, released.spec.performance
    assert performance is not None
    notice = {
        "draft": "Draft of a contract performance notice (Procurement Act 2023), for a person to "
        "complete and publish.",
        "contract": {
            "title": spec.title,
            "buyer": spec.contract.commissioner,
            "supplier": spec.contract.provider,
            "particulars": spec.contract.status,
        },
        "assessed": {"from": str(performance.first), "to": str(performance.last)},
        "kpis": [
            {
                "id": measure.kpi.id,
                "name": measure.kpi.label,
                "reference": measure.kpi.reference,
                "target": measure.kpi.target,
                "better": measure.kpi.better,
                "result": measure.overall,
                "rating": measure.rating,
                "why_other": measure.reason,
                "periods_reported": measure.reported,
                "periods_missed": SUPPRESSED if measure.missed is None else measure.missed,
                "periods_not_reported": list(measure.missing),
            }
            for measure in released.kpis
        ],
        "left_open": list(OPEN_IN_NOTICE),
    }
    return _text(notice)


def _status(spec: EvaluationSpec) -> str:
    return "complete" if spec.status == "final" else "ongoing"


def _design_types(spec: EvaluationSpec) -> list[str]:
    """Codes of what is done: its method under impact, value for money where there is a map."""
    codes = design_kind(spec.design).registry_codes
    types = ["impact", "quasi_experimental", *codes] if codes else []
    types += ["economic", "benefit"] if spec.value_map else []
    return types or ["other"]


def _event_dates(spec: EvaluationSpec, *, is_plan: bool) -> list[dict[str, Any]]:
    published = "pub_final" if spec.status == "final" else "pub_interim"
    contract, day = spec.contract, spec.publication.release_date
    dates = [("intervention_start", contract.start), ("intervention_end", contract.end)]
    if not is_plan:
        dates.append((published, day))
    return [
        {
            "category": category,
            "month": when.month,
            "year": when.year,
            "status": "actual" if when <= day else "intended",
        }
        for category, when in dates
        if when is not None
    ]


def _clock(spec: EvaluationSpec, *, is_plan: bool) -> dict[str, Any]:
    """From sign-off to publication: twelve weeks by the guidance of the registry."""
    if is_plan:
        return {
            "rule": "The entry of a plan is made once its first version is signed off, no later "
            "than the first data are collected."
        }
    signed, latest = publish_by(spec)
    day = spec.publication.release_date
    return {
        "rule": "The report is published and entered within twelve weeks of its sign-off.",
        "signed_off": None if signed is None else signed.isoformat(),
        "publish_by": None if latest is None else latest.isoformat(),
        "published": day.isoformat(),
        "in_time": None if latest is None else day <= latest,
        "days_left": None if latest is None else (latest - day) // dt.timedelta(days=1),
    }


def _text(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
