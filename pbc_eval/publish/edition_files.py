"""What stands beside the page of an edition: citation, metadata, archive, checksums.

Written before the manifest, so that they are as immutable as the page.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pbc_eval import provenance
from pbc_eval.publish.checksums import SUMS, sums_text
from pbc_eval.publish.citation import citation_of
from pbc_eval.publish.crate import ARCHIVE, crate_bytes
from pbc_eval.publish.metadata import schema_org
from pbc_eval.publish.visible import all_visible
from pbc_eval.results_file import ResultsFile

METADATA = "metadata.jsonld"


def write_companions(
    folder: Path,
    *,
    agreed: bytes,
    inputs: Mapping[str, bytes],
    results: ResultsFile,
    facts: dict[str, Any],
) -> None:
    """Write citation.txt, .cff and .bib, metadata.jsonld, ro-crate.zip and SHA256SUMS.

    ``folder`` holds the page and its downloads; ``agreed`` and ``inputs`` go into the archive;
    ``results`` is the edition's results.json and ``facts`` what its manifest will say.
    """
    downloads = folder / "downloads"
    citation = citation_of(results)
    (downloads / "citation.txt").write_text(
        citation.sentence + "\n", encoding="utf-8", newline="\n"
    )
    (downloads / "citation.cff").write_text(citation.cff, encoding="utf-8", newline="\n")
    (downloads / "citation.bib").write_text(citation.bibtex, encoding="utf-8", newline="\n")
    text = json.dumps(schema_org(results, folder), indent=1, ensure_ascii=False)
    (folder / METADATA).write_text(text + "\n", encoding="utf-8", newline="\n")
    (downloads / ARCHIVE).write_bytes(
        crate_bytes(
            {name: path.read_bytes() for name, path in _files(folder).items()},
            inputs,
            agreed=agreed,
            results=results,
            facts=all_visible(facts),
        )
    )
    digests = {name: provenance.sha256(path) for name, path in _files(folder).items()}
    (folder / SUMS).write_text(sums_text(digests), encoding="utf-8", newline="\n")


def open_inputs(folder: Path, hashes: Mapping[str, str], names: Sequence[str]) -> dict[str, bytes]:
    """The files ``names`` of ``folder`` that were read, where they are still what was read."""
    paths = {name: folder / name for name in sorted(hashes) if name in names}
    return {
        name: path.read_bytes()
        for name, path in paths.items()
        if path.is_file()
        and path.resolve().is_relative_to(folder.resolve())
        and provenance.sha256(path) == hashes[name]
    }


def agreed_text(spec: BaseModel) -> bytes:
    """The file as it was read: comments in it may not be meant for readers."""
    content = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


def _files(folder: Path) -> dict[str, Path]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}
