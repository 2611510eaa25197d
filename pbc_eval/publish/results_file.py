"""results.json of an edition, as every later step reads it: visible text, nothing missing."""

import json
from pathlib import Path
from typing import Any

from pbc_eval.errors import PublicationError
from pbc_eval.messages.number_formats import read_long_date
from pbc_eval.publish.visible import all_visible

RESULTS = "downloads/results.json"
_CONTRACT: dict[str, Any] = {
    "commissioner": "",
    "provider": "",
    "investors": [],
    "start": None,
    "end": None,
    "value": None,
    "currency": "",
    "status": "published",
}
KINDS = {  # of reports, as readers know them
    "impact_report": "Impact report",
    "design_note": "Design note",
    "sroi_report": "Social return report",
    "portfolio": "Portfolio",
}
_SUMMARY = ("id", "title", "edition", "status", "contract", "release_date", "data_status")


def read_results(folder: Path) -> dict[str, Any]:
    """The results of the edition in ``folder``.

    Raises PublicationError when they are missing or lack what a list of reports needs.
    """
    file = folder / RESULTS
    try:
        results = json.loads(file.read_text(encoding="utf-8"))
        return complete(all_visible(results))
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise PublicationError(
            f"{folder.parent.name}/{folder.name}: results.json cannot be read ({problem!r}). Run "
            "the evaluation again."
        ) from None


def complete(results: dict[str, Any]) -> dict[str, Any]:
    """Results with every particular that a list, a citation or a catalogue asks for.

    A kind of report that has no contract, or no headline, leaves it out; here it is empty.
    """
    summary = results["summary"]
    if lacking := [name for name in _SUMMARY if name not in summary]:
        raise KeyError(f"summary without {', '.join(lacking)}")
    told = results.get("particulars") or {}
    publication = {"contact": "", "licence": "", "data_open": False, "release_date": None}
    publication |= told.get("publication") or {}
    publication["release_date"] = publication["release_date"] or _iso(summary["release_date"])
    kind = summary.get("report", "impact_report")
    return {
        **results,
        "summary": {
            "report": kind,
            "headlines": [],
            "illustrative": False,
            "data_badge": "",
            **summary,
        },
        "particulars": {
            "report_label": KINDS.get(kind, kind.replace("_", " ").capitalize()),
            "method": "",
            "method_label": "",
            "headline": None,
            "sign_off": {},
            "revisions": [],
            **told,
            "contract": {**_CONTRACT, **(told.get("contract") or {})},
            "publication": publication,
        },
    }


def _iso(long_date: str) -> str:
    """2026-03-31 for 31 March 2026."""
    return read_long_date(long_date).isoformat()
