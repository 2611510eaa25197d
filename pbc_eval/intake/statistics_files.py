"""Data files of other statistics programs, as frames: Stata's .dta and SPSS's .sav.

Values that the file labels become their labels, as their owner sees them; codes that are declared
missing are missing.
"""

from pathlib import Path

import pandas as pd

from pbc_eval.errors import DataError

STATISTICS_SUFFIXES = (".dta", ".sav")


def statistics_frame(path: Path) -> pd.DataFrame:
    """The table in a .dta or .sav file. Raises DataError for one that cannot be read."""
    read = _stata if path.suffix.lower() == ".dta" else _spss
    try:
        frame = read(path)
    except ModuleNotFoundError:
        raise DataError(
            f"{path.name}: SPSS files are read by pyreadstat, which is not installed. "
            "pip install 'pbc-eval[spss]', or save the data as .csv."
        ) from None
    except Exception as problem:  # the readers' errors share no base class below it
        first = (str(problem).strip().splitlines() or [type(problem).__name__])[0]
        raise DataError(f"{path.name}: cannot be read as {path.suffix}: {first}") from problem
    return frame.assign(**{str(name): _plain(frame[name]) for name in frame})


def _stata(path: Path) -> pd.DataFrame:
    try:
        return pd.read_stata(path)
    except ValueError as problem:
        if "not unique" not in str(problem) and "Repeated" not in str(problem):
            raise
        return pd.read_stata(path, convert_categoricals=False)  # two codes with one label


def _spss(path: Path) -> pd.DataFrame:
    import pyreadstat  # noqa: PLC0415 an extra

    frame, _ = pyreadstat.read_sav(str(path), apply_value_formats=True)
    return pd.DataFrame(frame)


def _plain(column: pd.Series) -> pd.Series:
    """Labels as text; numbers of a label-less category as numbers; 'nothing typed' as missing."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
        given = column.dropna()
        if len(given) and all(isinstance(value, (int, float)) for value in given):
            return column.astype(float)
    if column.dtype == object:
        return column.where(column.map(lambda v: not (isinstance(v, str) and not v.strip())), None)
    return column
