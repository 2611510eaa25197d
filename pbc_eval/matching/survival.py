"""Time to an event: how much longer people go without it, on average, up to a horizon.

    sample, time, event ── restricted_mean_effect ──▶ AttEstimate

Each group's weighted Kaplan-Meier curve is the share who have not had the event; the area under it
up to the horizon is the mean time without it (the restricted mean survival time), and the effect is
the difference of the two areas. Unlike a hazard ratio it needs no proportional hazards and is in
units of time. People who were lost to follow-up count as long as they were seen; that is right only
if being lost has nothing to do with what would have happened to them.

The error comes from each person's influence on the area, added up by matched set; in a weighted
sample it counts the estimation of the score.

Source: Kaplan & Meier (1958), JASA 53, 457-481; Xie & Liu (2005), Statistics in Medicine 24,
3089-3110 (weights); Royston & Parmar (2013), BMC Medical Research Methodology 13, 152; influence:
Reid (1981), Annals of Statistics 9, 78-92.
"""

from numbers import Real
from typing import NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level, first_few
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.group_means import (
    Sample,
    analysed,
    analysis_weights,
    in_analysis,
    joint_covariance,
)
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import PEOPLE, UNITS, Name, Units
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.results import AttEstimate, Method


class RestrictedMean(NamedTuple):
    """The area under one group's curve, and its derivative by each person's weight, (m,)."""

    mean: float
    per_weight: Floats


def restricted_mean_effect(
    sample: Sample,
    time: str | pd.Series,
    event: str | pd.Series,
    horizon: float | None = None,
    level: float = 0.95,
) -> AttEstimate:
    """The difference in mean time without the event up to ``horizon``, in the unit of ``time``.

    ``time`` is when each person had the event or was last seen, ``event`` 1 if it was the event
    and 0 if they were lost from sight; both as in the sample's ``effect``. Without ``horizon``
    it is the longest that both groups can be followed.

    Raises DataError for times that are not above 0 and events other than 0 and 1, DesignError for
    a horizon beyond what one of the groups was followed.
    """
    check_level("restricted_mean_effect", level, DesignError)
    name, times = analysed(sample, time, "time")
    event_name, events = analysed(sample, event, "event")
    _refuse(name, "times must be above 0", times[times <= 0])
    _refuse(event_name, "an event must be 0 or 1", events[(events != 0) & (events != 1)])
    treated, weights = sample.design.treated[in_analysis(sample)], analysis_weights(sample)
    longest = min(_followed(times[group], events[group]) for group in (treated, ~treated))
    if horizon is None:
        horizon = float(min(times[group].max() for group in (treated, ~treated)))
    _check_horizon(horizon, longest)
    arms = []
    for group in (treated, ~treated):
        mine = restricted_mean(times[group], events[group] == 1, weights[group], horizon)
        whole = np.zeros(len(times))
        whole[group] = mine.per_weight
        arms.append(RestrictedMean(mine.mean, whole))
    per_weight = np.column_stack([part.per_weight for part in arms])
    covariance, freedom = joint_covariance(sample, per_weight)
    lean = np.array([1.0, -1.0])
    error = None if covariance is None else float(np.sqrt(max(lean @ covariance @ lean, 0.0)))
    return AttEstimate(
        term=f"{name}, up to {horizon:g}",
        estimate=arms[0].mean - arms[1].mean,
        std_error=error,
        n_treated=int(treated.sum()),
        n_comparison=int((~treated).sum()),
        level=level,
        degrees_of_freedom=freedom,
        reason=Sentence("too few people or matched sets") if error is None else None,
        counterfactual_mean=arms[1].mean,
        method=Method(
            estimator=(
                f"difference in restricted mean time up to {horizon:g} (weighted Kaplan-Meier) "
                f"after {sample.settings.in_words}"
            ),
            comparison_group=Sentence(
                "{units} with {treatment} = 0",
                units=Units(int((~treated).sum()), UNITS),
                treatment=Name(sample.design.treatment),
            ),
            inference=Sentence("influence of each person on the area under the curve"),
            notes=(
                Sentence(
                    "{lost} were lost from sight before the event; the estimate takes that to have "
                    "nothing to do with the event.",
                    lost=Units(int((events == 0).sum()), PEOPLE, of=len(events)),
                ),
                *sample.notes,
            ),
        ),
    )


def restricted_mean(
    times: Floats, events: Bools, weights: Floats, horizon: float
) -> RestrictedMean:
    """The area under one weighted Kaplan-Meier curve up to ``horizon``. All arrays (m,)."""
    moments = np.unique(times[events & (times <= horizon)])
    at_risk = _at_or_after(times, weights, moments)
    place = np.searchsorted(moments, times)
    happened = events & (times <= horizon)
    deaths = np.bincount(place[happened], weights[happened], minlength=len(moments))
    staying = 1 - deaths / at_risk
    staying[staying < 1e-12] = 0.0  # the last person at risk had the event
    curve = np.cumprod(staying)
    steps = np.diff(np.r_[0.0, moments, horizon])
    heights = np.r_[1.0, curve]
    after = np.cumsum((heights * steps)[::-1])[::-1][1:]  # area from each moment to the horizon
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(staying > 0, after / (at_risk - deaths), 0.0)
    # a person at risk holds the curve up; one whose event it is pulls it down
    held = np.r_[0.0, np.cumsum(pull * deaths / at_risk)]
    upto = np.searchsorted(moments, np.minimum(times, horizon), side="right")
    per_weight = held[upto]
    per_weight[happened] -= pull[place[happened]]
    return RestrictedMean(float(heights @ steps), per_weight)


def _at_or_after(times: Floats, weights: Floats, moments: Floats) -> Floats:
    line = np.argsort(times, kind="stable")
    from_end = np.r_[np.cumsum(weights[line][::-1])[::-1], 0.0]
    return np.asarray(from_end[np.searchsorted(times[line], moments, side="left")])


def _followed(times: Floats, events: Floats) -> float:
    """How far a group's curve is known: without end when the last person seen had the event."""
    last = times.max()
    return float("inf") if (events[times == last] == 1).all() else float(last)


def _check_horizon(horizon: float, longest: float) -> None:
    if isinstance(horizon, bool) or not isinstance(horizon, Real) or not 0 < horizon < np.inf:
        raise DesignError(
            f"restricted_mean_effect: horizon must be a finite time above 0, got {horizon!r}."
        )
    if horizon > longest:
        raise DesignError(
            f"restricted_mean_effect: horizon {horizon:g} lies beyond {longest:g}, up to which "
            "both groups were followed; the curves are not known further. Pass a horizon up to "
            f"{longest:g}, or leave it out."
        )


def _refuse(name: str, rule: str, wrong: Floats) -> None:
    if len(wrong):
        raise DataError(
            f"restricted_mean_effect: {rule}; {name!r} has {len(wrong):,} others "
            f"({first_few(f'{value:g}' for value in wrong)}). Correct them, or leave those people "
            "out before matching and say why."
        )
