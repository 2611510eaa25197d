"""Cells that are read as missing and may be an answer: None of qualifications, NA of a place.

Programs write a missing value so, and people an answer. It is read as missing, as pandas does, and
told.
"""

from pathlib import Path

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import PbcError
from pbc_eval.intake.columns_named import named_columns
from pbc_eval.intake.laid_out import read_laid_out
from pbc_eval.intake.raw_cells import BOOK_SUFFIXES, TEXT_SUFFIXES
from pbc_eval.messages.written_numbers import is_number

MAY_BE_ANSWERS = ("None", "NA")  # of what is read as missing: words that people mean something by
LARGEST = 3_000_000  # bytes of a file that is read once more for this, half a second a million


def words_read_as_missing(spec: EvaluationSpec) -> tuple[str, ...]:
    """A line a column of words that the evaluation uses and in which some cells are None or NA; no
    line for data in an engine, in files that hold types, and in files of more than 3 MB."""
    data = spec.data
    if data is None or not data.file or data.backend is not None:
        return ()
    columns = list(dict.fromkeys(column for column, _ in named_columns(spec)))
    try:
        path = spec.path(data.file)
        if path.suffix.lower() not in (*TEXT_SUFFIXES, *BOOK_SUFFIXES) or _is_large(path):
            return ()
        frame = read_laid_out(path, data.layout, columns).frame
    except (PbcError, OSError):
        return ()  # told by whoever needs the file
    lines = list[str]()
    for name in (column for column in columns if column in frame.columns):
        texts = frame[name].dropna().astype(str).str.strip()
        words = {text for text in texts.unique() if text and not is_number(text)}
        for word in MAY_BE_ANSWERS:
            number = int((texts == word).sum())
            if number and words - set(MAY_BE_ANSWERS):
                lines.append(
                    f"{data.file}: {number:,} cells of {name!r} say {word}, which is read as "
                    f"missing. If it is an answer, write it in other words in the file (No {name})."
                    " It is a category then."
                )
    return tuple(lines)


def _is_large(path: Path) -> bool:
    return not path.is_file() or path.stat().st_size > LARGEST
