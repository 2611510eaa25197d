"""One plain outcome, and the Guide's worked example as RECALLED."""

import json
from pathlib import Path

from pbc_eval.agreement.value_map import ValuedOutcome

GOLDEN = Path(__file__).parents[1] / "golden" / "sroi"


def golden(name: str) -> dict:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def valued(**changes) -> ValuedOutcome:
    """£200,000 in the first year; each test names only what it varies."""
    plain = {
        "id": "employment",
        "stakeholder": "Participants",
        "outcome": f"In work, {changes.get('id', 'employment')}",
        "quantity": None if "quantity_from" in changes else 40.0,
        "proxy": "Earnings",
        "proxy_value": 5000.0,
        "proxy_source": "test",
        "status": "read",
    }
    return ValuedOutcome(**plain | changes)


def wheels_to_meals() -> list[ValuedOutcome]:
    """RECALLED: a person must check it against the Guide before calling it the published one."""
    renamed = {"proxy": "proxy_value", "start_period": "start"}
    rows = []
    for row in golden("01_wheels_to_meals")["outcomes"]:
        cells = {renamed.get(name, name): value for name, value in row.items()}
        cells |= {"id": row["id"].replace("_", "-"), "proxy": row["indicator"]}
        cells |= {"proxy_source": "A Guide to SROI (2012)", "status": "recalled"}
        rows.append(ValuedOutcome(**cells))
    return rows
