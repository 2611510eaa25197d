"""The files of a run: each is read once, whoever asks for it and however often.

A run of an evaluation asks for the same file in several places: one outcome after another, the
edition before, the registered evaluation, the hashes. They share one ``InputFiles``, which keeps
what was read for as long as the run lasts, and no longer.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from pbc_eval.agreement.sizes import LONGEST_NAME
from pbc_eval.agreement.table_layout import AS_IT_IS, TableLayout
from pbc_eval.agreement.table_place import TablePlace
from pbc_eval.errors import DataError
from pbc_eval.intake.file_hash import sha256
from pbc_eval.intake.table_files import open_table, read_rows, under_short_names
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import Source
from pbc_eval.panel.warehouse import open_backend

T = TypeVar("T")


class InputFiles:
    """What was read in one run, by file (with the ``::table`` in it) and by how it was read."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, ...], Any] = {}

    def read(self, path: Path, reader: Callable[..., T], *beside: object) -> T:
        """What ``reader`` makes of the file and of those beside it (or of columns that it is told
        of): worked out once, then shared.

        What is shared must not be changed by those who get it. Raises what ``reader`` raises.
        """
        key = (f"{reader.__module__}.{reader.__qualname__}", *map(str, (path, *beside)))
        if key not in self._read:
            self._read[key] = reader(path, *beside)
        shared: T = self._read[key]
        return shared

    def table(
        self, path: Path, layout: TableLayout = AS_IT_IS, as_text: Sequence[str] = ()
    ) -> Source:
        """A table of units and periods, read into the engine once; ``as_text`` are columns whose
        numbers are read as they are written."""
        return self.read(path, _held, layout.layout, *as_text)

    def frame(
        self, path: Path, layout: TableLayout = AS_IT_IS, as_text: Sequence[str] = ()
    ) -> tuple[pd.DataFrame, tuple[Sentence, ...]]:
        """All rows and columns as a new pandas frame, and what a ledger must tell of its reading;
        writing to the frame leaves the others' alone."""
        frame, notes = self.read(path, _frame, layout.layout, *as_text)
        return frame.copy(), notes

    def at_engine(self, data: TablePlace, file: Path | None) -> Source:
        """The table of ``data.backend``, which stays there. ``file``: that of a DuckDB address."""
        return self.read(file or Path(), _at_engine, data)

    def scanned(self, rows: TablePlace, file: Path | None) -> Source:
        """A table that is gone through once, so that nothing of it is kept: in an engine, or in
        ``file``."""
        if rows.backend is not None:
            return self.at_engine(rows, file)
        return self.read(file or Path(), open_table, rows.layout)

    @property
    def snapshots(self) -> dict[str, str]:
        """Of each engine's table that was read, the hash of everything that came out of it."""
        sources = [held for held in self._read.values() if isinstance(held, Source)]
        pulls = [source.pulls for source in sources if source.pulls is not None]
        return {pull.place: pull.snapshot for pull in pulls if pull.snapshot is not None}

    def rows(
        self, path: Path, as_text: Sequence[str] = (), layout: TableLayout = AS_IT_IS
    ) -> tuple[pd.DataFrame, tuple[Sentence, ...]]:
        """The same of a table that is shown row by row.

        Raises DataError for a cell of more letters than a page can show."""
        frame, notes = self.frame(path, layout, as_text)
        first = (layout.header_row or 1) + 1
        for column in frame.select_dtypes([object, "str"]).columns:
            lengths = frame[column].map(lambda cell: len(cell) if isinstance(cell, str) else 0)
            if len(lengths) and lengths.max() > LONGEST_NAME:
                raise DataError(
                    f"{path.name}, row {int(lengths.to_numpy().argmax()) + first}, column "
                    f"{column!r}: has {lengths.max():,} characters, of which a cell may have "
                    f"{LONGEST_NAME:,}. Shorten it."
                )
        return frame, notes

    def sha256(self, path: Path) -> str:
        """The hash of the file as it is on disk, without the ``::table`` in it."""
        return self.read(Path(str(path).partition("::")[0]), sha256)


def _held(path: Path, layout: TableLayout, *as_text: str) -> Source:
    return open_table(path, layout, as_text).held()


def _frame(
    path: Path, layout: TableLayout, *as_text: str
) -> tuple[pd.DataFrame, tuple[Sentence, ...]]:
    return read_rows(path, as_text, layout)


def _at_engine(file: Path, data: TablePlace) -> Source:
    backend, table = str(data.backend), str(data.table)
    if data.file:
        pulls = Pulls(f"{backend}: {table}", data.pull_limit)
        return replace(open_table(file, data.layout), pulls=pulls)
    source = open_backend(backend, table, pull_limit=data.pull_limit)
    return under_short_names(source, data.layout)
