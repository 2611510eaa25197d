"""Which counts to hide so that what is left does not tell the small ones, in tables and in words.

A count is small from 1 to one less than the threshold; zero is not, for it tells of nobody.
"""

import re
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_COUNTED = re.compile(  # "2 of 185 treated units (1.1%)", "3 comparison", "4 (2.2%)", "one unit"
    rf"(?<![\w.,(=/-])(?P<n>{_NUMBER}|one)(?P<of> of (?:{_NUMBER}))?"
    r"(?P<who> (?:treated|comparison|matched|unmatched)(?: units?| people)?| units?\b| people\b)?"
    r"(?P<share> \(\d+(?:\.\d+)?%\))?(?![\w%]|\.\d|,\d)"
)


def is_small(counts: np.ndarray, threshold: int) -> np.ndarray:
    """Counts in [1, threshold), element by element; fractions above zero are small too."""
    small: np.ndarray = (counts > 0) & (counts < threshold)
    return small


def hidden_in_total(counts: np.ndarray, threshold: int) -> np.ndarray:
    """Rows to hide when the sum of all rows is known.

    Beside the small ones, the next smallest go until at least two are hidden and any one of them
    could, for all that the published sum tells, be of publishable size: with k hidden that sum to
    S, each may be as large as S - (k - 1). A zero goes last, when there is nothing else.
    """
    hidden = is_small(counts, threshold)
    if not hidden.any():
        return hidden
    order = sorted(
        (k for k in range(len(counts)) if not hidden[k] and not np.isnan(counts[k])),
        key=lambda k: (counts[k] == 0, counts[k]),
    )
    while order and (hidden.sum() < 2 or counts[hidden].sum() - (hidden.sum() - 1) < threshold):
        hidden[order.pop(0)] = True
    return hidden


def hidden_in_nests(counts: np.ndarray, threshold: int, known: Sequence[float]) -> np.ndarray:
    """Rows to hide when each counts a group within another: their difference is a group too.

    From the largest down, a count stays if it differs from all that stay, and from those ``known``,
    by nothing or by at least the threshold.
    """
    hidden = is_small(counts, threshold)
    told = {float(value) for value in known}
    for value in sorted({float(c) for c in counts[~hidden] if c > 0}, reverse=True):
        if any(0 < abs(other - value) < threshold for other in told):
            hidden |= counts == value
        else:
            told.add(value)
    return hidden


def without_small_counts(text: T, threshold: int) -> T | str:
    """A sentence with each small count of units replaced by 'fewer than 10'; others as they are.

    Where a small count stands beside another one of the same whole ("2 treated, 15,791
    comparison") both go, since the whole is known.
    """
    if not isinstance(text, str) or threshold <= 1:
        return text
    found = 0

    def veiled(match: re.Match[str]) -> str:
        nonlocal found
        counted = match["who"] or match["share"]
        number = 1 if match["n"] == "one" else int(match["n"].replace(",", ""))
        if not counted or not 0 < number < threshold:
            return match[0]
        found += 1
        start = "Fewer" if match.start() == 0 else "fewer"
        return f"{start} than {threshold}{re.sub('unit$', 'units', match['who'] or '')}"

    told = _COUNTED.sub(veiled, text)
    if found and told.startswith("not matched:"):
        return "not matched"
    return told
