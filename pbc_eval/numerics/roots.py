"""The symmetric square root of a covariance, which no machine's rounding turns round.

Eigenvectors are known up to their sign, and not even that where eigenvalues are equal; draws made
with them differ from one processor to another. Their symmetric product does not.
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats

NEGLIGIBLE = 1e-12  # of the largest eigenvalue: below it there is only rounding


def symmetric_root(covariance: Floats) -> Floats:
    """(k, k) S with S @ S = ``covariance`` (k, k), symmetric; negative rounding counts as zero."""
    if not len(covariance):
        return np.zeros((0, 0))
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    values = np.where(values > NEGLIGIBLE * max(float(values[-1]), 0.0), values, 0.0)
    root: Floats = (vectors * np.sqrt(values)) @ vectors.T
    return root
