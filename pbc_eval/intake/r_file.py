"""Data frames that R saved with ``saveRDS``, column by column, in the types that R meant.

    .rds ─ unpacked, bounded ─ rdata ─┬ numbers, text, TRUE and FALSE, with NA missing
                                      ├ factor, haven_labelled   their labels
                                      ├ Date, POSIXct            days; instants in their place
                                      └ integer64                whole numbers, not their bits

The one home of rdata. Nothing in a file is run. What a column is cannot be told from its numbers
alone, so a class of R's that is not known here is refused by its name, with what to write in R.
"""

import bz2
import lzma
import warnings
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError

MOST_UNPACKED = 100_000_000  # bytes; each text takes some hundred of memory while it is read
ROW_NAMES = "rownames"  # a column made of names of rows that are text
DAY = np.timedelta64(1, "D")
KNOWN = "numbers, text, TRUE and FALSE, factor, Date, POSIXct, integer64 and haven_labelled"


class _Unknown(NamedTuple):
    """A value of a class that is not known here."""

    r_class: str


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def r_frame(path: Path) -> pd.DataFrame:
    """The data frame in an .rds file. Raises DataError, naming every column that cannot be read,
    and ModuleNotFoundError without rdata."""
    from rdata import conversion, parser  # noqa: PLC0415 an extra

    unpacked = _unpacked(path)
    if unpacked[:3] in (b"RDX", b"RDA"):
        raise DataError(
            f"{path.name}: is a workspace (.RData), which may hold many objects. Save the one that "
            "holds the data: saveRDS(data, 'data.rds')."
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of classes, which are looked at here
        short = {**parser.DEFAULT_ALTREP_MAP, **_short_forms(parser.DEFAULT_ALTREP_MAP)}
        parsed = parser.parse_data(unpacked, altrep_constructor_dict=short)
        made = conversion.convert(parsed, _Constructors(), default_encoding="utf-8")
    if not isinstance(made, pd.DataFrame):
        kind = made.r_class if isinstance(made, _Unknown) else type(made).__name__
        raise DataError(
            f"{path.name}: holds no data frame ({kind}). Save one: saveRDS(as.data.frame(data), "
            "'data.rds')."
        )
    return made


def _unpacked(path: Path) -> bytes:
    """What R wrote before it was packed, if it was, and not more than may be."""
    packed = path.read_bytes()
    begins: dict[bytes, Callable[[], _Unpacker]] = {
        b"\x1f\x8b": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
        b"BZh": bz2.BZ2Decompressor,
        b"\xfd7zXZ": lzma.LZMADecompressor,
    }
    whole = packed
    for mark, made in begins.items():
        if packed.startswith(mark):
            unpacker = made()
            try:
                whole = unpacker.decompress(packed, MOST_UNPACKED + 1)
            except (zlib.error, OSError, lzma.LZMAError, ValueError) as problem:
                raise DataError(f"{path.name}: is packed, and damaged ({problem}).") from None
            if not unpacker.eof and len(whole) <= MOST_UNPACKED:
                raise DataError(f"{path.name}: is packed, and ends too soon. Copy it again.")
    if len(whole) > MOST_UNPACKED:
        raise DataError(
            f"{path.name}: holds more than {MOST_UNPACKED / 1e6:,.0f} MB once it is unpacked. "
            'Write Parquet from R: arrow::write_parquet(data, "data.parquet").'
        )
    return whole


def _short_forms(known: Mapping[bytes, Callable[[Any], Any]]) -> dict[bytes, Callable[[Any], Any]]:
    """Of what R writes in short: 1:n, which may be longer than any file, and numbers that it did
    not yet write out as text, some of them missing."""

    def sequence(name: bytes) -> Callable[[Any], Any]:
        def made(state: Any) -> Any:
            if not 0 <= state.value[0] <= MOST_UNPACKED / 8:
                raise DataError(
                    f"a sequence is {state.value[0]:,.0f} long, which no table here is."
                )
            return known[name](state)

        return made

    def text(state: Any) -> Any:
        from rdata.missing import is_na  # noqa: PLC0415 an extra

        info, entries = known[b"deferred_string"](state)
        numbers = state.value[0].value
        missing = np.ma.getmaskarray(np.ma.asarray(numbers)) | is_na(np.ma.getdata(numbers))
        for entry, number, is_missing in zip(entries, np.ma.getdata(numbers), missing, strict=True):
            if is_missing:
                entry.value = None
            elif numbers.dtype.kind in "iu":  # R writes 100000L whole, and 100000 as 1e+05
                entry.value = b"%d" % number
        return info, entries

    shorts = {name: sequence(name) for name in (b"compact_intseq", b"compact_realseq")}
    return {**shorts, b"deferred_string": text}


class _Constructors(dict[str | bytes, Any]):
    """What makes a value of each of R's classes; one that has none, and no other class that has
    one, becomes ``_Unknown``. rdata looks classes up by ``get``."""

    def __init__(self) -> None:
        super().__init__(
            {
                "data.frame": _data_frame,
                "factor": _factor,
                "Date": _days,
                "POSIXct": _instants,
                "integer64": _whole_numbers,
                "haven_labelled": _labelled,
                "haven_labelled_spss": _labelled,
                "labelled": _labelled,
                "AsIs": lambda value, attributes: value,
            }
        )

    def get(self, name: str | bytes, default: Any = None) -> Any:
        return super().get(name) or self._unknown

    def _unknown(self, value: object, attributes: Mapping[str, Any]) -> object:
        classes = [str(name) for name in attributes["class"]]
        return NotImplemented if any(name in self for name in classes) else _Unknown(classes[0])


def _data_frame(value: object, attributes: Mapping[str, Any]) -> pd.DataFrame:
    names = [str(name) for name in _plain(attributes.get("names", ()))]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"the data frame has two columns of one name ({first_few(twice)}). Rename one in R: "
            "names(data) <- make.unique(names(data))."
        )
    held: Mapping[str, object] = value if isinstance(value, Mapping) else {}
    rows = attributes.get("row.names", ())
    unfit, columns = [], {}
    for name in names:
        column = _column(held[name])
        if isinstance(column, str):
            unfit.append(f"column {name!r} {column}")
        else:
            columns[name] = column
    if unfit:
        raise DataError("; ".join(unfit) + f". What is read: {KNOWN}.")
    if len(rows) and isinstance(rows[0], str) and ROW_NAMES not in columns:
        columns = {ROW_NAMES: pd.Series(_plain(rows)), **columns}
    return pd.DataFrame(columns)


def _column(value: object) -> pd.Series | str:
    """The column, or why there is none."""
    if isinstance(value, _Unknown):
        return f"is of R's class {value.r_class}; make it plain: as.character(x) or as.numeric(x)"
    if value is None or isinstance(value, (list, dict, pd.DataFrame)):
        return "is a list; take it out, or make columns of its parts"
    return value if isinstance(value, pd.Series) else _of_array(value)


def _of_array(value: Any) -> pd.Series | str:
    array = _plain(value)
    if array.ndim != 1:
        return "is a matrix; make columns of it: as.data.frame(x)"
    if array.dtype.kind == "c":
        return "holds complex numbers; take Re(x) or Mod(x)"
    if array.dtype.kind in "biu" and np.ma.is_masked(value):
        missing, is_truth = np.ma.getmaskarray(value), array.dtype.kind == "b"
        return pd.Series(array).astype("boolean" if is_truth else "Int64").mask(missing)
    return pd.Series(array)


def _plain(value: Any) -> np.ndarray[Any, Any]:
    """The values alone: not their names, and not which are missing."""
    return np.asarray(getattr(value, "values", value))


def _factor(value: Any, attributes: Mapping[str, Any]) -> pd.Series:
    codes, missing = _plain(value), np.ma.getmaskarray(np.ma.asarray(value))
    levels = _plain(attributes["levels"])
    inside = ~missing & (codes >= 1) & (codes <= len(levels))
    texts = np.full(len(codes), None, dtype=object)
    texts[inside] = levels[codes[inside] - 1]
    return pd.Series(texts, dtype=object)


def _days(value: Any, attributes: Mapping[str, Any]) -> pd.Series:
    """Days since 1970; R keeps hours of some, which no date shows."""
    days = np.floor(_numbers(value))
    stamps = np.where(np.isnan(days), 0, days).astype(np.int64) * DAY + np.datetime64(0, "D")
    return pd.Series(stamps.astype("datetime64[s]")).mask(np.isnan(days))


def _instants(value: Any, attributes: Mapping[str, Any]) -> object:
    """Seconds since 1970 in the place that the file says; without one, whose day it was on cannot
    be told."""
    places = [str(place) for place in _plain(attributes.get("tzone", ())).ravel() if place]
    if not places:
        return _Unknown("POSIXct without a time zone (in R: attr(x, 'tzone') <- 'Europe/London')")
    seconds = _numbers(value)
    whole = np.where(np.isnan(seconds), 0.0, seconds)
    stamps = pd.Series(pd.to_datetime(np.round(whole * 1e6).astype(np.int64), unit="us", utc=True))
    try:
        return stamps.mask(np.isnan(seconds)).dt.tz_convert(places[0])
    except (KeyError, ValueError):
        return _Unknown(f"POSIXct in a time zone that is not known ({places[0]})")


def _whole_numbers(value: Any, attributes: Mapping[str, Any]) -> pd.Series:
    """bit64 keeps whole numbers in the bits of others; the least of them is its NA."""
    numbers = np.ascontiguousarray(_plain(value), dtype=np.float64).view(np.int64)
    missing = numbers == np.iinfo(np.int64).min
    made = pd.Series(numbers)
    return made.astype("Int64").mask(missing) if missing.any() else made


def _labelled(value: Any, attributes: Mapping[str, Any]) -> object:
    """Labels where there are any; what is declared missing is."""
    column = _column(value)
    if isinstance(column, str):
        return _Unknown("haven_labelled")
    missing = column.isna() | column.isin(list(_plain(attributes.get("na_values", ()))))
    for low, high in _ranges(attributes.get("na_range")):
        missing |= pd.to_numeric(column).between(low, high)
    labels = attributes.get("labels")
    if labels is None:
        return column.mask(missing)
    if not hasattr(labels, "coords"):  # rdata drops the names of texts
        return _Unknown("haven_labelled of text (in R: haven::as_factor(x))")
    names = _plain(next(iter(labels.coords.values())))
    words = dict(zip(_plain(labels).tolist(), map(str, names), strict=True))
    labelled = [words.get(entry, entry) for entry in column.tolist()]
    return pd.Series(labelled, dtype=object).mask(missing, None)


def _ranges(given: Any) -> list[tuple[float, float]]:
    """The range of values that are missing, where there is one."""
    ends: list[float] = [] if given is None else _numbers(given).tolist()
    return [(ends[0], ends[1])] if len(ends) == 2 else []


def _numbers(value: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """As floats, NA among them as NaN."""
    masked = np.ma.asarray(getattr(value, "values", value))
    numbers = np.array(np.ma.getdata(masked), dtype=np.float64)
    numbers[np.ma.getmaskarray(masked)] = np.nan
    return numbers
