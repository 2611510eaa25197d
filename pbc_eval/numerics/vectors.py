"""Arrays that a caller brings: one number a row, whatever holds them."""

from collections.abc import Sequence

import numpy as np

from pbc_eval._validate import first_few
from pbc_eval.errors import DataError, PbcError
from pbc_eval.numerics.arrays import Floats


def vector(owner: str, name: str, values: object, error: type[PbcError] = DataError) -> Floats:
    """``values`` as floats, shape (n,); missing ones are NaN. Raises ``error`` for text, for a
    single number, and for more dimensions than one."""
    kind = np.asarray(values, dtype=object)
    if kind.ndim != 1:
        raise error(f"{owner}: {name} must be one number a row, got shape {kind.shape}.")
    if strange := [value for value in kind.tolist() if isinstance(value, str | bytes)]:
        raise error(
            f"{owner}: {name} must be numbers, got text: {first_few(map(repr, strange))}. Convert "
            "it with read_numbers."
        )
    try:
        return np.asarray([np.nan if value is None else float(value) for value in kind.tolist()])
    except (TypeError, ValueError):
        raise error(f"{owner}: {name} must be numbers, got {first_few(map(repr, kind))}.") from None


def check_lengths(
    owner: str, columns: Sequence[tuple[str, int]], error: type[PbcError] = DataError
) -> None:
    """Refuse columns of different lengths."""
    if len({size for _, size in columns}) > 1:
        listed = ", ".join(f"{name} {size:,}" for name, size in columns)
        raise error(f"{owner}: columns must be of one length, got {listed}.")
