"""The one rule for "this column adds nothing": what the columns before it leave of it.

    a column depends on those before it when they leave at most 1e-9 of its sum of squares

Columns are taken in their order and swept out of the later ones, each scaled to length 1 first, so
that units do not matter; the columns before include the intercept where there is one. A share of
1e-9 of the sum of squares is a tolerance of 3e-5 on a column's length, a variance inflation of 1e9.

Why not less: did keeps sums of products only, in which a share is known to about 1e-16, and a
column that is swept out with a share s left carries rounding of up to 1e-16 / sqrt(s) into those
after it. At 1e-9 that is 3e-12, far below the tolerance; at 1e-14 (R's ``lm`` takes 1e-7 of the
length) it is 1e-9, and rounding would decide.

Source: Goodnight (1979), "A tutorial on the SWEEP operator", The American Statistician 33,
149-158; Beaton (1964). The tolerance is that of fixest's ``collin.tol``. Why this one:
docs/decisions/21-one-collinearity-rule.md.
"""

import numpy as np
from numpy.typing import NDArray

from pbc_eval.numerics.arrays import Floats

COLLINEAR = 1e-9  # share of a column's sum of squares that the columns before it leave
CONSTANT = 1e-12  # spread of a column as a share of its largest value: its values' own rounding


def dependent_columns(products: Floats) -> list[int]:
    """Positions of the columns of x that follow from the columns before them, or hold nothing.

    ``products`` (p, p) is x'Wx with weights W that are not negative, or a covariance.
    """
    size = np.sqrt(np.maximum(np.diag(products), 0.0))
    scale = np.where(size > 0, size, 1.0)
    left = products / np.outer(scale, scale)
    dependent = []
    for j in range(len(products)):
        if left[j, j] <= COLLINEAR:
            dependent.append(j)
            continue
        left = left - np.outer(left[:, j], left[j]) / left[j, j]
    return dependent


def independent_columns(columns: Floats) -> NDArray[np.intp]:
    """Positions of the ``columns`` (n, p) that neither are constant nor follow from earlier ones.

    An intercept is taken to stand before them: they are centred first. Multiplying a column or
    adding to it changes nothing, until the sum's own rounding hides the column.
    """
    spread = columns.std(axis=0)
    largest = np.abs(columns).max(axis=0, initial=0.0)
    varying = np.flatnonzero(spread > CONSTANT * np.maximum(largest, 1e-300))
    scaled = (columns[:, varying] - columns[:, varying].mean(axis=0)) / spread[varying]
    return np.delete(varying, dependent_columns(scaled.T @ scaled))
