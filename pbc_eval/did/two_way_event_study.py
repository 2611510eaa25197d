"""Two-way event study: one coefficient for each time since treatment, the same for all cohorts.

    Y_it = unit + period + sum over e of beta_e * [t - first treated period = e] + error

When effects differ between cohorts, each beta_e mixes effects of other event times (Sun and Abraham
2021); interaction_weighted.py and group_time.py do not. Kept for comparison with what is published.
"""

import numpy as np

from pbc_eval._validate import check_level
from pbc_eval.did.cohort_regression import covariance, regress
from pbc_eval.did.notes import alone_on_a_side, crv1, few_clusters, not_adjusted, weighted_by
from pbc_eval.did.small_cohorts import FewOnASide, few_behind, small_from_moments
from pbc_eval.did.two_way import Regression, regress_rows
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, EffectSeries, Method


def two_way_event_study(panel: Panel, *, reference: int = -1, level: float = 0.95) -> EffectSeries:
    """Coefficients by event time relative to ``reference``, left out; none are binned.

    The overall effect is their mean over event times from 0. Standard errors are CRV1, intervals
    pointwise, t with G-1 degrees of freedom, or what the few clusters behind a coefficient can
    tell; an event time that one cluster reaches has no error. Complete panels are estimated from
    cohort moments, others by linearmodels, in the same convention. Raises DesignError for a
    reference that no cohort has, or coefficients that the effects absorb (without never-treated
    units, a second one). An event time in which no row is seen is left out and
    named; the rest stands.
    """
    check_level("two_way_event_study", level, DesignError)
    panel.refuse_for("two_way_event_study")
    clock = np.asarray(panel.periods.clock, dtype=float)
    since = clock[None, :] - panel.first_treated[:, None]  # (C, T), -inf for never
    present = np.array(panel.cohort_units)[:, None] > 0
    planned = np.unique(since[np.isfinite(since) & present]).astype(int).tolist()
    times = np.unique(since[np.isfinite(since) & _seen(panel)]).astype(int).tolist()
    gaps = tuple(e for e in planned if e not in times)
    if reference not in times:
        raise DesignError(
            f"{panel.name}: no cohort is observed at event time {reference}, the reference; the "
            f"event times are {times[0]} to {times[-1]}."
            if times
            else f"{panel.name}: no unit is treated within the window."
        )
    index = [e for e in times if e != reference]
    x = (since[:, :, None] == np.array(index)).astype(float)
    fit = _fit(panel, x, [f"event time {e}" for e in index])
    joint = fit.covariance

    def allowed(weights: Floats, behind: int) -> FewOnASide:
        variance = float(weights @ joint @ weights)
        return few_behind(fit.small, weights, variance, fit.clusters, (behind, compared))

    units = np.array(panel.cohort_units)
    reach = {e: (since == e).any(axis=1) for e in index}
    treated = {e: int(units[reach[e]].sum()) for e in index}
    clusters = np.array(panel.clusters_by_cohort())
    _, ever, compared = panel.cluster_counts()
    each, after = np.eye(len(index)), np.array(index) >= 0
    average = after / max(after.sum(), 1)
    few = allowed(average, ever)
    method = Method(
        estimator="two-way fixed-effects event study (unit and period effects), least squares",
        comparison_group=Sentence(
            "never-treated units and units not treated at the time, others also once treated"
        ),
        base_period=f"event time {reference}",
        clustering=panel.clustering,
        inference=Sentence(
            "{errors}; t with {df} degrees of freedom",
            errors=crv1(fit.clusters, fit.rows, fit.counted),
            df=Number(few.df, 0 if few.factor == 1.0 else 1),
        ),
        notes=fit.notes + _gap_notes(gaps) + few_clusters(few) + _notes(panel),
    )

    def effect(weights: Floats, term: str, n_treated: int, behind: int) -> AttEstimate:
        few = allowed(weights, behind)
        alone = "treated" if behind == 1 else "comparison" if compared == 1 else None
        return AttEstimate(
            term=term,
            estimate=float(weights @ fit.beta),
            std_error=None if alone else float(np.sqrt(weights @ joint @ weights)),
            reason=alone_on_a_side(alone) if alone else None,
            n_treated=n_treated,
            n_comparison=panel.cohort_units[0],
            method=method,
            level=level,
            degrees_of_freedom=few.df,
            small_sample_factor=few.factor,
        )

    return EffectSeries(
        overall=effect(
            average,
            "average over event times from 0",
            sum(panel.cohort_units[1:]),
            ever,
        ),
        kind="event",
        index=tuple(index),
        effects=tuple(
            effect(row, f"event time {e}", treated[e], _clusters_of(clusters, reach[e]))
            for row, e in zip(each, index, strict=True)
        ),
        covariance=joint,
    )


def _clusters_of(by_cohort: Ints, reached: Bools) -> int:
    """Clusters of the cohorts that reach an event time; one at least is there where units are."""
    return int(by_cohort[reached].sum())


def _fit(panel: Panel, x: Floats, names: list[str]) -> Regression:
    if not panel.balanced:
        return regress_rows(panel, x)
    moments = panel.moments()
    fit = regress(moments, x, names, panel.name)
    joint = covariance(fit, moments)
    scaled = [(where, rows * np.sqrt(fit.factor)) for where, rows in fit.loadings]
    small = small_from_moments(scaled, moments, len(fit.beta))
    return Regression(fit.beta, joint, fit.clusters, fit.rows, fit.counted, (), small)


def _seen(panel: Panel) -> Bools:
    """(C, T) is a unit of the cohort that is seen more than once seen in the period?"""
    units = np.array(panel.cohort_units)
    if panel.balanced:
        return np.repeat(units[:, None] > 0, panel.n_periods, axis=1)
    arrays = panel.arrays()
    observed = ~np.isnan(arrays.outcome)
    observed &= observed.sum(axis=1, keepdims=True) > 1
    seen = np.zeros((len(units), panel.n_periods), dtype=bool)
    for c in np.unique(arrays.cohort):
        seen[c] = observed[arrays.cohort == c].any(axis=0)
    return seen


def _gap_notes(gaps: tuple[int, ...]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence("event time {e} is left out: no row is seen in it", e=Number(e)) for e in gaps
    )


def _notes(panel: Panel) -> tuple[Sentence, ...]:
    notes: list[Sentence] = []
    if sum(1 for n in panel.cohort_units[1:] if n) > 1:
        notes.append(
            Sentence(
                "treatment is staggered: coefficients mix effects of several cohorts and event "
                "times (Sun & Abraham 2021)"
            )
        )
    if panel.covariates:
        notes.append(not_adjusted(panel.roles.covariates))
    return (*notes, *weighted_by(panel.roles.weight))
