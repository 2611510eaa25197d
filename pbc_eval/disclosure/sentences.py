"""Sentences as they may be told: the types of their values say which numbers count people.

A count that is too small, or that tables hold back, is not told; nor is one from which such a count
follows with the others of the sentence, nor its share. Numbers of other kinds stay.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import SUPPRESSED, ReleasedTable, is_suppressed
from pbc_eval.disclosure.rounding import to_base
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.told_places import (
    HEADLINE_COMPARISON,
    HEADLINE_TREATED,
    NEVER_TREATED,
    TREATED_AND_NEVER,
)
from pbc_eval.messages.values import (
    Beside,
    Bracketed,
    Breakdown,
    FewerThan,
    HeldBack,
    Share,
    UnitNames,
    Units,
)
from pbc_eval.results import AttEstimate

MOST_TOGETHER = 12  # counts of one sentence beyond which only pairs are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackCounts:
    """Counts that tables hold back: by value, and by cell (``table/row key/column``) where a
    sentence says which cell it repeats. ``shown`` are cells that are published, with their counts,
    ``gaps`` differences of characteristics as their table tells them.
    """

    values: frozenset[int] = frozenset()
    cells: frozenset[str] = frozenset()
    shown: Mapping[str, int] = field(default_factory=dict)
    gaps: Mapping[str, object] = field(default_factory=dict)

    def holds(self, number: int, cell: str) -> bool:
        if cell in self.cells:
            return True
        return number in self.values and not self.publishes(number, cell)

    def publishes(self, number: int, cell: str) -> bool:
        """Does the sentence repeat a number that stands elsewhere on the page?"""
        return bool(cell) and self.shown.get(cell) == number


def held_back_counts(
    tables: Sequence[OutputTable],
    released: Sequence[ReleasedTable],
    headline: AttEstimate | None = None,
    *,
    prefix: str = "",
) -> HeldBackCounts:
    """What these tables hold back; ``prefix`` begins their names and is left out of cells. The
    counts of a ``headline`` are on every page."""
    values: set[int] = set()
    hidden: set[str] = set()
    shown: dict[str, int] = {}
    gaps: dict[str, object] = {}
    for table, part in zip(tables, released, strict=True):
        kind = table.name.removeprefix(prefix)
        keys = table.keys or ("",) * len(table.frame)
        for column in table.shares.gaps if table.shares else ():
            cells = zip(keys, part.frame[column], strict=True)
            gaps |= {f"{kind}/{key}/{column}": cell for key, cell in cells}
        for column in (name for name, of in table.kinds.items() if of == "count"):
            counts = pd.to_numeric(table.frame[column])
            for key, count, cell in zip(keys, counts, part.frame[column], strict=True):
                if pd.isna(count) or not float(count).is_integer():
                    continue
                place = f"{kind}/{key}/{column}" if key else ""
                if not is_suppressed(cell):
                    shown[place] = int(count)
                elif count:
                    values.add(int(count))
                    hidden.add(place)
    if headline is not None:
        shown[HEADLINE_TREATED] = headline.n_treated
        shown[HEADLINE_COMPARISON] = headline.n_comparison
        if NEVER_TREATED in shown:
            shown[TREATED_AND_NEVER] = headline.n_treated + shown[NEVER_TREATED]
    return HeldBackCounts(
        values=frozenset(values), cells=frozenset(hidden - {""}), shown=shown, gaps=gaps
    )


def released_sentence(
    sentence: Sentence, rule: DisclosureRule, held: HeldBackCounts | None = None
) -> Sentence:
    """The sentence with each count told as the rule has it: 'fewer than 10', '[c]', or rounded.

    Raises DisclosureError for plain text, of which nobody knows which numbers count people.
    """
    if not isinstance(sentence, Sentence):
        raise DisclosureError(
            f"{sentence!r} is plain text and cannot be released: nothing says which of its numbers "
            "count people. Make it a Sentence with typed values."
        )
    if not rule.protects:
        return sentence
    held = held or HeldBackCounts()
    gone = _gone(sentence, rule, held)
    return sentence.changed(lambda part: _told(_as_in_its_table(part, held), rule, gone))


def released_column(
    cells: Iterable[object], rule: DisclosureRule, held: HeldBackCounts | None = None
) -> list[object]:
    """The cells of a column of sentences; those that are held back, missing or empty stay."""
    return [
        cell
        if is_suppressed(cell) or not isinstance(cell, str) or not cell
        else released_sentence(cell, rule, held)  # type: ignore[arg-type]  # refused if plain
        for cell in cells
    ]


def without_counts(cell: object) -> object:
    """A sentence that tells no count of people at all; what is no sentence stays."""
    if not isinstance(cell, Sentence):
        return cell
    return cell.changed(
        lambda part: (
            HeldBack(SUPPRESSED, part.noun)
            if isinstance(part, Units)
            else EMPTY
            if isinstance(part, (Breakdown, Bracketed))
            else HeldBack(SUPPRESSED)
            if isinstance(part, Share) and part.of is not None
            else part
        )
    )


Gone = Callable[[int], bool]


def _gone(sentence: Sentence, rule: DisclosureRule, held: HeldBackCounts) -> Gone:
    """Which counts of the sentence must not be told."""
    units = [value for value in sentence.all_values() if isinstance(value, Units)]
    small = {count.count for count in units if is_small(count.count, rule)}
    small |= {count.of for count in units if count.of is not None and is_small(count.of, rule)}
    placed = {(count.count, count.cell) for count in units}
    placed |= {(count.of, count.of_cell) for count in units if count.of is not None}
    hidden = {number for number, cell in placed if held.holds(number, cell)} - small
    every = {number for number, _ in placed}
    public = {number for number, cell in placed if held.publishes(number, cell)}
    while True:
        shown = sorted(every - small - hidden, reverse=True)
        elsewhere = held.values - public
        follows = (n for n in _tells(shown, small | hidden, elsewhere) if n not in public)
        if (to_hide := next(follows, None)) is None:
            break
        hidden.add(to_hide)
    return lambda number: number in hidden or is_small(number, rule)


def _tells(shown: Sequence[int], here: set[int], elsewhere: frozenset[int]) -> Iterator[int]:
    """Counts with which others tell one that is held back: in this sentence, or in a table. Of
    those that tell it together, the one that had best go is first."""
    for whole, part in permutations(shown, 2):
        if whole > part and whole - part in here | elsewhere:
            yield from (whole, part)
        if whole >= part and whole + part in here:
            yield from (part, whole)
    if len(shown) <= MOST_TOGETHER:
        for whole, first, second in permutations(shown, 3):
            if first >= second and whole - first - second in here:
                yield from (whole, first, second)
            if whole >= first >= second and whole + first + second in here:
                yield from (second, first, whole)


def _as_in_its_table(part: Part, held: HeldBackCounts) -> Part:
    """A difference of characteristics with no more digits than its table has; others stay."""
    if not isinstance(part, Share) or part.cell not in held.gaps:
        return part
    there = held.gaps[part.cell]
    if isinstance(there, float):
        return replace(part, value=math.copysign(there, part.value))
    return HeldBack(SUPPRESSED)


def _told(part: Part, rule: DisclosureRule, gone: Gone) -> Part:
    """One value as it may be told."""
    if isinstance(part, Units):
        return _count(part, rule, gone)
    if isinstance(part, Breakdown):
        if any(gone(number) for count in part.counts for number in count.counts):
            return EMPTY
        return Breakdown(tuple(_rounded(count, rule) for count in part.counts))
    if isinstance(part, (Beside, Bracketed)):
        return EMPTY if _beside_tells(part, rule, gone) else _with_told_words(part, rule, gone)
    if isinstance(part, Share):
        return HeldBack(SUPPRESSED) if _share_tells(part, rule, gone) else part
    return HeldBack(SUPPRESSED) if isinstance(part, UnitNames) else part


def _with_told_words(part: Beside | Bracketed, rule: DisclosureRule, gone: Gone) -> Part:
    if isinstance(part, Bracketed) or not isinstance(part.words, Sentence):
        return part
    return replace(part, words=part.words.changed(lambda inner: _told(inner, rule, gone)))


def _count(count: Units, rule: DisclosureRule, gone: Gone) -> Part:
    if is_small(count.count, rule):
        return FewerThan(rule.threshold, count.noun)
    if gone(count.count):
        return HeldBack(SUPPRESSED, count.noun)
    whole = count.of
    if whole is not None and (gone(whole) or is_small(whole - count.count, rule)):
        return _rounded(replace(count, of=None, share_decimals=None), rule)
    return _rounded(count, rule)


def _rounded(count: Units, rule: DisclosureRule) -> Units:
    if rule.base == 1:
        return count
    whole = None if count.of is None else int(to_base(count.of, rule.base))
    number = int(to_base(count.count, rule.base))
    return replace(count, count=number, of=whole, share_decimals=None, as_word=False)


def _beside_tells(part: Beside | Bracketed, rule: DisclosureRule, gone: Gone) -> bool:
    if isinstance(part, Bracketed):
        return _share_tells(part.share, rule, gone)
    return any(gone(count.count) for count in part.counts)


def _share_tells(share: Share, rule: DisclosureRule, gone: Gone) -> bool:
    if share.of is None:
        return False
    whole = share.of.of
    return rule.base > 1 or gone(share.of.count) or (whole is not None and gone(whole))
