"""Who is like nobody of the other group: rows on which a logit or probit has no finite maximum.

    x (n, p), yes (n,) ── comparable ──▶ Comparable, or None

Two answers are separated in part when some direction of the columns is 0 for all rows of one answer
and not above 0 for any row of the other: a region in which nobody was treated. As the fit goes to
its limit, those beyond it get a chance of 0, and the others the chances that a fit among them
gives. Each direction is found by a linear programme.

Source: Albert and Anderson (1984), Biometrika 71, 1-10; Konis (2007), "Linear programming
algorithms for detecting separated data in binary logistic regression models", DPhil thesis, Oxford.
"""

from typing import NamedTuple

import numpy as np

from pbc_eval.numerics.arrays import Bools, Floats, Ints

BEYOND = 1e-6  # of a direction scaled to 1, on columns of about the size 1: solvers stop at 1e-7


class Comparable(NamedTuple):
    """``rows`` (n,) among which the answers are not separated; the others lie beyond one of the
    ``directions`` (p, m), on its side below -BEYOND, or above BEYOND where they answered yes."""

    rows: Bools
    directions: Floats


def comparable(x: Floats, yes: Bools, *, lose_yes: bool, lose_no: bool) -> Comparable | None:
    """The rows that can be compared. ``x`` (n, p) begins with its intercept, its columns of about
    the size 1.

    Rows of an answer are left out only where ``lose_yes`` or ``lose_no`` allows it; None when
    others would have to be, or an answer has no row left.
    """
    rows = np.ones(len(x), dtype=bool)
    directions: list[Floats] = []
    while yes[rows].any() and not yes[rows].all():
        direction = direction_between(x[rows], yes[rows])
        place = np.where(rows, x @ direction, 0.0)
        beyond_yes, beyond_no = yes & (place > BEYOND), ~yes & (place < -BEYOND)
        if not beyond_yes.any() and not beyond_no.any():
            return Comparable(rows, np.column_stack([np.empty((x.shape[1], 0)), *directions]))
        if (beyond_yes.any() and not lose_yes) or (beyond_no.any() and not lose_no):
            return None
        directions.append(direction)
        rows = rows & ~(beyond_yes | beyond_no)
    return None


def direction_between(x: Floats, yes: Bools) -> Floats:
    """(p,) coefficients, none above 1 in size, under which no row with ``yes`` (n,) lies below 0
    and no other above: as far apart as there is; zeros where nothing lies between."""
    kinds = np.unique(np.where(yes, 1.0, -1.0)[:, None] * x, axis=0)
    from scipy.optimize import linprog  # noqa: PLC0415 heavy: loads every solver

    solution = linprog(
        -kinds.sum(axis=0),
        A_ub=-kinds,
        b_ub=np.zeros(len(kinds)),
        bounds=[(-1.0, 1.0)] * x.shape[1],
        method="highs",
    )
    return np.asarray(
        solution.x if solution.x is not None else np.zeros(x.shape[1]), dtype=np.float64
    )


def separating_columns(x: Floats, yes: Bools) -> Ints:
    """Positions of the columns of ``x`` (n, p), its intercept first, by which rows of the two
    answers lie apart."""
    return np.flatnonzero(np.abs(direction_between(x, yes)[1:]) > BEYOND) + 1
