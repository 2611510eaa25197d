"""What a reader knows of the cells of a release: sums that hold, and how small a cell can be.

    matrix @ cells == totals        (m, n) @ (n,) == (m,)

Whatever is published goes in as it stands; what is held back can be anything that fits. The
smallest and largest value that fit are what a reader can work out of a cell: its interval.

Source: Hundepool et al. (2012), Statistical Disclosure Control, section 4.4 (the attacker's
problem); Fischetti & Salazar (2001), Management Science 47, 1008-1027, section 2.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from pbc_eval.errors import DisclosureError
from pbc_eval.numerics.arrays import Floats

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint

Terms = Sequence[tuple[int, float]]  # (cell, factor), ...
NEAR = 1e-6  # counts nearer to each other than this are the same


@dataclass(frozen=True, slots=True, eq=False)
class Relations:
    """Linear equations among ``n`` cells: ``matrix`` is (m, n), ``totals`` (m,)."""

    matrix: csr_array
    totals: Floats

    @property
    def n_cells(self) -> int:
        return int(self.matrix.shape[1])


def relations_of(n_cells: int, rows: Sequence[tuple[Terms, float]]) -> Relations:
    """Relations among ``n_cells`` cells, each given as its terms and their total."""
    places = [(r, cell, factor) for r, (terms, _) in enumerate(rows) for cell, factor in terms]
    at = np.array([(r, cell) for r, cell, _ in places], dtype=np.int64).reshape(-1, 2)
    factors = np.array([factor for *_, factor in places], dtype=float)
    matrix = csr_array((factors, (at[:, 0], at[:, 1])), shape=(len(rows), n_cells))
    return Relations(matrix, np.array([total for _, total in rows], dtype=float))


def cross_table_relations(rows: int, columns: int) -> Relations:
    """A table with margins, its cells row by row: the last row and the last column are the sums."""
    cells = np.arange((rows + 1) * (columns + 1)).reshape(rows + 1, columns + 1)
    lines = [*cells, *cells.T]
    return relations_of(
        cells.size,
        [([*((int(c), 1.0) for c in line[:-1]), (int(line[-1]), -1.0)], 0.0) for line in lines],
    )


def audit(
    relations: Relations,
    published: ArrayLike,
    suppressed: ArrayLike,
    *,
    least: ArrayLike = 0.0,
    most: ArrayLike = np.inf,
    whole: bool = True,
) -> Floats:
    """The interval of each cell that a reader can work out, (n, 2); published cells are a point.

    ``published`` (n,) holds the values; those under ``suppressed`` (n,) are not looked at. A hidden
    cell is ``least`` to ``most``, and a whole number unless ``whole`` is False. An interval without
    an upper end is infinite there. Raises DisclosureError for values that contradict the relations:
    an audit of other cells than those that were published would prove nothing.
    """
    values = np.array(published, dtype=float)
    hidden = np.array(suppressed, dtype=bool)
    bottom = np.broadcast_to(np.asarray(least, dtype=float), values.shape)
    top = np.broadcast_to(np.asarray(most, dtype=float), values.shape)
    if values.shape != hidden.shape or values.shape != (relations.n_cells,):
        raise DisclosureError(
            f"audit: {values.size} values and {hidden.size} marks were given for "
            f"{relations.n_cells} cells. Give one of each for every cell of the relations."
        )
    from scipy.optimize import LinearConstraint  # noqa: PLC0415 heavy

    intervals = np.column_stack([values, values])
    places = np.flatnonzero(hidden)
    rest = relations.totals - relations.matrix[:, ~hidden] @ values[~hidden]
    matrix = relations.matrix[:, places]
    bare = np.diff(matrix.indptr) == 0
    if (np.abs(rest[bare]) > NEAR).any():
        raise DisclosureError(
            "audit: the published cells do not add up as the relations say. Give the values as "
            "published, before rounding, and relations that hold among them."
        )
    kept = LinearConstraint(matrix[~bare], rest[~bare], rest[~bare])
    related = np.bincount(matrix.indices, minlength=len(places)) > 0
    for position, place in enumerate(places):
        if not related[position]:  # nothing is known of it
            intervals[place] = bottom[place], top[place]
            continue
        ends = (bottom[places], top[places])
        for side, sign in enumerate((1.0, -1.0)):
            intervals[place, side] = _end(kept, position, sign, ends, whole=whole)
    return intervals


def _end(
    kept: "LinearConstraint",
    position: int,
    sign: float,
    ends: tuple[Floats, Floats],
    *,
    whole: bool,
) -> float:
    """The smallest (``sign`` 1) or largest (-1) value of one hidden cell, all within ``ends``."""
    from scipy.optimize import Bounds, milp  # noqa: PLC0415 heavy

    least, most = ends
    objective = np.zeros(len(least))
    objective[position] = sign
    solved = milp(
        objective,
        integrality=np.full(len(least), int(whole)),
        bounds=Bounds(least, most),
        constraints=kept,
    )
    if solved.x is not None:
        end = float(solved.x[position])
        return float(round(end)) if whole else end
    if sign < 0 and solved.status in (3, 4):  # 4: unbounded or infeasible; the minimum tells which
        _end(kept, position, 1.0, ends, whole=whole)
        return np.inf
    raise DisclosureError(
        "audit: nothing fits what is published. Check the relations, and that no hidden cell is "
        "below its least value."
    )
