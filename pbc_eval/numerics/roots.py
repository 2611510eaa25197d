"""A square root of a covariance that no machine's rounding turns round, and no unit changes.

Eigenvectors are known up to their sign, and not even that where eigenvalues are equal; draws made
with them differ from one processor to another. Their symmetric product does not. It is taken of the
correlations, so that what is negligible does not depend on the unit of any of the variables.
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats

NEGLIGIBLE = 1e-12  # of the largest eigenvalue: below it there is only rounding


def covariance_root(covariance: Floats) -> Floats:
    """(k, k) R with R @ R.T = ``covariance`` (k, k); negative rounding counts as zero."""
    if not len(covariance):
        return np.zeros((0, 0))
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    varies = scale > 0
    unit = np.where(varies, scale, 1.0)
    correlation = np.where(np.outer(varies, varies), covariance / np.outer(unit, unit), 0.0)
    values, vectors = np.linalg.eigh((correlation + correlation.T) / 2)
    values = np.where(values > NEGLIGIBLE * max(float(values[-1]), 0.0), values, 0.0)
    root: Floats = scale[:, None] * ((vectors * np.sqrt(values)) @ vectors.T)
    return root
