"""indigo.json: a contract in the fields of the INDIGO impact bond dataset.

INDIGO data standard, project schema (Government Outcomes Lab, University of Oxford; version 4.1.0
of 19 October 2023). Only what an evaluation knows is filled; nothing is
guessed. Organisations are named in notes, since INDIGO refers to them by identifiers of its own.
"""

from typing import Any

from pbc_eval.agreement.site import Site
from pbc_eval.publish.site.listed import Contract, Listed
from pbc_eval.publish.site.ocds import ocid_of
from pbc_eval.results_file import (
    ContractFacts,
    OutcomeResult,
    PaymentYearResult,
    PricedClaims,
)

_VALIDATION = {  # method -> word of the list "outcome validation method"
    "difference_in_differences": "Quasi-experimental study",
    "synthetic_difference_in_differences": "Quasi-experimental study",
    "matching": "Quasi-experimental study",
    "randomised": "Randomised Control Trial",
}
_SOURCE = "report"


def project(contract: Contract, site: Site) -> dict[str, Any]:
    """The project as INDIGO's project schema has it, from the newest edition."""
    listed = contract.newest
    agreed = listed.contract
    fields: dict[str, Any] = {
        "status": "PUBLIC",
        "name": {"value": listed.title},
        "stage_development": _stage(listed),
        "dates": _dates(agreed),
        "overall_project_finance": _finance(listed),
        "purpose_and_classifications": {
            "intervention": {"value": listed.summary.contract},
            "source_ids": _SOURCE,
        },
        "notes": {"value": _notes(agreed)},
        "sources": [_source(contract, site)],
        "service_provisions": [
            {
                "id": "service",
                "intervention": {"value": listed.summary.contract},
                "source_ids": _SOURCE,
                "notes": f"Provider: {agreed.provider}",
            }
        ],
        "outcome_payment_commitments": [_commitment(listed)],
        "investments": [
            {"id": f"investment-{number}", "source_ids": _SOURCE, "notes": f"Investor: {name}"}
            for number, name in enumerate(agreed.investors, start=1)
        ],
        "outcome_metrics": [
            *(_metric(outcome, listed) for outcome in listed.results.outcomes),
            *(_claimed_metric(claims) for claims in _claims(listed)),
        ],
        "outcome_pricings": _pricings(listed),
        "results": [
            *(_result(outcome, listed) for outcome in listed.results.outcomes),
            *(_claimed_result(claims, listed) for claims in _claims(listed)),
        ],
        "outcome_payment_plans": [_plan(year) for year in _planned_years(listed)],
        "outcome_payments": [
            *(_planned(year, listed) for year in _planned_years(listed)),
            *_payments(listed),
        ],
    }
    if site.country:
        fields["jurisdiction"] = {"jurisdiction": {"value": site.country}}
    if site.address and site.ocds_prefix:
        fields["open_contracting_datas"] = [{"ocid": ocid_of(contract, site)}]
    return {key: value for key, value in fields.items() if value}


def _stage(listed: Listed) -> dict[str, str]:
    """From the contract's last day and the day of release, where there is a last day. 'Complete'
    needs all payments made, which an evaluation does not know."""
    if listed.contract.end is None:
        return {}
    stage = "Service delivery complete" if listed.contract_ended else "Implementation"
    return {"value": stage, "source_ids": _SOURCE}


def _dates(agreed: ContractFacts) -> dict[str, Any]:
    dates: dict[str, Any] = {
        name: {"value": day.isoformat()}
        for name, key in (
            ("start_date_of_service_provision", "start"),
            ("anticipated_end_date_of_service_provision", "end"),
        )
        if (day := getattr(agreed, key)) is not None
    }
    if dates:
        dates["source_ids"] = _SOURCE
        dates["notes"] = "First and last day of the contract."
    return dates


def _finance(listed: Listed) -> dict[str, Any]:
    agreed = listed.contract
    finance: dict[str, Any] = {}
    if agreed.value is not None:
        finance["maximum_potential_outcome_payment_v2"] = _money(agreed.value, agreed.currency)
    if listed.is_paid and listed.payment is not None:
        finance["total_outcome_payments_made"] = _money(
            float(listed.payment.total), listed.payment.currency
        )
    if finance:
        finance["source_ids"] = _SOURCE
    return finance


def _commitment(listed: Listed) -> dict[str, Any]:
    agreed = listed.contract
    fields: dict[str, Any] = {
        "source_ids": _SOURCE,
        "notes": f"Outcome payer: {agreed.commissioner}",
    }
    if agreed.value is not None:
        fields["maximum_potential_outcome_payment"] = _money(agreed.value, agreed.currency)
    return fields


def _metric(outcome: OutcomeResult, listed: Listed) -> dict[str, Any]:
    better = outcome.direction.replace("_", " ")
    validation = _VALIDATION.get(listed.particulars.method, "Not available")
    return {
        "id": outcome.id,
        "definition": {"value": f"{outcome.label} ({outcome.unit}); {better}".rstrip("; ")},
        "outcome_validation_method": {"value": validation},
        "source_ids": _SOURCE,
    }


def _payments(listed: Listed) -> list[dict[str, Any]]:
    """What was recorded as paid, metric by metric, where that is known; else what is due by a final
    edition. What is provisional or made up is not a payment."""
    recorded = [claims for claims in _claims(listed) if claims.paid is not None]
    if recorded:
        return [
            {
                "outcome_metric_id": {"value": claims.clause},
                "type": {"value": "Actual"},
                "money": _money(float(claims.paid or 0), listed.contract.currency),
                "source_ids": _SOURCE,
            }
            for claims in recorded
        ]
    if not listed.is_paid or listed.payment is None:
        return []
    money = _money(float(listed.payment.total), listed.payment.currency)
    return [{"type": {"value": "Actual"}, "money": money, "source_ids": _SOURCE}]


def _claims(listed: Listed) -> tuple[PricedClaims, ...]:
    """Claims by price; none where the amounts were made up to show a rule."""
    account = None if listed.payment is None else listed.payment.account
    return () if account is None or listed.summary.illustrative else account.claims


def _claimed_metric(claims: PricedClaims) -> dict[str, Any]:
    fields = {
        "id": claims.clause,
        "definition": {"value": claims.label},
        "outcome_validation_method": {"value": "Not available"},
        "source_ids": _SOURCE,
    }
    return fields | ({"notes": f"Of {claims.cohort}."} if claims.cohort else {})


def _pricings(listed: Listed) -> list[dict[str, Any]]:
    return [
        {
            "outcome_metric_id": {"value": claims.clause},
            "currency": {"value": listed.contract.currency},
            "price_per_unit": {"amount": {"value": float(claims.price)}},
            "source_ids": _SOURCE,
        }
        for claims in _claims(listed)
    ]


def _result(outcome: OutcomeResult, listed: Listed) -> dict[str, Any]:
    """An estimated effect: told in words, for the fields of INDIGO count outcomes."""
    interval = ""
    if outcome.conf_low is not None and outcome.conf_high is not None:
        level = f"{100 * outcome.level:.4g}% interval"
        interval = f" ({level} {outcome.conf_low:.6g} to {outcome.conf_high:.6g})"
    words = f"Estimated effect: {outcome.estimate:.6g} {outcome.unit}{interval}."
    return _of_metric(outcome.id, listed) | {"other_description_of_result": {"value": words}}


def _claimed_result(claims: PricedClaims, listed: Listed) -> dict[str, Any]:
    fields = _of_metric(claims.clause, listed) | {"outcomes_achieved": {"value": claims.claims}}
    if claims.people is not None:
        fields["number_with_positive_social_outcomes"] = {"value": claims.people}
    return fields


def _of_metric(metric: str, listed: Listed) -> dict[str, Any]:
    return {
        "outcome_metric_id": {"value": metric},
        "result_level": {"value": "Outcome level"},
        "result_type": {"value": "Final" if listed.status == "final" else "Interim"},
        "source_ids": _SOURCE,
    }


def _planned_years(listed: Listed) -> list[PaymentYearResult]:
    account = None if listed.payment is None else listed.payment.account
    if account is None or listed.summary.illustrative:
        return []
    return [year for year in account.years if year.planned is not None]


def _plan(year: PaymentYearResult) -> dict[str, Any]:
    return {
        "id": {"value": f"plan-{year.year}"},
        "period": _period(year),
        "source_ids": _SOURCE,
        "notes": "By the last plan or variation that names the year.",
    }


def _planned(year: PaymentYearResult, listed: Listed) -> dict[str, Any]:
    return {
        "outcome_payment_plan_id": {"value": f"plan-{year.year}"},
        "period": _period(year),
        "type": {"value": "Planned"},
        "money": _money(float(year.planned or 0), listed.contract.currency),
        "source_ids": _SOURCE,
    }


def _period(year: PaymentYearResult) -> dict[str, Any]:
    days = (("start_date", year.start), ("end_date", year.end))
    return {name: {"value": day.isoformat()} for name, day in days if day is not None}


def _source(contract: Contract, site: Site) -> dict[str, Any]:
    listed = contract.newest
    fields = {
        "id": _SOURCE,
        "name": {"value": f"Impact report, edition {listed.edition}, {listed.status}"},
        "type": {"value": "Evaluation report"},
        "publication_date": {"value": listed.released.isoformat()},
        "notes": listed.citation.sentence,
    }
    if site.address:
        fields["url"] = {"value": f"{site.address}{listed.link}"}
    return fields


def _notes(agreed: ContractFacts) -> str:
    parts = [f"Commissioner: {agreed.commissioner}.", f"Provider: {agreed.provider}."]
    if agreed.investors:
        parts.append(f"Investors: {', '.join(agreed.investors)}.")
    if agreed.status != "published":
        parts.append(f"Particulars of the contract are {agreed.status}.")
    return " ".join(parts)


def _money(amount: float, currency: str) -> dict[str, Any]:
    return {"currency": {"value": currency}, "amount": {"value": amount}}
