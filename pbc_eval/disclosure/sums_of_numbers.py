"""Which sums of numbers that are told are as large as one that is held back, and not by chance.

Women, men and others who joined add up to all who did. Which numbers belong together nothing says:
of twelve there are 4,000 sums, and near a number of some hundreds one of them is any number. So a
sum of three or more is taken for a hidden number where few numbers of that size are such a sum, and
the sum of a whole family (all verified counts; what was counted by all measures) in any case.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

WHOLE_SEARCH = 12  # numbers, of which every sum is looked at; of more, those of three
MOST_NUMBERS = 40  # of which sums of three are looked at
BY_CHANCE = 0.05  # of the numbers of a size may be such a sum
NEAR = 0.25  # numbers within this share of a hidden one are of its size


@dataclass(frozen=True, slots=True)
class Told:
    """A number, where it stands, the ``family`` it is of and what it is about: of one thing (two
    columns of a measure) only one number is in a sum."""

    value: float
    place: str
    family: str
    about: Hashable


def sums_alike(shown: Sequence[Told], hidden: Sequence[float]) -> Iterator[tuple[float, str]]:
    """Each hidden number that a sum of three or more comes to, with the places of the sum."""
    asked = {value for value in hidden if value > 0}
    for family in dict.fromkeys(each.family for each in shown):
        members = [each for each in shown if each.family == family]
        whole = sum(each.value for each in members)
        if len(members) > 2 and whole in asked:
            yield whole, f"all of {', '.join(each.place for each in members)} together"
            asked -= {whole}
    if not asked:
        return
    sums = [(sum(each.value for each in part), part) for part in _parts(shown)]
    sizes = np.array(sorted({value for value, _ in sums}))
    for value, part in sums:
        if value in asked and _is_rare(value, sizes):
            yield value, " with ".join(each.place for each in part)
            asked -= {value}


def _parts(shown: Sequence[Told]) -> Iterator[tuple[Told, ...]]:
    if len(shown) > MOST_NUMBERS:
        return
    most = len(shown) if len(shown) <= WHOLE_SEARCH else 3
    for n in range(3, most + 1):
        for part in combinations(shown, n):
            if len({each.about for each in part}) == n:
                yield part


def _is_rare(value: float, sizes: np.ndarray) -> bool:
    """Are few numbers of this size such a sum?"""
    low, high = (1 - NEAR) * value, (1 + NEAR) * value
    within = np.searchsorted(sizes, high, "right") - np.searchsorted(sizes, low, "left")
    return bool(within <= max(1.0, BY_CHANCE * (high - low)))
