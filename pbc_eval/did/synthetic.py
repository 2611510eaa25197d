"""Synthetic difference-in-differences: comparison units and periods weighted to move like the
treated units did before treatment.

    Panel ── synthetic_did ▶ SyntheticDid ─┬ effect (with a placebo, jackknife or bootstrap error)
                                           └ unit_weights(), time_weights(), path() for the page

Unit weights make the comparison's path before treatment parallel to that of the treated; time
weights make its periods before treatment parallel to those after. The effect is the difference in
differences with both. With several cohorts each is compared with the never treated, and effects are
averaged by treated unit-periods.

Source: Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), "Synthetic Difference-in-
Differences", American Economic Review 111: algorithm 1 for the effect, 2 (bootstrap), 3 (jackknife)
and 4 (placebo) for its error; the online appendix for several cohorts.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.cells import Ints
from pbc_eval.did.simplex import simplex_weights
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, Floats, Method

Inference = Literal["placebo", "jackknife", "bootstrap"]
INFERENCES = ("placebo", "jackknife", "bootstrap")
DEFAULT_SEED = 20_211_201
TIME_RIDGE = 1e-6  # of the noise level, on time weights: only there to make them unique


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortFit:
    """One cohort's weights: T0 periods before treatment, n0 comparison units."""

    cohort: int  # number of the cohort in the panel
    start: int  # position of the first treated period, T0
    effect: float
    unit: Floats  # (n0,)
    time: Floats  # (T0,)
    treated_units: int
    noise: float  # standard deviation of the comparison's changes before treatment

    def weight(self, n_periods: int) -> float:
        """Treated unit-periods."""
        return float(self.treated_units * (n_periods - self.start))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyntheticDid:
    """The effect with all that a page shows of it. Weights add up to one in each cohort."""

    effect: AttEstimate
    fits: tuple[CohortFit, ...]
    cohorts: tuple[int, ...]  # labels of the fits' cohorts
    periods: tuple[int, ...]  # (T,) labels
    comparison: tuple[str, ...]  # (n0,) names of the comparison units
    replications: Floats  # effects behind the standard error: placebos, draws or leave-one-outs
    treated_path: Floats  # (cohorts, T) mean outcome of the treated
    synthetic_path: Floats  # (cohorts, T) of the weighted comparison, at its own level

    def unit_weights(self) -> pd.DataFrame:
        """One row a cohort and comparison unit, heaviest first: cohort, unit, weight."""
        frames = [
            pd.DataFrame({"cohort": label, "unit": self.comparison, "weight": fit.unit})
            for label, fit in zip(self.cohorts, self.fits, strict=True)
        ]
        table = pd.concat(frames, ignore_index=True)
        return table.sort_values(
            ["cohort", "weight"], ascending=[True, False], kind="stable", ignore_index=True
        )

    def time_weights(self) -> pd.DataFrame:
        """One row a cohort and period before treatment: cohort, time, weight."""
        frames = [
            pd.DataFrame({"cohort": label, "time": self.periods[: fit.start], "weight": fit.time})
            for label, fit in zip(self.cohorts, self.fits, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    def path(self) -> pd.DataFrame:
        """One row a cohort and period: cohort, time, treated, synthetic (moved to the treated's
        level by the time weights), difference. Differences after treatment average to the effect
        of the cohort."""
        frames = []
        for row, (label, fit) in enumerate(zip(self.cohorts, self.fits, strict=True)):
            treated, synthetic = self.treated_path[row], self.synthetic_path[row]
            shift = float(fit.time @ (treated - synthetic)[: fit.start])
            frames.append(
                pd.DataFrame(
                    {
                        "cohort": label,
                        "time": self.periods,
                        "treated": treated,
                        "synthetic": synthetic + shift,
                        "difference": treated - synthetic - shift,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)


def synthetic_did(
    panel: Panel,
    *,
    inference: Inference = "placebo",
    replications: int = 200,
    level: float = 0.95,
    seed: int = DEFAULT_SEED,
) -> SyntheticDid:
    """Estimate the average effect on the treated by synthetic difference-in-differences.

    ``inference``: "placebo" gives treatment to comparison units, and needs more of them than there
    are treated ones; it is the only one for a single treated unit, and takes the noise to be alike
    in both groups. "jackknife" leaves out one unit at a time with the weights held; "bootstrap"
    draws units and finds the weights anew; both need two treated units in every cohort.
    ``replications``: placebos or bootstrap draws. Intervals are normal.

    Raises DesignError for panels that are not complete, without never-treated units, with fewer
    than two periods before treatment, or with weights or clusters, which the method does not know.
    """
    check_choice("synthetic_did", "inference", inference, INFERENCES, DesignError)
    check_level("synthetic_did", level, DesignError)
    if isinstance(replications, bool) or not isinstance(replications, int) or replications < 2:
        raise DesignError(f"synthetic_did: replications must be at least 2, got {replications!r}.")
    _refuse(panel)
    arrays = panel.arrays()
    starts = np.array(panel.starts)
    fits = fit_cohorts(arrays.outcome, arrays.cohort, starts)
    estimate = average(fits, panel.n_periods)
    draws, reason = _replicate(
        arrays.outcome,
        arrays.cohort,
        starts,
        fits,
        inference=inference,
        replications=replications,
        seed=seed,
    )
    std_error = None
    if reason is None:
        centre = estimate if inference == "jackknife" else draws.mean()
        n = len(arrays.unit)
        scale = (n - 1) / n if inference == "jackknife" else 1 / len(draws)
        std_error = float(np.sqrt(scale * ((draws - centre) ** 2).sum()))
    pool = arrays.cohort == 0
    treated_path = np.array(
        [arrays.outcome[arrays.cohort == fit.cohort].mean(axis=0) for fit in fits]
    )
    synthetic_path = np.array([fit.unit @ arrays.outcome[pool] for fit in fits])
    n_treated, n_comparison = int((~pool).sum()), int(pool.sum())
    weight = np.array([fit.weight(panel.n_periods) for fit in fits])
    after = [path[fit.start :].mean() for path, fit in zip(treated_path, fits, strict=True)]
    effect = AttEstimate(
        term="average effect on the treated",
        estimate=estimate,
        std_error=std_error,
        n_treated=n_treated,
        n_comparison=n_comparison,
        reason=reason,
        level=level,
        method=Method(
            estimator="synthetic difference-in-differences (Arkhangelsky et al. 2021)",
            comparison_group="never-treated units, weighted",
            base_period="periods before treatment, weighted",
            clustering=panel.clustering,
            inference=_WORDS[inference].format(n=len(draws)) + ", normal reference",
            seed=None if inference == "jackknife" else seed,
            notes=_notes(panel, fits),
        ),
        counterfactual_mean=float(weight @ after / weight.sum()) - estimate,
    )
    return SyntheticDid(
        effect=effect,
        fits=fits,
        cohorts=tuple(panel.cohorts[fit.cohort] for fit in fits),
        periods=panel.periods.labels,
        comparison=tuple(map(str, arrays.unit[pool])),
        replications=draws,
        treated_path=treated_path,
        synthetic_path=synthetic_path,
    )


_WORDS = {
    "placebo": "standard deviation of {n} placebo effects on comparison units",
    "jackknife": "jackknife over {n} units, weights held",
    "bootstrap": "bootstrap of units, {n} draws, weights found anew",
}


def fit_cohorts(outcome: Floats, cohort: Ints, starts: Ints) -> tuple[CohortFit, ...]:
    """Weights and effect of every treated cohort; ``outcome`` (n, T), ``cohort`` (n,)."""
    pool = outcome[cohort == 0]
    return tuple(
        _fit(pool, outcome[cohort == g], int(g), int(starts[g]))
        for g in np.unique(cohort[cohort > 0])
    )


def average(fits: tuple[CohortFit, ...], n_periods: int) -> float:
    """Effects of cohorts averaged by treated unit-periods."""
    weight = np.array([fit.weight(n_periods) for fit in fits])
    return float(weight @ [fit.effect for fit in fits] / weight.sum())


def _fit(pool: Floats, treated: Floats, cohort: int, start: int) -> CohortFit:
    before, after = pool[:, :start], pool[:, start:]
    n_after = after.shape[1]
    noise = float(np.diff(before, axis=1).std(ddof=1))
    target = treated[:, :start].mean(axis=0)
    zeta = (len(treated) * n_after) ** 0.25 * noise
    # Taking means out of both sides is what the free intercepts do.
    by_time = (before - before.mean(axis=1, keepdims=True)).T
    unit = simplex_weights(by_time, target - target.mean(), zeta**2 * start)
    by_unit = before - before.mean(axis=0)
    later = after.mean(axis=1)
    time = simplex_weights(by_unit, later - later.mean(), (TIME_RIDGE * noise) ** 2 * len(pool))
    effect = _double_difference(pool, treated, start, unit, time)
    return CohortFit(
        cohort=cohort,
        start=start,
        effect=effect,
        unit=unit,
        time=time,
        treated_units=len(treated),
        noise=noise,
    )


def _double_difference(
    pool: Floats, treated: Floats, start: int, unit: Floats, time: Floats
) -> float:
    gap = treated.mean(axis=0) - unit @ pool
    return float(gap[start:].mean() - time @ gap[:start])


def _replicate(
    outcome: Floats,
    cohort: Ints,
    starts: Ints,
    fits: tuple[CohortFit, ...],
    *,
    inference: Inference,
    replications: int,
    seed: int,
) -> tuple[Floats, str | None]:
    """Effects behind the standard error, or why there are none."""
    n_periods = outcome.shape[1]
    pool = np.flatnonzero(cohort == 0)
    treated = cohort[cohort > 0]
    none = np.empty(0)
    draw = np.random.default_rng(seed)
    if inference == "placebo":
        if len(pool) <= len(treated):
            return none, (
                f"placebos need more comparison units ({len(pool)}) than treated ({len(treated)})"
            )
        effects = []
        for _ in range(replications):
            chosen = draw.permutation(pool)
            given = np.zeros(len(pool), dtype=np.int64)
            given[: len(treated)] = treated
            effects.append(average(fit_cohorts(outcome[chosen], given, starts), n_periods))
        return np.array(effects), None
    smallest = min(fit.treated_units for fit in fits)
    if smallest < 2 or len(pool) < 2:
        return none, f"{inference} needs two treated units in every cohort and two comparisons"
    if inference == "jackknife":
        return _leave_one_out(outcome, cohort, fits), None
    effects = []
    wanted = set(np.unique(cohort).tolist())
    while len(effects) < replications:
        chosen = draw.integers(0, len(cohort), len(cohort))
        drawn = cohort[chosen]
        # As the paper's algorithm 2: draws without a treated or a comparison unit are thrown away.
        if set(np.unique(drawn).tolist()) == wanted:
            effects.append(average(fit_cohorts(outcome[chosen], drawn, starts), n_periods))
    return np.array(effects), None


def _leave_one_out(outcome: Floats, cohort: Ints, fits: tuple[CohortFit, ...]) -> Floats:
    n_periods = outcome.shape[1]
    effects = []
    for i in range(len(cohort)):
        kept = np.arange(len(cohort)) != i
        left = []
        for fit in fits:
            unit = fit.unit[kept[cohort == 0]]
            # A comparison made of the unit left out alone has no weights to scale up.
            unit = unit / unit.sum() if unit.sum() > 0 else np.full(len(unit), 1 / len(unit))
            treated = outcome[kept & (cohort == fit.cohort)]
            pool = outcome[kept & (cohort == 0)]
            effect = _double_difference(pool, treated, fit.start, unit, fit.time)
            left.append((len(treated) * (n_periods - fit.start), effect))
        weight, effect_of = np.array(left).T
        effects.append(float(weight @ effect_of / weight.sum()))
    return np.array(effects)


def _refuse(panel: Panel) -> None:
    name = panel.name
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{name}: synthetic_did needs every unit in every period; read the panel with "
            "missing='complete_units'."
        )
    used = [role for role in ("weight", "cluster") if getattr(panel.roles, role)]
    if used:
        raise DesignError(
            f"{name}: synthetic_did takes units as they are, without {' or '.join(used)}; leave "
            "the role out, or add up units to the level of treatment first."
        )
    if not panel.cohort_units[0] or not sum(panel.cohort_units[1:]):
        raise DesignError(
            f"{name}: synthetic_did needs treated and never-treated units; there are "
            f"{sum(panel.cohort_units[1:]):,} and {panel.cohort_units[0]:,}. With units treated "
            "later as the only comparison, use att_gt(control_group='not_yet_treated')."
        )
    if panel.cohort_units[0] < 2:
        raise DesignError(f"{name}: synthetic_did needs two comparison units, there is one.")
    early = [
        str(label)
        for label, start, n in zip(panel.cohorts, panel.starts, panel.cohort_units, strict=True)
        if n and start < 2
    ]
    if early:
        raise DesignError(
            f"{name}: synthetic_did needs two periods before treatment; cohort {', '.join(early)} "
            "has one. Leave the cohort out, or use att_gt."
        )


def _notes(panel: Panel, fits: tuple[CohortFit, ...]) -> tuple[str, ...]:
    notes = []
    if len(fits) > 1:
        notes.append("cohorts estimated one by one and averaged by treated unit-periods")
    if panel.covariates:
        notes.append(f"not adjusted for {', '.join(panel.roles.covariates)}")
    for fit in fits:
        notes.append(
            f"cohort {panel.cohorts[fit.cohort]}: {int((fit.unit > 0).sum())} of {len(fit.unit)} "
            f"comparison units and {int((fit.time > 0).sum())} of {fit.start} periods have weight"
        )
    return tuple(notes)
