"""Which inference counts, where there are few units: one way, stated before outcomes are seen.

    AttEstimate of effects ─ with_inference(way) ▶ the same estimate, with the interval that counts

    analytic         the estimator's own: clustered, with an allowance for small cohorts
    cr2              unbiased where errors are alike, t with Satterthwaite's degrees of freedom
    wild_bootstrap   restricted, signs (six points below twelve clusters) a whole cluster at a time
    randomisation    starts dealt out at random, for an effect that is the same for everybody
    small_sample     one change a unit, t with the exact degrees of freedom where changes are normal
                     and spread alike: it serves a single treated unit among few
    conley_taber     changes of comparison groups in place of those of few treated groups
    ferman_pinto     the same where groups differ in size, and small ones err more
    conformal        periods changing places: one or few treated units, seen for long

The estimate stays what it is: each way starts from a sum over units of their own outcomes, and is
refused where that does not come to the estimate to eight digits.

Sources: Bell and McCaffrey (2002), Survey Methodology 28; Donald and Lang (2007), Review of
Economics and Statistics 89, 221-233 (small_sample); wild.py, randomisation.py,
few_treated.py and conformal.py for the others.
"""

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.asked_inference import Asked, with_error, with_interval
from pbc_eval.did.averages import KINDS, Kind
from pbc_eval.did.behind_average import (
    ALIKE,
    MOST_GROUPS,
    OTHER,
    OWNER,
    SAME_START,
    WHOLE,
    changes_of,
    is_same,
    refuse_incomplete,
    refused,
    regression_behind,
)
from pbc_eval.did.conformal import PERMUTATIONS, Permutations
from pbc_eval.did.estimates import one_hot
from pbc_eval.did.few_treated_inference import (
    conformal_inference,
    conley_taber_inference,
    ferman_pinto_inference,
)
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.randomisation import randomisation_test
from pbc_eval.did.rollout_lots import rollout_lots
from pbc_eval.did.wild import wild_cluster_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.few_clusters import clustered_wald
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, StatedInterval

Inference = Literal[
    "analytic",
    "cr2",
    "wild_bootstrap",
    "randomisation",
    "small_sample",
    "conley_taber",
    "ferman_pinto",
    "conformal",
]
INFERENCES: tuple[Inference, ...] = get_args(Inference)
OF_LOTS: tuple[Inference, ...] = ("analytic", "randomisation")  # of efficient_rollout
WEBB_BELOW = 12  # clusters, on either side
DRAWS = 9_999
MOST_SIGNS = 5_000_000  # held while clusters' signs are drawn
MOST_DRAWS = 49_999  # of signs: an end of the interval is then known to a few thousandths of itself
SEED = 20_080_901


def with_inference(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "simple",
    *,
    inference: Inference,
    level: float | None = None,
    seed: int = SEED,
    anticipation: int = 0,
    permutations: Permutations = "moving_block",
) -> AttEstimate:
    """``effects.aggregate(kind).overall`` with the interval and p-value of ``inference``.

    ``effects`` are of ``panel``, and left ``anticipation`` periods before the start open.
    ``permutations`` of periods are for "conformal": as a block ("moving_block"), or "all". Raises
    DesignError for a way that does not apply to them, naming those that do.
    """
    check_choice(OWNER, "inference", inference, INFERENCES, DesignError)
    check_choice(OWNER, "kind", kind, KINDS, DesignError)
    check_choice(OWNER, "permutations", permutations, PERMUTATIONS, DesignError)
    level = effects.level if level is None else level
    check_level(OWNER, level, DesignError)
    asked = _asked(
        panel,
        effects,
        kind,
        level=level,
        seed=seed,
        anticipation=anticipation,
        permutations=permutations,
    )
    try:
        return _WAYS[inference](asked)
    except DesignError as not_these:
        rest = [way for way in INFERENCES if way != inference and _applies(way, asked)]
        others = f" With these data there can be {' or '.join(rest)}." if rest else ""
        raise DesignError(
            f"{panel.name}: inference {inference}: {not_these.rule or not_these}{others}",
            rule=not_these.rule,
        ) from None


def inferences_of(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "simple",
    *,
    anticipation: int = 0,
    permutations: Permutations = "moving_block",
) -> tuple[Inference, ...]:
    """The ways that apply to an average of effects: each is tried, and gives an interval."""
    asked = _asked(
        panel,
        effects,
        kind,
        level=effects.level,
        seed=SEED,
        anticipation=anticipation,
        permutations=permutations,
    )
    return tuple(way for way in INFERENCES if _applies(way, asked))


def _asked(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind,
    *,
    level: float,
    seed: int,
    anticipation: int,
    permutations: Permutations,
) -> Asked:
    return Asked(
        panel=panel,
        effects=effects,
        estimate=effects.aggregate(kind, level=level, bands="pointwise").overall,
        kind=kind,
        level=level,
        seed=seed,
        anticipation=anticipation,
        permutations=permutations,
    )


def _applies(way: Inference, asked: Asked) -> bool:
    try:
        estimate = _WAYS[way](asked, 199)
    except DesignError:
        return False
    return estimate.conf_low is not None


def _analytic(asked: Asked, draws: int = DRAWS) -> AttEstimate:
    return asked.estimate


def _wild(asked: Asked, draws: int | None = None) -> AttEstimate:
    regression, whole = regression_behind(
        asked.panel, asked.estimate, asked.kind, asked.anticipation
    )
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
    return with_interval(
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


def _randomisation(asked: Asked, draws: int | None = None) -> AttEstimate:
    refuse_incomplete(asked.panel)
    most = max(DRAWS, min(MOST_DRAWS, MOST_SIGNS // sum(asked.panel.cohort_units)))
    if asked.effects.cells.taken_off is not None:
        made = rollout_lots(
            asked.panel,
            asked.effects,
            asked.kind,
            draws=draws or DRAWS,
            seed=asked.seed,
            level=asked.level,
        )
    else:
        made = randomisation_test(
            asked.panel,
            anticipation=asked.anticipation,
            draws=draws or most,
            seed=asked.seed,
            level=asked.level,
        )
    if not is_same(made.estimate, asked.estimate):
        raise refused(OTHER)
    if made.possible * (1 - asked.level) < 1:
        raise refused(
            Sentence(
                "There are {n} ways to deal the starts out, too few to tell anything apart.",
                n=Number(int(made.possible)),
            )
        )
    return with_interval(
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


def _cr2(asked: Asked, draws: int = DRAWS) -> AttEstimate:
    changes = changes_of(asked.panel, asked.estimate, asked.kind, asked.anticipation)
    n = len(changes.size)
    clusters = [len(np.unique(changes.cluster[changes.group == c])) for c in range(n)]
    if min(clusters) < 2:
        raise refused(Sentence("A group that is on its own shows no spread."))
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
    return with_error(
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


def _small_sample(asked: Asked, draws: int = DRAWS) -> AttEstimate:
    changes = changes_of(asked.panel, asked.estimate, asked.kind, asked.anticipation, MOST_GROUPS)
    if len(changes.size) != 2:
        raise refused(SAME_START)
    _, place = np.unique(changes.cluster, return_inverse=True)
    each = np.bincount(place, changes.weight)
    if np.ptp(each) > ALIKE * each.max():
        raise refused(Sentence("It is exact only where independent units count alike."))
    value = np.bincount(place, changes.weight * changes.value) / each
    group = np.zeros(len(each), dtype=np.int64)
    group[place] = changes.group
    if (group[place] != changes.group).any():
        raise refused(WHOLE)
    count = np.bincount(group, minlength=2)
    df = len(value) - 2
    if df < 1:
        raise refused(Sentence("There are too few independent units."))
    away = value - (np.bincount(group, value, 2) / count)[group]
    spread = float(away @ away) / df
    return with_error(
        asked,
        float(np.sqrt(spread * (changes.size**2 / count).sum())),
        float(df),
        Sentence(
            "changes before and after, t with {df} degrees of freedom, exact where they are "
            "normal and spread alike in both groups",
            df=Number(df),
        ),
    )


_WAYS: dict[Inference, Callable[..., AttEstimate]] = {
    "analytic": _analytic,
    "cr2": _cr2,
    "wild_bootstrap": _wild,
    "randomisation": _randomisation,
    "small_sample": _small_sample,
    "conley_taber": conley_taber_inference,
    "ferman_pinto": ferman_pinto_inference,
    "conformal": conformal_inference,
}
