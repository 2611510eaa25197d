"""What pydantic found wrong, in the house style: the thing, the value, the rule, the remedy."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from pbc_eval._validate import did_you_mean


def problems_in_words(
    error: ValidationError, data: Any, known: Sequence[str] = ()
) -> tuple[str, ...]:
    """One sentence a problem, each naming where it is.

    ``data`` is what was validated; members of a list that carry an ``id`` are named by it.
    ``known`` lists the keys that exist, for suggestions on unknown ones.
    """
    sentences = []
    for problem in error.errors(include_url=False):
        location, kind, value = problem["loc"], problem["type"], problem["input"]
        if kind == "too_short" and value:
            continue  # pydantic's echo of the problems inside the list
        message = problem["msg"].removeprefix("Value error, ").replace("Input should", "must")
        if kind == "extra_forbidden":
            message = f"unknown key.{did_you_mean(location[-1], known)}"
        elif kind == "missing":
            message = "is missing; it must be stated"
        elif kind == "union_tag_invalid":
            context = problem.get("ctx", {})
            expected, tag = context.get("expected_tags", ""), context.get("tag", "")
            choices = expected.replace("'", "").split(", ")
            message = f"type must be one of {expected}, got {tag!r}.{did_you_mean(tag, choices)}"
        elif kind == "union_tag_not_found":
            message = "type is missing; it must be stated"
        elif kind != "value_error":
            message = f"{message}, got {value!r}"
        sentences.append(f"{_place(location, data)}: {message}".rstrip(".") + _stop(message))
    return tuple(dict.fromkeys(sentences))


def _stop(message: str) -> str:
    return "" if message.endswith("?") else "."


def _place(location: tuple[int | str, ...], data: Any) -> str:
    """'clauses > pooled > minimum': list members by id, tags of unions left out."""
    words: list[str] = []
    here: Any = data
    for step in location:
        if isinstance(step, int):
            here = here[step] if isinstance(here, Sequence) and step < len(here) else None
            name = here.get("id") if isinstance(here, Mapping) else None
            words.append(str(name) if name else f"entry {step + 1}")
        elif isinstance(here, Mapping) and here.get("type") == step:
            continue  # the tag by which pydantic chose the model
        elif isinstance(here, Mapping) and step in here:
            here = here[step]
            words.append(step)
        elif step == location[-1]:
            words.append(step)
    return " > ".join(words) or "as a whole"
