"""Plans and payments of many contracts, as a table beside portfolio.yaml: one row a contract."""

from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.portfolio import PaymentPlans
from pbc_eval.errors import SpecError
from pbc_eval.intake.table_cells import is_blank, number_in
from pbc_eval.intake.table_files import numbered_rows
from pbc_eval.messages.written_numbers import Notation
from pbc_eval.panel.frame_columns import check_columns


def read_plans(
    path: Path, plans: PaymentPlans, numbers: Notation | None = None
) -> tuple[tuple[str, tuple[float | None, ...], float | None], ...]:
    """By row: the contract, what each plan came to, what was paid; None where a cell is empty.

    Raises SpecError that lists every problem: row, column, value and remedy; DataError for a
    column that is not there.
    """
    money = [*(planned.column for planned in plans.planned), plans.paid]
    frame, _, row_numbers = numbered_rows(path, plans.layout, money if numbers else ())
    check_columns(path.name, list(frame.columns), [plans.contract, *money])
    if frame.empty:
        raise SpecError(f"{path.name}: has no rows. Add one a contract.")
    rows, problems = [], list[str]()
    for at, cells in zip(row_numbers, frame.to_dict("records"), strict=True):
        label = cells[plans.contract]
        if is_blank(label) or label is pd.NA:
            problems.append(
                f"{path.name}, row {at}: {plans.contract!r} is empty. Name the contract."
            )
            continue
        amounts = [_amount(f"{path.name}, row {at}", c, cells[c], numbers, problems) for c in money]
        rows.append((str(label).strip(), tuple(amounts[:-1]), amounts[-1]))
    labels = [label for label, _, _ in rows]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        problems.append(f"{path.name}: {first_few(twice)} stands there more than once. Keep one.")
    if problems:
        raise SpecError("\n".join(problems))
    return tuple(rows)


def _amount(
    where: str, column: str, value: Any, numbers: Notation | None, problems: list[str]
) -> float | None:
    if is_blank(value) or value is pd.NA:
        return None
    number, problem = number_in(value.item() if hasattr(value, "item") else value, column, numbers)
    if problem is not None:
        problems.append(f"{where}, column {column!r}: {problem.in_words}")
    elif number is not None and number < 0:
        problems.append(f"{where}, column {column!r}: must not be negative, got {number:,.2f}.")
    return number
