"""The table of people that a design matches, its numbers read as the file says they are written."""

from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval.agreement.comparison_group import ComparisonGroup
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.matching_settings import Near, Scored
from pbc_eval.evaluation.data_place import data_frame
from pbc_eval.evaluation.shares_as_points import refuse_shares_as_points
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.number_columns import numbers_of_frame
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.ledger import AS_TEXT, LAID_OUT
from pbc_eval.panel.pulls import TAKEN_OUT
from pbc_eval.results import frame_with_sentences

MOST_LOOKED_AT = 1_000  # different cells of an outcome, to tell whether it is a share
Read = tuple[Sentence, Sentence]  # what was done, and how


def read_people(
    spec: EvaluationSpec, design: Matching | Sequence[str], files: InputFiles
) -> tuple[pd.DataFrame, list[Read]]:
    """One row a person, and what was left out of the file or read of text, for the ledger.
    ``design`` tells which columns are numbers, or they are listed.

    Raises DataError that names every column of numbers that is text, with what to state.
    """
    data = spec.data
    assert data is not None
    columns = _number_columns(spec, design)  # outcomes among them
    frame, laid_out, taken_out = data_frame(spec, files, columns if data.numbers else ())
    outcomes = [str(outcome.column) for outcome in spec.outcomes]
    for outcome in spec.outcomes:
        if (column := frame.get(str(outcome.column))) is not None:
            cells = [*column.dropna().unique()[:MOST_LOOKED_AT]]
            texts = [cell for cell in cells if isinstance(cell, str)]
            known = [float(cell) for cell in cells if isinstance(cell, Real)]
            if len(texts) + len(known) == len(cells):  # dates are told by whoever needs numbers
                refuse_shares_as_points(outcome, texts, known)
    frame, read = numbers_of_frame(
        frame,
        columns,
        data.numbers,
        owner=Path(data.file).name or str(data.table),
        labels=set(data.categories) - set(outcomes),
        measures=outcomes,
    )
    labels = {
        name: frame[name].astype("string").astype("category")
        for name in data.categories
        if name in frame and name not in outcomes
    }
    notes = [*((LAID_OUT, note) for note in laid_out), *((AS_TEXT, note) for note in read)]
    notes += [(TAKEN_OUT, words) for words in taken_out]
    return frame.assign(**labels), notes


def _number_columns(spec: EvaluationSpec, design: Matching | Sequence[str]) -> list[str]:
    """Columns that are, or may be, numbers: a text without numbers among them stays a category."""
    outcomes = [str(outcome.column) for outcome in spec.outcomes]
    if not isinstance(design, ComparisonGroup):
        return list(dict.fromkeys([*design, *outcomes]))
    names = [*design.covariates, *(str(outcome.column) for outcome in spec.outcomes)]
    ways: Sequence[ComparisonGroup] = (design, *design.alternatives)
    for way in ways:
        options = way.options
        if isinstance(options, Near):
            names += list(options.within)
        if isinstance(options, Scored) and options.score is not None:
            names.append(options.score)
    if spec.data is not None and spec.data.weight is not None:
        names.append(spec.data.weight)
    return list(dict.fromkeys(names))


def with_what_was_read(ledger: pd.DataFrame, read: Sequence[Read]) -> pd.DataFrame:
    """A ledger's table with a row for each thing that reading the file did, behind the first."""
    if not read:
        return ledger
    rows: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in ledger.to_dict("records")
    ]
    count = rows[0]["rows_in"]
    notes = [
        {**dict.fromkeys(rows[0]), "what": what, "rows_in": count}
        | {"rows_dropped": 0, "rows_left": count, "why": why}
        for what, why in read
    ]
    return frame_with_sentences([rows[0], *notes, *rows[1:]], ("what", "why"))
