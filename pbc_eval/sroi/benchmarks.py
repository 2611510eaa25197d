"""Each assumption beside practice: where it falls among published SROI reports.

Only a few quantiles were published, so a place is a bracket ("between the 50th and the 75th
percentile"); the percentile inside it is a straight line between the two, and is marked as such.

Source: jcmunozmora/sroi-meta-analysis, 383 reports, values conditional on being above zero.
"""

import datetime as dt
from dataclasses import dataclass

from pbc_eval._validate import check_choice
from pbc_eval.errors import ValueMapError
from pbc_eval.parameters.lookup import table_at
from pbc_eval.sroi.assumptions import SHARES
from pbc_eval.sroi.present_value import SroiResult

QUANTILES = {"min": 0, "p10": 10, "p25": 25, "median": 50, "p75": 75, "p90": 90, "max": 100}
BENCHMARKED = ("deadweight", "attribution", "drop_off", "displacement", "discount", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPlace:
    """Where one value falls among the reports that state one above zero."""

    outcome: str  # row id, or "whole project"
    assumption: str
    value: float
    reports: int  # that state a value above zero
    at_least: int | None  # percentile bracket; None when the value is not comparable
    at_most: int | None
    percentile: float | None  # straight line inside the bracket; None outside published quantiles
    source: str

    @property
    def sentence(self) -> str:
        name = self.assumption.replace("_", "-")
        if self.at_least is None or self.at_most is None:
            return f"{name} is {self.value:g}; reports that state none are not in the benchmark."
        if self.at_least == self.at_most:
            place = f"at percentile {self.at_least}"
        else:
            place = f"between percentiles {self.at_least} and {self.at_most}"
        return f"{name} of {self.value:.3g} lies {place} of {self.reports} published reports."


def place_among_reports(
    assumption: str, value: float, *, date: dt.date, outcome: str = "whole project"
) -> BenchmarkPlace:
    """The place of one value. Shares and rates are fractions.

    Raises ValueMapError for an assumption without a benchmark, ParameterError for a date before
    the table.
    """
    check_choice("benchmark", "assumption", assumption, BENCHMARKED, ValueMapError)
    table = table_at(f"sroi_benchmark_{assumption}", date)
    at_least, at_most, percentile = _bracket(dict(table.value), value)
    return BenchmarkPlace(
        outcome=outcome,
        assumption=assumption,
        value=value,
        reports=int(table.value["n"]),
        at_least=at_least,
        at_most=at_most,
        percentile=percentile,
        source=table.source,
    )


def benchmarks(result: SroiResult, *, date: dt.date) -> tuple[BenchmarkPlace, ...]:
    """The place of every share above zero in the map, of a flat discount rate and of the ratio."""
    shares = [name for name in SHARES if name in BENCHMARKED]
    places = [
        place_among_reports(name, getattr(row, name), date=date, outcome=row.id)
        for row in result.outcomes
        for name in shares
        if getattr(row, name) > 0
    ]
    if isinstance(result.discount, float):
        places.append(place_among_reports("discount", result.discount, date=date))
    places.append(place_among_reports("ratio", result.ratio, date=date))
    return tuple(places)


def _bracket(table: dict[str, float], value: float) -> tuple[int | None, int | None, float | None]:
    """Published percentiles on either side of ``value``, and the line between them."""
    if value <= 0:
        return None, None, None
    known = [(percent, table[name]) for name, percent in QUANTILES.items() if name in table]
    below = [(percent, quantile) for percent, quantile in known if quantile <= value]
    above = [(percent, quantile) for percent, quantile in known if quantile >= value]
    if below and above and below[-1][1] == above[0][1]:  # on a quantile, or on several tied ones
        low, high = above[0][0], below[-1][0]
        return low, high, float(low) if low == high else None
    low = below[-1][0] if below else 0
    high = above[0][0] if above else 100
    if not below or not above:
        return low, high, None
    (p, a), (q, b) = below[-1], above[0]
    return low, high, p + (q - p) * (value - a) / (b - a)
