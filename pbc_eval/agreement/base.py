"""The base of every model in the evaluation file, and the types they share."""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pbc_eval._validate import did_you_mean, share_problem
from pbc_eval.agreement.sizes import too_long
from pbc_eval.messages import written_numbers


@dataclass(frozen=True, slots=True)
class AddedLater:
    """Marks a key that evaluations registered before it existed do not have.

    At its default it says what was always done, and is no part of what was agreed: else every
    fingerprint would change with each new key. ``Annotated[str, AddedLater()]``.
    """


NUMBERS = (
    "How numbers that are text are written, by an example: '1,234.5' or '1.234,5'; none: a number "
    "as text is refused."
)
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
RESERVED = frozenset(  # names that Windows gives to no file or folder
    ("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10)))
)
_REORDERING = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}  # they reorder what a reader sees


class Agreed(BaseModel):
    """A frozen part of what was agreed. Unknown keys are errors; text is trimmed."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        str_strip_whitespace=True,
        validate_default=True,
        allow_inf_nan=False,
        populate_by_name=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _refuse_what_is_not_meant(cls, data: Any) -> Any:
        """Unknown keys, with the nearest known one; true for 1; text that a reader cannot see."""
        if isinstance(data, dict):
            fields = {field.alias or name: field for name, field in cls.model_fields.items()}
            named = {key: field.annotation for key, field in fields.items()}
            others = {name: field.annotation for name, field in cls.model_fields.items()}
            refuse_what_is_not_meant(data, named, others)
        return data


def refuse_what_is_not_meant(
    data: Mapping[Any, Any],
    keys: Mapping[str, Any],
    also: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Refuse an unknown key, with the nearest of ``keys`` (key to annotation), and a value that is
    not what it looks like. ``also`` are names that are admitted without being offered."""
    for key, value in data.items():
        if key not in keys and key not in also:
            hint = did_you_mean(key, keys) or f" Known keys: {', '.join(keys)}."
            raise PydanticCustomError(
                "unknown_key", "unknown key.{hint}", {"key": str(key), "hint": hint}
            )
        annotation = keys.get(key, also.get(key))
        problem = _not_meant(value, annotation)
        if not isinstance(value, Mapping) or get_origin(annotation) is dict:  # else a model's own
            problem = problem or too_long(str(key), value)
        if problem:
            raise PydanticCustomError("at_key", "{problem}", {"key": str(key), "problem": problem})


def _not_meant(value: Any, annotation: Any) -> str:
    """What is wrong with a value before its type is looked at; empty when nothing is."""
    if isinstance(value, bool) and not _takes_bool(annotation):
        return f"must not be {str(value).lower()}; write the value itself"
    problems = (_unseen_characters(text) for text in _texts(value, annotation))
    return next(filter(None, problems), "")


def _texts(value: Any, annotation: Any) -> Iterator[str]:
    """A text, those of a list, and names and texts of a mapping; not of a model, which looks at its
    own."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part, None)
    elif isinstance(value, Mapping) and _takes_dict(annotation):
        for key, part in value.items():
            yield str(key)
            yield from _texts(part, None)


def _takes_dict(annotation: Any) -> bool:
    return get_origin(annotation) is dict or any(map(_takes_dict, get_args(annotation)))


def _takes_bool(annotation: Any) -> bool:
    if annotation is bool or isinstance(annotation, bool):  # the bool of Literal[True]
        return True
    return any(_takes_bool(part) for part in get_args(annotation))


def _unseen_characters(text: str) -> str:
    for position, character in enumerate(text):
        is_control = unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t"
        if is_control or ord(character) in _REORDERING:
            before = text[max(position - 20, 0) : position]
            return (
                f"holds the unseen character U+{ord(character):04X} after {before!r}; it changes "
                "what a reader sees. Remove it"
            )
    return ""


def _refuse_percentage_level(value: float) -> float:
    if not 0 < value < 1:
        hint = f" Did you mean {value / 100:g}?" if 1 < value < 100 else ""
        raise ValueError(f"must lie between 0 and 1, got {value:g}.{hint}")
    return value


def refuse_percent_text(value: Any) -> Any:
    """Text is no fraction, unless it is a number as programs write it; the remedy is one."""
    if isinstance(value, str) and written_numbers.plain(value) is None:
        raise ValueError(f"must be a fraction in [0, 1], got {value!r}.{share_instead(value)}")
    return value


def share_instead(text: str) -> str:
    """' Did you mean 0.25?' for '25%' and '0,25'; nothing where that is no fraction in [0, 1]."""
    share = written_numbers.meant(text)
    if share is not None and 1 < share <= 100 and "%" not in text:
        share /= 100
    if share is None or share_problem(float(share)):
        return ""
    return f" Did you mean {written_numbers.shortest(share)}?"


def _refuse_outside_unit_interval(value: float) -> float:
    problem = share_problem(value)
    if problem:
        raise ValueError(problem)
    return value


def _refuse_unsafe_id(value: str) -> str:
    if not re.fullmatch(SLUG, value) or len(value) > 80:
        raise ValueError(
            f"must be lower-case letters, digits and single hyphens (it names a folder and a web "
            f"address), got {value!r}"
        )
    if value in RESERVED:
        raise ValueError(
            f"names a folder, and Windows keeps {value!r} for a device: no folder can have that "
            f"name there. Use '{value}-1', or a longer name"
        )
    return value


def _read_date(value: Any, info: ValidationInfo) -> Any:
    """Accept a date or ISO text; say what an Excel serial number or a local form stands for."""
    if isinstance(value, dt.datetime):
        if value.time() != dt.time():
            raise ValueError(f"must be a day without a time, got {value.isoformat(' ')}")
        return value.date()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if 20_000 <= value <= 80_000:
            day = dt.date(1899, 12, 30) + dt.timedelta(days=int(value))
            raise ValueError(
                f"must be a date, got {value:g}, which looks like an Excel serial date for "
                f"{day.isoformat()}. Write {day.isoformat()} if that is what is meant"
            )
        raise ValueError(f"must be a date such as 2024-03-31, got {value}")
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        raise ValueError(
            f"must be a date written year-month-day, such as 2024-03-31, got {value!r} (the order "
            "of day and month cannot be told from other forms)"
        )
    return value


Date = Annotated[dt.date, BeforeValidator(_read_date)]
"""A day, written 2024-03-31; Excel serial numbers and local forms are refused with the remedy."""

_UNIT_INTERVAL = {"type": "number", "minimum": 0, "maximum": 1}
Share = Annotated[
    float,
    BeforeValidator(refuse_percent_text),
    AfterValidator(_refuse_outside_unit_interval),
    WithJsonSchema(_UNIT_INTERVAL),
]
"""A fraction in [0, 1]; 25 and '25%' are refused with the fraction to write instead."""

Level = Annotated[
    float,
    BeforeValidator(refuse_percent_text),
    AfterValidator(_refuse_percentage_level),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
]
"""A confidence level between 0 and 1: 0.95, not 95."""

Slug = Annotated[
    str, AfterValidator(_refuse_unsafe_id), Field(json_schema_extra={"pattern": f"^{SLUG}$"})
]
"""An identifier that is safe as a folder and in a web address."""


def as_agreed(model: BaseModel) -> dict[str, Any]:
    """Everything a part of the file says, as plain values; without ``AddedLater`` keys at their
    default."""
    return model.model_dump(mode="json", exclude=_later_defaults(model))


def _later_defaults(value: Any) -> Any:
    """What to leave out, in the nested form that pydantic takes; None where there is nothing."""
    if isinstance(value, BaseModel):
        excluded: dict[str, Any] = {}
        for name, field in type(value).model_fields.items():
            part = getattr(value, name)
            if any(isinstance(mark, AddedLater) for mark in field.metadata) and (
                part == field.get_default(call_default_factory=True, validated_data={})
            ):
                excluded[name] = True
            elif nested := _later_defaults(part):
                excluded[name] = nested
        return excluded or None
    if isinstance(value, list | tuple):
        places = {at: nested for at, part in enumerate(value) if (nested := _later_defaults(part))}
        return places or None
    return None
