"""Weighting: everybody stays, and weights make the two groups alike.

    frame ── read_design ──▶ Design ── WEIGHTINGS[method] ──▶ WeightedSample

The outcome plays no part: weights can be made, checked and signed off before outcomes are seen.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval.agreement.algorithms import options_of
from pbc_eval.agreement.weighting_options import (
    CovariateBalancing,
    InversePropensity,
    WeightingOptions,
)
from pbc_eval.errors import DesignError
from pbc_eval.matching.balance import effective_size
from pbc_eval.matching.design import Design, Missing, read_design
from pbc_eval.matching.encoding import check_any_column
from pbc_eval.matching.notes import left_out_of_the_score
from pbc_eval.matching.overlap_of_levels import comparable_design
from pbc_eval.matching.propensity import fit_propensity
from pbc_eval.matching.support import rounded
from pbc_eval.matching.weighted_sample import WeightedSample, WeightSettings
from pbc_eval.matching.weighting import WEIGHTINGS, Weighting, WeightingProblem
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import (
    COMPARISON_UNITS,
    TREATED_UNITS,
    UNITS,
    Name,
    Noun,
    Share,
    Size,
    Units,
)
from pbc_eval.numerics.arrays import Bools, Floats

Estimand = Literal["ATT", "ATE", "ATC"]

FOR_EITHER = Sentence(
    "Overlap weights: the effect is for people who could have been in either group, not for the "
    "treated as a whole."
)
HEAVY = 0.05  # of a group's weight on one person is worth a sentence


def weight(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    by: WeightingOptions | None = None,
    method: str | None = None,
    trim: float | None = None,
    truncate: float | None = None,
    estimand: Estimand | None = None,
    stabilise: bool = False,
    unit: str | None = None,
    sampling_weights: str | None = None,
    missing: Missing = "refuse",
) -> WeightedSample:
    """Weight people so that the two groups resemble the population the effect is for.

    ``frame`` has one row a unit and is not changed; ``treatment``, ``covariates``, ``unit`` and
    ``missing`` are as in ``match``. ``estimand``: "ATT" (the default) for the treated, "ATC" for
    the comparison group, "ATE" for everybody; with method "overlap" it is left out, the effect
    being for those who could have been in either group.

    ``by`` is the algorithm with its settings, ``InversePropensity()`` if it is left out.
    ``InversePropensity`` weights by one over the chance of one's own group (``link``); ``Overlap``
    by the chance of the other group; ``Entropy`` and ``CovariateBalancing`` balance all covariate
    means exactly, or say why not. ``method="entropy"`` is short for ``by=Entropy()``, and ``trim``
    and ``truncate`` for the settings of inverse-propensity weighting of those names: ``trim=0.1``
    leaves out people with a score outside [0.1, 0.9] and fits the score again, and
    ``truncate=0.99`` lowers weights to their 99 % quantile in the group.

    A weight counts the people of the target that a person stands for; ``stabilise`` multiplies them
    by the share of the person's group instead, so that they centre on 1 (the effect is the same).
    ``sampling_weights`` names a column saying how many people of the population each stands for:
    the score, the targets, the balance and the effect are then the population's, and the weights
    returned include them.

    Raises DataError for data that do not fit, DesignError for choices that cannot be carried out:
    separated groups, covariates that no weights can balance, shares out of range.

    Source: see ``matching.weighting``; trimming: Crump, Hotz, Imbens & Mitnik (2009), Biometrika
    96, 187-199; truncation: Cole & Hernán (2008), American Journal of Epidemiology 168.
    """
    by = _asked(by, method, trim, truncate)
    settings = WeightSettings(
        by=by, estimand=estimand or by.own_population or "ATT", stabilise=stabilise
    )
    design = read_design(
        frame,
        treatment=treatment,
        covariates=covariates,
        unit=unit,
        missing=missing,
        owner="weight",
        sampling_weights=sampling_weights,
    )
    check_any_column(design.columns, "weight")
    try:
        kept, weighting = _weighed(design, settings)
    except DesignError:
        smaller = comparable_design(design, settings.estimand)
        if smaller is design:
            raise
        design = smaller
        kept, weighting = _weighed(design, settings)
    treated = design.treated[kept]
    sampling = np.ones(len(treated)) if design.sampling is None else design.sampling[kept]
    if by.truncated_at is not None:
        weighting = truncated(weighting, treated, by.truncated_at, sampling)
    notes = _notes(settings, weighting, treated, int((~kept).sum()))
    if stabilise:
        weighting = _stabilised(weighting, treated, sampling)
    weights = np.zeros(len(kept))
    weights[kept] = weighting.weights
    return WeightedSample(
        settings=settings,
        design=design,
        kept=kept,
        weighting=weighting,
        all_weights=weights,
        notes=notes,
    )


def _asked(
    by: WeightingOptions | None, method: str | None, trim: float | None, truncate: float | None
) -> WeightingOptions:
    """The options, said as a model or by the shortcuts, never by both."""
    short = {name: v for name, v in (("trim", trim), ("truncate", truncate)) if v is not None}
    if by is None:
        options = options_of(method or "ipw", short, weights=True)
        return options if isinstance(options, WeightingOptions) else InversePropensity()
    if not isinstance(by, WeightingOptions):
        raise DesignError(
            f"weight: by must be the options of a weighting algorithm, such as Entropy(); got "
            f"{by!r}. Matching algorithms go to match."
        )
    if method is not None or short:
        named = ", ".join([*(["method"] if method is not None else []), *short])
        raise DesignError(
            f"weight: by={type(by).__name__}(...) says what is asked for, and so does {named}. Put "
            "it into by, or leave by out."
        )
    return by


def _weighed(design: Design, settings: WeightSettings) -> tuple[Bools, Weighting]:
    """Who is not trimmed, (n,), and their weights."""
    by = settings.by
    kept = _untrimmed(design, by)
    columns = design.columns if kept.all() else design.columns.at(kept)
    sampling = np.ones(int(kept.sum())) if design.sampling is None else design.sampling[kept]
    problem = WeightingProblem(columns, design.treated[kept], settings.estimand, by, sampling)
    return kept, WEIGHTINGS[by.algorithm].weigh(problem)


def _untrimmed(design: Design, by: WeightingOptions) -> Bools:
    """Who has a score inside the bounds, shape (n,)."""
    trim = by.trimmed_at
    if trim is None:
        return np.ones(len(design.treated), dtype=bool)
    columns = design.columns
    fit = fit_propensity(
        columns.score_values, design.treated, columns.score_names, by.score_link, design.sampling
    )
    score = rounded(fit.score)
    inside = (score >= trim) & (score <= 1 - trim)
    for name, group in (("treated", design.treated), ("comparison", ~design.treated)):
        if not inside[group].any():
            raise DesignError(
                f"weight: trim={trim:g} leaves no {name} unit with a score between "
                f"{trim:g} and {1 - trim:g}. Pass a smaller trim."
            )
    return np.asarray(inside)


def truncated(weighting: Weighting, treated: Bools, quantile: float, sampling: Floats) -> Weighting:
    """Weights above their group's ``quantile``, before sampling weights are multiplied in, are
    lowered to it, and no longer respond to the score."""
    weights, held = weighting.weights / sampling, np.zeros(len(treated), dtype=bool)
    for group in (treated, ~treated):
        limit = np.quantile(weights[group], quantile)
        held |= group & (weights > limit)
        weights[group] = np.minimum(weights[group], limit)
    blocks = tuple(
        block._replace(weight_slope=np.where(held, 0.0, block.weight_slope))
        for block in weighting.blocks
    )
    return weighting._replace(weights=weights * sampling, blocks=blocks)


def _stabilised(weighting: Weighting, treated: Bools, sampling: Floats) -> Weighting:
    share = float(np.average(treated, weights=sampling))
    factor = np.where(treated, share, 1 - share)
    blocks = tuple(
        block._replace(weight_slope=block.weight_slope * factor) for block in weighting.blocks
    )
    return weighting._replace(weights=weighting.weights * factor, blocks=blocks)


def _notes(
    settings: WeightSettings, weighting: Weighting, treated: Bools, n_trimmed: int
) -> tuple[Sentence, ...]:
    """What a reader must know about these weights, in sentences."""
    notes = []
    if settings.estimand == "ATO":
        notes.append(FOR_EITHER)
    if isinstance(settings.by, CovariateBalancing) and settings.estimand != "ATE":
        notes.append(
            Sentence(
                "For the {estimand} the covariate-balancing score gives the weights of entropy "
                "balancing.",
                estimand=Name(settings.estimand),
            )
        )
    trim = settings.by.trimmed_at
    if n_trimmed and trim is not None:
        notes.append(
            Sentence(
                "{units} with a score outside [{low}, {high}] were left out; the effect is for "
                "those within.",
                units=Units(n_trimmed, UNITS.always_plural),
                low=Size(trim, 6),
                high=Size(1 - (trim), 6),
            )
        )
    if weighting.aliased:
        notes.append(left_out_of_the_score(weighting.aliased))
    for noun, group in ((TREATED_UNITS, treated), (COMPARISON_UNITS, ~treated)):
        weights = weighting.weights[group]
        heaviest = float(weights.max() / weights.sum())
        notes += heavy_notes(noun, heaviest, len(weights), effective_size(weights))
    return tuple(notes)


def heavy_notes(noun: Noun, heaviest: float, people: int, effective: float) -> list[Sentence]:
    """That one person carries much of a group's weight: the share of the ``heaviest``."""
    if heaviest <= HEAVY:
        return []
    return [
        Sentence(
            "The heaviest {unit} carries {share} of that group's weight; the {units} "
            "count as {effective}.",
            unit=noun.singular,
            share=Share(heaviest),
            units=Units(people, noun),
            effective=Units(round(effective)),
        )
    ]
