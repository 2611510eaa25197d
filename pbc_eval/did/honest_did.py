"""How far could trends have diverged before the conclusion falls?

EffectSeries ─ event_path ▶ EventPath ─┬ relative_magnitudes.py ▶ interval for each M
                                       └ smoothness.py
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_number
from pbc_eval.did.event_path import EventPath, Target, event_path
from pbc_eval.did.relative_magnitudes import RelativeMagnitudes
from pbc_eval.did.smoothness import Smoothness
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.results import EffectSeries

Restriction = Literal["relative_magnitudes", "smoothness"]
RESTRICTIONS = ("relative_magnitudes", "smoothness")
OWNER = "honest_did"
AS_MUCH = (0.5, 1.0, 2.0)  # times the largest change of the difference in trends before the start
BEYOND = 1e4  # times what was seen, or standard errors: a violation so large says "never"
FULL = 1e-10  # of the largest eigenvalue of the correlations: below it there is none
FEW_CLUSTERS = Sentence("There are fewer clusters than effects of the event study.")
TO = 1e-5  # of itself, to which a breakdown value is known


class _Intervals(Protocol):
    def interval(self, m: float) -> tuple[float, float]: ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class HonestDid(Displayed):
    """Intervals of one effect that allow trends to diverge, by how far.

    ``m`` (n,): for "relative_magnitudes" multiples of the largest change of the difference in
    trends seen before the start, for "smoothness" the most by which its slope changes from a
    period to the next, in the outcome's unit. ``breakdown``: the largest m at which the interval
    leaves out zero; 0 where not even m = 0 does, infinite where any m does.
    """

    restriction: Restriction
    m: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]  # one an m, in the outcome's unit
    breakdown: float
    estimate: float  # of the effect, trends taken as parallel
    std_error: float
    level: float
    notes: tuple[Sentence, ...] = ()

    def summary(self) -> str:
        """The restriction, the estimate under parallel trends, and the breakdown value."""
        return (
            f"{self.restriction}; {self.estimate:.6g} under parallel trends, breakdown value "
            f"{self.breakdown:.4g}"
        )

    def to_frame(self) -> pd.DataFrame:
        """One row an m: m, conf_low, conf_high."""
        rows = [(m, *ends) for m, ends in zip(self.m, self.intervals, strict=True)]
        return pd.DataFrame(rows, columns=["m", "conf_low", "conf_high"])


def honest_did(
    study: EffectSeries | None = None,
    restriction: Restriction = "relative_magnitudes",
    m: float | Sequence[float] = (0, 0.5, 1, 1.5, 2),
    level: float = 0.95,
    effect: Target = "average",
    *,
    estimates: Sequence[float] | Floats | None = None,
    covariance: Floats | None = None,
    periods_before: int | Sequence[int] | None = None,
    periods_after: int | Sequence[int] | None = None,
) -> HonestDid:
    """Confidence intervals of an effect if trends were not parallel (Rambachan and Roth 2023).

    ``study`` is an event study of any estimator with its joint covariance; or ``estimates`` (K,)
    in order of time without the reference period, ``covariance`` (K, K), and how many periods
    there are before and after it, or their event times. ``effect``: the "average" of the effects
    from the start on, one event time, or a weight for each.

    "relative_magnitudes": conditional-least-favourable hybrid intervals. "smoothness": optimal
    fixed-length intervals. Errors are taken as normal, as in the paper. Periods are taken in their
    order, one step each.

    Raises DesignError for a study without effects before the start, for fewer clusters than effects
    and for an m below 0, DataError for numbers that do not fit together.
    """
    check_choice(OWNER, "restriction", restriction, RESTRICTIONS, DesignError)
    path = event_path(
        OWNER,
        study,
        estimates=estimates,
        covariance=covariance,
        periods_before=periods_before,
        periods_after=periods_after,
        level=level,
    )
    _refuse_too_few_clusters(path)
    weights = path.weights(OWNER, effect)
    sizes = _sizes(m)
    kind = RelativeMagnitudes if restriction == "relative_magnitudes" else Smoothness
    how: _Intervals = kind(path, weights, level)
    after = path.covariance[path.n_before :, path.n_before :]
    error = math.sqrt(float(weights @ after @ weights))
    return HonestDid(
        restriction=restriction,
        m=sizes,
        intervals=tuple(how.interval(size) for size in sizes),
        breakdown=breakdown(how, 1.0 if restriction == "relative_magnitudes" else error),
        estimate=float(weights @ path.estimates[path.n_before :]),
        std_error=error,
        level=level,
        notes=path.notes,
    )


def _refuse_too_few_clusters(path: EventPath) -> None:
    """Refuse a covariance of less than full rank: some combination of the effects would seem to be
    known without error, and an interval built on it would be far too short."""
    scale = np.sqrt(np.diag(path.covariance))
    values = np.linalg.eigvalsh(path.covariance / np.outer(scale, scale))
    rank = int((values > FULL * values[-1]).sum())
    if rank < len(scale):
        raise DesignError(
            f"{OWNER}: the covariance of {len(scale)} effects has rank {rank}: there are fewer "
            "clusters than effects. Give fewer event times (aggregate(..., min_e=, max_e=)), or "
            "cluster by units where they are independent.",
            rule=FEW_CLUSTERS,
        )


def _sizes(m: float | Sequence[float]) -> tuple[float, ...]:
    every = tuple(np.atleast_1d(np.asarray(m, dtype=object)))
    sizes = tuple(check_number(OWNER, "m", size, DesignError) for size in every)
    if not sizes or min(sizes) < 0:
        raise DesignError(f"{OWNER}: m must be numbers of at least 0, got {m!r}.")
    return sizes


def breakdown(how: _Intervals, scale: float) -> float:
    """The largest m at which the interval leaves out zero; ``scale`` is like an ordinary m."""
    low, high = how.interval(0.0)
    if low <= 0 <= high:
        return 0.0
    nearer, side = (0, 1.0) if low > 0 else (1, -1.0)

    def spare(m: float) -> float:
        """How far the nearer end of the interval is from zero; below it once zero is inside."""
        return side * how.interval(m)[nearer]

    least, most = 0.0, scale
    while spare(most) > 0:
        least, most = most, 2 * most
        if most > BEYOND * scale:
            return math.inf
    return root_between(spare, least, most, tolerance=TO * scale)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Diverging:
    """Intervals of the headline's average for trends that diverge: by as much as before the start
    (``relative``), and along the straight line seen before it (``straight``, M = 0)."""

    relative: HonestDid
    straight: HonestDid
    same_average: bool  # as the headline; else that of the event study


def diverging(
    study: EffectSeries, weights: Mapping[int, float] | None, level: float, *, same_average: bool
) -> Diverging:
    """From an event study; ``weights`` of event times make the headline's average, None: theirs.

    Raises DesignError without effects before the start."""
    effect: Target = "average" if weights is None else weights
    return Diverging(
        relative=honest_did(study, m=AS_MUCH, level=level, effect=effect),
        straight=honest_did(study, "smoothness", m=(0.0,), level=level, effect=effect),
        same_average=same_average,
    )
