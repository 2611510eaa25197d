"""A forecast: social value from assumed quantities. Nothing is estimated, so nothing is found."""

from pbc_eval.agreement.design import Forecast
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """No findings: a forecast estimates no effect."""
    return ()


def _planned(spec: EvaluationSpec) -> Facts:
    return ((Sentence("Method"), "A forecast from assumed quantities; nothing is estimated."),)


DESIGN_KIND = DesignKind(
    model=Forecast,
    label="Forecast",
    find=find,
    planned=_planned,
    strength=lambda evidence: Sentence(
        "Not graded: a forecast from assumptions, not an estimate of an effect."
    ),
    gives_estimates=False,
)
