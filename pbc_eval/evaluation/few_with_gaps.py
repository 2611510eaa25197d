"""Who is seen in one period and not in another: effects by group and period are over those seen in
both, averages over all who are seen.

    n of the base x its average  -  n of both x (average of those seen in both)
                                    = what those who are seen in the base alone had in it

so that few who are missing in a period are told by their group's effect and two of its averages,
to all digits.
"""

import numpy as np

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.outcome_panel import group_name
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.unit_effects import side_of


def groups_with_few_gaps(spec: EvaluationSpec, panel: Panel) -> tuple[str, ...]:
    """Names of groups of which fewer than the threshold are seen in one period and not in another.
    Of units that stay in an engine it is taken to be so of every group: nobody sees which they are.
    """
    rule = spec.publication.disclosure.of_units
    if not rule.protects or panel.repeated or panel.balanced:
        return ()
    if panel.roles.eligible:
        sides = [side_of(panel, eligible=side) for side in (True, False)]
        named = [name for side in sides for name in _with_few_gaps(spec, side, rule.threshold)]
        return tuple(dict.fromkeys(named))
    return _with_few_gaps(spec, panel, rule.threshold)


def _with_few_gaps(spec: EvaluationSpec, panel: Panel, threshold: int) -> tuple[str, ...]:
    try:
        arrays = panel.arrays()
    except (DesignError, DataError):
        return tuple(group_name(spec, panel, label) for label in panel.cohorts)
    seen = ~np.isnan(arrays.outcome)
    few = []
    for c, label in enumerate(panel.cohorts):
        own = seen[arrays.cohort == c].astype(float)
        alone = own.T @ (1 - own)  # (T, T): in the first and not in the second
        if ((alone > 0) & (alone < threshold)).any():
            few.append(group_name(spec, panel, label))
    return tuple(few)
