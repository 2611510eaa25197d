"""Write docs/broken-evaluations.md: the commonest mistakes, and what `pbc-eval check` says of them.

    python tools/make_broken_evaluations.py

Each is one change to a copy of data/hospital-readmissions, made in a folder that is thrown away.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS.parent / "data" / "hospital-readmissions"
PAGE = DOCS / "broken-evaluations.md"
WIDTH = 96
HEAD = """# Eleven broken evaluations

What `pbc-eval check` says of the commonest mistakes. It names the thing, the value found, the rule
and the remedy, ends with exit code 1, and writes nothing. Each example is one change to
`data/hospital-readmissions`. Made by `python tools/make_broken_evaluations.py`.
"""


@dataclass(frozen=True)
class Mistake:
    """One change to a good evaluation."""

    name: str  # of its folder
    what: str  # for the reader
    make: Callable[[Path], None]


def in_file(
    file: str, old: str, new: str, *, then: tuple[str, str] | None = None
) -> Callable[[Path], None]:
    """Replace the first ``old`` by ``new`` in a file; ``then`` is a second such pair."""

    def make(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        for one, other in [(old, new), *([then] if then else [])]:
            if one not in text:
                raise SystemExit(f"{file} does not hold {one!r} any more; correct this script.")
            text = text.replace(one, other, 1)
        (folder / file).write_text(text, encoding="utf-8")

    return make


def _in_row(row: int, column: int, value: str) -> Callable[[Path], None]:
    """Set one cell of hospitals.csv; a negative column sets the cell in every row of its unit."""

    def make(folder: Path) -> None:
        file = folder / "hospitals.csv"
        lines = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()]
        unit = lines[row][0]
        for number, line in enumerate(lines):
            if number == row or (column < 0 and line[0] == unit):
                line[abs(column)] = value
        file.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")

    return make


def _row_twice(folder: Path) -> None:
    file = folder / "hospitals.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:6], lines[5], *lines[6:]]), encoding="utf-8")


SPEC = "evaluation.yaml"
MISTAKES = (
    Mistake("unknown-key", "A key is misspelt.", in_file(SPEC, "  rationale:", "  rationnale:")),
    Mistake(
        "column-not-there",
        "The cohort column is not in the data.",
        in_file(SPEC, "cohort: service_start", "cohort: service_begin"),
    ),
    Mistake("cohort-no-period", "A start that is no period.", _in_row(5, -2, "7.5")),
    Mistake("row-twice", "A row is there twice.", _row_twice),
    Mistake("words-in-outcome", "A word where a number belongs.", _in_row(5, 4, "not known")),
    Mistake(
        "percentage",
        "A percentage for a fraction.",
        in_file(SPEC, "attribution: 0.25", "attribution: 25"),
    ),
    Mistake(
        "file-not-there",
        "The file is called otherwise.",
        in_file(SPEC, "file: hospitals.csv", "file: hospital.csv"),
    ),
    Mistake(
        "value-without-source",
        "A value nobody can check.",
        in_file(SPEC, "2100\n      proxy_source: Invented\n", "2100\n"),
    ),
    Mistake(
        "bands-overlap",
        "Two payment bands claim one result.",
        in_file(SPEC, "{from: 0.05, to: 0.08", "{from: 0.05, to: 0.10"),
    ),
    Mistake("negative-weight", "A negative number of discharges.", _in_row(5, -3, "-177")),
    Mistake("cohort-changes", "A hospital starts twice.", _in_row(5, 2, "10")),
)


def make_all(
    folder: Path, mistakes: Sequence[Mistake] = MISTAKES, example: Path = EXAMPLE
) -> list[str]:
    """Make every broken copy in ``folder``; return their names."""
    for mistake in mistakes:
        shutil.copytree(example, folder / mistake.name)
        mistake.make(folder / mistake.name)
    return [mistake.name for mistake in mistakes]


def check_all(
    folder: Path, mistakes: Sequence[Mistake] = MISTAKES
) -> tuple[int, dict[str, str], str]:
    """Check them as a user would: the exit code, each one's screen, and all else that was said."""
    done = subprocess.run(
        [sys.executable, "-m", "pbc_eval.cli", "check", *(m.name for m in mistakes)],
        cwd=folder,
        env={**os.environ, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    screens = {}
    rest = done.stdout
    for box in done.stderr.split("╭")[1:]:
        shown, _, after = box.partition("╯")
        screens[shown.split(":")[0].strip("─ ")] = f"╭{shown}╯"
        rest += after
    return done.returncode, screens, rest + done.stderr.split("╭")[0]


def page(screens: dict[str, str], head: str = HEAD, mistakes: Sequence[Mistake] = MISTAKES) -> str:
    parts = [head]
    for number, mistake in enumerate(mistakes, start=1):
        parts.append(f"## {number}. {mistake.what}\n\n```text\n{screens[mistake.name]}\n```\n")
    return "\n".join(parts)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder))
        PAGE.write_text(page(check_all(Path(folder))[1]), encoding="utf-8")


if __name__ == "__main__":
    main()
