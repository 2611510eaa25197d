"""The base of every model in the evaluation file, and the types they share."""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pbc_eval._validate import did_you_mean, share_problem


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
    def _refuse_unknown_keys(cls, data: Any) -> Any:
        """Name the unknown key and the nearest known one, before anything else is looked at."""
        if not isinstance(data, dict):
            return data
        shown = [field.alias or name for name, field in cls.model_fields.items()]
        known = {*shown, *cls.model_fields}
        for key in data:
            if key not in known:
                hint = did_you_mean(key, shown) or f" Known keys: {', '.join(shown)}."
                raise PydanticCustomError(
                    "unknown_key", "unknown key {key!r}.{hint}", {"key": str(key), "hint": hint}
                )
        return data


def _refuse_percent_text(value: Any) -> Any:
    if isinstance(value, str) and value.strip().endswith("%"):
        number = value.strip().rstrip("% ")
        hint = f" Write {float(number) / 100:g}." if re.fullmatch(r"-?\d+(\.\d+)?", number) else ""
        raise ValueError(f"must be a fraction in [0, 1], got {value!r}.{hint}")
    return value


def _refuse_outside_unit_interval(value: float) -> float:
    problem = share_problem(value)
    if problem:
        raise ValueError(problem)
    return value


def _refuse_unsafe_id(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) or len(value) > 80:
        raise ValueError(
            f"must be lower-case letters, digits and single hyphens (it names a folder and a web "
            f"address), got {value!r}"
        )
    return value


def _read_date(value: Any, info: ValidationInfo) -> Any:
    """Accept a date or ISO text; say what an Excel serial number or a local form stands for."""
    if isinstance(value, dt.datetime):
        return value.date()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if 20_000 <= value <= 80_000:
            day = dt.date(1899, 12, 30) + dt.timedelta(days=int(value))
            raise ValueError(
                f"must be a date, got {value:g}, which looks like an Excel serial date for "
                f"{day.isoformat()}. Write {day.isoformat()} if that is what is meant"
            )
        raise ValueError(f"must be a date such as 2024-03-31, got {value:g}")
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
        raise ValueError(
            f"must be a date written year-month-day, such as 2024-03-31, got {value!r} (the order "
            "of day and month cannot be told from other forms)"
        )
    return value


Date = Annotated[dt.date, BeforeValidator(_read_date)]
"""A day, written 2024-03-31; Excel serial numbers and local forms are refused with the remedy."""

Share = Annotated[
    float, BeforeValidator(_refuse_percent_text), AfterValidator(_refuse_outside_unit_interval)
]
"""A fraction in [0, 1]; 25 and '25%' are refused with the fraction to write instead."""

Slug = Annotated[str, AfterValidator(_refuse_unsafe_id)]
"""An identifier that is safe as a folder and in a web address."""
