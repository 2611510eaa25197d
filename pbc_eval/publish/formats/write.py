"""The files of a page's downloads, and its what-if page: what the page names is written, and
nothing else.

Text cells that a spreadsheet would run as a formula are quoted; suppressed cells stay suppressed.
"""

from collections.abc import Callable
from pathlib import Path

from pbc_eval.disclosure import ReleasedDesignNote, ReleasedEvaluation
from pbc_eval.errors import PublicationError
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.provenance import REVIEW_RECORD
from pbc_eval.publish.formats.csv_files import csv_files
from pbc_eval.publish.formats.dictionary import csv_metadata, dictionary_csv, dictionary_json
from pbc_eval.publish.formats.registers import evaluation_registry, performance_notice
from pbc_eval.publish.formats.results import results
from pbc_eval.publish.formats.review import agreed_json, review_json
from pbc_eval.publish.formats.workbook import workbook
from pbc_eval.publish.what_if_model import has_what_if
from pbc_eval.publish.what_if_page import what_if_page
from pbc_eval.report.html import drawing_file
from pbc_eval.report.page import Page, Released
from pbc_eval.report.parts import Listed
from pbc_eval.report.sections.assurance import AGREED, NOTICE, REGISTRY, RESULTS
from pbc_eval.report.sections.payment import SCHEDULE, WHAT_IF, WORKBOOK


def write(page: Page, released: Released, run_dir: str | Path) -> Path:
    """Write every file that the page links to into ``run_dir``/downloads; return that folder.

    Raises PublicationError for two tables or figures of one name, and for a file that the page
    names and nothing writes.
    """
    folder = Path(run_dir) / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    files = csv_files(page)
    files |= _apart(page)
    for name in page.files:
        if name not in WRITERS:
            raise PublicationError(f"{name}: the page links to it, and nothing writes it.")
        if name in files:
            raise PublicationError(
                f"{name}: a table or figure has the name of another file. Rename the outcome."
            )
        files[name] = WRITERS[name](page, released)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if has_what_if(released):
        text = what_if_page(released)
        (folder.parent / WHAT_IF).write_text(text, encoding="utf-8", newline="\n")
    return folder


def _apart(page: Page) -> dict[str, bytes]:
    """Drawings and lists that the page only links to, since it would be too heavy with them."""
    files = {drawing_file(figure): figure.svg for figure in page.figures if figure.apart}
    for part in (part for section in page for part in section.parts):
        if isinstance(part, Listed) and part.most is not None:
            files[part.file] = "".join(f"{line}\n" for line in part.items).encode()
    return files


def _schedule(page: Page, released: Released) -> bytes:
    terms = (
        released.spec.payment
        if isinstance(released, ReleasedEvaluation | ReleasedDesignNote)
        else None
    )
    if terms is None:
        raise PublicationError(f"{released.spec.id}: there is no payment to schedule.")
    return schedule_of(terms).to_markdown().encode()


def _workbook(page: Page, released: Released) -> bytes:
    if not isinstance(released, ReleasedEvaluation):
        raise PublicationError(f"{released.spec.id}: only an evaluation has a workbook.")
    return workbook(released)


def _results(page: Page, released: Released) -> bytes:
    return results(page, released).to_json().encode()


WRITERS: dict[str, Callable[[Page, Released], bytes]] = {
    RESULTS: _results,
    REVIEW_RECORD: review_json,
    AGREED: agreed_json,
    SCHEDULE: _schedule,
    WORKBOOK: _workbook,
    "dictionary.csv": dictionary_csv,
    "dictionary.json": dictionary_json,
    "csv-metadata.json": csv_metadata,
    REGISTRY: evaluation_registry,
    NOTICE: performance_notice,
}
