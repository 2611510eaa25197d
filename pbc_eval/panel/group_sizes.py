"""How unequal the independent groups of a panel are: groups that stand for more err less."""

from pbc_eval.panel.panel import Panel
from pbc_eval.panel.source import collect

UNEQUAL = 1.5  # the largest group over the smallest, from which sizes count as unequal


def sizes_differ(panel: Panel) -> bool:
    """Is the largest cluster (unit, where there are no clusters) well above the smallest?

    The size of a group is the sum of its units' weights: their number, where there are none. False
    for repeated cross-sections, in which no unit is followed.
    """
    weighted, clustered = panel.roles.weight is not None, panel.roles.cluster is not None
    if panel.repeated or not (weighted or clustered):
        return False
    units = panel.units
    sizes = units.group_by("k" if clustered else "u").aggregate(
        m=units.w.sum() if weighted else units.count()
    )
    sizes = sizes.filter(sizes.m > 0)
    ends = collect(sizes.aggregate(least=sizes.m.min(), most=sizes.m.max())).iloc[0]
    return bool(ends["most"] > UNEQUAL * ends["least"])
