"""What stands behind a triple difference, and behind an efficient average for starts at random: a
sum over units of their own outcomes.

An effect counts the changes since its base, or the outcome less a share of that of the base, of
cohorts or of the eligible and ineligible of cohorts (``CellEstimates.counted``). An average of
effects therefore counts a path over periods for each such group, and every unit comes in by its own
outcomes along that path.
"""

import numpy as np

from pbc_eval.did.averages import Kind, averages_of
from pbc_eval.did.behind_average import (
    ALIKE,
    OTHER,
    Changes,
    is_same,
    refuse_incomplete,
    refused,
)
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.panel.panel import Panel


def changes_counted(panel: Panel, effects: GroupTimeEffects, kind: Kind) -> Changes:
    """As ``behind_average.changes_of``, for effects of ``triple_difference`` or of
    ``efficient_rollout`` on ``panel``.

    Raises DesignError with covariates, with gaps, and for effects of another panel or estimator.
    """
    refuse_incomplete(panel)
    cells = effects.cells
    if cells.counted is None:
        raise refused(OTHER)
    overall = effects.aggregate(kind, bands="pointwise").overall
    after = ~np.isnan(cells.estimate) & (cells.plan.event_time >= 0)
    _, _, average = averages_of(cells, kind, after, after, effects.weights)
    strata = panel.by_eligibility() if panel.roles.eligible else panel
    base_weights = average.weights
    if cells.taken_off is not None:
        base_weights = base_weights * cells.taken_off.coefficient - average.score[-cells.k :]
    arrays = strata.arrays()
    loads = np.zeros((len(strata.cohorts), panel.n_periods))
    for j in np.flatnonzero(average.weights):
        loads[:, cells.plan.period[j]] += average.weights[j] * cells.counted[j]
        loads[:, cells.plan.base[j]] -= base_weights[j] * cells.counted[j]
    length = np.sqrt((loads**2).sum(axis=1))
    groups = np.flatnonzero(length > ALIKE * length.max())
    place = np.full(len(length), -1)
    place[groups] = np.arange(len(groups))
    mine = place[arrays.cohort] >= 0
    group, weight = place[arrays.cohort[mine]], arrays.weight[mine]
    along = (loads[groups] / length[groups, None])[group]
    value = (arrays.outcome[mine] * along).sum(axis=1)
    mean = np.bincount(group, weight * value) / np.bincount(group, weight)
    if not is_same(float(mean @ length[groups]), overall):
        raise refused(OTHER)
    return Changes(
        value=value,
        weight=weight,
        group=group,
        size=length[groups],
        cluster=arrays.cluster[mine] if panel.roles.cluster else np.arange(int(mine.sum())),
        unit=np.flatnonzero(mine),
    )
