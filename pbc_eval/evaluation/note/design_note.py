"""A design note: what will be done and what that risks, before any outcome is seen.

EvaluationSpec ─ agreed_parts ▶ fingerprint
               ├ before_treatment ▶ groups, levels, noise     (panels whose data are there)
               ├ smallest effect that could be told apart
               └ payment_risk ▶ no effect, the promised one, a range
"""

from dataclasses import dataclass
from typing import Any

from pbc_eval import provenance
from pbc_eval._display import in_one_line
from pbc_eval.agreement.contract import Publication
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.note.before_treatment import Before, before_treatment
from pbc_eval.evaluation.note.risk_beforehand import ExpectedError, risk_beforehand
from pbc_eval.evaluation.registration import agreed_parts, fingerprint, registered
from pbc_eval.evaluation.social_value import ValueInputs, read_value_inputs
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.payment.risk import PaymentRisk


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DesignNote:
    """What was agreed, and what follows from it before any outcome is seen.

    ``spec`` carries the note's own edition. ``confidence`` and ``power`` are those of the smallest
    effects. ``why_no_risk`` says why there is no payment risk where something is paid.
    """

    __repr__ = in_one_line

    spec: EvaluationSpec
    agreed: dict[str, Any]
    fingerprint: str
    before: Before | None
    expected: tuple[ExpectedError, ...]
    confidence: float
    power: float
    risk: PaymentRisk | None
    why_no_risk: str
    value: ValueInputs | None
    inputs: dict[str, str]
    seed: int

    @property
    def has_estimates(self) -> bool:
        """Will an effect be estimated, so that its error can be spoken of?"""
        return bool(self.expected) and design_kind(self.spec.design).gives_estimates


def note_spec(spec: EvaluationSpec) -> EvaluationSpec:
    """The evaluation as its design note shows it, under the note's own edition.

    With a protocol that keeps the registered file, that file is shown, whatever came later, and
    the note is final: it never changes. Without one it is provisional, and of a draft a draft.
    """
    kept = registered(spec, InputFiles())
    if kept is None or spec.protocol is None:
        edition = f"{spec.edition}-design"
        status = "draft" if spec.status == "draft" else "provisional"
        return _copy(spec, spec, {"edition": edition, "status": status})
    changed = {"edition": spec.protocol.edition, "status": "final", "protocol": spec.protocol}
    return _copy(kept, spec, {**changed, "publication": _told_as(kept, spec)})


def _told_as(kept: EvaluationSpec, spec: EvaluationSpec) -> Publication:
    """The registered publication; what a unit is, people or a body, is what is known of it now."""
    counts = spec.publication.disclosure.counts
    rule = kept.publication.disclosure.model_copy(update={"counts": counts})
    return kept.publication.model_copy(update={"disclosure": rule})


def _copy(spec: EvaluationSpec, beside: EvaluationSpec, changed: dict[str, Any]) -> EvaluationSpec:
    made = spec.model_copy(update=changed)
    made._folder, made._file = beside.folder, spec.file
    return made


def design_note(evaluation: EvaluationSpec) -> DesignNote:
    """Work out the design note of an evaluation. No outcome after treatment is read.

    Raises SpecError, DataError, PaymentTermsError and ValueMapError as ``evaluate`` does for what
    they find before outcomes.
    """
    spec, files = note_spec(evaluation), InputFiles()
    parts = agreed_parts(spec, files)
    before = before_treatment(spec)
    confidence = float(getattr(spec.design, "level", 0.95))
    power = spec.planning.power if spec.planning else 0.8
    expected = expected_errors(spec, before, confidence, power)
    seed = provenance.seed_of(spec.id, spec.edition)
    risk, why = risk_beforehand(spec, expected, confidence, seed)
    return DesignNote(
        spec=spec,
        agreed=parts,
        fingerprint=fingerprint(parts),
        before=before,
        expected=expected,
        confidence=confidence,
        power=power,
        risk=risk,
        why_no_risk=why,
        value=read_value_inputs(spec, files),
        inputs=_inputs(spec, files),
        seed=seed,
    )


def _inputs(spec: EvaluationSpec, files: InputFiles) -> dict[str, str]:
    """Hashes of the evaluation file and of the value map's. Data grow, and are not hashed yet."""
    named = [spec.file]
    if spec.value_map:
        valuation = spec.value_map
        beside = (valuation.inputs_file, valuation.uncertainty_file, valuation.value_bank)
        named += [file for file in (valuation.file, *beside) if file]
    return {file: files.sha256(spec.path(file.partition("::")[0])) for file in named}


def expected_errors(
    spec: EvaluationSpec, before: Before | None, confidence: float, power: float
) -> tuple[ExpectedError, ...]:
    """Of each outcome, in their order: as the file states it, or from data before treatment."""
    return tuple(_expected(spec, o, before, confidence, power) for o in spec.outcomes)


def _expected(
    spec: EvaluationSpec, outcome: Outcome, before: Before | None, confidence: float, power: float
) -> ExpectedError:
    declared = spec.planning.of(outcome.id) if spec.planning else None
    seen = next((o for o in before.outcomes if o.outcome == outcome.id), None) if before else None
    error, rests_on = None, "neither stated nor to be had from data before treatment"
    reach = float(normal_quantile(0.5 + confidence / 2) + normal_quantile(power))
    if declared is not None and declared.std_error is not None:
        error, rests_on = declared.std_error, declared.source
    elif seen is not None and seen.std_error is not None and before is not None:
        error = seen.std_error
        if seen.inference is not None:
            reach = seen.inference.smallest(power) / error if error else reach
            rests_on = (
                f"the noise before treatment, {before.first_period} to {before.last_period}: the "
                "error of the design's own estimator on noise of that kind over all periods"
            )
        else:
            rests_on = (
                f"the noise before treatment, {before.first_period} to {before.last_period}: the "
                "error of a difference in changes from the earlier to the later half of these "
                "periods"
            )
    elif seen is not None:
        rests_on = f"not known: {seen.why_not}"
    level = declared.level if declared else None
    if level is None and seen is not None:
        level = seen.level_programme
    return ExpectedError(
        outcome=outcome,
        std_error=error,
        rests_on=rests_on,
        smallest=None if error is None else reach * error,
        promised=dict(spec.payment.promised_effects).get(outcome.id) if spec.payment else None,
        level=level,
        units=declared.units if declared else None,
    )
