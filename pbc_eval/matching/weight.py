"""Weighting: everybody stays, and weights make the two groups alike.

    frame ── read_design ──▶ Design ── WEIGHTINGS[method] ──▶ WeightedSample

The outcome plays no part: weights can be made, checked and signed off before outcomes are seen.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval.errors import DesignError
from pbc_eval.matching.balance import effective_size
from pbc_eval.matching.design import Design, Missing, read_design
from pbc_eval.matching.encoding import Columns, check_any_column
from pbc_eval.matching.notes import left_out_of_the_score
from pbc_eval.matching.propensity import fit_propensity
from pbc_eval.matching.weighted_sample import WeightedSample, WeightSettings
from pbc_eval.matching.weighting import (
    WEIGHTINGS,
    Weighting,
    WeightingProblem,
    WeightMethod,
)
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import (
    COMPARISON_UNITS,
    TREATED_UNITS,
    UNITS,
    Name,
    Share,
    Size,
    Units,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Estimand = Literal["ATT", "ATE", "ATC"]

HEAVY = 0.05  # of a group's weight on one person is worth a sentence


def weight(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    method: WeightMethod = "ipw",
    estimand: Estimand | None = None,
    link: Literal["logit", "probit"] = "logit",
    stabilise: bool = False,
    trim: float | None = None,
    truncate: float | None = None,
    unit: str | None = None,
    sampling_weights: str | None = None,
    missing: Missing = "refuse",
) -> WeightedSample:
    """Weight people so that the two groups resemble the population the effect is for.

    ``frame`` has one row a unit and is not changed; ``treatment``, ``covariates``, ``unit`` and
    ``missing`` are as in ``match``. ``estimand``: "ATT" (the default) for the treated, "ATC" for
    the comparison group, "ATE" for everybody; with method "overlap" it is left out, the effect
    being for those who could have been in either group.

    "ipw" weights by one over the chance of one's own group (``link``); "overlap" by the chance of
    the other group; "entropy" and "cbps" balance all covariate means exactly, or say why not. A
    weight counts the people of the target that a person stands for; ``stabilise`` multiplies them
    by the share of the person's group instead, so that they centre on 1 (the effect is the same).
    ``sampling_weights`` names a column saying how many people of the population each stands for:
    the score, the targets, the balance and the effect are then the population's, and the weights
    returned include them.
    For "ipw" only: ``trim=0.1`` leaves out people with a score outside [0.1, 0.9] and fits the
    score again, and ``truncate=0.99`` lowers weights to their 99 % quantile in the group.

    Raises DataError for data that do not fit, DesignError for choices that cannot be carried out:
    separated groups, covariates that no weights can balance, shares out of range.

    Source: see ``matching.weighting``; trimming: Crump, Hotz, Imbens & Mitnik (2009), Biometrika
    96, 187-199; truncation: Cole & Hernán (2008), American Journal of Epidemiology 168.
    """
    settings = WeightSettings(
        method=method,
        estimand="ATO" if method == "overlap" and estimand is None else estimand or "ATT",
        link=link,
        stabilise=stabilise,
        trim=trim,
        truncate=truncate,
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
    kept = _untrimmed(design, settings)
    inside, treated = _rows_of(design.columns, kept), design.treated[kept]
    sampling = np.ones(len(treated)) if design.sampling is None else design.sampling[kept]
    problem = WeightingProblem(inside, treated, settings.estimand, link, sampling)
    found = WEIGHTINGS[method](problem)
    if truncate is not None:
        found = truncated(found, treated, truncate, sampling)
    notes = _notes(settings, found, treated, int((~kept).sum()))
    if stabilise:
        found = _stabilised(found, treated, sampling)
    weights = np.zeros(len(kept))
    weights[kept] = found.weights
    return WeightedSample(
        settings=settings,
        design=design,
        kept=kept,
        weighting=found,
        all_weights=weights,
        notes=notes,
    )


def _untrimmed(design: Design, settings: WeightSettings) -> Bools:
    """Who has a score inside the bounds, shape (n,)."""
    if settings.trim is None:
        return np.ones(len(design.treated), dtype=bool)
    columns = design.columns
    fit = fit_propensity(
        columns.score_values, design.treated, columns.score_names, settings.link, design.sampling
    )
    inside = (fit.score >= settings.trim) & (fit.score <= 1 - settings.trim)
    for name, group in (("treated", design.treated), ("comparison", ~design.treated)):
        if not inside[group].any():
            raise DesignError(
                f"weight: trim={settings.trim:g} leaves no {name} unit with a score between "
                f"{settings.trim:g} and {1 - settings.trim:g}. Pass a smaller trim."
            )
    return np.asarray(inside)


def _rows_of(columns: Columns, kept: Bools) -> Columns:
    return columns if kept.all() else replace(columns, values=columns.values[kept])


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
    settings: WeightSettings, found: Weighting, treated: Bools, n_trimmed: int
) -> tuple[Sentence, ...]:
    """What a reader must know about these weights, in sentences."""
    notes = []
    if settings.estimand == "ATO":
        notes.append(
            Sentence(
                "Overlap weights: the effect is for people who could have been in either group, "
                "not for the treated as a whole."
            )
        )
    if settings.method == "cbps" and settings.estimand != "ATE":
        notes.append(
            Sentence(
                "For the {estimand} the covariate-balancing score gives the weights of entropy "
                "balancing.",
                estimand=Name(settings.estimand),
            )
        )
    if n_trimmed:
        notes.append(
            Sentence(
                "{units} with a score outside [{low}, {high}] were left out; the effect is for "
                "those within.",
                units=Units(n_trimmed, UNITS.always_plural),
                low=Size(settings.trim or 0.0, 6),
                high=Size(1 - (settings.trim or 0.0), 6),
            )
        )
    if found.aliased:
        notes.append(left_out_of_the_score(found.aliased))
    for noun, group in ((TREATED_UNITS, treated), (COMPARISON_UNITS, ~treated)):
        weights = found.weights[group]
        heaviest = float(weights.max() / weights.sum())
        if heaviest > HEAVY:
            notes.append(
                Sentence(
                    "The heaviest {unit} carries {share} of that group's weight; the {units} "
                    "count as {effective}.",
                    unit=noun.singular,
                    share=Share(heaviest),
                    units=Units(len(weights), noun),
                    effective=Units(round(effective_size(weights))),
                )
            )
    return tuple(notes)
