"""What every algorithm's options have in common: a frozen model that both Python and files build.

    Nearest(ratio=2) ──────────────────┐
                                       ├──▶ the same frozen model ──▶ match or weight
    algorithm: nearest, ratio: 2 ── read ──┘

Each algorithm has one model; it says which settings mean something to it, what they may be, and how
a reader is told of it. The table of all of them is ``agreement.algorithms``.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_core import ErrorDetails

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import share_instead
from pbc_eval.errors import DesignError

WIDEST_TOLERANCE = 1.0  # standard deviations; 5 was meant as 0.05


class AlgorithmOptions(BaseModel):
    """The settings of one algorithm. Unknown settings are refused; nothing is coerced in Python.

    A subclass names itself in the field ``algorithm``, the word that evaluation files use.
    ``plain_words`` says to a reader without training what the algorithm does; ``estimands`` are the
    effects it can answer for; ``usual_in_files`` are settings that stand in for what a file leaves
    out, where they differ from the plain defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    asked_by: ClassVar[str] = "match"  # the function that messages name
    plain_words: ClassVar[str]
    estimands: ClassVar[tuple[str, ...]] = ("ATT", "ATC")
    usual_in_files: ClassVar[Mapping[str, Any]] = {}

    algorithm: str

    def __init__(self, **settings: Any) -> None:
        """Raises DesignError that names the setting, the value, the rule and the remedy."""
        try:
            self.__pydantic_validator__.validate_python(settings, strict=True, self_instance=self)
        except ValidationError as invalid:
            error = invalid.errors(include_url=False)[0]
            raise DesignError(f"{self.asked_by}: {_in_words(error, type(self))}") from None

    # files are read field by field, so that each problem keeps its place and none hides another
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]

    @classmethod
    def read(cls, settings: Mapping[str, Any]) -> Self:
        """The options as a file states them: whole numbers for fractions, lists for tuples.

        Raises pydantic's ValidationError, with the place of each problem.
        """
        return cls.model_validate(dict(settings))

    @property
    def in_words(self) -> str:
        """One phrase a reader can check against the design."""
        return f"{self.algorithm.replace('_', ' ')} matching"

    @property
    def answers_for(self) -> tuple[str, ...]:
        """The estimands that can be had with these settings."""
        return self.estimands


def _in_words(error: ErrorDetails, model: type[AlgorithmOptions]) -> str:
    """One problem of a call in Python: setting, rule, value."""
    name = ".".join(str(part) for part in error["loc"])
    message, value = error["msg"].removeprefix("Value error, "), error["input"]
    if error["type"] == "extra_forbidden":
        known = [field for field in model.model_fields if field != "algorithm"]
        listed = ", ".join(known) or "none"
        return (
            f"{name} is no option of {model.__name__}; it has {listed}.{did_you_mean(name, known)}"
        )
    if error["type"] == "literal_error":
        choices = error["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        nearest = did_you_mean(value, choices)
        return f"{name} must be one of {', '.join(choices)}; got {value!r}.{nearest}"
    if error["type"] == "bool_type":
        return f"{name} must be True or False, got {value!r}."
    if error["type"] != "value_error":
        message = f"{message.replace('Input should', 'must')}, got {value!r}."
    stop = "" if message.endswith(("?", ".")) else "."
    return f"{name} {message}{stop}".lstrip()


def _names(value: Any) -> Any:
    if isinstance(value, str):
        raise ValueError(f"must be a list of column names, got the text {value!r}")
    return tuple(value) if isinstance(value, Sequence) else value


def _positive(value: Any) -> Any:
    """A caliper: numpy's numbers pass, text and infinities do not."""
    if value is None:
        return None
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not 0 < number < math.inf:
        raise ValueError(
            f"must be a finite number above 0, got {value!r}. Pass caliper=None for a match "
            "without one"
        )
    return number


def _matches(value: Any) -> Any:
    if isinstance(value, str):
        return value  # a number written as text in a file; pydantic says what it must be
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"must be a whole number of matches a person >= 1, got {value!r}")
    return int(value)


def _groups(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 2:
        raise ValueError(f"must be a whole number >= 2, got {value!r}")
    return int(value)


def _seconds(value: Any) -> Any:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not 0 < number < math.inf:
        raise ValueError(f"must be a finite number of seconds above 0, got {value!r}")
    return number


def _tolerances(value: Any) -> Any:
    """One share, or a share each; text such as '5%' is told what to write instead."""
    if isinstance(value, Mapping):
        return {str(name): _tolerance(share, f" of {name!r}") for name, share in value.items()}
    return _tolerance(value, "")


def _tolerance(value: Any, whose: str) -> float:
    number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    if not 0 <= number <= WIDEST_TOLERANCE:
        hint = f" Did you mean {number / 100:g}?" if 1 < number <= 100 else ""
        hint = share_instead(value) if isinstance(value, str) else hint
        raise ValueError(
            f"the tolerance{whose} must lie between 0 and {WIDEST_TOLERANCE:g} standard "
            f"deviations, got {value!r}.{hint}"
        )
    return number


def _cuts(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _cut(cut, f" of {name!r}") for name, cut in value.items()}
    return _cut(value, "")


def _cut(value: Any, whose: str) -> Any:
    """A rule, a number of bins or cut points; whether they fit a column is seen on the data."""
    if isinstance(value, str):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return int(value)
    points = list(value) if isinstance(value, Iterable) else []
    if not points or not all(isinstance(p, Real) and not isinstance(p, bool) for p in points):
        raise ValueError(
            f"{whose} must be a rule, a number of bins, or finite numbers in increasing order, got "
            f"{value!r}".lstrip()
        )
    return [float(point) for point in points]


def _same(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return value
    for name, groups in value.items():
        if isinstance(groups, str) or any(
            isinstance(group, str) or not isinstance(group, Sequence) for group in groups
        ):
            raise ValueError(
                f"of {name!r} must be lists of values that count as one, such as "
                f"[['north', 'east'], ['south']]; got {groups!r}"
            )
    return {name: [list(group) for group in groups] for name, groups in value.items()}


def _widths(value: Any) -> Any:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        return value
    for name, width in value.items():
        fine = isinstance(width, Real) and not isinstance(width, bool)
        fine = fine and 0 < float(width) < math.inf
        if not fine:
            raise ValueError(
                f"{name!r} must be a finite width above 0 in the column's own unit, got {width!r}. "
                "For equality, name the column in exact"
            )
    return {name: float(width) for name, width in value.items()}


Columns = Annotated[tuple[str, ...], BeforeValidator(_names)]
Caliper = Annotated[float | None, BeforeValidator(_positive)]
MatchesEach = Annotated[int, Field(ge=1), BeforeValidator(_matches)]
GroupsSought = Annotated[int, Field(ge=2), BeforeValidator(_groups)]
Seconds = Annotated[float, Field(gt=0), BeforeValidator(_seconds)]
Cut = str | int | list[float]
CutPoints = Annotated[Cut | dict[str, Cut], BeforeValidator(_cuts)]
Grouping = Annotated[dict[str, list[list[str | int | float]]], BeforeValidator(_same)]
_FRACTION = {"type": "number", "minimum": 0, "maximum": 1}
Tolerance = Annotated[
    float | dict[str, float],
    BeforeValidator(_tolerances),
    WithJsonSchema({"anyOf": [_FRACTION, {"additionalProperties": _FRACTION, "type": "object"}]}),
]
Widths = Annotated[dict[str, float], BeforeValidator(_widths)]
