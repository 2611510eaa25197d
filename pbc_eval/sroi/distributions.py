"""Declared distributions as something to draw from, fast, alone or together.

A distribution is its quantile function. A normal and a lognormal are drawn from standard normals;
the others through a table of their quantiles, straight between neighbouring entries and exact in
the two outermost cells, so that tails are never cut. Inputs that move together share a Gaussian
copula: correlated standard normals, each turned into its own distribution.

Sources: Johnson, Kotz & Balakrishnan, "Continuous Univariate Distributions" (1994, 1995); Clark
(1962) for PERT; Nelsen, "An Introduction to Copulas" (2006), section 2.3.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from pbc_eval.agreement.uncertainty import (
    RANGES,
    Beta,
    Correlation,
    Empirical,
    Fixed,
    Lognormal,
    Normal,
    Pert,
    Triangular,
    Uncertain,
    key_text,
    range_problem,
)
from pbc_eval.errors import ValueMapError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Name, Size
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.root_finding import root_between

Quantile = Callable[[Floats], Floats]
CELLS = 1024  # of a table of quantiles: off by 4e-4 of the range at most, a mean by 2e-6
LEAST_P = 2.0**-54  # no probability that is drawn is nearer to 0
GRID = (np.arange(4096) + 0.5) / 4096  # probabilities at which means without a formula are taken


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Distribution:
    """One uncertain input, ready to draw."""

    name: str  # as messages and tables name the input
    mean: float
    quantile: Quantile  # exact, of probabilities in (0, 1)
    normal: tuple[float, float] | None = None  # location and scale of the figure or its logarithm
    logarithm: bool = False  # the normal is that of the logarithm
    table: Floats | None = None  # quantiles where the cells begin, (CELLS,); NaN in the outer two
    slope: Floats = field(default_factory=lambda: np.empty(0))  # across each cell
    steps: Floats | None = None  # values with equal chances
    note: Sentence = EMPTY  # what was truncated or rounded, in words for print

    def draw(self, generator: np.random.Generator, out: Floats) -> None:
        """Fill ``out`` (n,) with independent draws."""
        if self.normal is not None:
            generator.standard_normal(out=out)
            self._of_normals(out)
        else:
            generator.random(out=out)
            self._of_uniforms(out)

    def of_scores(self, scores: Floats) -> Floats:
        """The figures at standard normal scores, (n,): score 0 is the median."""
        out = scores.copy()
        if self.normal is not None:
            self._of_normals(out)
        else:
            self._of_uniforms(np.clip(ndtr(out, out=out), LEAST_P, 1 - 2 * LEAST_P, out=out))
        return out

    def _of_normals(self, out: Floats) -> None:
        location, scale = self.normal or (0.0, 1.0)
        np.multiply(out, scale, out=out)
        np.add(out, location, out=out)
        if self.logarithm:
            np.exp(out, out=out)

    def _of_uniforms(self, out: Floats) -> None:
        if self.steps is not None:
            n = len(self.steps)
            places = np.minimum((out * n).astype(np.intp), n - 1)
            np.take(self.steps, places, out=out)
            return
        if self.table is None:
            out[:] = self.quantile(out)
            return
        given = out.copy()
        np.multiply(out, CELLS, out=out)
        cells = out.astype(np.intp)
        np.subtract(out, cells, out=out)
        np.multiply(out, np.take(self.slope, cells), out=out)
        np.add(out, np.take(self.table, cells), out=out)
        ends = np.flatnonzero(np.isnan(out))
        if len(ends):
            out[ends] = self.quantile(np.clip(given[ends], LEAST_P, 1 - LEAST_P))


def distribution_of(entry: Uncertain, stated: float) -> Distribution:
    """The distribution of one declared input, around the figure that the map states.

    Raises ValueMapError when it leaves the range of its figure or contradicts the map.
    """
    name = key_text(entry.key)
    if problem := range_problem(entry, stated):
        raise ValueMapError(f"uncertainty of {name}: {problem}.")
    made = _untruncated(entry, stated, name)
    low, high = RANGES.get(entry.input, (-math.inf, math.inf))
    least, most = entry.support(stated)
    if entry.truncate and (least < low or most > high):
        made = _truncated(made, low, high)
    return made


def _untruncated(entry: Uncertain, stated: float, name: str) -> Distribution:
    if isinstance(entry, Fixed):
        return _stepped(name, np.array([entry.value]))
    if isinstance(entry, Empirical):
        return _stepped(name, np.sort(np.array(entry.values)))
    if isinstance(entry, Normal | Lognormal):
        mean = stated if entry.mean is None else entry.mean
        return normal_distribution(
            name, mean, entry.std_dev, logarithm=isinstance(entry, Lognormal)
        )
    low, high = entry.low, entry.high
    span = high - low
    if isinstance(entry, Triangular):
        mode = stated if entry.mode is None else entry.mode
        quantile, mean = _triangular(low, mode, high), (low + mode + high) / 3
    elif isinstance(entry, Pert | Beta):
        if isinstance(entry, Pert):
            mode = stated if entry.mode is None else entry.mode
            a = 1 + entry.shape * (mode - low) / span
            b = 1 + entry.shape * (high - mode) / span
        else:
            a, b = entry.alpha, entry.beta

        def quantile(p: Floats) -> Floats:
            return np.asarray(low + span * betaincinv(a, b, p), float)

        mean = low + span * a / (a + b)
    else:

        def quantile(p: Floats) -> Floats:
            return low + span * p

        mean = (low + high) / 2
    return _tabulated(name, quantile, mean)


def normal_distribution(
    name: str, mean: float, std_dev: float, *, logarithm: bool = False
) -> Distribution:
    """A normal, or a lognormal, with this mean and standard deviation of the figure itself."""
    location, scale = mean, std_dev
    if logarithm:
        variance = math.log1p((std_dev / mean) ** 2)
        location, scale = math.log(mean) - variance / 2, math.sqrt(variance)

    def quantile(p: Floats) -> Floats:
        scores = np.asarray(location + scale * ndtri(p), float)
        return np.exp(scores) if logarithm else scores

    return Distribution(
        name=name, mean=mean, quantile=quantile, normal=(location, scale), logarithm=logarithm
    )


def _triangular(low: float, mode: float, high: float) -> Quantile:
    span, rise = high - low, (mode - low) / (high - low)

    def quantile(p: Floats) -> Floats:
        rising = low + np.sqrt(p * span * (mode - low))
        falling = high - np.sqrt((1 - p) * span * (high - mode))
        return np.where(p < rise, rising, falling)

    return quantile


def _stepped(name: str, values: Floats) -> Distribution:
    def quantile(p: Floats) -> Floats:
        return values[np.minimum((p * len(values)).astype(np.intp), len(values) - 1)]

    return Distribution(name=name, mean=float(values.mean()), quantile=quantile, steps=values)


def _tabulated(name: str, quantile: Quantile, mean: float, note: Sentence = EMPTY) -> Distribution:
    inner = quantile(np.arange(1, CELLS) / CELLS)
    table, slope = np.full(CELLS, math.nan), np.full(CELLS, math.nan)
    table[1:-1], slope[1:-1] = inner[:-1], np.diff(inner)
    return Distribution(
        name=name, mean=mean, quantile=quantile, table=table, slope=slope, note=note
    )


def _truncated(whole: Distribution, low: float, high: float) -> Distribution:
    """What is left of a distribution inside low to high, scaled up to a whole one."""
    below = _probability_below(whole.quantile, low)
    within = _probability_below(whole.quantile, high) - below
    if not within > 0:
        raise ValueMapError(
            f"uncertainty of {whole.name}: nothing of the distribution lies between {low:g} and "
            f"{high:g}. Correct it."
        )

    def quantile(p: Floats) -> Floats:
        inside = np.clip(below + within * p, LEAST_P, 1 - LEAST_P)
        return np.clip(whole.quantile(inside), low, high)

    mean = float(quantile(GRID).mean())
    note = Sentence(
        "{name}: {share} of the distribution lay outside {low} to {high} and was cut off, which "
        "moves its mean from {before} to {after}.",
        name=Name(whole.name),
        share=Size(1 - within, 2),
        low=Size(low, 6),
        high=Size(high, 6),
        before=Size(whole.mean, 4),
        after=Size(mean, 4),
    )
    return _tabulated(whole.name, quantile, mean, note)


def _probability_below(quantile: Quantile, value: float) -> float:
    if not math.isfinite(value):
        return 0.0 if value < 0 else 1.0

    def excess(p: float) -> float:
        return float(quantile(np.array([p]))[0]) - value

    if excess(LEAST_P) >= 0:
        return 0.0
    if excess(1 - LEAST_P) <= 0:
        return 1.0
    return root_between(excess, LEAST_P, 1 - LEAST_P, tolerance=1e-15)


def copula_of(
    entries: Sequence[Uncertain], correlations: Sequence[Correlation]
) -> tuple[NDArray[np.intp], Floats]:
    """Positions of the inputs that move together, (m,), and the triangular root of their
    correlation matrix, (m, m).

    Raises ValueMapError, with the largest multiple that holds, when no joint distribution has
    these correlations.
    """
    names = [key_text(entry.key) for entry in entries]
    tied = sorted({names.index(name) for entry in correlations for name in entry.between})
    matrix = np.eye(len(tied))
    for entry in correlations:
        row, column = (tied.index(names.index(name)) for name in entry.between)
        matrix[row, column] = matrix[column, row] = entry.value
    try:
        root = np.linalg.cholesky(matrix)
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(matrix)[0])
        share = math.floor(100 * 0.999 / (1 - least)) / 100
        nearest = "; ".join(
            f"{' and '.join(entry.between)} {share * entry.value:.2f} (given {entry.value:g})"
            for entry in correlations
        )
        raise ValueMapError(
            "correlations: no joint distribution has these (the matrix is not positive definite). "
            f"The largest multiple of them all that holds is {share:g}: {nearest}."
        ) from None
    return np.array(tied, dtype=np.intp), np.asarray(root, float)
