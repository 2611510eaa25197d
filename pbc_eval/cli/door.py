"""The door that every command comes through: the screens, the options that several share, and what
becomes of a user's mistake: one readable screen, never a traceback."""

import codecs
import logging
import unicodedata
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel as Box

from pbc_eval import __version__
from pbc_eval.errors import PbcError

P = ParamSpec("P")
T = TypeVar("T")
_PLAINLY = "pbc-eval-plainly"
_PLAIN = {"\N{MINUS SIGN}": "-", "≤": "<=", "≥": ">=", "→": "->", "≈": "~", "✓": "+", "✗": "x",
          "─": "-", "│": "|"}  # fmt: skip

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="From a performance-based contract and its data to a published impact report.\n\n"
    "Start with `pbc-eval new data/my-evaluation`, fill in its evaluation.yaml, then `pbc-eval "
    "check data/my-evaluation` until all is well, then `pbc-eval run data/my-evaluation`.",
)
console = Console(soft_wrap=True)
screen = Console(stderr=True, soft_wrap=True)


Paths = Annotated[list[Path], typer.Argument(help="evaluation.yaml, or the folder that holds it.")]
Reports = Annotated[Path, typer.Option(help="Where editions and the index are written.")]
Report = Annotated[
    str, typer.Option(help="Another kind than the file asks for: design_note, sroi_report, ...")
]
Workers = Annotated[int, typer.Option(min=1, help="How many evaluations run at once.")]
Force = Annotated[bool, typer.Option("--force", help="Make reports that did not change, too.")]


def readable(command: Callable[P, T]) -> Callable[P, T]:
    """Show an error raised on purpose as one screen and end with code 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        announce_pulls()
        try:
            return command(*args, **kwargs)
        except KeyboardInterrupt:
            screen.print("Stopped. What was published before is as it was.")
            raise typer.Exit(130) from None
        except ModuleNotFoundError as missing:
            show(_what_to_install(missing), "Not installed")
            raise typer.Exit(1) from None
        except (PbcError, OSError) as problem:
            show(str(problem), type(problem).__name__)
            raise typer.Exit(1) from None

    return run


class _OnScreen(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        screen.print(escape(record.getMessage()))


def announce_pulls() -> None:
    """Show before rows are taken out of an engine how many they are."""
    log = logging.getLogger("pbc_eval.engine")
    if not any(isinstance(handler, _OnScreen) for handler in log.handlers):
        log.addHandler(_OnScreen())
        log.setLevel(logging.INFO)


def write_plainly_where_needed(*streams: Any) -> None:
    """Letters that an encoding lacks (cp1252, to which Windows pipes) are written by their nearest:
    no command ends because of a minus sign."""
    codecs.register_error(_PLAINLY, _plainly)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_PLAINLY)


def _plainly(problem: UnicodeError) -> tuple[str, int]:
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    letters = problem.object[problem.start : problem.end]
    plain = (
        _PLAIN.get(letter)
        or unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        or "?"
        for letter in letters
    )
    return "".join(plain), problem.end


def _what_to_install(missing: ModuleNotFoundError) -> str:
    """One sentence with the remedy; an error inside the package itself is raised as it is."""
    tool = (missing.name or "").partition(".")[0]
    if tool in ("", "pbc_eval"):
        raise missing
    if tool == "distributed":
        return (
            "Clusters need Dask, which is not installed. Install it: pip install 'pbc-eval[dask]'"
        )
    if tool in ("jupyter_server", "tornado"):
        return "The workbench is not installed. Install it: pip install 'pbc-eval[lab]'"
    if tool in ("playwright", "axe_playwright_python"):
        return "The audit looks at pages in a browser. Install it: pip install 'pbc-eval[audit]'"
    return (
        f"This command makes reports, for which {tool} is needed, and it is not installed. "
        "Install the report tools: pip install 'pbc-eval[report]'"
    )


def _print_version(asked: bool) -> None:
    if asked:
        console.print(f"pbc-eval {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say it and end."),
    ] = False,
) -> None:
    """From a performance-based contract and its data to a published impact report."""


def show(message: str, title: str) -> None:
    box = Box(escape(message), title=escape(title), title_align="left", border_style="red")
    screen.print(box, soft_wrap=False)  # a box that is not wrapped is cut, and the remedy lost


def file_of(path: Path) -> Path:
    from pbc_eval.publish.report_kinds import EVALUATION_FILE  # noqa: PLC0415 heavy

    return path / EVALUATION_FILE if path.is_dir() else path
