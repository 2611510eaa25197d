"""From a measured outcome to the number a clause pays on.

    MeasuredOutcome ── estimate rule ──▶ effect ── measure ──▶ Decimal of 12 significant digits

Effects are floats and carry noise: 0.3 - 0.2 is 0.09999999999999998. Every measure and every
agreed bound is therefore rounded to 12 significant digits before it is compared or priced, so an
effect of 0.1 meets a threshold of 0.1. Where the contract states decimals, they apply instead,
half up.
"""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import PaymentTermsError
from pbc_eval.results import MeasuredOutcome
from pbc_eval.spec.payment_terms import HEADLINE, Blend, ClauseBase, Measure

SIGNIFICANT_DIGITS = 12  # an effect's float noise is near the 16th; no agreed figure has 12

Input = tuple[str, float | Decimal | str]


class Measured(NamedTuple):
    """A measure as the clause uses it, and everything it was made from, in order."""

    value: Decimal
    inputs: tuple[Input, ...]
    denominator: float | None  # units behind it: MeasuredOutcome.total_scale


def significant(value: float | Decimal) -> Decimal:
    """``value`` at 12 significant digits, free of float noise."""
    return Decimal(f"{value:.{SIGNIFICANT_DIGITS}g}")


def measured(clause: ClauseBase, outcome: MeasuredOutcome, measure: Measure) -> Measured:
    """The measure of ``outcome`` that ``clause`` asks for, under its estimate rule.

    A relative effect divides by the counterfactual, which is taken as known: its own sampling
    error is in no bound. Raises PaymentTermsError when the measure cannot be had, with the remedy.
    """
    if measure == "count":
        count = _required(clause, outcome, "count", outcome.count)
        return Measured(_decimal(clause, count, measure), (("count", count),), outcome.total_scale)
    if outcome.source == "counted":
        raise PaymentTermsError(
            f"{clause.id}: measure is {measure}, but {outcome.outcome!r} was counted, not "
            "estimated against a comparison group. Use measure: count."
        )
    effect, inputs = _effect(clause, outcome)
    if measure == "relative_effect":
        level = _required(clause, outcome, "counterfactual", outcome.counterfactual)
        if not level > 0:
            raise PaymentTermsError(
                f"{clause.id}: a relative effect divides by the counterfactual of "
                f"{outcome.outcome!r}, which must be above zero, got {level!r}. Use measure: "
                "effect or total."
            )
        effect, inputs = effect / level, (*inputs, ("counterfactual", level))
    if measure == "total":
        scale = _required(clause, outcome, "total_scale", outcome.total_scale)
        if not scale > 0:
            raise PaymentTermsError(
                f"{clause.id}: total_scale of {outcome.outcome!r} (the number of units behind "
                f"the total) must be above zero, got {scale!r}."
            )
        effect, inputs = effect * scale, (*inputs, ("total_scale", scale))
    return Measured(_decimal(clause, effect, measure), inputs, outcome.total_scale)


def _decimal(clause: ClauseBase, value: float, measure: Measure) -> Decimal:
    """The agreed decimals are those of the clause's own measure, not of what it is paid on."""
    exact = significant(value)
    if clause.measure_decimals is None or measure != clause.measure:
        return exact
    return exact.quantize(Decimal(1).scaleb(-clause.measure_decimals), ROUND_HALF_UP)


def _effect(clause: ClauseBase, outcome: MeasuredOutcome) -> tuple[float, tuple[Input, ...]]:
    """Effect per unit under the clause's estimate rule, and the figures behind it."""
    effect = _required(clause, outcome, "effect", outcome.effect)
    rule = clause.estimate_used
    if isinstance(rule, Blend):
        return _blend(clause, outcome, rule, effect)
    if rule == "point":
        return effect, (("effect", effect),)
    low = _required(clause, outcome, "conf_low", outcome.conf_low)
    if low > effect:
        raise PaymentTermsError(
            f"{clause.id}: conf_low {low!r} of {outcome.outcome!r} is above its effect {effect!r}. "
            "Effects are signed so that positive is an improvement: when the sign of an effect is "
            "turned, its bounds change places."
        )
    if rule == "lower_bound":
        return low, (("effect", effect), ("conf_low", low))
    high = _required(clause, outcome, "conf_high", outcome.conf_high)
    if high < effect:
        raise PaymentTermsError(
            f"{clause.id}: conf_high {high!r} of {outcome.outcome!r} is below its effect "
            f"{effect!r}. Correct the interval."
        )
    excludes_zero = low > 0 or high < 0
    inputs: tuple[Input, ...] = (
        ("effect", effect),
        ("conf_low", low),
        ("conf_high", high),
        ("interval excludes zero", "yes" if excludes_zero else "no: the effect counts as zero"),
    )
    return (effect if excludes_zero else 0.0), inputs


def _blend(
    clause: ClauseBase, outcome: MeasuredOutcome, rule: Blend, headline: float
) -> tuple[float, tuple[Input, ...]]:
    known = {HEADLINE: headline} | dict(outcome.alternatives)
    inputs: list[Input] = []
    for name, weight in rule.blend.items():
        if name not in known:
            raise PaymentTermsError(
                f"{clause.id}: the blend names {name!r}, but {outcome.outcome!r} was estimated by "
                f"{', '.join(known)}.{did_you_mean(name, known)} Run that estimator, or change "
                "the blend."
            )
        _required(clause, outcome, f"alternative {name!r}", known[name])
        inputs += [(f"effect, {name}", known[name]), (f"weight, {name}", weight)]
    blended = math.fsum(weight * known[name] for name, weight in rule.blend.items())
    return blended, (*inputs, ("blended effect", blended))


REMEDIES = {
    "effect": "Estimate it, or pay on measure: count.",
    "count": "Supply the verified count, or pay on measure: total.",
    "counterfactual": "Report the level without the programme, or use measure: effect or total.",
    "total_scale": "State the number of units behind the estimate, or use measure: effect.",
    "conf_low": "Report an interval, or agree on estimate_used: point.",
    "conf_high": "Report an interval, or agree on estimate_used: point.",
}


def _required(
    clause: ClauseBase, outcome: MeasuredOutcome, name: str, value: float | None
) -> float:
    if value is None:
        raise PaymentTermsError(
            f"{clause.id}: needs {name} of {outcome.outcome!r}, which has none. {REMEDIES[name]}"
        )
    if not math.isfinite(value):
        raise PaymentTermsError(
            f"{clause.id}: {name} of {outcome.outcome!r} must be a finite number, got {value!r}. "
            "A payment cannot rest on it."
        )
    return value
