"""Which figures of a value map are uncertain, and how: declared, with a source, never guessed.

Each entry names a row and one of its figures (or the whole project's investment or discount rate)
and says how it is distributed. What is left out of an entry's centre is the figure stated in the
map. Whatever could leave the range that its figure allows (a share above 1, an investment below
zero) is refused, unless the entry says that it is truncated, which the report then prints.
"""

import math
from abc import abstractmethod
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import Agreed, Slug
from pbc_eval.agreement.valued_outcome import LONGEST, SHARES, Figure, ValuedOutcome

PROJECT = "whole project"
ROW_INPUTS = ("quantity", "proxy_value", *SHARES, "duration")
PROJECT_INPUTS = ("investment", "discount")
InputName = Literal[
    "quantity",
    "proxy_value",
    "deadweight",
    "displacement",
    "attribution",
    "leakage",
    "drop_off",
    "duration",
    "investment",
    "discount",
]
Key = tuple[str, str]  # row id, or "whole project", and the figure
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys([*SHARES, "discount"], (0.0, 1.0)),
    "duration": (1.0, float(LONGEST)),
    "investment": (0.0, math.inf),
}
Positive = Annotated[Figure, Field(gt=0)]


class UncertainInput(Agreed):
    """What every kind of distribution says of its figure."""

    row: Slug | None = Field(default=None, description="Id of a row; none for the whole project.")
    input: InputName = Field(description="The figure that is uncertain.")
    truncate: bool = Field(
        default=False, description="true: cut off where the figure's own range ends; printed."
    )
    source: str = Field(default="", description="Why this distribution: data, study, judgement.")

    @property
    def key(self) -> Key:
        return self.row or PROJECT, self.input

    @model_validator(mode="after")
    def _input_belongs_to_row_or_project(self) -> Self:
        if self.row is None and self.input not in PROJECT_INPUTS:
            raise ValueError(
                f"{self.input} belongs to a row of the value map. Add row: with the row's id"
            )
        if self.row is not None and self.input not in ROW_INPUTS:
            raise ValueError(f"{self.input} belongs to the whole project. Leave out row")
        return self

    @abstractmethod
    def support(self, stated: float) -> tuple[float, float]:
        """Lowest and highest value before truncation; every distribution has its own."""


class Normal(UncertainInput):
    """Normal, as an estimate with its standard error."""

    type: Literal["normal"]
    mean: Figure | None = Field(default=None, description="By default the figure in the map.")
    std_dev: Positive = Field(description="Standard deviation, or the estimate's standard error.")

    def support(self, stated: float) -> tuple[float, float]:
        return -math.inf, math.inf


class Lognormal(UncertainInput):
    """Lognormal with a given mean and standard deviation (of the figure, not of its logarithm)."""

    type: Literal["lognormal"]
    mean: Positive | None = Field(default=None, description="By default the figure in the map.")
    std_dev: Positive = Field(description="Standard deviation of the figure itself.")

    def support(self, stated: float) -> tuple[float, float]:
        return 0.0, math.inf


class _Peaked(UncertainInput):
    """Between low and high, most likely at the mode."""

    low: Figure = Field(description="The lowest value that can be.")
    mode: Figure | None = Field(
        default=None, description="The most likely; by default the figure in the map."
    )
    high: Figure = Field(description="The highest value that can be.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder(self.low, self.mode, self.high)
        return self

    def support(self, stated: float) -> tuple[float, float]:
        return self.low, self.high


class Triangular(_Peaked):
    """Triangular: straight from low up to the mode and down to high."""

    type: Literal["triangular"]


class Pert(_Peaked):
    """PERT: a beta between low and high whose mean is (low + shape x mode + high) / (2 + shape)."""

    type: Literal["pert"]
    shape: Positive = Field(default=4.0, description="Weight of the mode; 4 is usual.")


class Beta(UncertainInput):
    """Beta, by default on [0, 1]."""

    type: Literal["beta"]
    alpha: Positive = Field(description="First shape: successes + 1, after so many trials.")
    beta: Positive = Field(description="Second shape: failures + 1.")
    low: Figure = Field(default=0.0, description="The lowest value that can be.")
    high: Figure = Field(default=1.0, description="The highest value that can be.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder(self.low, None, self.high)
        return self

    def support(self, stated: float) -> tuple[float, float]:
        return self.low, self.high


class Uniform(UncertainInput):
    """Anything between low and high, each as likely."""

    type: Literal["uniform"]
    low: Figure = Field(description="The lowest value that can be.")
    high: Figure = Field(description="The highest value that can be.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder(self.low, None, self.high)
        return self

    def support(self, stated: float) -> tuple[float, float]:
        return self.low, self.high


class Empirical(UncertainInput):
    """Values seen or simulated elsewhere, drawn again with equal chances."""

    type: Literal["empirical"]
    values: Annotated[tuple[Figure, ...], Field(min_length=2)] = Field(
        description="The values, one each time it was seen."
    )

    def support(self, stated: float) -> tuple[float, float]:
        return min(self.values), max(self.values)


class Fixed(UncertainInput):
    """Held at one value in the simulation, whatever the map states."""

    type: Literal["fixed"]
    value: Figure = Field(description="The value it is held at.")

    def support(self, stated: float) -> tuple[float, float]:
        return self.value, self.value


Uncertain = Annotated[
    Normal | Lognormal | Triangular | Pert | Beta | Uniform | Empirical | Fixed,
    Field(discriminator="type"),
]


class Correlation(Agreed):
    """Two uncertain inputs that move together, as the correlation of their normal scores.

    The rank correlation that follows is 6/pi x arcsin(value / 2), close to the value itself.
    """

    between: tuple[str, str] = Field(
        description="Two inputs as row.figure, such as gp-visits.quantity; or investment, discount."
    )
    value: Annotated[Figure, Field(gt=-1, lt=1)] = Field(description="Between -1 and 1.")


def _refuse_disorder(low: float, mode: float | None, high: float) -> None:
    if not low < high:
        raise ValueError(f"low must be below high, got {low:g} and {high:g}")
    if mode is not None and not low <= mode <= high:
        raise ValueError(
            f"mode must lie from low to high, got {mode:g} outside {low:g} to {high:g}"
        )


def key_text(key: Key) -> str:
    """'gp-visits.quantity', or 'investment' for the whole project's."""
    return key[1] if key[0] == PROJECT else f"{key[0]}.{key[1]}"


def uncertainty_problem(
    inputs: Sequence[Uncertain],
    correlations: Sequence[Correlation],
    outcomes: Sequence[ValuedOutcome],
) -> str | None:
    """What is wrong with the uncertain inputs of these rows, or None.

    ``outcomes`` empty: the rows stand in a file that is not read yet, so only what the entries
    say of each other is looked at.
    """
    keys = [entry.key for entry in inputs]
    if twice := sorted({key_text(key) for key in keys if keys.count(key) > 1}):
        return f"uncertainty: {first_few(twice)} is declared more than once. Keep one"
    rows = {row.id: row for row in outcomes}
    for entry in inputs if rows else ():
        if problem := _entry_problem(entry, rows):
            return f"uncertainty of {key_text(entry.key)}: {problem}"
    return _correlation_problem(correlations, {key_text(entry.key): entry for entry in inputs})


def _entry_problem(entry: Uncertain, rows: dict[str, ValuedOutcome]) -> str | None:
    stated: float | None = None
    if entry.row is not None:
        row = rows.get(entry.row)
        if row is None:
            return f"{entry.row!r} is not a row of the value map.{did_you_mean(entry.row, rows)}"
        if row.quantity_from is not None and entry.input in ("quantity", "deadweight"):
            reason = (
                "its uncertainty is that of the estimate"
                if entry.input == "quantity"
                else "it is already net of deadweight"
            )
            return (
                f"the quantity is estimated ({row.quantity_from}), and {reason}. Remove the entry"
            )
        value = getattr(row, entry.input)
        stated = None if value is None else float(value)
    return range_problem(entry, stated)


def range_problem(entry: Uncertain, stated: float | None) -> str | None:
    """Does the distribution stay where its figure may be, and hold the figure in the map?"""
    if isinstance(entry, Lognormal) and entry.mean is None and stated is not None and stated <= 0:
        return (
            f"a lognormal is above zero, but the map states {stated:g}. Put the uncertainty of a "
            "harm on its quantity, or use another distribution"
        )
    low, high = entry.support(stated or 0.0)
    allowed = RANGES.get(entry.input)
    if allowed and (low < allowed[0] or high > allowed[1]):
        if isinstance(entry, Fixed) or low >= allowed[1] or high <= allowed[0]:
            return _range_words(entry.input, allowed, low, high)
        if not entry.truncate:
            return (
                _range_words(entry.input, allowed, low, high)
                + ". Set truncate: true, or choose a distribution that ends there (beta, pert)"
            )
    if isinstance(entry, Fixed) or stated is None or low <= stated <= high:
        return None
    return f"the map states {stated:g}, which lies outside {low:g} to {high:g}. Correct one of them"


def _range_words(name: str, allowed: tuple[float, float], low: float, high: float) -> str:
    ends = f"from {allowed[0]:g} to {allowed[1]:g}" if math.isfinite(allowed[1]) else "above zero"
    hint = ""
    if name in RANGES and allowed == (0.0, 1.0) and 1 < high <= 100:
        hint = f" (did you mean {low / 100:g} to {high / 100:g}?)"
    runs = (
        f"runs from {low:g} to {high:g}"
        if math.isfinite(low) and math.isfinite(high)
        else "has no end"
        if math.isinf(low) and math.isinf(high)
        else f"runs from {low:g} without end"
    )
    return f"{name} lies {ends}, but the distribution {runs}{hint}"


def _correlation_problem(
    correlations: Sequence[Correlation], known: dict[str, Uncertain]
) -> str | None:
    pairs = set()
    for entry in correlations:
        first, second = entry.between
        for name in (first, second):
            if name not in known:
                return (
                    f"correlation between {first} and {second}: {name!r} is not an uncertain input."
                    f"{did_you_mean(name, known)} Declare its distribution first"
                )
            if isinstance(known[name], Fixed):
                return f"correlation between {first} and {second}: {name} is fixed and cannot move"
        if first == second:
            return (
                f"correlation between {first} and {second}: an input is not correlated with itself"
            )
        if frozenset((first, second)) in pairs:
            return f"correlation between {first} and {second}: is given twice. Keep one"
        pairs.add(frozenset((first, second)))
    return None
