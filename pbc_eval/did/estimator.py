"""What an estimator of difference-in-differences is to the rest of the house: one row.

    its own file ─ ESTIMATOR ─▶ did/estimators.py ─▶ headline, alternatives, comparison, words

An estimator is added by its file, which ends with its row, and by its name in ``did/estimators.py``
(or ``register`` there, from outside the package).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pbc_eval.did.adjustment import EstimationMethod
from pbc_eval.did.cells import BasePeriod
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

Comparison = Literal["never treated", "not yet treated"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatorOptions:
    """What an estimate may depend on besides the panel; an estimator uses what it knows of."""

    level: float
    seed: int
    comparison: Comparison = "never treated"
    adjustment: EstimationMethod | None = None  # None: not adjusted for covariates
    base_period: BasePeriod = "varying"
    anticipation: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimator:
    """One estimator. ``effects`` gives effects by cohort and period, which any average can be made
    of; one that has a single number gives ``overall`` and cannot carry a headline."""

    name: str  # in evaluation files: design.estimator
    family: str  # in tables for analysts
    label: str  # among the alternatives of a page
    method_words: str  # how it works, for a design note
    comparisons: tuple[Comparison, ...]
    adjusts: bool = False  # for covariates, in each of the ways
    adjusts_linearly: bool = False  # in a regression, in the one way that it has
    allows_anticipation: bool = False  # else every period before the start counts as untreated
    repeats_with_one_cohort: bool = False  # the number that others give then
    from_base: bool = False  # effects are reckoned from the base period, those before the start too
    needs_eligible: bool = False  # of panels that say whom the measure can reach, and of no others
    needs_random_starts: bool = False  # of designs that say how starts came to be as good as random
    effects: Callable[[Panel, EstimatorOptions], GroupTimeEffects] | None = None
    overall: Callable[[Panel, EstimatorOptions], AttEstimate] | None = None

    @property
    def carries_headlines(self) -> bool:
        return self.effects is not None
