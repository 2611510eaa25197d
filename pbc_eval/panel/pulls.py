"""What comes out of an engine that holds the data: asked for, announced, limited, told and hashed.

    estimator ── allow(what, rows, columns) ── over the limit? refused
                                            └─ logged, then read ── seen(what, digest)

Sums by group come out whatever their size, which is that of the groups. Rows come out for what
cannot be worked out there: matching, covariates, weights that vary, the bootstrap. A digest of
each thing that came out tells later whether the table still gives it.
"""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval.agreement.table_place import PULL_LIMIT
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import ROWS, Name, Number, Units
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.ledger import Ledger

LOG = logging.getLogger("pbc_eval.engine")
CELL = 8  # bytes of a number
KEPT_PLACES = 8  # digits of a moment, on the scale of its spread, that a digest keeps
IN_ENGINE = Sentence("worked out in the engine")
TAKEN_OUT = Sentence("rows taken out of the engine")
BY_SUMS = (
    "keep to what is worked out in the engine: effects by group and period of complete units, "
    "without covariates."
)
TOO_MUCH = Sentence("It needs more rows out of the engine than data.pull_limit allows.")


@dataclass(frozen=True, slots=True)
class Pull:
    """Rows that were taken out of an engine, for what, and how many numbers each has."""

    what: Sentence
    rows: int
    columns: int

    @property
    def megabytes(self) -> float:
        return self.rows * self.columns * CELL / 1e6


class Pulls:
    """The pulls of one table in one run. ``place``: engine and table; ``limit``: megabytes."""

    def __init__(self, place: str, limit: float = PULL_LIMIT) -> None:
        self.place, self.limit = place, limit
        self._of: dict[str, list[Pull]] = {}
        self._digests: dict[str, str] = {}

    def allows(self, rows: int, columns: int) -> bool:
        """May so many numbers come out at once?"""
        return Pull(EMPTY, rows, columns).megabytes <= self.limit

    def allow(
        self, owner: str, what: Sentence, rows: int, columns: int, *, instead: str = BY_SUMS
    ) -> None:
        """Announce a pull before it is made. ``owner``: the column it is about; ``instead``: what
        is worked out in the engine, for a refusal.

        Raises DesignError, naming size and limit, for more megabytes than are allowed.
        """
        pull = Pull(what, rows, columns)
        size = f"{rows:,} rows x {columns} columns, {pull.megabytes:,.1f} MB"
        if pull.megabytes > self.limit:
            raise DesignError(
                f"{self.place}: {owner}: {what} would take {size} out of the engine, and "
                f"data.pull_limit is {self.limit:g} MB. Raise pull_limit where that much memory "
                f"is to be had, or {instead}",
                rule=TOO_MUCH,
            )
        pulls = self._of.setdefault(owner, [])
        if pull not in pulls:
            pulls.append(pull)
            LOG.info("%s: %s: %s: taking %s out of the engine", self.place, owner, what, size)

    def seen(self, owner: str, what: str, digest: str) -> None:
        """Keep the digest of what came out."""
        self._digests[f"{owner}: {what}"] = digest

    @property
    def snapshot(self) -> str | None:
        """SHA-256 over everything that came out, whatever its order; None before anything did."""
        if not self._digests:
            return None
        lines = "\n".join(f"{name} {digest}" for name, digest in sorted(self._digests.items()))
        return hashlib.sha256(lines.encode()).hexdigest()

    def of(self, owner: str) -> tuple[Pull, ...]:
        """What was taken out for one column, in order."""
        return tuple(self._of.get(owner, ()))

    def told(self, ledger: Ledger, owner: str) -> Ledger:
        """The ledger with where the data are, and a step for each pull; none drops a row."""
        where = Sentence("{place}: sums by group come out", place=Name(self.place))
        ledger = ledger.noting(IN_ENGINE, where)
        for words in self.in_words(owner):
            ledger = ledger.noting(TAKEN_OUT, words)
        return ledger

    def in_words(self, owner: str) -> tuple[Sentence, ...]:
        """What was taken out for one column, for a ledger."""
        return tuple(_in_words(pull) for pull in self.of(owner))


def _in_words(pull: Pull) -> Sentence:
    return Sentence(
        "for {what}: {rows} of {columns} numbers each, {size}",
        what=pull.what,
        rows=Units(pull.rows, ROWS),
        columns=Number(pull.columns),
        size=Sentence("{megabytes} MB", megabytes=Number(pull.megabytes, 1))
        if pull.megabytes >= 1
        else Sentence("under 1 MB"),
    )


def digest_of_arrays(arrays: Iterable[NDArray[np.generic] | None]) -> str:
    """SHA-256 of arrays, to the bit; texts by their letters."""
    made = hashlib.sha256()
    for array in arrays:
        if array is None:
            continue
        if array.dtype.kind in "OUS":
            made.update("\x1f".join(map(str, array.ravel().tolist())).encode())
        else:
            made.update(np.ascontiguousarray(array).tobytes())
        made.update(f"|{array.shape}".encode())
    return made.hexdigest()


def digest_of_sums(sums: Iterable[tuple[float, float]]) -> str:
    """SHA-256 of figures made of sums, each to ``KEPT_PLACES`` digits of the scale beside it."""
    parts = np.array([value / scale for value, scale in sums], dtype=float)
    return digest_of_arrays([np.round(np.nan_to_num(parts), KEPT_PLACES) + 0.0])


def digest_of_moments(
    units: NDArray[np.generic], weight: Floats, level: Floats, path: Floats, gram: Floats
) -> str:
    """SHA-256 of moments as in ``CohortMoments``, to ``KEPT_PLACES`` of each one's own scale.

    Engines add up in an order of their own, which moves the last digits of a double.
    """
    spread = np.sqrt(np.einsum("cii->ci", gram) / np.maximum(weight, 1.0)[:, None])
    scale = np.where(spread > 0, spread, 1.0)
    largest = np.maximum(np.abs(np.nan_to_num(level)).max(initial=0.0), 1e-300)
    parts = (
        np.asarray(units, dtype=float),
        weight / max(weight.sum(), 1.0),
        level / largest,
        path / scale[:, 1:] if path.shape[1] == scale.shape[1] - 1 else path / largest,
        gram / (scale[:, :, None] * scale[:, None, :]) / np.maximum(weight, 1.0)[:, None, None],
    )
    return digest_of_arrays(np.round(np.nan_to_num(part), KEPT_PLACES) + 0.0 for part in parts)
