"""Maximum likelihood for a yes or no: logit and probit, by Newton's method, without a penalty.

    x (n, p), yes (n,) ── fit_binary ──▶ BinaryFit, or NoMaximum when no finite one exists

A penalised fit (the default of several machine-learning libraries) shrinks the score and changes
who is matched. One loop serves every room; what differs between them is passed: the link, weights,
how near is near enough (``tolerance``) and from how many rows on a part is fitted first (``part``).

The logit of matching keeps its steps bit for bit; that of did, which took its chances and weights
in another order of multiplication, moves by rounding (1e-15 relative).

Source: McCullagh and Nelder (1989), Generalized Linear Models, chapters 2 and 4; Albert and
Anderson (1984), Biometrika 71, 1-10 (separation).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import numpy as np
from scipy.special import expit, log_ndtr, ndtr

from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import dependent_columns

MOST_STEPS = 50  # Newton doubles the correct digits each step; a fit that exists needs about ten
MOST_HALVINGS = 30  # of one step that overshoots


class Curvature(NamedTuple):
    """One observation's part of the log-likelihood at its linear score, each of shape (n,)."""

    log_likelihood: Floats
    slope: Floats  # first derivative by the linear score
    weight: Floats  # minus the second derivative, never negative


LinkCurvature: TypeAlias = Callable[[Floats, Bools], Curvature]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BinaryFit:
    """``coefficients`` (p,) and how many ``steps`` were taken over all rows; ``weight`` (n,) is
    minus the second derivative of each row's log-likelihood by its linear score, times its
    weight."""

    coefficients: Floats
    weight: Floats
    steps: int

    def information(self, x: Floats) -> Floats:
        """(p, p) minus the Hessian of the log-likelihood, ``x`` (n, p) as it was fitted."""
        products: Floats = x.T @ (x * self.weight[:, None])
        return products


@dataclass(frozen=True, slots=True, kw_only=True)
class NoMaximum:
    """No finite coefficients after ``steps``: the columns separate the two answers (nearly)
    perfectly, or are collinear."""

    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstPart:
    """Fit every k-th row first when there are ``from_rows`` or more, about ``rows`` of them.
    Where Newton's method starts from does not change where it ends, only how soon."""

    from_rows: int
    rows: int


def logit_curvature(linear: Floats, yes: Bools) -> Curvature:
    """Of the logit, exact in both tails."""
    chance = expit(linear)
    # log(1 + e^-towards) with one exponential
    towards = np.where(yes, linear, -linear)
    log_likelihood = np.minimum(towards, 0.0) - np.log1p(np.exp(-np.abs(linear)))
    return Curvature(log_likelihood, yes - chance, chance * (1 - chance))


def probit_curvature(linear: Floats, yes: Bools) -> Curvature:
    """Of the probit, by the inverse Mills ratio on the logarithmic scale, which survives tails."""
    side = np.where(yes, 1.0, -1.0)
    log_chance = log_ndtr(side * linear)
    slope = side * np.exp(-0.5 * linear**2 - 0.5 * np.log(2 * np.pi) - log_chance)
    return Curvature(log_chance, slope, slope * (slope + linear))


def logit_chance(linear: Floats) -> Floats:
    """P(yes) under the logit."""
    return np.asarray(expit(linear), dtype=np.float64)


def probit_chance(linear: Floats) -> Floats:
    """P(yes) under the probit."""
    return np.asarray(ndtr(linear), dtype=np.float64)


def fit_binary(
    x: Floats,
    yes: Bools,
    *,
    weight: Floats | None = None,
    curvature: LinkCurvature = logit_curvature,
    tolerance: float,
    part: FirstPart | None = None,
) -> BinaryFit | NoMaximum:
    """Fit P(yes | x).

    ``x`` (n, p) with its intercept, its columns of about the same size (standardised: the
    ``tolerance`` is on the last step of their coefficients, relative to the largest and to 1);
    ``weight`` (n,) multiplies each row's log-likelihood.
    """
    likelihood = _Likelihood(x=x, yes=yes, weight=weight, curvature=curvature)
    start = np.zeros(x.shape[1])
    if part is not None and len(x) >= part.from_rows:
        start = _start_from(likelihood.every(len(x) // part.rows), tolerance)
    top = climb(likelihood.at, start, tolerance)
    if isinstance(top, NoMaximum):
        return top
    weight = top.place.rows.weight
    return BinaryFit(coefficients=top.coefficients, weight=weight, steps=top.steps)


class Place(Protocol):
    """Where a fit stands: its log-likelihood, and what a step of Newton's method needs."""

    @property
    def log_likelihood(self) -> float: ...

    def slope(self) -> Floats:
        """(p,) the gradient."""

    def information(self) -> Floats:
        """(p, p) minus the Hessian."""


P = TypeVar("P", bound=Place)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Likelihood:
    """What is maximised; arrays as ``fit_binary`` takes them."""

    x: Floats
    yes: Bools
    weight: Floats | None
    curvature: LinkCurvature

    def every(self, k: int) -> "_Likelihood":
        """That of every k-th row."""
        return _Likelihood(
            x=self.x[::k],
            yes=self.yes[::k],
            weight=None if self.weight is None else self.weight[::k],
            curvature=self.curvature,
        )

    def at(self, coefficients: Floats) -> "_Here":
        """Its logarithm, and each row's weighted part of it."""
        here = self.curvature(self.x @ coefficients, self.yes)
        if self.weight is not None:
            here = Curvature(*(values * self.weight for values in here))
        return _Here(float(here.log_likelihood.sum()), self.x, here)


class _Here(NamedTuple):
    log_likelihood: float
    x: Floats
    rows: Curvature

    def slope(self) -> Floats:
        gradient: Floats = self.x.T @ self.rows.slope
        return gradient

    def information(self) -> Floats:
        products: Floats = self.x.T @ (self.x * self.rows.weight[:, None])
        return products


def _start_from(part: _Likelihood, tolerance: float) -> Floats:
    """Coefficients near the maximum, from a part of the rows; zeros where that part has none.

    A column that is empty in the part is looked for first: whether a solver takes its empty row
    for singular, or for a step without end, depends on the rounding of the machine."""
    cold = np.zeros(part.x.shape[1])
    if dependent_columns(part.x.T @ part.x):
        return cold
    top = climb(part.at, cold, tolerance)
    return cold if isinstance(top, NoMaximum) else top.coefficients


class Top(NamedTuple, Generic[P]):
    """The maximum: its ``coefficients`` (p,), what stands there, after how many ``steps``."""

    coefficients: Floats
    place: P
    steps: int


def climb(at: Callable[[Floats], P], start: Floats, tolerance: float) -> Top[P] | NoMaximum:
    """Newton's method from ``start`` over the log-likelihood that ``at`` tells of, wherever its
    rows are. Under separation the steps never shrink, and that is the test: the gradient does
    vanish there, and mistaking that for convergence is how a score of zeros and ones gets
    published. Far out, rounding may stop them or make one without end: then there is no
    information left on some column."""
    beta = start
    here = at(beta)
    for step_number in range(1, MOST_STEPS + 1):
        try:
            step = np.linalg.solve(here.information(), here.slope())
        except np.linalg.LinAlgError:
            break
        if not np.isfinite(step).all():
            break
        total = here.log_likelihood
        for _ in range(MOST_HALVINGS):
            there = at(beta + step)
            if there.log_likelihood >= total - 1e-9 * (1 + abs(total)):
                break
            step = step / 2
        beta, here = beta + step, there
        if np.max(np.abs(step)) <= tolerance * (1 + np.max(np.abs(beta))):
            if dependent_columns(here.information()):  # in a level that holds one answer only
                break
            return Top(coefficients=beta, place=here, steps=step_number)
    return NoMaximum(steps=step_number)
