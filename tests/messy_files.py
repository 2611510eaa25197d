"""Files as people have them: titles above the table, notes below it, other sheets before it."""

import datetime as dt
from pathlib import Path

from openpyxl import Workbook

TITLES = ["Table 3a: rates by area (provisional)", "Source: returns. [x] = not available", ""]
HEADINGS = (
    "Area code", "Area name", "Month", "Rate of absence", "Pupils (number)", "Service start",
)  # fmt: skip
NOTES = ["", "Notes", "1. Codes changed in 2023.", "Contact: someone@example.org"]


def panel_rows(units: int = 6, periods: int = 5) -> list[list[object]]:
    rows: list[list[object]] = [list(HEADINGS)]
    for u in range(units):
        for t in range(periods):
            start = dt.date(2024, 3, 1) if u % 2 else None
            month = dt.date(2024, t + 1, 1)
            rows.append([f"E0{u}", f"Area {u}", month, 4.5 + u + 0.25 * t, 1000 + 10 * u, start])
    return rows


def workbook(path: Path, rows: list[list[object]], sheet: str = "Data") -> Path:
    book = Workbook()
    book.active.title = "Contents"
    book.active.append(["What is in this file"])
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def around(rows: list[list[object]], above: int, below: int) -> list[list[object]]:
    return [*([text] for text in TITLES[:above]), *rows, *([text] for text in NOTES[:below])]
