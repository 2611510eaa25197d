"""requirements-worker.txt: what a worker of a Dask cluster needs beside requirements.txt.

    python tools/make_worker_pins.py

The pins and hashes are those of requirements-dev.txt, so that tests run what workers run.
"""

import re
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[1]
TARGET = PROJECT / "requirements-worker.txt"
HEAD = (
    "# What a worker of a Dask cluster needs beside requirements.txt: the pins of\n"
    "# requirements-dev.txt for distributed and what it needs. Made by `make pins`.\n"
)
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==")


def pins_with_hashes(file: Path) -> dict[str, str]:
    """Package to its pin, with the lines of hashes below it."""
    pins: dict[str, str] = {}
    name = ""
    for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
        if started := _PIN.match(line):
            name = _normal(started.group(1))
            pins[name] = line
        elif name and line.startswith("    --hash"):
            pins[name] += line
    return pins


def needed(package: str, known: set[str] | None = None) -> set[str]:
    """The package and everything that it needs here, extras left out."""
    known = set() if known is None else known
    name = _normal(package)
    if name in known:
        return known
    known.add(name)
    for text in requires(name) or ():
        asked = Requirement(text)
        if asked.marker is None or asked.marker.evaluate({"extra": ""}):
            needed(asked.name, known)
    return known


def worker_pins() -> str:
    """The whole file."""
    every = pins_with_hashes(PROJECT / "requirements-dev.txt")
    there = pins_with_hashes(PROJECT / "requirements.txt")
    beside = sorted(name for name in needed("distributed") if name not in there)
    return HEAD + "".join(every[name] for name in beside)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    TARGET.write_text(worker_pins(), encoding="utf-8")
