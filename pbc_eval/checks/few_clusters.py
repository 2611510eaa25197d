"""Are there enough independent units on both sides for a large-sample standard error?

fail    fewer than 5 treated or comparison clusters: errors come out far too small
review  fewer than 10 on either side, fewer than 50 in all ("few" starts between 20 and 50), or a
        cohort that carries an effect has fewer than 20
pass    otherwise

What matters is the cohort that carries an effect, not the total: with cohorts of 2, 3 and 5 among
50 units, bands of 95 % from the large-sample formula held the truth in 63 % of samples. Intervals
allow for cohorts of fewer than 20 (did/small_cohorts.py), and this check names them.

Sources: Cameron and Miller (2015), Journal of Human Resources 50, section VI (few clusters: fewer
than 20 to 50); MacKinnon and Webb (2018), Econometrics Journal 21 (few treated clusters).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.few_treated import serves
from pbc_eval.did.small_cohorts import SMALL
from pbc_eval.did.stated_inference import INFERENCES, Inference
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.told_places import HEADLINE_TREATED, NEVER_TREATED, TREATED_AND_NEVER
from pbc_eval.messages.values import (
    CLUSTERS,
    UNITS,
    Listed,
    Number,
    Period,
    Units,
    as_typed,
    joined,
)
from pbc_eval.panel.group_sizes import sizes_differ
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.unit_effects import side_of
from pbc_eval.results import CheckResult, CheckStatus

FAIL_BELOW = 5  # clusters on either side
REVIEW_BELOW = 10  # clusters on either side
REVIEW_BELOW_TOTAL = 50

NULL = "not a test: counts of independent units against rules of thumb"


MADE_FOR: dict[str, tuple[Inference, ...]] = {  # the first that the data allow is proposed
    "fail": ("randomisation", "conley_taber", "conformal", "small_sample"),
    "review": (
        "wild_bootstrap",
        "cr2",
        "randomisation",
        "small_sample",
        "conley_taber",
        "conformal",
    ),
}
OF_UNEQUAL: dict[str, tuple[Inference, ...]] = {  # where groups differ in size
    "fail": ("ferman_pinto", "randomisation", "conformal", "small_sample"),
    "review": (
        "wild_bootstrap",
        "cr2",
        "ferman_pinto",
        "randomisation",
        "small_sample",
        "conformal",
    ),
}
WAYS = {
    "cr2": Sentence("CR2 with Satterthwaite's degrees of freedom, unbiased where clusters are few"),
    "wild_bootstrap": Sentence("the wild cluster bootstrap, which draws whole clusters"),
    "randomisation": Sentence("starts dealt out at random, exact however few are treated"),
    "small_sample": Sentence("exact t of changes, which also a lone treated unit allows"),
    "conley_taber": Sentence("changes of comparison groups in place of those of the few treated"),
    "ferman_pinto": Sentence(
        "changes of comparison groups in place of those of the few treated, rescaled to their "
        "size, since groups differ in size and small ones err more"
    ),
    "conformal": Sentence(
        "periods changing places, for treated units that are few but seen for long"
    ),
}


MISLED = Sentence(
    "conley_taber, as stated, takes errors of all groups to be alike, and these differ in size;"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedInference:
    """What ``design.inference`` may well be, and why; ``analytic`` where nothing else is needed, or
    nothing else applies."""

    inference: Inference
    reason: Sentence


def propose_inference(panel: Panel, allowed: Sequence[str] = INFERENCES) -> ProposedInference:
    """Which way serves the independent units of a panel, of those ``allowed``
    (``inferences_of`` tells which apply to an effect of the panel)."""
    counts = panel.cluster_counts()
    return inference_for(
        counts,
        allowed,
        clustered=panel.roles.cluster is not None,
        unequal=_status_of(*counts) in MADE_FOR and sizes_differ(panel),
    )


def planned_inference(
    counts: tuple[int, int, int],
    *,
    clustered: bool,
    unequal: bool,
    level: float,
    ways: Sequence[Inference] = INFERENCES,
) -> ProposedInference:
    """The same before outcomes are seen: of the ``ways`` of an estimator those that so many groups
    allow."""
    allowed = [
        way
        for way in ways
        if way != "conformal"
        and (way not in {"conley_taber", "ferman_pinto"} or serves(*counts[1:], level))
    ]
    return inference_for(counts, allowed, clustered=clustered, unequal=unequal)


def inference_for(
    counts: tuple[int, int, int],
    allowed: Sequence[str],
    *,
    clustered: bool,
    unequal: bool = False,
) -> ProposedInference:
    """The same from the ``counts`` of independent units alone: in all, treated, and for comparison.
    ``unequal``: do they differ in size?"""
    total, treated, compared = counts
    ways = OF_UNEQUAL if unequal else MADE_FOR
    for proposed in ways.get(_status_of(total, treated, compared), ()):
        if proposed in allowed:
            return ProposedInference(
                inference=proposed,
                reason=Sentence(
                    "{treated} treated and {compared} comparison {noun}: {way}.",
                    treated=Units(treated),
                    compared=Units(compared),
                    noun=CLUSTERS.plural if clustered else UNITS.plural,
                    way=WAYS[proposed],
                ),
            )
    enough = Sentence("There are enough independent units for the estimator's own errors.")
    if _status_of(total, treated, compared) in MADE_FOR:
        enough = Sentence("No other way applies to these data.")
    return ProposedInference(inference="analytic", reason=enough)


def _status_of(total: int, treated: int, compared: int) -> CheckStatus:
    """What the counts alone say."""
    fewest = min(treated, compared)
    if fewest < FAIL_BELOW:
        return "fail"
    return "review" if fewest < REVIEW_BELOW or total < REVIEW_BELOW_TOTAL else "pass"


def check_few_clusters(
    panel: Panel, stated: str = "analytic", allowed: Sequence[str] = ()
) -> CheckResult:
    """Count clusters (units when there is no cluster) with treated and with comparison units.

    ``stated``: the inference that was agreed to count; one made for so few answers the count.
    ``allowed``: those that apply to the headline, of which one may be proposed.

    Table: side, clusters; below both sides the cohorts that carry an effect and are small. Without
    never-treated units, those treated last are the comparison.
    """
    total, treated, compared = panel.cluster_counts()
    fewest = min(treated, compared)
    small = _small_cohorts(panel)
    counted = _status_of(total, treated, compared)
    status: CheckStatus = "review" if counted == "pass" and small else counted
    made_for = (*MADE_FOR.get(counted, ()), *OF_UNEQUAL.get(counted, ()))
    misled = stated == "conley_taber" and stated in made_for and sizes_differ(panel)
    answered = stated in made_for and not misled
    noun = CLUSTERS.plural if panel.roles.cluster else UNITS.plural
    many = fewest >= REVIEW_BELOW and total >= REVIEW_BELOW_TOTAL
    verdict = {
        "pass": Sentence("enough for large-sample standard errors."),
        "review": Sentence("enough on both sides.")
        if many
        else Sentence(
            "standard errors may be too small; report a wild cluster bootstrap "
            "(wild_cluster_bootstrap) or a permutation test beside them."
        ),
        "fail": Sentence(
            "fewer than {least} on one side, so standard errors cannot be trusted; use a "
            "permutation test, such as placebos in space.",
            least=Number(FAIL_BELOW),
        ),
    }[status]
    proposed = propose_inference(panel, allowed).inference
    if answered:
        status = "pass"
        verdict = Sentence("the interval is by {way}, as agreed.", way=WAYS[stated])
    elif proposed != "analytic" and counted in MADE_FOR:
        verdict = Sentence(
            "the errors of the estimator's own formula may be too small. A way made for so few: "
            "design.inference: {proposed} ({way}).",
            proposed=as_typed(proposed),
            way=WAYS[proposed],
        )
    if misled:
        verdict = joined((MISLED, verdict), " ")
    each = _counts_in_words(panel, (total, treated, compared))
    sentence = Sentence(
        "{treated} treated and {compared} comparison {noun}, {total} in all: {verdict}",
        treated=each[1],
        compared=each[2],
        noun=noun,
        total=each[0],
        verdict=verdict,
    )
    return CheckResult(
        name="few_clusters",
        status=status,
        sentence=joined((sentence, *([] if answered else _small_in_words(small))), " "),
        null=NULL,
        table=pd.DataFrame(
            {
                "side": [
                    "treated",
                    "comparison",
                    "all",
                    *(f"cohort {label}" for label, _ in small),
                ],
                "clusters": [treated, compared, total, *(n for _, n in small)],
            }
        ),
    )


def _counts_in_words(panel: Panel, counts: tuple[int, int, int]) -> tuple[Units, ...]:
    """In all, treated, for comparison; of units, the page shows the same numbers elsewhere."""
    cells = ("", "", "")
    if panel.roles.cluster is None and panel.cohort_units[0]:
        cells = (TREATED_AND_NEVER, HEADLINE_TREATED, NEVER_TREATED)
    return tuple(Units(count, cell=cell) for count, cell in zip(counts, cells, strict=True))


def _small_cohorts(panel: Panel) -> list[tuple[str, int]]:
    """Name and clusters of each small cohort that carries an effect."""
    clusters = panel.clusters_by_cohort()
    last = max(c for c, n in enumerate(panel.cohort_units) if n)
    compared_only = 0 if panel.cohort_units[0] else last
    return [
        (panel.periods.name(panel.cohorts[c]), n)
        for c, n in enumerate(clusters)
        if c not in {0, compared_only} and 0 < n < SMALL
    ]


def _small_in_words(small: list[tuple[str, int]]) -> list[Sentence]:
    if not small:
        return []
    cohorts = tuple(
        Sentence("{cohort} ({units})", cohort=Period(label), units=Units(n)) for label, n in small
    )
    words = Sentence(
        "Fewer than {small} carry the effects of {cohorts}: their intervals are from t with "
        "estimated degrees of freedom.",
        small=Number(SMALL),
        cohorts=Listed(cohorts),
    )
    if all(n > 1 for _, n in small):
        return [words]
    return [words, Sentence("The effects of a single one have no interval.")]


def check_few_clusters_by_eligibility(panel: Panel) -> CheckResult:
    """The same for a triple difference, which compares four groups: the smallest counts.

    Table: side, clusters.
    """
    sides = [side_of(panel, eligible=eligible) for eligible in (True, False)]
    total = panel.cluster_counts()[0]
    counts = [side.cluster_counts()[1:] for side in sides]
    fewest = _status_of(total, *(min(of) for of in zip(*counts, strict=True)))
    small = min((_small_cohorts(side) for side in sides), key=_least)
    status: CheckStatus = "review" if fewest == "pass" and small else fewest
    verdict = {
        "pass": Sentence("enough for large-sample standard errors."),
        "review": Sentence(
            "standard errors may be too small, and another way to judge chance is not made for "
            "triple differences."
        )
        if fewest == "review"
        else Sentence("enough in each of the four groups."),
        "fail": Sentence(
            "fewer than {least} in one of the four groups, so standard errors cannot be trusted, "
            "and another way to judge chance is not made for triple differences.",
            least=Number(FAIL_BELOW),
        ),
    }[status]
    (treated, compared), (others, other_compared) = counts
    sentence = Sentence(
        "Where the programme came, {treated} eligible and {others} not eligible {noun}; where it "
        "did not, {compared} and {other_compared}; {total} in all: {verdict}",
        treated=Units(treated),
        others=Units(others),
        compared=Units(compared),
        other_compared=Units(other_compared),
        noun=CLUSTERS.plural if panel.roles.cluster else UNITS.plural,
        total=Units(total),
        verdict=verdict,
    )
    return CheckResult(
        name="few_clusters",
        status=status,
        sentence=joined((sentence, *_small_in_words(small)), " "),
        null=NULL,
        table=pd.DataFrame(
            {
                "side": [
                    "treated, eligible",
                    "treated, not eligible",
                    "comparison, eligible",
                    "comparison, not eligible",
                    "all",
                ],
                "clusters": [treated, others, compared, other_compared, total],
            }
        ),
    )


def _least(small: list[tuple[str, int]]) -> float:
    return min((n for _, n in small), default=math.inf)


def _run(examined: Examined) -> CheckResult | None:
    if examined.panel is None:
        return None
    if examined.panel.roles.eligible:
        return check_few_clusters_by_eligibility(examined.panel)
    return check_few_clusters(examined.panel, examined.inference, examined.inferences)


CHECK = CheckKind(
    name="few_clusters",
    title=Sentence("Few independent units"),
    in_short={
        "review": Sentence("Few independent units carry the effect or stand for comparison."),
        "fail": Sentence("There are too few independent units for the error to be trusted."),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Few clusters (few_clusters): are there enough independent units on both sides for a "
    "large-sample standard error?",
)
