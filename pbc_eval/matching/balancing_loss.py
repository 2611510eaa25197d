"""Weights that balance exactly: Newton's method on a convex loss, and never a silent failure.

    columns, signs ── tilt ──▶ Tilt

Entropy balancing and the covariate-balancing score lead to the same kind of problem: minimise the
sum over people of up exp(x'b) + down exp(-x'b) + drift x'b. Where its gradient vanishes, weighted
sums of the covariates equal their targets, the intercept's included. When the targets lie outside
what any weights can reach, there is no minimum; that is detected and refused, with the covariate.

Source: Hainmueller (2012), Political Analysis 20, 25-46 (the dual of entropy balancing); Imai &
Ratkovic (2014), JRSS B 76, 243-263; Zhao (2019), Annals of Statistics 47, 965-993 (the losses).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats

MAX_STEPS = 200
LONGEST_STEP = 5.0  # on the linear score, so that no exponential overflows on the way
TOLERANCE = 1e-10  # of the gradient, a share of the people balanced, covariates in std deviations


class Loss(NamedTuple):
    """The three coefficients of each person's loss, each of shape (n,)."""

    up: Floats
    down: Floats
    drift: Floats


class Tilt(NamedTuple):
    """A solved problem. ``linear`` (n,) is x'b; ``coefficients`` (k,) start with the intercept and
    are in the columns' own units; ``slope`` and ``curvature`` (n,) are the derivatives of each
    person's loss by the linear score; ``steps`` were needed."""

    linear: Floats
    coefficients: Floats
    slope: Floats
    curvature: Floats
    steps: int


def tilt(columns: Floats, loss: Loss, kept: NDArray[np.intp], names: tuple[str, ...]) -> Tilt:
    """Minimise the loss over an intercept and the ``kept`` columns of ``columns`` (n, p).

    ``kept`` are positions of linearly independent columns; balance is demanded of every column
    all the same. ``names`` (p,) are for messages. Raises DesignError when some column's target
    cannot be reached, or Newton's method does not settle in 200 steps.
    """
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (columns - centre) / spread
    design = np.column_stack([np.ones(len(columns)), scaled[:, kept]])
    target = float(np.abs(loss.drift).sum())
    beta = np.zeros(design.shape[1])
    beta[0] = _level(loss)
    here = _derivatives(design @ beta, loss)
    steps = 0
    while steps < MAX_STEPS:
        steps += 1
        gradient = design.T @ here.slope
        if np.abs(gradient).max() <= TOLERANCE * target:
            break
        hessian = design.T @ (design * here.curvature[:, None])
        try:
            step = -np.linalg.solve(hessian, gradient)
        except np.linalg.LinAlgError:
            raise DesignError(_unreachable(scaled, here.slope, target, names)) from None
        move = np.abs(design @ step).max()
        if not np.isfinite(move):
            raise DesignError(_unreachable(scaled, here.slope, target, names))
        step *= min(1.0, LONGEST_STEP / max(move, 1e-300))
        for _ in range(40):  # halve until the loss falls, up to rounding
            trial = _derivatives(design @ (beta + step), loss)
            if trial.total <= here.total + 1e-4 * (gradient @ step) + 1e-13 * abs(here.total):
                break
            step = step / 2
        beta, here = beta + step, trial
    missed = np.abs(np.r_[here.slope.sum(), scaled.T @ here.slope])
    if missed.max() > 10 * TOLERANCE * target:
        raise DesignError(_unreachable(scaled, here.slope, target, names))
    coefficients = np.zeros(1 + columns.shape[1])
    coefficients[1 + kept] = beta[1:] / spread[kept]
    coefficients[0] = beta[0] - coefficients[1:] @ centre
    return Tilt(design @ beta, coefficients, here.slope, here.curvature, steps)


class _Derivatives(NamedTuple):
    total: float
    slope: Floats
    curvature: Floats


def _derivatives(linear: Floats, loss: Loss) -> _Derivatives:
    # only those who are weighted have an exponential; the others may lie far outside
    up, down = np.zeros(len(linear)), np.zeros(len(linear))
    weighted_up, weighted_down = loss.up > 0, loss.down > 0
    with np.errstate(over="ignore"):  # an infinite loss is refused by the halving of steps
        up[weighted_up] = loss.up[weighted_up] * np.exp(linear[weighted_up])
        down[weighted_down] = loss.down[weighted_down] * np.exp(-linear[weighted_down])
    total = float(np.sum(up + down + loss.drift * linear))
    return _Derivatives(total, up - down + loss.drift, up + down)


def _level(loss: Loss) -> float:
    """The best constant linear score: a e^b - d e^-b + c = 0."""
    up, down, drift = (float(part.sum()) for part in loss)
    if up == 0:
        return -float(np.log(drift / down))
    return float(np.log((-drift + np.sqrt(drift**2 + 4 * up * down)) / (2 * up)))


def _unreachable(scaled: Floats, slope: Floats, target: float, names: tuple[str, ...]) -> str:
    missed = np.abs(scaled.T @ slope) / target
    worst = np.argsort(-missed)[:3]
    listed = first_few(f"{names[j]} ({missed[j]:.2g})" for j in worst if missed[j] > TOLERANCE)
    return (
        "weight: no weights balance these covariates exactly; still apart, in standard deviations: "
        f"{listed or 'all together'}. One group has people unlike anybody in the other. Leave out "
        "the covariate, merge its rare levels, restrict the sample to people who could have been "
        "in either group, or use method='ipw' or 'overlap'."
    )
