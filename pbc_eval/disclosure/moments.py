"""Means that are counts: the share of people with a trait, times how many there are, is how many.

A mean of yes and no is held back where few have the trait, or few lack it, as a count would be; its
levels add up to everybody. A standardised difference tells less, but told to ten digits it leaves
one pair of counts: it is rounded until every small count fits, or held back.

Source: Evans & Domingo-Ferrer in Hundepool et al. (2012), Statistical Disclosure Control, chapter
6 (regression and summary statistics); the enumeration is ours.
"""

import math
from collections.abc import Callable, Collection
from functools import partial

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import CellRegister
from pbc_eval.disclosure.protection import protect
from pbc_eval.disclosure.record import SUPPRESSED
from pbc_eval.evaluation.record import OutputTable, Shares
from pbc_eval.numerics.arrays import Floats

FINEST = 3  # decimals of a standardised difference that tells of few: a tenth of a hundredth part
FEWEST_THAT_FIT = 3
MOST_TRIED = 50
Mark = tuple[int, str]  # position of the row, column


def few_with_a_trait(table: OutputTable, rule: DisclosureRule) -> set[Mark]:
    """Means of yes and no that must be held back: of few, and those from which they follow.

    What is held back in one group is in the others: their difference would tell it.
    """
    shares = table.shares
    if shares is None or not rule.protects:
        return set()
    register = CellRegister(rule)
    families = _families(table, shares)
    for column, people in shares.people.items():
        means = pd.to_numeric(table.frame[column]).to_numpy(float)
        counts = {row: round(means[row] * people) for row, yes in enumerate(shares.binary) if yes}
        for row, count in counts.items():
            cell = register.add(count, name=(table.name, row, column), cost=1.0)
            rest = register.add(people - count, always=True, cost=0.0)
            register.relate([(cell, 1.0), (rest, 1.0)], people)
        for rows in families:
            register.relate([(register.names[table.name, k, column], 1.0) for k in rows], people)
    for row, yes in enumerate(shares.binary):
        names = [(table.name, row, column) for column in shares.people if yes]
        for other in names[1:]:
            register.together(register.names[names[0]], register.names[other])
    if not register.names:
        return set()
    hidden = protect(register.suppression_problem()).hidden
    return {(row, column) for (_, row, column), cell in register.names.items() if hidden[cell]}


def _families(table: OutputTable, shares: Shares) -> list[list[int]]:
    """Rows that are the levels of one characteristic: everybody has one of them."""
    families: dict[str, list[int]] = {}
    for row, yes in enumerate(shares.binary):
        name, mark, _ = str(table.frame.iloc[row, 0]).partition("=")
        if yes and mark:
            families.setdefault(name, []).append(row)
    return [rows for rows in families.values() if len(rows) > 1]


def with_rounded_gaps(
    table: OutputTable, frame: pd.DataFrame, marks: Collection[Mark], rule: DisclosureRule
) -> pd.DataFrame:
    """``frame`` with the standardised differences of ``table`` rounded until they leave open what
    is held back beside them: ``marks``, and how many of the programme found no match."""
    shares = table.shares
    if shares is None or not rule.protects:
        return frame
    after = frame.copy()
    few = {row for row, _ in marks}
    for column, (treated, comparison) in shares.gaps.items():
        gaps = pd.to_numeric(table.frame[column]).to_numpy(float)
        finest: dict[int, int | None] = {}
        if shares.left_out and column == shares.before:
            digits = _finest(partial(_leaves_the_left_out_open, table, gaps, rule, marks))
            finest = dict.fromkeys(range(len(gaps)), digits)
        for row in few:
            digits = _finest(partial(_leaves_few_open, float(gaps[row]), treated, comparison))
            least = finest.get(row, FINEST)
            finest[row] = None if digits is None or least is None else min(digits, least)
        cells = list(after[column])
        for row, digits in finest.items():
            cells[row] = SUPPRESSED if digits is None else _round(float(gaps[row]), digits)
        after[column] = pd.Series(cells, after.index, dtype=object)
    return after


def _finest(is_open: Callable[[int], bool]) -> int | None:
    """The most decimals that leave enough open; None if none do."""
    return next((digits for digits in range(FINEST, 0, -1) if is_open(digits)), None)


def _round(value: float, decimals: int) -> float:
    return value if math.isnan(value) else round(float(value), decimals)


def _leaves_few_open(gap: float, treated: int, comparison: int, decimals: int) -> bool:
    """Do at least three counts fit, few with the trait or few without, whatever the other group's
    is?"""
    if math.isnan(gap):
        return True
    shown = _round(gap, decimals)
    few = {*range(min(MOST_TRIED, treated) + 1), *range(max(treated - MOST_TRIED, 0), treated + 1)}
    each = (np.array([k / treated]) for k in sorted(few))
    n_open = sum(_some_fit(share, treated, comparison, shown, decimals) for share in each)
    return n_open >= min(FEWEST_THAT_FIT, treated + 1)


def _leaves_the_left_out_open(
    table: OutputTable, gaps: Floats, rule: DisclosureRule, marks: Collection[Mark], decimals: int
) -> bool:
    """Does every small number of people left out fit all differences before matching together?"""
    shares = table.shares
    assert shares is not None
    kept_column, kept = shares.kept
    means = pd.to_numeric(table.frame[kept_column]).to_numpy(float)
    comparison = shares.gaps[shares.before][1]
    hidden = {*marks}
    for left_out in range(1, rule.threshold):
        whole = kept + left_out
        for row, yes in enumerate(shares.binary):
            if not yes or math.isnan(gaps[row]):
                continue
            known = round(means[row] * kept)
            low, high = (0, whole) if (row, kept_column) in hidden else (known, known + left_out)
            with_it = np.arange(low, high + 1) / whole
            if not _some_fit(with_it, whole, comparison, _round(gaps[row], decimals), decimals):
                return False
    return True


def _some_fit(p: Floats, treated: int, comparison: int, gap: float, decimals: int) -> bool:
    """Is there a number of the comparison group that gives this difference, for one of the shares
    ``p`` of the treated? Both ways to divide by a variance are allowed for."""
    half = 0.5 * 10.0**-decimals
    plain = np.sqrt(p * (1 - p))
    for spread in (plain, plain * math.sqrt(treated / max(treated - 1, 1))):
        middle, width = comparison * (p - gap * spread), comparison * half * spread
        nearest = np.round(middle)
        if ((np.abs(nearest - middle) <= width + 1e-9)
                & (nearest >= 0) & (nearest <= comparison)).any():  # fmt: skip
            return True
    return False
