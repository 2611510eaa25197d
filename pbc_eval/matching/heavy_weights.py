"""Do a few people carry the weight, or would they in another sample?

    Weighting ── expected_size ──▶ as how many people the weighted group counts in samples like it

The effective size of the weights at hand says too little where scores come near 0 or 1: whoever
would weigh the most is rarely in the sample, so that both the estimate and its error miss them.
What matters is the size that the fitted scores of everybody, treated and not, let expect. With
fewer than 50, nominal 95 % intervals held the truth in 70 to 90 of 100 simulated samples, from 50
to 75 in 92, and from 75 on in 94 to 99. Below 75 the error is given without an interval.

Source: Kish (1965), Survey Sampling (effective size); Crump, Hotz, Imbens & Mitnik (2009),
Biometrika 96, 187-199; Heiler & Kazak (2021), Journal of Econometrics 222, 1083-1108 (why intervals
fail under heavy-tailed weights).
"""

from typing import Literal, NamedTuple

import numpy as np

from pbc_eval.matching.weighting import Weighting
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import COMPARISON_UNITS, TREATED_UNITS, Number, Share, Units
from pbc_eval.numerics.arrays import Bools, Floats

FEWEST = 75.0  # people that the weighted group must be expected to count as
FEW = 100.0  # below it a reader is told
NEAREST_TO_NOUGHT = 1e-12  # of a chance, so that what is expected stays a number


class ExpectedSize(NamedTuple):
    """As how many people the weighted group can be expected to count: of the treated
    (``of_treated``) and the others, where both are weighted, the one that counts as fewer; and how
    many people it has."""

    people: float
    of_treated: bool
    size: int

    @property
    def units(self) -> Units:
        return Units(self.size, TREATED_UNITS if self.of_treated else COMPARISON_UNITS)


def expected_size(
    weighting: Weighting, columns: Floats, treated: Bools, estimand: str
) -> ExpectedSize:
    """``columns`` (n, p) are the covariates that the score was fitted on. Infinite for overlap
    weights, under which nobody weighs more than one."""
    sizes = int(treated.sum()), int((~treated).sum())
    if estimand == "ATO":
        return ExpectedSize(float("inf"), False, sizes[1])
    if weighting.score is None and estimand == "ATE":
        of_others, of_treated = (
            float(tilt[group].sum() / tilt.mean())
            for group, tilt in zip((~treated, treated), _tilts(weighting, columns), strict=True)
        )
        return fewer_of(of_treated, of_others, sizes, first="others")
    chance = _chance(weighting, columns, estimand)
    against = 1 - chance
    if estimand == "ATT":
        size = chance.sum() ** 2 / np.sum(chance**2 / against)
        return ExpectedSize(float(size), False, sizes[1])
    if estimand == "ATC":
        size = against.sum() ** 2 / np.sum(against**2 / chance)
        return ExpectedSize(float(size), True, sizes[0])
    n = len(chance)
    of_treated, of_others = (float(n**2 / np.sum(1 / part)) for part in (chance, against))
    return fewer_of(of_treated, of_others, sizes)


def fewer_of(
    of_treated: float,
    of_others: float,
    sizes: tuple[int, int],
    first: Literal["treated", "others"] = "treated",
) -> ExpectedSize:
    """The group that counts as fewer; ``first`` where both count the same. ``sizes``: people of the
    treated and of the others."""
    ends = [ExpectedSize(of_treated, True, sizes[0]), ExpectedSize(of_others, False, sizes[1])]
    return min(ends if first == "treated" else ends[::-1], key=lambda size: size.people)


def _chance(weighting: Weighting, columns: Floats, estimand: str) -> Floats:
    """The fitted chance of treatment, or that which the balancing weights imply."""
    if weighting.score is None:
        odds = _tilts(weighting, columns)[0]
        score = odds / (1 + odds) if estimand == "ATT" else 1 / (1 + odds)
    else:
        score = weighting.score
    return np.clip(score, NEAREST_TO_NOUGHT, 1 - NEAREST_TO_NOUGHT)


def _tilts(weighting: Weighting, columns: Floats) -> list[Floats]:
    """What everybody would weigh in each group that is weighted, (n,) each."""
    rows = np.nan_to_num(weighting.coefficients)
    return [np.exp(np.minimum(row[0] + columns @ row[1:], 500.0)) for row in rows]


def why_no_interval(size: ExpectedSize) -> Sentence | None:
    """The reason where the size is too small for an interval to hold."""
    if size.people >= FEWEST:
        return None
    return Sentence(
        "a few people carry the weight: in samples like this one the {units} can be expected to "
        "count as {expected}, and with fewer than {fewest} intervals do not hold what they promise",
        units=size.units,
        expected=Number(round(size.people)),
        fewest=Number(FEWEST),
    )


def weight_notes(size: ExpectedSize, truncated_at: float | None) -> tuple[Sentence, ...]:
    """What a reader must know of extreme weights, and of what was done about them."""
    notes = []
    if size.people < FEW:
        notes.append(
            Sentence(
                "Some scores are near 0 or 1: the {units} can be expected to count as {expected} "
                "under these weights. Lowering the weights (truncate) or leaving such people out "
                "(trim) changes whom the effect is for; overlap weights say whom.",
                units=size.units,
                expected=Number(round(size.people)),
            )
        )
    if truncated_at is not None:
        notes.append(
            Sentence(
                "Weights above their {share} quantile were lowered to it: the effect is for a "
                "population between the one asked for and the people at hand.",
                share=Share(truncated_at, 1),
            )
        )
    return tuple(notes)
