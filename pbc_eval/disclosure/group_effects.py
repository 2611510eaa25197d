"""Averages over groups are sums of groups' effects: with enough of them, a group that is held back
follows to the last digit.

    effect of group g in period t      unknown for groups that are held back
    every average that is published    a sum of them, with weights that are numbers of units

Numbers of units are taken to be known to the reader, the worst case. Averages are published while
no combination of what is published is about one small group alone; event times go, the furthest
first, where that is needed for the headline itself.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.cells import keys_of
from pbc_eval.disclosure.effect_paths import (
    DIVERGING,
    PLACEBOS,
    Paths,
    leads_of_placebos,
    paths_of,
)
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.numerics.arrays import Bools, Floats

TINY = 1e-9
EFFECT = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")
Place = tuple[str, int, str]  # table, position of the row, column


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """One entry for each effect by group and period, (k,)."""

    group: tuple[str, ...]
    event_time: Floats
    time: tuple[str, ...]
    units: Floats

    @property
    def after(self) -> Bools:
        return self.event_time >= 0

    def average(self, over: Bools) -> Floats:
        """The weights of the average over some cells, each group by its units."""
        mass = np.where(over, self.units, 0.0)
        return np.asarray(mass / mass.sum(), dtype=float)

    def of_group(self, name: str) -> Bools:
        return np.array([group == name for group in self.group], dtype=bool) & self.after

    def of_event(self, time: float) -> Bools:
        return np.asarray(self.event_time == time, dtype=bool)

    def overall(self, kind: str) -> Floats:
        """The weights of one of the averages over everything after the start."""
        if kind == "simple":
            return self.average(self.after)
        if kind == "event":
            times = sorted({float(t) for t in self.event_time[self.after]})
            return _mean([self.average(self.of_event(t)) for t in times])
        if kind == "calendar":
            in_time = [np.array([t == name for t in self.time]) & self.after
                       for name in dict.fromkeys(self.time)]  # fmt: skip
            return _mean([self.average(mask) for mask in in_time if mask.any()])
        names = [n for n in dict.fromkeys(self.group) if self.of_group(n).any()]
        sizes = np.array([float(self.units[self.of_group(n)][0]) for n in names])
        each = np.array([self.average(self.of_group(n)) for n in names])
        return np.asarray(sizes @ each / sizes.sum(), dtype=float)


def _mean(lines: list[Floats]) -> Floats:
    return np.asarray(np.mean(lines, axis=0), dtype=float)


def places_of_effects(
    finding: Finding, hidden: Collection[Place], rule: DisclosureRule
) -> tuple[set[Place], bool]:
    """Which effects must be held back besides those in ``hidden``, and whether that was enough."""
    groups, table = finding.table("groups"), finding.table("cells")
    if not rule.protects or groups is None or table is None or groups.group_by != "group":
        return set(), True
    sizes = dict(zip(keys_of(groups), map(float, groups.frame["units"]), strict=True))
    cells = _cells(table, sizes)
    small = {name for name in cells.group if is_small(sizes[name], rule)}
    if not small:
        return set(), True
    withheld = _two_way(finding)
    event = _told_rows(finding.table("event"), hidden)
    averages = _averages(finding)
    known = _told_cells(table, finding.table("cohort"), cells, hidden)
    headline = averages.pop(0, None)
    if headline is not None:
        known.append(cells.overall(headline))
    lines = {row: cells.average(cells.of_event(time)) for row, time in event.items()
             if cells.of_event(time).any()}  # fmt: skip
    furthest = sorted(lines, key=lambda row: -abs(event[row]))
    paths = paths_of(table)
    while furthest and _tells([*known, *lines.values()], paths, small):
        row = furthest.pop(0)
        del lines[row]
        withheld |= _row(finding, "event", row)
    known += lines.values()
    is_enough = not _tells(known, paths, small)
    for row, kind in averages.items():
        if _tells([*known, cells.overall(kind)], paths, small):
            withheld |= _row(finding, "estimates", row)
        else:
            known.append(cells.overall(kind))
    return withheld | _before_the_start(finding, known, paths, sizes, small), is_enough


def _before_the_start(
    finding: Finding,
    known: list[Floats],
    paths: Paths,
    sizes: dict[str, float],
    small: Collection[str],
) -> set[Place]:
    """Starts moved back that would tell, the furthest first; with one of them, the intervals that
    are as wide as changes before the start."""
    leads, withheld = leads_of_placebos(finding, paths, sizes), set[Place]()
    shown = len(leads)
    while shown and _tells(known, paths, small, leads[:shown]):
        shown -= 1
        withheld |= _row(finding, PLACEBOS, shown)
    table = finding.table(DIVERGING)
    if withheld and table is not None:
        for row in range(len(table.frame)):
            withheld |= _row(finding, DIVERGING, row)
    return withheld


def _row(finding: Finding, kind: str, row: int) -> set[Place]:
    """Every figure of one row of a table."""
    table = finding.table(kind)
    if table is None:
        return set()
    return {(table.name, row, column) for column in EFFECT if column in table.frame}


def _cells(table: OutputTable, sizes: dict[str, float]) -> _Cells:
    keys = keys_of(table)
    return _Cells(
        group=keys,
        event_time=table.frame["event_time"].to_numpy(float),
        time=tuple(map(str, table.frame["time"])),
        units=np.array([sizes[key] for key in keys]),
    )


def _averages(finding: Finding) -> dict[int, str]:
    """Which rows of the table of estimates are averages of the same effects, and which kind."""
    return {row: kind for row, kind in enumerate(finding.averages) if kind}


def _told_rows(table: OutputTable | None, hidden: Collection[Place]) -> dict[int, float]:
    if table is None:
        return {}
    times = pd.to_numeric(table.frame["event_time"]).to_numpy(float)
    return {row: float(time) for row, time in enumerate(times)
            if (table.name, row, "estimate") not in hidden}  # fmt: skip


def _told_cells(
    table: OutputTable, cohort: OutputTable | None, cells: _Cells, hidden: Collection[Place]
) -> list[Floats]:
    """What the tables by group and period, and by group, tell."""
    n = len(cells.group)
    rows = [np.eye(n)[row] for row in range(n) if (table.name, row, "estimate") not in hidden]
    if cohort is not None:
        rows += [
            cells.average(cells.of_group(key))
            for row, key in enumerate(keys_of(cohort))
            if (cohort.name, row, "estimate") not in hidden and cells.of_group(key).any()
        ]
    return rows


def _tells(
    known: list[Floats], paths: Paths, small: Collection[str], leads: Sequence[Floats] = ()
) -> bool:
    """Is some combination of what is known about the path of one small group alone? ``known`` are
    sums of effects by group and period, ``leads`` sums of points of paths."""
    lines = [line @ paths.matrix for line in known] + [*leads]
    if not lines:
        return False
    matrix = np.array(lines)
    for name in small:
        own = paths.of_group(name)
        left, sizes, _ = np.linalg.svd(matrix[:, ~own], full_matrices=True)
        rank = int((sizes > TINY * max(float(sizes[0]) if len(sizes) else 0.0, 1.0)).sum())
        if (np.abs(left[:, rank:].T @ matrix[:, own]) > TINY).any():
            return True
    return False


def _two_way(finding: Finding) -> set[Place]:
    """Weights of the two-way coefficient are ratios of the groups' sizes, and tell them."""
    table = finding.table("two-way")
    if table is None:
        return set()
    return {(table.name, row, column) for row in range(len(table.frame) - 1)
            for column in ("weight", "estimate")}  # fmt: skip
