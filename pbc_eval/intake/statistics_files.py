"""Data files of other statistics programs, as frames: Stata's .dta, SPSS's .sav and R's .rds.

Values that the file labels become their labels, as their owner sees them; codes that are declared
missing are missing.
"""

from pathlib import Path

import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.intake.r_file import r_frame

STATISTICS_SUFFIXES = (".dta", ".sav", ".rds")
OTHERS = {".sav": ("SPSS", "pyreadstat", "spss"), ".rds": ("R's", "rdata", "r")}  # and their extra


def statistics_frame(path: Path) -> pd.DataFrame:
    """The table in a .dta, .sav or .rds file. Raises DataError for one that cannot be read."""
    suffix = path.suffix.lower()
    read = {".dta": _stata, ".sav": _spss, ".rds": r_frame}[suffix]
    try:
        frame = read(path)
    except ModuleNotFoundError:
        whose, package, extra = OTHERS[suffix]
        raise DataError(
            f"{path.name}: {whose} files are read by {package}, which is not installed. "
            f"pip install 'pbc-eval[{extra}]', or save the data as .csv."
        ) from None
    except DataError as problem:
        name = "" if str(problem).startswith(path.name) else f"{path.name}: "
        raise DataError(f"{name}{problem}") from None
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
