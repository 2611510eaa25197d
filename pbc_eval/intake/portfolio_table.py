"""Results that others reported, as a table beside portfolio.yaml: one row a contract.

Columns: label, outcome (may be left out where there is only one), estimate (in the outcome's unit,
signed as measured), std_error or conf_low and conf_high (with level, 0.95 if left out), promised
(the size of the improvement promised), agreed, paid, spend (money), people, source. What was not
reported is left empty; nothing is guessed.
"""

import math
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import Field, ValidationError, model_validator

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import Agreed, Level
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout
from pbc_eval.errors import SpecError
from pbc_eval.intake.number_columns import refusal
from pbc_eval.intake.table_cells import is_blank, number_in
from pbc_eval.intake.table_files import numbered_rows
from pbc_eval.messages.written_numbers import Notation, is_ambiguous, is_number, plain
from pbc_eval.numerics.distributions import normal_quantile

TEXTS = ("label", "outcome", "source")
NUMBERS = (
    *("estimate", "std_error", "conf_low", "conf_high", "level"),
    *("promised", "agreed", "paid", "spend", "people"),
)
NEEDED = ("label", "source")


class ReportedResult(Agreed):
    """One contract's result as it was reported. Money in the portfolio's currency."""

    label: str = Field(min_length=1, max_length=60)
    outcome: str
    estimate: float | None = None
    std_error: float | None = Field(default=None, gt=0)
    conf_low: float | None = None
    conf_high: float | None = None
    level: Level = 0.95
    promised: float | None = Field(default=None, gt=0)
    agreed: float | None = Field(default=None, ge=0)
    paid: float | None = Field(default=None, ge=0)
    spend: float | None = Field(default=None, ge=0)
    people: int | None = Field(default=None, ge=1)
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _refuse_what_does_not_fit(self) -> Self:
        low, high = self.conf_low, self.conf_high
        if (low is None) != (high is None):
            raise ValueError("conf_low and conf_high belong together; give both or neither")
        if self.std_error is not None and low is not None:
            raise ValueError("give std_error, or conf_low and conf_high, not both")
        if self.estimate is None and (self.std_error is not None or low is not None):
            raise ValueError("has an error or an interval but no estimate")
        if low is not None and high is not None and not _holds(low, self.estimate, high):
            raise ValueError(
                f"the interval from {low:g} to {high:g} does not hold the estimate "
                f"{self.estimate:g}; are columns swapped?"
            )
        if self.agreed is not None and self.paid is not None and self.paid > self.agreed:
            raise ValueError(f"paid {self.paid:,.0f} is above agreed {self.agreed:,.0f}")
        return self

    @property
    def error(self) -> float | None:
        """The standard error, or what the interval's width says it was (normal)."""
        if self.conf_low is None or self.conf_high is None:
            return self.std_error
        reach = float(normal_quantile(0.5 + self.level / 2))
        return (self.conf_high - self.conf_low) / (2 * reach)


def _holds(low: float, estimate: float | None, high: float) -> bool:
    return estimate is not None and low < high and low <= estimate <= high


def read_portfolio_table(
    path: Path,
    outcomes: tuple[Outcome, ...],
    numbers: Notation | None = None,
    layout: TableLayout = AS_IT_IS,
) -> tuple[ReportedResult, ...]:
    """The rows of the table, checked; ``numbers`` says how numbers that are text are written,
    ``layout`` where the table stands and which heading is which column.

    Raises SpecError that lists every problem: row, column, value and remedy.
    """
    frame, _, row_numbers = numbered_rows(path, layout, NUMBERS if numbers else ())
    known = [*TEXTS, *NUMBERS]
    if unknown := [str(c) for c in frame.columns if c not in known]:
        raise SpecError(
            f"{path.name}: unknown column {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"Known columns: {', '.join(known)}."
        )
    if lacking := [c for c in NEEDED if c not in frame.columns]:
        raise SpecError(f"{path.name}: there is no column {lacking[0]!r}. Add it.")
    if frame.empty:
        raise SpecError(f"{path.name}: has no rows. Add one a contract.")
    if numbers is None:
        _refuse_numbers_as_text(path.name, frame)
    ids = [outcome.id for outcome in outcomes]
    rows, problems = list[ReportedResult](), list[str]()
    for number, cells in zip(row_numbers, frame.to_dict("records"), strict=True):
        try:
            rows.append(_row(f"{path.name}, row {number}", cells, ids, numbers))
        except SpecError as problem:
            problems.append(str(problem))
    if problems:
        raise SpecError("\n".join(problems))
    labels = [row.label for row in rows]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise SpecError(f"{path.name}: {first_few(twice)} stands there more than once.")
    return tuple(rows)


def _refuse_numbers_as_text(file: str, frame: pd.DataFrame) -> None:
    """One line a column in which text that is numbers stands, and the notation that reads it; a row
    each would say the same of all."""
    problems = list[str]()
    for column in (name for name in NUMBERS if name in frame.columns):
        texts = [value for value in frame[column] if isinstance(value, str) and value.strip()]
        odd = [text for text in texts if plain(text) is None or is_ambiguous(text)]
        if len(odd) > 1 and all(map(is_number, texts)):
            problems.append(f"{file}: {refusal(column, odd, None, may_be_labels=False)}")
    if problems:
        raise SpecError("\n".join(problems))


def _row(
    where: str, cells: dict[Any, Any], outcomes: list[str], numbers: Notation | None
) -> ReportedResult:
    given, problems = dict[str, Any](), list[str]()
    for column, value in cells.items():
        if is_blank(value) or value is pd.NA:
            continue
        if column in TEXTS:
            given[column] = str(value)
        elif isinstance(value, pd.Timestamp) or hasattr(value, "isoformat"):
            problems.append(
                f"{where}, column {column!r}: {value} is a date. A spreadsheet may have turned a "
                "number into one: format the cell as a number and type it again."
            )
        else:
            number, problem = number_in(
                value.item() if hasattr(value, "item") else value, str(column), numbers
            )
            if problem is not None:
                problems.append(f"{where}, column {column!r}: {problem.in_words}")
            given[column] = number
    if problems:
        raise SpecError("\n".join(problems))
    if (people := given.get("people")) is not None and math.floor(people) == people:
        given["people"] = int(people)
    named = given.setdefault("outcome", outcomes[0] if len(outcomes) == 1 else "")
    if named not in outcomes:
        raise SpecError(
            f"{where}: outcome {named!r} is not among the portfolio's outcomes "
            f"({first_few(outcomes)}).{did_you_mean(named, outcomes)}"
        )
    try:
        return ReportedResult.model_validate(given)
    except ValidationError as invalid:
        wrong = "; ".join(problems_in_words(invalid, given))
        raise SpecError(f"{where}: {wrong}") from None
