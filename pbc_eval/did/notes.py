"""Notes that several estimators make on a panel, in sentences."""

from collections.abc import Iterable

from pbc_eval.did.cohort_score import Unlike
from pbc_eval.did.small_cohorts import FewOnASide
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, Names, Noun, Number, Units

_NOT_ADJUSTED = "not adjusted for {covariates}"
NESTED = Sentence("unit effects nested in clusters not counted")


def not_adjusted(covariates: tuple[str, ...]) -> Sentence:
    """That an estimator leaves the covariates of the panel aside."""
    return Sentence(_NOT_ADJUSTED, covariates=Names(covariates, len(covariates)))


def those_not_adjusted(notes: Iterable[Sentence]) -> list[Sentence]:
    """The notes that say so, among others."""
    return [note for note in notes if note.template == _NOT_ADJUSTED]


def weighted_by(column: str | None) -> tuple[Sentence, ...]:
    """That units count by a weight; nothing where they do not."""
    return (Sentence("weighted by {column}", column=Name(column)),) if column else ()


def seen_once(units: int) -> Sentence:
    """That units observed in a single period carry no information on changes."""
    return Sentence(
        "{units} seen in one period only carry no information: left out",
        units=Units(units, UNITS.always_plural),
    )


def trimmed(units: Units, least_score: float) -> Sentence:
    """That comparison units with a score too near one were left out of a cell."""
    return Sentence(
        "propensity score of {units} at or above {least_score}: left out of the comparison",
        units=units,
        least_score=Number(least_score, 3),
    )


def without_weight(unlike: Iterable[Unlike | None], noun: Noun) -> tuple[Sentence, ...]:
    """That comparison units like nobody in the cohort have no weight: by the covariates that set
    them apart, the most that there are of them in a cell."""
    most: dict[tuple[str, ...], int] = {}
    for those in unlike:
        if those is not None:
            most[those.columns] = max(those.units, most.get(those.columns, 0))
    return tuple(
        Sentence(
            "{units} get weight zero in the propensity score: nobody in the cohort is like them in "
            "{columns}",
            units=Units(units, noun.always_plural),
            columns=Names(columns, len(columns)),
        )
        for columns, units in most.items()
    )


def crv1(clusters: int, rows: int, counted: int, what_counts: Sentence = NESTED) -> Sentence:
    """The convention of clustered errors in words."""
    return Sentence(
        "CRV1, {clusters} clusters, factor G/(G-1) * (N-1)/(N-K), N = {rows} and K = {counted}: "
        "{what_counts}",
        clusters=Number(clusters),
        rows=Number(rows),
        counted=Number(counted),
        what_counts=what_counts,
    )


def few_clusters(few: FewOnASide) -> tuple[Sentence, ...]:
    """That an interval allows for the few clusters behind it; nothing where there are many."""
    if few.factor == 1.0:
        return ()
    return (
        Sentence(
            "few clusters carry much of the error: intervals take {factor} times the error, with "
            "{df} degrees of freedom",
            factor=Number(few.factor, 3),
            df=Number(few.df, 1),
        ),
    )


TREATED_CLUSTER = Noun(Sentence("treated cluster"), Sentence("treated clusters"))
COMPARISON_CLUSTER = Noun(Sentence("comparison cluster"), Sentence("comparison clusters"))


def alone_on_a_side(side: str) -> Sentence:
    """Why there is no clustered error where a side has a cluster of its own."""
    noun = {"treated": TREATED_CLUSTER, "comparison": COMPARISON_CLUSTER}[side]
    return Sentence(
        "{clusters}: a clustered error needs two on each side",
        clusters=Units(1, noun, as_word=True),
    )
