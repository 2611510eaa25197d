"""A sentence: a template, the typed values that stand in it, and what it claims.

What may be told of a count, how a number is rounded and written, which language a page is in, and
whether a sentence claims too much: all of it is read from the types of the values and from the
claim, never from the words.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter
from types import MappingProxyType
from typing import Any, ClassVar, Literal, Self

from pbc_eval.messages.number_formats import SOURCE

ClaimKind = Literal["none", "association", "causal", "ranking", "rate"]
Certainty = Literal["open", "estimated", "beyond_chance", "proven"]
ClaimedEffect = Literal["higher", "lower", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a sentence says of an effect, as data: whoever makes the sentence states it.

    ``kind``: that something differs beside a comparison ("association"), that the programme did it
    ("causal"), or neither; that contracts can be ranked, or that a share of them is a rate at
    which they succeed. ``certainty``: left "open", "estimated" without a measure of chance,
    "beyond_chance", or "proven", which no estimate is. ``effect`` is the direction as measured;
    "none" claims that there is no effect. ``of`` is the id of the outcome.
    """

    kind: ClaimKind
    certainty: Certainty = "open"
    effect: ClaimedEffect | None = None
    of: str = ""


class Value(ABC):
    """What stands in a sentence: each kind knows how it is written."""

    __slots__ = ()
    replaces_a_number: ClassVar[bool] = False  # does it stand for a number that is held back?

    @abstractmethod
    def written(self, language: str) -> "str | Sentence":
        """Its text in a language; a Sentence where words are needed, to be translated in turn."""

    def parts(self) -> "tuple[Part, ...]":
        """The values within a value that is made of others."""
        return ()

    def with_parts(self, change: "Callable[[Part], Part]") -> "Value":
        """The same of changed parts; a value without parts is itself."""
        return self

    def __str__(self) -> str:
        return part_in_english(self)


class Sentence(str):
    """English text that a catalogue may translate, made of a template and typed values.

        Sentence("What was found")
        Sentence("{lost} found no match", lost=Units(2, TREATED, of=185))

    Wherever it is not told in another language it is its plain English text, in files, logs and
    messages of errors. What is made of it by operations on strings is plain text, and no longer a
    Sentence. Raises ValueError unless each place in the template has its value, and each value a
    place.
    """

    __slots__ = ("claim", "template", "values")

    template: str
    values: Mapping[str, "Part"]
    claim: Claim | None

    def __new__(cls, template: str, claim: Claim | None = None, /, **values: "Part") -> Self:
        places = {place for _, place in pieces(template) if place}
        if places != values.keys() and (values or places):
            raise ValueError(
                f"{template!r} has places for {sorted(places)}, and values for {sorted(values)}."
            )
        made = super().__new__(cls, in_english(template, values))
        made.template = template
        made.values = MappingProxyType(values)
        made.claim = claim
        return made

    def changed(self, change: Callable[["Part"], "Part"]) -> "Sentence":
        """The same sentence of changed values, those within nested sentences too."""

        def each(part: Part) -> Part:
            if isinstance(part, Sentence):
                return part.changed(change)
            made = change(part)
            return made.with_parts(each) if isinstance(made, Value) and made is part else made

        changed = {name: each(part) for name, part in self.values.items()}
        return Sentence(self.template, self.claim, **changed)

    def all_values(self) -> Iterator[Value]:
        """Every value, those within nested sentences and lists too."""
        yield from _values_in(tuple(self.values.values()))

    def claims(self) -> Iterator[Claim]:
        """What it claims, and what nested sentences do."""
        if self.claim is not None:
            yield self.claim
        for part in _sentences_in(tuple(self.values.values())):
            yield from part.claims()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.template, self.claim, dict(self.values))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


Part = Value | Sentence


@cache
def pieces(template: str) -> tuple[tuple[str, str | None], ...]:
    """A template cut into literal texts, each with the name of the place that follows it.

    Only names stand in places: no attributes, indices or formats. A template without a name in
    braces is text as it is.
    """
    cut = []
    for text, place, form, conversion in Formatter().parse(template):
        if place is not None and (form or conversion or not place.isidentifier()):
            raise ValueError(f"{template!r}: a place must be a name, got {place!r}.")
        cut.append((text, place))
    return tuple(cut)


def is_wordless(template: str) -> bool:
    """Does a template hold no words of its own, so that it is the same in every language?"""
    return not any(letter.isalpha() for text, _ in pieces(template) for letter in text)


def in_english(template: str, values: Mapping[str, Part], *, begins: bool = True) -> str:
    """The text of a template in the English of this program; ``begins`` a sentence or not."""
    text = ""
    for literal, place in pieces(template):
        text += literal
        if place is not None:
            text += part_in_english(values[place], begins=begins and not text)
    return text


def part_in_english(part: Part, *, begins: bool = False) -> str:
    """A value as it stands in an English sentence. Words that take the place of a number at the
    beginning of a sentence begin it with a capital."""
    written = part.written(SOURCE) if isinstance(part, Value) else part
    if not isinstance(written, Sentence):
        return written
    text = in_english(written.template, written.values, begins=begins)
    replaces_a_number = begins and isinstance(part, Value) and part.replaces_a_number
    return text[:1].upper() + text[1:] if replaces_a_number else text


def _rebuilt(template: str, claim: Claim | None, values: dict[str, Part]) -> Sentence:
    return Sentence(template, claim, **values)


def _values_in(parts: tuple[Part, ...]) -> Iterator[Value]:
    for part in parts:
        if isinstance(part, Sentence):
            yield from part.all_values()
        else:
            yield part
            yield from _values_in(part.parts())


def _sentences_in(parts: tuple[Part, ...]) -> Iterator[Sentence]:
    for part in parts:
        if isinstance(part, Sentence):
            yield part
        else:
            yield from _sentences_in(part.parts())


EMPTY = Sentence("")
