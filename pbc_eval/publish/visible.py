"""Text that a reader can see: what reorders, hides or breaks is replaced by a mark.

Control characters, marks that turn the direction of reading, halves of characters and code points
that XML does not know become U+FFFD, so that no name from a data file can pretend to be another,
and every page, feed and catalogue stays well-formed.
"""

import re
from typing import Any

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """The text with every unseen character replaced by U+FFFD; tabs and line ends stay."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)


def all_visible(value: Any) -> Any:
    """The same for every text in what JSON holds, keys included."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, dict):
        return {all_visible(key): all_visible(item) for key, item in value.items()}
    if isinstance(value, list):
        return [all_visible(item) for item in value]
    return value


def one_line(text: str) -> str:
    """Visible text on one line, for a citation or a title."""
    return " ".join(visible(text).split())
