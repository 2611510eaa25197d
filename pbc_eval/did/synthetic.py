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

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.estimator import Estimator, EstimatorOptions
from pbc_eval.did.linear_covariates import adjusted_for, without_covariates
from pbc_eval.did.notes import not_adjusted
from pbc_eval.did.synthetic_errors import INFERENCES, Inference, replicate, why_none
from pbc_eval.did.synthetic_fit import (
    CohortFit,
    average,
    by_event_time,
    differences,
    fit_cohorts,
)
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.told_places import NEVER_TREATED
from pbc_eval.messages.values import COMPARISON_UNITS, UNITS, Number, Period, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, EffectSeries, Method

DEFAULT_SEED = 20_211_201


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SyntheticDid(Displayed):
    """The effect with all that a page shows of it. Weights add up to one in each cohort."""

    effect: AttEstimate
    series: EffectSeries  # by event time; before treatment, how well the synthetic path fits
    fits: tuple[CohortFit, ...]
    cohorts: tuple[int, ...]  # labels of the fits' cohorts
    periods: tuple[int, ...]  # (T,) labels
    comparison: tuple[str, ...]  # (n0,) names of the comparison units
    replications: Floats  # effects behind the standard error: placebos, draws or leave-one-outs
    treated_path: Floats  # (cohorts, T) mean outcome of the treated
    synthetic_path: Floats  # (cohorts, T) of the weighted comparison, at its own level

    def summary(self) -> str:
        return self.effect.summary()

    def to_frame(self) -> pd.DataFrame:
        """The effects by period since the start, as ``series`` has them; weights: unit_weights."""
        return self.series.to_frame()

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
    adjusted: bool = False,
) -> SyntheticDid:
    """Estimate the average effect on the treated by synthetic difference-in-differences.

    ``inference``: "placebo" gives treatment to comparison units, and needs more of them than there
    are treated ones; it is the only one for a single treated unit, and takes the noise to be alike
    in both groups. "jackknife" leaves out one unit at a time with the weights held; "bootstrap"
    draws units and finds the weights anew; both need two treated units in every cohort.
    ``replications``: placebos or bootstrap draws. Intervals are normal. ``adjusted``: outcomes less
    what the panel's covariates explain of untreated ones are weighted in place of outcomes, the
    slopes held (linear_covariates.py).

    Raises DesignError for panels that are not complete, without never-treated units, with fewer
    than two periods before treatment, or with weights or clusters, which the method does not know.
    """
    check_choice("synthetic_did", "inference", inference, INFERENCES, DesignError)
    check_level("synthetic_did", level, DesignError)
    if isinstance(replications, bool) or not isinstance(replications, int) or replications < 2:
        raise DesignError(f"synthetic_did: replications must be at least 2, got {replications!r}.")
    _refuse(panel)
    arrays = panel.arrays()
    note = (adjusted_for(panel, "synthetic_did"),) if adjusted else ()
    if adjusted:
        arrays = replace(arrays, outcome=without_covariates(panel, arrays, "synthetic_did"))
    starts = np.array(panel.starts)
    fits = fit_cohorts(arrays.outcome, arrays.cohort, starts)
    gaps = differences(arrays.outcome, arrays.cohort, fits)
    event_time = _event_times(panel, fits)
    index = np.unique(event_time).tolist()
    reason = why_none(arrays.cohort, fits, inference)
    rows = []
    if reason is None:
        for replication in replicate(
            arrays.outcome,
            arrays.cohort,
            starts,
            fits,
            inference=inference,
            replications=replications,
            seed=seed,
        ):
            again, refitted = differences(*replication), replication[2]
            path = by_event_time(again, refitted, event_time, index)
            rows.append(np.append(path, average(again, refitted)))
    draws = np.array(rows).reshape(len(rows), len(index) + 1)
    path = by_event_time(gaps, fits, event_time, index)
    everything = np.append(path, average(gaps, fits))
    estimate = float(everything[-1])
    covariance = np.full((len(everything), len(everything)), np.nan)
    if reason is None:
        apart = draws - (everything if inference == "jackknife" else draws.mean(axis=0))
        n = len(arrays.unit)
        covariance = apart.T @ apart * ((n - 1) / n if inference == "jackknife" else 1 / len(draws))
    std_error = None if reason else float(np.sqrt(covariance[-1, -1]))
    pool = arrays.cohort == 0
    treated_path = np.array(
        [arrays.outcome[arrays.cohort == fit.cohort].mean(axis=0) for fit in fits]
    )
    synthetic_path = np.array([fit.unit @ arrays.outcome[pool] for fit in fits])
    n_treated, n_comparison = int((~pool).sum()), int(pool.sum())
    level_after = average(treated_path, fits)
    effect = AttEstimate(
        term="average effect on the treated",
        estimate=estimate,
        std_error=std_error,
        n_treated=n_treated,
        n_comparison=n_comparison,
        reason=reason,
        level=level,
        method=_method(panel, fits, inference, len(draws), seed=seed, adjusted=note),
        counterfactual_mean=level_after - estimate,
    )
    return SyntheticDid(
        effect=effect,
        series=_series(
            effect, index, path, covariance[:-1, :-1], _treated_at(index, event_time, fits)
        ),
        fits=fits,
        cohorts=tuple(panel.cohorts[fit.cohort] for fit in fits),
        periods=panel.periods.labels,
        comparison=tuple(map(str, arrays.unit[pool])),
        replications=draws[:, -1],
        treated_path=treated_path,
        synthetic_path=synthetic_path,
    )


def _method(
    panel: Panel,
    fits: tuple[CohortFit, ...],
    inference: Inference,
    n_draws: int,
    *,
    seed: int,
    adjusted: tuple[Sentence, ...],
) -> Method:
    return Method(
        estimator="synthetic difference-in-differences (Arkhangelsky et al. 2021)",
        comparison_group=Sentence("never-treated units, weighted"),
        base_period="periods before treatment, weighted",
        clustering=panel.clustering,
        inference=_inference_words(inference, n_draws),
        seed=None if inference == "jackknife" else seed,
        notes=_notes(panel, fits, adjusted),
    )


def _event_times(panel: Panel, fits: tuple[CohortFit, ...]) -> Ints:
    clock = np.asarray(panel.periods.clock, dtype=float)
    first = panel.first_treated[[fit.cohort for fit in fits]]
    times: Ints = (clock[None, :] - first[:, None]).astype(np.int64)
    return times


def _treated_at(index: list[int], event_time: Ints, fits: tuple[CohortFit, ...]) -> list[int]:
    """Treated units of the cohorts that reach each event time."""
    units = np.array([fit.treated_units for fit in fits])
    return [int(units[(event_time == e).any(axis=1)].sum()) for e in index]


def _series(
    effect: AttEstimate, index: list[int], path: Floats, covariance: Floats, treated: list[int]
) -> EffectSeries:
    """Differences by event time with errors from the same replications."""
    errors = [None if effect.reason else float(np.sqrt(v)) for v in np.diag(covariance)]
    return EffectSeries(
        overall=effect,
        kind="event",
        index=tuple(index),
        effects=tuple(
            replace(
                effect,
                term=f"event time {e}",
                estimate=float(value),
                std_error=error,
                n_treated=units,
                counterfactual_mean=None,
            )
            for e, value, error, units in zip(index, path, errors, treated, strict=True)
        ),
        covariance=covariance,
    )


def _inference_words(inference: Inference, n: int) -> Sentence:
    """``n`` counts the replications; of the jackknife these are units."""
    if inference == "placebo":
        return Sentence(
            "standard deviation of {draws} placebo effects on comparison units, normal reference",
            draws=Number(n),
        )
    if inference == "jackknife":
        return Sentence(
            "jackknife over {units}, weights held, normal reference",
            units=Units(n, UNITS.always_plural),
        )
    return Sentence(
        "bootstrap of units, {draws} draws, weights found anew, normal reference", draws=Number(n)
    )


def _refuse(panel: Panel) -> None:
    name = panel.name
    panel.refuse_for("synthetic_did")
    if panel.repeated or not panel.balanced:
        raise DesignError(
            f"{name}: synthetic_did needs every unit in every period; read the panel with "
            "missing='complete_units'.",
            rule=Sentence("It needs every unit in every period."),
        )
    if panel.roles.weight:
        raise DesignError(
            f"{name}: synthetic_did takes each unit as it is, and {panel.roles.weight!r} is a "
            "weight. The method finds itself how much each comparison unit counts, and no "
            "published work says how sizes or survey weights should enter that. Leave the weight "
            "out, and each treated unit counts alike; or use att_gt, which takes it; or put in the "
            "weighted mean of the treated units as one unit.",
            rule=Sentence(
                "It takes units as they are: no published work says how sizes or survey weights "
                "enter it."
            ),
        )
    if panel.roles.cluster:
        raise DesignError(
            f"{name}: synthetic_did takes units as they are, without cluster; leave the role out, "
            "or add up units to the level of treatment first.",
            rule=Sentence("It takes units as they are, without clusters."),
        )
    if not panel.cohort_units[0] or not sum(panel.cohort_units[1:]):
        raise DesignError(
            f"{name}: synthetic_did needs treated and never-treated units; there are "
            f"{sum(panel.cohort_units[1:]):,} and {panel.cohort_units[0]:,}. With units treated "
            "later as the only comparison, use att_gt(control_group='not_yet_treated').",
            rule=Sentence("It needs treated and never-treated units."),
        )
    if panel.cohort_units[0] < 2:
        raise DesignError(
            f"{name}: synthetic_did needs two comparison units, there is one.",
            rule=Sentence("It needs {least}.", least=Number(2, noun=COMPARISON_UNITS)),
        )
    early = [
        str(label)
        for label, start, n in zip(panel.cohorts, panel.starts, panel.cohort_units, strict=True)
        if n and start < 2
    ]
    if early:
        raise DesignError(
            f"{name}: synthetic_did needs two periods before treatment; cohort {', '.join(early)} "
            "has one. Leave the cohort out, or use att_gt.",
            rule=Sentence("It needs two periods before treatment."),
        )


def _notes(
    panel: Panel, fits: tuple[CohortFit, ...], adjusted: tuple[Sentence, ...]
) -> tuple[Sentence, ...]:
    """``adjusted``: for what, if it was."""
    notes = [*adjusted]
    if len(fits) > 1:
        notes.append(Sentence("cohorts estimated one by one and averaged by treated unit-periods"))
    if panel.covariates and not adjusted:
        notes.append(not_adjusted(panel.roles.covariates))
    for fit in fits:
        notes.append(
            Sentence(
                "cohort {cohort}: {units} and {periods} of {all_periods} periods have weight",
                cohort=Period(panel.periods.name(panel.cohorts[fit.cohort])),
                units=Units(
                    int((fit.unit > 0).sum()),
                    COMPARISON_UNITS,
                    of=len(fit.unit),
                    cell=NEVER_TREATED,  # where every one has
                    of_cell=NEVER_TREATED,
                ),
                periods=Number(int((fit.time > 0).sum())),
                all_periods=Number(fit.start),
            )
        )
    return tuple(notes)


def _overall(panel: Panel, options: EstimatorOptions) -> AttEstimate:
    treated, compared = sum(panel.cohort_units[1:]), panel.cohort_units[0]
    if compared > MOST_TO_WEIGHT:
        raise DesignError(
            f"{panel.name}: synthetic_did was left out with more than {MOST_TO_WEIGHT} comparison "
            "units, which it would weight one by one; call it by itself.",
            rule=Sentence(
                "It was left out with more than {most} comparison units, which it would weight one "
                "by one.",
                most=Number(MOST_TO_WEIGHT),
            ),
        )
    inference: Inference = "placebo" if compared > treated else "jackknife"
    return synthetic_did(
        panel,
        inference=inference,
        level=options.level,
        seed=options.seed,
        adjusted=options.adjustment is not None,
    ).effect


MOST_TO_WEIGHT = 500  # comparison units, beyond which synthetic weights take minutes
ESTIMATOR = Estimator(
    name="synthetic",
    family="synthetic difference-in-differences",
    label="Synthetic difference-in-differences",
    method_words="Synthetic difference-in-differences (Arkhangelsky et al. 2021): comparison units "
    "and periods are weighted so that they move as the treated did before.",
    comparisons=("never treated",),
    adjusts_linearly=True,
    overall=_overall,
)
