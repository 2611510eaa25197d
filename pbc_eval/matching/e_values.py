"""How strongly would something not measured have to go with treatment and outcome?

The E-value is the risk ratio that it would need with both, beyond what was measured, to explain an
effect away. Effects on other scales are first put as risk ratios: odds and hazard ratios of common
outcomes by the square root and by a like conversion, differences in means by exp(0.91 d) of the
standardised difference d, risk differences by the bias factor itself.

Sources: VanderWeele and Ding (2017), Annals of Internal Medicine 167, 268-274, and its appendix for
the scales; Ding and VanderWeele (2016), Epidemiology 27, 368-377, for risk differences.
"""

import math
from collections.abc import Sequence
from numbers import Real
from typing import Literal, NamedTuple

from pbc_eval._validate import check_choice, check_level, check_number
from pbc_eval.errors import DesignError
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.numerics.root_finding import root_between

Scale = Literal["risk_ratio", "odds_ratio", "hazard_ratio", "mean_difference", "risk_difference"]
SCALES = ("risk_ratio", "odds_ratio", "hazard_ratio", "mean_difference", "risk_difference")
PER_STANDARD_DEVIATION = 0.91  # log risk ratio of a standardised difference of one
OF_ITS_ERROR = 1.78  # the same for 1.96 standard errors, as published
OWNER = "e_value"


class EValue(NamedTuple):
    """Risk ratios that something not measured would need with treatment and with outcome: to
    explain away the estimate, and to move the nearer end of its interval to no effect (None
    without an interval; 1 when it includes no effect already)."""

    estimate: float
    interval: float | None


def e_value(
    estimate: float | Sequence[int],
    conf_low: float | None = None,
    conf_high: float | None = None,
    *,
    scale: Scale = "risk_ratio",
    rare: bool = False,
    std_error: float | None = None,
    sd: float = 1.0,
    null: float | None = None,
    level: float = 0.95,
) -> EValue:
    """The E-value of an effect, and of its interval where there is one.

    Ratios: ``conf_low`` and ``conf_high``, or the end nearer to no effect alone; ``rare`` says that
    fewer than 15% have the outcome, so that odds and hazard ratios are nearly risk ratios.
    "mean_difference": in the outcome's unit with its standard deviation ``sd`` (1 when standardised
    already), and its ``std_error`` or interval. "risk_difference": ``estimate`` is the four counts
    (treated with the outcome, treated without, comparison with, comparison without). ``null`` is
    the effect to be moved to, on the scale of the estimate; none by default.

    Raises DesignError for a ratio that is not positive, for an estimate outside its interval and
    for counts that are none.
    """
    check_choice(OWNER, "scale", scale, SCALES, DesignError)
    check_level(OWNER, level, DesignError)
    if scale == "risk_difference":
        return _of_counts(estimate, 0.0 if null is None else _number("null", null), level)
    if not isinstance(estimate, Real) or isinstance(estimate, bool):
        raise DesignError(f"{OWNER}: estimate must be a finite number, got {estimate!r}.")
    point = _number("estimate", estimate)
    ends = [None if end is None else _number(name, end) for name, end in
            (("conf_low", conf_low), ("conf_high", conf_high))]  # fmt: skip
    low, high = ends
    if (low is not None and low > point) or (high is not None and high < point):
        raise DesignError(
            f"{OWNER}: estimate {point:g} must lie within its interval, got conf_low={conf_low!r}, "
            f"conf_high={conf_high!r}."
        )
    if scale == "mean_difference":
        sd = _number("sd", sd)
        if sd <= 0:
            raise DesignError(f"{OWNER}: sd must be above 0, got {sd:g}.")
        unit = PER_STANDARD_DEVIATION / sd
        if std_error is not None:
            margin = OF_ITS_ERROR * _number("std_error", std_error) / sd
            margin *= float(normal_quantile(0.5 + level / 2) / normal_quantile(0.975))
            moved: list[float | None] = [unit * point - margin, unit * point + margin]
        else:
            moved = [None if end is None else unit * end for end in ends]
        near, far = (None if end is None else math.exp(end) for end in moved)
        target = 1.0 if null is None else math.exp(unit * _number("null", null))
        return _of_ratios(math.exp(unit * point), near, far, target)
    for name, value in (("estimate", point), ("conf_low", low), ("conf_high", high)):
        if value is not None and value <= 0:
            raise DesignError(
                f"{OWNER}: {name} is a ratio and must be a finite number above 0, got {value!r}."
            )
    target = 1.0 if null is None else _number("null", null)
    if target <= 0:
        raise DesignError(f"{OWNER}: null is a ratio and must be above 0, got {null!r}.")
    near, far = (None if end is None else _as_risk(end, scale, rare) for end in ends)
    return _of_ratios(_as_risk(point, scale, rare), near, far, _as_risk(target, scale, rare))


def _number(name: str, value: object) -> float:
    return check_number(OWNER, name, value, DesignError)


def _as_risk(ratio: float, scale: str, rare: bool) -> float:
    """A ratio as a risk ratio."""
    if rare or scale == "risk_ratio":
        return ratio
    root = math.sqrt(ratio)
    if scale == "odds_ratio":
        return root
    return float((1 - 0.5**root) / (1 - 0.5 ** (1 / root)))


def _of_ratios(point: float, low: float | None, high: float | None, null: float) -> EValue:
    nearer = low if point >= null else high
    if nearer is None:
        return EValue(_e_value(point / null), None)
    crosses = nearer <= null if point >= null else nearer >= null
    return EValue(_e_value(point / null), 1.0 if crosses else _e_value(nearer / null))


def _e_value(ratio: float) -> float:
    above = ratio if ratio >= 1 else 1 / ratio
    return float(above + math.sqrt(above * (above - 1)))


def _of_counts(counts: object, null: float, level: float) -> EValue:
    """Of a risk difference: the bias factor B that moves it, or its nearer end, to ``null``.

    At B the least true difference is (p1 - p0 B)(f + (1 - f) / B), f the share treated."""
    if not isinstance(counts, Sequence) or isinstance(counts, str) or len(counts) != 4:
        raise DesignError(
            f"{OWNER}: a risk difference is given by four counts: treated with the outcome and "
            f"without, comparison with and without; got {counts!r}."
        )
    with1, without1, with0, without0 = (_number("counts", count) for count in counts)
    if min(with1, without1, with0, without0) < 0 or not with1 + without1 or not with0 + without0:
        raise DesignError(
            f"{OWNER}: counts must not be negative, nor an arm empty; got {counts!r}."
        )
    n1, n0 = with1 + without1, with0 + without0
    p1, p0, share = with1 / n1, with0 / n0, n1 / (n1 + n0)
    if p1 < p0:  # the arms change places, so that the outcome is rarer in the second
        p1, p0, n1, n0, share, null = p0, p1, n0, n1, 1 - share, -null
    point = float(normal_quantile(0.5 + level / 2))

    def difference(bias: float, errors: float) -> float:
        weight = share + (1 - share) / bias
        moved = p1 - p0 * bias
        variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0 * bias**2) * weight**2
        variance += (moved * (1 - 1 / bias)) ** 2 * share * (1 - share) / (n1 + n0)
        return moved * weight - errors * math.sqrt(variance) - null

    def needed(errors: float) -> float:
        if difference(1.0, errors) <= 0:
            return 1.0
        if p0 == 0:
            return math.inf
        most = 2.0
        while difference(most, errors) > 0:
            most *= 2
        return root_between(lambda bias: difference(bias, errors), 1.0, most, tolerance=1e-13)

    return EValue(_e_value(needed(0.0)), _e_value(needed(point)))
