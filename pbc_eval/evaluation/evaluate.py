"""The line of one evaluation, from what was agreed to what was found.

    EvaluationSpec ─ inputs hashed ─ data read ─ checks ─ effects ─┬ payment_due ▶ statement
                                                                   └ social_return ▶ value
A check that fails stops the line, unless the evaluation waives it with a reason that is printed.
SROI's investment is the payment due plus the other inputs, joined here and nowhere else.
"""

from collections.abc import Sequence

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.errors import DataError, SpecError, ValueMapError
from pbc_eval.evaluation.core_results import CoreResults, core_results
from pbc_eval.evaluation.joint_simulation import JointSimulation, simulate_together
from pbc_eval.evaluation.payment_analysis import analyse_payment
from pbc_eval.evaluation.payment_left_out import Judged, LeftOutPayment, payments_left_out
from pbc_eval.evaluation.preflight import problems_of
from pbc_eval.evaluation.record import Evaluation, Finding
from pbc_eval.evaluation.registration import agreed_parts, deviations_of, fingerprint, registered
from pbc_eval.evaluation.revision import earlier_spec, revision_of
from pbc_eval.evaluation.social_value import payment_invested
from pbc_eval.evaluation.value_analysis import ValueAnalysis, analyse_value
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.payment.alternatives import payment_under_alternatives
from pbc_eval.payment.risk import PaymentRisk, payment_risk
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.plan import ends_of
from pbc_eval.sroi.sensitivity import one_way


def evaluate(spec: EvaluationSpec) -> Evaluation:
    """Run one evaluation: read its files, check the design, estimate, pay and value.

    Raises SpecError for missing files, DataError for data that do not fit, DesignError for a
    design that cannot identify the effect or fails a check without a waiver, PaymentTermsError and
    ValueMapError for terms and values that cannot be applied. What is wrong with the files is told
    at once, whichever of them is met first.
    """
    if not isinstance(spec, EvaluationSpec):
        raise SpecError(
            f"evaluate: takes what pbc.load_evaluation(FOLDER) returns, got {type(spec).__name__}. "
            f"Try: pbc.evaluate(pbc.load_evaluation({str(spec)!r}))"
        )
    files = InputFiles()
    try:
        return _evaluated(spec, files)
    except (DataError, SpecError, ValueMapError) as first:
        problems = problems_of(spec, files)
        if len(problems) < 2:
            raise
        raise type(first)("\n".join(problems)) from first


def _evaluated(spec: EvaluationSpec, files: InputFiles) -> Evaluation:
    inputs = input_hashes(spec, files)
    deviations = deviations_of(spec, files)
    agreed = registered(spec, files)
    core = core_results(spec, files)
    payment, sroi = core.payment, core.sroi
    risk = _payment_risk(core.terms, core.results, core.seed)
    revision = revision_of(spec, core, files)
    return Evaluation(
        spec=spec,
        findings=core.findings,
        payment=payment,
        account=core.account,
        payment_alternatives=_payment_alternatives(core.terms, core.findings, core.counted),
        payment_analysis=analyse_payment(
            core.terms, payment, risk, core.results, _payments_left_out(spec, core)
        ),
        payment_risk=risk,
        performance=core.performance,
        counted=core.counted,
        sroi=sroi,
        value_analysis=_value_analysis(spec, core),
        simulation=_simulated(spec, core),
        investment=core.parts,
        inputs=inputs | files.snapshots,
        seed=core.seed,
        deviations=deviations,
        fingerprint="" if agreed is None else fingerprint(agreed_parts(agreed, files)),
        revision=revision,
    )


def input_hashes(spec: EvaluationSpec, files: InputFiles) -> dict[str, str]:
    """SHA-256 of the evaluation file and of every file that it names.

    Raises SpecError if one is not there, before anything is run.
    """
    named = [spec.file]
    if spec.data and spec.data.file:
        named.append(spec.data.file)
    named += spec.design.data_files
    if spec.protocol and spec.protocol.file:
        named.append(spec.protocol.file)
    if spec.performance:
        named += spec.performance.files
    if spec.claims:
        named.append(spec.claims.file)
    named += list(dict.fromkeys(count.file for count in spec.counts if count.file))
    if spec.value_map:
        valuation = spec.value_map
        beside = (valuation.inputs_file, valuation.uncertainty_file, valuation.value_bank)
        named += [f for f in (valuation.file, *beside) if f]
    bare = [name.partition("::")[0] for name in named]
    hashes = {name: files.sha256(spec.path(name)) for name in bare}
    earlier = earlier_spec(spec, files)
    if earlier is not None:
        below = earlier.folder.resolve().relative_to(spec.folder.resolve()).as_posix()
        before = input_hashes(earlier, files)
        hashes |= {f"{below}/{name}": digest for name, digest in before.items()}
    return hashes


def _payments_left_out(spec: EvaluationSpec, core: CoreResults) -> tuple[LeftOutPayment, ...]:
    judged = {f.outcome.id: Judged(f.headline, f.checks) for f in core.findings}
    protected = spec.publication.disclosure.of_units.protects
    return payments_left_out(core.terms, judged, core.results, protected=protected)


def _value_analysis(spec: EvaluationSpec, line: CoreResults) -> ValueAnalysis | None:
    """One assumption at a time, those that are stated to be uncertain as far as stated, and what
    else follows from the map; None without one."""
    sroi, given = line.sroi, line.given
    if sroi is None or given is None or spec.value_map is None:
        return None
    bounds = ends_of(sroi, given.uncertainty, paid=payment_invested(spec, line.payment))
    return analyse_value(
        sroi,
        one_way(sroi, bounds=bounds),
        [(part.who, part.value) for part in line.parts],
        valued_on=spec.value_map.valued_on,
    )


def _simulated(spec: EvaluationSpec, core: CoreResults) -> JointSimulation | None:
    valuation, given, payment = spec.value_map, core.given, core.payment
    if valuation is None or given is None:
        return None
    invested = payment is not None and valuation.payment_is_invested
    return simulate_together(
        core.results,
        seed=core.seed,
        draws=valuation.draws,
        terms=core.terms,
        value=core.sroi,
        uncertain=given.uncertainty,
        correlations=given.correlations,
        paid=payment_invested(spec, payment) if invested else None,
    )


def _payment_risk(
    terms: PaymentTerms | None, results: dict[str, MeasuredOutcome], seed: int
) -> PaymentRisk | None:
    """None where nothing is paid, or nothing that is paid for has a standard error."""
    if terms is None:
        return None
    paid = {name for clause in terms.due_clauses for name in clause.outcomes}
    if not any(results[name].std_error for name in paid):
        return None
    promised = dict(terms.promised_effects)
    return payment_risk(terms, results, promised=promised or None, seed=seed)


def _payment_alternatives(
    terms: PaymentTerms | None, findings: Sequence[Finding], counted: dict[str, MeasuredOutcome]
) -> pd.DataFrame | None:
    """The payment had another estimate been agreed, one row a kind of estimate."""
    if terms is None:
        return None
    by_name: dict[str, dict[str, MeasuredOutcome]] = {}
    for finding in findings:
        others = finding.measured_alternatives | finding.measured_in_doubt
        for name, measured in others.items():
            by_name.setdefault(name, {})[finding.outcome.id] = measured
    if not by_name:
        return None
    agreed = {finding.outcome.id: finding.measured for finding in findings} | counted
    return payment_under_alternatives(terms, agreed, by_name)
