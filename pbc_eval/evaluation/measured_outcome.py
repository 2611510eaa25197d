"""From an estimate to what payment and value are reckoned on: positive is an improvement."""

from collections.abc import Sequence
from dataclasses import replace

from pbc_eval.agreement.outcomes import Outcome, ReportedEffect
from pbc_eval.results import AttEstimate, MeasuredOutcome

SHARE_OF_COMPARISON = "share of the comparison level"  # the unit of a reduction without levels


def measured_from_estimate(
    outcome: Outcome,
    headline: AttEstimate,
    *,
    total_scale: float | None,
    alternatives: Sequence[tuple[str, AttEstimate]] = (),
) -> MeasuredOutcome:
    """Turn the sign so that an improvement is positive; the interval turns with it."""
    low, high = headline.conf_low, headline.conf_high
    if low is not None and high is not None and outcome.sign < 0:
        low, high = -high, -low
    return MeasuredOutcome(
        outcome=outcome.id,
        source="estimated",
        effect=outcome.sign * headline.estimate,
        std_error=headline.error_of_inference,
        conf_low=low,
        conf_high=high,
        p_value=headline.p_value,
        counterfactual=headline.counterfactual_mean,
        counterfactual_slope=float(-outcome.sign),
        total_scale=total_scale,
        unit=outcome.unit,
        alternatives=tuple((name, outcome.sign * e.estimate) for name, e in alternatives),
        no_interval=headline.reason or headline.no_interval,
    )


def with_interval(
    outcome: Outcome, measured: MeasuredOutcome, low: float, high: float
) -> MeasuredOutcome:
    """The same estimate with the ends of another interval, signed as the estimate was measured: as
    payment would see it. It has no normal error any more, and no p-value."""
    ends = (low, high) if outcome.sign > 0 else (-high, -low)
    return replace(measured, std_error=None, p_value=None, conf_low=ends[0], conf_high=ends[1])


def measured_alternatives(
    outcome: Outcome, estimates: Sequence[tuple[str, AttEstimate]], *, total_scale: float | None
) -> dict[str, MeasuredOutcome]:
    """Each other estimate as payment would see it, had it been the agreed one."""
    return {
        name: measured_from_estimate(outcome, estimate, total_scale=total_scale)
        for name, estimate in estimates
    }


def measured_from_report(outcome: Outcome, reported: ReportedEffect) -> MeasuredOutcome:
    """A published result as it was reported: two levels, an effect, or a relative reduction.

    A relative reduction without levels is held as an effect on a comparison level of 1, so that
    relative measures are exact and no level is invented.
    """
    if reported.treated is not None and reported.comparison is not None:
        effect = outcome.sign * (reported.treated - reported.comparison)
        counterfactual: float | None = reported.comparison
        unit = outcome.unit
    elif reported.relative_reduction is not None:
        effect, counterfactual = reported.relative_reduction, 1.0
        unit = SHARE_OF_COMPARISON
    else:
        effect = outcome.sign * float(reported.effect or 0.0)
        counterfactual, unit = None, outcome.unit
    return MeasuredOutcome(
        outcome=outcome.id,
        source="reported",
        effect=effect,
        std_error=reported.std_error,
        counterfactual=counterfactual,
        counterfactual_slope=0.0 if reported.treated is None else float(-outcome.sign),
        total_scale=None if reported.n_treated is None else float(reported.n_treated),
        unit=unit,
    )
