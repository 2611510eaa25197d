"""With few clusters: do other ways to judge chance come to what the interval says?

The other way is the one that ``check --design`` proposes for so few (few_clusters.py): the wild
cluster bootstrap where both sides have five or more, and where one has fewer, as it is known to
mislead then, starts dealt out at random or what else the data allow.

pass     both agree with the interval on whether the effect differs from zero
review   one does not
not run  where the count of clusters is no warning sign: then the interval serves

Sources: MacKinnon and Webb (2018), Econometrics Journal 21; Webb (2023), Canadian Journal of
Economics 56 (six-point weights below twelve clusters); did/wild.py and did/randomisation.py.
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined, Opinion
from pbc_eval.checks.few_clusters import check_few_clusters, propose_inference
from pbc_eval.did.conformal import Permutations
from pbc_eval.did.randomisation import randomisation_test
from pbc_eval.did.stated_inference import Inference, with_inference
from pbc_eval.did.wild import WildBootstrap, wild_cluster_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, PValue, Share, joined
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus

WEBB_BELOW = 12  # clusters, on either side
DRAWS = 1999
NULL = "the average effect is zero; treatment changed nothing for anyone (starts at random)"


def few_clusters_of(panel: Panel) -> bool:
    """Are there so few clusters that the large-sample interval wants a second opinion?"""
    return check_few_clusters(panel).status != "pass"


def bootstrapped(panel: Panel, level: float, seed: int) -> WildBootstrap | None:
    """The wild cluster bootstrap of the average effect where clusters are few; None where they are
    not, where so few are on one side that it misleads, and where it does not apply."""
    if panel.repeated or check_few_clusters(panel).status != "review":
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


def second_opinion(examined: Examined, *, permutations: Permutations, seed: int) -> Opinion | None:
    """The headline by the way that ``check --design`` would propose for so few, of those that the
    data allow and beside the one that counts; None where it would propose none."""
    panel, effects, headline = examined.panel, examined.own_effects, examined.headline
    if panel is None or effects is None or headline is None:
        return None
    others = [way for way in examined.inferences if way not in {"analytic", examined.inference}]
    proposed = propose_inference(panel, others)
    if proposed.inference == "analytic":
        return None
    made = with_inference(
        panel,
        effects,
        examined.average_kind,
        inference=proposed.inference,
        level=headline.level,
        seed=seed,
        anticipation=examined.anticipation,
        permutations=permutations,
    )
    return Opinion(inference=proposed.inference, reason=proposed.reason, estimate=made)


def check_few_cluster_inference(
    panel: Panel,
    headline: AttEstimate,
    bootstrap: WildBootstrap | None,
    examined: Examined | None = None,
) -> CheckResult | None:
    """Compare the interval of the headline with a way made for so few, and with a permutation of
    starts.

    ``p_value`` is the larger of theirs. Table: way, p_value, conf_low, conf_high. None where
    clusters are not few, or neither can be had.
    """
    given = examined or Examined()
    if not few_clusters_of(panel):
        return None
    views = [
        *_by_bootstrap(bootstrap, given),
        *_by_second_opinion(given, headline.level),
        *_by_permutation(panel, given),
    ]
    if not views:
        return None
    rows, sentences = [row for row, _ in views], [words for _, words in views]
    told_apart = 1 - headline.level
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


_Told = tuple[tuple[str, float, float, float], Sentence]


def _by_bootstrap(bootstrap: WildBootstrap | None, given: Examined) -> list[_Told]:
    if bootstrap is None:
        return []
    row = ("wild cluster bootstrap", bootstrap.p_value, bootstrap.conf_low, bootstrap.conf_high)
    words = Sentence(
        "The wild cluster bootstrap gives {p} and an interval from {low} to {high} ({level}).",
        given.no_claim,
        p=PValue(bootstrap.p_value),
        low=given.sized(bootstrap.conf_low),
        high=given.sized(bootstrap.conf_high),
        level=Share(bootstrap.level),
    )
    return [(row, words)]


def _by_second_opinion(given: Examined, level: float) -> list[_Told]:
    opinion = given.opinion
    if opinion is None or opinion.estimate.p_value is None:
        return []
    low, high = opinion.estimate.conf_low, opinion.estimate.conf_high
    p_value, ends = opinion.estimate.p_value, (float("nan"), float("nan"))
    if low is not None and high is not None:
        ends = (low, high)
    row = (OPINIONS[opinion.inference], p_value, *ends)
    if low is None or high is None:
        words = Sentence(
            "{reason} That gives {p}, and no interval.", reason=opinion.reason, p=PValue(p_value)
        )
    else:
        words = Sentence(
            "{reason} That gives {p} and an interval from {low} to {high} ({level}).",
            given.no_claim,
            reason=opinion.reason,
            p=PValue(p_value),
            low=given.sized(low),
            high=given.sized(high),
            level=Share(level),
        )
    return [(row, words)]


def _by_permutation(panel: Panel, given: Examined) -> list[_Told]:
    """Of differences in differences alone: lots of another average are in its own opinion."""
    opinion = given.opinion
    if opinion is not None and opinion.inference == "randomisation":
        return []
    if given.own_effects is not None and given.own_effects.cells.taken_off is not None:
        return []
    try:
        permuted = randomisation_test(panel, anticipation=given.anticipation, draws=DRAWS)
    except DesignError:
        return []
    row = (OPINIONS["randomisation"], permuted.p_value, float("nan"), float("nan"))
    words = Sentence(
        "Among {n} ways to deal the starts out at random, {p}.",
        n=Number(permuted.assignments),
        p=PValue(permuted.p_value),
    )
    return [(row, words)]


OPINIONS: dict[Inference, str] = {
    "cr2": "CR2 errors",
    "wild_bootstrap": "wild cluster bootstrap",
    "randomisation": "starts dealt out at random",
    "small_sample": "exact t of changes",
    "conley_taber": "Conley and Taber",
    "ferman_pinto": "Ferman and Pinto",
    "conformal": "periods changing places",
}


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
    planned="Inference with few clusters (few_cluster_inference), where there are few: do a way "
    "made for so few and a permutation of the starts come to what the interval says?",
)
