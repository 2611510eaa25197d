"""Discount factors, compounding year by year, and prices moved between years.

A schedule that steps down compounds on what came before: the Green Book's factor at year 75 is
1 / (1.035^30 x 1.03^45), not 1 / 1.03^75.

Source: HM Treasury, The Green Book, annex on discounting.
"""

import datetime as dt
from collections.abc import Mapping
from typing import cast

import numpy as np

from pbc_eval._validate import check_number, did_you_mean, number_problem, share_problem
from pbc_eval.agreement.base import share_instead
from pbc_eval.errors import ParameterError
from pbc_eval.messages.written_numbers import is_number, plain
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.lookup import ParameterValue, schedule_at, schedule_names, value_at
from pbc_eval.parameters.tables import Parameter, RateBand, all_parameters

LONGEST = 10_000  # years
DEFLATOR = "uk_gdp_deflator"


def annual_rates(schedule: float | str, years: int, date: dt.date | None = None) -> Floats:
    """The rate of each of years 1, 2, ..., ``years``; shape (years,), fractions.

    ``schedule`` is one rate for all years or the name of a schedule at ``date``. Raises
    ParameterError for a rate typed as a percentage, an unknown name, and a name without a date.
    """
    if isinstance(schedule, str) and not is_number(schedule):
        return _rates_of(schedule_for(schedule, date).value, years)
    if problem := rate_problem(schedule):
        raise ParameterError(f"discount rate {problem}")
    return np.full(years, float(schedule))


def rate_problem(rate: object) -> str | None:
    """What is wrong with one rate for all years, or None."""
    if isinstance(rate, str):
        meant = share_instead(rate).removesuffix(" Did you mean 1?")  # which is no rate either
        quoted = " without quotes" if plain(rate) is not None else ""
        return f"must be a number, got {rate!r}." + (meant and f"{meant.rstrip('?')}{quoted}?")
    if number_problem(rate):
        return f"must be a fraction such as 0.035, or the name of a schedule, got {rate!r}."
    return share_problem(float(cast(float, rate)))


def schedule_for(name: str, date: dt.date | None) -> ParameterValue[tuple[RateBand, ...]]:
    """The schedule at the evaluation's date. Raises ParameterError without a date."""
    if date is None and name not in schedule_names():
        raise ParameterError(f"discount rate {rate_problem(name)}{_or_a_schedule(name)}")
    if date is None:
        raise ParameterError(
            f"{name}: a schedule changes over time. Give the evaluation's date to select it."
        )
    return schedule_at(name, date)


def _or_a_schedule(name: str) -> str:
    known = ", ".join(schedule_names())
    return f"{did_you_mean(name, schedule_names())} Schedules by name: {known}."


def _rates_of(bands: tuple[RateBand, ...], years: int) -> Floats:
    starts = np.array([band.from_year for band in bands])
    rates = np.array([band.rate for band in bands])
    year = np.arange(1, years + 1)
    return rates[np.searchsorted(starts, year, side="right") - 1]


def discount_factors(schedule: float | str, years: int, date: dt.date | None = None) -> Floats:
    """What one pound of each of years 0, 1, ..., ``years`` is worth now; shape (years + 1,).

    Year 0 is not discounted. Raises ParameterError as ``annual_rates`` does.
    """
    if isinstance(years, bool) or not isinstance(years, int) or not 0 <= years <= LONGEST:
        raise ParameterError(f"years must be a whole number from 0 to {LONGEST:,}, got {years!r}.")
    growth = np.cumprod(1 + annual_rates(schedule, years, date))
    return np.concatenate([[1.0], 1 / growth])


def reprice(
    amount: float, from_year: int, to_year: int, *, bank: Mapping[str, Parameter] | None = None
) -> float:
    """Pounds at prices of ``from_year``, in pounds at prices of ``to_year`` (UK GDP deflator, which
    a ``bank`` may continue: ``read_bank``).

    Raises ParameterError for a calendar year outside the deflator table.
    """
    number = check_number("reprice", "amount", amount, ParameterError)
    for name, year in (("from_year", from_year), ("to_year", to_year)):
        if isinstance(year, bool) or not isinstance(year, int) or not 1 <= year <= 9999:
            raise ParameterError(f"reprice: {name} must be a calendar year, got {year!r}.")
    return number * index_in(to_year, bank).value / index_in(from_year, bank).value


def index_in(year: int, bank: Mapping[str, Parameter] | None = None) -> ParameterValue[float]:
    """The deflator of a calendar year, shipped or of one's own ``bank``.

    Raises ParameterError for a year that neither has, with how it may be added."""
    try:
        return value_at(DEFLATOR, dt.date(year, 7, 1), bank=bank)
    except ParameterError as problem:
        last = ((bank or {}).get(DEFLATOR) or all_parameters()[DEFLATOR]).rows[-1]
        if last.valid_to is None or year <= last.valid_to.year:
            raise
        unit = all_parameters()[DEFLATOR].unit
        raise ParameterError(
            f"{DEFLATOR}: no value for {year}; the latest held until {last.valid_to} "
            f"({last.source}). Continue it in a value bank (value_map.value_bank): the parameter "
            f"{DEFLATOR} in the unit {unit!r} with a row for {year}, its status and source."
        ) from problem
