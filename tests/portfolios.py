"""Portfolios for tests: a table of contracts, and members without running a notebook."""

import json
from pathlib import Path

from pbc_eval import provenance
from pbc_eval.agreement.portfolio import load_portfolio

HEAD = """id: some-contracts
title: Some contracts
edition: 2026-1
status: provisional
year: 2026
summary: Contracts for tests.
chosen: All of them.
publication: {contact: C, licence: L, release_date: 2026-05-01, data_status: real}
"""
TABLE = """file: table.csv
outcomes:
  - {id: jobs, label: In work, unit: people per 100, direction: higher_is_better, decimals: 1}
  - {id: stays, label: Nights in hospital, unit: nights, direction: lower_is_better, decimals: 1}
"""
COLUMNS = "label,outcome,estimate,std_error,promised,agreed,paid,people,source"


def portfolio(folder: Path, rows: list[str], *, columns: str = COLUMNS, extra: str = TABLE):
    """A portfolio of these rows, loaded."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "portfolio.yaml").write_text(HEAD + extra, encoding="utf-8")
    (folder / "table.csv").write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return load_portfolio(folder)


def jobs(n: int = 8) -> list[str]:
    """So many contracts of one kind; each further one a little better and more precise."""
    return [
        f"Area {i},jobs,{i - 2},{2 / (i + 1):.4f},4,1000,{100 * i},{50 * (i + 1)},Report {i}"
        for i in range(n)
    ]


def publish(reports: Path, name: str, **changed) -> None:
    """A whole edition under ``reports`` as a notebook would have written it."""
    folder = reports / name / "2026-1"
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    outcome = {
        "id": "stays", "label": "Nights in hospital", "unit": "nights", "primary": True,
        "direction": "lower_is_better", "shown_as": "number", "decimals": 1, "promised": 2.0,
        "relative": False,
        "estimate": -1.5, "std_error": 0.5, "conf_low": -2.48, "conf_high": -0.52,
        "n_treated": 120,
    }  # fmt: skip
    payment = {"total": "400.00", "currency": "GBP", "illustrative": False}
    found = {
        "format": "pbc-eval-results",
        "version": 1,
        "summary": {
            "id": name, "title": f"Title of {name}", "edition": "2026-1",
            "report": "impact_report", "status": "provisional", "contract": "C",
            "data_status": "real", "data_badge": "Real data", "illustrative": False,
            "released": "2026-05-01", "release_date": "1 May 2026",
        },
        "outcomes": [outcome | changed.get("outcome", {})] if "bare" not in changed else [],
        "agreement": {"currency": "GBP", "value": 500.0} | changed.get("agreement", {}),
        "payment": payment | changed.get("payment", {}),
        "social_return": None,
        "claims": changed.get("claims", []),
    }  # fmt: skip
    found["summary"] |= changed.get("summary", {})
    if "older" in changed:
        del found["format"]
    (downloads / "results.json").write_text(json.dumps(found), encoding="utf-8")
    facts = {"evaluation": name, "edition": "2026-1"}
    provenance.write_manifest(folder, facts, [downloads / "results.json"])


def members(*names: str) -> str:
    listed = "".join(f"  - {{evaluation: {name}, edition: 2026-1}}\n" for name in names)
    return f"members:\n{listed}"
