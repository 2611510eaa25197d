"""Writes the file inventory of ARCHITECTURE.md from the first line of each module's docstring.

    python tools/make_inventory.py

A test holds the page against the tree, so run this when a file is added, moved or renamed.
"""

import ast
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "ARCHITECTURE.md"
START, END = "<!-- inventory -->", "<!-- /inventory -->"


def first_line(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.split("\n")[0].strip()


def inventory() -> str:
    """One table row a module, by room."""
    rows = ["| file | what |", "|---|---|"]
    for path in sorted((PROJECT / "pbc_eval").rglob("*.py")):
        rows.append(f"| `{path.relative_to(PROJECT).as_posix()}` | {first_line(path)} |")
    return "\n".join(rows)


def page_with_inventory(page: str) -> str:
    """The page with a fresh inventory between its two marks."""
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{inventory()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_with_inventory(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
