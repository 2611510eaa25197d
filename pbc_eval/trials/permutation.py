"""Lots drawn anew, as they were drawn: for people or whole clusters, within blocks.

Under the null that the programme changed the outcome of nobody, any other draw would have found the
same outcomes. The difference of the arms, over its error, is held against those of other draws; the
interval holds the effects, the same for everybody, that such a test does not reject.

Source: Fisher (1935); Rosenbaum (2002), Observational Studies, section 2.6; Chung and Romano (2013)
for the error in the statistic.
"""

from dataclasses import dataclass
from math import exp, lgamma

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import Clusters
from pbc_eval.numerics.null_draws import NullDraws
from pbc_eval.trials.arms import OWNER, Trial

AT_ONCE = 2_000_000  # values held while lots are drawn
MANY = 700.0  # log of a number of ways that is as good as endless


@dataclass(frozen=True, slots=True, kw_only=True)
class Permuted:
    """Of ``draws`` draws, the one that was made among them."""

    estimate: float
    p_value: float
    conf_low: float
    conf_high: float
    draws: int


def permuted(trial: Trial, *, draws: int, seed: int, level: float) -> Permuted:
    """Raises DesignError where there are too few ways to draw to tell anything apart."""
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{OWNER}: draws must be a whole number of at least 99, got {draws!r}.")
    ways = _ways(trial)
    if ways * (1 - level) < 1:
        raise DesignError(
            f"{OWNER}: there are {ways:.0f} ways to draw the lots, too few to tell anything apart. "
            "Leave inference out.",
            rule=Sentence(
                "There are {n} ways to draw the lots, too few to tell anything apart.",
                n=Number(round(ways)),
            ),
        )
    units = _Units.of(trial)
    as_drawn = units.treated[None]
    first, _ = units.terms(as_drawn)
    estimate = float(first[0, 0])
    off = units.less(estimate)
    random = np.random.default_rng(seed)
    terms = [off.terms(as_drawn)]
    block, done = max(1, AT_ONCE // len(units.block)), 0
    while done < draws:
        size = min(block, draws - done)
        terms.append(off.terms(units.dealt(random, size)))
        done += size
    own = float(np.sqrt(terms[0][1][0, 0]))
    reference = NullDraws(
        estimate=estimate,
        std_error=own,
        top=np.concatenate([top for top, _ in terms]),
        squares=np.concatenate([squares for _, squares in terms]),
    )
    low, high = reference.interval(level)
    return Permuted(
        estimate=estimate,
        p_value=reference.p_value(0.0),
        conf_low=low,
        conf_high=high,
        draws=draws + 1,
    )


def _ways(trial: Trial) -> float:
    """How many ways there are to draw the lots; endless beyond what can be counted."""
    log = 0.0
    for inside, outside in zip(trial.in_arm(True), trial.in_arm(False), strict=True):
        log += lgamma(inside + outside + 1) - lgamma(inside + 1) - lgamma(outside + 1)
    return exp(log) if log < MANY else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Units:
    """What lots are drawn for, sorted by block: sums of outcomes, what the effect that was taken
    off changes them by, people, and who was treated, each (m,)."""

    total: Floats
    slope: Floats
    size: Floats
    treated: Bools
    block: Ints
    first: Ints  # (B,) where each block begins
    share: Floats  # (B,) of the people
    paired: bool

    @classmethod
    def of(cls, trial: Trial) -> "_Units":
        m = len(trial.unit_block)
        size = np.bincount(trial.cluster, minlength=m).astype(float)
        total = np.bincount(trial.cluster, trial.outcome, m).astype(float)
        # by what they are, so that no draw depends on the order of rows
        order = np.lexsort((total, size, trial.unit_treated, trial.unit_block))
        block, size = trial.unit_block[order], size[order]
        people = np.bincount(block, size)
        return cls(
            total=total[order],
            slope=np.zeros(m),
            size=size,
            treated=trial.unit_treated[order],
            block=block,
            first=np.searchsorted(block, np.arange(len(people))),
            share=people / people.sum(),
            paired=trial.paired,
        )

    def less(self, effect: float) -> "_Units":
        """The same with ``effect`` taken off the outcomes of those treated."""
        slope = -1.0 * self.treated * self.size
        return _Units(
            total=self.total + effect * slope,
            slope=slope,
            size=self.size,
            treated=self.treated,
            block=self.block,
            first=self.first,
            share=self.share,
            paired=self.paired,
        )

    def dealt(self, random: np.random.Generator, size: int) -> Bools:
        """(size, m) who is treated in other draws: as many of each block as there were."""
        order = np.argsort(self.block + random.random((size, len(self.block))), axis=1)
        made = np.zeros(order.shape, dtype=bool)
        np.put_along_axis(made, order, np.broadcast_to(self.treated, order.shape), axis=1)
        return made

    def terms(self, treated: Bools) -> tuple[Floats, Floats]:
        """(b, 2) the effect, linear in how far the null is from what was taken off, and (b, 3) its
        variance, quadratic in it."""
        means, parts = [], np.zeros((len(treated), 3, len(self.first)))
        for arm in (treated, ~treated):
            people = self._summed(arm * self.size)
            own = [self._summed(arm * value) / people for value in (self.total, self.slope)]
            away = [
                arm * (value - mean[:, self.block] * self.size)
                for value, mean in zip((self.total, self.slope), own, strict=True)
            ]
            means.append(own)
            if self.paired:
                continue  # one a pair: the spread is that of differences between pairs
            count = self._summed(arm.astype(float))
            scale = count / (count - 1) / people**2
            for at, product in enumerate((away[0] ** 2, 2 * away[0] * away[1], away[1] ** 2)):
                parts[:, at] += scale * self._summed(product)
        gap = np.stack([means[0][at] - means[1][at] for at in (0, 1)], axis=1)  # (b, 2, B)
        top = gap @ self.share
        if not self.paired:
            return top, parts @ self.share**2
        apart = gap - top[:, :, None]
        n = len(self.first)
        squares = np.stack(
            [
                (apart[:, 0] ** 2).sum(axis=1),
                2 * (apart[:, 0] * apart[:, 1]).sum(axis=1),
                (apart[:, 1] ** 2).sum(axis=1),
            ],
            axis=1,
        )
        return top, squares / (n * (n - 1))

    def _summed(self, values: Floats) -> Floats:
        blocks = Clusters(order=None, first=self.first)
        return np.asarray(np.moveaxis(blocks.sums(np.moveaxis(values, 1, 0)), 0, 1), dtype=float)
