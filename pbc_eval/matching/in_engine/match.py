"""Matching and weighting where people are: in DuckDB, PostgreSQL or Spark.

    table, Coarsened | Exact | InversePropensity | Overlap ── match_in_engine ──▶ EngineSample

No row comes out: strata are counted, a score is fitted, balance and effects are added up by the
engine. What needs rows (pairs by distance, scores of other kinds, weights by a search) is refused
with the reason; ``match`` and ``weight`` take a frame.
"""

from collections.abc import Collection, Sequence
from typing import Literal

from pbc_eval.agreement.algorithm_options import AlgorithmOptions
from pbc_eval.agreement.matching_options import Coarsened, Exact
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.agreement.weighting_options import InversePropensity, Overlap, WeightingOptions
from pbc_eval.errors import DesignError
from pbc_eval.matching.in_engine.cells import cells_of
from pbc_eval.matching.in_engine.compared import Moments
from pbc_eval.matching.in_engine.rows import EngineRows, read_rows
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.in_engine.score import (
    EngineScore,
    apart_in_a_level,
    fit_in_engine,
    left_in_place,
)
from pbc_eval.matching.in_engine.weighted import weighed
from pbc_eval.matching.notes import FOR_EVERYBODY, left_out_of_the_score, sides, without_a_match
from pbc_eval.matching.settings import MatchSettings, settled
from pbc_eval.matching.weight import FOR_EITHER, heavy_notes
from pbc_eval.matching.weighted_sample import WeightSettings
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import COMPARISON_UNITS, TREATED_UNITS, UNITS
from pbc_eval.panel.pulls import digest_of_sums
from pbc_eval.panel.source import Data, keep, open_source

Estimand = Literal["ATT", "ATC", "ATE"]


def needs_rows(by: AlgorithmOptions) -> Sentence | None:
    """Why an algorithm cannot be carried out by sums; None where it can."""
    why = None
    if isinstance(by, Coarsened) and by.one_to_one:
        why = Sentence("pairs within cells go by distances")
    elif isinstance(by, InversePropensity | Overlap) and by.link != "logit":
        why = Sentence("engines have no normal distribution for a probit score")
    elif isinstance(by, InversePropensity) and (by.trim, by.truncate) != (None, None):
        why = Sentence("trimming and truncating look at each score")
    elif not isinstance(by, Coarsened | Exact | InversePropensity | Overlap):
        why = Sentence("it looks at people one by one")
    return why


def match_in_engine(
    data: Data,
    *,
    treatment: str,
    covariates: Sequence[str],
    by: MatchingOptions | WeightingOptions | None = None,
    estimand: Estimand = "ATT",
    unit: str | None = None,
    sampling_weights: str | None = None,
    missing: Literal["refuse", "complete_cases"] = "refuse",
    labels: Collection[str] = (),
) -> EngineSample:
    """Match or weight people without taking them out of the engine that holds them.

    ``data``: a table of ``open_backend``, any table of Ibis, a file or a frame, a row a person.
    ``by``: ``Coarsened()`` (the default) or ``Exact()``, people compared within cells;
    ``InversePropensity()`` or ``Overlap()``, weighted by a logistic score fitted by iteratively
    reweighted least squares. The other roles are those of ``match`` and ``weight``, and so are the
    numbers, but for rounding; ``labels`` names covariates whose values are labels, numbers or not.

    Raises DataError for data that do not fit and DesignError for choices that cannot be carried
    out, or not without rows.

    Source: those of ``matching.coarsened``, ``matching.propensity`` and ``matching.weighting``.
    """
    by = Coarsened() if by is None else by
    settings: MatchSettings | WeightSettings
    if isinstance(by, WeightingOptions):
        settings = WeightSettings(by=by, estimand=by.own_population or estimand, stabilise=False)
    else:
        settings = settled(by, estimand, None)
    if why := needs_rows(by):
        raise DesignError(
            f"match_in_engine: {by.in_words} needs rows: {why}. Use Coarsened(), Exact(), "
            "InversePropensity() or Overlap(), or take the rows out and call match or weight."
        )
    rows = read_rows(
        open_source(data),
        treatment=treatment,
        covariates=covariates,
        unit=unit,
        sampling_weights=sampling_weights,
        missing=missing,
        labels=labels,
    )
    if isinstance(settings, MatchSettings):
        return _matched(rows, settings)
    return _weighted(rows, settings)


def _matched(rows: EngineRows, settings: MatchSettings) -> EngineSample:
    assert isinstance(settings.by, Coarsened | Exact)
    cells = cells_of(rows, settings.by, settings.estimand)
    table = keep(cells.weigh(rows, rows.table))
    before, after = Moments(rows, table, rows.base(table)), Moments(rows, table, table["pbc_w"])
    lost = [n - int(used) for n, used in zip(rows.sizes, after.used, strict=True)]
    notes: list[Sentence] = []
    if settings.estimand == "ATE":
        if sum(lost):
            notes.append(without_a_match(sum(lost), rows.n, UNITS))
        notes.append(FOR_EVERYBODY)
    elif lost[seeking := 1 if settings.estimand == "ATC" else 0]:
        notes.append(without_a_match(lost[seeking], rows.sizes[seeking], sides(settings)[0]))
    sample = EngineSample(
        rows=rows,
        settings=settings,
        cells=cells,
        score=None,
        table=table,
        before=before,
        after=after,
        notes=tuple(notes),
    )
    _seen(sample)
    return sample


def _weighted(rows: EngineRows, settings: WeightSettings) -> EngineSample:
    rows, score = _fitted(rows, settings.estimand)
    table = weighed(rows, score, rows.table, settings.estimand)
    before, after = (
        Moments(rows, rows.table, rows.base(rows.table)),
        Moments(rows, table, table["pbc_w"]),
    )
    notes = [FOR_EITHER] if settings.estimand == "ATO" else []
    if score.aliased:
        notes.append(left_out_of_the_score(score.aliased))
    for arm, noun in enumerate((TREATED_UNITS, COMPARISON_UNITS)):
        heaviest = float(after.most[arm] / after.weight[arm])
        notes += heavy_notes(noun, heaviest, rows.sizes[arm], float(after.effective[arm]))
    sample = EngineSample(
        rows=rows,
        settings=settings,
        cells=None,
        score=score,
        table=table,
        before=before,
        after=after,
        notes=tuple(notes),
    )
    _seen(sample)
    return sample


def _fitted(rows: EngineRows, estimand: str) -> tuple[EngineRows, EngineScore]:
    """The score; where none fits with people in levels of one arm only whom the effect does not
    need, the score among the others."""
    try:
        return rows, fit_in_engine(rows)
    except DesignError:
        stays, names = apart_in_a_level(rows, estimand)
        if stays is None:
            raise
    smaller = left_in_place(rows, stays, names)
    return _fitted(smaller, estimand)


def _seen(sample: EngineSample) -> None:
    """Keep a digest of the sums that came out."""
    rows, pulls = sample.rows, sample.rows.source.pulls
    if pulls is None:
        return
    sums = [(float(size), 1.0) for size in (*rows.sizes, *sample.after.used)]
    for j, column in enumerate(rows.columns):
        for moments in (sample.before, sample.after):
            sums += [(mean - column.mean, column.scale) for mean in moments.mean[:, j].tolist()]
    pulls.seen("people", sample.settings.in_words, digest_of_sums(sums))
