"""Write docs/truth.md: every public function, what it was checked against, how closely, and when.

    python tools/make_truth.py

``tools/truth.yaml`` names the test that holds each row; ``tests/test_truth.py`` holds that every
public name has its row, that the tests are there and say the tolerance, and that the page is
current.
"""

from pathlib import Path
from typing import NamedTuple

from pbc_eval.agreement.yaml_file import read_yaml

HERE = Path(__file__).parents[1]
PAGE = HERE / "docs" / "truth.md"
UNVERIFIED = "unverified"


class Truth(NamedTuple):
    """One function against one reference; ``tolerance`` as the test writes it."""

    reference: str
    tolerance: str
    test: str  # file::function, below tests/
    numbers_of: str  # when the reference's numbers were taken


DATA = read_yaml(HERE / "tools" / "truth.yaml").data
TRUTH = {name: tuple(Truth(**row) for row in rows) for name, rows in DATA["verified"].items()}
NO_NUMBERS: dict[str, list[str]] = DATA["without_numbers"]


def page() -> str:
    lines = [
        "# What each function was checked against",
        "",
        "Made by `python tools/make_truth.py`; the suite holds that it is complete and current. "
        "The tolerance is written as in the test, where a name stands for a constant of that file. "
        "Where we differ from R on purpose: [differences.md](differences.md).",
        "",
        "| function | reference | tolerance | test | numbers of |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(TRUTH, key=str.lower):
        rows = TRUTH[name] or (Truth(UNVERIFIED, "", "", ""),)
        lines += [
            f"| {name if at == 0 else ''} | {row.reference} | {row.tolerance} | "
            f"{f'`{row.test}`' if row.test else ''} | {row.numbers_of} |"
            for at, row in enumerate(rows)
        ]
    lines += ["", "## Without numbers of their own", ""]
    lines += [f"- {what}: {', '.join(names)}" for what, names in NO_NUMBERS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
