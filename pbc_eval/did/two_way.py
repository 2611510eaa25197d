"""Static two-way fixed effects: one coefficient on "treated now", with unit and period effects.

    Y_it = unit + period + beta * [t >= first treated period] + error

Standard errors are clustered (CRV1) in the convention of the fixest and pyfixest packages:
G/(G-1) * (N-1)/(N-K), K = 1 + number of periods. Unit effects are nested in the clusters and not
counted; software that counts them reports a larger error from the same data.

Under staggered treatment the coefficient weighs effects unevenly, some negatively
(Goodman-Bacon 2021, Journal of Econometrics 225); group_time.py does not.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.estimates import score_covariance
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.linear_covariates import adjusted_for, coefficient
from pbc_eval.did.long_rows import long_rows, seen_twice
from pbc_eval.did.notes import (
    alone_on_a_side,
    crv1,
    few_clusters,
    not_adjusted,
    weighted_by,
)
from pbc_eval.did.small_cohorts import SmallCohorts, few_behind, small_from_moments
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.clustered import crv1_factor
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.panel.moments import CohortMoments
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, Method

Effects = Literal["unit", "cohort"]
EFFECTS = ("unit", "cohort")
ONE = np.ones(1)


class Fit(NamedTuple):
    estimate: float
    std_error: float
    clusters: int
    rows: int
    k: int  # parameters counted
    treated_mean: float  # of the outcome, over treated units and periods
    notes: tuple[Sentence, ...] = ()
    small: SmallCohorts | None = None  # of the coefficient; None: not told apart


def two_way(
    panel: Panel, *, effects: Effects = "unit", level: float = 0.95, adjusted: bool = False
) -> AttEstimate:
    """The two-way fixed-effects coefficient with clustered (CRV1) standard error.

    ``effects="cohort"`` puts one effect a cohort in place of one a unit: the classical regression
    on group, period and their product. On complete panels the coefficient is the same; with units
    missing in some periods it uses units seen only once, which unit effects leave out.
    All cohort and period effects then count in K. ``adjusted`` for the panel's covariates beside
    unit effects (linear_covariates.py), whose columns count in K too.

    Intervals use the t distribution with G-1 degrees of freedom; with fewer than 20 clusters on a
    side, what those can tell (small_cohorts.py). Raises DesignError when treatment
    does not vary within units over time in a way the effects do not absorb.
    """
    check_choice("two_way", "effects", effects, EFFECTS, DesignError)
    check_level("two_way", level, DesignError)
    panel.refuse_for("two_way")
    treated = _treated(panel)
    if adjusted:
        fit = _adjusted(panel, treated, effects)
    elif effects == "unit" and panel.balanced:
        fit = _from_moments(panel, treated)
    else:
        fit = _from_rows(panel, treated, effects)
    clusters, notes = fit.clusters, fit.notes
    if clusters < 2:
        raise _one_cluster(panel)
    sides = dict(zip(("treated", "comparison"), panel.cluster_counts()[1:], strict=True))
    alone = [side for side, count in sides.items() if count == 1]
    few = few_behind(fit.small, ONE, fit.std_error**2, clusters, tuple(sides.values()))
    staggered = sum(1 for n in panel.cohort_units[1:] if n) > 1
    if staggered:
        notes += (
            Sentence(
                "treatment is staggered: the coefficient weighs effects unevenly and compares with "
                "units already treated (Goodman-Bacon 2021)"
            ),
        )
    roles = panel.roles
    if roles.covariates and not adjusted:
        notes += (not_adjusted(roles.covariates),)
    counted = (
        Sentence("unit effects nested in clusters not counted")
        if effects == "unit"
        else Sentence("all effects counted")
    )
    return AttEstimate(
        term="treated (two-way fixed effects)",
        estimate=fit.estimate,
        std_error=None if alone else fit.std_error,
        reason=alone_on_a_side(alone[0]) if alone else None,
        n_treated=sum(panel.cohort_units[1:]),
        n_comparison=panel.cohort_units[0],
        method=Method(
            estimator=f"two-way fixed effects ({effects} and period), ordinary least squares",
            comparison_group=Sentence(
                "never-treated units and units not treated at the time, later treated ones also "
                "once treated"
            )
            if staggered
            else Sentence("never-treated units and units not treated at the time"),
            clustering=panel.clustering,
            inference=Sentence(
                "{errors}; t with {df} degrees of freedom",
                errors=crv1(clusters, fit.rows, fit.k, counted),
                df=Number(few.df, 0 if few.factor == 1.0 else 1),
            ),
            notes=notes + few_clusters(few) + weighted_by(roles.weight),
        ),
        level=level,
        degrees_of_freedom=few.df,
        small_sample_factor=few.factor,
        counterfactual_mean=fit.treated_mean - fit.estimate,
    )


def _adjusted(panel: Panel, treated: Floats, effects: Effects) -> Fit:
    if effects != "unit":
        raise DesignError(f"{panel.name}: two_way adjusts beside unit effects: leave effects out.")
    note = adjusted_for(panel, "two_way")
    estimate, error, counts, mean = coefficient(panel, treated, "two_way")
    return Fit(estimate, error, *counts, mean, (note,))


def _one_cluster(panel: Panel) -> DesignError:
    return DesignError(
        f"{panel.name}: one cluster only; a clustered error needs at least two.",
        rule=Sentence("A clustered error needs at least two clusters."),
    )


def _treated(panel: Panel) -> Floats:
    """(C, T) 1 from a cohort's first treated period on. Empty cohorts stay in place."""
    starts = np.array(panel.starts)[:, None]
    treated: Floats = (np.arange(panel.n_periods)[None, :] >= starts).astype(float)
    return treated


def residual_treatment(panel: Panel) -> tuple[Floats, Floats]:
    """What unit and period effects leave of "treated now", and the observations it stands for.

    Two arrays (C, T): the residual's mean over a cohort's units seen in the period, and their
    number (the sum of their weights when the panel has weights). Raises DesignError when nothing
    is left.
    """
    treated = _treated(panel)
    if panel.balanced:
        moments = panel.moments()
        weight = moments.weight[:, None]
        demeaned = _without_effects(treated, weight)
        if float((weight * demeaned**2).sum()) <= 1e-12 * weight.sum():
            raise _absorbed(panel)
        return demeaned, np.broadcast_to(weight, demeaned.shape)
    from linearmodels.panel import PanelOLS  # noqa: PLC0415 heavy
    from linearmodels.panel.utility import AbsorbingEffectError  # noqa: PLC0415 likewise

    frame, _ = seen_twice(long_rows(panel.arrays(), treated)[0])
    if frame.empty:
        raise _absorbed(panel)
    indexed = frame.set_index(["unit", "period"])
    try:
        fitted = PanelOLS(
            indexed["d"],
            pd.Series(1.0, indexed.index, name="one"),
            entity_effects=True,
            time_effects=True,
            weights=indexed[["w"]],
        ).fit()
    except (ValueError, AbsorbingEffectError) as problem:  # no rows, or as many effects as rows
        raise _absorbed(panel) from problem
    frame = frame.assign(left=fitted.resids.to_numpy() * frame["w"])
    if float((frame["left"] ** 2).sum()) <= 1e-12 * frame["w"].sum():
        raise _absorbed(panel)
    sums = frame.groupby(["cohort", "period"])[["left", "w"]].sum()
    left, seen = np.zeros(treated.shape), np.zeros(treated.shape)
    cohort, period = (sums.index.get_level_values(k) for k in (0, 1))
    left[cohort, period], seen[cohort, period] = sums["left"] / sums["w"], sums["w"]
    return left, seen


def _without_effects(values: Floats, weight: Floats) -> Floats:
    """(C, T) less the means over periods and over cohorts, of complete panels."""
    within = values - values.mean(axis=1, keepdims=True)
    demeaned: Floats = within - (weight * within).sum(axis=0) / weight.sum()
    return demeaned


def _from_moments(panel: Panel, treated: Floats) -> Fit:
    moments = panel.moments()
    weight = moments.weight[:, None]
    total = weight.sum()
    demeaned = _without_effects(treated, weight)
    spread = float((weight * demeaned**2).sum())
    if spread <= 1e-12 * total:
        raise _absorbed(panel)
    path = np.where(weight > 0, moments.path, 0.0)
    estimate = float((weight * demeaned * path).sum() / spread)
    gap = path - (weight * path).sum(axis=0) / total
    mean_score = (demeaned * gap).sum(axis=1) - estimate * (demeaned**2).sum(axis=1)
    rows = np.column_stack([mean_score, demeaned]) * total / spread
    loadings = [(np.zeros(1, dtype=np.int64), row[None, :]) for row in rows]
    variance = float(score_covariance(loadings, moments, 1)[0, 0])
    clusters = _clusters(moments)
    n, k = panel.n_units * panel.n_periods, 1 + panel.n_periods
    factor = crv1_factor(clusters, n, k)
    scaled = [(where, row * np.sqrt(factor)) for where, row in loadings]
    reached = weight * treated
    return Fit(
        estimate=estimate,
        std_error=float(np.sqrt(variance * factor)),
        clusters=clusters,
        rows=n,
        k=k,
        treated_mean=float(
            (reached * np.where(weight > 0, moments.level, 0.0)).sum() / reached.sum()
        ),
        small=small_from_moments(scaled, moments, 1),
    )


def _clusters(moments: CohortMoments) -> int:
    return int(moments.units.sum()) if moments.clusters is None else moments.clusters.n_clusters


def _from_rows(panel: Panel, treated: Floats, effects: Effects) -> Fit:
    from linearmodels.panel import PanelOLS, PooledOLS  # noqa: PLC0415 heavy
    from linearmodels.panel.utility import AbsorbingEffectError  # noqa: PLC0415 likewise

    arrays = panel.arrays()
    frame, level = long_rows(arrays, treated)
    notes: tuple[Sentence, ...] = ()
    if effects == "unit":
        frame, notes = seen_twice(frame)
    if frame.empty:
        raise _absorbed(panel)
    if frame["cluster"].nunique() == 1:
        raise _one_cluster(panel)
    indexed = frame.set_index(["unit", "period"])
    options: dict[str, Any] = {
        "cov_type": "clustered",
        "clusters": indexed[["cluster"]],
        "group_debias": True,
        "auto_df": False,
        "count_effects": False,
    }
    try:
        if effects == "unit":
            model: PanelOLS | PooledOLS = PanelOLS(
                indexed["y"],
                indexed[["d"]],
                entity_effects=True,
                time_effects=True,
                weights=indexed[["w"]],
            )
            counted = 1
            k = 1 + frame["period"].nunique()
        else:
            dummies = [indexed[["d"]], pd.Series(1.0, indexed.index, name="one")]
            for column in ("cohort", "period"):
                values = frame[column].to_numpy() if column == "period" else indexed[column]
                dummy = pd.get_dummies(values, prefix=column, drop_first=True, dtype=float)
                dummies.append(dummy.set_index(indexed.index))
            design = pd.concat(dummies, axis=1)
            if dependent_columns(design.to_numpy().T @ design.to_numpy()):
                raise _absorbed(panel)
            model = PooledOLS(indexed["y"], design, weights=indexed[["w"]])
            counted = k = design.shape[1]
            del options["auto_df"], options["count_effects"]
        fitted = model.fit(**options)
    except DesignError:
        raise
    except (ValueError, AbsorbingEffectError) as problem:
        raise _absorbed(panel) from problem
    n = len(frame)
    # linearmodels divides by N less the coefficients it was told to count; K counts periods too.
    factor = (n - counted) / max(n - k, 1)
    std_error = float(fitted.std_errors["d"]) * np.sqrt(factor)
    reached = frame[frame["d"] > 0]
    return Fit(
        estimate=float(fitted.params["d"]),
        std_error=float(std_error),
        clusters=frame["cluster"].nunique(),
        rows=n,
        k=k,
        treated_mean=float(np.average(reached["y"], weights=reached["w"])) + level,
        notes=notes,
    )


class Regression(NamedTuple):
    """Coefficients (K,) with their CRV1 covariance (K, K), and what its factor counts."""

    beta: Floats
    covariance: Floats
    clusters: int
    rows: int
    counted: int
    notes: tuple[Sentence, ...]
    small: SmallCohorts | None = None  # of the coefficients; None: not told apart


def regress_rows(panel: Panel, x: Floats) -> Regression:
    """Unit and period effects and ``x`` (C, T, K), for panels with units missing in some periods.

    Raises DesignError when the effects absorb a regressor.
    """
    arrays = panel.arrays()
    from linearmodels.panel import PanelOLS  # noqa: PLC0415 heavy
    from linearmodels.panel.utility import AbsorbingEffectError  # noqa: PLC0415 likewise

    frame, _ = long_rows(arrays, np.zeros(x.shape[:2]))
    frame, notes = seen_twice(frame)
    if frame["cluster"].nunique() == 1:
        raise _one_cluster(panel)
    indexed = frame.set_index(["unit", "period"])
    cohort, period = frame["cohort"].to_numpy(), frame["period"].to_numpy()
    design = pd.DataFrame(x[cohort, period], index=indexed.index)
    try:
        model = PanelOLS(
            indexed["y"], design, entity_effects=True, time_effects=True, weights=indexed[["w"]]
        )
        fitted = model.fit(
            cov_type="clustered",
            clusters=indexed[["cluster"]],
            group_debias=True,
            auto_df=False,
            count_effects=False,
        )
    except (ValueError, AbsorbingEffectError) as problem:
        raise DesignError(
            f"{panel.name}: the unit and period effects absorb a coefficient. Without "
            "never-treated units event times cannot be told from period effects: use att_gt("
            "control_group='not_yet_treated') where units are treated at several times, or add "
            "units that are not treated.",
            rule=Sentence("The unit and period effects absorb a coefficient."),
        ) from problem
    n, k = len(frame), x.shape[2] + frame["period"].nunique()
    # As in ``_from_rows``: linearmodels counts the regressors alone.
    factor = (n - x.shape[2]) / max(n - k, 1)
    return Regression(
        beta=fitted.params.to_numpy(dtype=float),
        covariance=fitted.cov.to_numpy(dtype=float) * factor,
        clusters=frame["cluster"].nunique(),
        rows=n,
        counted=k,
        notes=notes,
    )


def _absorbed(panel: Panel) -> DesignError:
    return DesignError(
        f"{panel.name}: treatment does not vary beyond the unit and period effects, so there is no "
        "two-way coefficient. It needs units treated during the window and units that are not.",
        rule=Sentence("Treatment does not vary beyond the unit and period effects."),
    )


def _overall(panel: Panel, options: EstimatorOptions) -> AttEstimate:
    return two_way(panel, level=options.level, adjusted=options.adjustment is not None)


ESTIMATOR = Estimator(
    name="two_way",
    family="two-way fixed effects",
    label="Two-way fixed effects (a cross-check)",
    method_words="Two-way fixed effects: one regression with unit and period effects. With "
    "staggered starts its coefficient is no average of effects; it is shown as a cross-check.",
    comparisons=("not yet treated",),
    adjusts_linearly=True,
    overall=_overall,
)
