"""The kinds of values in sentences: counts of people, plain numbers, effects, money, dates, names.

A number in a sentence is of a kind, and its kind says how it is written and whether it may be told:
only ``Units`` (and lists made of them) count those whom disclosure control protects.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import ClassVar, NamedTuple

from pbc_eval.messages import number_formats as formats
from pbc_eval.messages.sentence import EMPTY, Part, Sentence, Value


class Noun(NamedTuple):
    """What is counted, for one and for several."""

    singular: Part
    plural: Part

    def of(self, count: float) -> Part:
        return self.singular if count == 1 else self.plural

    @property
    def always_plural(self) -> "Noun":
        """For sentences whose verb is in the plural whatever the count."""
        return Noun(self.plural, self.plural)


UNITS = Noun(Sentence("unit"), Sentence("units"))
TREATED_UNITS = Noun(Sentence("treated unit"), Sentence("treated units"))
COMPARISON_UNITS = Noun(Sentence("comparison unit"), Sentence("comparison units"))
MATCHED_UNITS = Noun(Sentence("matched unit"), Sentence("matched units"))
CLUSTERS = Noun(Sentence("cluster"), Sentence("clusters"))
PEOPLE = Noun(Sentence("person"), Sentence("people"))
ROWS = Noun(Sentence("row"), Sentence("rows"))
TREATED = Noun(Sentence("treated"), Sentence("treated"))
COMPARISON = Noun(Sentence("comparison"), Sentence("comparison"))
EFFECTS = Noun(Sentence("effect"), Sentence("effects"))
EVENT_TIMES = Noun(Sentence("time"), Sentence("times"))


@dataclass(frozen=True, slots=True)
class Name(Value):
    """A label, typed by somebody or taken from the data: text, never read as anything else."""

    text: str

    def written(self, language: str) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Names(Value):
    """Labels of what is no people, such as covariates: the first few, then how many more."""

    texts: tuple[str, ...]
    limit: int = 5

    def written(self, language: str) -> str | Sentence:
        first = Name(", ".join(self.texts[: self.limit]))
        rest = len(self.texts) - self.limit
        if rest <= 0:
            return first.text
        return Sentence("{first} and {rest} more", first=first, rest=Number(rest))


@dataclass(frozen=True, slots=True)
class UnitNames(Value):
    """Identifiers of protected units, which are told only where nothing is protected."""

    texts: tuple[str, ...]
    more: bool = False  # are there others?

    def written(self, language: str) -> str:
        return ", ".join(self.texts) + (" ..." if self.more else "")


@dataclass(frozen=True, slots=True)
class Units(Value):
    """A count of protected units (people, firms, areas, or rows about them). ``of`` is the whole
    that it is part of, ``share_decimals`` has its share of the whole written behind it. ``cell``
    says which cell it repeats, as ``table/row key/column`` (``told_places``), ``of_cell`` that of
    the whole; else it is known by its value. ``as_word``: 1 is "one".
    """

    count: int
    noun: Noun | None = None
    of: int | None = None
    share_decimals: int | None = None
    cell: str = ""
    of_cell: str = ""
    as_word: bool = False

    @property
    def counts(self) -> tuple[int, ...]:
        """Every count that it tells: its own, and that of the whole."""
        return (self.count,) if self.of is None else (self.count, self.of)

    def written(self, language: str) -> str | Sentence:
        if self.as_word and self.count == 1:
            count: Part = Sentence("one")
        else:
            count = Number(self.count)
        if self.of is None:
            return _counted(count, self.noun, self.count, language)
        whole = _with_noun(Number(self.of), self.noun and self.noun.plural)
        if self.share_decimals is None:
            return Sentence("{count} of {whole}", count=count, whole=whole)
        share = Share(self.count / self.of, self.share_decimals)
        return Sentence("{count} of {whole} ({share})", count=count, whole=whole, share=share)


@dataclass(frozen=True, slots=True)
class FewerThan(Value):
    """A count that is held back as too small."""

    threshold: int
    noun: Noun | None = None
    replaces_a_number: ClassVar[bool] = True

    def written(self, language: str) -> Sentence:
        least = Sentence("fewer than {threshold}", threshold=Number(self.threshold))
        return _with_noun(least, self.noun and self.noun.plural)


@dataclass(frozen=True, slots=True)
class HeldBack(Value):
    """A figure from which one that is held back would follow, or that tables hold back."""

    mark: str
    noun: Noun | None = None

    def written(self, language: str) -> Sentence:
        return _with_noun(Name(self.mark), self.noun and self.noun.plural)


@dataclass(frozen=True, slots=True)
class Number(Value):
    """A count or size of things that are no people: covariates, periods, draws, statistics."""

    value: float
    decimals: int = 0
    noun: Noun | None = None

    def written(self, language: str) -> str | Sentence:
        text = Name(formats.number(self.value, self.decimals, language))
        return _counted(text, self.noun, self.value, language)


@dataclass(frozen=True, slots=True)
class Size(Value):
    """A number of things that are no people, to so many significant digits."""

    value: float
    digits: int = 3

    def written(self, language: str) -> str:
        return formats.significant(self.value, self.digits, language)


@dataclass(frozen=True, slots=True)
class Share(Value):
    """A fraction, as a percentage. ``of`` is the count of protected units that it is the share of,
    ``cell`` the difference that it repeats of a table of characteristics; ``signed`` writes +."""

    value: float
    decimals: int = 0
    of: Units | None = None
    signed: bool = False
    cell: str = ""

    def written(self, language: str) -> str:
        text = formats.percent(self.value, self.decimals, language)
        return f"+{text}" if self.signed and self.value >= 0 else text


@dataclass(frozen=True, slots=True)
class Bracketed(Value):
    """A share in brackets behind its count: ' (2.2%)'. Where it must go, the brackets do too."""

    share: Share

    def written(self, language: str) -> Sentence:
        return Sentence(" ({share})", share=self.share)

    def parts(self) -> tuple[Part, ...]:
        return (self.share,)


@dataclass(frozen=True, slots=True)
class Chance(Value):
    """A share of random draws, which never claims certainty: 'more than 99.9%'."""

    share: float

    def written(self, language: str) -> str | Sentence:
        if self.share > 0.999:
            return Sentence("more than {share}", share=Share(0.999, 1))
        if self.share < 0.001:
            return Sentence("fewer than {share}", share=Share(0.001, 1))
        decimals = 1 if self.share > 0.99 or self.share < 0.01 else 0
        return formats.percent(self.share, decimals, language)


@dataclass(frozen=True, slots=True)
class PValue(Value):
    """'p = 0.031', and never zero: 'p < 0.001'."""

    value: float

    def written(self, language: str) -> str:
        text = formats.p_value(self.value, language)
        return f"p {text}" if text.startswith("<") else f"p = {text}"


@dataclass(frozen=True, slots=True)
class Effect(Value):
    """An effect, or an end of its interval, in its outcome's unit; the words say its direction.

    ``scale`` is 100 for percentage points; ``currency`` is given for amounts, whose sign carries
    the unit; a ``relative`` effect is a share of the level without it, written as a percentage. A
    sentence with an effect states its claim.
    """

    value: float
    decimals: int = 1
    unit: str = ""
    scale: float = 1.0
    currency: str = ""
    relative: bool = False

    def written(self, language: str) -> str:
        if self.relative:
            return formats.percent(self.value, self.decimals, language)
        return _in_unit(self, language)


@dataclass(frozen=True, slots=True)
class Level(Value):
    """A level of an outcome, such as a mean. ``scale`` is 100 for shares, written with a per cent
    sign."""

    value: float
    decimals: int = 1
    unit: str = ""
    scale: float = 1.0
    currency: str = ""

    def written(self, language: str) -> str:
        if self.scale == 100:
            return formats.percent(self.value, self.decimals, language)
        return _in_unit(self, language)


@dataclass(frozen=True, slots=True)
class Money(Value):
    """An amount in a currency."""

    value: float
    currency: str
    decimals: int = 0

    def written(self, language: str) -> str:
        return formats.money(self.value, self.currency, self.decimals, language)


@dataclass(frozen=True, slots=True)
class ExactMoney(Value):
    """An amount due or agreed, with all its digits."""

    amount: Decimal
    currency: str

    def written(self, language: str) -> str:
        return formats.exact_money(self.amount, self.currency, language)


@dataclass(frozen=True, slots=True)
class Date(Value):
    """A day, written in full: '31 March 2026'."""

    day: dt.date

    def written(self, language: str) -> str:
        return formats.long_date(self.day, language)


@dataclass(frozen=True, slots=True)
class Period(Value):
    """A period or a cohort by its label: 2004, 'quarter 7'. It counts nothing."""

    label: str | int

    def written(self, language: str) -> str:
        return str(self.label)


@dataclass(frozen=True, slots=True)
class Listed(Value):
    """Values one after the other."""

    items: tuple[Part, ...]
    separator: str = ", "

    def written(self, language: str) -> str | Sentence:
        return _in_a_row(self.items, self.separator)

    def parts(self) -> tuple[Part, ...]:
        return self.items

    def with_parts(self, change: Callable[[Part], Part]) -> "Listed":
        return replace(self, items=tuple(map(change, self.items)))


@dataclass(frozen=True, slots=True)
class Breakdown(Value):
    """Counts that add up to a number which stands elsewhere: where one must go, all do.

    Written behind a colon, so that a sentence stands without it: 'not matched: 20 treated, 40
    comparison'.
    """

    counts: tuple[Units, ...]

    def written(self, language: str) -> Sentence:
        return Sentence(": {counts}", counts=Listed(self.counts))

    def parts(self) -> tuple[Part, ...]:
        return self.counts


@dataclass(frozen=True, slots=True)
class Beside(Value):
    """Words from which counts follow: where one of the counts must go, they do."""

    words: Part
    counts: tuple[Units, ...]

    def written(self, language: str) -> Sentence:
        return Sentence("{words}", words=self.words)

    def parts(self) -> tuple[Part, ...]:
        return (self.words,)


def by_arm(why: Part, treated: int, comparison: int) -> Sentence:
    """A reason with how many of each arm it took: 'not matched: 20 treated, 40 comparison'."""
    arms = Breakdown((Units(treated, TREATED), Units(comparison, COMPARISON)))
    return Sentence("{why}{arms}", why=why, arms=arms)


def periods(labels: Iterable[str | int], limit: int = 5) -> Names:
    """Labels of periods or cohorts, the first few."""
    return Names(tuple(map(str, labels)), limit)


def capitalised(sentence: Sentence) -> Sentence:
    """A phrase as it begins a line. Sentences that begin with a value stay as they are."""
    begin, rest = sentence.template[:1], sentence.template[1:]
    return Sentence(begin.upper() + rest, sentence.claim, **sentence.values)


def as_typed(text: str) -> Sentence:
    """A text that somebody typed, as a sentence: it is told as it is."""
    return Sentence("{text}", text=Name(text))


def joined(parts: Iterable[Part], separator: str = "; ") -> Sentence:
    """Sentences one after the other, as one."""
    return _in_a_row(tuple(parts), separator)


def _in_a_row(parts: tuple[Part, ...], separator: str) -> Sentence:
    if not parts:
        return EMPTY
    places = [f"part_{at}" for at in range(len(parts))]
    template = separator.join(f"{{{place}}}" for place in places)
    return Sentence(template, **dict(zip(places, parts, strict=True)))


def _counted(count: Part, noun: Noun | None, number: float, language: str) -> str | Sentence:
    if noun is not None:
        return Sentence("{count} {noun}", count=count, noun=noun.of(number))
    return count.written(language) if isinstance(count, Value) else count


def _with_noun(count: Part, noun: Part | None) -> Sentence:
    if noun is None:
        return Sentence("{count}", count=count)
    return Sentence("{count} {noun}", count=count, noun=noun)


def _in_unit(size: Effect | Level, language: str) -> str:
    if size.currency:
        return formats.money(size.value, size.currency, size.decimals, language)
    text = formats.number(size.scale * size.value, size.decimals, language)
    return f"{text} {size.unit}".strip()
