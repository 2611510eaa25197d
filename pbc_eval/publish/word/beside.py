"""Documents beside the reports: one file an edition, never over what somebody worked on.

They are no part of an edition: what is published stays the page; its manifest names no document.
"""

from collections.abc import Sequence
from pathlib import Path

from pbc_eval import provenance
from pbc_eval.errors import PublicationError


def word_report(edition: str | Path) -> bytes:
    """The editable document (DOCX) of a published edition, whose folder is ``edition``: its page,
    with every number locked and changes tracked. One edition gives the same bytes at any time.

    Raises PublicationError where the folder holds no whole edition, or the tools for it are not
    installed.
    """
    refuse_without_tools()
    from pbc_eval.publish.word.document import document_bytes  # noqa: PLC0415 an extra

    return document_bytes(Path(edition))


def refuse_without_tools() -> None:
    """Raises PublicationError, with the remedy, where documents cannot be made."""
    try:
        import docx  # noqa: PLC0415, F401 an extra
    except ModuleNotFoundError:
        raise PublicationError(
            "Documents for Word are not installed. Install them: pip install 'pbc-eval[word]'"
        ) from None


def write_word_reports(editions: Sequence[Path], into: Path) -> tuple[Path, ...]:
    """Write the document of each edition into the folder ``into``, as ID-EDITION.docx.

    Raises PublicationError, with nothing written, where one of them is there and differs: a
    reviewer's changes are not overwritten.
    """
    made: dict[Path, bytes] = {}
    for edition in editions:
        manifest = provenance.read_manifest(edition)
        target = into / f"{manifest['evaluation']}-{manifest['edition']}.docx"
        made[target] = word_report(edition)
        if target.exists() and target.read_bytes() != made[target]:
            raise PublicationError(
                f"{target}: is there already, and somebody changed it or the edition did since. "
                "Move it elsewhere, or name another folder with --into."
            )
    for target, content in made.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return tuple(made)
