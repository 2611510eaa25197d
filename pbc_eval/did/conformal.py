"""Conformal inference over time: is the time after the start unlike any other time?

    treated less comparison, an effect taken off after the start ─▶ about its mean over all periods
    ─▶ the mean after the start, against the mean in that place once periods change places

Under the null that the effect is so much in every period after the start, what is left of the
treated units' path is the same kind of noise before and after. Periods change places as a block
moves on (each shifted by as many, the last to the front: valid where noise hangs together over
time) or in every order (valid where it does not). One treated unit is enough, and few to compare it
with; many periods are needed, twenty at 95 % where a block moves.

The counterfactual is that of difference-in-differences: the mean of the comparison, and the mean
gap over all periods under the null. So the estimate is all periods after against all before.

Under each order the statistic is the size of a sum that is linear in the effect. An order is at
least as extreme as the truth on one stretch of effects, which includes the estimate; p-value and
interval are exact, from the ends of those stretches.

Source: Chernozhukov, Wüthrich and Zhu (2021), Journal of the American Statistical Association 116,
1849-1864.
"""

from dataclasses import dataclass
from itertools import combinations
from math import ceil, comb
from typing import Literal, get_args

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.behind_average import MOST_GROUPS, NEVER, SAME_START, refused
from pbc_eval.did.saturated_average import SaturatedAverage, saturated_average
from pbc_eval.did.tested_average import TestedAverage
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.panel import Panel

Permutations = Literal["moving_block", "all"]
PERMUTATIONS: tuple[Permutations, ...] = get_args(Permutations)
OWNER = "conformal_test"
MOST_ORDERS = 50_000  # that are all gone through; of more, so many are drawn
HELD = 20_000_000  # values while orders are drawn
SEED = 20_211_201
SAME = 1e-10  # relative: sums that are equal but for rounding count as equal
TIED = 1e-9  # a share of exactly what may be wrong is one that rejects

ALL_BEFORE = Sentence(
    "It holds all periods after the start against all before, which this estimate does not."
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ConformalTest(TestedAverage):
    """``estimate`` and ``std_error`` in the outcome's unit; ``p_value`` two-sided, of the null that
    there is no effect in any period; the interval holds effects, the same in every period after the
    start, that are not rejected, and is infinite where no value on a side is."""

    estimate: float
    std_error: float
    p_value: float
    conf_low: float
    conf_high: float
    level: float
    permutations: Permutations
    orders: int  # that were looked at, the true one among them
    periods_before: int
    periods_after: int
    seed: int | None  # None: every order there is
    known_to: float  # one standard error of an end of the interval, by chance of the draws


def conformal_test(
    panel: Panel,
    *,
    permutations: Permutations = "moving_block",
    level: float = 0.95,
    seed: int = SEED,
) -> ConformalTest:
    """The mean of all periods after the start against all before, less that of the comparison.

    ``permutations``: "moving_block" as many orders as there are periods, valid where errors hang
    together over time; "all", where those of different periods are independent. Raises DesignError
    for panels that are not complete, for several starts, without never-treated units, and where
    there are too few orders for the level.
    """
    check_choice(OWNER, "permutations", permutations, PERMUTATIONS, DesignError)
    check_level(OWNER, level, DesignError)
    whole = saturated_average(panel, "extended_two_way", OWNER, most=MOST_GROUPS)
    return conformal_of(panel, whole, permutations=permutations, level=level, seed=seed)


def conformal_of(
    panel: Panel, whole: SaturatedAverage, *, permutations: Permutations, level: float, seed: int
) -> ConformalTest:
    """The same of an average effect that is known as a regression of the panel."""
    gap, before = _gap(panel, whole)
    return judge_gap(gap, before, permutations=permutations, level=level, seed=seed)


def _more_orders(permutations: Permutations, level: float) -> str:
    needed = ceil(1 / (1 - level) - TIED)
    words = f"A {level:.0%} interval needs {needed} of them"
    if permutations == "moving_block":
        words += (
            ", one a period; where errors do not last over periods, permutations='all' has more"
        )
    return f"{words}. A lower level needs fewer."


def judge_gap(
    gap: Floats,
    before: int,
    *,
    permutations: Permutations = "moving_block",
    level: float,
    seed: int = SEED,
) -> ConformalTest:
    """The same of the treated less the comparison, ``gap`` (T,), with so many periods before."""
    periods, after = len(gap), len(gap) - before
    estimate = float(gap[before:].mean() - gap[:before].mean())
    left = gap - estimate * (np.arange(periods) >= before)
    left -= left.mean()
    if not np.abs(left).max() > SAME * max(np.abs(gap).max(), 1e-300):
        raise refused(Sentence("The outcome does not vary between periods."), OWNER)
    members, drawn = _members(periods, after, permutations, seed)
    if len(members) * (1 - level) < 1 - TIED:
        raise refused(
            Sentence(
                "There are {n} orders of the periods, too few to tell anything apart.",
                n=Number(len(members)),
            ),
            OWNER,
            remedy=_more_orders(permutations, level),
        )
    sums = left[members].sum(axis=1)
    sums[np.abs(sums) <= SAME * np.abs(left).sum()] = 0.0
    overlap = (members >= before).sum(axis=1)
    low, high = _stretches(sums, overlap, before, after)
    slack = SAME * (abs(estimate) + float(np.abs(left).max()))
    ends = _ends(low, high, level)
    return ConformalTest(
        estimate=estimate,
        std_error=float(np.sqrt((sums**2).mean())) * periods / (after * before),
        p_value=float(((low <= slack - estimate) & (high >= -estimate - slack)).mean()),
        conf_low=estimate + ends[0],
        conf_high=estimate + ends[1],
        level=level,
        permutations=permutations,
        orders=len(members),
        periods_before=before,
        periods_after=after,
        seed=seed if drawn else None,
        known_to=_known_to(low, high, level) if drawn else 0.0,
    )


def _gap(panel: Panel, whole: SaturatedAverage) -> tuple[Floats, int]:
    """(T,) treated less comparison, and how many periods are before the start."""
    loads = whole.loads
    length = np.abs(loads).max(axis=1)
    counted = np.flatnonzero(length > 1e-9 * length.max())
    if len(counted) != 2:
        raise refused(SAME_START, OWNER)
    if counted[0] != 0 or loads.shape[1] != panel.n_periods:
        raise refused(NEVER, OWNER)
    mine = int(counted[1])
    before, periods = panel.starts[mine], panel.n_periods
    expected = np.where(np.arange(periods) < before, -1.0 / before, 1.0 / (periods - before))
    if np.abs(loads[[0, mine]] - [-expected, expected]).max() > 1e-8:
        raise refused(ALL_BEFORE, OWNER)
    gap: Floats = whole.moments.path[mine] - whole.moments.path[0]
    return gap, before


def _members(periods: int, after: int, permutations: Permutations, seed: int) -> tuple[Ints, bool]:
    """(P, after) which periods come to stand after the start, first as it is; were they drawn?"""
    place = np.arange(periods - after, periods)
    if permutations == "moving_block":
        return (place + np.arange(periods)[:, None]) % periods, False
    if comb(periods, after) <= MOST_ORDERS:
        every = np.array(list(combinations(range(periods), after)))
        return every[::-1], False  # the last is the true one
    draw, chosen, done = np.random.default_rng(seed), [place[None]], 1
    while done < MOST_ORDERS:
        size = min(max(1, HELD // periods), MOST_ORDERS - done)
        chosen.append(np.argsort(draw.random((size, periods)), axis=1)[:, :after])
        done += size
    return np.concatenate(chosen), True


def _stretches(sums: Floats, overlap: Ints, before: int, after: int) -> tuple[Floats, Floats]:
    """(P,) ends, from the estimate, of the effects under which an order is as extreme as the truth.

    ``sums`` (P,) are those at the estimate, and fall by ``overlap - after^2 / T`` a unit of effect;
    that of the true order is zero and falls by after * before / T. Times T, slopes are whole."""
    periods = before + after
    own = after * before
    slope = np.where(sums < 0, -1, 1) * (after**2 - periods * overlap)
    size = np.abs(sums) * periods
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = -size / (own + slope), size / (own - slope)
    always = (size == 0) & (np.abs(slope) == own)
    return np.where(always, -np.inf, low), np.where(always, np.inf, high)


def _ends(low: Floats, high: Floats, level: float) -> tuple[float, float]:
    """From the estimate, of effects under which more orders than may be wrong are as extreme."""
    least = int(np.floor((1 - level) * len(low) + TIED))
    return float(np.sort(low)[least]), float(np.sort(high)[::-1][least])


def _known_to(low: Floats, high: Floats, level: float) -> float:
    batches = 10
    ends = np.array([_ends(low[at::batches], high[at::batches], level) for at in range(batches)])
    if not np.isfinite(ends).all():
        return float("inf")
    return float(ends.std(axis=0, ddof=1).max() / np.sqrt(batches))
