"""An evaluation's own notebook, as a file: what it reads, and what ``new`` makes of it."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.publish.report_kinds import OWN_NOTEBOOK

_TITLE = """# The report of {name}, in its authors' hands

This first cell is for you; it is not published. Run the cells from the top to see the page as it
stands.

- **Your own words**: add a markdown cell below `report.opening()`. `##` begins a section of your
  own, which the page's contents list. Headings, links, small counts and claims are checked.
- **Your own table**: `report.table(frame, caption="…", people={{"n": ["share"]}}, kinds={{"share":
  "share"}})`: which column counts people, and what rests on it; `people={{}}` where it counts none.
- **Your own figure**: `report.figure(figure, caption="…", alt="…", data=frame, people={{}})`.
- **Your own files**: `report.read("survey.csv")`. `report.evaluation` is everything that was found.
- Cells that you tag `private` stay with you. `report.sections` names the sections that are left.
"""
_CELLS = (
    "import pbc_eval as pbc\n\nreport = pbc.open_report(evaluation, run_dir)",
    "report.opening()",
    'report.section("summary")',
    "report.rest()",
)


def write_own_notebook(folder: Path) -> Path:
    """Make report.ipynb in an evaluation's folder, which makes the standard page until something is
    added to it. Raises SpecError where there is one."""
    target = folder / OWN_NOTEBOOK
    if target.exists():
        raise SpecError(f"{target}: is there already, and may hold your words. Remove it first.")
    parameters = 'evaluation = "evaluation.yaml"\nrun_dir = "../../.reports-work/by-hand"'
    cells = [
        _cell("markdown", _TITLE.format(name=folder.resolve().name)),
        _cell("code", parameters, "parameters"),
        *(_cell("code", source) for source in _CELLS),
    ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same every time
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = {
        "cells": cells,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    target.write_text(
        json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n"
    )
    return target


def _cell(kind: str, source: str, *tags: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source}
    if tags:
        cell["metadata"]["tags"] = list(tags)
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def files_of_own_notebook(folder: Path) -> list[str]:
    """The own notebook of a folder and what it reads by ``report.read("…")``; none where there is
    no such notebook. Raises PublicationError for a file that is no notebook, and for a name that is
    not written out: nobody could say what the report is made of."""
    if not (folder / OWN_NOTEBOOK).is_file():
        return []
    names = [OWN_NOTEBOOK]
    for number, source in enumerate(_code_of(folder / OWN_NOTEBOOK), start=1):
        try:
            tree = ast.parse(source)
        except SyntaxError:
            continue  # told, with its line, when the cell runs; magics of IPython among them
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            reads = isinstance(call.func, ast.Attribute) and call.func.attr == "read"
            if not (reads and ast.unparse(call.func.value) == "report"):  # type: ignore[attr-defined]
                continue
            first = call.args[0] if call.args else None
            if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
                raise PublicationError(
                    f"{OWN_NOTEBOOK}: cell {number}: report.read(...) must name its file in "
                    "quotes, so that the file is among what the report is made of: "
                    'report.read("survey.csv").'
                )
            names.append(first.value.partition("::")[0])
    return list(dict.fromkeys(names))


def _code_of(path: Path) -> Iterator[str]:
    """The source of each cell, empty where it is no code."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        for cell in cells:
            yield "".join(cell["source"]) if cell["cell_type"] == "code" else ""
    except (ValueError, KeyError, TypeError, OSError) as problem:
        raise PublicationError(f"{path.name}: is not a notebook ({problem}).") from None
