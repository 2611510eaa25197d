"""A text of the catalogue. It is its English text, and remembers what to look up in another."""

from collections.abc import Mapping
from typing import Self


class Message(str):
    """English text that a catalogue may translate where it is written on a page.

        Message("What was found")
        Message("%(label)s: an estimated %(figure)s", {"label": …, "figure": …})

    Everywhere else, in tables, downloads and comparisons, it is plain English text. What is made of
    it, such as a part or another case of its letters, is text that no catalogue knows; a page then
    shows the English. ``key`` is the text with its placeholders, ``named`` what stands for them.
    """

    __slots__ = ("key", "named")

    key: str
    named: Mapping[str, object]

    def __new__(cls, key: str, named: Mapping[str, object] | None = None) -> Self:
        made = super().__new__(cls, key % named if named else key)
        made.key = key
        made.named = named or {}
        return made
