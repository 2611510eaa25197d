"""Means that are counts: the share of people with a trait, times how many there are, is how many.

A mean of yes and no, or of any two values, is held back where few have the trait, or few lack it,
as a count would be; its levels add up to everybody. So is a mean with weights: those that balance
groups make one group's mean the other's. A mean of many values is held back where few differ from
the most frequent one (none, say): it is the sum of those few. A standardised difference tells
less, but told to ten digits it leaves one pair of counts, and beside the means after matching it
tells the spread before: it is rounded until every small count fits, or held back.

Source: Evans & Domingo-Ferrer in Hundepool et al. (2012), Statistical Disclosure Control, chapter
6 (regression and summary statistics); the enumeration is ours.
"""

import math
from collections.abc import Callable, Collection
from functools import partial

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import CellRegister, is_small
from pbc_eval.disclosure.cells import keys_of
from pbc_eval.disclosure.protection import protect
from pbc_eval.disclosure.record import SUPPRESSED, is_suppressed
from pbc_eval.evaluation.record import OutputTable, Shares
from pbc_eval.numerics.arrays import Bools, Floats

NEAR = 1e-9
FINEST = 3  # decimals of a standardised difference that tells of few: a tenth of a hundredth part
OF_MANY_VALUES = 2  # the same where values are many, and 1 where those left out are few
FEWEST_THAT_FIT = 3
MOST_TRIED = 50
Mark = tuple[int, str]  # position of the row, column


def few_with_a_trait(table: OutputTable, rule: DisclosureRule) -> set[Mark]:
    """Means that must be held back: of few, those from which they follow, and what goes with them.

    What is held back in one group is in the others: their difference would tell it.
    """
    shares = table.shares
    if shares is None or not rule.protects:
        return set()
    hidden = _few_in_columns(table, shares, rule)
    hidden |= {
        (row, name) for row in _few_of_those_left(table, shares, rule) for name in shares.with_left
    }
    return hidden | {
        (row, other) for row, name in hidden for other in shares.with_them.get(name, ())
    }


def _few_in_columns(table: OutputTable, shares: Shares, rule: DisclosureRule) -> set[Mark]:
    register = CellRegister(rule)
    families = _families(table, shares)
    for column, people in shares.people.items():
        for row, (count, two) in enumerate(zip(shares.apart[column], shares.binary, strict=True)):
            cell = register.add(count, name=(table.name, row, column), cost=1.0)
            if two:
                rest = register.add(people - count, always=True, cost=0.0)
                register.relate([(cell, 1.0), (rest, 1.0)], people)
        for rows in families:
            register.relate([(register.names[table.name, k, column], 1.0) for k in rows], people)
    for row in range(len(shares.binary)):
        names = [(table.name, row, column) for column in shares.people]
        for other in names[1:]:
            register.together(register.names[names[0]], register.names[other])
    if not register.names:
        return set()
    hidden = protect(register.suppression_problem()).hidden
    return {(row, column) for (_, row, column), cell in register.names.items() if hidden[cell]}


def _few_of_those_left(table: OutputTable, shares: Shares, rule: DisclosureRule) -> set[int]:
    """Rows in which few of those left out are apart, or few are not; with all levels of the same
    characteristic, so that every table of them holds back the same ones."""
    few: set[int] = set()
    for people, apart in shares.left:
        for row, (count, two) in enumerate(zip(apart, shares.binary, strict=True)):
            if is_small(count, rule) or (two and is_small(people - count, rule)):
                few.add(row)
    for rows in _families(table, shares):
        if few & {*rows}:
            few |= {*rows}
    return few


def _families(table: OutputTable, shares: Shares) -> list[list[int]]:
    """Rows that are the levels of one characteristic: everybody has one of them."""
    families: dict[str, list[int]] = {}
    for row, yes in enumerate(shares.binary):
        name, mark, _ = keys_of(table)[row].partition("=")
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
    few = {row for row, column in marks if column == shares.kept[0]}
    few_left = {*_few_of_those_left(table, shares, rule)} - few
    for column in shares.gaps:
        gaps = pd.to_numeric(table.frame[column]).to_numpy(float)
        finest: dict[int, int | None] = {}
        if shares.left_out:
            each = [
                _finest(partial(_leaves_the_left_out_open, table, column, (row, marks), rule))
                for row in range(len(gaps))
            ]
            common = min((digits for digits in each if digits is not None), default=None)
            finest = {row: None if own is None else common for row, own in enumerate(each)}
        for row in (*few, *few_left):
            digits = _finest_of_few(table, shares, column, row, is_left=row in few_left)
            least = finest.get(row, FINEST)
            finest[row] = None if digits is None or least is None else min(digits, least)
        cells = list(after[column])
        for row, digits in finest.items():
            cells[row] = SUPPRESSED if digits is None else _round(float(gaps[row]), digits)
        after[column] = pd.Series(cells, after.index, dtype=object)
    return after


def with_largest_gaps(
    table: OutputTable, frame: pd.DataFrame, rule: DisclosureRule
) -> pd.DataFrame:
    """``frame`` with each largest difference as the table tells it of which it is the largest."""
    if not table.largest_of or not rule.protects:
        return frame
    after = frame.copy()
    for column, behind in table.largest_of.items():
        values = pd.to_numeric(table.frame[column]).to_numpy(float)
        cells = [
            cell
            if is_suppressed(cell) or math.isnan(value)
            else _largest_told(source, name, value, rule)
            for cell, value, (source, name) in zip(after[column], values, behind, strict=True)
        ]
        after[column] = pd.Series(cells, after.index, dtype=object)
    return after


def _largest_told(
    source: OutputTable, column: str, largest: float, rule: DisclosureRule
) -> float | str:
    gaps = pd.to_numeric(source.frame[column]).to_numpy(float)
    marks = few_with_a_trait(source, rule)
    shown = with_rounded_gaps(source, source.frame.astype(object), marks, rule)[column]
    at = int(np.nanargmin(np.abs(np.abs(gaps) - largest)))
    shown_there = shown.iloc[at]
    return SUPPRESSED if is_suppressed(shown_there) else abs(float(shown_there))


def _finest_of_few(
    table: OutputTable, shares: Shares, column: str, row: int, *, is_left: bool
) -> int | None:
    """The most decimals of one difference beside means that are held back in its row."""
    if not shares.binary[row]:
        return 1 if is_left else OF_MANY_VALUES
    if is_left:
        return _finest(partial(_leaves_those_left_open, table, row))
    gap = float(pd.to_numeric(table.frame[column]).to_numpy(float)[row])
    return _finest(partial(_leaves_few_open, gap, *shares.gaps[column]))


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
    sizes, ends = (treated, comparison), (0, comparison)
    n_open = sum(bool(_which_fit(p, sizes, shown, decimals, ends).any()) for p in each)
    return n_open >= min(FEWEST_THAT_FIT, treated + 1)


def _leaves_the_left_out_open(
    table: OutputTable,
    column: str,
    at: tuple[int, Collection[Mark]],
    rule: DisclosureRule,
    decimals: int,
) -> bool:
    """Does every small number of people left out fit the difference in a row, beside the marks that
    are held back; and do at least three numbers of them with the trait? What one row leaves open,
    all rows together do: of whom each is, is another question."""
    shares, (row, marks) = table.shares, at
    assert shares is not None
    gap = float(pd.to_numeric(table.frame[column]).to_numpy(float)[row])
    if not shares.binary[row] or math.isnan(gap):
        return True
    kept_column, kept = shares.kept
    hidden, shown = {*marks}, _round(gap, decimals)
    known, is_hidden = shares.apart[kept_column][row], (row, kept_column) in hidden
    ends = _of_comparison(table, shares, row, hidden)
    numbers = set[int]()
    for left_out in range(1, rule.threshold):
        whole = kept + left_out
        low, high = (0, whole) if is_hidden else (known, known + left_out)
        count = np.arange(low, high + 1)
        if column == shares.before:
            sizes = (whole, shares.gaps[shares.before][1])
            fits = _which_fit(count / whole, sizes, shown, decimals, ends)
        else:
            fits = _spread_fits(count / whole, shares.raw[row], shown, decimals)
        if not fits.any():
            return False
        numbers |= {int(n) for n in count[fits]}
    return len(numbers) >= FEWEST_THAT_FIT


def _of_comparison(
    table: OutputTable, shares: Shares, row: int, hidden: Collection[Mark]
) -> tuple[int, int]:
    """How many of all who could be compared can have the trait: what their mean after matching
    says of those in the analysis (with weights, only that none has it, or all), and the others."""
    column, whole = "mean_comparison_after", shares.gaps[shares.before][1]
    if column not in shares.apart or (row, column) in hidden:
        return 0, whole
    known, used = shares.apart[column][row], shares.people[column]
    mean = float(pd.to_numeric(table.frame[column]).to_numpy(float)[row])
    is_told = abs(mean * used - known) < NEAR or known in (0, used)
    return (known, known + whole - used) if is_told else (0, whole)


def _spread_fits(p: Floats, raw: float, shown: float, decimals: int) -> Bools:
    """For which shares ``p`` of the programme before matching is the difference after it, which
    the means tell, the one that is shown in standard deviations?"""
    spread = np.sqrt(p * (1 - p))
    near = np.abs(raw - shown * spread) <= (0.5 * 10.0**-decimals + 1e-12) * spread
    return np.asarray(near, dtype=bool)  # of a share of none or all there is no difference


def _leaves_those_left_open(table: OutputTable, row: int, decimals: int) -> bool:
    """Do at least three numbers with the trait fit, of those of the programme that were left out
    and of those of the comparison group, where either follows from what is told?"""
    shares = table.shares
    assert shares is not None
    n_treated, n_comparison = shares.gaps[shares.before]
    (left_treated, _), (left_comparison, _) = shares.left
    with_it = [shares.apart[f"mean_{group}_after"][row] for group in ("treated", "comparison")]
    shown = [_round(float(table.frame[column].iloc[row]), decimals) for column in shares.gaps]
    p = (with_it[0] + np.arange(left_treated + 1)) / n_treated
    q = np.arange(n_comparison + 1) / n_comparison
    if left_comparison:
        q = (with_it[1] + np.arange(left_comparison + 1)) / n_comparison
    half, spread = 0.5 * 10.0**-decimals + 1e-12, np.sqrt(p * (1 - p))[:, None]
    fits = np.abs(p[:, None] - q[None, :] - shown[0] * spread) <= half * spread
    fits &= _spread_fits(p, shares.raw[row], shown[1], decimals)[:, None]
    n_open = int(fits.any(axis=1).sum()), int(fits.any(axis=0).sum())
    asked = (min(FEWEST_THAT_FIT, left + 1) for left in (left_treated, left_comparison))
    return all(n >= least for n, least in zip(n_open, asked, strict=True))


def _which_fit(
    p: Floats, sizes: tuple[int, int], gap: float, decimals: int, ends: tuple[int, int]
) -> Bools:
    """For which shares ``p`` of the treated is there a number of the comparison group, within
    ``ends``, that gives this difference? ``sizes`` are of both groups; both ways to divide by a
    variance are allowed for."""
    (treated, comparison), (least, most) = sizes, ends
    half = 0.5 * 10.0**-decimals
    plain, fits = np.sqrt(p * (1 - p)), np.zeros(len(p), dtype=bool)
    for spread in (plain, plain * math.sqrt(treated / max(treated - 1, 1))):
        middle, width = comparison * (p - gap * spread), comparison * half * spread
        low = np.ceil(np.maximum(middle - width - NEAR, least))
        fits |= low <= np.minimum(middle + width + NEAR, most)
    return fits
