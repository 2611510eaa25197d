"""How results show themselves: one line in a prompt, an accessible table in a notebook.

Numbers are shown to six significant digits and text is escaped; ``to_frame`` has them whole. What
is shown here is on one's own machine and has not passed disclosure control: a page has.
"""

import html
import math
import numbers
from abc import ABC, abstractmethod
from decimal import Decimal
from importlib import import_module
from typing import Any

import pandas as pd

MOST_ROWS = 40  # of a table in a notebook
DIGITS = 6
USUAL_THRESHOLD = 10  # of the rule, where nobody agreed on another
COUNTS = frozenset(  # columns that count units
    ("n_treated", "n_comparison", "rows_dropped", "units_dropped", "count", "among", "units",
     "claims", "people")
)  # fmt: skip
MEASURED = {"measure_value": "measure", "denominator": "measure"}  # counts, where that says count
HELD = "†"
NOTE_HELD = (
    f"{HELD} A count below {USUAL_THRESHOLD}: under the usual rule it is not published, nor is "
    "what rests on it."
)
NOTE = "Shown on this machine, before disclosure control; release() says what may be published."


def in_one_line(whole: Any) -> str:
    """The ``repr`` of a whole report: its edition, and what it holds, each in its own one line."""
    spec = whole.spec
    parts = [f"{spec.id}, edition {spec.edition}"]
    if findings := getattr(whole, "findings", ()):
        parts.append(counted(len(findings), "outcome"))
    parts += [repr(part) for name in ("payment", "sroi") if (part := getattr(whole, name, None))]
    return f"<{type(whole).__name__}: {', '.join(parts)}>"


class Displayed(ABC):
    """A result with a short ``repr`` and a table for notebooks. Whoever inherits has ``to_frame``;
    data classes among them say ``repr=False``."""

    __slots__ = ()

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """The result as a tidy table."""

    def summary(self) -> str:
        """The result in one line."""
        frame = self.to_frame()
        columns = ", ".join(map(str, frame.columns[:6]))
        return f"{counted(len(frame), 'row')} of {columns}"

    def plot(self) -> Any:
        """The result as a Figure in the style of the pages, with its words and data."""
        return import_module("pbc_eval").plot(self)  # by the front door: figures are upstairs

    def explain(self) -> Any:
        """An Explanation: what it is, against whom, what it assumes, what would overturn it."""
        return import_module("pbc_eval").explain(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    def _repr_html_(self) -> str:
        return html_table(self.to_frame(), f"{type(self).__name__}: {self.summary()}")


def html_table(frame: pd.DataFrame, caption: str) -> str:
    """A frame as a table with a caption, scopes for its headings, and a note."""
    heads = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in frame.columns)
    rows = []
    names = [str(name) for name in frame.columns]
    is_held = False
    for values in frame.head(MOST_ROWS).itertuples(index=False, name=None):
        row = dict(zip(names, values, strict=True))
        counting = [name in COUNTS or _is_a_count(name, row) for name in names]
        held = [counts and is_small(value) for counts, value in zip(counting, values, strict=True)]
        is_held = is_held or any(held)
        first, *rest = (_cell(value) + HELD * few for value, few in zip(values, held, strict=True))
        cells = "".join(f"<td>{cell}</td>" for cell in rest)
        head = f'<th scope="row">{first}</th>' if first.strip() else "<td></td>"
        rows.append(f"<tr>{head}{cells}</tr>")
    more = len(frame) - MOST_ROWS
    notes = [NOTE_HELD] if is_held else []
    notes += [f"And {more:,} more rows: to_frame() has them all."] if more > 0 else []
    below = "".join(f"<p><small>{html.escape(note)}</small></p>" for note in (*notes, NOTE))
    return (
        f"<table><caption>{html.escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table>{below}"
    )


def _is_a_count(name: str, row: dict[str, Any]) -> bool:
    """Is a figure of a payment a count? A rate or share that a clause is paid on is none."""
    value = row[name]
    return row.get(MEASURED.get(name, "")) == "count" and (
        isinstance(value, numbers.Real | Decimal) and float(value).is_integer()
    )


def is_small(value: Any) -> bool:
    """Is this a count that the usual rule holds back?"""
    return isinstance(value, numbers.Real | Decimal) and 0 < float(value) < USUAL_THRESHOLD


def _cell(value: Any) -> str:
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.{DIGITS}g}"
    return html.escape(str(value))


def counted(number: int, singular: str) -> str:
    """ "1 cohort", "3 cohorts"."""
    return f"{number:,} {singular}{'' if number == 1 else 's'}"


def interval_in_short(estimate: float, low: float | None, high: float | None, level: float) -> str:
    """ "1.2 (95% interval 0.4 to 2)", or the estimate alone where there is no interval."""
    if low is None or high is None:
        return f"{estimate:.{DIGITS}g}, without an interval"
    return f"{estimate:.{DIGITS}g} ({level:.0%} interval {low:.{DIGITS}g} to {high:.{DIGITS}g})"
