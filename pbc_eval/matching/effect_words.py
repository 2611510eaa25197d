"""How an effect after matching came about, in words that a reader can check."""

from pbc_eval.matching.clustered_error import clustered_words
from pbc_eval.matching.effect import EffectMethod
from pbc_eval.matching.ties import tie_sentence
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, Size
from pbc_eval.results import OverTies

FEW_SETS = 20  # below it a clustered error is noticeably too small

EFFECT_WORDS = {
    "difference": "weighted difference in means",
    "regression": "weighted regression on treatment and the covariates",
    "g_computation": "weighted regression with separate slopes a group, averaged over the matched",
}


def clustering_words(cluster: str | None, sets: str, lack: str) -> str:
    if cluster is not None:
        return f"{cluster} and {sets}" if sets else cluster
    return sets or f"none ({lack})"


def inference_words(cluster: str | None, *, alone: bool) -> Sentence:
    if cluster is not None:
        return clustered_words(cluster, in_sets=not alone)
    if alone:
        return Sentence(
            "HC3, Student's t with n - k degrees of freedom; the score is taken as known"
        )
    return Sentence(
        "CR1 by matched set, factor G/(G-1) x (n-1)/(n-k), Student's t with G - 1 degrees of "
        "freedom; the score is taken as known"
    )


def ties_words(spread: OverTies | None) -> tuple[Sentence, ...]:
    if spread is None:
        return ()
    return (tie_sentence(spread, Size(spread.low, 4), Size(spread.high, 4)),)


def cautions(method: EffectMethod, n_sets: int, *, in_sets: bool) -> list[Sentence]:
    """What simulations say of the error (docs/coverage-matching.md), of ``n_sets`` matched sets."""
    sentences = []
    if in_sets and n_sets < FEW_SETS:
        sentences.append(
            Sentence(
                "The error is clustered by {sets} sets only; with five, intervals held the "
                "truth in {held} of {all} simulated samples where {asked} were asked for.",
                sets=Number(n_sets),
                held=Number(89),
                all=Number(100),
                asked=Number(95),
            )
        )
    if method == "g_computation":
        sentences.append(
            Sentence(
                "With separate slopes the error takes the people matched as given: the "
                "interval is for them, not for a population that they were drawn from."
            )
        )
    return sentences
