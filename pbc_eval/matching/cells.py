"""People with identical covariates, matched together: nearest cells and everybody tied with them.

    points, strata, treated ── cells_of ──▶ Cells ── match_cells ──▶ CellMatches

A cell holds everybody of one stratum and group at one point. Whoever is matched to a cell is
matched to all of it, so ties between thousands cost as little as between two.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Bools, Floats, Ints

SAME = 1e-9  # two distances this close are one: what is nearer by less is rounding
GRAIN = 9  # decimals of a point that tell cells apart


class Cells(NamedTuple):
    """``of`` (n,) is each person's cell. Each cell has a point (a row of ``points``), a stratum,
    a group and a size."""

    of: Ints
    points: Floats
    stratum: Ints
    treated: Bools
    size: Ints

    def totals(self, values: Floats) -> Floats:
        """Sums of ``values`` (n,) over the people of each cell."""
        return np.asarray(np.bincount(self.of, values, minlength=len(self.size)), dtype=np.float64)


class CellMatches(NamedTuple):
    """Who matches whom. ``links`` has a 1 at (a, b) when people of cell a are matched to all of
    cell b; ``seeking`` marks the cells that were matched; ``served`` (n,) and ``served_squares``
    are the sums over matches a person serves in of their share, and of its square."""

    links: csr_array[np.float64]
    seeking: Bools
    served: Floats
    served_squares: Floats

    def total_of_matches(self, totals: Floats) -> Floats:
        """Sums over all matches of each cell, from sums by cell."""
        totals_of_matches: Floats = np.asarray(self.links @ totals)
        return totals_of_matches

    def mean_of_matches(self, cells: Cells, values: Floats) -> Floats:
        """Mean of ``values`` (n,) over the matches of each cell, NaN without any."""
        total = self.total_of_matches(cells.totals(values))
        number = self.total_of_matches(cells.size.astype(np.float64))
        return np.where(number > 0, total / np.where(number > 0, number, 1.0), np.nan)


def cells_of(points: Floats, strata: Ints, treated: Bools) -> Cells:
    """Group people: ``points`` (n, d), ``strata`` (n,), ``treated`` (n,)."""
    keys = np.column_stack([strata, treated, np.round(points, GRAIN) + 0.0])
    _, first, of = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    of = of.reshape(-1)
    return Cells(of, points[first], strata[first], treated[first], np.bincount(of))


def match_cells(
    cells: Cells, seeking: Bools, treated: Bools, matches: int, tolerance: float = 0.0
) -> CellMatches:
    """Match the cells of ``seeking`` people (n,) to the other group's, by stratum. Two squared
    distances within ``tolerance`` are a tie.

    Raises DesignError for a stratum without enough people of the other group.
    """
    wanted = np.zeros(len(cells.size), dtype=bool)
    wanted[cells.of[seeking]] = True
    rows, columns = [], []
    for group in (True, False):
        for stratum in np.unique(cells.stratum[wanted & (cells.treated == group)]):
            mine = np.flatnonzero(wanted & (cells.treated == group) & (cells.stratum == stratum))
            pool = np.flatnonzero((cells.treated != group) & (cells.stratum == stratum))
            available = int(cells.size[pool].sum())
            if available < matches:
                who, other = ("treated", "comparison") if group else ("comparison", "treated")
                raise DesignError(
                    f"nearest_effect: a stratum has {int(cells.size[mine].sum()):,} {who} units "
                    f"and {available:,} {other} units, fewer than matches={matches}. Merge "
                    "strata, ask for fewer matches, or leave those units out and say why."
                )
            at, neighbours = _nearest(cells, mine, pool, matches, tolerance)
            rows.append(at)
            columns.append(neighbours)
    row, column = np.concatenate(rows), np.concatenate(columns)
    n = len(cells.size)
    links = csr_array((np.ones(len(row)), (row, column)), shape=(n, n))
    number = np.asarray(links @ cells.size.astype(np.float64))
    share = np.divide(1.0, number, out=np.zeros(n), where=number > 0)
    served = links.T @ (cells.size * share)
    squares = links.T @ (cells.size * share**2)
    return CellMatches(links, wanted, served[cells.of], squares[cells.of])


def cell_variances(cells: Cells, values: Floats, matches: int, tolerance: float = 0.0) -> Floats:
    """The variance of ``values`` (n,) around each cell: over its own people and, unless they are
    more than ``matches`` themselves, the nearest others of the same stratum and group, ties
    included. NaN never: a stratum with a single person of a group is refused with a DesignError.
    """
    centred = values - values.mean()
    rows, columns = [], []
    for group in (True, False):
        for stratum in np.unique(cells.stratum[cells.treated == group]):
            mine = np.flatnonzero((cells.treated == group) & (cells.stratum == stratum))
            people = int(cells.size[mine].sum())
            if people < 2:
                raise DesignError(
                    "nearest_effect: a stratum has a single person of one group, whose variance "
                    "cannot be had from others. Merge strata, or pass variance_matches=None."
                )
            # a person's own place in the cell is not one of the matches
            wanted = min(matches, people - 1) + 1
            at, neighbours = _nearest(cells, mine, mine, wanted, tolerance)
            rows.append(at)
            columns.append(neighbours)
    row, column = np.concatenate(rows), np.concatenate(columns)
    n = len(cells.size)
    links = csr_array((np.ones(len(row)), (row, column)), shape=(n, n))
    number = np.asarray(links @ cells.size.astype(np.float64))
    total, squares = (np.asarray(links @ cells.totals(part)) for part in (centred, centred**2))
    return np.asarray(np.maximum(squares - total**2 / number, 0.0) / (number - 1))


def _nearest(
    cells: Cells, mine: Ints, pool: Ints, matches: int, tolerance: float
) -> tuple[Ints, Ints]:
    """Links from each of ``mine`` to the cells of ``pool`` with the nearest ``matches`` people and
    everybody tied with the last of them."""
    from scipy.spatial import KDTree  # noqa: PLC0415 heavy

    tree = KDTree(cells.points[pool])
    k = min(matches, len(pool))
    answer = tree.query(cells.points[mine], k=range(1, k + 1))
    gaps, near = (np.asarray(part) for part in answer)
    people = np.cumsum(cells.size[pool][near], axis=1)
    last = np.argmax(people >= matches, axis=1)
    radius = np.sqrt(gaps[np.arange(len(mine)), last] ** 2 + tolerance) + SAME
    within: list[list[int]] = list(tree.query_ball_point(cells.points[mine], radius))
    number = np.fromiter((len(neighbours) for neighbours in within), np.int64, len(mine))
    return np.repeat(mine, number), pool[
        np.concatenate([np.array(w, dtype=np.int64) for w in within])
    ]
