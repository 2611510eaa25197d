"""Text that a spreadsheet would run as a formula: made harmless on the way out, restored on the
way in.

A spreadsheet runs a cell that begins with one of a few characters. An apostrophe in front stops
it; text that has apostrophes before such a character gets one more, so that taking one off gives
back exactly what was written.
"""

import re

_STARTS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"  # and their full-width forms
_DANGEROUS = re.compile(f"'*[{_STARTS}]")
_MARKED = re.compile(f"'+[{_STARTS}]")
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")


def harmless(text: str) -> str:
    """The text with an apostrophe in front if it would run; a number as text stays one."""
    if _DANGEROUS.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def restored(text: str) -> str:
    """What ``harmless`` was given."""
    return text[1:] if _MARKED.match(text) else text
