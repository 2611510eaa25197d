"""Published editions for tests, made in a moment as they lie under reports/, with no run behind."""

import copy
import json
from pathlib import Path
from typing import Any

from pages import FIT

from pbc_eval import provenance
from pbc_eval.publish.visible import all_visible
from pbc_eval.results_file import ResultsFile
from pbc_eval.results_file import results_of as by_model

HEADLINE = {
    "outcome": "crises",
    "label": "Crises in winter",
    "unit": "crises per 100 people",
    "figure": "2.3 lower",
    "interval": "95% confidence interval: 1.5 to 3.1 crises per 100 people lower",
    "verdict": "improved",
    "verdict_words": "Improved",
    "estimate": -2.3,
    "conf_low": -3.1,
    "conf_high": -1.5,
    "level": 0.95,
    "shown_times": 1.0,
    "decimals": 1,
    "axis": "Effect (crises per 100 people)",
}
RESULTS: dict[str, Any] = {
    "format": "pbc-eval-results",
    "version": 1,
    "summary": {
        "id": "winter-shelter",
        "title": "A winter shelter",
        "edition": "2026-1",
        "status": "provisional",
        "contract": "A warm place for people who sleep rough.",
        "released": "2026-05-01",
        "release_date": "1 May 2026",
        "data_status": "real",
        "data_badge": "Real data",
        "illustrative": False,
        "headlines": ["Crises in winter: 2.3 lower.", "£1,200 is due."],
    },
    "particulars": {
        "method": "matching",
        "method_label": "Matching or weighting",
        "headline": HEADLINE,
        "contract": {
            "commissioner": "The city",
            "provider": "A charity",
            "investors": ["A fund"],
            "start": "2025-04-01",
            "end": "2026-03-31",
            "value": 5000.0,
            "currency": "GBP",
            "status": "published",
        },
        "publication": {
            "contact": "reports@example.org",
            "licence": "CC BY 4.0",
            "release_date": "2026-05-01",
            "data_open": False,
        },
        "sign_off": {
            role: {"name": "N", "date": "2026-04-30"}
            for role in ("commissioner", "analyst", "assurer", "approver")
        },
        "revisions": [],
    },
    "outcomes": [
        {
            "id": "crises",
            "label": "Crises in winter",
            "unit": "crises per 100 people",
            "direction": "lower_is_better",
            "estimate": -2.3,
            "conf_low": -3.1,
            "conf_high": -1.5,
            "level": 0.95,
        }
    ],
    "payment": {"currency": "GBP", "total": "1200.50", "illustrative": False},
    "social_return": {"ratio": 1.234},
}


def results_of(**changes: Any) -> dict[str, Any]:
    """Results of one edition, with parts changed by dotted name: summary__title='x'."""
    results = copy.deepcopy(RESULTS)
    for name, value in changes.items():
        *steps, last = name.split("__")
        here = results
        for step in steps:
            here = here[step]
        here[last] = value
    return results


def model_of(**changes: Any) -> ResultsFile:
    """The same as the press reads it: visible text, by the model."""
    return by_model(all_visible(results_of(**changes)), "winter-shelter/2026-1")


def put(
    reports: Path, name: str = "winter-shelter", edition: str = "2026-1", **changes: Any
) -> Path:
    """A whole edition under ``reports``, its manifest with it; returns its folder."""
    results = results_of(summary__id=name, summary__edition=edition, **changes)
    folder = reports / name / edition
    (folder / "downloads").mkdir(parents=True)
    (folder / "index.html").write_text(FIT, encoding="utf-8")
    (folder / "downloads" / "results.json").write_text(json.dumps(results), encoding="utf-8")
    files = [path for path in folder.rglob("*") if path.is_file()]
    provenance.write_manifest(folder, {"evaluation": name, "edition": edition}, files)
    return folder


def write_site_file(reports: Path) -> None:
    """A site.yaml with everything in it."""
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "site.yaml").write_text(
        "title: Impact reports of the city\naddress: https://city.example/impact\n"
        "publisher: The city\ncontact: reports@city.example\ncountry: GB\n"
        "ocds_prefix: ocds-abc123\n",
        encoding="utf-8",
    )
