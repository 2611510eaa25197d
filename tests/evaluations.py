"""Evaluations for tests: copies of the real ones, changed by one thing that each test names."""

import shutil
from pathlib import Path

PROJECT = Path(__file__).parents[1]
DATA = PROJECT / "data"
EVERY = sorted(path.parent.name for path in DATA.glob("*/evaluation.yaml"))


def copy_of(name: str, folder: Path) -> Path:
    """A whole copy of one of the evaluations under data/; its folder keeps the name."""
    target = folder / name
    shutil.copytree(DATA / name, target)
    return target


def change(file: Path, old: str, new: str) -> None:
    """Replace text that must be there, once."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} holds {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")


def files_under(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes: what was written, and what was not."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
