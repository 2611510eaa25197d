"""ocds.json: a contract's editions as releases of the Open Contracting Data Standard 1.1.5.

One release an edition. Outcomes are metrics and assessment milestones. Money stands as a
transaction only where it is due: in a final edition, for a contract whose particulars are
published. What is provisional or made up is a milestone with a description, never a payment.
"""

from typing import Any

from pbc_eval.agreement.site import Site
from pbc_eval.disclosure.record import SUPPRESSED
from pbc_eval.publish.site.feed import tag_uri
from pbc_eval.publish.site.listed import Contract, Listed
from pbc_eval.results_file import ContractFacts, OutcomeResult, PricedClaims

METRICS = (  # the extension that has agreedMetrics and implementation.metrics
    "https://raw.githubusercontent.com/open-contracting-extensions/ocds_metrics_extension/master/"
    "extension.json"
)
FAILURES = (  # the extension that has implementation.performanceFailures
    "https://raw.githubusercontent.com/open-contracting-extensions/"
    "ocds_performance_failures_extension/master/extension.json"
)
MET = ("Good", "Other", SUPPRESSED)  # no failure, not reported, or held back


def ocid_of(contract: Contract, site: Site) -> str:
    """The open contracting identifier: the publisher's prefix and the contract's id."""
    return f"{site.ocds_prefix}-{contract.id}"


def release_package(contract: Contract, site: Site) -> dict[str, Any]:
    """The release package of a contract. The site must have an address and an OCDS prefix."""
    ocid = ocid_of(contract, site)
    with_contract = [listed for listed in contract.editions if listed.contract.commissioner]
    oldest_first = tuple(reversed(with_contract))
    return {
        "uri": f"{site.address}{contract.id}/ocds.json",
        "version": "1.1",
        "extensions": [METRICS, FAILURES],
        "publishedDate": _moment(contract.newest.released.isoformat()),
        "publisher": {"name": site.publisher or site.title, "uri": site.address},
        "releases": [
            _release(listed, ocid, site, is_first=listed is oldest_first[0])
            for listed in oldest_first
        ],
    }


def _release(listed: Listed, ocid: str, site: Site, *, is_first: bool) -> dict[str, Any]:
    contract = listed.contract
    tags = ["contract", "implementation"] if is_first else ["implementationUpdate"]
    release: dict[str, Any] = {
        "ocid": ocid,
        "id": f"{ocid}-{listed.edition}",
        "date": _moment(listed.released.isoformat()),
        "tag": tags,
        "initiationType": "tender",
        "language": site.language,
        "parties": _parties(contract),
        "buyer": _reference("buyer", contract.commissioner),
        "tender": {"id": ocid, "title": listed.title, "description": listed.summary.contract},
        "awards": [
            {
                "id": "1",
                "title": listed.title,
                "status": "active",
                "suppliers": [_reference("supplier", contract.provider)],
            }
        ],
        "contracts": [_contract(listed, site)],
    }
    return release


def _contract(listed: Listed, site: Site) -> dict[str, Any]:
    agreed = listed.contract
    fields: dict[str, Any] = {
        "id": "1",
        "awardID": "1",
        "title": listed.title,
        "description": listed.summary.contract,
    }
    if agreed.end:  # known by dates, never by the clock; without an end nothing is known
        fields["status"] = "terminated" if listed.contract_ended else "active"
    period = {
        name: _moment(day.isoformat())
        for name, key in (("startDate", "start"), ("endDate", "end"))
        if (day := getattr(agreed, key)) is not None
    }
    if period:
        fields["period"] = period
    if agreed.value is not None:
        fields["value"] = {"amount": agreed.value, "currency": agreed.currency}
    fields["implementation"] = _implementation(listed, site)
    return fields


def _implementation(listed: Listed, site: Site) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "metrics": [
            *(_metric(outcome, listed) for outcome in listed.results.outcomes),
            *(_claimed_metric(claims, listed) for claims in _claims(listed)),
        ],
        "performanceFailures": _failures(listed),
        "milestones": _milestones(listed),
        "documents": [
            {
                "id": listed.edition,
                "documentType": "x_impactEvaluation",
                "title": f"Impact report, edition {listed.edition} ({listed.status})",
                "url": f"{site.address}{listed.link}",
                "datePublished": _moment(listed.released.isoformat()),
                "format": "text/html",
                "language": site.language,
            }
        ],
    }
    due = listed.payment
    if listed.is_paid and due is not None:
        agreed = listed.contract
        fields["transactions"] = [
            {
                "id": listed.edition,
                "source": tag_uri(site, listed),
                "date": _moment(listed.released.isoformat()),
                "value": {"amount": float(due.total), "currency": due.currency},
                "payer": _reference("buyer", agreed.commissioner),
                "payee": _reference("supplier", agreed.provider),
            }
        ]
    return {key: value for key, value in fields.items() if value}


def _metric(outcome: OutcomeResult, listed: Listed) -> dict[str, Any]:
    dimensions = {
        "role": "estimate",
        "method": listed.particulars.method,
        "confLow": outcome.conf_low,
        "confHigh": outcome.conf_high,
        "confLevel": None if outcome.conf_low is None else outcome.level,
    }
    return {
        "id": outcome.id,
        "title": outcome.label,
        "observations": [
            {
                "id": f"{outcome.id}-{listed.edition}",
                "measure": outcome.estimate,
                "unit": {"name": outcome.unit},
                "dimensions": {k: str(v) for k, v in dimensions.items() if v is not None},
            }
        ],
    }


def _claims(listed: Listed) -> tuple[PricedClaims, ...]:
    account = None if listed.payment is None else listed.payment.account
    return () if account is None else account.claims


def _claimed_metric(claims: PricedClaims, listed: Listed) -> dict[str, Any]:
    """Verified claims of one price; made-up ones say so."""
    dimensions = {"role": "verified claims", "method": listed.particulars.method}
    if claims.cohort:
        dimensions["cohort"] = claims.cohort
    if listed.summary.illustrative:
        dimensions["status"] = "made up to show how the rule works"
    return {
        "id": claims.clause,
        "title": claims.label,
        "observations": [
            {
                "id": f"{claims.clause}-{listed.edition}",
                "measure": float(claims.claims),
                "unit": {"name": "claims"},
                "dimensions": dimensions,
            }
        ],
    }


def _failures(listed: Listed) -> list[dict[str, Any]]:
    """Measures that were not rated good. Penalties stand in the payment's own lines."""
    failures = []
    for measure in listed.results.performance or ():
        if measure.rating in MET:
            continue
        words = f"{measure.label}: rated {measure.rating.lower()}, target {measure.target:g}"
        failure = {"id": f"{measure.id}-{listed.edition}", "category": words}
        failures.append(failure)
    return failures


def _milestones(listed: Listed) -> list[dict[str, Any]]:
    """What was assessed and what money is spoken of. No status: met would be read as success."""
    modified = _moment(listed.released.isoformat())
    milestones = [
        {
            "id": f"assessment-{number}",
            "title": "What was found",
            "type": "assessment",
            "description": sentence,
            "dateModified": modified,
        }
        for number, sentence in enumerate(listed.summary.headlines, start=1)
    ]
    if listed.payment is not None and not listed.is_paid:
        why = "made up to show how the rule works" if listed.summary.illustrative else listed.status
        why = f"a forecast, {why}" if listed.payment.expected else why
        milestones.append(
            {
                "id": "payment",
                "title": "Payment under the contract's rule, not a transaction",
                "type": "financing",
                "description": f"{listed.payment_words}: {why}.",
                "dateModified": modified,
            }
        )
    return milestones


def _parties(contract: ContractFacts) -> list[dict[str, Any]]:
    """Who takes part. Names are all that is known of them; ids are ours."""
    parties = [
        {**_reference("buyer", contract.commissioner), "roles": ["buyer", "payer"]},
        {**_reference("supplier", contract.provider), "roles": ["supplier", "payee"]},
    ]
    parties += [
        {**_reference(f"funder-{number}", name), "roles": ["funder"]}
        for number, name in enumerate(contract.investors, start=1)
    ]
    return parties


def _reference(identifier: str, name: str) -> dict[str, Any]:
    return {"id": identifier, "name": name}


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"
