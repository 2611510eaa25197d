"""Are all pins still offered, unchanged and not withdrawn, and under a licence that is allowed?

    python tools/audit_dependencies.py

Works from the package index that pip is set to, and from nothing else: each pin is asked for with
its hashes, a release that was withdrawn ("yanked") is told, and licences are read from the packages
as installed. Ends with 1 when something is wrong. Known vulnerabilities stand in databases of their
own: where one can be reached, run pip-audit over requirements.txt as well.
"""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

PROJECT = Path(__file__).parents[1]
RUN_TIME = PROJECT / "requirements.txt"
PIN = re.compile(r"(?m)^([A-Za-z0-9._-]+)==([\w.!+]+)")
# MPL-2.0 binds changes of its own files only. What tests alone use is not passed on.
ALLOWED = re.compile(
    r"MIT|BSD|0BSD|Apache|ISC|PSF|Python Software Foundation|Zlib|CC0|MPL-2\.0|"
    r"Mozilla Public License 2\.0|NCSA|Unlicense|Public Domain",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public License", re.IGNORECASE)
# Licences that a package states in its text only, read by a person.
READ = {"jupyter-server-proxy": "BSD-3-Clause", "webencodings": "BSD-3-Clause"}


def pins_of(file: Path) -> dict[str, str]:
    return dict(PIN.findall(file.read_text(encoding="utf-8")))


def licence_of(name: str) -> str:
    """What a package as installed says of its licence; "" where it says nothing."""
    facts = metadata.metadata(name)
    classifiers = [c for c in facts.get_all("Classifier") or () if c.startswith("License")]
    short = (facts.get("License") or "").strip().splitlines()
    return (
        facts.get("License-Expression")
        or "; ".join(c.split("::")[-1].strip() for c in classifiers)
        or READ.get(name, "")
        or (short[0] if short else "")
    )


def licences_that_are_not_allowed(names: list[str]) -> list[str]:
    wrong = []
    for name in names:
        try:
            licence = licence_of(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or another Python
        if FORBIDDEN.search(licence) or not ALLOWED.search(licence):
            wrong.append(f"{name}: its licence, {licence or 'not stated'!r}, is not allowed")
    return wrong


def pins_that_are_not_offered(file: Path) -> list[str]:
    """What the index says of the pins: gone, withdrawn, or other files than were pinned.

    uv answers from the index alone. Where it is not set to the index that pip uses, pip is asked,
    which fetches every file.
    """
    pinned = ["--dry-run", "--require-hashes", "--no-deps", "-r", str(file)]
    by_uv = ["uv", "pip", "install", "--reinstall", "--python", sys.executable, *pinned]
    by_pip = ["pip", "install", "--quiet", "--ignore-installed", *pinned]
    done = _asked(by_uv)
    if done.returncode:
        done = _asked(by_pip)
    lines = [line.strip() for line in done.stderr.splitlines()]
    wrong = [line for line in lines if "yanked" in line.casefold()]
    if done.returncode:
        wrong.append(" ".join(lines)[-600:])
    return wrong


def _asked(words: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, encoding="utf-8", check=False
    )


def main() -> int:
    pins = pins_of(RUN_TIME)
    wrong = licences_that_are_not_allowed(sorted(pins))
    offered = pins_that_are_not_offered(PROJECT / "requirements-dev.txt")  # which holds the others
    wrong += [f"requirements-dev.txt: {line}" for line in offered]
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(pins)} packages at run time, {len(wrong)} problems.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
