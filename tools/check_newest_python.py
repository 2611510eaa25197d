"""Do the quick tests pass on the newest Python that this machine has?

    python tools/check_newest_python.py [--tests tests/did tests/payment ...]

Looks for python3.12 and later on the path and among those of pyenv and uv; makes an environment of
the pins, each checked by its hash, and runs the tests that are neither slow nor long. Where there
is none newer than the one that runs this, or the package index has no wheels for it, it says so.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
NEWEST = (3, 14)  # what the pins were resolved for
PLACES = (Path.home() / ".pyenv/versions", Path.home() / ".local/share/uv/python")


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--tests", nargs="*", default=["tests"])
    given = asked.parse_args()
    newest = newest_of(interpreters())
    if newest is None:
        print(
            f"No Python between {dotted(sys.version_info[:2])} and {dotted(NEWEST)} is newer here."
        )
        return 0
    version, python = newest
    print(f"Python {dotted(version)}: {python}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        environment = Path(folder) / "environment"
        ours = environment / "bin" / "python"
        pins = ["--quiet", "--require-hashes", "-r", str(PROJECT / "requirements-dev.txt")]
        for words in (
            [str(python), "-m", "venv", str(environment)],
            [str(ours), "-m", "pip", "--disable-pip-version-check", "install", *pins],
        ):
            if subprocess.run(words, cwd=PROJECT, check=False).returncode:
                print(f"Nothing is known of Python {dotted(version)}: no environment can be made.")
                return 0
        tests = ["-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
        words = [str(ours), *tests, "-m", "not slow and not soak", *given.tests]
        env = os.environ | {"PYTHONPATH": str(PROJECT)}
        return subprocess.run(words, cwd=PROJECT, check=False, env=env).returncode


def interpreters() -> list[Path]:
    """Every interpreter whose name or folder says that it is a Python 3."""
    folders = [Path(place) for place in os.environ.get("PATH", "").split(os.pathsep) if place]
    named = [file for folder in folders for file in folder.glob("python3.*")]
    kept = [file for place in PLACES for file in place.glob("*/bin/python3.*")]
    return [file for file in (*named, *kept) if re.fullmatch(r"python3\.\d+", file.name)]


def newest_of(files: list[Path]) -> tuple[tuple[int, int], Path] | None:
    """The newest that starts, among those that are newer than this one and that pins are for."""
    for file in sorted(files, key=_minor, reverse=True):
        version = (3, _minor(file))
        if sys.version_info[:2] < version <= NEWEST and version_of(file) == version:
            return version, file
    return None


def _minor(file: Path) -> int:
    return int(file.name.partition(".")[2])


def version_of(python: Path) -> tuple[int, int] | None:
    """What an interpreter says of itself; None where it does not start."""
    words = [str(python), "-c", "import sys; print(*sys.version_info[:2])"]
    try:
        done = subprocess.run(words, capture_output=True, encoding="utf-8", check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    major, minor = map(int, done.stdout.split())
    return major, minor


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
