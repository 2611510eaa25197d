"""Which inference counts, where there are few units: one way, stated before outcomes are seen.

    AttEstimate of effects ─ with_inference(way) ▶ the same estimate, with the interval that counts

    analytic         the estimator's own: clustered, with an allowance for small cohorts
    cr2              unbiased where errors are alike, t with Satterthwaite's degrees of freedom
    wild_bootstrap   restricted, signs (six points below twelve clusters) a whole cluster at a time
    randomisation    starts dealt out at random, for an effect that is the same for everybody
    small_sample     one change a unit, t with the exact degrees of freedom where changes are normal
                     and spread alike: the one way that a single treated unit leaves

The estimate stays what it is: each way starts from a sum over units of their own outcomes, and is
refused where that does not come to the estimate to eight digits.

Sources: Bell and McCaffrey (2002), Survey Methodology 28; Donald and Lang (2007), Review of
Economics and Statistics 89, 221-233 (small_sample); wild.py and randomisation.py for the others.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, cast, get_args

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.averages import KINDS, Kind
from pbc_eval.did.estimates import one_hot
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.randomisation import randomisation_test
from pbc_eval.did.saturated_average import Regression, SaturatedAverage, saturated_average
from pbc_eval.did.wild import REGRESSIONS, wild_cluster_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import Number, Size
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.few_clusters import clustered_wald
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, StatedInterval

Inference = Literal["analytic", "cr2", "wild_bootstrap", "randomisation", "small_sample"]
INFERENCES: tuple[Inference, ...] = get_args(Inference)
OWNER = "with_inference"
SAME = 1e-8  # relative: the estimate and what a way starts from
WEBB_BELOW = 12  # clusters, on either side
DRAWS = 9_999
MOST_SIGNS = 5_000_000  # held while clusters' signs are drawn
MOST_DRAWS = 49_999  # of signs: an end of the interval is then known to a few thousandths of itself
SEED = 20_080_901
ALIKE = 1e-9  # relative: weights that count as equal

OTHER = Sentence("It does not come to the same estimate: another average or comparison is made.")
NO_END = Sentence("The test leaves every value on one side open: there are too few units.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    panel: Panel  # without covariates
    estimate: AttEstimate
    kind: Kind
    level: float
    seed: int
    anticipation: int


def with_inference(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "simple",
    *,
    inference: Inference,
    level: float | None = None,
    seed: int = SEED,
    anticipation: int = 0,
) -> AttEstimate:
    """``effects.aggregate(kind).overall`` with the interval and p-value of ``inference``.

    ``effects`` are of ``panel``, and left ``anticipation`` periods before the start open. Raises
    DesignError for a way that does not apply to them, naming those that do.
    """
    check_choice(OWNER, "inference", inference, INFERENCES, DesignError)
    check_choice(OWNER, "kind", kind, KINDS, DesignError)
    level = effects.level if level is None else level
    check_level(OWNER, level, DesignError)
    overall = effects.aggregate(kind, level=level, bands="pointwise").overall
    asked = _Asked(
        panel=panel,
        estimate=overall,
        kind=kind,
        level=level,
        seed=seed,
        anticipation=anticipation,
    )
    try:
        return _WAYS[inference](asked)
    except DesignError as refused:
        rest = [way for way in INFERENCES if way != inference and _applies(way, asked)]
        raise DesignError(
            f"{panel.name}: inference {inference}: {refused.rule or refused} With these data "
            f"there can be {' or '.join(rest)}.",
            rule=refused.rule,
        ) from None


def inferences_of(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "simple",
    *,
    anticipation: int = 0,
) -> tuple[Inference, ...]:
    """The ways that apply to an average of effects: each is tried, and gives an interval."""
    overall = effects.aggregate(kind, bands="pointwise").overall
    asked = _Asked(
        panel=panel,
        estimate=overall,
        kind=kind,
        level=effects.level,
        seed=SEED,
        anticipation=anticipation,
    )
    return tuple(way for way in INFERENCES if _applies(way, asked))


def _applies(way: Inference, asked: _Asked) -> bool:
    try:
        estimate = _WAYS[way](asked, 199)
    except DesignError:
        return False
    return estimate.conf_low is not None


def _analytic(asked: _Asked, draws: int = DRAWS) -> AttEstimate:
    return asked.estimate


def _not_these(asked: _Asked) -> None:
    """Raise DesignError where no way but the estimator's own is known."""
    panel = asked.panel
    if panel.covariates:
        raise _refused(Sentence("It is not known where covariates are adjusted for."))
    if panel.repeated or not panel.balanced:
        raise _refused(Sentence("It needs every unit in every period."))


def _refused(rule: Sentence) -> DesignError:
    return DesignError(f"{OWNER}: {rule}", rule=rule)


def _saturated(asked: _Asked) -> tuple[Regression, SaturatedAverage]:
    """The regression that comes to the estimate. Raises DesignError where none does."""
    _not_these(asked)
    for name in REGRESSIONS:
        regression = cast(Regression, name)
        if regression == "extended_two_way" and asked.anticipation:
            continue
        try:
            whole = saturated_average(
                asked.panel,
                regression,
                OWNER,
                kind=asked.kind,
                anticipation=asked.anticipation,
            )
        except DesignError:
            continue
        if _same(whole.estimate, asked.estimate):
            return regression, whole
    raise _refused(OTHER)


def _same(value: float, estimate: AttEstimate) -> bool:
    size = max(abs(estimate.estimate), estimate.std_error or 0.0)
    return abs(value - estimate.estimate) <= SAME * size


def _wild(asked: _Asked, draws: int | None = None) -> AttEstimate:
    regression, whole = _saturated(asked)
    most = max(DRAWS, min(MOST_DRAWS, MOST_SIGNS // whole.clusters))
    fewest = min(asked.panel.cluster_counts()[1:])
    made = wild_cluster_bootstrap(
        asked.panel,
        regression=regression,
        weights="webb" if fewest < WEBB_BELOW else "rademacher",
        draws=draws or most,
        level=asked.level,
        seed=asked.seed,
        kind=asked.kind,
        anticipation=asked.anticipation,
    )
    return _with_interval(
        asked,
        StatedInterval(conf_low=made.conf_low, conf_high=made.conf_high, p_value=made.p_value),
        made.std_error,
        words=Sentence(
            "restricted wild cluster bootstrap: {draws} draws of {weights} over {n} clusters; "
            "cohort shares fixed",
            draws=Number(made.draws),
            weights=Sentence("six-point weights") if made.weights == "webb" else Sentence("signs"),
            n=Number(made.clusters),
        ),
        seed=None if made.exhaustive else made.seed,
        known_to=made.known_to,
    )


def _randomisation(asked: _Asked, draws: int | None = None) -> AttEstimate:
    _not_these(asked)
    most = max(DRAWS, min(MOST_DRAWS, MOST_SIGNS // sum(asked.panel.cohort_units)))
    made = randomisation_test(
        asked.panel,
        anticipation=asked.anticipation,
        draws=draws or most,
        seed=asked.seed,
        level=asked.level,
    )
    if not _same(made.estimate, asked.estimate):
        raise _refused(OTHER)
    if made.possible * (1 - asked.level) < 1:
        raise _refused(
            Sentence(
                "There are {n} ways to deal the starts out, too few to tell anything apart.",
                n=Number(int(made.possible)),
            )
        )
    return _with_interval(
        asked,
        StatedInterval(conf_low=made.conf_low, conf_high=made.conf_high, p_value=made.p_value),
        abs(made.estimate / made.statistic) if made.statistic else 0.0,
        words=Sentence(
            "starts dealt out at random in {n} ways; the interval holds effects, the same for "
            "everybody treated, that are not rejected",
            n=Number(made.assignments),
        ),
        seed=asked.seed,
        known_to=made.known_to,
    )


def _with_interval(
    asked: _Asked,
    stated: StatedInterval,
    error: float,
    *,
    words: Sentence,
    seed: int | None,
    known_to: float,
) -> AttEstimate:
    """``known_to``: one standard error of an end of the interval, by chance of the draws."""
    method = asked.estimate.method
    notes = method.notes
    if stated.bounded and 0 < known_to < np.inf:
        drawn = Sentence(
            "The interval rests on draws: its ends are known to about {known}.",
            Claim(kind="none", of=""),
            known=Size(2 * known_to),
        )
        notes = (*notes, drawn)
    return replace(
        asked.estimate,
        stated=stated,
        std_error=error,
        critical_value=None,
        reason=None,
        no_interval=None if stated.bounded else NO_END,
        method=replace(method, inference=words, seed=seed, notes=notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """One number a unit, whose means by cohort, times ``size``, add up to the estimate. Each has a
    contrast of length one, so that where errors of outcomes are alike those of the changes are."""

    value: Floats  # (n,)
    weight: Floats  # (n,)
    group: Ints  # (n,) positions in ``size``
    size: Floats  # (c,)
    cluster: Ints  # (n,)
    unit: Ints  # (n,) positions among the panel's units


def changes_of(panel: Panel, estimate: AttEstimate, kind: Kind, anticipation: int = 0) -> Changes:
    """Behind an average effect of a panel. Raises DesignError where it is no sum of changes of
    units: with covariates, gaps, or another comparison."""
    return _changes(
        _Asked(
            panel=panel,
            estimate=estimate,
            kind=kind,
            level=estimate.level,
            seed=SEED,
            anticipation=anticipation,
        )
    )


def _changes(asked: _Asked) -> Changes:
    _, whole = _saturated(asked)
    arrays, loads = asked.panel.arrays(), whole.loads
    length = np.sqrt((loads**2).sum(axis=1))
    counted = np.flatnonzero(length > ALIKE * length.max())
    place = np.full(len(length), -1)
    place[counted] = np.arange(len(counted))
    mine = place[arrays.cohort] >= 0
    unit = loads / np.where(length > 0, length, 1.0)[:, None]
    cohort = arrays.cohort[mine]
    outcome = arrays.outcome[mine][:, : loads.shape[1]]
    return Changes(
        value=(outcome * unit[cohort]).sum(axis=1),
        weight=arrays.weight[mine],
        group=place[cohort],
        size=length[counted],
        cluster=arrays.cluster[mine] if asked.panel.roles.cluster else np.arange(int(mine.sum())),
        unit=np.flatnonzero(mine),
    )


def _cr2(asked: _Asked, draws: int = DRAWS) -> AttEstimate:
    changes = _changes(asked)
    n = len(changes.size)
    clusters = [len(np.unique(changes.cluster[changes.group == c])) for c in range(n)]
    if min(clusters) < 2:
        raise _refused(Sentence("A group that is on its own shows no spread."))
    member, root = one_hot(changes.group, n), np.sqrt(changes.weight)
    means = (changes.weight * changes.value) @ member / (changes.weight @ member)
    test = clustered_wald(
        member * root[:, None],
        (changes.value - means[changes.group]) * root,
        changes.cluster,
        means,
        restrictions=changes.size[None],
    )
    estimate = float(changes.size @ means)
    return _with_error(
        asked,
        abs(estimate) / np.sqrt(test.statistic),
        test.df_denominator,
        Sentence(
            "CR2 (Bell and McCaffrey) over {n} clusters, t with {df} degrees of freedom "
            "(Satterthwaite); cohort shares fixed",
            n=Number(test.clusters),
            df=Number(test.df_denominator, 1),
        ),
    )


def _small_sample(asked: _Asked, draws: int = DRAWS) -> AttEstimate:
    changes = _changes(asked)
    if len(changes.size) != 2:
        raise _refused(Sentence("It is exact only where all were treated at the same time."))
    _, place = np.unique(changes.cluster, return_inverse=True)
    each = np.bincount(place, changes.weight)
    if np.ptp(each) > ALIKE * each.max():
        raise _refused(Sentence("It is exact only where independent units count alike."))
    value = np.bincount(place, changes.weight * changes.value) / each
    group = np.zeros(len(each), dtype=np.int64)
    group[place] = changes.group
    if (group[place] != changes.group).any():
        raise _refused(Sentence("It needs whole clusters on one side or the other."))
    count = np.bincount(group, minlength=2)
    df = len(value) - 2
    if df < 1:
        raise _refused(Sentence("There are too few independent units."))
    away = value - (np.bincount(group, value, 2) / count)[group]
    spread = float(away @ away) / df
    return _with_error(
        asked,
        float(np.sqrt(spread * (changes.size**2 / count).sum())),
        float(df),
        Sentence(
            "changes before and after, t with {df} degrees of freedom, exact where they are "
            "normal and spread alike in both groups",
            df=Number(df),
        ),
    )


def _with_error(asked: _Asked, error: float, df: float, words: Sentence) -> AttEstimate:
    if not error > 0:
        raise _refused(Sentence("The outcome does not vary between units."))
    return replace(
        asked.estimate,
        std_error=float(error),
        degrees_of_freedom=df,
        small_sample_factor=1.0,
        critical_value=None,
        reason=None,
        no_interval=None,
        method=replace(asked.estimate.method, inference=words, seed=None),
    )


_WAYS: dict[Inference, Callable[..., AttEstimate]] = {
    "analytic": _analytic,
    "cr2": _cr2,
    "wild_bootstrap": _wild,
    "randomisation": _randomisation,
    "small_sample": _small_sample,
}
