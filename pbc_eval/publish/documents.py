"""Documents beside the reports: one file an edition, never over what somebody worked on.

    edition ── word_report ──▶ .docx, to review        edition ── pdf_report ──▶ .pdf, to file

They are no part of an edition: what is published stays the page; its manifest names no document.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from pbc_eval import provenance
from pbc_eval.errors import PublicationError


@dataclass(frozen=True, slots=True)
class DocumentFormat:
    """A format of documents: how it is made, and what it needs.

    ``ending``: of the files, and the word after ``--to``. ``folder``: where they are written unless
    something else is said. ``tool``: the module that must be there; ``extra`` installs it.
    """

    ending: str
    folder: str
    made: Callable[[Path], bytes]
    tool: str
    extra: str
    without: str = ""  # what to do where the tool is there, but not what it needs of the machine


def word_report(edition: str | Path) -> bytes:
    """The editable document (DOCX) of a published edition, whose folder is ``edition``: its page,
    with every number locked and changes tracked. One edition gives the same bytes at any time.

    Raises PublicationError where the folder holds no whole edition, or the tools for it are not
    installed.
    """
    refuse_without_tools("docx")
    from pbc_eval.publish.word.document import document_bytes  # noqa: PLC0415 an extra

    return document_bytes(Path(edition))


def pdf_report(edition: str | Path) -> bytes:
    """The tagged document (PDF/UA-1) of a published edition, whose folder is ``edition``: its page
    for paper and for files, with headings, tables and drawings that a screen reader can follow.
    One edition gives the same bytes at any time on a machine with the same fonts.

    Raises PublicationError where the folder holds no whole edition, or the tools for it are not
    installed.
    """
    refuse_without_tools("pdf")
    from pbc_eval.publish.paper import tagged_pdf  # noqa: PLC0415 an extra

    return tagged_pdf(Path(edition))


FORMATS: Mapping[str, DocumentFormat] = {
    "docx": DocumentFormat("docx", "word", word_report, "docx", "word"),
    "pdf": DocumentFormat(
        "pdf",
        "pdf",
        pdf_report,
        "weasyprint",
        "pdf",
        "Install Pango with the tool of your system (Debian and Ubuntu: apt-get install "
        "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; macOS: brew install pango).",
    ),
}


def refuse_unknown_formats(names: Sequence[str]) -> None:
    """Before anything runs: raises PublicationError for a format that there is not, and for one
    whose tools are not installed."""
    for name in names:
        if name not in FORMATS:
            raise PublicationError(
                f"--to {name}: there is no such format. Use {' or '.join(FORMATS)}. A page, tables "
                "(CSV), a workbook (XLSX) and results (JSON) are made without it."
            )
        refuse_without_tools(name)


def refuse_without_tools(name: str) -> None:
    """Raises PublicationError, with the remedy, where documents of a format cannot be made."""
    kind = FORMATS[name]
    try:
        import_module(kind.tool)
    except ModuleNotFoundError:
        raise PublicationError(
            f"The tools for .{kind.ending} documents are not installed. Install them: "
            f"pip install 'pbc-eval[{kind.extra}]'"
        ) from None
    except OSError as error:  # a library of the system that the tool opens
        raise PublicationError(
            f"A library for .{kind.ending} documents is missing on this machine "
            f"({str(error).splitlines()[0]}). {kind.without}"
        ) from None


def write_documents(
    name: str, editions: Sequence[Path], into: Path | None = None
) -> tuple[Path, ...]:
    """Write the document of each edition, in the format ``name``, as ID-EDITION.docx or .pdf into
    the folder ``into`` (that of the format without it).

    Raises PublicationError, with nothing written, where one of them is there and differs: what
    somebody did with it is not overwritten.
    """
    kind = FORMATS[name]
    made: dict[Path, bytes] = {}
    for edition in editions:
        manifest = provenance.read_manifest(edition)
        file = f"{manifest['evaluation']}-{manifest['edition']}.{kind.ending}"
        target = (into or Path(kind.folder)) / file
        made[target] = kind.made(edition)
        if target.exists() and target.read_bytes() != made[target]:
            raise PublicationError(
                f"{target}: is there already, and somebody changed it or the edition did since. "
                "Move it elsewhere, or name another folder with --into."
            )
    for target, content in made.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return tuple(made)
