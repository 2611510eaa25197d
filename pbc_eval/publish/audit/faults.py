"""Faults of pages by their cause, and those that are known already.

look ▶ Fault … ─ by_cause ▶ Cause (rule, where in a page) ─ against a baseline ▶ new or known
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pbc_eval.errors import SpecError

BASELINE = "audit-baseline.json"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one page, at a width and in a mode (screen, print or text spacing).

    ``rule`` is axe's name or ours, ``where`` the beginning of the element, ``words`` what is wrong.
    """

    page: str
    rule: str
    where: str
    words: str
    width: int
    mode: str = "screen"


@dataclass(frozen=True, slots=True)
class Cause:
    """The same fault wherever it occurs: mended once, it is mended everywhere."""

    rule: str
    where: str  # numbers and names taken out
    words: str
    pages: tuple[str, ...]
    times: int
    at: tuple[str, ...]  # "320 screen"

    @property
    def key(self) -> str:
        return f"{self.rule} | {self.where}"


def by_cause(faults: Iterable[Fault]) -> tuple[Cause, ...]:
    """Faults of one rule at elements that are alike are one cause; the most frequent first."""
    alike: dict[tuple[str, str], list[Fault]] = {}
    for fault in faults:
        alike.setdefault((fault.rule, _kind_of(fault.where)), []).append(fault)
    causes = [
        Cause(
            rule=rule,
            where=where,
            words=same[0].words,
            pages=tuple(dict.fromkeys(fault.page for fault in same)),
            times=len(same),
            at=tuple(sorted({f"{fault.width} {fault.mode}" for fault in same})),
        )
        for (rule, where), same in alike.items()
    ]
    return tuple(sorted(causes, key=lambda cause: (-cause.times, cause.key)))


def _kind_of(where: str) -> str:
    """An element without its words, addresses and numbers: <td class="num">."""
    opening = re.split(r"(?<=>)", where.strip(), maxsplit=1)[0]
    opening = re.sub(r'\s(?!class=|role=)[\w-]+="[^"]*"', "", opening)
    return re.sub(r"\d+", "0", opening)[:120]


def known_in(baseline: Path) -> frozenset[str]:
    """The causes that are known; none without the file. Raises SpecError for another file."""
    if not baseline.is_file():
        return frozenset()
    try:
        entries = json.loads(baseline.read_text(encoding="utf-8"))["known"]
        return frozenset(f"{entry['rule']} | {entry['where']}" for entry in entries)
    except (OSError, ValueError, KeyError, TypeError):
        raise SpecError(
            f"{baseline}: is no baseline of an audit. Restore it, or write it anew with --accept."
        ) from None


def write_baseline(baseline: Path, causes: Sequence[Cause]) -> None:
    """What is known from now on, to be committed: it does not change with the number of pages."""
    entries = [
        {"rule": cause.rule, "where": cause.where, "words": cause.words}
        for cause in sorted(causes, key=lambda cause: cause.key)
    ]
    text = json.dumps({"known": entries}, indent=1, ensure_ascii=False)
    baseline.write_text(f"{text}\n", encoding="utf-8", newline="\n")
