"""Where in a file the table stands, and which of its columns is which: cleaning that is declared.

A person's own file stays as it is: a title above the headings, notes below the rows, headings in
other words. What is said here is done at every run, and told in the ledger.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.errors import SpecError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name

Dates = Literal["31/12/2024", "12/31/2024"]
Separator = Literal[",", ";", "|", "tab"]


class TableLayout(Agreed):
    """How the table in a file is laid out. With nothing stated, the first row names the columns and
    every row below is data."""

    sheet: Annotated[str | None, AddedLater()] = Field(
        default=None, min_length=1, description="Of a workbook; the first if not stated."
    )
    header_row: Annotated[int | None, AddedLater()] = Field(
        default=None,
        ge=1,
        le=1_000,
        description="The row that names the columns, as a spreadsheet numbers its rows; what "
        "stands above it is no data.",
    )
    last_row: Annotated[int | None, AddedLater()] = Field(
        default=None,
        ge=2,
        description="The last row of data, as a spreadsheet numbers its rows; notes and totals "
        "below it are no data.",
    )
    fill_down: Annotated[tuple[str, ...], AddedLater()] = Field(
        default=(),
        description="Columns in which an empty cell means the same as the cell above it.",
    )
    dates: Annotated[Dates | None, AddedLater()] = Field(
        default=None,
        description="How dates such as 01/02/2024 are written, by an example: '31/12/2024' (day "
        "first) or '12/31/2024'; only needed where the column cannot tell.",
    )
    columns: Annotated[dict[str, str], AddedLater()] = Field(
        default_factory=dict,
        description="A short name, and the heading that it stands for in the file: "
        "{rate: 'NEET rate (16-17)'}.",
    )
    encoding: Annotated[str | None, AddedLater()] = Field(
        default=None, description="Of a text file that is not UTF-8: cp1252, utf-16."
    )
    separator: Annotated[Separator | None, AddedLater()] = Field(
        default=None,
        description="Between the cells of a text file, if it cannot be told: ',', ';', '|' or tab.",
    )

    @model_validator(mode="after")
    def _ask_for_rows_in_order(self) -> Self:
        first = self.header_row or 1
        if self.last_row is not None and self.last_row <= first:
            raise ValueError(
                f"last_row {self.last_row} must lie below header_row {first}; no row is left"
            )
        headings = list(self.columns.values())
        if repeated := sorted({h for h in headings if headings.count(h) > 1}):
            raise ValueError(f"columns gives {repeated[0]!r} two names; give it one")
        return self

    @property
    def layout(self) -> "TableLayout":
        """The layout alone, without what else a model says that has one."""
        return TableLayout(**{name: getattr(self, name) for name in TableLayout.model_fields})

    @property
    def moves_rows(self) -> bool:
        """Is anything but the names of columns stated?"""
        return bool(self.model_dump(exclude={"columns"}, exclude_defaults=True))

    @property
    def stated(self) -> bool:
        return self.moves_rows or bool(self.columns)

    def left_out(self, file: str | None) -> tuple[Sentence, ...]:
        """What of the file is stated to be no data, where something is."""
        if file is None or self.last_row is None:
            return ()
        words = Sentence(
            "Rows below row {row} of {file} are notes or totals, and no data.",
            row=Name(str(self.last_row)),
            file=Name(file),
        )
        return (words,)


AS_IT_IS = TableLayout()


def checked_layout(stated: dict[str, Any]) -> TableLayout:
    """The layout that ``stated`` says, key by key. Raises SpecError with every problem."""
    try:
        return TableLayout.model_validate(stated)
    except ValidationError as error:
        problems = problems_in_words(error, stated, list(TableLayout.model_fields))
        raise SpecError("\n".join(f"read_table: {line}" for line in problems)) from None
