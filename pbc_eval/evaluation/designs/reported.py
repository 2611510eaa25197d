"""Findings of a reported design: results that others published, taken as they stand."""

from pbc_eval.agreement.design import Reported
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.measured_outcome import measured_from_report
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import as_typed
from pbc_eval.results import AttEstimate, Method


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """The published result of every outcome; no file is read and nothing is drawn."""
    return tuple(_as_published(spec, outcome) for outcome in spec.outcomes)


def _as_published(spec: EvaluationSpec, outcome: Outcome) -> Finding:
    """The published result of one outcome, signed as measured, with its source and status."""
    reported = outcome.reported
    if not isinstance(spec.design, Reported) or reported is None:
        raise DesignError(f"{spec.id}: {outcome.id}: no reported result.")
    measured = measured_from_report(outcome, reported)
    effect = outcome.sign * float(measured.effect or 0.0)
    return Finding(
        outcome=outcome,
        headline=AttEstimate(
            term=outcome.id,
            estimate=effect,
            std_error=reported.std_error,
            n_treated=reported.n_treated or 0,
            n_comparison=reported.n_comparison or 0,
            method=Method(
                estimator=f"as reported by {spec.design.source}",
                comparison_group=as_typed(spec.design.rationale),
            ),
            reason=None if reported.std_error else Sentence("the source gives none"),
            counterfactual_mean=measured.counterfactual,
        ),
        measured=measured,
        source=reported.source,
        status=reported.status,
    )


def _planned(spec: EvaluationSpec) -> Facts:
    source = spec.design.source if isinstance(spec.design, Reported) else ""
    return ((Sentence("Method"), f"Results as published by {source}; nothing is estimated here."),)


DESIGN_KIND = DesignKind(
    model=Reported,
    label="Results reported by others",
    find=find,
    planned=_planned,
    strength=lambda evidence: Sentence("As graded by its source; not graded here."),
    gives_estimates=False,
    reported_by_others=True,
)
