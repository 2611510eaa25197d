"""Does the effect hang on one cohort, one period, one unit or one cluster?

    effects ─ leave_one_out ▶ LeaveOneOut: the average again, without each of them in turn

Without a cohort or a period the average is that of the cells that are left. Without a unit or a
cluster it is exact for the shares that cohorts have: their means move, their shares are held (and,
for triple differences, the weights of several comparison cohorts; for the efficient estimator, the
share of the difference before the start that is taken off).
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice
from pbc_eval.did.averages import KINDS, Kind, averages_of
from pbc_eval.did.behind_average import changes_of
from pbc_eval.did.behind_counted import changes_counted
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.panel.panel import Panel

LeftOut = Literal["cohort", "period", "unit", "cluster"]
LEFT_OUT = ("cohort", "period", "unit", "cluster")
OWNER = "leave_one_out"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class LeaveOneOut(Displayed):
    """The average effect without each of k cohorts, periods, units or clusters, in the outcome's
    unit; NaN where nothing is left without one."""

    by: LeftOut
    left_out: tuple[str, ...]  # (k,)
    estimates: Floats  # (k,)
    estimate: float  # with all of them

    @property
    def low(self) -> float:
        """The smallest of them that can be had."""
        return float(np.nanmin(self.estimates))

    @property
    def high(self) -> float:
        """The largest of them that can be had."""
        return float(np.nanmax(self.estimates))

    @property
    def turned(self) -> tuple[str, ...]:
        """Without which of them the effect has the other sign, or none."""
        with np.errstate(invalid="ignore"):
            other = self.estimates * self.estimate <= 0
        return tuple(name for name, is_other in zip(self.left_out, other, strict=True) if is_other)

    def summary(self) -> str:
        """The range, and how many turn the sign."""
        return (
            f"without one {self.by}: {self.low:.6g} to {self.high:.6g} ({self.estimate:.6g} with "
            f"all), {len(self.turned)} turn the sign"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row a cohort, period, unit or cluster: left_out, estimate, difference."""
        return pd.DataFrame(
            {
                "left_out": list(self.left_out),
                "estimate": self.estimates,
                "difference": self.estimates - self.estimate,
            }
        )


def leave_one_out(
    panel: Panel,
    effects: GroupTimeEffects,
    by: LeftOut = "cohort",
    kind: Kind = "simple",
    *,
    anticipation: int = 0,
) -> LeaveOneOut:
    """``effects.aggregate(kind)`` again without each cohort, period, unit or cluster.

    ``effects`` are of ``panel``. Raises DesignError where there is but one to leave out, and for
    units and clusters where the average is no sum of changes of units: with covariates, with gaps,
    or for another comparison than the never treated or all not treated at the time.
    """
    check_choice(OWNER, "by", by, LEFT_OUT, DesignError)
    check_choice(OWNER, "kind", kind, KINDS, DesignError)
    overall = effects.aggregate(kind, bands="pointwise").overall
    if by in ("unit", "cluster"):
        return _without_units(panel, effects, by, kind, anticipation)
    cells = effects.cells
    chosen: Bools = ~np.isnan(cells.estimate)
    after = chosen & (cells.plan.event_time >= 0)
    place = cells.plan.cohort if by == "cohort" else cells.plan.period
    labels = effects.cohorts if by == "cohort" else effects.periods
    each = np.unique(place[after])
    _refuse_one(len(each), by)
    estimates = []
    for at in each:
        kept = after & (place != at)
        _, _, again = averages_of(cells, kind, kept, kept, effects.weights)
        estimates.append(again.estimate(cells))
    return LeaveOneOut(
        by=by,
        left_out=tuple(panel.periods.name(int(labels[at])) for at in each),
        estimates=np.array(estimates),
        estimate=overall.estimate,
    )


def _refuse_one(count: int, by: str) -> None:
    if count < 2:
        raise DesignError(
            f"{OWNER}: there is but one {by} to leave out, and nothing without it.",
            rule=Sentence("There is nothing left without it."),
        )


def _without_units(
    panel: Panel, effects: GroupTimeEffects, by: LeftOut, kind: Kind, anticipation: int
) -> LeaveOneOut:
    if by == "cluster" and not panel.roles.cluster:
        raise DesignError(f"{OWNER}: the panel names no cluster. Leave out by unit.")
    overall = effects.aggregate(kind, bands="pointwise").overall
    if effects.cells.counted is not None:
        changes = changes_counted(panel, effects, kind)
    else:
        changes = changes_of(panel, overall, kind, anticipation)
    arrays = panel.arrays()
    group = changes.unit if by == "unit" else changes.cluster
    names, place = np.unique(group, return_inverse=True)
    _refuse_one(len(names), by)
    k, c = len(names), len(changes.size)
    both = place * c + changes.group
    weight = np.bincount(both, changes.weight, k * c).reshape(k, c)
    total = np.bincount(both, changes.weight * changes.value, k * c).reshape(k, c)
    left = weight.sum(axis=0) - weight
    left = np.where(left > 1e-9 * weight.sum(axis=0), left, np.nan)
    estimates = ((total.sum(axis=0) - total) / left) @ changes.size
    labels = [str(arrays.unit[at]) for at in names] if by == "unit" else list(map(str, names + 1))
    return LeaveOneOut(
        by=by, left_out=tuple(labels), estimates=estimates, estimate=overall.estimate
    )
