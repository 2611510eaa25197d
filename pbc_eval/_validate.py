"""Argument checks in the house style: name the thing, the value, the rule and the remedy.

Each takes ``owner`` (what the value belongs to, as the reader knows it), ``name`` and ``value``,
and the exception class to raise, so that one rule reads the same in every room.
"""

import difflib
import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from numbers import Real

from pbc_eval.errors import DataError, PbcError, SpecError


def share_problem(value: float) -> str | None:
    """What is wrong with a share, or None. Shares are fractions in [0, 1], never percentages."""
    if 0.0 <= value <= 1.0:
        return None
    hint = f" Did you mean {value / 100:g}?" if 1.0 < value <= 100.0 else ""
    return f"must be a fraction in [0, 1], got {value:g}.{hint}"


def number_problem(value: object) -> str | None:
    """What is wrong with a number, or None: text, true and false, lists and missing are none."""
    if isinstance(value, Real | Decimal) and not isinstance(value, bool):
        return None
    return f"must be a number, got {value!r}."


def check_number(owner: str, name: str, value: object, error: type[PbcError] = SpecError) -> float:
    """A number of any type as a float; refuse what is none, and what is not finite."""
    problem = number_problem(value)
    if problem:
        raise error(f"{owner}: {name} {problem}")
    number = float(value)  # type: ignore[arg-type]
    check_finite(owner, name, number, error)
    return number


def check_share(owner: str, name: str, value: float, error: type[PbcError] = SpecError) -> None:
    """Refuse anything but a fraction in [0, 1]."""
    problem = number_problem(value) or share_problem(value)
    if problem:
        raise error(f"{owner}: {name} {problem}")


def check_finite(owner: str, name: str, value: float, error: type[PbcError] = SpecError) -> None:
    """Refuse missing and infinite numbers."""
    if not math.isfinite(value):
        raise error(f"{owner}: {name} must be a finite number, got {value!r}.")


def check_level(owner: str, value: float, error: type[PbcError] = SpecError) -> None:
    """Refuse a confidence level outside (0, 1), 95 for 0.95 above all."""
    if not isinstance(value, Real) or isinstance(value, bool):
        raise error(f"{owner}: level must be a number between 0 and 1, got {value!r}.")
    if 0.0 < value < 1.0:
        return
    hint = f" Did you mean {value / 100:g}?" if 1.0 < value < 100.0 else ""
    raise error(f"{owner}: level must lie between 0 and 1, got {value!r}.{hint}")


def check_choice(
    owner: str, name: str, value: object, choices: Sequence[str], error: type[PbcError] = SpecError
) -> None:
    """Refuse a word that is not among ``choices``; suggest the nearest one that is."""
    if isinstance(value, str) and value in choices:
        return
    listed = ", ".join(choices)
    raise error(
        f"{owner}: {name} must be one of {listed}; got {value!r}.{did_you_mean(value, choices)}"
    )


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """' Did you mean x?' for the nearest known word, or the empty string."""
    choices = list(known)
    nearest = difflib.get_close_matches(str(word), choices, n=1, cutoff=0.6)
    if not nearest and len(str(word)) > 2:  # the beginning of a word: never, for never_treated
        nearest = [choice for choice in choices if choice.startswith(str(word))]
    return f" Did you mean {nearest[0]!r}?" if nearest else ""


def first_few(items: Iterable[object], limit: int = 5) -> str:
    """The first ``limit`` items in words, then how many more there are."""
    every = [str(item) for item in items]
    shown = ", ".join(every[:limit])
    return shown if len(every) <= limit else f"{shown} and {len(every) - limit:,} more"


def written_twice(texts: Iterable[object]) -> list[tuple[str, ...]]:
    """Texts that differ in spaces or case only, as 'North' and 'north ', together."""
    alike: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):
        if isinstance(text, str):
            alike.setdefault(" ".join(text.split()).casefold(), []).append(text)
    return sorted(tuple(sorted(ways)) for ways in alike.values() if len(ways) > 1)


def refuse_written_twice(owner: str, name: object, texts: Iterable[object]) -> None:
    """Refuse a column of labels in which one label is written in several ways: it would be several
    groups. Raises DataError."""
    if ways := written_twice(texts):
        shown = first_few((" and ".join(map(repr, each)) for each in ways), 3)
        raise DataError(
            f"{owner}: {name!r} writes one label in several ways, which differ in spaces or case "
            f"only: {shown}. Write each in one way; where they mean different things, give them "
            "names that differ in more."
        )
