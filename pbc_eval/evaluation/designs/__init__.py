"""How an effect is identified: one module a design, one row here.

``register_design`` adds a design from outside the package: evaluation files may then ask for its
method, and it is estimated, graded, described and published like any other.
"""

from pbc_eval.agreement.design import DesignModel
from pbc_eval.agreement.evaluation import add_design_model
from pbc_eval.evaluation.designs import (
    counted,
    difference_in_differences,
    forecast,
    matching,
    randomised,
    reported,
    synthetic_difference_in_differences,
)
from pbc_eval.evaluation.designs.design_kind import DesignKind, Evidence

__all__ = ["DESIGNS", "DesignKind", "Evidence", "design_kind", "register_design"]

DESIGNS: dict[str, DesignKind] = {
    module.DESIGN_KIND.method: module.DESIGN_KIND
    for module in (
        difference_in_differences,
        synthetic_difference_in_differences,
        matching,
        randomised,
        reported,
        forecast,
        counted,
    )
}


def design_kind(design: DesignModel) -> DesignKind:
    """The row of the design that an evaluation agreed on."""
    return DESIGNS[design.method]


def register_design(kind: DesignKind) -> None:
    """One more design. Raises SpecError for a method that there is already."""
    add_design_model(kind.model)
    DESIGNS[kind.method] = kind
