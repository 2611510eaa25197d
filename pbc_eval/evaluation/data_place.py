"""The data of an evaluation, wherever they are: in a file beside it, or in an engine.

data.file    ── read into this process
data.backend ── stays there: panels by sums, people by the columns that the file names
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import DataRoles
from pbc_eval.errors import SpecError
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.long_cells import refuse_long_cells, refuse_long_cells_of
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.pulls import digest_of_arrays
from pbc_eval.panel.source import Source


def data_table(spec: EvaluationSpec, files: InputFiles, as_text: Sequence[str] = ()) -> Source:
    """The table of units and periods; ``as_text`` are columns of a file whose numbers are read as
    they are written.

    Raises SpecError for a file that is not there, DataError for an engine that is not reached, and
    for a named column of a file with a text that is too long to be shown.
    """
    data = _roles(spec)
    if data.backend is None:
        source = files.table(spec.path(data.file), data, as_text)
        refuse_long_cells(source, named_columns(spec))
        return source
    return files.at_engine(data, spec.path(data.file) if data.file else None)


def data_frame(
    spec: EvaluationSpec, files: InputFiles, as_text: Sequence[str] = ()
) -> tuple[pd.DataFrame, tuple[Sentence, ...], tuple[Sentence, ...]]:
    """All rows as a new frame, what a ledger must tell of reading a file, and of an engine what was
    taken out of it: the columns that the evaluation names, sorted by unit.

    Raises as ``data_table``, and DesignError for more than ``data.pull_limit`` allows.
    """
    data = _roles(spec)
    named = named_columns(spec)
    if data.backend is None:
        frame, notes = files.frame(spec.path(data.file), data, as_text)
        refuse_long_cells_of(spec.path(data.file).name, frame, named)
        return frame, notes, ()
    source = data_table(spec, files)
    assert source.pulls is not None
    columns = [column for column in source.columns if column in named]
    rows = size_of(source)
    what = Sentence("the table of people")
    source.pulls.allow(str(data.table), what, rows, len(columns))
    frame = _as_floats(source, columns)
    order = [data.unit, *(column for column in columns if column != data.unit)]
    frame = frame.sort_values([c for c in order if c in frame], ignore_index=True)
    refuse_long_cells_of(str(data.table), frame, columns)
    digest = digest_of_arrays(frame[column].to_numpy() for column in columns)
    source.pulls.seen(str(data.table), "table", digest)
    return frame, source.notes, source.pulls.in_words(str(data.table))


def size_of(source: Source) -> int:
    """How many rows a table has."""
    return int(source.table.count().to_pyarrow().as_py())


def named_columns(spec: EvaluationSpec) -> list[str]:
    """Every text of the parts of the file that name columns, each once."""
    parts = spec.model_dump(include={"data", "design", "outcomes", "counts"})
    return list(dict.fromkeys(_texts(parts)))


def _roles(spec: EvaluationSpec) -> DataRoles:
    if spec.data is None:
        raise SpecError(f"{spec.id}: data is missing: name the file or the backend that holds them")
    return spec.data


def _as_floats(source: Source, columns: Sequence[str]) -> pd.DataFrame:
    """Some columns in memory, decimals among them as doubles."""
    kinds = {name: source.column(name).type() for name in columns}
    exact = {
        source.aliases.get(name, name): source.column(name).cast("float64")
        for name, kind in kinds.items()
        if kind.is_decimal()
    }
    return replace(source, table=source.table.mutate(**exact) if exact else source.table).select(
        columns
    )


def _texts(value: Any) -> Iterator[str]:
    """Every text in nested values, the keys of mappings among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts(key)
            yield from _texts(part)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from _texts(part)
