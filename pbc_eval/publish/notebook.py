"""From a parameterised notebook to one self-contained page.

The one home of papermill, nbconvert and nh3. Parameters are checked against the notebook before a
kernel starts; every cell must have run without an error; what the cells show is sanitised before
it reaches the page.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import nh3
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbconvert import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output
from papermill.exceptions import PapermillException, PapermillExecutionError

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import PublicationError
from pbc_eval.messages.catalogue import SOURCE, confirmed_by
from pbc_eval.messages.template_language import speak
from pbc_eval.publish.composed import body_of
from pbc_eval.publish.glossary import with_definitions
from pbc_eval.publish.kernel import PrivateKernelManager
from pbc_eval.publish.notebook_limits import CELL_DEADLINE
from pbc_eval.publish.own_words import LINK, OwnWords
from pbc_eval.publish.summary_page import SUMMARY, has_summary
from pbc_eval.publish.visible import visible
from pbc_eval.report.html import TEMPLATES
from pbc_eval.report.sections.payment import WHAT_IF

UNCONFIRMED = (
    "The translation of this page's headings and labels is a draft; nobody has confirmed it."
)

_TEXT = {
    *("p", "ul", "ol", "li", "dl", "dt", "dd", "div", "span", "strong", "em", "a", "abbr", "sup"),
    *("h1", "h2", "h3", "h4", "section", "header", "nav", "details", "summary", "br"),
    *("blockquote", "code", "pre"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "img"),
}
_ATTRIBUTES = {
    "*": {"id", "class", "role", "tabindex", "lang"},
    "a": {"href"},
    "img": {"src", "alt"},
    "th": {"scope"},
    "abbr": {"title"},
}
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_IMAGE = re.compile(r"data:image/(svg\+xml|png);base64,[A-Za-z0-9+/=]+")


class LostKernelError(PublicationError):
    """A kernel ended before its notebook did, and not by a cell's doing that is known."""


def execute(
    notebook: Path,
    parameters: dict[str, str],
    run_dir: Path,
    cell_deadline: float = CELL_DEADLINE,
) -> NotebookNode:
    """Run a notebook in a kernel of its own, in ``run_dir``; return it executed. A cell that takes
    more than ``cell_deadline`` seconds is stopped.

    Raises PublicationError for a parameter that the notebook does not declare or that it needs
    and does not get (before anything runs), for a cell that fails, and for one that did not run.
    """
    _check_parameters(notebook, parameters)
    try:
        papermill.execute_notebook(
            str(notebook),
            str(run_dir / "executed.ipynb"),
            parameters=parameters,
            kernel_name="python3",
            kernel_manager_class=PrivateKernelManager,
            language="python",
            progress_bar=False,
            execution_timeout=cell_deadline,
            cwd=str(run_dir),
        )
    except PapermillExecutionError as failed:
        raise PublicationError(f"{notebook.name}: {failed.ename}: {failed.evalue}") from None
    except CellTimeoutError:
        raise PublicationError(
            f"{notebook.name}: a cell did not end within {cell_deadline:,.0f} seconds and was "
            "stopped."
        ) from None
    except (DeadKernelError, RuntimeError, PapermillException) as lost:
        raise LostKernelError(
            f"{notebook.name}: its kernel ended before the work was done ({lost}). Run it again; "
            "if it ends again, look at the memory that is left."
        ) from None
    executed: NotebookNode = nbformat.read(  # type: ignore[no-untyped-call]
        run_dir / "executed.ipynb", as_version=4
    )
    _refuse_unfinished(executed, notebook.name)
    return executed


def to_page(
    executed: NotebookNode,
    *,
    title: str,
    description: str,
    footer: str,
    citation: str = "",
    is_draft: bool = False,
    language: str = SOURCE,
    words: OwnWords | None = None,
) -> str:
    """The page as HTML: what the cells show of what was released, and the authors' own words held
    to ``words``, sanitised, in this project's own template.

    Headings and labels are in ``language`` where its catalogue has them.
    A draft is marked as one on screen and on paper, and tells search engines to pass it by.
    """
    body = body_of(executed, words, sanitise)
    output = new_output("display_data", {"text/html": body})  # type: ignore[no-untyped-call]
    cells = [new_code_cell(outputs=[output])]  # type: ignore[no-untyped-call]
    shown: NotebookNode = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    exporter = _exporter(language)
    resources = {
        "page_title": title,
        "page_description": description,
        "page_footer": footer,
        "language_note": "" if confirmed_by(language) else UNCONFIRMED,
        "page_citation": citation,
        "page_is_draft": is_draft,
        "page_css": (TEMPLATES / "page.css").read_text(encoding="utf-8"),
    }
    resources["page_summary"] = SUMMARY if has_summary(body) else ""
    html, _ = exporter.from_notebook_node(shown, resources=resources)
    return with_definitions(str(html), language)


class _PageExporter(HTMLExporter):
    """nbconvert's, without the reading and writing of the whole page that gives images a text and
    outputs a tab stop: images without a text are refused here, and no output is shown as such."""

    def from_notebook_node(  # type: ignore[override]  # nbconvert declares another of its parent's
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        given = self._init_resources(resources)  # type: ignore[no-untyped-call]
        made: tuple[str, dict[str, Any]] = TemplateExporter.from_notebook_node(
            self, nb, given, **options
        )
        return made


@cache
def _exporter(language: str) -> Any:
    """Its templates are compiled once a process, and shared by whatever is forked from it."""
    exporter: Any = _PageExporter(  # type: ignore[no-untyped-call]
        template_name="impact", extra_template_basedirs=[str(TEMPLATES)], exclude_input=True
    )
    speak(exporter.environment, language)
    return exporter


def sanitise(html: str) -> str:
    """Only the elements and attributes that a report uses; nothing that runs or loads."""
    return nh3.clean(
        visible(html),
        tags=_TEXT,
        clean_content_tags={"script", "style"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        generic_attribute_prefixes={"aria-"},
        url_schemes={"https", "mailto", "data"},
        link_rel=None,
    )


def _attribute(element: str, name: str, value: str) -> str | None:
    if element == "img" and name == "src" and not _IMAGE.fullmatch(value):
        return None
    if element == "a" and name == "href" and value != WHAT_IF and not LINK.fullmatch(value):
        return None
    if name == "lang" and not _LANGUAGE.fullmatch(value):
        return None
    return value


def _check_parameters(notebook: Path, parameters: dict[str, str]) -> None:
    if not notebook.is_file():
        raise PublicationError(f"{notebook}: no such notebook.")
    try:
        declared = papermill.inspect_notebook(str(notebook))
    except (ValueError, AttributeError, nbformat.ValidationError) as problem:
        raise PublicationError(f"{notebook.name}: is not a notebook ({problem}).") from None
    if not declared:
        raise PublicationError(
            f"{notebook.name}: has no cell tagged 'parameters'. Tag the cell that declares "
            f"{', '.join(parameters)}."
        )
    for name in parameters:
        if name not in declared:
            raise PublicationError(
                f"{notebook.name}: does not declare the parameter {name!r}; it declares "
                f"{', '.join(declared)}.{did_you_mean(name, declared)}"
            )
    for name, about in declared.items():
        if name not in parameters and about["default"] in ("None", '""', "''"):
            raise PublicationError(f"{notebook.name}: needs the parameter {name!r}.")


def _refuse_unfinished(executed: NotebookNode, name: str) -> None:
    for position, cell in enumerate(executed.cells, start=1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is None:
            raise PublicationError(f"{name}: cell {position} did not run; nothing is published.")
        for output in cell.outputs:
            if output.output_type == "error":
                raise PublicationError(f"{name}: cell {position}: {output.ename}: {output.evalue}")
