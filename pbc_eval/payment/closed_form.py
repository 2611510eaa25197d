"""Probabilities of tiers and expected payments in closed form, for a normal estimate.

The estimate is normal around the true effect with a known standard error; its interval moves with
it. A tier is then reached when the estimate passes a cutoff, and its probability is that of a
normal tail; a tariff pays the mean of a normal cut off below zero and above its cap:

    P(X >= c) = Phi((m - c) / s)        E max(X, 0) = m Phi(m / s) + s phi(m / s)

Payments are those before rounding to the penny.
"""

from decimal import Decimal

import numpy as np

from pbc_eval.agreement.payment_adjusting import Clawback, Release
from pbc_eval.agreement.payment_base import Blend, MeasuredClause
from pbc_eval.agreement.payment_clauses import Bands, Slide, Tariff, Threshold
from pbc_eval.agreement.payment_terms import Clause, PaymentTerms
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_cdf, normal_density, normal_sf
from pbc_eval.payment.clauses import kind_of
from pbc_eval.payment.rule import limits_of
from pbc_eval.results import MeasuredOutcome


def bounds_of(clause: Clause) -> tuple[Decimal, ...]:
    """Where each tier above 0 starts, in the clause's measure; empty for kinds without tiers."""
    match clause:
        case Threshold() | Release() | Clawback():
            return (clause.minimum,)
        case Bands():
            return tuple(band.lower for band in clause.bands)
        case Slide():
            return clause.start.at, clause.end.at
    return ()


def cutoffs(clause: Clause, outcome: MeasuredOutcome) -> Floats | None:
    """The estimates (k,) from which each tier above 0 is reached; None without a closed form.

    There is none where a clause rests on a count, on several outcomes or on no tiers.
    """
    bounds = bounds_of(clause)
    if not bounds or not isinstance(clause, MeasuredClause) or clause.measure == "count":
        return None
    return np.array([_cutoff(clause, outcome, float(bound)) for bound in bounds])


def _cutoff(clause: MeasuredClause, outcome: MeasuredOutcome, bound: float) -> float:
    """The estimate from which the measure reaches the bound, under the estimate rule."""
    if clause.measure_decimals is not None:  # half up: so much less is rounded up to it
        bound -= 0.5 * 10.0**-clause.measure_decimals
    if clause.measure == "relative_effect":
        return _relative_cutoff(clause, outcome, bound)
    bound = _per_unit(clause, outcome, bound)
    return _shifted(clause, outcome, bound)


def _relative_cutoff(clause: MeasuredClause, outcome: MeasuredOutcome, bound: float) -> float:
    """The estimate x from which the effect that counts, over the counterfactual estimated with it,
    reaches the bound: x - d >= bound (c + slope (x - effect)), d being what the rule takes off.

    One of x alone, since the counterfactual's error goes with the effect's: its covariance is in.
    """
    effect, slope = outcome.effect or 0.0, outcome.counterfactual_slope
    level = (outcome.counterfactual or 1.0) - slope * effect
    by_sign = clause.estimate_used == "zero_unless_significant"
    taken = 0.0 if by_sign else _shifted(clause, outcome, 0.0)
    if bound * slope >= 1:  # a reduction by all of the level and more
        return np.inf
    reached = (taken + bound * level) / (1 - bound * slope)
    if not by_sign:
        return reached
    below = effect - _side(outcome.conf_low, effect)
    return max(reached, below) if bound > 0 else effect - _side(outcome.conf_high, effect)


def _shifted(clause: MeasuredClause, outcome: MeasuredOutcome, bound: float) -> float:
    """The estimate from which what counts of it, in the effect's own unit, reaches the bound."""
    effect, rule = outcome.effect or 0.0, clause.estimate_used
    if isinstance(rule, Blend):  # other estimates keep their distance from the headline
        known = dict(outcome.alternatives)
        ahead = sum(w * (known.get(name, effect) - effect) for name, w in rule.blend.items())
        return bound - ahead
    if rule == "point":
        return bound
    below = effect - _side(outcome.conf_low, effect)
    if rule == "lower_bound":
        return bound + below
    if bound > 0:
        return max(bound, below)
    # an effect that counts as zero reaches a bound of zero; one that is worse for certain does not
    return effect - _side(outcome.conf_high, effect)


def _side(value: float | None, effect: float) -> float:
    return effect if value is None else value


def _per_unit(clause: MeasuredClause, outcome: MeasuredOutcome, bound: float) -> float:
    if clause.measure == "total":
        return bound / (outcome.total_scale or 1.0)
    return bound


def tier_probabilities(
    clause: Clause, outcome: MeasuredOutcome, true_effect: float, std_error: float
) -> Floats | None:
    """Probability (k + 1,) of each tier from 0 up; None without a closed form."""
    starts = cutoffs(clause, outcome)
    if starts is None:
        return None
    reached = normal_sf((starts - true_effect) / std_error)
    return -np.diff(np.concatenate([[1.0], reached, [0.0]]))


def expected_amount(
    clause: Clause,
    outcome: MeasuredOutcome,
    true_effect: float,
    std_error: float,
    terms: PaymentTerms,
) -> float | None:
    """Expected amount of a line that pays lumps by tier, or a price per unit; else None.

    A tariff has a closed form when it pays the estimate or its lower bound on an effect or total,
    with any cap but without a floor.
    """
    sign = -1.0 if clause.deduction else 1.0
    if clause.floor is not None or getattr(clause, "indexed", None) is not None:
        return None
    lumps = _lumps(clause)
    if lumps is not None:
        chances = tier_probabilities(clause, outcome, true_effect, std_error)
        cap = np.inf if clause.cap is None else float(clause.cap)
        return None if chances is None else sign * float(np.minimum(lumps, cap) @ chances)
    if not isinstance(clause, Tariff) or clause.measure not in ("effect", "total"):
        return None
    if clause.estimate_used not in ("point", "lower_bound") or clause.negative_allowed:
        return None
    scale = float(clause.price) * (
        (outcome.total_scale or 0.0) if clause.measure == "total" else 1.0
    )
    shift = 0.0
    if clause.estimate_used == "lower_bound":
        shift = _side(outcome.conf_low, outcome.effect or 0.0) - (outcome.effect or 0.0)
    mean, spread = scale * (true_effect + shift), scale * std_error
    most = [np.inf]
    for limit in limits_of(clause, kind_of(clause).rule(clause, terms), terms):
        if limit.name == "cap" and clause.cap is not None:
            most.append(float(clause.cap))
        elif limit.name == "max_units" and clause.max_units is not None:
            most.append(float(clause.price * clause.max_units))
        elif clause.cap_per_person is not None:
            most.append(float(clause.cap_per_person) * (outcome.total_scale or 0.0))
    above = _mean_above(mean, spread, 0.0) - _mean_above(mean, spread, min(most))
    return sign * above


def _lumps(clause: Clause) -> Floats | None:
    """What each tier pays from 0 up, where each pays a lump."""
    if isinstance(clause, Threshold) and clause.amount is not None:
        return np.array([0.0, float(clause.amount)])
    if isinstance(clause, Bands) and all(band.pay is not None for band in clause.bands):
        lumps = np.array([float(band.pay or 0) for band in clause.bands])
        return np.concatenate([[0.0], lumps if clause.mode == "retroactive" else lumps.cumsum()])
    return None


def _mean_above(mean: float, spread: float, bound: float) -> float:
    """E max(X - bound, 0) of a normal X."""
    if not np.isfinite(bound):
        return 0.0
    if spread == 0:
        return max(mean - bound, 0.0)
    z = (mean - bound) / spread
    return float((mean - bound) * normal_cdf(z) + spread * normal_density(z))
