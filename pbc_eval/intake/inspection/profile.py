"""What a column holds: numbers, numbers as text, times, answers or words, and how many of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError
from pbc_eval.intake.table_cells import is_blank
from pbc_eval.intake.yes_no import answers
from pbc_eval.messages import written_numbers
from pbc_eval.messages.written_numbers import Notation
from pbc_eval.panel.periods import Periods, read_periods

Kind = Literal["number", "number as text", "time", "yes or no", "text", "empty"]
MOST_TIMES = 2_000  # distinct values of a column that may be times
MISSING_MARKS = frozenset(
    ("", "-", "..", ":", "n/a", "na", "nan", "null", "none", "#n/a", "[x]", "[c]", "[z]", "x", "*")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column as it stands. Counts are of rows; ``distinct`` of values, missing ones aside."""

    name: str  # a short one, for the evaluation
    heading: str  # as the file has it
    kind: Kind
    rows: int
    missing: int
    distinct: int
    examples: tuple[str, ...]
    notations: tuple[Notation, ...] = ()  # that read every number as text, if it holds such
    ambiguous: bool = False  # they read some of them differently
    percent: bool = False
    odd: tuple[str, ...] = ()  # texts among the numbers, or marks of missing values
    low: str = ""
    high: str = ""
    problem: str = ""  # why its times cannot be read

    @property
    def in_words(self) -> str:
        """The kind with its range: "number, 0 to 120"."""
        span = f", {self.low} to {self.high}" if self.low else ""
        per_cent = ", per cent" if self.percent else ""
        return f"{self.kind}{per_cent}{span}"


def profile(name: str, heading: str, values: Sequence[Any]) -> ColumnProfile:
    """The profile of one column from its cells."""
    given = [v for v in values if not is_blank(v) and str(v).strip().lower() not in MISSING_MARKS]
    marks = {str(v).strip() for v in values if not is_blank(v)} - {str(v).strip() for v in given}
    distinct = list(dict.fromkeys(given))
    facts: dict[str, Any] = {
        "name": name,
        "heading": heading,
        "rows": len(values),
        "missing": len(values) - len(given),
        "distinct": len(distinct),
        "examples": tuple(_shown(value) for value in distinct[:3]),
        "odd": tuple(sorted(marks)),
    }
    return ColumnProfile(**facts | _kind_of(distinct))


def _kind_of(distinct: Sequence[Any]) -> dict[str, Any]:
    if not distinct:
        return {"kind": "empty"}
    if answers(distinct) is not None:
        return {"kind": "yes or no"}
    plain = [float(v) for v in distinct if isinstance(v, (int, float)) and not isinstance(v, bool)]
    texts = [value for value in distinct if isinstance(value, str)]
    if len(plain) + len(texts) == len(distinct) and all(map(written_numbers.is_number, texts)):
        values = [float(text) for text in texts if written_numbers.plain(text) is not None]
        if len(values) < len(texts):
            return _numbers_as_text(texts, plain)
        return {"kind": "number", **_range([*plain, *values])}
    return _times_or_words(distinct, texts)


def _range(values: Sequence[float]) -> dict[str, str]:
    return {"low": f"{min(values):.10g}", "high": f"{max(values):.10g}"}


def _times_or_words(distinct: Sequence[Any], texts: Sequence[str]) -> dict[str, Any]:
    periods = times_of(distinct)
    if isinstance(periods, Periods):
        return {"kind": "time", "low": periods.names[0], "high": periods.names[-1]}
    numbers = [text for text in texts if written_numbers.is_number(text)]
    if 2 * len(numbers) > len(texts) and len(numbers) < len(texts):
        words = [text for text in texts if not written_numbers.is_number(text)]
        return {"kind": "text", "problem": f"words among numbers: {first_few(map(repr, words))}"}
    return {"kind": "text", "problem": periods}


def _numbers_as_text(texts: Sequence[str], plain: Sequence[float]) -> dict[str, Any]:
    able = written_numbers.read_alike(texts)
    meanings = {tuple(written_numbers.value_in(text, way) for text in texts) for way in able}
    parts = [written_numbers.taken_apart(text) for text in texts]
    facts: dict[str, Any] = {
        "kind": "number as text",
        "notations": able,
        "ambiguous": len(meanings) != 1,
        "percent": all(part is not None and part.percent for part in parts),
    }
    if len(meanings) == 1:
        values = [float(value) for value in next(iter(meanings)) if value is not None]
        facts |= _range([*plain, *values])
    return facts


def times_of(distinct: Sequence[Any]) -> Periods | str:
    """The values as periods, if they are dated; else why not, empty where they are no times."""
    if len(distinct) > MOST_TIMES or any(isinstance(v, (int, float)) for v in distinct):
        return ""
    try:
        periods = read_periods(distinct, "column")
    except DataError as problem:
        text = str(problem).removeprefix("column: ")
        return text if "could be" in text or "both" in text or "day first" in text else ""
    return periods if periods.dated else ""


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"{text[:27]}..."
