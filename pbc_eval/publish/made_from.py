"""Where is the file that an edition was made from? By its id, wherever people keep evaluations."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval._validate import first_few
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE
from pbc_eval.errors import PbcError, PublicationError
from pbc_eval.publish.report_kinds import EVALUATION_FILE, kind_of

DEPTH = 4  # levels of folders in which evaluations are looked for
_PASSED_OVER = re.compile(r"\.|__pycache__$|node_modules$|site-packages$")


def source_of(
    edition: Path, published: dict[str, Any], report: str, evaluation: Path | None = None
) -> Path:
    """The evaluation.yaml or portfolio.yaml of an edition whose manifest is ``published``.

    Looked at are ``evaluation`` if it is given, and else: data/<id> beside the folder of reports,
    then every evaluation below that folder's parent and below the working directory. Of several
    with the id and edition, the one whose bytes are those that were published is taken.

    Raises PublicationError naming what was found instead.
    """
    wanted = (published["evaluation"], published["edition"])
    hashes = set(published.get("inputs_sha256", {}).values())
    fitting: list[Path] = []
    others: list[str] = []
    places = [evaluation] if evaluation else _places(edition.resolve().parents[1], wanted[0])
    for place in places:
        try:
            subject = kind_of(place, report).load(place)
        except PbcError:
            if evaluation:
                raise
            continue
        if (subject.id, subject.edition) != wanted:
            others.append(f"{subject.id}, edition {subject.edition}")
        elif provenance.sha256(subject.source) in hashes:
            return subject.source
        else:
            fitting.append(subject.source)
    if fitting:
        return fitting[0]
    there = f"found instead: {first_few(list(dict.fromkeys(others)))}" if others else "none found"
    raise PublicationError(
        f"{wanted[0]}, edition {wanted[1]}: the evaluation that it was made from is not here "
        f"({there}). Name its folder: pbc-eval verify EDITION --evaluation FOLDER."
    )


def _places(reports: Path, wanted: str) -> Iterator[Path]:
    """Files of evaluations and portfolios with this id, likely ones first, each once."""
    home = reports.parent / "data" / wanted
    roots = [home, reports.parent, Path.cwd()]
    seen: set[Path] = set()
    named = re.compile(rf"(?m)^id:\s*[\"']?{re.escape(wanted)}[\"']?\s*(#.*)?$")
    for root in roots:
        for file in _files_below(root, reports):
            if file not in seen and named.search(file.read_text("utf-8", errors="replace")):
                seen.add(file)
                yield file


def _files_below(root: Path, reports: Path) -> Iterator[Path]:
    for folder, below, files in os.walk(root):
        here = Path(folder)
        deep = len(here.relative_to(root).parts) >= DEPTH
        below[:] = [] if deep else sorted(
            name for name in below if not _PASSED_OVER.match(name) and here / name != reports
        )  # fmt: skip
        for name in (EVALUATION_FILE, PORTFOLIO_FILE):
            if name in files:
                yield here / name
