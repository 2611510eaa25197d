"""Files of text as they are before they are a table: their names, their letters, their top."""

import itertools
import re
from pathlib import Path

from pbc_eval.errors import DataError
from pbc_eval.intake.header_row import TITLE_ROWS, refuse_too_wide
from pbc_eval.intake.raw_cells import separator_of

LOOKED_AT = 1_000_000  # bytes
LINES = 200
_OTHER_BASE = re.compile(rb"""[,;\t|\n\r"'] *[-+]?0[xXbB][0-9a-fA-F]""")


def refuse_a_pattern(name: str) -> None:
    """Refuse the name of a file that the engine would take for a pattern of names.

    Raises DataError: what stands beside the file would be read with it, or instead of it.
    """
    marks = [mark for mark in "*?[" if mark in name]
    if marks:
        raise DataError(
            f"{name}: the name of a data file must not hold {marks[0]!r}, which stands for other "
            "files, too. Rename it."
        )


def is_utf8(path: Path) -> bool:
    """Can the whole file be read as UTF-8?"""
    try:
        with path.open(encoding="utf-8") as file:
            return all(True for _ in file)
    except UnicodeDecodeError:
        return False


def refuse_no_text(path: Path) -> None:
    """Refuse a file that is empty, one whose first million bytes hold the byte 0, which no text
    does, and one that is too wide.

    Raises DataError: the engine would make a name of the one, and run out of memory over the other.
    """
    with path.open("rb") as file:
        top = file.read(LOOKED_AT)
    if not top.removeprefix(b"\xef\xbb\xbf"):
        raise DataError(
            f"{path.name}: is empty; the first row names the columns. Save the table again."
        )
    if b"\0" in top and not top.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 is said so
        line = top[: top.index(b"\0")].count(b"\n") + 1
        raise DataError(
            f"{path.name}: line {line} holds the byte 0, which is no letter. Save the file again "
            "as 'CSV UTF-8' from the program that wrote it."
        )
    header = top.partition(b"\n")[0]
    refuse_too_wide(path.name, 1 + max(header.count(mark) for mark in (b",", b";", b"\t", b"|")))


def top_of_text(path: Path) -> list[list[str]]:
    """The first lines of a text file, cut at whatever separates its cells."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        lines = [line.rstrip("\r\n") for line in itertools.islice(file, TITLE_ROWS + 1)]
    return [[cell.strip("\"'") for cell in re.split(r"[,;\t|]", line)] for line in lines]


def is_parted_by_commas(path: Path) -> bool:
    """Do commas part the cells? A comma between digits parts thousands there, if anything."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return separator_of("".join(itertools.islice(file, LINES))) == ","


def holds_other_bases(path: Path) -> bool:
    """Does some cell begin as a program writes sixteens or twos ("0x1f", "0b11")? The engine reads
    them as numbers; to a person they are codes."""
    kept = b"\n"
    with path.open("rb") as file:
        while piece := file.read(LOOKED_AT):
            if _OTHER_BASE.search(kept + piece):
                return True
            kept = piece[-8:]
    return False


def has_breaks_in_cells(path: Path) -> bool:
    """Do lines end as Excel ends them, and cells hold breaks of their own? The engine must then be
    told which of them end a line."""
    with path.open("rb") as file:
        top = file.read(LOOKED_AT)
    return b"\r\n" in top and b"\n" in top.replace(b"\r\n", b"")
