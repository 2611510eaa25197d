"""What a matching method is to work on: scores, places in a space, strata, and what to reach.

Design, MatchSettings ─ fitted_scores, asked_space, asked_strata ... ▶ parts of the problem
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import Assignment, spread_out, weigh
from pbc_eval.matching.balance import standardiser
from pbc_eval.matching.cardinality import SelectionProblem, read_tolerances
from pbc_eval.matching.coarsened import CutPoints, Grouping, coarse_strata
from pbc_eval.matching.design import Design, check_columns, strata_of
from pbc_eval.matching.distance import Space, SpaceDistance, space_of
from pbc_eval.matching.encoding import check_any_column, encode, numbers
from pbc_eval.matching.optimal import optimal_pairs
from pbc_eval.matching.propensity import Link, PropensityFit, fit_propensity
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.matching.support import rounded
from pbc_eval.matching.variable_ratio import matches_sought

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def fitted_scores(
    design: Design, link: Link, kept: NDArray[np.intp] | None = None
) -> tuple[PropensityFit, Floats]:
    """The fit among ``kept`` rows (all without it), and their scores."""
    columns, rows = design.columns, slice(None) if kept is None else kept
    fit = fit_propensity(
        columns.score_values[rows],
        design.treated[rows],
        columns.score_names,
        link,
        None if design.sampling is None else design.sampling[rows],
    )
    return fit, rounded(fit.score)


def supplied_scores(design: Design, column: str) -> Floats:
    """The scores in a column of the data. Raises DataError for anything but finite numbers,
    DesignError for a column that is the same for everybody."""
    found = numbers(design.frame[column])
    if np.ptp(found) == 0:
        raise DesignError(
            f"match: the score in column {column!r} is {found[0]:g} for everybody; there is "
            "nothing to match on. Name another column, or leave score out and have it fitted."
        )
    return rounded(found)


def matches_sought_by(settings: MatchSettings, score: Floats, focal: Bools) -> Ints | None:
    if settings.min_ratio is None or settings.max_ratio is None:
        return None
    likely = score[focal] if settings.estimand == "ATT" else -score[focal]
    return matches_sought(likely, settings.ratio, settings.min_ratio, settings.max_ratio)


def asked_space(
    design: Design, settings: MatchSettings, distance_on: Sequence[str] | None
) -> Space | None:
    distance: SpaceDistance
    if settings.one_to_one:
        distance = "mahalanobis"
    elif settings.distance == "propensity":
        if distance_on is not None:
            raise DesignError(
                f"match: distance_on={list(distance_on)!r} needs a distance by covariates, got "
                "distance='propensity'. Pass distance='mahalanobis', or leave distance_on out."
            )
        return None
    else:
        distance = settings.distance
    columns = design.columns
    if distance_on is not None:
        names = list(distance_on)
        check_columns(design.frame, names)
        absent = [name for name in names if design.frame[name].isna().any()]
        if absent or not names or design.treatment in names:
            raise DesignError(
                f"match: distance_on must name columns without missing values, the treatment not "
                f"among them; got {names!r}"
                + (f", of which {first_few(absent)} have missing values." if absent else ".")
            )
        columns = encode(design.frame, names)
        check_any_column(columns)
    return space_of(columns.values, design.treated, distance, design.sampling)


def asked_strata(
    design: Design, method: str, cutpoints: CutPoints, grouping: Grouping | None
) -> Ints:
    if method == "coarsened":
        return coarse_strata(design.frame, design.covariates, cutpoints, grouping or {})
    if method == "exact":
        return strata_of(design.frame, design.covariates)
    return design.strata


def asked_selection(design: Design, settings: MatchSettings, focal: Bools) -> SelectionProblem:
    if design.sampling is not None:
        raise DesignError(
            "match: cardinality matching counts people and takes no sampling_weights. Leave them "
            "out, or choose another method."
        )
    columns = design.columns
    scale = np.array(
        [
            standardiser(columns.values[:, j], (focal,), bool(columns.binary[j]))
            or float(columns.values[:, j].std())
            or 1.0
            for j in range(columns.values.shape[1])
        ]
    )
    return SelectionProblem(
        columns=columns.values / scale,
        tolerances=read_tolerances(settings.tolerance, columns.names, design.covariates),
        focal=focal,
        strata=design.strata,
        ratio=settings.ratio,
        profile=settings.profile,
        time_limit=settings.time_limit,
    )


def paired_within(
    design: Design, settings: MatchSettings, chosen: Assignment, focal: Bools
) -> Assignment:
    """Pairs within what was chosen, at the smallest total Mahalanobis distance."""
    rows = np.flatnonzero(chosen.weights > 0)
    space = space_of(design.columns.values, design.treated, "mahalanobis")
    pairs = optimal_pairs(
        np.empty(len(rows)),
        Space(space.points[rows], space.line[rows]),
        focal[rows],
        strata=design.strata[rows],
        ratio=settings.ratio,
    )
    found = spread_out(weigh(pairs, focal[rows], replacement=False), rows, len(focal))
    return replace(found, optimum=chosen.optimum)
