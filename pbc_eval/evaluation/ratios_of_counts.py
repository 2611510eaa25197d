"""Where everything that people are told apart by is yes or no, figures are ratios of a few counts.

A score, an effective number, an effect with weights or adjusted for characteristics of yes and no
is worked out from a handful of whole numbers: how many have a trait, and how many of these have the
outcome. Told to ten digits, it fits one set of them. So where few have a trait, or few found no
match, such figures are not told beside a number of few.

    digits told:      about 33 bits of an effect, as many of its error
    counts unknown:   a handful of bits each; ``FEWEST_UNKNOWN`` of many people hold more than is
                      told, and of people who count alike only one sum is unknown (bits_unknown.py)

Source: the enumeration is ours (tests/disclosure/test_adjusted_for_yes_and_no.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import combinations
from math import inf

import numpy as np

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DesignError
from pbc_eval.evaluation.bits_unknown import (
    DIGITS,
    bits_of_outcome,
    bits_of_traits,
    bits_of_weighted,
    spread_of,
    tells_one_set,
)
from pbc_eval.evaluation.comparison_groups import Sample
from pbc_eval.evaluation.few_apart import MEANS, hides_the_unmatched, people_of, weights_of
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.numerics.arrays import Floats
from pbc_eval.trials.arms import OWNER, Trial
from pbc_eval.trials.effect import columns_of_effect

FEWEST_UNKNOWN = 18  # counts of which so many leave an effect and its error open
IN_IT = tuple(name for name in MEANS if name.endswith("_after"))  # in the analysis
WIDEST = 100  # of whole numbers; sums over few people of wider ones fit many ways


def tells_few(spec: EvaluationSpec, sample: Sample | EngineSample) -> bool:
    """Would a score, or what weights come to, tell how few found no match or have a trait? All are
    fitted to everybody; where all characteristics are yes or no they are ratios of counts."""
    return _is_of_yes_and_no(sample) and (
        hides_the_unmatched(spec, sample) or bool(_few_of_sample(spec, sample))
    )


def told_by_adjusting(
    spec: EvaluationSpec, sample: Sample | EngineSample, column: str, by: str
) -> tuple[str, ...]:
    """Traits of few that the effect on ``column`` in this sample tells, when outcomes are compared
    ``by`` a key of ``effect_words``; none where it is a difference of plain means, or where more
    is unknown than it tells."""
    if by == "difference" and _counts_everybody_once(sample):
        return ()
    if not _is_of_yes_and_no(sample):
        return ()
    names, people, frame = _characteristics(sample), people_of(sample), sample.balance()
    frame = frame[frame["covariate"] != "score"]
    counts = [people.apart(group, frame) for group in IN_IT]
    spread = _spread(sample, column)
    return _few_of_sample(spec, sample, IN_IT) if _leave_one_set(
        names,
        counts,
        _bits_alike(sample, spread) if by == "difference" else inf,
        spread=spread,
        threshold=spec.publication.disclosure.of_units.threshold,
    ) else ()  # fmt: skip


def told_by_trial(spec: EvaluationSpec, trial: Trial, *, adjusted: bool) -> tuple[str, ...]:
    """The same of a trial: traits and blocks of few that its effect tells, ``adjusted`` for
    characteristics or not."""
    columns, arms = trial.covariates, (trial.treated, ~trial.treated)
    names: list[str] = []
    groups: list[Floats] = []
    if adjusted:
        if not all(columns.binary):
            return ()
        names += columns.names
        groups += [(part == part.max()).astype(float) for part in columns.values.T]
    if trial.blocked:
        names += [f"block={k + 1}" for k in range(trial.blocks)]
        groups += [(trial.block == k).astype(float) for k in range(trial.blocks)]
    threshold = spec.publication.disclosure.of_units.threshold
    there = [[int(group[arm].sum()) for group in groups] for arm in arms]
    spread = spread_of(trial.outcome)
    weights = _weights_of_trial(trial, adjusted=adjusted) if names else []
    if not weights or all(np.allclose(own, own[0], rtol=1e-7) for own in weights):
        return ()  # a plain difference of means, whatever the blocks
    alike = bits_of_weighted(weights, spread)
    if not _leave_one_set(names, there, alike, spread=spread, threshold=threshold):
        return ()
    sizes = [int(arm.sum()) for arm in arms]
    counts = (
        (name, size, arm[k])
        for k, name in enumerate(names)
        for size, arm in zip(sizes, there, strict=True)
    )
    return _few(spec, counts)


def not_told(way: Name) -> Sentence:
    """Why another way is left out whose effect would tell of few."""
    return Sentence(
        "{way} is not shown: all that it is adjusted for is yes or no, so that its effect would "
        "tell how few have a trait, and what became of them.",
        way=way,
    )


def _few(spec: EvaluationSpec, counts: Iterable[tuple[str, int, int]]) -> tuple[str, ...]:
    """Names of traits, of each group with its size and how many have it, that few have or lack."""
    threshold = spec.publication.disclosure.of_units.threshold
    return tuple(
        dict.fromkeys(
            name
            for name, whole, there in counts
            if 0 < there < threshold or 0 < whole - there < threshold
        )
    )


def _few_of_sample(
    spec: EvaluationSpec, sample: Sample | EngineSample, groups: Sequence[str] = MEANS
) -> tuple[str, ...]:
    people, frame = people_of(sample), sample.balance()
    frame = frame[frame["covariate"] != "score"]
    return _few(
        spec,
        (
            (str(name), people.size(group), there)
            for group in groups
            for name, there in zip(frame["covariate"], people.apart(group, frame), strict=True)
        ),
    )


def _characteristics(sample: Sample | EngineSample) -> list[str]:
    return [str(name) for name in sample.balance()["covariate"] if name != "score"]


def _is_of_yes_and_no(sample: Sample | EngineSample) -> bool:
    frame = sample.balance()
    return bool(frame.loc[frame["covariate"] != "score", "binary"].all())


def _unknown(names: Sequence[str]) -> int:
    """How many counts by arm an effect is worked out from besides the means: of each level those
    with the outcome, and of each two levels of different characteristics those who have both."""
    levels: dict[str, int] = {}
    for name in names:
        characteristic = name.partition("=")[0]
        levels[characteristic] = levels.get(characteristic, 0) + 1
    free = [max(n - 1, 1) for n in levels.values()]
    return 2 * (sum(free) + sum(a * b for a, b in combinations(free, 2)))


def _counts_everybody_once(sample: Sample | EngineSample) -> bool:
    if isinstance(sample, EngineSample):
        after = sample.after
        return all(np.allclose(after.least[arm], after.most[arm]) for arm in (0, 1))
    weights, treated = weights_of(sample), sample.design.treated
    used = [weights[group & (weights > 0)] for group in (treated, ~treated)]
    return all(len(part) > 0 and np.allclose(part, part[0]) for part in used)


def _spread(sample: Sample | EngineSample, column: str) -> float:
    """Of people in an engine it is taken to be small: a pass over them would have to tell."""
    if isinstance(sample, EngineSample):
        return 1.0
    return spread_of(sample.design.frame[column].to_numpy(dtype=float, na_value=np.nan))


def _leave_one_set(
    names: Sequence[str],
    counts: Sequence[Sequence[int]],
    alike: float,
    *,
    spread: float,
    threshold: int,
) -> bool:
    """Do so few numbers of so little range lie behind an effect and its error that one set of them
    fits? ``counts`` are how many of each arm have each trait of ``names``; ``alike`` are the bits
    of outcomes by those who count alike."""
    if spread <= WIDEST and _unknown(names) < FEWEST_UNKNOWN:
        return True
    groups = [_free_levels(names, arm) for arm in counts]
    return tells_one_set(
        bits_of_traits(groups, numbers_told=threshold),
        min(bits_of_outcome(groups, spread), alike),
        DIGITS if spread > 1 else 2 * DIGITS,  # squares of more than two values are sums as well
    )


def _bits_alike(sample: Sample | EngineSample, spread: float) -> float:
    """Of outcomes by what each person counts; of people in an engine it is not asked for."""
    if isinstance(sample, EngineSample):
        return inf
    weights, treated = weights_of(sample), sample.design.treated
    return bits_of_weighted(
        [weights[group & (weights > 0)] for group in (treated, ~treated)], spread
    )


def _weights_of_trial(trial: Trial, *, adjusted: bool) -> list[Floats]:
    """With what weight each person's outcome is in the effect, by arm; none where there is no such
    effect, or it is a mean of differences of pairs."""
    if trial.paired:
        return []
    if not adjusted:
        none = replace(
            trial.covariates,
            values=trial.covariates.values[:, :0],
            names=(),
            in_score=trial.covariates.in_score[:0],
            binary=trial.covariates.binary[:0],
        )
        trial = replace(trial, covariates=none)
    try:
        x = columns_of_effect(trial, OWNER)
    except DesignError:
        return []
    weights = x @ np.linalg.inv(x.T @ x)[1]
    return [weights[arm] for arm in (trial.treated, ~trial.treated)]


def _free_levels(names: Sequence[str], counts: Sequence[int]) -> list[list[int]]:
    """How many have each level, by characteristic: all levels but one, or the one of two."""
    levels: dict[str, list[int]] = {}
    for name, n in zip(names, counts, strict=True):
        levels.setdefault(name.partition("=")[0], []).append(n)
    return [sorted(own)[:-1] or own for own in levels.values()]
