"""The site: one index of every edition under reports/, static, read from their manifests."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from pbc_eval._validate import first_few
from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST, changed_files, read_manifest
from pbc_eval.publish.edition import put_all_back, site_lock
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
    for manifest in sorted(reports.glob(f"[!.]*/[!.]*/{MANIFEST}")):
        folder = manifest.parent
        _refuse_tampering(folder)
        results = json.loads((folder / "downloads" / "results.json").read_text(encoding="utf-8"))
        link = f"{folder.parent.name}/{folder.name}/index.html"
        listed.append(Listed(link=link, summary=results["summary"]))
    listed.sort(key=lambda one: _in_order(one.summary["edition"]), reverse=True)
    return sorted(listed, key=lambda one: (one.summary["title"], one.summary["id"]))


def write_index(reports: Path) -> Path:
    """Write reports/index.html; return where it is."""
    reports.mkdir(parents=True, exist_ok=True)
    with site_lock(reports.resolve()):
        put_all_back(reports)
        page = (
            _environment()
            .get_template("index.html.j2")
            .render(
                editions=editions(reports), css=(TEMPLATES / "page.css").read_text(encoding="utf-8")
            )
        )
        refuse_an_unfit_page(page)
        target = reports / "index.html"
        fresh = reports / ".index.html.new"
        fresh.write_text(page, encoding="utf-8")
        fresh.replace(target)
    return target


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES / "site"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _in_order(edition: str) -> list[tuple[int, str]]:
    """Editions as people count them: 2026-10 comes after 2026-9."""
    return [(int(p), "") if p.isdigit() else (0, p) for p in re.split(r"(\d+)", edition) if p]


def _refuse_tampering(folder: Path) -> None:
    facts = read_manifest(folder)
    name = f"{facts['evaluation']}, edition {facts['edition']}"
    if (folder.parent.name, folder.name) != (facts["evaluation"], facts["edition"]):
        raise PublicationError(
            f"{folder.parent.name}/{folder.name}: holds {name}. Put the folder back where it was "
            "published, or publish it under its own name."
        )
    if found := changed_files(folder):
        raise PublicationError(
            f"{name}: {first_few(found)} since it was published. Run the evaluation again, or "
            "restore the file."
        )
