"""What one evaluation comes to: effects, checks, what is due, what it is worth.

The part of the line that every figure of a page hangs on; evaluate.py adds what is told about them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pbc_eval import provenance
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.record import Finding, InvestmentPart
from pbc_eval.evaluation.social_value import (
    ValueInputs,
    investment_parts,
    read_value_inputs,
    value_found,
)
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.kpi.measure import measure_performance
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.numerics.published import published
from pbc_eval.payment.due import payment_due
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.present_value import SroiResult


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoreResults:
    """Findings in the order of the outcomes, and what follows from them."""

    seed: int
    findings: tuple[Finding, ...]
    performance: PerformanceResult | None
    counted: dict[str, MeasuredOutcome]
    payment: PaymentStatement | None
    given: ValueInputs | None
    parts: tuple[InvestmentPart, ...]  # who put in what, and how much
    sroi: SroiResult | None

    @property
    def results(self) -> dict[str, MeasuredOutcome]:
        """What payment and value rest on, by id."""
        return {finding.outcome.id: finding.measured for finding in self.findings} | self.counted


def core_results(
    spec: EvaluationSpec, files: InputFiles, findings: tuple[Finding, ...] | None = None
) -> CoreResults:
    """Read the files, estimate, refuse failed checks, pay and value; raises what ``evaluate``
    raises. ``findings`` of the same data and method, if there are some, are not worked out again.
    """
    given = read_value_inputs(spec, files)
    seed = provenance.seed_of(spec.id, spec.edition)
    if findings is None:
        # what is paid and valued is worked out from the numbers that readers are shown
        findings = published(design_kind(spec.design).find(spec, files, seed))
    _refuse_failed_checks(spec, findings)
    performance = None
    if spec.performance:
        performance = published(measure_performance(spec.performance, spec.path, files.frame))
    counted = counted_results(spec, performance)
    results = {finding.outcome.id: finding.measured for finding in findings} | counted
    payment = payment_due(spec.payment, results) if spec.payment else None
    parts = () if given is None else tuple(investment_parts(spec, payment, given))
    return CoreResults(
        seed=seed,
        findings=findings,
        performance=performance,
        counted=counted,
        payment=payment,
        given=given,
        parts=parts,
        sroi=None if given is None else value_found(spec, given, parts, results),
    )


def _refuse_failed_checks(spec: EvaluationSpec, findings: Sequence[Finding]) -> None:
    waived = {waiver.check for waiver in spec.design.waivers}
    run = {check.name for finding in findings for check in finding.checks}
    if unknown := sorted(waived - run):
        raise SpecError(
            f"{spec.id}: design.waivers names {', '.join(unknown)}, which is not among the checks "
            f"that were run ({', '.join(sorted(run)) or 'none'}). Correct or remove it."
        )
    failed = [
        f"  {finding.outcome.id}, {check.name}: {check.sentence}"
        for finding in findings
        for check in finding.checks
        if check.status == "fail" and check.name not in waived
    ]
    if failed:
        raise DesignError(
            f"{spec.id}: the design does not hold on these data.\n"
            + "\n".join(failed)
            + "\nChange the design, or add a waiver under design.waivers with the reason why the "
            "evaluation goes on; the reason is printed in the report."
        )


def counted_results(
    spec: EvaluationSpec, performance: PerformanceResult | None
) -> dict[str, MeasuredOutcome]:
    """What clauses count: numbers that were verified, and KPIs that feed a payment."""
    verified = {
        counted.outcome: MeasuredOutcome(
            outcome=counted.outcome,
            source="counted",
            count=counted.count,
            total_scale=counted.persons,
            claims_checked=counted.claims_checked,
            claims_wrong=counted.claims_wrong,
        )
        for counted in spec.counts
    }
    return verified | (performance.measured() if performance else {})
