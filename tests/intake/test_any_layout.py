"""Other tables than the data, under layouts that need not fit and with cells that are none of
theirs: read, or refused in words of this package, whatever the kind of file."""

import csv
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evaluations import DATA
from openpyxl import Workbook
from portfolio.test_plans import GOLDEN, PLANS
from portfolios import COLUMNS, HEAD, TABLE, jobs
from test_any_file import FOREIGN_WORDS

import pbc_eval as pbc
from pbc_eval.agreement.portfolio import PaymentPlans, load_portfolio
from pbc_eval.agreement.table_layout import TableLayout, checked_layout
from pbc_eval.errors import PbcError
from pbc_eval.intake.portfolio_plans import read_plans
from pbc_eval.intake.portfolio_table import read_portfolio_table
from pbc_eval.intake.table_files import numbered_rows
from pbc_eval.intake.value_table import read_uncertainty
from pbc_eval.payment.claims import claim_counts

Read = Callable[[Path, TableLayout], Any]
MEALS, CARERS = DATA / "wheels-to-meals", DATA / "care-leavers"
CELLS = [
    *("", " ", "0", "-1", "1.5", "1,5", "1.234,5", "12%", "£5", "1e400", "nan", "inf", "NA", "-"),
    *("2024-02-30", "31/12/2024", "45000", "true", "yes", "=1+1", "#REF!", "ä\u200b", "x" * 400),
    *("a\nb", '"', "'", ";", "\t", "\u202eabc", "１２", "½", "None", "<b>", "0x1F", "1_000", "∞"),
]
"""What a person, or a program, leaves in a cell."""


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def of_a_portfolio(folder: Path) -> Read:
    folder.joinpath("portfolio.yaml").write_text(HEAD + TABLE, encoding="utf-8")
    outcomes = load_portfolio(folder).outcomes
    return lambda file, layout: read_portfolio_table(file, outcomes, layout=layout)


def of_plans(folder: Path) -> Read:
    def read(file: Path, layout: TableLayout) -> Any:
        said = PLANS.model_dump(exclude_defaults=True) | layout.model_dump(exclude_defaults=True)
        return read_plans(file, PaymentPlans.model_validate(said))

    return read


def of_claims(folder: Path) -> Read:
    spec = pbc.load_evaluation(CARERS)
    assert spec.payment is not None
    assert spec.claims is not None

    def read(file: Path, layout: TableLayout) -> Any:
        rows = numbered_rows(file, layout, spec.claims.as_text)
        return claim_counts(spec.payment, spec.claims, rows.frame, rows.rows, rows.notes)

    return read


def of_a_value_map(folder: Path) -> Read:
    return lambda file, layout: pbc.read_value_map(file, layout=layout)


def of_inputs(folder: Path) -> Read:
    whole = MEALS / "value_map.csv"
    return lambda file, layout: pbc.read_value_map(whole, inputs=file, inputs_layout=layout)


def of_uncertainties(folder: Path) -> Read:
    return lambda file, layout: read_uncertainty(file, layout=layout)


TABLES: dict[str, tuple[list[list[str]], Callable[[Path], Read]]] = {
    "portfolio": ([line.split(",") for line in [COLUMNS, *jobs()]], of_a_portfolio),
    "plans": (rows_of(GOLDEN)[:12], of_plans),
    "claims": (rows_of(CARERS / "claims.csv")[:25], of_claims),
    "value map": (rows_of(MEALS / "value_map.csv"), of_a_value_map),
    "inputs": (rows_of(MEALS / "inputs.csv"), of_inputs),
    "uncertainties": (rows_of(MEALS / "uncertainty.csv"), of_uncertainties),
}


def spoilt(rows: list[list[str]], drawn: random.Random) -> list[list[str]]:
    """A copy under titles, with cells that are none of it, rows short, long or twice."""
    rows = [[f"Title {n}"] for n in range(drawn.choice([0, 0, 1, 2]))] + [list(row) for row in rows]
    for _ in range(drawn.choice([0, 1, 1, 2, 5])):
        row = drawn.choice(rows)
        how = drawn.random()
        if how < 0.7 and row:
            row[drawn.randrange(len(row))] = drawn.choice(CELLS)
        elif how < 0.8:
            row.append(drawn.choice(CELLS))
        elif how < 0.9 and row:
            row.pop()
        else:
            rows.insert(drawn.randrange(len(rows) + 1), drawn.choice([[], list(row), ["Total"]]))
    return rows


def written(rows: list[list[str]], file: Path, drawn: random.Random) -> Path:
    """As a text file in some encoding and separator, or as a workbook."""
    if drawn.random() < 0.25:
        book = Workbook()
        for row in rows:
            book.active.append([cell.replace("\u202e", "") or None for cell in row])
        file = file.with_suffix(".xlsx")
        book.save(file)
        return file
    encoding = drawn.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "cp1252"])
    mark = drawn.choice([",", ",", ";", "\t", "|"])
    with file.open("w", encoding=encoding, newline="", errors="replace") as stream:
        csv.writer(stream, delimiter=mark).writerows(rows)
    return file


def laid_out(heads: list[str], drawn: random.Random) -> dict[str, Any]:
    """Keys of a layout, most of which do not fit."""
    heads = [*heads, "Title 0", "no such heading", ""]
    whole = {
        "sheet": drawn.choice(["Sheet", "no such sheet", "x" * 40, "[1]"]),
        "header_row": drawn.choice([1, 2, 3, 4, 30, 1000]),
        "last_row": drawn.choice([2, 3, 9, 2000]),
        "fill_down": tuple(drawn.sample(heads, drawn.choice([1, 2]))),
        "dates": drawn.choice(["31/12/2024", "12/31/2024"]),
        "columns": {drawn.choice(heads): drawn.choice(heads) for _ in range(drawn.choice([1, 2]))},
        "encoding": drawn.choice(["utf-8", "utf-16", "cp1252", "ascii", "punycode", "nonsense"]),
        "separator": drawn.choice([",", ";", "|", "tab"]),
    }
    return {key: whole[key] for key in drawn.sample(list(whole), drawn.choice([0, 0, 1, 1, 2, 3]))}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TABLES))
def test_a_table_under_any_layout_is_read_or_refused_in_our_words(tmp_path, name):
    rows, made = TABLES[name]
    read, drawn = made(tmp_path), random.Random(f"{name} 1")
    with (tmp_path / "clean.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    assert read(tmp_path / "clean.csv", TableLayout())  # so that refusals are of what is spoilt
    strange, refused = [], 0
    for _ in range(100):
        said = laid_out(rows[0], drawn)
        file = written(spoilt(rows, drawn), tmp_path / "table.csv", drawn)
        try:
            read(file, checked_layout(said))
        except PbcError as problem:
            refused += 1
            if FOREIGN_WORDS.search(str(problem)):
                strange.append(f"{said}: {problem}")
        except Exception as problem:
            strange.append(f"{said}: {type(problem).__name__}: {problem}")
    assert refused > 30
    assert strange == []
