"""The base of every model in the evaluation file, and the types they share."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from pbc_eval._validate import share_problem


class Agreed(BaseModel):
    """A frozen part of what was agreed. Unknown keys are errors; text is trimmed."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, validate_default=True
    )


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


Share = Annotated[
    float, BeforeValidator(_refuse_percent_text), AfterValidator(_refuse_outside_unit_interval)
]
"""A fraction in [0, 1]; 25 and '25%' are refused with the fraction to write instead."""

Slug = Annotated[str, AfterValidator(_refuse_unsafe_id)]
"""An identifier that is safe as a folder and in a web address."""
