"""From a measured outcome to the number a clause pays on.

    MeasuredOutcome ── estimate rule ──▶ effect ── measure ──▶ number of 12 significant digits

Effects are floats and carry noise: 0.3 - 0.2 is 0.09999999999999998. Every measure and every
agreed bound is therefore rounded to 12 significant digits before it is compared or priced, so an
effect of 0.1 meets a threshold of 0.1. Counts are no estimates: they keep 15, and whole numbers
every digit. Where the contract states decimals, they apply instead, half up.
"""

import math
from collections.abc import Mapping
from decimal import Decimal

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.money import MOST_DIGITS
from pbc_eval.agreement.payment_base import HEADLINE, Blend, EstimateRule, Measure
from pbc_eval.errors import PaymentTermsError
from pbc_eval.numerics.distributions import beta_quantile
from pbc_eval.payment.expression import (
    COUNT_DIGITS,
    SIGNIFICANT_DIGITS,
    ZERO,
    Above,
    Expression,
    Fact,
    If,
    Over,
    Plus,
    Rounded,
    Significant,
    Term,
    Times,
    significant,
)
from pbc_eval.payment.people import paid_within
from pbc_eval.results import MeasuredOutcome

Input = tuple[str, float | Decimal | str]
Rule = EstimateRule | Blend
REMEDIES = {
    "effect": "Estimate it, or pay on measure: count.",
    "count": "Supply the verified count, or pay on measure: total.",
    "counterfactual": "Report the level without the programme, or use measure: effect or total.",
    "total_scale": "State total under its outcome (total_scale in Python): the number of units "
    "behind the estimate; or use measure: effect.",
    "conf_low": "Report an interval, or agree on estimate_used: point.",
    "conf_high": "Report an interval, or agree on estimate_used: point.",
}
UPPER_ERROR = "upper error share at "  # before the level, in the name of a fact
BY_PERSON = "counts by person are known"  # 1 or 0
WITHIN = "paid within the cap for each person at "  # before the price and the cap
ALTERNATIVE = "alternative "  # before the name of another estimator, in the name of a fact


def measure_of(
    outcome: str, measure: Measure, rule: Rule, decimals: int | None = None
) -> Expression:
    """The measure of ``outcome`` under the estimate rule, as it is compared and priced.

    A relative effect divides by the counterfactual, which is taken as known: its own sampling
    error is in no bound. What the rule pays by chance (``risk``) counts it.
    """
    if measure == "count":
        value: Expression = Fact(outcome, "count")
    elif measure == "relative_effect":
        value = Over(_effect(outcome, rule), Fact(outcome, "counterfactual"))
    elif measure == "total":
        value = Times((_effect(outcome, rule), Fact(outcome, "total_scale")))
    else:
        value = _effect(outcome, rule)
    exact = Significant(value, COUNT_DIGITS if measure == "count" else SIGNIFICANT_DIGITS)
    return exact if decimals is None else Rounded(exact, decimals, "half_up")


def _effect(outcome: str, rule: Rule) -> Expression:
    """Effect per unit under the estimate rule."""
    effect = Fact(outcome, "effect")
    if isinstance(rule, Blend):
        return Plus(
            tuple(
                Times((Term(f"weight of {name}", Decimal(repr(weight))), _estimate(outcome, name)))
                for name, weight in rule.blend.items()
            )
        )
    if rule == "point":
        return effect
    low, high = Fact(outcome, "conf_low"), Fact(outcome, "conf_high")
    if rule == "lower_bound":
        return low
    # Beside the effect, so that a bound of 0.4 - 0.4 = 0.00000000000000006 does not pay.
    here, beyond_low, beyond_high = (
        Significant(part) for part in (effect, Plus((effect, low)), Plus((effect, high)))
    )
    excludes_zero = Plus((Above(beyond_low, here), Above(here, beyond_high)))
    return If(excludes_zero, effect, ZERO)


def _estimate(outcome: str, name: str) -> Fact:
    return Fact(outcome, "effect" if name == HEADLINE else ALTERNATIVE + name)


def fact_of(outcome: MeasuredOutcome, name: str) -> float | Decimal:
    """A number that is known of an outcome, by the name that formulas use. Counts that are whole
    numbers or Decimals lose no digit.

    The upper bound of the share of wrong claims is one-sided and exact (Clopper and Pearson,
    Biometrika 26, 1934).
    """
    if name.startswith(ALTERNATIVE):
        return float(dict(outcome.alternatives)[name.removeprefix(ALTERNATIVE)])
    if name.startswith(UPPER_ERROR):
        level = float(name.removeprefix(UPPER_ERROR))
        checked, wrong = outcome.claims_checked or 0, outcome.claims_wrong or 0
        return 1.0 if wrong == checked else float(beta_quantile(level, wrong + 1, checked - wrong))
    if name == BY_PERSON:
        return Decimal(outcome.by_person is not None)
    if name.startswith(WITHIN):
        price, cap = name.removeprefix(WITHIN).split(" of ")
        return paid_within(outcome, Decimal(price), Decimal(cap))
    if name == "total_scale" and outcome.total_scale is None and outcome.by_person is not None:
        return Decimal(len(outcome.by_person))  # a person each
    value = getattr(outcome, name)
    return value if isinstance(value, Decimal) else Decimal(repr(value))


def check_measure(
    clause: str, outcome: MeasuredOutcome, measure: Measure, rule: Rule
) -> tuple[Input, ...]:
    """The figures behind a measure, in the order of use.

    Raises PaymentTermsError when the measure cannot be had, with the remedy.
    """
    if measure == "count":
        return (("count", _required(clause, outcome, "count")),)
    if outcome.source == "counted":
        raise PaymentTermsError(
            f"{clause}: measure is {measure}, but {outcome.outcome!r} was counted, not "
            "estimated against a comparison group. Use measure: count."
        )
    inputs = _estimate_inputs(clause, outcome, rule)
    if measure == "relative_effect":
        level = _required(clause, outcome, "counterfactual")
        if not level > 0:
            raise PaymentTermsError(
                f"{clause}: a relative effect divides by the counterfactual of "
                f"{outcome.outcome!r}, which must be above zero, got {level!r}. Use measure: "
                "effect or total."
            )
        return (*inputs, ("counterfactual", level))
    if measure == "total":
        scale = _required(clause, outcome, "total_scale")
        if not scale > 0:
            raise PaymentTermsError(
                f"{clause}: total_scale of {outcome.outcome!r} (the number of units behind "
                f"the total) must be above zero, got {scale!r}."
            )
        return (*inputs, ("total_scale", scale))
    return inputs


def _estimate_inputs(clause: str, outcome: MeasuredOutcome, rule: Rule) -> tuple[Input, ...]:
    effect = _required(clause, outcome, "effect")
    if isinstance(rule, Blend):
        return _blend_inputs(clause, outcome, rule)
    if rule == "point":
        return (("effect", effect),)
    low = _required(clause, outcome, "conf_low")
    if low > effect:
        raise PaymentTermsError(
            f"{clause}: conf_low {low!r} of {outcome.outcome!r} is above its effect {effect!r}. "
            "Effects are signed so that positive is an improvement: when the sign of an effect is "
            "turned, its bounds change places."
        )
    if rule == "lower_bound":
        return ("effect", effect), ("conf_low", low)
    high = _required(clause, outcome, "conf_high")
    if high < effect:
        raise PaymentTermsError(
            f"{clause}: conf_high {high!r} of {outcome.outcome!r} is below its effect "
            f"{effect!r}. Correct the interval."
        )
    here = significant(effect)
    excludes_zero = significant(effect + low) > here or significant(effect + high) < here
    return (
        ("effect", effect),
        ("conf_low", low),
        ("conf_high", high),
        ("interval excludes zero", "yes" if excludes_zero else "no: the effect counts as zero"),
    )


def _blend_inputs(clause: str, outcome: MeasuredOutcome, rule: Blend) -> tuple[Input, ...]:
    known: Mapping[str, float | None] = {HEADLINE: outcome.effect} | dict(outcome.alternatives)
    inputs: list[Input] = []
    parts: list[float] = []
    for name, weight in rule.blend.items():
        if name not in known:
            raise PaymentTermsError(
                f"{clause}: the blend names {name!r}, but {outcome.outcome!r} was estimated by "
                f"{', '.join(known)}.{did_you_mean(name, known)} Run that estimator, or change "
                "the blend."
            )
        value = _finite(clause, outcome, f"alternative {name!r}", known[name])
        inputs += [(f"effect, {name}", value), (f"weight, {name}", weight)]
        parts.append(weight * value)
    return (*inputs, ("blended effect", math.fsum(parts)))


def _required(clause: str, outcome: MeasuredOutcome, name: str) -> float:
    value: float | None = getattr(outcome, name)
    if value is None:
        why = outcome.no_interval if name in ("conf_low", "conf_high") else None
        reason = f" ({str(why).rstrip('.')})" if why else ""
        raise PaymentTermsError(
            f"{clause}: needs {name} of {outcome.outcome!r}, which has none{reason}. "
            f"{REMEDIES[name]}"
        )
    return _finite(clause, outcome, name, value)


def _finite(clause: str, outcome: MeasuredOutcome, name: str, value: float | None) -> float:
    if value is None or not math.isfinite(value):
        raise PaymentTermsError(
            f"{clause}: {name} of {outcome.outcome!r} must be a finite number, got {value!r}. "
            "A payment cannot rest on it."
        )
    if abs(value) >= 10**MOST_DIGITS:
        raise PaymentTermsError(
            f"{clause}: {name} of {outcome.outcome!r} must have at most {MOST_DIGITS} digits "
            f"before the point, got {value!r}. Is it in another unit?"
        )
    return value
