"""The house stands: imports point down, heavy tools stay home, no page outgrows its room."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from source import tree_of

PROJECT = Path(__file__).parents[1]
ROOT = PROJECT / "pbc_eval"
FLOORS = {  # room directly under pbc_eval -> floor; imports point down or stay level
    **dict.fromkeys(["errors", "_validate", "_display", "_resources", "numerics", "messages"], 0),
    **dict.fromkeys(["agreement", "parameters", "intake", "panel", "results", "results_file"], 1),
    **dict.fromkeys(["did", "matching", "payment", "kpi", "sroi", "portfolio", "trials"], 2),
    "checks": 3,
    **dict.fromkeys(["evaluation", "disclosure", "provenance"], 4),
    "report": 5,
    **dict.fromkeys(["publish", "batch", "lab"], 6),
    **dict.fromkeys(["cli", "__init__", "__main__"], 7),
}
APART = {
    "did",
    "matching",
    "payment",
    "kpi",
    "sroi",
    "portfolio",
}  # they meet only through results.py
HOMES = {  # third-party tool -> the one place that may import it
    "ibis": "panel/source.py",
    "duckdb": "panel/source.py",
    "matplotlib": "report/figures/drawing.py",
    "linearmodels": "did/two_way.py",
    "rdata": "intake/r_file.py",
    "threadpoolctl": "did/threads.py",
    "openpyxl": "intake/workbook_file.py",
    "ruamel": "agreement/yaml_file.py",
    "papermill": "publish/notebook.py",
    "nbconvert": "publish/notebook.py",
    "nh3": "publish/notebook.py",
    "babel": "messages",
    "SALib": "sroi/global_sensitivity.py",
    "typer": "cli",
    "distributed": "batch/cluster.py",
    "ipywidgets": "lab/explore.py",
    "jupyter_server": "lab/server.py",
    "markdown_it": "publish/own_words.py",
    "playwright": "publish/audit",
    "docx": "publish/word",
    "weasyprint": "publish/paper.py",
    "pydyf": "publish/paper.py",
}
MODULES = sorted(ROOT.rglob("*.py"))


def for_every_module(check: Callable[[Path], None]) -> Callable[[], None]:
    """One test over all modules, which names every one that breaks the rule."""

    @wraps(check)
    def test() -> None:
        broken = []
        for path in MODULES:
            try:
                check(path)
            except AssertionError as problem:
                broken.append(f"{path.relative_to(ROOT)}: {problem}")
        assert not broken, "\n".join(broken)

    del test.__wrapped__  # its parameter is no fixture
    return test


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "use absolute imports"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
    return names


@for_every_module
def test_imports_point_down(path):
    here = path.relative_to(ROOT).parts[0].removesuffix(".py")
    rooms = {name.split(".")[1] for name in imports(path) if name.startswith("pbc_eval.")}
    for there in rooms - {here, "__version__"}:
        assert FLOORS[there] <= FLOORS[here], f"{here} looks upstairs into {there}"
        assert not {here, there} <= APART, f"{here} and {there} meet only through results"


@for_every_module
def test_heavy_tools_stay_home(path):
    for tool in {name.split(".")[0] for name in imports(path)} & HOMES.keys():
        assert ROOT / HOMES[tool] in (path, path.parent), f"{tool} belongs in {HOMES[tool]}"


@for_every_module
def test_no_module_outgrows_its_page(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 400, f"has {lines} lines"


def functions_of(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.walk(tree_of(path))
    return [node for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of signature and code; the docstring is for the reader and does not count."""
    documented = ast.get_docstring(function) is not None
    first = function.body[0]
    words = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - words


# Those by which data come in from Python name every part that a column can play.
MOST_PARAMETERS = {"from_data": 15, "match": 14, "match_then_did": 14, "weight": 14, "batch": 14}


@for_every_module
def test_no_function_outgrows_a_screen(path):
    for function in functions_of(path):
        given = function.args
        names = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        assert lines_of(function) <= 80, f"{function.name} has {lines_of(function)} lines"
        most = MOST_PARAMETERS.get(function.name, 12)
        assert len([n for n in names if n not in ("self", "cls")]) <= most, function.name


@for_every_module
def test_no_local_is_named_for_nothing(path):
    """A name says what it holds; these four hold anything."""
    hollow = {"found", "one", "said", "told"}
    names = {
        node.id if isinstance(node, ast.Name) else node.arg
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        or isinstance(node, ast.arg)
    }
    assert not names & hollow, f"names {names & hollow}"


@for_every_module
def test_only_a_design_asks_which_design_it_is(path):
    """What depends on the design is a field of its DesignKind or of its model."""
    if path.parent.name == "designs":
        return
    text = path.read_text(encoding="utf-8")
    asked = re.findall(r"design\.method (?:==|!=|in|not in) ", text)
    models = "DifferenceInDifferences|Matching|Reported|Forecast"
    asked += re.findall(rf"isinstance\([^)]*\b(?:Synthetic)?(?:{models})\b", text)
    assert not asked, f"asks {asked}"


def test_importing_the_package_loads_nothing_heavy():
    heavy = ["pandas", "numpy", "scipy", "ibis", "duckdb", "pydantic", "matplotlib", "papermill"]
    code = f"import sys, pbc_eval; print([m for m in {heavy!r} if m in sys.modules])"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


def test_the_architecture_page_is_short_and_names_every_room_and_no_other():
    page = (PROJECT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert len(page.encode()) <= 12_000
    drawn = set(re.findall(r"(?m)^[├└]── (\w+)/", page))
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= drawn
    for name in drawn:
        assert (ROOT / name / "__init__.py").is_file(), f"ARCHITECTURE.md draws {name}/"
    named = re.findall(r"`((?:pbc_eval|docs|tools|tests|did|evaluation|report)/[\w/.]+)`", page)
    for name in named:
        assert (PROJECT / name).exists() or (ROOT / name).exists(), f"there is no {name}"
