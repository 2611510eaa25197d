"""Ratings of what is held back: a rating is a range of values, and with that a range of counts.

    hidden count x of n, threshold t ──▶ counts x - t to x + t ──▶ one rating, or several: it tells

"Good" of a target of 98% among 300 says that 6 or fewer did not meet it. How many periods missed
the target says of which kind the ratings are that were held back, and goes with them.
"""

from collections.abc import Collection

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.performance import RateKpi
from pbc_eval.kpi.measure import rating_of
from pbc_eval.kpi.record import KpiResult


def rows_whose_rating_tells(
    result: KpiResult, hidden: Collection[int], rule: DisclosureRule
) -> set[int]:
    """Which of the ``hidden`` periods, by position, have a rating that counts near theirs lack."""
    counted = {row: _counted(result, row) for row in hidden}
    return {row for row, pair in counted.items() if pair and rating_tells(result, pair, rule)}


def rating_tells(result: KpiResult, counted: tuple[float, float], rule: DisclosureRule) -> bool:
    """Has a count, (count, of how many), a rating that some count near it would not have?"""
    count, among = counted
    least = 0.0 if rule.zeros == "protected" or count == 0 else 1.0
    low, high = max(count - rule.threshold, least), count + rule.threshold
    per = 1.0
    if isinstance(result.kpi, RateKpi):
        per = result.kpi.per
    else:
        high = min(high, among - (0.0 if rule.zeros == "protected" or count == among else 1.0))
    ends = {rating_of(result.kpi, per * max(k, 0.0) / among) for k in (low, high)}
    return len(ends) > 1


def all_periods(result: KpiResult) -> tuple[float, float] | None:
    """What the value over all periods is the ratio of; None where it is none of two counts."""
    pairs = [pair for row in range(len(result.periods)) if (pair := _counted(result, row))]
    return (sum(c for c, _ in pairs), sum(n for _, n in pairs)) if pairs else None


def _counted(result: KpiResult, row: int) -> tuple[float, float] | None:
    """Count and number of one period; of a survey, yes answers and all."""
    period = result.periods[row]
    if period.value is None or period.count is None:
        return None
    if result.kpi.type == "survey":
        return period.value * period.count, period.count
    return None if period.among is None else (period.count, period.among)
