"""What a list of reports, a citation and a catalogue need to know of one edition.

Part of results.json. Facts and the words of the page only: nothing here is worked out anew.
"""

from pbc_eval.disclosure import ReleasedEvaluation, ReleasedFinding
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages import numbers as fmt
from pbc_eval.report.figures.drawing import axis_label, scale_of
from pbc_eval.report.words import facts, prose
from pbc_eval.results_file import (
    ContractFacts,
    HeadlineFacts,
    Particulars,
    PublicationFacts,
    RevisionNote,
    Signature,
    Verdict,
)


def evaluation_particulars(released: ReleasedEvaluation) -> Particulars:
    """Contract, method, headline, publication, signatures and revisions of one edition."""
    spec = released.spec
    contract, publication = spec.contract, spec.publication
    return Particulars(
        method=spec.design.method,
        method_label=design_kind(spec.design).label,
        headline=_headline(released.primary, released),
        contract=ContractFacts(
            commissioner=contract.commissioner,
            provider=contract.provider,
            investors=tuple(contract.investors),
            start=contract.start,
            end=contract.end,
            value=contract.value,
            currency=contract.currency,
            status=contract.status,
        ),
        publication=PublicationFacts(
            contact=publication.contact,
            licence=publication.licence,
            release_date=publication.release_date,
            data_open=publication.data_open,
        ),
        sign_off={
            role: None if signed is None else Signature(name=signed.name, date=signed.date)
            for role in type(spec.sign_off).model_fields
            for signed in [getattr(spec.sign_off, role)]
        },
        revisions=tuple(
            RevisionNote(edition=revision.edition, reason=revision.reason)
            for revision in spec.revisions
        ),
    )


def _headline(
    finding: ReleasedFinding | None, released: ReleasedEvaluation
) -> HeadlineFacts | None:
    """The primary outcome as the page shows it, and unrounded for a line over editions."""
    if finding is None:
        return None
    outcome, estimate = finding.outcome, finding.headline
    shown = prose.headline(finding, released)
    is_reported = design_kind(released.spec.design).reported_by_others
    verdict: Verdict = "reported" if is_reported else shown.verdict
    has_interval = estimate.conf_low is not None and not is_reported
    currency = released.spec.contract.currency
    interval = prose.interval_words(estimate, outcome, currency) if has_interval else ""
    return HeadlineFacts(
        outcome=outcome.id,
        label=outcome.label,
        unit=fmt.unit_of(outcome),
        figure=str(shown.figure),
        interval=str(interval),
        verdict=verdict,
        verdict_words=str(facts.verdict_words(shown.verdict, finding, released)[0]),
        estimate=estimate.estimate,
        conf_low=estimate.conf_low,
        conf_high=estimate.conf_high,
        level=estimate.level,
        shown_times=scale_of(outcome),
        decimals=outcome.decimals,
        axis=axis_label(outcome, "Effect"),
    )
