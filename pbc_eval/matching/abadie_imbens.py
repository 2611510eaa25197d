"""Matching with replacement as an estimator of its own: Abadie and Imbens.

    frame ── read_design ──▶ points ── cells, matched both ways ──▶ AttEstimate

Everybody in the target is matched to their nearest ``matches`` people of the other group, with
replacement; everybody at the distance of the last one counts too and they share its weight. What
the match leaves of a difference in covariates can be taken off by a regression among the matched
(bias adjustment). The variance counts how often each person served.

People with identical covariates share one cell, so that ties cost nothing. Nearest is nearest:
only those exactly as far away are tied, unless a tolerance is asked for. R's Matching takes
squared distances (in standardised covariates) within 1e-5 of each other for a tie, by which a
person 0.003 standard deviations of the score further away counts as much as the nearest.

Source: Abadie & Imbens (2006), Econometrica 74, 235-267 (estimator and variance); (2011), Journal
of Business & Economic Statistics 29, 1-11 (bias adjustment).
"""

from collections.abc import Sequence
from numbers import Real
from typing import Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice, check_level
from pbc_eval.errors import DesignError
from pbc_eval.matching.cells import CellMatches, Cells, cell_variances, cells_of, match_cells
from pbc_eval.matching.columns_of_frames import check_columns, names_of
from pbc_eval.matching.design import Design, Missing, read_design
from pbc_eval.matching.distance import FLAT
from pbc_eval.matching.effect import checked_outcome, outcome_values
from pbc_eval.matching.encoding import check_any_column, encode
from pbc_eval.matching.propensity import fit_propensity
from pbc_eval.matching.settings import Estimand
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.roots import symmetric_root
from pbc_eval.results import AttEstimate, Method

PointDistance = Literal["mahalanobis", "inverse_variance", "propensity"]


class Tolerant(NamedTuple):
    """A distance by which two others count as equally near when their squared distances differ by
    no more than ``tolerance``: 1e-5 in R's Matching."""

    distance: PointDistance
    tolerance: float


def nearest_effect(
    frame: pd.DataFrame,
    *,
    treatment: str,
    outcome: str,
    covariates: Sequence[str],
    estimand: Estimand = "ATT",
    matches: int = 1,
    distance: PointDistance | Tolerant = "mahalanobis",
    exact: Sequence[str] = (),
    adjust_for: Sequence[str] = (),
    variance_matches: int | None = 2,
    level: float = 0.95,
    missing: Missing = "refuse",
) -> AttEstimate:
    """The effect by nearest-neighbour matching with replacement, in the outcome's unit.

    ``frame`` has one row a unit and is not changed. ``distance``: "mahalanobis" by the covariance
    of the whole sample, "inverse_variance" by its variances, or the "propensity" score.
    ``adjust_for`` names columns of the bias adjustment. ``variance_matches`` people of the same
    group, and the nearest, give each person's variance; None assumes it is the same for everybody.
    Only people at the very same distance are tied; ``distance=Tolerant("propensity", 1e-5)`` ties
    those within a tolerance too.
    Standard errors take a propensity score as known. The reference is normal.

    Raises DataError for data that do not fit, DesignError for options out of range and for strata
    of ``exact`` with fewer people of the other group than ``matches``.
    """
    distance, tolerance = distance if isinstance(distance, Tolerant) else (distance, 0.0)
    check_choice("nearest_effect", "distance", distance, get_args(PointDistance), DesignError)
    check_choice("nearest_effect", "estimand", estimand, get_args(Estimand), DesignError)
    check_level("nearest_effect", level, DesignError)
    _check_count("matches", matches)
    if isinstance(tolerance, bool) or not (isinstance(tolerance, Real) and 0 <= tolerance < 1):
        raise DesignError(
            "nearest_effect: tolerance must be a number from 0 to below 1, the difference of two "
            f"squared distances that counts as none, got {tolerance!r}."
        )
    if variance_matches is not None:
        _check_count("variance_matches", variance_matches)
    adjust_for = names_of("nearest_effect", "adjust_for", adjust_for, may_be_empty=True)
    exact = names_of("nearest_effect", "exact", exact, may_be_empty=True)
    check_columns(frame, [outcome, *adjust_for], "nearest_effect")
    design = read_design(
        frame,
        treatment=treatment,
        covariates=covariates,
        exact=[*exact],
        missing=missing,
        owner="nearest_effect",
    )
    check_any_column(design.columns, "nearest_effect")
    values = checked_outcome(outcome_values(design.frame, design.ids, outcome), outcome)
    adjusting = encode(design.frame, list(adjust_for)).score_values
    treated = design.treated
    cells = cells_of(_points(design, distance), design.strata, treated)
    seeking = {"ATT": treated, "ATC": ~treated}.get(estimand, np.ones_like(treated))
    matched = match_cells(cells, seeking, treated, matches, tolerance)
    effects, residuals = _unit_effects(matched, cells, treated, values, adjusting)
    estimate = float(effects[seeking].mean())
    if variance_matches is None:
        variances = np.full(len(treated), _common_variance(matched, cells, residuals, estimate))
    else:
        variances = cell_variances(cells, values, variance_matches, tolerance)[cells.of]
    n = int(seeking.sum())
    served = matched.served
    again = served**2 - matched.served_squares + (2 * served if estimand == "ATE" else 0.0)
    if estimand != "ATE":
        again = np.where(seeking, 0.0, again)
    total = float(np.sum((effects[seeking] - estimate) ** 2) + again @ variances)
    target_treated = treated & seeking if estimand != "ATC" else treated & (served > 0)
    untreated = (
        float(values[treated].mean()) - estimate
        if estimand == "ATT"
        else float(np.where(treated, values - effects, values)[seeking].mean())
    )
    return AttEstimate(
        term=outcome,
        estimate=estimate,
        std_error=float(np.sqrt(total)) / n,
        n_treated=int(target_treated.sum()),
        n_comparison=int((~treated & (seeking | (served > 0))).sum()),
        level=level,
        counterfactual_mean=untreated,
        method=_method(
            design,
            estimand=estimand,
            matches=matches,
            distance=distance,
            adjust_for=adjust_for,
            variance_matches=variance_matches,
        ),
    )


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise DesignError(f"nearest_effect: {name} must be a whole number >= 1, got {value!r}.")


def _points(design: Design, distance: PointDistance) -> Floats:
    columns = design.columns
    values = columns.score_values
    if distance == "propensity":
        fit = fit_propensity(values, design.treated, columns.score_names, "logit")
        return np.asarray(fit.score / fit.score.std(ddof=1))[:, None]
    spread = values.std(axis=0, ddof=1)
    scaled = (values - values.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    if distance == "inverse_variance":
        return np.asarray(scaled)
    covariance = np.atleast_2d(np.cov(scaled.T))
    return np.asarray(scaled @ symmetric_root(covariance, flat=FLAT, inverse=True))


def _unit_effects(
    matched: CellMatches, cells: Cells, treated: Bools, outcome: Floats, adjusting: Floats
) -> tuple[Floats, Floats]:
    """Each person's effect (n,), NaN for those not matched, and the outcomes (n, 2) they are
    differences of: less what the covariates explain among the treated, and among the others."""
    lines = [np.zeros(adjusting.shape[1])] * 2
    if adjusting.shape[1]:
        lines = [
            _slopes(adjusting, outcome, matched.served * group) for group in (treated, ~treated)
        ]
    residuals = np.column_stack([outcome - adjusting @ line for line in lines])
    effects = np.full(len(treated), np.nan)
    for group, line, sign in ((treated, 1, 1.0), (~treated, 0, -1.0)):
        # a treated person is compared with others, so the others' slopes do the adjusting
        mine = residuals[:, line]
        means = matched.mean_of_matches(cells, mine)[cells.of]
        effects[group] = sign * (mine - means)[group]
    return effects, residuals


def _slopes(columns: Floats, outcome: Floats, weights: Floats) -> Floats:
    """Weighted least squares with an intercept, which cancels from every difference."""
    rows = weights > 0
    if not rows.any():  # nobody of this group serves: nothing is adjusted by it
        return np.zeros(columns.shape[1])
    root = np.sqrt(weights[rows])[:, None]
    centre, spread = columns[rows].mean(axis=0), columns[rows].std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(int(rows.sum())), (columns[rows] - centre) / spread])
    slopes = np.linalg.lstsq(design * root, outcome[rows] * root[:, 0], rcond=None)[0]
    return np.asarray(slopes[1:] / spread)


def _common_variance(
    matched: CellMatches, cells: Cells, residuals: Floats, estimate: float
) -> float:
    """One variance for everybody, from how far matched differences scatter around the effect."""
    total = 0.0
    for group, line, sign in ((True, 1, 1.0), (False, 0, -1.0)):
        mine = residuals[:, line] - residuals[:, line].mean()
        sums, squares = cells.totals(mine), cells.totals(mine**2)
        size = cells.size.astype(np.float64)
        n_matches, match_sums, match_squares = (
            matched.total_of_matches(part) for part in (size, sums, squares)
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            scatter = (
                squares
                - 2 * sums * match_sums / n_matches
                + size * match_squares / n_matches
                - 2 * estimate * sign * (sums - size * match_sums / n_matches)
                + size * estimate**2
            )
        total += float(scatter[matched.seeking & (cells.treated == group)].sum())
    return total / (2 * float(cells.size[matched.seeking].sum()))


def _method(
    design: Design,
    *,
    estimand: Estimand,
    matches: int,
    distance: PointDistance,
    adjust_for: Sequence[str],
    variance_matches: int | None,
) -> Method:
    near = {
        "mahalanobis": "the Mahalanobis distance",
        "inverse_variance": "the distance in standard deviations",
        "propensity": "the propensity score (logit)",
    }[distance]
    parts = [f"nearest-neighbour matching with replacement, {matches} and ties, on {near}"]
    if design.exact:
        parts.append(f"exact on {', '.join(design.exact)}")
    if adjust_for:
        parts.append(f"bias-adjusted for {', '.join(adjust_for)}")
    target = {
        "ATT": Sentence("The effect is for the treated."),
        "ATC": Sentence("The effect is for the comparison group (ATC), not for the treated."),
        "ATE": Sentence("The effect is for everybody (ATE), not for the treated alone."),
    }[estimand]
    notes = [target]
    if distance == "propensity":
        notes.append(Sentence("The standard error takes the propensity score as known."))
    variance = (
        Sentence("one variance for everybody")
        if variance_matches is None
        else Sentence(
            "variances from {matches} nearest of the same group", matches=Number(variance_matches)
        )
    )
    return Method(
        estimator=f"{', '.join(parts)} (Abadie & Imbens 2006)",
        comparison_group=Sentence(
            "units with {treatment} = 0 that serve as matches",
            treatment=Name(str(design.treatment)),
        ),
        inference=Sentence(
            "Abadie & Imbens (2006), {variance}, normal reference", variance=variance
        ),
        notes=tuple(notes),
    )
