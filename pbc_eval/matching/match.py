"""Matching: for each treated person, people like them who were not treated.

    frame ─ read_design ▶ Design ─ score or distance ▶ AssignmentProblem ─ METHODS ▶ MatchedSample

The outcome plays no part: a match can be made, checked and signed off before outcomes are seen.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import check_choice
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import (
    Assignment,
    AssignmentProblem,
    Reference,
    Sets,
    spread_out,
    weigh,
    weigh_selected,
    weigh_sets,
)
from pbc_eval.matching.cardinality import Selected, Tolerance
from pbc_eval.matching.coarsened import CutPoints, Grouping
from pbc_eval.matching.design import Missing, read_design
from pbc_eval.matching.distance import Space
from pbc_eval.matching.encoding import check_any_column
from pbc_eval.matching.greedy import Order, Pairs
from pbc_eval.matching.methods import METHODS
from pbc_eval.matching.notes import match_notes
from pbc_eval.matching.preparation import (
    asked_selection,
    asked_space,
    asked_strata,
    fitted_scores,
    matches_sought_by,
    paired_within,
    supplied_scores,
)
from pbc_eval.matching.propensity import Link
from pbc_eval.matching.rules import pair_rules
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.settings import CaliperScale, Discard, Distance, Estimand, MatchSettings
from pbc_eval.matching.support import caliper_width, in_support

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_DEFAULTS: dict[str, object] = {  # an option that differs from these was asked for
    "distance": "propensity",
    "distance_on": None,
    "ratio": 1,
    "replacement": False,
    "caliper": None,
    "caliper_scale": "std",
    "exact": (),
    "within": None,
    "within_scale": "raw",
    "score": None,
    "antiexact": (),
    "discard": "none",
    "order": None,
    "link": "logit",
    "seed": None,
    "subclasses": 6,
    "cutpoints": "sturges",
    "grouping": None,
    "one_to_one": False,
    "min_ratio": None,
    "max_ratio": None,
    "reestimate": False,
    "profile": False,
    "tolerance": 0.05,
    "time_limit": 60.0,
    "paired": False,
}


def match(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    method: str = "nearest",
    distance: Distance = "propensity",
    distance_on: Sequence[str] | None = None,
    ratio: int = 1,
    replacement: bool = False,
    caliper: float | None = None,
    caliper_scale: CaliperScale = "std",
    exact: Sequence[str] = (),
    within: Mapping[str, float] | None = None,
    within_scale: CaliperScale = "raw",
    antiexact: Sequence[str] = (),
    discard: Discard = "none",
    order: Order | None = None,
    estimand: Estimand = "ATT",
    unit: str | None = None,
    link: Link = "logit",
    score: str | None = None,
    seed: int | None = None,
    subclasses: int = 6,
    cutpoints: CutPoints = "sturges",
    grouping: Grouping | None = None,
    one_to_one: bool = False,
    min_ratio: int | None = None,
    max_ratio: int | None = None,
    reestimate: bool = False,
    profile: bool = False,
    tolerance: Tolerance = 0.05,
    time_limit: float = 60.0,
    paired: bool = False,
    sampling_weights: str | None = None,
    missing: Missing = "refuse",
) -> MatchedSample:
    """Match each treated unit to comparison units with a similar chance of treatment.

    ``frame`` has one row a unit and is not changed. ``treatment`` is a column of 0/1 or booleans;
    ``covariates`` are known before treatment: numbers, booleans, or text and categories, which
    become indicators. ``unit`` names the id column (the index without it).

    Who may be paired: ``ratio`` matches are sought for each treated unit, within strata that agree
    on all ``exact`` columns, no further away than ``caliper``: in standard deviations of the score
    over all who take part, or with ``caliper_scale="raw"`` in the score's own unit. ``within``
    limits further columns pair by pair, in their own units (``{"age": 2}``: no more than two years
    apart) or with ``within_scale="std"`` in their standard deviations; a pair differs on every
    ``antiexact`` column. ``discard`` first leaves out people whose score lies outside the range of
    the other group ("treated", "comparison" or "both"), and ``reestimate`` then fits the score
    again among those who stay. With ``min_ratio`` and ``max_ratio`` the ratio is an average,
    shared out by the score (see ``matching.variable_ratio``). ``sampling_weights`` names a column
    saying how many people of the population each stands for (see ``matching.sampling``).

    ``method``: "nearest" lets people choose one after the other; "optimal" finds the pairs with
    the smallest total distance; "full" puts everybody into a set at the smallest total distance;
    "subclass" makes ``subclasses`` groups by the score; "coarsened" compares people within cells
    of all covariates, cut and grouped as ``cutpoints`` and ``grouping`` say (see
    ``matching.coarsened``), with ``one_to_one`` in pairs, the nearest by Mahalanobis distance;
    "exact" within cells of equal covariates; "cardinality" chooses the largest sample whose means
    differ by no more than ``tolerance`` standard deviations (one number, or covariate to number),
    with ``profile`` keeping everybody the effect is for, within ``time_limit`` seconds, and with
    ``paired`` in pairs afterwards (see ``matching.cardinality``). An option without a meaning for
    the method is refused. The estimand "ATE" is for methods that make sets.

    How: ``link`` is the model of the score, unless ``score`` names a column that holds one; with
    "linear_logit" or "linear_probit" the linear predictor is matched on. ``distance``
    "mahalanobis", "robust_mahalanobis" or "scaled_euclidean" compares the ``distance_on`` columns
    (the covariates without it) instead; caliper, discard and orders by score then still refer to
    the propensity score. ``order`` says who chooses first: by default the largest score (for
    estimand "ATC", where comparison units seek treated ones, the smallest; without a score, the
    row order); "random" needs a ``seed``. Ties go as stated in ``nearest`` and ``space``, by row
    order in the last resort.

    ``missing="complete_cases"`` leaves out rows with missing values in the columns used and enters
    them in the ledger; "indicator" fills missing covariates in, beside an indicator (see
    ``matching.missing``).

    Raises DataError for data that do not fit (unknown columns, repeated ids, missing values, text
    among numbers), DesignError for choices that cannot be carried out (an unknown method, an
    empty group, separated groups, a caliper in per cent).

    Source: Rosenbaum & Rubin (1985), The American Statistician 39, 33-38; Stuart (2010).
    """
    check_choice("match", "method", method, tuple(METHODS), DesignError)
    _check_options(
        method,
        one_to_one,
        {
            "distance": distance,
            "distance_on": distance_on,
            "ratio": ratio,
            "replacement": replacement,
            "caliper": caliper,
            "caliper_scale": caliper_scale,
            "exact": tuple(exact),
            "within": within or None,
            "within_scale": within_scale,
            "score": score,
            "antiexact": tuple(antiexact),
            "discard": discard,
            "order": order,
            "link": link,
            "seed": seed,
            "subclasses": subclasses,
            "cutpoints": cutpoints,
            "grouping": grouping,
            "one_to_one": one_to_one,
            "min_ratio": min_ratio,
            "max_ratio": max_ratio,
            "reestimate": reestimate,
            "profile": profile,
            "tolerance": tolerance,
            "time_limit": time_limit,
            "paired": paired,
        },
    )
    uses = METHODS[method].uses
    scored = (
        score is not None
        or (uses not in ("cells", "means") and distance == "propensity")
        or not (
            caliper is None and discard == "none" and order in (None, "data", "random", "closest")
        )
    )
    by_score: Order = "smallest" if estimand == "ATC" else "largest"
    settings = MatchSettings(
        method=method,
        distance=distance,
        link=link,
        ratio=ratio,
        replacement=replacement,
        caliper=caliper,
        caliper_scale=caliper_scale,
        order=order or (by_score if scored else "data"),
        estimand=estimand,
        discard=discard,
        seed=seed,
        subclasses=subclasses,
        one_to_one=one_to_one,
        min_ratio=min_ratio,
        max_ratio=max_ratio,
        reestimate=reestimate,
        profile=profile,
        tolerance=tolerance,
        time_limit=time_limit,
        paired=paired,
        within_scale=within_scale,
        score=score,
    )
    design = read_design(
        frame,
        treatment=treatment,
        covariates=covariates,
        exact=exact,
        within=within,
        antiexact=antiexact,
        unit=unit,
        missing=missing,
        sampling_weights=sampling_weights,
        score=score,
    )
    check_any_column(design.columns)
    fit, scores = None, np.full(len(design.treated), np.nan)
    if score is not None:
        scores = supplied_scores(design, score)
    elif scored:
        fit, scores = fitted_scores(design, link)
    focal = ~design.treated if estimand == "ATC" else design.treated
    kept = np.flatnonzero(in_support(scores, design.treated, discard))
    if reestimate:
        fit, scores[kept] = fitted_scores(design, link, kept)
    width = caliper_width(scores[kept], settings)
    space = asked_space(design, settings, distance_on)
    limited, widths = design.limited
    if within_scale == "std":
        widths = widths * limited[kept].std(axis=0, ddof=1)
    strata = asked_strata(design, method, cutpoints, grouping)
    members = np.ones_like(focal) if estimand == "ATE" else focal
    problem = AssignmentProblem(
        focal=focal[kept],
        score=scores[kept],
        space=None if space is None else Space(space.points[kept], space.line[kept]),
        strata=strata[kept],
        order=settings.order,
        ratio=ratio,
        replacement=replacement,
        caliper=width,
        rules=pair_rules(limited[kept], widths, design.differing[kept], focal[kept]),
        rng=np.random.default_rng(seed) if settings.order == "random" else None,
        subclasses=subclasses,
        reference=Reference(scores[members], strata[members]),
        wanted=matches_sought_by(settings, scores[kept], focal[kept]),
        selection=asked_selection(design, settings, focal) if method == "cardinality" else None,
    )
    sampling = None if design.sampling is None else design.sampling[kept]
    found = _assigned(METHODS[method].run(problem), problem.focal, settings, sampling)
    if paired:
        found = paired_within(design, settings, found, focal)
    if not found.weights.any():
        raise DesignError(
            f"match: nobody found a match ({settings.in_words}). Widen the caliper, loosen the "
            "exact strata or cells, or look at the overlap of the two groups first."
        )
    discarded = np.ones(len(focal), dtype=bool)
    discarded[kept] = False
    return MatchedSample(
        settings=settings,
        design=design,
        fit=fit,
        score=scores if scored else None,
        space=space,
        caliper_width=None if caliper is None else width,
        focal=focal if estimand != "ATE" else np.ones_like(focal),
        discarded=discarded,
        assignment=spread_out(found, kept, len(focal)),
        notes=match_notes(settings, problem, fit, found, int(discarded.sum())),
    )


def _check_options(method: str, one_to_one: bool, given: Mapping[str, object]) -> None:
    """Refuse an option that the method would ignore."""
    known = METHODS[method].options | ({"order", "seed"} if one_to_one else set())
    for name, value in given.items():
        plain = np.ndim(value) == 0 or isinstance(value, tuple)  # type: ignore[arg-type]
        if name not in known and not (plain and value == _DEFAULTS[name]):
            listed = ", ".join(sorted(known)) or "none beyond the covariates"
            raise DesignError(
                f"match: {name}={value!r} means nothing to method={method!r}. Leave it out, or "
                f"choose another method. Options of this one: {listed}."
            )


def _assigned(
    found: Pairs | Sets | Selected, focal: Bools, settings: MatchSettings, sampling: Floats | None
) -> Assignment:
    if isinstance(found, Selected):
        return weigh_selected(found)
    if isinstance(found, Pairs):
        return weigh(found, focal, settings.replacement)
    treated = ~focal if settings.estimand == "ATC" else focal
    return weigh_sets(found, treated, settings.estimand, sampling)
