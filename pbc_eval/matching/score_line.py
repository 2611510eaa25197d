"""Everyone in line by score: the layout that greedy matching walks along."""

from dataclasses import dataclass

import numpy as np

from pbc_eval.numerics.arrays import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class ScoreLine:
    """Candidates laid out by stratum and score, with a wall before and behind each stratum.

    ``score`` and ``row`` have an entry a place on the rail; walls have score minus or plus
    infinity and row -1, are never taken, and so stop every walk. ``start`` gives each focal person
    the place of the first candidate on its right, shape (n_focal,).
    """

    score: Floats
    row: Ints
    start: Ints


def lay_out(score: Floats, focal: Bools, strata: Ints) -> ScoreLine:
    """Sort once: by stratum, then score, then row."""
    everyone = np.lexsort((score, strata))
    of_stratum = strata[everyone]
    new_stratum = np.r_[True, of_stratum[1:] != of_stratum[:-1]] if len(everyone) else focal
    stratum_number = np.cumsum(new_stratum) - 1  # 0, 1, ... along the sorted line
    candidate = ~focal[everyone]
    before: Ints = np.cumsum(candidate) - candidate  # candidates further left
    place = before + 2 * stratum_number + 1  # two walls a stratum, one of them on the left

    n_strata = int(stratum_number[-1]) + 1 if len(everyone) else 0
    size = int(candidate.sum()) + 2 * n_strata
    rail_score, rail_row = np.full(size, np.inf), np.full(size, -1, dtype=np.int64)
    left_walls = place[new_stratum] - 1
    rail_score[left_walls] = -np.inf
    rail_score[place[candidate]] = score[everyone[candidate]]
    rail_row[place[candidate]] = everyone[candidate]

    start = np.empty(len(score), dtype=np.int64)
    start[everyone] = place
    return ScoreLine(rail_score, rail_row, start[focal])


def free_place(link: list[int], place: int) -> int:
    """The first free place from ``place`` on along ``link``; shortens the path it walked."""
    end = place
    while link[end] != end:
        end = link[end]
    while link[place] != end:
        link[place], place = end, link[place]
    return end
