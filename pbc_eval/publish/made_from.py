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
from pbc_eval.publish.report_kinds import EVALUATION_FILE, kind_of, read_agreed

DEPTH = 4  # levels of folders in which evaluations are looked for
_PASSED_OVER = re.compile(r"\.|__pycache__$|node_modules$|site-packages$")


def source_of(
    edition: Path, published: dict[str, Any], report: str, evaluation: Path | None = None
) -> Path:
    """The evaluation.yaml or portfolio.yaml of an edition whose manifest is ``published``.

    Looked at are ``evaluation`` if it is given, and else, in this order: data/<id> beside the
    folder of reports, every evaluation below that folder's parent, every evaluation below the
    working directory. Of several in one place, the one that is as it was published is taken.

    Raises PublicationError naming what was found instead.
    """
    wanted = (published["evaluation"], published["edition"])
    hashes = set(published.get("inputs_sha256", {}).values())
    others: list[str] = []
    reports = edition.resolve().parents[1]
    roots = (reports.parent / "data" / wanted[0], reports.parent, Path.cwd())
    places = [[evaluation]] if evaluation else [_with_id(wanted[0], r, reports) for r in roots]
    for files in places:
        fitting: list[Path] = []
        for file in files:
            try:
                agreed = read_agreed(file)
                subject = kind_of(agreed, report).subject(agreed)
            except PbcError:
                if evaluation:
                    raise
                continue
            if (subject.id, subject.edition) == wanted:
                fitting.append(subject.source)
            else:
                others.append(f"{subject.id}, edition {subject.edition}")
        as_published = [file for file in fitting if provenance.sha256(file) in hashes]
        if fitting:
            return (as_published or fitting)[0]
    there = f"found instead: {first_few(list(dict.fromkeys(others)))}" if others else "none found"
    raise PublicationError(
        f"{wanted[0]}, edition {wanted[1]}: the evaluation that it was made from is not here "
        f"({there}). Name its folder: pbc-eval verify EDITION --evaluation FOLDER."
    )


def _with_id(wanted: str, root: Path, reports: Path) -> list[Path]:
    """Files of evaluations and portfolios below a folder that hold this id."""
    named = re.compile(rf"(?m)^id:\s*[\"']?{re.escape(wanted)}[\"']?\s*(#.*)?$")
    return [
        file
        for file in _files_below(root, reports)
        if named.search(file.read_text("utf-8", errors="replace"))
    ]


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
