"""Values that a message repeats: the first of a long one, and how long it is.

A cell of 5,000 characters hides what is said about it.
"""

import re

MOST = 200  # characters of a value that a message repeats whole
SHOWN = 60
# What stands between quotation marks, none of which is an apostrophe, or a word without a space
# that is no path: the file to open is told whole.
_QUOTED = r"(?<!\w)'(?:[^'\n\\]|\\.|\'(?=\w))*'(?!\w)" + r'|(?<!\w)"(?:[^"\n\\]|\\.)*"(?!\w)'
_VALUES = re.compile(rf"{_QUOTED}|[^\s'\"/\\]{{{MOST + 1},}}")


def with_long_values_cut(text: str) -> str:
    """The text with each value of more than 200 characters as its first 60, an ellipsis and its
    length; what is said about it stays whole."""
    if len(text) <= MOST:
        return text
    return _VALUES.sub(lambda match: _cut(match[0]), text)


def _cut(value: str) -> str:
    if len(value) <= MOST + 2:
        return value
    mark = value[0] if value[0] in "'\"" else ""
    inner = value[1:-1] if mark else value
    return f"{mark}{inner[:SHOWN]}…{mark} ({len(inner):,} characters)"
