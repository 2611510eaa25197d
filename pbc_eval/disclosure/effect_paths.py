"""Effects before the start as sums of what each group did: of which group alone do they tell?

    path of group g at time e since its start, θ(g, e)      unknown where g is held back
    an effect by group and period   θ(g, e) - θ(g, base)    base: one for all, or the time before
    a start moved back by k         sums of effects before the start against one reference, over all
                                    groups seen so early, each by its units

The table of starts that were moved back tells every effect before the start that half of the
treated carry, whatever the table of the event study holds back; intervals for trends that diverge
are as wide as the largest change among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pbc_eval.disclosure.cells import keys_of
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.numerics.arrays import Bools, Floats

PLACEBOS, DIVERGING = "placebo-in-time", "diverging-trends"


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """``matrix`` (k, m) writes k effects by group and period in m points of paths: ``points`` name
    the group and the time since its start; ``reference`` is that of the base of effects after it.
    """

    points: tuple[tuple[str, float], ...]
    matrix: Floats
    reference: float

    def of_group(self, name: str) -> Bools:
        return np.array([group == name for group, _ in self.points], dtype=bool)

    def lead(self, time: float, sizes: dict[str, float]) -> Floats | None:
        """The effect at a time before the start, of the groups seen then and at the reference, each
        by its units: (m,). None where no group is."""
        place = {point: at for at, point in enumerate(self.points)}
        seen = [g for g in sizes if {(g, time), (g, self.reference)} <= place.keys()]
        whole = sum(sizes[g] for g in seen)
        if not whole:
            return None
        line = np.zeros(len(self.points))
        for g in seen:
            line[place[g, time]] += sizes[g] / whole
            line[place[g, self.reference]] -= sizes[g] / whole
        return line


def paths_of(table: OutputTable) -> Paths:
    """The paths behind a table of effects by group and period. Where a base is not named, each
    effect is a point of its own."""
    keys = keys_of(table)
    times = [float(e) for e in table.frame["event_time"]]
    effects = list(zip(keys, times, strict=True))
    if "base" not in table.frame or table.frame["base"].isna().any():
        return Paths(tuple(effects), np.eye(len(effects)), -1.0)
    labels, bases = list(map(str, table.frame["time"])), list(map(str, table.frame["base"]))
    after = {g: b for (g, e), b in zip(effects, bases, strict=True) if e >= 0}
    reference = _reference(effects, labels, after)
    ends = [
        (g, reference if e >= 0 or b == after.get(g) else e - 1.0)
        for (g, e), b in zip(effects, bases, strict=True)
    ]
    points = tuple(dict.fromkeys([*effects, *ends]))
    place = {point: at for at, point in enumerate(points)}
    matrix = np.zeros((len(effects), len(points)))
    for row, (end, start) in enumerate(zip(effects, ends, strict=True)):
        matrix[row, place[end]] += 1.0
        matrix[row, place[start]] -= 1.0
    return Paths(points, matrix, reference)


def _reference(
    effects: Sequence[tuple[str, float]], labels: Sequence[str], after: dict[str, str]
) -> float:
    """The time since the start of the period that effects after it are counted from."""
    for (g, e), label in zip(effects, labels, strict=True):
        if after.get(g) == label:
            return e
    name = next(iter(after), "")  # one base for all, or the first period: it has no row
    times = {e for g, e in effects if g == name}
    return next(-1.0 - k for k in range(len(times) + 1) if -1.0 - k not in times)


def leads_of_placebos(finding: Finding, paths: Paths, sizes: dict[str, float]) -> list[Floats]:
    """What starts that were moved back by 1, 2, ... tell, the effects before the start in turn."""
    table = finding.table(PLACEBOS)
    lines = []
    for k in range(1, (0 if table is None else len(table.frame)) + 1):
        line = paths.lead(paths.reference - k, sizes)
        if line is None:
            break
        lines.append(line)
    return lines
