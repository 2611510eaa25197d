"""Control charts: is a change more than the wobble that the process has anyway?

    p     proportions of varying numbers     centre p, limits p +- 3 sqrt(p (1 - p) / n)
    u     rates of varying exposure          centre u, limits u +- 3 sqrt(u / n)
    XmR   single values                      centre mean, limits mean +- 3 mR / 1.128

mR is the mean of the moving ranges between neighbouring periods; 1.128 is d2, the expected range of
two normal values in standard deviations. Where a period is missing, the two beside it are no
neighbours: no range is taken across the gap and a run ends there.

Signals are the four rules of the Western Electric Company (Statistical Quality Control Handbook,
1956). With steady processes they give a false signal about once in 90 points.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pbc_eval.numerics.arrays import Floats

D2 = 1.128  # of two values
SIGMAS = 3.0
RULES = {
    "limit": "a point outside the limits (three standard deviations)",
    "two of three": "two of three in a row beyond two standard deviations, on one side",
    "four of five": "four of five in a row beyond one standard deviation, on one side",
    "run of eight": "eight in a row on one side of the centre",
}
_WINDOWS = {"limit": (1, 1, 3.0), "two of three": (2, 3, 2.0), "four of five": (4, 5, 1.0)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlChart:
    """One point a period, in order; missing periods are NaN throughout.

    ``values``, ``low`` and ``high`` (n,) are in the KPI's unit; ``signals`` names, for each
    period, the rules that it completes.
    """

    kind: str  # p, u or XmR
    values: Floats
    centre: float
    low: Floats
    high: Floats
    signals: tuple[tuple[str, ...], ...]
    note: str = ""  # why there are no limits


def p_chart(met: ArrayLike, among: ArrayLike) -> ControlChart:
    """Proportions met / among by period; NaN where a period is missing."""
    counts, sizes = np.asarray(met, float), np.asarray(among, float)
    centre = float(np.nansum(counts) / np.nansum(sizes))
    sigma = np.sqrt(centre * (1 - centre) / sizes)
    return _chart("p", counts / sizes, centre, sigma, least=0.0, most=1.0)


def u_chart(events: ArrayLike, exposure: ArrayLike, per: float = 1.0) -> ControlChart:
    """Events per ``per`` units of exposure by period; NaN where a period is missing."""
    counts, sizes = np.asarray(events, float), np.asarray(exposure, float)
    centre = float(np.nansum(counts) / np.nansum(sizes))
    sigma = np.sqrt(centre / sizes)
    return _chart("u", per * counts / sizes, per * centre, per * sigma, least=0.0)


def xmr_chart(values: ArrayLike) -> ControlChart:
    """Single values by period; NaN where one is missing."""
    series = np.asarray(values, float)
    ranges = np.abs(np.diff(series))
    known = ranges[np.isfinite(ranges)]
    centre = float(np.nanmean(series))
    if len(known) == 0:
        blank = np.full(len(series), np.nan)
        note = "No limits: no two neighbouring periods were reported."
        return ControlChart(
            kind="XmR",
            values=series,
            centre=centre,
            low=blank,
            high=blank,
            signals=tuple(() for _ in series),
            note=note,
        )
    sigma = np.where(np.isfinite(series), known.mean() / D2, np.nan)
    return _chart("XmR", series, centre, sigma)


def _chart(
    kind: str,
    values: Floats,
    centre: float,
    sigma: Floats,
    *,
    least: float = -np.inf,
    most: float = np.inf,
) -> ControlChart:
    sigma = np.where(np.isfinite(values), sigma, np.nan)
    away = values - centre
    away = np.where(np.abs(away) < 1e-9 * sigma, 0.0, away)  # on the centre, but for float noise
    return ControlChart(
        kind=kind,
        values=values,
        centre=centre,
        low=np.maximum(centre - SIGMAS * sigma, least),
        high=np.minimum(centre + SIGMAS * sigma, most),
        signals=_signals(away, sigma),
    )


def _signals(away: Floats, sigma: Floats) -> tuple[tuple[str, ...], ...]:
    """The rules that each period completes; missing periods end every run."""
    signals: list[tuple[str, ...]] = []
    for at in range(len(away)):
        named = [rule for rule in _WINDOWS if _holds(rule, away, sigma, at)]
        if _run(away, at) >= 8:
            named.append("run of eight")
        signals.append(tuple(named))
    return tuple(signals)


def _holds(rule: str, away: Floats, sigma: Floats, at: int) -> bool:
    """Does the period complete the rule? It must itself lie beyond the line."""
    wanted, of, beyond = _WINDOWS[rule]
    if not np.isfinite(away[at]):
        return False
    side = np.sign(away[at])
    window = slice(max(at - of + 1, 0), at + 1)
    last = np.flatnonzero(~np.isfinite(away[window]))
    start = window.start + (last[-1] + 1 if len(last) else 0)
    # "beyond" with room for float noise: a point on its limit is inside
    out = side * away[start : at + 1] > beyond * sigma[start : at + 1] * (1 + 1e-9) + 1e-15
    return bool(out[-1]) and int(out.sum()) >= wanted


def _run(away: Floats, at: int) -> int:
    """How many periods in a row, up to this one, lie on its side of the centre."""
    side, length = np.sign(away[at]), 0
    while at >= 0 and np.isfinite(away[at]) and side != 0 and np.sign(away[at]) == side:
        length, at = length + 1, at - 1
    return length
