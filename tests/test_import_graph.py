"""No module waits for itself: the imports of the package have no cycle, lazy ones included."""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from source import tree_of

pytestmark = pytest.mark.slow  # seconds, together

PROJECT = Path(__file__).parents[1]
ROOT = PROJECT / "pbc_eval"


def module_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in sorted(ROOT.rglob("*.py"))}


def imported(path: Path) -> set[str]:
    """Modules of the package that a file imports anywhere: at its top, in functions, for types."""
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            inside = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in MODULES else str(node.module) for name in inside}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name in MODULES and name != "pbc_eval"}


def cycle_among(graph: dict[str, set[str]]) -> list[str]:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_the_imports_of_the_package_have_no_cycle():
    graph = {name: imported(path) - {name} for name, path in MODULES.items()}
    assert sum(map(len, graph.values())) > 1000, "the graph was not read"
    assert cycle_among(graph) == []


def test_a_cycle_would_be_told():
    assert cycle_among({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def public_homes() -> set[str]:
    """The modules that public names are loaded from."""
    text = (ROOT / "__init__.pyi").read_text(encoding="utf-8")
    return {f"pbc_eval.{home}" for home in re.findall(r"^from \.([\w.]+) import", text, re.M)}


def from_notebooks() -> set[str]:
    text = "".join(
        path.read_text(encoding="utf-8") for path in PROJECT.glob("notebooks/**/*.ipynb")
    )
    return {name for name in MODULES if re.search(rf"{re.escape(name)}\b(?![.\w])", text)}


def test_every_module_is_reached_from_a_public_name_the_command_or_a_notebook():
    commands = {
        "pbc_eval.cli",
        "pbc_eval.cli.__main__",
        "pbc_eval.__main__",
        "pbc_eval.batch.template",
    }
    starts = {*public_homes(), *commands, *from_notebooks()}
    waiting, reached = [name for name in starts if name in MODULES], set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imported(MODULES[name])
            waiting += [parent for parent in [name.rpartition(".")[0]] if parent in MODULES]
    assert sorted(set(MODULES) - reached - {"pbc_eval"}) == []
