"""One CSV file a table and figure of a page."""

import pandas as pd

from pbc_eval.errors import PublicationError
from pbc_eval.intake.formula_text import harmless
from pbc_eval.numerics.published import published
from pbc_eval.report.page import Page


def csv_files(page: Page) -> dict[str, bytes]:
    """The data of every table and figure by file name, in the order of the page.

    Raises PublicationError where two have one name: one of them would be left out.
    """
    files: dict[str, bytes] = {}
    named = [(table.name, table.frame) for table in page.tables]
    named += [(figure.name, figure.data) for figure in page.figures]
    for name, frame in named:
        file = f"{name}.csv"
        if file in files or file in page.files:
            raise PublicationError(
                f"{file}: two tables or figures have this name. Rename one of the outcomes."
            )
        files[file] = csv_text(frame).encode()
    return files


def csv_text(frame: pd.DataFrame) -> str:
    """The frame as CSV, numbers to ten significant digits; text that a spreadsheet would run as a
    formula is quoted."""
    safe = published(frame).copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [
                harmless(value) if isinstance(value, str) else value for value in safe[column]
            ]
    text: str = safe.to_csv(index=False, lineterminator="\n")
    return text
