"""A published edition as a member of a portfolio: read from its results.json, after its hashes."""

from dataclasses import replace
from pathlib import Path

from pbc_eval import provenance
from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.portfolio import Member
from pbc_eval.agreement.portfolio_claims import Claim
from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.evaluation.portfolio.record import ContractResult
from pbc_eval.results_file import (
    RESULTS,
    AgreementFacts,
    OutcomeResult,
    ResultsFile,
    read_results_file,
)

PER_CENT = "per cent of the comparison group's level"
REPORTS = ("impact_report", "sroi_report")  # the kinds that have results of a contract


def read_member(
    member: Member, reports: Path, *, in_a_draft: bool = False
) -> tuple[ContractResult, tuple[Claim, ...], Path]:
    """The contract's result, what it claims of changes, and the file that says so.

    Raises SpecError when the edition is not published under ``reports``, was changed since, is of a
    kind without results, or is a draft: its numbers are in a portfolio that is a draft alone.
    """
    folder = reports / member.evaluation / member.edition
    name = f"{member.evaluation}, edition {member.edition}"
    file = folder / RESULTS
    if not (folder / provenance.MANIFEST).is_file() or not file.is_file():
        there = sorted(p.parent.name for p in (reports / member.evaluation).glob("*/manifest.json"))
        raise SpecError(
            f"{name}: is not published under {reports.name}/ (editions there: "
            f"{first_few(there) or 'none'}).{did_you_mean(member.edition, there)} Run the "
            "evaluation first, or `pbc-eval batch` on the folder of both."
        )
    if changed := provenance.changed_files(folder):
        raise SpecError(
            f"{name}: {first_few(changed)} since it was published. Run the evaluation again."
        )
    try:
        results = read_results_file(file, name)
    except PublicationError as problem:
        raise SpecError(str(problem)) from None
    if results.summary.status == "draft" and not in_a_draft:
        raise SpecError(
            f"{name}: is a draft, and its numbers are not for publication. Set the portfolio's "
            "status to draft too, or run the evaluation with status: provisional."
        )
    if results.summary.report not in REPORTS or results.agreement is None:
        raise SpecError(
            f"{name}: is a {results.summary.report.replace('_', ' ')} and has no results. Name the "
            "edition of the report."
        )
    claims = tuple(
        Claim(claim.change, member.evaluation, claim.row, claim.share) for claim in results.claims
    )
    return _contract(member, results, results.agreement), claims, file


def _contract(member: Member, results: ResultsFile, agreement: AgreementFacts) -> ContractResult:
    summary, payment, returned = results.summary, results.payment, results.social_return
    remarks = [summary.data_badge] if summary.data_status != "real" else []
    remarks += ["amounts illustrative"] if summary.illustrative else []
    remarks += ["payment expected, not due"] if payment is not None and payment.expected else []
    contract = ContractResult(
        label=member.label or summary.title,
        source=f"{summary.title}, edition {summary.edition}",
        agreed=agreement.value,
        paid=None if payment is None or payment.expected else float(payment.total),
        spend=None if returned is None else returned.investment,
        currency=agreement.currency,
        illustrative=summary.illustrative,
        made_up=payment is not None and payment.illustrative,
        link=f"../../{member.evaluation}/{member.edition}/index.html",
        remarks=tuple(remarks),
    )
    measured = next((outcome for outcome in results.outcomes if outcome.primary), None)
    return contract if measured is None else _with_effect(contract, member, measured)


def _with_effect(
    contract: ContractResult, member: Member, measured: OutcomeResult
) -> ContractResult:
    """The contract with the effect of its headline, turned so that an improvement is positive."""
    outcome = Outcome(
        id=measured.id,
        label=measured.label,
        unit=measured.unit,
        direction=measured.direction,
        shown_as=measured.shown_as,
        decimals=measured.decimals,
    )
    scale = 1.0
    if measured.relative:  # a reduction reported without levels
        scale = 100.0
        decimals = max(1, outcome.decimals)
        outcome = outcome.model_copy(update={"unit": PER_CENT, "decimals": decimals})
    low, high = measured.conf_low, measured.conf_high
    if outcome.sign < 0:
        low, high = (None if end is None else -end for end in (high, low))
    promise = member.promised.effect if member.promised else measured.promised
    return replace(
        contract,
        outcome=outcome,
        people=measured.n_treated or None,
        effect=_scaled(outcome.sign * measured.estimate, scale),
        std_error=_scaled(measured.std_error, scale),
        conf_low=_scaled(low, scale),
        conf_high=_scaled(high, scale),
        promised=_scaled(promise, scale),
    )


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else scale * value
