"""Where in a file of keys a cursor stands, while the file is written and may not be finished.

    text, offset ── place_of ▶ Place: the path to it, what is written there, what stands beside it

The word at the cursor is replaced by a mark and the text read as YAML; where the mark is found is
where the cursor stands. Other lines that are no YAML yet are passed over.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pbc_eval.agreement.yaml_file import Location, UnfinishedError, parts_of

MARK = "PbcEvalCursorMark"
MOST_LINES_PASSED_OVER = 20
_CLOSES = {"[": "]", "{": "}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a file. ``start`` and ``end`` are offsets in characters: what stands between them
    is being written."""

    path: Location  # to the mapping in which a key is written, or to the value
    is_key: bool
    written: str  # the word so far, without its quotation mark
    start: int
    end: int
    column: int  # of the word, from 0
    in_flow: bool  # between brackets or braces
    has_colon: bool  # after the cursor already
    beside: dict[str, Any] = field(default_factory=dict)  # the keys of the mapping, with values
    tree: Any = None  # the whole file, without the word


@dataclass(frozen=True, slots=True)
class _Word:
    start: int  # in its line
    is_value: bool
    flow: tuple[str, ...]  # brackets and braces that are open


def place_of(text: str, offset: int) -> Place | None:
    """The place of a cursor; None in a comment, in the middle of a word, and where nothing can be
    made of the text."""
    first = text.rfind("\n", 0, offset) + 1
    last = text.find("\n", offset)
    before, after = text[first:offset], text[offset : len(text) if last < 0 else last]
    word = _word_of(before, _open_before(text[:first]))
    if word is None or re.match(r"[\w-]", after) or MARK in text:
        return None
    written = before[word.start :]
    quote = written[:1] if written[:1] in ("'", '"') else ""
    end = offset + bool(quote and after.startswith(quote))
    rest = text[end : len(text) if last < 0 else last]
    head, tail = text[: first + word.start], "" if last < 0 else text[last:]
    line = text.count("\n", 0, offset)
    for middle in _readings(word, rest):
        tree = _tree_of(head + middle + rest, tail, line)
        where = None if tree is None else _find_mark(tree, ())
        if where is None:
            continue
        path, is_key = where
        return Place(
            path=path,
            is_key=is_key,
            written=written.removeprefix(quote),
            start=first + word.start,
            end=end,
            column=word.start,
            in_flow=bool(word.flow),
            has_colon=rest.lstrip().startswith(":"),
            beside=_without_mark(_at(tree, path)) if is_key else {},
            tree=_without_mark(tree),
        )
    return None


def _word_of(before: str, flow: tuple[str, ...]) -> _Word | None:
    """Where the word that ends with the line begins, and what it is part of; None in a comment."""
    start = len(before) - len(before.lstrip(" "))
    quote, is_value, stack = "", False, list(flow)
    for at, letter in enumerate(before):
        is_first = not before[start:at].strip()
        follows_space = at + 1 == len(before) or before[at + 1] == " "
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"" and is_first:
            quote = letter
        elif letter == "#" and (at == 0 or before[at - 1] in " \t"):
            return None
        elif letter in _CLOSES and is_first:
            stack.append(letter)
            start, is_value = at + 1, False
        elif stack and letter == _CLOSES[stack[-1]]:
            stack.pop()
            start = at + 1
        elif stack and letter == ",":
            start, is_value = at + 1, False
        elif letter == ":" and follows_space and not is_first:
            start, is_value = at + 1, True
        elif letter == "-" and follows_space and not before[:at].strip(" -"):
            start = at + 1
    start += len(before[start:]) - len(before[start:].lstrip(" "))
    return _Word(start, is_value, tuple(stack))


def _open_before(text: str) -> tuple[str, ...]:
    """The brackets and braces that are open at the beginning of a line."""
    flow: tuple[str, ...] = ()
    for line in text.splitlines():
        if re.match(r"[A-Za-z_]\w*:", line):  # a key at the top: nothing can be open
            flow = ()
        word = _word_of(line.partition(" #")[0], flow)
        flow = word.flow if word else flow
    return flow


def _readings(word: _Word, rest: str) -> Iterator[str]:
    """What may stand for the word: a key or a value, with what is not closed yet closed."""
    if not word.is_value and not word.flow and not rest.lstrip().startswith(":"):
        yield f"{MARK}:"
    yield MARK
    closed = "".join(_CLOSES[letter] for letter in reversed(word.flow))
    if closed:
        yield f"{MARK}{closed}"


def _tree_of(upto: str, tail: str, line: int) -> Any:
    """The text as parts; lines other than the cursor's that are no YAML are passed over, and if
    that does not help all after it."""
    for text in (upto + tail, upto):
        lines = text.split("\n")
        for _ in range(MOST_LINES_PASSED_OVER):
            try:
                return parts_of("\n".join(lines))
            except UnfinishedError as problem:
                blamed = next((at for at in problem.lines if at < len(lines)), line)
                if blamed == line:
                    break
                if not lines[blamed].strip():  # noticed where a part ends: what is above it
                    blamed = max((at for at in range(blamed) if lines[at].strip()), default=line)
                lines[blamed] = "" if blamed != line else lines[blamed]
    return None


def _find_mark(tree: Any, path: Location) -> tuple[Location, bool] | None:
    """The path to the mapping of which the mark is a key, or to the value that it is."""
    if tree == MARK:
        return path, False
    if isinstance(tree, dict) and MARK in tree:
        return path, True
    if isinstance(tree, str):
        return None
    parts = tree.items() if isinstance(tree, dict) else enumerate(tree or ())
    return next((where for key, part in parts if (where := _find_mark(part, (*path, key)))), None)


def _at(tree: Any, path: Location) -> Any:
    for part in path:
        tree = tree[part]
    return tree


def _without_mark(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_mark(part) for key, part in tree.items() if key != MARK}
    if isinstance(tree, list):
        return [_without_mark(part) for part in tree if part != MARK]
    return None if tree == MARK else tree
