"""Where a table is: in a file beside the evaluation, or in an engine that keeps it."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from pbc_eval.agreement.base import AddedLater
from pbc_eval.agreement.engine_address import (
    PASSWORD_VARIABLE,
    USER_VARIABLE,
    engine_address,
)
from pbc_eval.agreement.table_layout import TableLayout

PULL_LIMIT = 500.0  # megabytes


class TablePlace(TableLayout):
    """A file and where its table stands in it, or the address of an engine and the table there."""

    # An address that is refused may hold a password, and what was given is not repeated.
    model_config = ConfigDict(hide_input_in_errors=True)

    file: str = Field(
        default="", description="Beside evaluation.yaml: .csv .xlsx .ods .parquet .dta .sav .rds"
    )
    backend: Annotated[str | None, AddedLater()] = Field(
        default=None,
        description="Instead of a file, the engine that holds the data: postgres://host/database, "
        "spark://host:7077, spark:local or duckdb:panel.duckdb. Name and password come from the "
        "environment, never from here.",
    )
    table: Annotated[str | None, AddedLater()] = Field(
        default=None, min_length=1, description="The table there: panel, or schema.panel."
    )
    pull_limit: Annotated[float, AddedLater()] = Field(
        default=PULL_LIMIT,
        gt=0,
        description="The most megabytes of rows that may be taken out of the engine at once, for "
        "what cannot be worked out there.",
    )

    @model_validator(mode="before")
    @classmethod
    def _take_a_file_of_duckdb_for_a_file(cls, data: Any) -> Any:
        """A table in a .duckdb file is found, hashed and kept like any file."""
        if not isinstance(data, dict) or data.get("file"):
            return data
        backend, table = data.get("backend"), data.get("table")
        if isinstance(backend, str) and isinstance(table, str) and backend.startswith("duckdb:"):
            return {**data, "file": f"{backend.partition(':')[2]}::{table}"}
        return data

    @model_validator(mode="after")
    def _ask_for_one_place(self) -> Self:
        if self.backend is None:
            if self.table is not None:
                raise ValueError(
                    f"table {self.table!r} is in a backend, and none is named. Add backend, or "
                    "name the table of a workbook or database file in file: data.duckdb::table"
                )
            if not self.file:
                raise ValueError(
                    "file is missing: name the data file, or the backend and table of an engine"
                )
            if "://" in self.file:
                raise ValueError(
                    "file is an address, not a file beside evaluation.yaml. An engine's address "
                    "goes under backend, its table under table, and a name and password into the "
                    f"environment ({USER_VARIABLE}, {PASSWORD_VARIABLE})"
                )
            return self
        try:
            address = engine_address(self.backend)
        except ValueError as problem:
            raise ValueError(f"backend {problem}") from None
        if self.table is None:
            raise ValueError("table is missing: which table of the backend holds the data?")
        own = f"{address.place}::{self.table}" if address.engine == "duckdb" else ""
        if self.file not in ("", own):
            raise ValueError(
                f"file {self.file} and backend are both given; the data come from one place. "
                "Remove one of them"
            )
        if self.layout.moves_rows:
            raise ValueError(
                "sheet, header_row, last_row, fill_down, dates, encoding and separator are for "
                "files; a table of an engine has none. Remove them"
            )
        return self

    @property
    def place(self) -> str:
        """Where the data are, for people and for manifests: a file, or an engine and its table."""
        return self.file if self.backend is None else f"{self.backend}: {self.table}"
