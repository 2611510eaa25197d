"""How likely a trial is to see an effect, and how many people it takes: closed forms.

    standardised difference d    d sqrt(n s (1 - s))
    two shares                   (p1 - p0) / sqrt(p1 (1 - p1) / n1 + p0 (1 - p0) / n0)
    hazard ratio                 |log h| sqrt(events s (1 - s))          (Schoenfeld)

s is the share drawn for the programme; the power is that of a two-sided normal test, on the side of
the effect. Whole clusters of m people alike to a share r of the variance count as n over
1 + (m - 1) r people.

Sources: Schoenfeld (1983), Biometrics 39, 499-503; Donner and Klar (2000), Design and Analysis of
Cluster Randomization Trials, chapter 5; Bloom (1995), Evaluation Review 19.
"""

import math

from scipy import special

from pbc_eval._validate import check_level, check_number
from pbc_eval.errors import DesignError

OWNER = "trial_power"
MOST = 2**40  # people


def trial_power(
    n: float,
    *,
    standardised: float | None = None,
    shares: tuple[float, float] | None = None,
    hazard_ratio: tuple[float, float] | None = None,
    drawn: float = 0.5,
    level: float = 0.95,
    cluster_size: float = 1,
    alike: float = 0.0,
) -> float:
    """The chance that an interval of ``level`` leaves out zero in a trial of ``n`` people.

    One of: ``standardised``, a difference of means in standard deviations; ``shares``, with and
    without the programme; ``hazard_ratio``, with the share of people who have the event. ``drawn``:
    the share drawn for the programme. ``cluster_size`` and ``alike`` (the intraclass correlation)
    for lots drawn for whole clusters.

    Raises DesignError unless exactly one effect is given, and for numbers out of their range.
    """
    check_level(OWNER, level, DesignError)
    size = check_number(OWNER, "n", n, DesignError)
    share = check_number(OWNER, "drawn", drawn, DesignError)
    for name, value, high in (("n", size, math.inf), ("drawn", share, 1.0)):
        if not 0 < value < high:
            raise DesignError(f"{OWNER}: {name} must lie between 0 and {high:g}, got {value:g}.")
    members = check_number(OWNER, "cluster_size", cluster_size, DesignError)
    common = check_number(OWNER, "alike", alike, DesignError)
    if members < 1 or not 0 <= common <= 1:
        raise DesignError(
            f"{OWNER}: cluster_size must be at least 1 and alike between 0 and 1, got {members:g} "
            f"and {common:g}."
        )
    size /= 1 + (members - 1) * common
    errors = _errors(size, drawn, standardised, shares, hazard_ratio)
    return float(special.ndtr(errors - special.ndtri(0.5 + level / 2)))


def trial_size(
    power: float = 0.8,
    *,
    standardised: float | None = None,
    shares: tuple[float, float] | None = None,
    hazard_ratio: tuple[float, float] | None = None,
    drawn: float = 0.5,
    level: float = 0.95,
    cluster_size: float = 1,
    alike: float = 0.0,
) -> int:
    """The fewest people with whom ``trial_power`` is at least ``power``.

    Raises as it does, and for a power out of its range or an effect of none.
    """
    wanted = check_number("trial_size", "power", power, DesignError)
    if not 0 < wanted < 1:
        raise DesignError(f"trial_size: power must lie between 0 and 1, got {power!r}.")

    def enough(n: int) -> bool:
        chance = trial_power(
            n,
            standardised=standardised,
            shares=shares,
            hazard_ratio=hazard_ratio,
            drawn=drawn,
            level=level,
            cluster_size=cluster_size,
            alike=alike,
        )
        return chance >= wanted

    most = 1
    while not enough(most):
        most *= 2
        if most > MOST:
            raise DesignError("trial_size: no number of people sees an effect of none. State one.")
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    return most


def _errors(
    n: float,
    drawn: float,
    standardised: float | None,
    shares: tuple[float, float] | None,
    hazard_ratio: tuple[float, float] | None,
) -> float:
    """The effect in standard errors."""
    given = [effect for effect in (standardised, shares, hazard_ratio) if effect is not None]
    if len(given) != 1:
        raise DesignError(
            f"{OWNER}: give one of standardised, shares and hazard_ratio, got {len(given)}."
        )
    if standardised is not None:
        d = check_number(OWNER, "standardised", standardised, DesignError)
        return abs(d) * math.sqrt(n * drawn * (1 - drawn))
    pair = _pair("shares" if shares is not None else "hazard_ratio", shares or hazard_ratio)
    if shares is not None:
        _inside("shares", *pair)
        spread = sum(
            p * (1 - p) / (n * part) for p, part in zip(pair, (drawn, 1 - drawn), strict=True)
        )
        return abs(pair[0] - pair[1]) / math.sqrt(spread)
    ratio, events = pair
    _inside("the share with the event", events)
    if ratio <= 0:
        raise DesignError(f"{OWNER}: a hazard ratio is above zero, got {ratio:g}.")
    return abs(math.log(ratio)) * math.sqrt(n * events * drawn * (1 - drawn))


def _pair(name: str, pair: tuple[float, float] | None) -> tuple[float, float]:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise DesignError(f"{OWNER}: {name} takes two numbers, got {pair!r}.")
    first, second = (check_number(OWNER, name, value, DesignError) for value in pair)
    return first, second


def _inside(name: str, *values: float) -> None:
    for value in values:
        if not 0 < value <= 1 or (name == "shares" and value == 1):
            raise DesignError(f"{OWNER}: {name} must lie between 0 and 1, got {value:g}.")
