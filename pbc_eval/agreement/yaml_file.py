"""YAML with a memory: plain data, and the line on which each value stands.

YAML 1.2, so that ``no`` and ``on`` stay words; a key given twice is an error, not a silent choice.
The one home of the YAML library.
"""

import copy
import datetime as dt
import io
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import ComposerError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pbc_eval.errors import SpecError

Location = tuple[str | int, ...]
LONGEST_FILE = 2_000_000  # bytes
LONGEST_TEXT = 20_000  # characters of one value: ten pages
LONGEST_KEY = 300  # characters
_LONG_KEY = f"a key has more than {LONGEST_KEY} characters. A colon and a space may be missing"


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """What a YAML file says. ``lines`` maps the path of each value to its line, from 1."""

    path: Path
    data: dict[str, Any]
    lines: dict[Location, int] = field(repr=False)

    def line_of(self, location: Sequence[str | int]) -> int:
        """The line of the value at ``location``, or of the nearest thing that holds it.

        Parts of the location that the file does not have (the tag of a union) are passed over.
        """
        here: Location = ()
        for part in location:
            if (*here, part) in self.lines:
                here = (*here, part)
        return self.lines.get(here, 1)


def yaml_text(plain: Mapping[str, Any]) -> str:
    """Plain data as YAML, one key a line in the order given; reads back as what was given."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # its own default
    yaml.width = 10_000
    stream = io.StringIO()
    yaml.dump(dict(plain), stream)
    return stream.getvalue()


def read_yaml(path: Path) -> YamlDocument:
    """Read a YAML file whose top level is a mapping.

    Raises SpecError for a missing or unreadable file, text that is not YAML (with line and
    column), a key given twice, or a top level that is not a mapping.
    """
    try:
        state = path.stat()
        if not (stat.S_ISREG(state.st_mode) or path.is_dir()):  # a device or a pipe has no end
            raise SpecError(f"{path}: is no file with text. Put the evaluation itself there.")
        if state.st_size > LONGEST_FILE:
            raise SpecError(
                f"{path}: has {state.st_size / 1e6:,.1f} MB; an evaluation file has at most "
                f"{LONGEST_FILE / 1e6:,.0f} MB. Put tables into files of their own."
            )
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise SpecError(f"{path}: no such file.") from None
    except (OSError, UnicodeDecodeError) as reason:
        raise SpecError(f"{path}: cannot be read as UTF-8 text ({reason}).") from None
    try:
        data, lines = _parsed(text)
    except MarkedYAMLError as problem:
        raise SpecError(f"{path}{_where(problem)}: {_what(problem)}") from None
    except YAMLError as problem:
        raise SpecError(f"{path}: not valid YAML ({problem}).") from None
    except RecursionError:
        raise SpecError(f"{path}: nested too deeply to be an evaluation.") from None
    except _NoSuchValueError as problem:
        raise SpecError(f"{path}{problem.where}: {problem}. Correct the value.") from None
    if not isinstance(data, dict):
        raise SpecError(
            f"{path}: must be a mapping of keys to values at its top level, got "
            f"{'nothing' if data is None else type(data).__name__}."
        )
    return YamlDocument(path, copy.deepcopy(data), lines)


class _NoSuchValueError(ValueError):
    """A value that YAML takes for a date or a number, and that is none: 2024-02-30."""

    def __init__(self, where: str, problem: Exception) -> None:
        super().__init__(str(problem))
        self.where = where


class UnfinishedError(ValueError):
    """A text that is not YAML, as a text is while somebody writes. ``lines``: which may be at
    fault, from 0, the likeliest first."""

    def __init__(self, lines: tuple[int, ...]) -> None:
        super().__init__(f"not YAML at lines {lines}")
        self.lines = lines


def parts_of(text: str) -> Any:
    """The mappings and lists of a text, each value as it is written; nothing is checked.

    For an editor's use while a file is written. Raises UnfinishedError.
    """
    try:
        constructor, _ = YAML(typ="safe", pure=True).get_constructor_parser(io.StringIO(text))
        return _as_written(constructor.composer.get_single_node())
    except MarkedYAMLError as problem:
        marks = [problem.problem_mark, problem.context_mark]
        if "expected ':'" in str(problem.problem):  # noticed only where the next key stands
            marks = marks[1:]
        elif "a flow" in str(problem.context):  # a bracket that is not closed
            marks = marks[::-1]
        raise UnfinishedError(tuple(mark.line for mark in marks if mark)) from None
    except (YAMLError, RecursionError):
        raise UnfinishedError(()) from None


def _as_written(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        parts: dict[str, Any] = {}
        for key, value in node.value:
            parts.setdefault(str(key.value), _as_written(value))
        return parts
    if isinstance(node, SequenceNode):
        return [_as_written(item) for item in node.value]
    return None if node is None else str(node.value)


@lru_cache(maxsize=16)  # a run asks for its file, and for what was registered, several times
def _parsed(text: str) -> tuple[Any, dict[Location, int]]:
    """The data of a text, which a caller must not change, and the lines of its values."""
    lines: dict[Location, int] = {}
    constructor, _ = YAML(typ="safe", pure=True).get_constructor_parser(io.StringIO(text))
    root = constructor.composer.get_single_node()
    if root is None:
        return None, lines
    _note_lines(root, (), lines, set())
    try:
        return constructor.construct_document(root), lines
    except (ValueError, TypeError) as problem:
        raise _NoSuchValueError(_where_no_day_is(root), problem) from None


def _note_lines(node: Node, here: Location, lines: dict[Location, int], seen: set[int]) -> None:
    """Note where each value stands; refuse one that stands elsewhere (an alias)."""
    lines.setdefault(here, node.start_mark.line + 1)
    if not isinstance(node, (MappingNode, SequenceNode)):
        if len(node.value) > LONGEST_TEXT:
            raise ComposerError(
                None,
                None,
                f"the text has {len(node.value):,} characters, of which a value may have "
                f"{LONGEST_TEXT:,}. Shorten it",
                node.start_mark,
            )
        return
    if id(node) in seen:
        raise ComposerError(
            None,
            None,
            "an alias (*name) repeats a part of the file. Write the part out, so that each value "
            "stands where it is read",
            node.start_mark,
        )
    seen.add(id(node))
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise ComposerError(None, None, "a key must be one word", key.start_mark)
            if len(key.value) > LONGEST_KEY:
                raise ComposerError(None, None, _LONG_KEY, key.start_mark)
            there = (*here, key.value)
            lines[there] = key.start_mark.line + 1
            _note_lines(value, there, lines, seen)
    else:
        for position, item in enumerate(node.value):
            _note_lines(item, (*here, position), lines, seen)


def _where_no_day_is(node: Node) -> str:
    """', line 7' of the first date that no calendar has; nothing if that is not the problem."""
    if isinstance(node, ScalarNode):
        if not str(node.tag).endswith(":timestamp"):
            return ""
        try:
            dt.date.fromisoformat(node.value[:10])
        except ValueError:
            return f", line {node.start_mark.line + 1}: {node.value}"
        return ""
    parts = [part for pair in node.value for part in (pair if isinstance(pair, tuple) else (pair,))]
    return next((place for part in parts if (place := _where_no_day_is(part))), "")


def _where(problem: MarkedYAMLError) -> str:
    mark = problem.problem_mark or problem.context_mark
    return f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""


def _what(problem: MarkedYAMLError) -> str:
    fault = str(problem.problem or problem.context or "not valid YAML").strip()
    if isinstance(problem, ComposerError) and problem.context is None:
        return f"{fault}."
    if "duplicate key" in fault:
        key = fault.split(" with value")[0].removeprefix("found ")
        return f"{key}. Each key may be given once; remove one."
    if "another document" in fault:
        return "a second document starts here (---). Keep one evaluation in one file."
    return f"not valid YAML: {fault}. Check the indentation, colons and quotes on this line."
