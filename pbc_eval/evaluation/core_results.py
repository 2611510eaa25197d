"""What one evaluation comes to: effects, checks, what is due, what it is worth.

The part of the line that every figure of a page hangs on; evaluate.py adds what is told about them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.agreement.counts import VerifiedCount
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.agreement.table_layout import AS_IT_IS
from pbc_eval.checks.several_outcomes import allow_for_several
from pbc_eval.errors import DataError, DesignError, SpecError
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.performance_measured import performance_of
from pbc_eval.evaluation.record import Finding, InvestmentPart
from pbc_eval.evaluation.social_value import (
    ValueInputs,
    investment_parts,
    read_value_inputs,
    value_found,
)
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.number_columns import numbers_of_frame
from pbc_eval.intake.table_files import numbered_rows
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.numerics.published import published
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.payment.account import Account, account_of
from pbc_eval.payment.claims import ClaimCounts, claim_counts
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
    terms: PaymentTerms | None  # earlier years restated as the claims show them now
    payment: PaymentStatement | None
    account: Account | None  # where claims are paid for
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
        alone = design_kind(spec.design).find(spec, files, seed)
        findings = published(_held_together(spec, alone))
    _refuse_failed_checks(spec, findings)
    performance = published(performance_of(spec, files))
    counted = counted_results(spec, performance, files)
    terms, claims = spec.payment, claims_of(spec, files)
    if terms is not None and claims is not None:
        counted |= claims.results(terms)
        terms = claims.restated(terms)
    results = {finding.outcome.id: finding.measured for finding in findings} | counted
    payment = payment_due(terms, results) if terms else None
    if payment is not None and terms is not None:
        payment = replace(payment, expected=_expected(spec, terms))
    account = account_of(terms, results, claims, payment) if terms and claims else None
    if payment is not None and account is not None:
        payment = replace(payment, recorded_as_paid=account.recorded_as_paid)
    parts = () if given is None else tuple(investment_parts(spec, payment, given))
    return CoreResults(
        seed=seed,
        findings=findings,
        performance=performance,
        counted=counted,
        terms=terms,
        payment=payment,
        account=account,
        given=given,
        parts=parts,
        sroi=None if given is None else value_found(spec, given, parts, results),
    )


def _held_together(spec: EvaluationSpec, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings whose checks allow for being about one of many outcomes."""
    headline = spec.primary.id if spec.primary else ""
    checks = allow_for_several({each.outcome.id: each.checks for each in findings}, headline)
    return tuple(replace(each, checks=checks[each.outcome.id]) for each in findings)


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
    spec: EvaluationSpec, performance: PerformanceResult | None, files: InputFiles
) -> dict[str, MeasuredOutcome]:
    """What clauses count: numbers that were verified, and KPIs that feed a payment.

    Raises DataError where counts by person do not add up to the count that was verified.
    """
    verified = {
        counted.outcome: MeasuredOutcome(
            outcome=counted.outcome,
            source="counted",
            count=counted.count,
            total_scale=counted.persons,
            by_person=counts_by_person(spec, counted, files),
            claims_checked=counted.claims_checked,
            claims_wrong=counted.claims_wrong,
        )
        for counted in spec.counts
    }
    return verified | (performance.measured() if performance else {})


def _expected(spec: EvaluationSpec, terms: PaymentTerms) -> tuple[str, ...]:
    """What the payment rests on that has not happened yet: counts that are expected, and everything
    in a forecast."""
    expected = {count.outcome for count in spec.counts if count.expected}
    rests_on = dict.fromkeys(name for clause in terms.due_clauses for name in clause.outcomes)
    if spec.design.is_forecast:
        return tuple(rests_on) or ("all of it",)
    return tuple(name for name in rests_on if name in expected)


def claims_of(spec: EvaluationSpec, files: InputFiles) -> ClaimCounts | None:
    """The claims of the evaluation, counted as its terms pay for them; None where there are none.

    Raises DataError that lists every claim which breaks a rule of the terms.
    """
    if spec.claims is None or spec.payment is None:
        return None
    stated = spec.claims
    read = files.read(spec.path(stated.file), numbered_rows, stated.layout, stated.as_text)
    return claim_counts(spec.payment, stated, read.frame, read.rows, read.notes)


def counts_by_person(
    spec: EvaluationSpec, counted: VerifiedCount, files: InputFiles
) -> dict[str, float] | None:
    """The count of each person, from the file that the count names; None without one.

    A person may stand in several rows, whose counts are added. Raises DataError for a row without
    a person, for what is no number, and for a sum below zero; empty cells count nothing.
    """
    if counted.file is None or counted.person is None or counted.column is None:
        return None
    path = spec.path(counted.file)
    notation = spec.data.numbers if spec.data else None
    same = spec.data is not None and counted.file == spec.data.file
    layout = spec.data if same and spec.data else AS_IT_IS
    frame, _ = files.frame(path, layout, [counted.column] if notation else ())
    check_columns(path.name, list(frame.columns), [counted.person, counted.column])
    frame, _ = numbers_of_frame(frame, [counted.column], notation, owner=path.name)
    if frame[counted.person].isna().any():
        rows = int(frame[counted.person].isna().sum())
        raise DataError(f"{path.name}: {rows:,} rows have no {counted.person!r}. Fill it in.")
    try:
        units = pd.to_numeric(frame[counted.column]).astype(float).fillna(0.0)
    except (ValueError, TypeError):
        raise DataError(
            f"{path.name}: {counted.column!r} must hold the count of each person as a number, and "
            "holds words. Correct them, or leave the cell empty for none."
        ) from None
    sums = units.groupby(frame[counted.person].astype(str)).sum()
    if below := [f"{name} ({total:g})" for name, total in sums.items() if total < 0]:
        raise DataError(
            f"{path.name}: {counted.column!r} adds up to less than nothing for "
            f"{first_few(below)}. A person counts for 0 or more: correct the rows, or take them "
            "out."
        )
    return {str(name): float(total) for name, total in sums.items()}
