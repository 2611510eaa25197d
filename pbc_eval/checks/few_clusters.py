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

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.small_cohorts import SMALL
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import CLUSTERS, UNITS, Listed, Number, Period, Units, joined
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult, CheckStatus

FAIL_BELOW = 5  # clusters on either side
REVIEW_BELOW = 10  # clusters on either side
REVIEW_BELOW_TOTAL = 50

NULL = "not a test: counts of independent units against rules of thumb"


def check_few_clusters(panel: Panel) -> CheckResult:
    """Count clusters (units when there is no cluster) with treated and with comparison units.

    Table: side, clusters; below both sides the cohorts that carry an effect and are small. Without
    never-treated units, those treated last are the comparison.
    """
    total, treated, compared = panel.cluster_counts()
    fewest = min(treated, compared)
    small = _small_cohorts(panel)
    status: CheckStatus = "pass"
    if fewest < FAIL_BELOW:
        status = "fail"
    elif fewest < REVIEW_BELOW or total < REVIEW_BELOW_TOTAL or small:
        status = "review"
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
    sentence = Sentence(
        "{treated} treated and {compared} comparison {noun}, {total} in all: {verdict}",
        treated=Units(treated),
        compared=Units(compared),
        noun=noun,
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
                    "treated",
                    "comparison",
                    "all",
                    *(f"cohort {label}" for label, _ in small),
                ],
                "clusters": [treated, compared, total, *(n for _, n in small)],
            }
        ),
    )


def _small_cohorts(panel: Panel) -> list[tuple[int, int]]:
    """Label and clusters of each small cohort that carries an effect."""
    clusters = panel.clusters_by_cohort()
    last = max(c for c, n in enumerate(panel.cohort_units) if n)
    compared_only = 0 if panel.cohort_units[0] else last
    return [
        (panel.cohorts[c], n)
        for c, n in enumerate(clusters)
        if c not in {0, compared_only} and 0 < n < SMALL
    ]


def _small_in_words(small: list[tuple[int, int]]) -> list[Sentence]:
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


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.panel is None else check_few_clusters(examined.panel)


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
