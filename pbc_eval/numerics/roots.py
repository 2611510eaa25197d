"""Roots of a covariance that do not depend on the machine.

    covariance (m, m) ── symmetric_root ──▶ root (m, m), root @ root = covariance

Eigenvectors are known up to their sign, and where eigenvalues are equal up to a rotation: what is
drawn or measured along them would differ between processors. The symmetric root is one matrix,
however its eigenvectors came out. Directions with next to no spread are left out, for there
the root of rounding would be noise.

Source: Higham (2008), Functions of Matrices, section 6 (the principal square root is unique).
"""

import numpy as np

from pbc_eval.numerics.arrays import Floats

FLAT = 1e-12  # share of the largest eigenvalue below which a direction has no spread


def covariance_root(covariance: Floats) -> Floats:
    """(k, k) R with R @ R.T = ``covariance`` (k, k): the symmetric root of the correlations, each
    row in its own unit, so that which directions have spread does not depend on units."""
    scale = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    varies = scale > 0
    unit = np.where(varies, scale, 1.0)
    correlation = np.where(np.outer(varies, varies), covariance / np.outer(unit, unit), 0.0)
    root: Floats = scale[:, None] * symmetric_root((correlation + correlation.T) / 2)
    return root


def symmetric_root(matrix: Floats, *, flat: float = FLAT, inverse: bool = False) -> Floats:
    """(m, m) symmetric root of a symmetric ``matrix`` (m, m) without eigenvalues below 0, or the
    ``inverse`` of it within the directions that have spread: those whose eigenvalue is more than
    ``flat`` of the largest."""
    sizes, axes = np.linalg.eigh(matrix)
    lasting = sizes > flat * sizes.max(initial=0.0)
    kept = np.sqrt(sizes[lasting])
    root: Floats = (axes[:, lasting] / kept if inverse else axes[:, lasting] * kept) @ axes[
        :, lasting
    ].T
    return root
