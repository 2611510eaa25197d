"""SHA256SUMS: one line a file, as `sha256sum --check SHA256SUMS` reads it on any computer."""

from collections.abc import Mapping
from pathlib import Path

SUMS = "SHA256SUMS"


def sums_text(digests: Mapping[str, str]) -> str:
    """Lines of hash and relative path, sorted by path."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))


def names_in_sums(file: Path) -> list[str]:
    """The paths that such a file names, in its order."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return [line.partition("  ")[2] for line in lines]
