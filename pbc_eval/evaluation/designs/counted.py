"""Results that are counted and paid, with nothing to compare them with: nothing is estimated."""

from pbc_eval.agreement.design import Counted
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.record import Finding
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """No findings: what is counted is no effect."""
    return ()


def _planned(spec: EvaluationSpec) -> Facts:
    return ((Sentence("Method"), "Verified claims and counts; no effect is estimated."),)


DESIGN_KIND = DesignKind(
    model=Counted,
    label="Counted results",
    find=find,
    planned=_planned,
    strength=lambda evidence: Sentence(
        "Not graded: results were counted, not compared with what would have happened anyway."
    ),
    gives_estimates=False,
)
