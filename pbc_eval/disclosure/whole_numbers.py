"""An average of yes and no, or of whole numbers, over groups tells how many are in the smallest.

    average x unit-periods     + n x (change of those compared, told by their averages)
                               = a sum of whole numbers, whatever became of the group of n

Only one n makes it whole to ten digits. So that a group is not told alone by sums of averages
(group_effects.py) is not enough: its number, and from several averages what became of it, follow by
trying whole numbers. It is seen in the groups' sums, which are whole, or of so many decimals.

Source: the enumeration is ours (tests/disclosure/test_whole_numbers.py).
"""

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import OutputReview, fail_unless_answered
from pbc_eval.evaluation.bits_unknown import step_of
from pbc_eval.evaluation.record import Finding, OutputTable


def review_of_whole_numbers(finding: Finding, rule: DisclosureRule) -> list[OutputReview]:
    """A fail where an outcome of whole numbers is averaged over a group of few."""
    groups, means = finding.table("groups"), finding.table("means")
    if not rule.protects or groups is None or means is None or groups.group_by != "group":
        return []
    if "units" in groups.not_people or not _are_whole(means, set(groups.frame["group"])):
        return []
    units = pd.to_numeric(groups.frame["units"]).to_numpy(float)
    few = tuple(
        str(name) for name, n in zip(groups.frame["group"], units, strict=True) if is_small(n, rule)
    )
    if not few:
        return []
    return [
        fail_unless_answered(
            rule,
            f"{finding.outcome.id}-few-in-a-group",
            "the outcome is yes or no, or a number of few decimals, and a group has fewer "
            f"than {rule.threshold}: averages that it is part of tell, to all their digits, how "
            "many it has, and what became of them; give it the start of the next group, leave it "
            "out of the data",
            few,
        )
    ]


def _are_whole(means: OutputTable, groups: set[str]) -> bool:
    """Are the groups' sums in every period whole, or of the same few decimals? Comparisons that are
    weighted are no groups."""
    if means.levels is None:
        return False
    frame = means.frame[means.frame["group"].isin(groups)]
    level, units = (pd.to_numeric(frame[name]).to_numpy(float) for name in means.levels)
    return step_of(level * units) is not None
