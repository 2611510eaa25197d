"""What a matching method is to work on: scores, places in a space, strata, and what to reach.

Design, options ─ scored, asked_space, asked_strata ... ▶ parts of the problem
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.matching_options import (
    Cardinality,
    Coarsened,
    Exact,
    Nearest,
)
from pbc_eval.agreement.matching_settings import (
    Link,
    MatchingOptions,
    Near,
    Scored,
    link_of,
)
from pbc_eval.errors import DesignError
from pbc_eval.matching.assignment import Assignment, spread_out, weigh
from pbc_eval.matching.balance import standardiser
from pbc_eval.matching.cardinality import SelectionProblem, read_tolerances
from pbc_eval.matching.coarsened import coarse_strata
from pbc_eval.matching.columns_of_frames import check_columns
from pbc_eval.matching.design import Design, strata_of
from pbc_eval.matching.distance import Space, space_of
from pbc_eval.matching.encoding import check_any_column, encode, numbers
from pbc_eval.matching.optimal import optimal_pairs
from pbc_eval.matching.overlap_of_levels import comparable_design
from pbc_eval.matching.propensity import PropensityFit, fit_propensity
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.matching.support import rounded
from pbc_eval.matching.variable_ratio import matches_sought
from pbc_eval.numerics.arrays import Bools, Floats, Ints


class Scores(NamedTuple):
    """The fit behind the scores, None where none was made, and the scores, (n,)."""

    fit: PropensityFit | None
    values: Floats


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
    score = numbers(design.frame[column])
    if np.ptp(score) == 0:
        raise DesignError(
            f"match: the score in column {column!r} is {score[0]:g} for everybody; there is "
            "nothing to match on. Name another column, or leave score out and have it fitted."
        )
    return rounded(score)


def scored(design: Design, by: MatchingOptions) -> Scores:
    """The scores, fitted or supplied; NaN where the algorithm knows none."""
    if isinstance(by, Scored) and by.score is not None:
        return Scores(None, supplied_scores(design, by.score))
    if by.needs_score:
        return Scores(*fitted_scores(design, link_of(by)))
    return Scores(None, np.full(len(design.treated), np.nan))


def scored_among_comparable(
    design: Design, by: MatchingOptions, estimand: str
) -> tuple[Design, Scores]:
    """``scored``, where no score fits people whom the estimand does not need without them."""
    try:
        return design, scored(design, by)
    except DesignError:
        smaller = comparable_design(design, estimand)
        if smaller is design:
            raise
    return smaller, scored(smaller, by)


def matches_sought_by(settings: MatchSettings, score: Floats, focal: Bools) -> Ints | None:
    by = settings.by
    if not isinstance(by, Nearest) or by.min_ratio is None or by.max_ratio is None:
        return None
    likely = score[focal] if settings.estimand == "ATT" else -score[focal]
    return matches_sought(likely, by.ratio, by.min_ratio, by.max_ratio)


def asked_space(design: Design, by: MatchingOptions) -> Space | None:
    """Where people are, for algorithms that go by a distance between covariates."""
    if isinstance(by, Coarsened) and by.one_to_one:
        return space_of(design.columns.values, design.treated, "mahalanobis", design.sampling)
    if not isinstance(by, Near) or by.distance == "propensity":
        return None
    columns = design.columns
    if by.distance_on is not None:
        names = list(by.distance_on)
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
    return space_of(columns.values, design.treated, by.distance, design.sampling)


def asked_strata(design: Design, by: MatchingOptions) -> Ints:
    """Who may be compared with whom at all, as whole numbers, (n,)."""
    if isinstance(by, Coarsened):
        return coarse_strata(design.frame, design.covariates, by.cutpoints, by.grouping)
    if isinstance(by, Exact):
        return strata_of(design.frame, design.covariates)
    return design.strata


def asked_selection(
    design: Design, by: MatchingOptions, focal: Bools, rows: NDArray[np.intp]
) -> SelectionProblem | None:
    """What cardinality matching is to reach, people in the order of ``rows``; None for other
    algorithms."""
    if not isinstance(by, Cardinality):
        return None
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
        columns=(columns.values / scale)[rows],
        tolerances=read_tolerances(by.tolerance, columns.names, design.covariates),
        focal=focal[rows],
        strata=design.strata[rows],
        ratio=by.ratio,
        profile=by.profile,
        time_limit=by.time_limit,
    )


def paired_within(
    design: Design, by: MatchingOptions, chosen: Assignment, focal: Bools
) -> Assignment:
    """Pairs within what was chosen, at the smallest total Mahalanobis distance, if asked for."""
    if not isinstance(by, Cardinality) or not by.paired:
        return chosen
    rows = np.flatnonzero(chosen.weights > 0)
    space = space_of(design.columns.values, design.treated, "mahalanobis")
    pairs = optimal_pairs(
        np.empty(len(rows)),
        Space(space.points[rows], space.line[rows]),
        focal[rows],
        strata=design.strata[rows],
        ratio=by.ratio,
    )
    paired = spread_out(weigh(pairs, focal[rows], replacement=False), rows, len(focal))
    return replace(paired, optimum=chosen.optimum)
