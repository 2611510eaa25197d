"""With few clusters: do a bootstrap and a permutation come to what the interval says?

pass     both agree with the interval on whether the effect differs from zero
review   one does not
not run  where the count of clusters is no warning sign: then the interval serves

Sources: MacKinnon and Webb (2018), Econometrics Journal 21; Webb (2023), Canadian Journal of
Economics 56 (six-point weights below twelve clusters); did/wild.py and did/randomisation.py.
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.did.randomisation import RandomisationTest, randomisation_test
from pbc_eval.did.wild import WildBootstrap, wild_cluster_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, PValue, Share, joined
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus

WEBB_BELOW = 12  # clusters, on either side
DRAWS = 1999
NULL = "the average effect is zero (bootstrap); treatment changed nothing for anyone (permutation)"


def few_clusters_of(panel: Panel) -> bool:
    """Are there so few clusters that the large-sample interval wants a second opinion?"""
    return check_few_clusters(panel).status != "pass"


def bootstrapped(panel: Panel, level: float, seed: int) -> WildBootstrap | None:
    """The wild cluster bootstrap of the average effect where clusters are few; None where they are
    not, and where it does not apply."""
    if panel.repeated or not few_clusters_of(panel):
        return None
    fewest = min(panel.cluster_counts()[1:])
    try:
        return wild_cluster_bootstrap(
            panel.without_covariates() if panel.covariates else panel,
            weights="webb" if fewest < WEBB_BELOW else "rademacher",
            draws=DRAWS,
            level=level,
            seed=seed,
        )
    except DesignError:
        return None


def check_few_cluster_inference(
    panel: Panel,
    headline: AttEstimate,
    bootstrap: WildBootstrap | None,
    examined: Examined | None = None,
) -> CheckResult | None:
    """Compare the interval of the headline with a bootstrap and a permutation of starts.

    ``p_value`` is the larger of theirs. Table: way, p_value, conf_low, conf_high. None where
    clusters are not few, or neither can be had.
    """
    given = examined or Examined()
    if not few_clusters_of(panel):
        return None
    permuted: RandomisationTest | None = None
    try:
        permuted = randomisation_test(panel, anticipation=given.anticipation, draws=DRAWS)
    except DesignError:
        permuted = None
    if bootstrap is None and permuted is None:
        return None
    rows, sentences = [], []
    told_apart = 1 - headline.level
    if bootstrap is not None:
        rows.append(("wild cluster bootstrap", bootstrap.p_value, bootstrap.conf_low,
                     bootstrap.conf_high))  # fmt: skip
        sentences.append(
            Sentence(
                "The wild cluster bootstrap gives {p} and an interval from {low} to {high} "
                "({level}).",
                given.no_claim,
                p=PValue(bootstrap.p_value),
                low=given.sized(bootstrap.conf_low),
                high=given.sized(bootstrap.conf_high),
                level=Share(bootstrap.level),
            )
        )
    if permuted is not None:
        rows.append(("starts dealt out at random", permuted.p_value, float("nan"), float("nan")))
        sentences.append(
            Sentence(
                "Among {n} ways to deal the starts out at random, {p}.",
                n=Number(permuted.assignments),
                p=PValue(permuted.p_value),
            )
        )
    p_values = [row[1] for row in rows]
    status: CheckStatus = "pass"
    if headline.significant is None:
        sentences.append(Sentence("The headline has no interval to compare them with."))
    elif any((p < told_apart) != headline.significant for p in p_values):
        status = "review"
        sentences.append(Sentence("They do not all agree with the interval of the headline."))
    else:
        sentences.append(Sentence("They agree with the interval of the headline."))
    return CheckResult(
        name="few_cluster_inference",
        status=status,
        sentence=joined(sentences, " "),
        null=NULL,
        p_value=max(p_values),
        table=pd.DataFrame(rows, columns=["way", "p_value", "conf_low", "conf_high"]),
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.panel is None or examined.headline is None:
        return None
    return check_few_cluster_inference(
        examined.panel, examined.headline, examined.bootstrap, examined
    )


CHECK = CheckKind(
    name="few_cluster_inference",
    title=Sentence("Chance with few units"),
    in_short={
        "review": Sentence("Another way to judge chance, made for few units, does not agree."),
    },
    answers="few_clusters",
    designs=frozenset({"difference_in_differences"}),
    of_two_groups=True,
    run=_run,
    planned="Inference with few clusters (few_cluster_inference), where there are few: do a wild "
    "cluster bootstrap and a permutation of the starts come to what the interval says?",
)
