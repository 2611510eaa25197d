"""Two editions of one thing, number by number: where they differ, and by how much.

    two folders ── compare_numbers ──▶ Comparison: the places, the largest relative difference

The numbers are those of results.json and of every table. A difference is held against the larger of
the two numbers, and against a millionth of the largest number of the same column or record, so that
what is zero but for rounding is not compared with itself.
"""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pbc_eval.results_file import RESULTS

SAME = 1e-7  # relative difference up to which two machines give the same number
SMALL = 1e-6  # share of a column's largest number below which differences are held against that
_NOT_NUMBERS = ("provenance",)  # of results.json: hashes and versions, compared by themselves

Leaf = tuple[Any, float]  # a value, and the largest number of its record or column


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """``differences`` are sentences, 'payment.total was 10.00, is 12.00', in the order of the
    files; ``largest`` is the largest relative difference of a number, infinite where what differs
    is no number or stands in one of the editions only."""

    differences: tuple[str, ...] = ()
    largest: float = 0.0

    @property
    def equal(self) -> bool:
        return not self.differences

    @property
    def on_other_hardware(self) -> bool:
        """Do they differ, and in nothing but what another processor rounds otherwise?"""
        return 0 < self.largest <= SAME


def compare_numbers(before: Path, after: Path) -> Comparison:
    """Compare the editions in two folders: results.json first, then each table."""
    names = sorted({name for folder in (before, after) for name in _tables(folder)})
    differences: list[str] = []
    largest = 0.0
    files = [(RESULTS, ""), *((RESULTS.parent / name, f"{name}, ") for name in names)]
    for file, head in files:
        first, second = _read(before / file), _read(after / file)
        for place in sorted({*first, *second}):
            how_far = _how_far(first.get(place), second.get(place))
            if how_far:
                largest = max(largest, how_far)
                was, now = (part.get(place, ("absent", 0.0))[0] for part in (first, second))
                differences.append(f"{head}{place} was {was}, is {now}")
    return Comparison(differences=tuple(differences), largest=largest)


def _tables(folder: Path) -> Iterator[str]:
    """The files of its tables and figures: other files are words about them."""
    if (folder / RESULTS).is_file():
        content = json.loads((folder / RESULTS).read_text("utf-8"))
        yield from (part["file"] for part in content.get("files", ()))


def _how_far(before: Leaf | None, after: Leaf | None) -> float:
    """0 where two values are equal, infinite where they differ and are no numbers."""
    if before is None or after is None:
        return math.inf
    first, second = before[0], after[0]
    if first == second:
        return 0.0
    if not (_is_number(first) and _is_number(second)):
        return math.inf
    floor = SMALL * max(before[1], after[1])
    return float(abs(first - second) / max(abs(first), abs(second), floor))


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool))


def _read(file: Path) -> dict[str, Leaf]:
    """Every plain value of a file by its place; nothing where there is no file."""
    if not file.is_file():
        return {}
    if file.suffix == ".csv":
        return dict(_cells(file))
    content = json.loads(file.read_text("utf-8"))
    return dict(_leaves({k: v for k, v in content.items() if k not in _NOT_NUMBERS}))


def _leaves(value: Any, place: str = "", largest: float = 0.0) -> Iterator[tuple[str, Leaf]]:
    """Every plain value of a document, with the way to it: outcomes[1].estimate."""
    if isinstance(value, dict):
        most = _largest(value.values())
        for key, part in value.items():
            yield from _leaves(part, f"{place}.{key}".lstrip("."), most)
    elif isinstance(value, list):
        most = _largest(value)
        for position, part in enumerate(value, start=1):
            yield from _leaves(part, f"{place}[{position}]", most)
    else:
        yield place, (value, largest)


def _cells(file: Path) -> Iterator[tuple[str, Leaf]]:
    with file.open(newline="", encoding="utf-8") as stream:
        rows = [
            {str(column): _as_number(text) for column, text in row.items()}
            for row in csv.DictReader(stream)
        ]
    largest = {column: _largest(row[column] for row in rows) for column in (rows or [{}])[0]}
    for number, row in enumerate(rows, start=2):
        for column, value in row.items():
            yield f"row {number}, {column}", (value, largest[column])


def _as_number(text: Any) -> Any:
    """A cell as a number where it is written as a finite one, exact whole numbers included."""
    for kind in (int, float):
        try:
            value = kind(text)
        except (TypeError, ValueError):
            continue
        return value if math.isfinite(value) else text
    return text


def _largest(values: Any) -> float:
    sizes = [abs(float(value)) for value in values if _is_number(value)]
    return max((size for size in sizes if math.isfinite(size)), default=0.0)
