"""The line of one evaluation, from what was agreed to what was found.

    EvaluationSpec ─ inputs hashed ─ data read ─ checks ─ effects ─┬ payment_due ▶ statement
                                                                   └ social_return ▶ value
A check that fails stops the line, unless the evaluation waives it with a reason that is printed.
SROI's investment is the payment due plus the other inputs, joined here and nowhere else.
"""

from collections.abc import Sequence

import pandas as pd

from pbc_eval import provenance
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.evaluation import difference_in_differences, matched, reported
from pbc_eval.evaluation.record import Evaluation, Finding
from pbc_eval.kpi.measure import measure_performance
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.payment.alternatives import payment_under_alternatives
from pbc_eval.payment.due import payment_due
from pbc_eval.payment.risk import PaymentRisk, payment_risk
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.design import Matching
from pbc_eval.spec.evaluation import EvaluationSpec
from pbc_eval.spec.value_map import StakeholderInput, ValuedOutcome
from pbc_eval.spec.value_table import read_value_map
from pbc_eval.sroi.present_value import SroiResult, social_return
from pbc_eval.sroi.sensitivity import one_way


def evaluate(spec: EvaluationSpec) -> Evaluation:
    """Run one evaluation: read its files, check the design, estimate, pay and value.

    Raises SpecError for missing files, DataError for data that do not fit, DesignError for a
    design that cannot identify the effect or fails a check without a waiver, PaymentTermsError and
    ValueMapError for terms and values that cannot be applied.
    """
    inputs = input_hashes(spec)
    value_rows, stakeholder_inputs = _value_map(spec)
    seed = provenance.seed_of(spec.id, spec.edition)
    findings = _findings(spec, seed)
    _refuse_failed_checks(spec, findings)
    results = {finding.outcome.id: finding.measured for finding in findings}
    performance = measure_performance(spec.performance, spec.path) if spec.performance else None
    counted = counted_results(spec, performance)
    payment = payment_due(spec.payment, {**results, **counted}) if spec.payment else None
    parts = _investment_parts(spec, payment, stakeholder_inputs)
    sroi = _social_return(spec, value_rows, parts, results)
    return Evaluation(
        spec=spec,
        findings=findings,
        payment=payment,
        payment_alternatives=_payment_alternatives(spec, findings, counted),
        payment_risk=_payment_risk(spec, {**results, **counted}, seed),
        performance=performance,
        sroi=sroi,
        sroi_sensitivity=None if sroi is None else pd.DataFrame(one_way(sroi)),
        investment_parts=parts,
        inputs=inputs,
        seed=seed,
    )


def input_hashes(spec: EvaluationSpec) -> dict[str, str]:
    """SHA-256 of the evaluation file and of every file that it names.

    Raises SpecError if one is not there, before anything is run.
    """
    named = [spec.file]
    if spec.data:
        named.append(spec.data.file)
    if isinstance(spec.design, Matching) and spec.design.benchmark:
        named.append(spec.design.benchmark.file)
    if spec.performance:
        named += spec.performance.files
    if spec.value_map:
        named += [f for f in (spec.value_map.file, spec.value_map.inputs_file) if f]
    files = [name.partition("::")[0] for name in named]
    return {name: provenance.sha256(spec.path(name)) for name in files}


def _findings(spec: EvaluationSpec, seed: int) -> tuple[Finding, ...]:
    if spec.design.method == "difference_in_differences":
        return tuple(difference_in_differences.find(spec, o, seed) for o in spec.outcomes)
    if spec.design.method == "matching":
        return matched.find_all(spec, seed)
    if spec.design.method == "reported":
        return tuple(reported.find(spec, outcome) for outcome in spec.outcomes)
    return ()


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


def _value_map(
    spec: EvaluationSpec,
) -> tuple[tuple[ValuedOutcome, ...], tuple[StakeholderInput, ...]]:
    valuation = spec.value_map
    if valuation is None:
        return (), ()
    if valuation.file is None:
        return valuation.outcomes, valuation.inputs
    inputs = spec.path(valuation.inputs_file) if valuation.inputs_file else None
    read = read_value_map(spec.path(valuation.file), inputs=inputs)
    return read.outcomes, (*read.inputs, *valuation.inputs)


def _investment_parts(
    spec: EvaluationSpec,
    payment: PaymentStatement | None,
    inputs: Sequence[StakeholderInput],
) -> tuple[tuple[str, float], ...]:
    """What was put in, part by part: the payment due, then what each stakeholder gave."""
    valuation = spec.value_map
    if valuation is None:
        return ()
    parts = [(f"{entry.stakeholder}: {entry.description}", entry.value) for entry in inputs]
    if payment is not None and valuation.payment_is_invested:
        parts.insert(0, (f"{spec.contract.commissioner}: payment due", float(payment.total)))
    return tuple(parts)


def _social_return(
    spec: EvaluationSpec,
    rows: Sequence[ValuedOutcome],
    parts: Sequence[tuple[str, float]],
    results: dict[str, MeasuredOutcome],
) -> SroiResult | None:
    valuation = spec.value_map
    if valuation is None:
        return None
    return social_return(
        rows,
        investment=sum(value for _, value in parts),
        discount=valuation.discount,
        date=valuation.valued_on,
        start_convention="after_activity" if valuation.first_year_discounted else "in_activity",
        results=results,
        currency=spec.contract.currency,
    )


def counted_results(
    spec: EvaluationSpec, performance: PerformanceResult | None
) -> dict[str, MeasuredOutcome]:
    """What clauses count: numbers that were verified, and KPIs that feed a payment."""
    verified = {
        one.outcome: MeasuredOutcome(
            outcome=one.outcome,
            source="counted",
            count=one.count,
            total_scale=one.persons,
            claims_checked=one.claims_checked,
            claims_wrong=one.claims_wrong,
        )
        for one in spec.counts
    }
    return verified | (performance.measured() if performance else {})


def _payment_risk(
    spec: EvaluationSpec, results: dict[str, MeasuredOutcome], seed: int
) -> PaymentRisk | None:
    """None where nothing is paid, or nothing that is paid for has a standard error."""
    if spec.payment is None:
        return None
    paid = {name for clause in spec.payment.due_clauses for name in clause.outcomes}
    if not any(results[name].std_error for name in paid):
        return None
    promised = dict(spec.payment.promised_effects)
    return payment_risk(spec.payment, results, promised=promised or None, seed=seed)


def _payment_alternatives(
    spec: EvaluationSpec, findings: Sequence[Finding], counted: dict[str, MeasuredOutcome]
) -> pd.DataFrame | None:
    """The payment had another estimate been agreed, one row a kind of estimate."""
    if spec.payment is None:
        return None
    by_name: dict[str, dict[str, MeasuredOutcome]] = {}
    for finding in findings:
        for name, measured in finding.measured_alternatives.items():
            by_name.setdefault(name, {})[finding.outcome.id] = measured
    if not by_name:
        return None
    agreed = {finding.outcome.id: finding.measured for finding in findings} | counted
    return payment_under_alternatives(spec.payment, agreed, by_name)
