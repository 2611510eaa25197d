"""ocds.json: a contract's editions as releases of the Open Contracting Data Standard 1.1.5.

One release an edition. Outcomes are metrics and assessment milestones. Money stands as a
transaction only where it is due: in a final edition, for a contract whose particulars are
published. What is provisional or made up is a milestone with a description, never a payment.
"""

from typing import Any

from pbc_eval.agreement.site import Site
from pbc_eval.publish.site.feed import tag_uri
from pbc_eval.publish.site.listed import Contract, Listed
from pbc_eval.results_file import ContractFacts, OutcomeResult

METRICS = (  # the extension that has agreedMetrics and implementation.metrics
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_metrics_extension/master/"
    "extension.json"
)


def ocid_of(contract: Contract, site: Site) -> str:
    """The open contracting identifier: the publisher's prefix and the contract's id."""
    return f"{site.ocds_prefix}-{contract.id}"


def release_package(contract: Contract, site: Site) -> dict[str, Any]:
    """The release package of a contract. The site must have an address and an OCDS prefix."""
    ocid = ocid_of(contract, site)
    with_contract = [one for one in contract.editions if one.contract.commissioner]
    oldest_first = tuple(reversed(with_contract))
    return {
        "uri": f"{site.address}{contract.id}/ocds.json",
        "version": "1.1",
        "extensions": [METRICS],
        "publishedDate": _moment(contract.newest.released.isoformat()),
        "publisher": {"name": site.publisher or site.title, "uri": site.address},
        "releases": [
            _release(one, ocid, site, is_first=one is oldest_first[0]) for one in oldest_first
        ],
    }


def _release(one: Listed, ocid: str, site: Site, *, is_first: bool) -> dict[str, Any]:
    contract = one.contract
    tags = ["contract", "implementation"] if is_first else ["implementationUpdate"]
    release: dict[str, Any] = {
        "ocid": ocid,
        "id": f"{ocid}-{one.edition}",
        "date": _moment(one.released.isoformat()),
        "tag": tags,
        "initiationType": "tender",
        "language": site.language,
        "parties": _parties(contract),
        "buyer": _reference("buyer", contract.commissioner),
        "tender": {"id": ocid, "title": one.title, "description": one.summary.contract},
        "awards": [
            {
                "id": "1",
                "title": one.title,
                "status": "active",
                "suppliers": [_reference("supplier", contract.provider)],
            }
        ],
        "contracts": [_contract(one, site)],
    }
    return release


def _contract(one: Listed, site: Site) -> dict[str, Any]:
    agreed = one.contract
    found: dict[str, Any] = {
        "id": "1",
        "awardID": "1",
        "title": one.title,
        "description": one.summary.contract,
    }
    if agreed.end:  # known by dates, never by the clock; without an end nothing is known
        found["status"] = "terminated" if one.contract_ended else "active"
    period = {
        name: _moment(day.isoformat())
        for name, key in (("startDate", "start"), ("endDate", "end"))
        if (day := getattr(agreed, key)) is not None
    }
    if period:
        found["period"] = period
    if agreed.value is not None:
        found["value"] = {"amount": agreed.value, "currency": agreed.currency}
    found["implementation"] = _implementation(one, site)
    return found


def _implementation(one: Listed, site: Site) -> dict[str, Any]:
    found: dict[str, Any] = {
        "metrics": [_metric(outcome, one) for outcome in one.results.outcomes],
        "milestones": _milestones(one),
        "documents": [
            {
                "id": one.edition,
                "documentType": "x_impactEvaluation",
                "title": f"Impact report, edition {one.edition} ({one.status})",
                "url": f"{site.address}{one.link}",
                "datePublished": _moment(one.released.isoformat()),
                "format": "text/html",
                "language": site.language,
            }
        ],
    }
    due = one.payment
    if one.is_paid and due is not None:
        agreed = one.contract
        found["transactions"] = [
            {
                "id": one.edition,
                "source": tag_uri(site, one),
                "date": _moment(one.released.isoformat()),
                "value": {"amount": float(due.total), "currency": due.currency},
                "payer": _reference("buyer", agreed.commissioner),
                "payee": _reference("supplier", agreed.provider),
            }
        ]
    return {key: value for key, value in found.items() if value}


def _metric(outcome: OutcomeResult, one: Listed) -> dict[str, Any]:
    dimensions = {
        "role": "estimate",
        "method": one.particulars.method,
        "confLow": outcome.conf_low,
        "confHigh": outcome.conf_high,
        "confLevel": None if outcome.conf_low is None else outcome.level,
    }
    return {
        "id": outcome.id,
        "title": outcome.label,
        "observations": [
            {
                "id": f"{outcome.id}-{one.edition}",
                "measure": outcome.estimate,
                "unit": {"name": outcome.unit},
                "dimensions": {k: str(v) for k, v in dimensions.items() if v is not None},
            }
        ],
    }


def _milestones(one: Listed) -> list[dict[str, Any]]:
    """What was assessed and what money is spoken of. No status: met would be read as success."""
    modified = _moment(one.released.isoformat())
    found = [
        {
            "id": f"assessment-{number}",
            "title": "What was found",
            "type": "assessment",
            "description": sentence,
            "dateModified": modified,
        }
        for number, sentence in enumerate(one.summary.headlines, start=1)
    ]
    if one.payment is not None and not one.is_paid:
        why = "made up to show how the rule works" if one.summary.illustrative else one.status
        found.append(
            {
                "id": "payment",
                "title": "Payment under the contract's rule, not a transaction",
                "type": "financing",
                "description": f"{one.payment_words}: {why}.",
                "dateModified": modified,
            }
        )
    return found


def _parties(contract: ContractFacts) -> list[dict[str, Any]]:
    """Who takes part. Names are all that is known of them; ids are ours."""
    found = [
        {**_reference("buyer", contract.commissioner), "roles": ["buyer", "payer"]},
        {**_reference("supplier", contract.provider), "roles": ["supplier", "payee"]},
    ]
    found += [
        {**_reference(f"funder-{number}", name), "roles": ["funder"]}
        for number, name in enumerate(contract.investors, start=1)
    ]
    return found


def _reference(identifier: str, name: str) -> dict[str, Any]:
    return {"id": identifier, "name": name}


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"
