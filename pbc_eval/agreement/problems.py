"""What pydantic found wrong, in the house style: the thing, the value, the rule, the remedy."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from pbc_eval._validate import did_you_mean
from pbc_eval.messages import written_numbers


def problems_in_words(
    error: ValidationError, data: Any, known: Sequence[str] = ()
) -> tuple[str, ...]:
    """One sentence a problem, each naming where it is.

    ``data`` is what was validated; members of a list that carry an ``id`` are named by it.
    ``known`` lists the keys that exist, for suggestions on unknown ones.
    """
    sentences = []
    for problem in error.errors(include_url=False):
        location = place_of(problem)
        if problem["type"] == "too_short" and problem["input"]:
            continue  # pydantic's echo of the problems inside the list
        place = _place(location, data)
        for message in in_words(problem, known).split("\n"):  # a rule of the whole tells all
            sentences.append(f"{place}: {message}".rstrip(".") + _stop(message))
    return tuple(dict.fromkeys(sentences))


def in_words(problem: Mapping[str, Any], known: Sequence[str] = ()) -> str:
    """What one problem says: the rule, the value, and the remedy where it can be told."""
    rule = problem["msg"].removeprefix("Value error, ").replace("Input should", "must")
    write = _WRITERS.get(problem["type"], _with_value)
    return write(rule, problem["input"], problem.get("ctx", {}), known)


Context = Mapping[str, Any]
Known = Sequence[str]


def _as_said(rule: str, value: Any, context: Context, known: Known) -> str:
    return rule


def _with_value(rule: str, value: Any, context: Context, known: Known) -> str:
    return f"{rule}, got {_short(value)}"


def _unknown_key(rule: str, value: Any, context: Context, known: Known) -> str:
    return f"unknown key.{did_you_mean(context['key'], known) or context['hint']}"


def _missing(rule: str, value: Any, context: Context, known: Known) -> str:
    return "is missing; it must be stated. Add the line"


def _no_tag(rule: str, value: Any, context: Context, known: Known) -> str:
    return f"{_tag(context)} is missing; it must be stated"


def _wrong_tag(rule: str, value: Any, context: Context, known: Known) -> str:
    expected, tag = context.get("expected_tags", ""), context.get("tag", "")
    nearest = did_you_mean(tag, expected.replace("'", "").split(", "))
    return f"{_tag(context)} must be one of {expected}, got {tag!r}.{nearest}"


def _wrong_word(rule: str, value: Any, context: Context, known: Known) -> str:
    choices = context.get("expected", "").replace("'", "").replace(" or ", ", ").split(", ")
    return f"{rule}, got {_short(value)}.{did_you_mean(value, choices)}"


def _no_number(rule: str, value: Any, context: Context, known: Known) -> str:
    meant = written_numbers.instead(value) if isinstance(value, str) else ""
    return f"must be a plain number, got {_short(value)}" + (meant and f".{meant}")


def _too_few(rule: str, value: Any, context: Context, known: Known) -> str:
    least = context.get("min_length", 1)
    return f"must have at least {least} {'item' if least == 1 else 'items'}, got {_short(value)}"


def _not_text(rule: str, value: Any, context: Context, known: Known) -> str:
    if isinstance(value, (int, float, dt.date)):
        return f'must be text, got {value}. Put it in quotes: "{value}"'
    return f"must be text, got {_short(value)}"


def _not_a_mapping(rule: str, value: Any, context: Context, known: Known) -> str:
    return f"must be keys and values, indented below it, got {_short(value)}"


def _not_a_list(rule: str, value: Any, context: Context, known: Known) -> str:
    return f"must be a list (lines that start with a hyphen), got {_short(value)}"


_WRITERS: dict[str, Callable[[str, Any, Context, Known], str]] = {
    "unknown_key": _unknown_key,
    "at_key": _as_said,
    "value_error": _as_said,
    "missing": _missing,
    "union_tag_not_found": _no_tag,
    "union_tag_invalid": _wrong_tag,
    "literal_error": _wrong_word,
    **dict.fromkeys(("float_parsing", "int_parsing", "decimal_parsing"), _no_number),
    "too_short": _too_few,
    "string_type": _not_text,
    "model_type": _not_a_mapping,
    "model_attributes_type": _not_a_mapping,
    "tuple_type": _not_a_list,
}


def place_of(problem: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Where the problem is; one found in a key before its model is built is at that key."""
    at_key = problem["type"] in ("unknown_key", "at_key")
    return (*problem["loc"], problem["ctx"]["key"]) if at_key else tuple(problem["loc"])


def _tag(context: Mapping[str, Any]) -> str:
    return str(context.get("discriminator", "type")).strip("'")


def _short(value: Any) -> str:
    shown = str(value) if isinstance(value, dt.date) else repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."


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
            words.append(name if isinstance(name, str) and name else f"entry {step + 1}")
        elif isinstance(here, Mapping) and here.get("type") == step:
            continue  # the tag by which pydantic chose the model
        elif isinstance(here, Mapping) and step in here:
            here = here[step]
            words.append(step)
        elif step == location[-1]:
            words.append(step)
    return " > ".join(words) or "as a whole"
