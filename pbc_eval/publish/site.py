"""The site: one index of every edition under reports/, static, read from their manifests."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST, sha256
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.report.html import TEMPLATES


@dataclass(frozen=True, slots=True)
class Listed:
    """An edition as the index lists it."""

    link: str
    summary: dict[str, Any]  # the "summary" of its results.json


def editions(reports: Path) -> list[Listed]:
    """Every whole edition, by title, the newest edition first.

    Raises PublicationError when a published file is not the one that its manifest names.
    """
    listed = []
    for manifest in sorted(reports.glob(f"*/*/{MANIFEST}")):
        folder = manifest.parent
        _refuse_tampering(folder)
        results = json.loads((folder / "downloads" / "results.json").read_text(encoding="utf-8"))
        link = f"{folder.parent.name}/{folder.name}/index.html"
        listed.append(Listed(link=link, summary=results["summary"]))
    listed.sort(key=lambda one: one.summary["edition"], reverse=True)
    return sorted(listed, key=lambda one: one.summary["title"])


def write_index(reports: Path) -> Path:
    """Write reports/index.html; return where it is."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "site"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("index.html.j2").render(
        editions=editions(reports), css=(TEMPLATES / "page.css").read_text(encoding="utf-8")
    )
    refuse_an_unfit_page(page)
    reports.mkdir(parents=True, exist_ok=True)
    target = reports / "index.html"
    fresh = reports / "index.html.new"
    fresh.write_text(page, encoding="utf-8")
    fresh.replace(target)
    return target


def _refuse_tampering(folder: Path) -> None:
    facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    for name, expected in facts["outputs_sha256"].items():
        path = folder / name
        if not path.is_file() or sha256(path) != expected:
            state = "has changed since" if path.is_file() else "is missing since"
            raise PublicationError(
                f"{facts['evaluation']}, edition {facts['edition']}: {name} {state} it was "
                f"published. Run the evaluation again, or restore the file."
            )
