"""Columns of numbers that are text: read in the notation that is stated, else refused.

The one rule for outcomes, weights, covariates, counts and money, in panels, tables of people, KPIs
and surveys. A number in disguise never becomes a category, and what is read is told.

    column of text ── reading_of(notation) ▶ Reading (values, Sentence for the ledger)
                   └─ refusal ▶ what is wrong, and the notation that reads it
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from pbc_eval._validate import check_choice, did_you_mean, first_few
from pbc_eval.errors import DataError
from pbc_eval.intake.yes_no import answers, answers_as_numbers
from pbc_eval.messages import written_numbers as written
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Name, Number
from pbc_eval.messages.written_numbers import NOTATIONS, Notation
from pbc_eval.panel.source import Source, distinct_texts, with_values

KEY = "numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a column's texts are as numbers, and what a ledger tells of it."""

    values: Mapping[str, float]
    note: Sentence


class NumbersRead(NamedTuple):
    """A frame with its numbers as numbers, and what was read of text, in words."""

    frame: pd.DataFrame
    notes: tuple[Sentence, ...]


def read_numbers(
    frame: pd.DataFrame, columns: Sequence[str], numbers: Notation | None = None
) -> NumbersRead:
    """Columns of text as numbers, written like ``numbers``: "1,234.5" or "1.234,5" ...

    A per cent sign makes a fraction ("12%" is 0.12), one currency and footnotes' marks are left
    out, and the notes say so. The frame given is not changed. Raises DataError that names every
    column and cell that is no number so written; without ``numbers``, the notation that reads them.
    """
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"read_numbers: must be a pandas DataFrame, got {type(frame).__name__}.")
    if unknown := [name for name in columns if name not in frame.columns]:
        known = [str(name) for name in frame.columns]
        raise DataError(
            f"data: there is no column {unknown[0]!r}.{did_you_mean(unknown[0], known)}"
        )
    made, notes = numbers_of_frame(frame, columns, numbers)
    return NumbersRead(made, tuple(notes))


def check_notation(owner: str, notation: str | None) -> None:
    """Refuse an unknown notation."""
    if notation is not None:
        check_choice(owner, KEY, notation, NOTATIONS, DataError)


def numbers_of_source(
    source: Source,
    measures: Sequence[str],
    covariates: Sequence[str],
    notation: Notation | None,
    labels: Collection[str] = (),
) -> tuple[Source, list[Sentence]]:
    """The source with its columns of numbers as numbers, and what was read, for the ledger.

    ``measures`` must hold numbers, ``covariates`` may hold categories, and ``labels`` hold them
    whatever they look like. Raises DataError that names every column that holds numbers as text
    which no notation that is stated reads; a measure that holds words beside plain numbers is left
    to whoever can name the units.
    """
    check_notation(source.name, notation)
    table, notes = source.table, list[Sentence]()
    problems, left = list[str](), list[str]()
    for name in dict.fromkeys((*measures, *covariates)):
        column = source.aliases.get(name, name)
        if name in labels or not table[column].type().is_string():
            continue
        texts = distinct_texts(table, column)
        if name in measures and (known := answers(texts)):
            table = with_values(table, column, {str(text): n for text, n in known.items()})
            notes.append(_answers_read(name))
            continue
        problem = refusal(name, texts, notation, may_be_labels=name not in measures)
        odd = [text for text in texts if _is_odd(text)]
        if problem and name in measures and odd and not any(map(written.is_number, odd)):
            left.append(problem)
        elif problem:
            problems.append(problem)
        elif notation is not None and any(map(written.is_number, texts)):
            reading = reading_of(name, texts, notation)
            table = with_values(table, column, reading.values)
            notes.append(reading.note)
    _refuse(source.name, problems and [*left, *problems])
    return replace(source, table=table), notes


def numbers_of_frame(
    frame: pd.DataFrame,
    columns: Sequence[str],
    notation: Notation | None,
    *,
    owner: str = "data",
    labels: Collection[str] = (),
    measures: Collection[str] = (),
) -> tuple[pd.DataFrame, list[Sentence]]:
    """A new frame with the columns of numbers as numbers, and what was read, for the ledger.

    Columns that are not there are left to whoever needs them; ``measures`` may hold yes and no. The
    frame given is not changed.
    Raises DataError as ``numbers_of_source`` does.
    """
    check_notation(owner, notation)
    made, notes, problems = dict[str, pd.Series](), list[Sentence](), list[str]()
    for name in dict.fromkeys(columns):
        column = frame.get(name)
        if not isinstance(column, pd.Series) or name in labels or not _holds_text(column):
            continue
        if name in measures and answers(column.dropna().unique().tolist()):
            made[name] = answers_as_numbers(column)
            notes.append(_answers_read(name))
            continue
        texts = [value for value in column.dropna().unique() if isinstance(value, str)]
        if problem := refusal(name, texts, notation):
            problems.append(problem)
        elif notation is not None and any(map(written.is_number, texts)):
            reading = reading_of(name, texts, notation)
            values = reading.values
            numbers = [values.get(v, v) if isinstance(v, str) else v for v in column]
            made[name] = pd.Series(
                pd.to_numeric(pd.Series(numbers, index=column.index), errors="raise"), dtype=float
            )
            notes.append(reading.note)
    _refuse(owner, problems)
    return frame.assign(**made), notes


def _answers_read(name: str) -> Sentence:
    return Sentence("{column} is yes or no, read as 1 and 0", column=Name(repr(name)))


def _is_odd(text: str) -> bool:
    """Is it anything but a number as programs write it?"""
    return bool(text.strip()) and written.plain(text) is None


def _holds_text(column: pd.Series) -> bool:
    return pd.api.types.is_object_dtype(column.dtype) or pd.api.types.is_string_dtype(column.dtype)


def _refuse(owner: str, problems: Sequence[str]) -> None:
    if problems:
        raise DataError("\n".join(f"{owner}: {problem}" for problem in problems))


def refusal(
    name: str,
    texts: Iterable[str],
    notation: Notation | None,
    *,
    key: str = KEY,
    may_be_labels: bool = True,
) -> str:
    """What is wrong with the texts of a column, and what to state or correct; empty if nothing.

    Texts none of which is a number are categories or words, and nothing is wrong here.
    """
    every = [text for text in texts if text.strip()]
    numbers = [text for text in every if written.is_number(text)]
    if not numbers:
        return ""
    if notation is not None:
        return _not_in(notation, name, every, numbers)
    words = [text for text in every if not written.is_number(text)]
    shown = first_few(map(repr, numbers), 3)
    labelled = "; if the values are labels, name the column in categories" * may_be_labels
    if words:
        return (
            f"{name!r} holds text among numbers: {first_few(map(repr, words))} beside {shown}. "
            f"Correct it, or leave the cell empty if the value is missing{labelled}."
        )
    return (
        f"{name!r} holds numbers written as text, such as {shown}.{_remedy(numbers, key)}"
        f"{labelled}."
    )


def _not_in(notation: Notation, name: str, every: Sequence[str], numbers: Sequence[str]) -> str:
    """What a stated notation does not read; empty if it reads all."""
    parts = [parts for text in numbers if (parts := written.taken_apart(text))]
    currencies = sorted({part.currency for part in parts} - {""})
    if len(currencies) > 1:
        several = first_few(currencies)
        return f"{name!r} holds amounts of several currencies ({several}). Convert them to one."
    if _some_percentages(numbers):
        return f"{name!r} holds percentages among plain numbers. Write all of them one way."
    other = [text for text in every if written.value_in(text, notation) is None]
    if not other:
        return ""
    return (
        f"{name!r} holds {first_few(map(repr, other))}, which is no number written as {notation}. "
        "Correct it, or leave the cell empty if the value is missing."
    )


def _some_percentages(texts: Sequence[str]) -> bool:
    parts = [parts for text in texts if (parts := written.taken_apart(text))]
    return 0 < sum(part.percent for part in parts) < len(parts)


def _remedy(numbers: Sequence[str], key: str) -> str:
    """Which notation reads them all; where several do and differ, what each makes of one text."""
    able = written.read_alike(numbers)
    if _some_percentages(numbers):
        text = next(text for text in numbers if "%" in text)
        meant = written.instead(text).replace(" Did you mean", " is").rstrip("?")
        return f" Write all of them one way: {text!r}{meant}"
    if not able:
        unread = [text for text in numbers if not written.values_of(text)] or numbers
        return f" Correct the cells, such as {unread[0]!r}: no one notation reads them all"
    by_meaning: dict[tuple[object, ...], Notation] = {}
    for notation in able:
        meaning = tuple(written.value_in(text, notation) for text in numbers)
        by_meaning.setdefault(meaning, notation)
    ways = list(by_meaning.items())
    at = next((i for i in range(len(numbers)) if len({way[0][i] for way in ways}) > 1), 0)
    readings = [
        f'{key}: "{notation}" reads {numbers[at]!r} as {written.shortest(meaning[at])}'  # type: ignore[arg-type]
        for meaning, notation in ways
    ]
    return f" State how they are written ({'; '.join(readings)}), or convert the column to numbers"


def reading_of(name: str, texts: Iterable[str], notation: Notation) -> Reading:
    """The values of texts that ``refusal`` has nothing against."""
    values: dict[str, float] = {}
    currency, percent, marks = "", 0, 0
    for text in texts:
        value = written.value_in(text, notation)
        if value is None:
            values[text] = float("nan")
            continue
        values[text] = float(value)
        parts = written.taken_apart(text)
        if parts is not None:
            currency = parts.currency or currency
            percent += parts.percent
            marks += bool(parts.mark)
    return Reading(values, _note(name, notation, currency, percent, marks))


def _note(name: str, notation: Notation, currency: str, percent: int, marks: int) -> Sentence:
    beside = [
        Sentence(", in {currency}", currency=Name(currency)) if currency else EMPTY,
        Sentence(", per cent as fractions (12% is 0.12)") if percent else EMPTY,
        Sentence(", without the footnote marks of {marks} of its values", marks=Number(marks))
        if marks
        else EMPTY,
    ]
    return Sentence(
        "{column} is text, read as numbers written like {notation}{currency}{percent}{marks}",
        column=Name(repr(name)),
        notation=Name(notation),
        currency=beside[0],
        percent=beside[1],
        marks=beside[2],
    )
