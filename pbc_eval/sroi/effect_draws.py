"""Joint draws of estimated effects: what payment and value are simulated from.

Source: the estimates are taken as jointly normal, as their intervals are.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from pbc_eval._validate import first_few
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.roots import symmetric_root
from pbc_eval.results import MeasuredOutcome

FROM_INPUTS, FROM_ESTIMATES = 1, 2  # which stream of the seed a draw comes from


def effect_draws(
    results: Mapping[str, MeasuredOutcome],
    *,
    draws: int,
    seed: int,
    covariance: tuple[Sequence[str], Floats] | None = None,
) -> dict[str, Floats]:
    """Joint draws of the effects by outcome, each (draws,), in the outcome's unit.

    Normal around each effect with its standard error; ``covariance`` gives outcomes and the
    covariance matrix of their estimates, (k, k), and replaces their standard errors. An effect
    without a standard error is the same in every draw. Counted outcomes have no effect.

    Raises ValueMapError for an unknown outcome, or a matrix that is no covariance.
    """
    known = {name: r for name, r in results.items() if r.effect is not None}
    names = sorted(known)
    matrix = np.diag([(known[name].std_error or 0.0) ** 2 for name in names])
    if covariance is not None:
        _put_covariance(matrix, names, covariance)
    if not names:
        return {}
    values = np.linalg.eigvalsh(matrix)
    if values[0] < -1e-8 * max(values[-1], 1e-300):
        raise ValueMapError(
            "covariance of the estimates: is not a covariance matrix (its smallest eigenvalue is "
            f"{values[0]:.3g}). Take it from one joint estimation."
        )
    root = _root(matrix)
    stream = np.random.SeedSequence([seed, FROM_ESTIMATES])
    scores = np.random.Generator(np.random.SFC64(stream)).standard_normal((len(names), draws))
    moved = root @ scores
    return {name: float(known[name].effect or 0.0) + moved[k] for k, name in enumerate(names)}


def _root(matrix: Floats) -> Floats:
    """(k, k) whose product with its transpose is ``matrix`` (k, k). Estimates that are independent
    take their draws from the least error to the largest."""
    errors = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    if np.count_nonzero(matrix - np.diag(np.diag(matrix))):
        return symmetric_root(matrix)
    root = np.zeros_like(matrix)
    order = np.argsort(errors, kind="stable")
    root[order, np.arange(len(order))] = errors[order]
    return root


def _put_covariance(
    matrix: Floats, names: list[str], covariance: tuple[Sequence[str], Floats]
) -> None:
    given, values = list(covariance[0]), np.asarray(covariance[1], float)
    if unknown := [name for name in given if name not in names]:
        raise ValueMapError(
            f"covariance of the estimates: {first_few(unknown)} is not among the outcomes with an "
            f"effect ({first_few(names)})."
        )
    right = values.shape == (len(given), len(given)) and np.isfinite(values).all()
    if not right or not np.allclose(values, values.T, rtol=1e-8, atol=0):
        raise ValueMapError(
            f"covariance of the estimates: must be finite, symmetric and {len(given)} by "
            f"{len(given)}, got shape {values.shape}."
        )
    at = np.array([names.index(name) for name in given])
    matrix[np.ix_(at, at)] = values
