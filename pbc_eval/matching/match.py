"""Matching: for each treated person, people like them who were not treated.

    frame ─ read_design ▶ Design ─ score or distance ▶ Assigning ─ METHODS ▶ MatchedSample

The outcome plays no part: a match can be made, checked and signed off before outcomes are seen.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pbc_eval.agreement.algorithms import options_of
from pbc_eval.agreement.matching_options import Cardinality, Nearest
from pbc_eval.agreement.matching_settings import (
    MatchingOptions,
    Near,
    Scored,
    link_of,
)
from pbc_eval.errors import DesignError
from pbc_eval.matching.assigning import Assigning
from pbc_eval.matching.design import Missing, read_design
from pbc_eval.matching.encoding import check_any_column
from pbc_eval.matching.notes import match_notes
from pbc_eval.matching.preparation import (
    Scores,
    asked_space,
    fitted_scores,
    scored_among_comparable,
)
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.settings import Estimand, settled
from pbc_eval.matching.support import in_support


def match(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    by: MatchingOptions | None = None,
    method: str | None = None,
    ratio: int | None = None,
    caliper: float | None = None,
    estimand: Estimand = "ATT",
    unit: str | None = None,
    seed: int | None = None,
    sampling_weights: str | None = None,
    missing: Missing = "refuse",
) -> MatchedSample:
    """Match each treated unit to comparison units with a similar chance of treatment.

    ``frame`` has one row a unit and is not changed. ``treatment`` is a column of 0/1 or booleans;
    ``covariates`` are known before treatment: numbers, booleans, or text and categories, which
    become indicators. ``unit`` names the id column (the index without it). ``sampling_weights``
    names a column saying how many people of the population each stands for (see
    ``matching.sampling``).

    ``by`` is the algorithm with its settings, nearest neighbour without a caliper if it is left
    out; an algorithm's class says what each setting is:

    - ``Nearest`` lets people choose one after the other. ``ratio`` matches are sought for each,
      within strata that agree on all ``exact`` columns, no further away than ``caliper``, in
      standard deviations of the score over all who take part (``caliper_scale="raw"``: in its own
      unit). ``within`` limits further columns pair by pair, in their own units (``{"age": 2}``: no
      more than two years apart), and a pair differs on every ``antiexact`` column. ``discard``
      first leaves out people whose score lies outside the range of the other group. With
      ``min_ratio`` and ``max_ratio`` the ratio is an average (see ``matching.variable_ratio``).
    - ``Optimal`` finds the pairs with the smallest total distance, ``Full`` puts everybody into a
      set at the smallest total distance, ``Subclass`` makes groups by the score.
    - ``Coarsened`` compares people within cells of all covariates (see ``matching.coarsened``),
      with ``one_to_one`` in pairs, the nearest by Mahalanobis distance; ``Exact`` within cells of
      equal covariates.
    - ``Cardinality`` chooses the largest sample whose means differ by no more than ``tolerance``
      standard deviations (see ``matching.cardinality``).

    ``method="full"`` is short for ``by=Full()``, and ``ratio`` and ``caliper`` for the settings of
    those names; ``by`` says all of it by itself. The estimand "ATE" is for algorithms that make
    sets; a ``seed`` belongs to ``order="random"``.

    How: ``link`` is the model of the score, unless ``score`` names a column that holds one; with
    "linear_logit" or "linear_probit" the linear predictor is matched on. ``distance`` "mahalanobis"
    and the like compare the ``distance_on`` columns (the covariates without it) instead; caliper,
    discard and orders by score then still refer to the propensity score. ``order`` says who chooses
    first: by default the largest score (for estimand "ATC", where comparison units seek treated
    ones, the smallest; without a score, the order of the ids). Ties go as stated in ``nearest`` and
    ``nearest_in_space``, by the order of the ids in the last resort, never by that of the rows;
    effects say how far they would move had ties been broken otherwise.

    ``missing="complete_cases"`` leaves out rows with missing values in the columns used and enters
    them in the ledger; "indicator" fills missing covariates in, beside an indicator (see
    ``matching.missing``).

    Raises DataError for data that do not fit (unknown columns, repeated ids, missing values, text
    among numbers), DesignError for choices that cannot be carried out (an unknown method, an
    empty group, separated groups).

    Source: Rosenbaum & Rubin (1985), The American Statistician 39, 33-38; Stuart (2010).
    """
    by = _asked(by, method, ratio, caliper)
    settings = settled(by, estimand, seed)
    design = read_design(
        frame,
        treatment=treatment,
        covariates=covariates,
        exact=by.exact if isinstance(by, Scored | Cardinality) else (),
        within=by.within if isinstance(by, Near) else None,
        antiexact=by.antiexact if isinstance(by, Near) else (),
        unit=unit,
        missing=missing,
        sampling_weights=sampling_weights,
        score=by.score if isinstance(by, Scored) else None,
    )
    check_any_column(design.columns)
    design, scores = scored_among_comparable(design, by, estimand)
    focal = ~design.treated if estimand == "ATC" else design.treated
    kept = np.flatnonzero(in_support(scores.values, design.treated, settings.discard))
    if isinstance(by, Scored) and by.reestimate:
        fit, again = fitted_scores(design, link_of(by), kept)
        scores.values[kept] = again
        scores = Scores(fit, scores.values)
    assigning = Assigning(
        design=design,
        settings=settings,
        score=scores.values,
        focal=focal,
        kept=kept,
        space=asked_space(design, by),
    )
    assignment = assigning.own
    if not assignment.weights.any():
        raise DesignError(
            f"match: nobody found a match ({settings.in_words}). Widen the caliper, loosen the "
            "exact strata or cells, or look at the overlap of the two groups first."
        )
    discarded = np.ones(len(focal), dtype=bool)
    discarded[kept] = False
    return MatchedSample(
        settings=settings,
        design=design,
        fit=scores.fit,
        score=scores.values if by.needs_score else None,
        space=assigning.space,
        caliper_width=None if settings.caliper is None else assigning.caliper,
        focal=focal if estimand != "ATE" else np.ones_like(focal),
        discarded=discarded,
        assigning=assigning,
        notes=match_notes(assigning, scores.fit, int(discarded.sum())),
    )


def _asked(
    by: MatchingOptions | None, method: str | None, ratio: int | None, caliper: float | None
) -> MatchingOptions:
    """The options, said as a model or by the shortcuts, never by both."""
    short = {name: v for name, v in (("ratio", ratio), ("caliper", caliper)) if v is not None}
    if by is None:
        options = options_of(method or "nearest", short, weights=False)
        return options if isinstance(options, MatchingOptions) else Nearest()
    if not isinstance(by, MatchingOptions):
        raise DesignError(
            f"match: by must be the options of a matching algorithm, such as Nearest(ratio=2); got "
            f"{by!r}. Weighting algorithms go to weight."
        )
    if method is not None or short:
        named = ", ".join([*(["method"] if method is not None else []), *short])
        raise DesignError(
            f"match: by={type(by).__name__}(...) says what is asked for, and so does {named}. Put "
            "it into by, or leave by out."
        )
    return by
