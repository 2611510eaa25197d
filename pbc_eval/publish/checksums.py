"""SHA256SUMS: one line a file, as `sha256sum --check SHA256SUMS` reads it on any computer."""

from collections.abc import Mapping

SUMS = "SHA256SUMS"


def sums_text(digests: Mapping[str, str]) -> str:
    """Lines of hash and relative path, sorted by path."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(digests.items()))
