"""Made-up contracts, as many as asked for: to try a batch, a site or a machine before there are
real ones. The same number gives the same files.

Four kinds in turn: areas over time (difference-in-differences), people (matching), verified counts,
and a forecast of social value. Each says that it is synthetic wherever it is shown: title, summary,
parties, notice, status of its data.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.agreement.yaml_file import yaml_text
from pbc_eval.errors import SpecError
from pbc_eval.numerics.arrays import Floats

MOST = 20_000  # contracts
SEED = 1_640
COMMISSIONERS = 40  # one in so many contracts has the same one
AREAS, YEARS, PEOPLE = 40, range(2018, 2024), 240
Parts = tuple[dict[str, Any], dict[str, pd.DataFrame]]  # of the file, and the tables beside it

SOURCE = """# {id}: where the data come from

Synthetic: drawn at random by `pbc-eval new --synthetic`, seed {seed}, number {number}. Nobody and
nothing is behind a row; no contract like it was agreed. Free to use for any purpose (CC0 1.0).
"""


def write_synthetic(folder: Path, contracts: int) -> tuple[Path, ...]:
    """Make ``folder`` with so many evaluations, synthetic-00001 and on; their evaluation files.

    Raises SpecError when the folder is there already, or for a number out of 1 to 20,000.
    """
    if not 1 <= contracts <= MOST:
        raise SpecError(f"new --synthetic: must be a number from 1 to {MOST:,}, got {contracts:,}.")
    if folder.exists():
        raise SpecError(f"{folder}: is there already. Name a folder that does not exist yet.")
    return tuple(_write(folder, number) for number in range(1, contracts + 1))


def _write(folder: Path, number: int) -> Path:
    rng = np.random.default_rng([SEED, number])
    what, make = KINDS[(number - 1) % len(KINDS)]
    name = f"synthetic-{number:05}"
    parts, tables = make(rng)
    place = folder / name
    place.mkdir(parents=True)
    for file, table in tables.items():
        table.to_csv(place / file, index=False)
    (place / "SOURCE.md").write_text(
        SOURCE.format(id=name, seed=SEED, number=number),
        encoding="utf-8",
        newline="\n",
    )
    target = place / "evaluation.yaml"
    target.write_text(
        yaml_text(_common(name, number, what, rng) | parts), encoding="utf-8", newline="\n"
    )
    return target


def _common(name: str, number: int, what: str, rng: np.random.Generator) -> dict[str, Any]:
    year = 2022 + number % 5
    return {
        "id": name,
        "title": f"Synthetic contract {number}: {what}",
        "edition": "2026-1",
        "status": "provisional",
        "contract": {
            "summary": f"A made-up contract ({what}). Nothing in it is real.",
            "commissioner": f"Synthetic council {1 + number % COMMISSIONERS} (invented)",
            "provider": f"Synthetic provider {int(rng.integers(1, 90))} (invented)",
            "start": "2021-01-01",
            "end": "2023-12-31",
            "currency": "GBP",
            "status": "synthetic",
        },
        "publication": {
            "contact": "Nobody: a synthetic contract",
            "licence": "CC0 1.0",
            "release_date": f"{year}-06-30",
            "data_status": "synthetic",
            "data_notice": "Synthetic: drawn at random to try the software. Nothing here is real.",
            "disclosure": {"threshold": 0, "reason": "The data are made up; nobody is in them."},
            "limitations": ["It is made up, and says nothing about any programme."],
            "ethics": "None needed: nobody is in the data.",
            "funding": "None.",
            "interests": "None.",
        },
    }


def _areas(rng: np.random.Generator) -> Parts:
    """Areas that join in 2021 or 2022, or never."""
    joined = rng.permutation(np.repeat([0, 0, 2021, 2022], AREAS // 4))
    level, effect = rng.normal(30, 4, AREAS), rng.uniform(-2, 4)
    rows = [
        {
            "area": f"area-{area:02}",
            "year": year,
            "joined": int(joined[area]),
            "in_work": round(
                level[area]
                + 0.3 * (year - YEARS[0])
                + effect * (0 < joined[area] <= year)
                + rng.normal(0, 1.2),
                2,
            ),
        }
        for area in range(AREAS)
        for year in YEARS
    ]
    parts = {
        "data": {
            "file": "areas.csv", "unit": "area", "unit_name": ["area", "areas"],
            "time": "year", "time_name": "year", "cohort": "joined",
        },
        "design": {
            "method": "difference_in_differences",
            "rationale": "Made-up areas that joined are compared with made-up ones that did not.",
            "waivers": [_waiver("pre_trends", "its trends are parallel by construction")],
        },
        "outcomes": [_outcome("in_work", "People in work", "people in work per 100")],
        "payment": _payment("in-work", "effect", "added person in work per 100", 5_000),
    }  # fmt: skip
    return parts, {"areas.csv": pd.DataFrame(rows)}


def _people(rng: np.random.Generator) -> Parts:
    """People who take part the likelier the younger they are, and people who do not."""
    age, schooling = rng.integers(18, 60, PEOPLE), rng.integers(8, 17, PEOPLE)
    part = rng.random(PEOPLE) < _chance(np.asarray(-0.6 - 0.03 * (age - 38), dtype=float))
    weeks = 20 + 0.2 * (age - 38) + schooling + rng.uniform(-2, 5) * part
    people = pd.DataFrame(
        {
            "person": [f"p{n:04}" for n in range(PEOPLE)],
            "takes_part": part.astype(int),
            "age": age,
            "schooling": schooling,
            "weeks": (weeks + rng.normal(0, 5, PEOPLE)).round(1),
        }
    )
    parts = {
        "data": {"file": "people.csv", "unit": "person", "unit_name": ["person", "people"]},
        "design": {
            "method": "matching",
            "rationale": "Made-up people who took part are compared with the most alike.",
            "treatment": "takes_part",
            "covariates": ["age", "schooling"],
            "caliper": 0.25,
            "replacement": True,
            "waivers": [_waiver("balance", "who takes part depends on age alone")],
        },
        "outcomes": [_outcome("weeks", "Weeks in work", "weeks in work in a year")],
        "payment": _payment("weeks", "effect", "added week in work per person", 3_000),
    }
    return parts, {"people.csv": people}


def _chance(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))


def _counted(rng: np.random.Generator) -> Parts:
    """A count that somebody verified, and a price for each."""
    count = {
        "outcome": "jobs", "count": int(rng.integers(20, 200)), "counts": "things",
        "source": "Synthetic", "status": "INVENTED",
    }  # fmt: skip
    parts = {
        "design": {
            "method": "counted",
            "rationale": "The made-up contract pays by the piece; nobody is compared with anybody.",
        },
        "counts": [count],
        "payment": _payment("jobs", "count", "person who starts work", 1_200),
    }
    return parts, {}


def _forecast(rng: np.random.Generator) -> Parts:
    """Eight rows of a value map, forecast."""
    rows = [
        {
            "id": f"row-{n}",
            "stakeholder": ("Members", "Families", "The council")[n % 3],
            "outcome": f"Made-up change {n}",
            "source": "Synthetic",
            "quantity": int(rng.integers(10, 120)),
            "duration": int(rng.integers(1, 5)),
            "proxy": f"Made-up price {n}",
            "proxy_value": float(rng.integers(20, 900)),
            "proxy_source": "Synthetic",
            "deadweight": round(float(rng.uniform(0.1, 0.4)), 2),
            "attribution": 0.1,
            "drop_off": 0.2,
        }
        for n in range(1, 9)
    ]
    parts = {
        "design": {
            "method": "forecast",
            "rationale": "Made-up quantities; nothing is estimated against a comparison group.",
        },
        "value_map": {
            "file": "value_map.csv",
            "payment_is_invested": False,
            "inputs": [{"stakeholder": "Funder", "description": "Made up", "value": 50_000}],
            "discount": 0.035,
            "valued_on": "2024-04-01",
            "price_base": "2023/24 prices",
            "status": "synthetic",
        },
    }
    return parts, {"value_map.csv": pd.DataFrame(rows)}


def _waiver(check: str, why: str) -> dict[str, str]:
    return {"check": check, "reason": f"A synthetic contract: {why}, and may fail by chance."}


def _outcome(column: str, label: str, unit: str) -> dict[str, str]:
    return {
        "id": column.replace("_", "-"), "label": label, "unit": unit,
        "direction": "higher_is_better", "column": column,
    }  # fmt: skip


def _payment(outcome: str, measure: str, unit: str, price: int) -> dict[str, Any]:
    clause = {
        "id": "results", "type": "tariff", "label": f"For each {unit}",
        "reference": "Made-up schedule 1", "outcome": outcome, "measure": measure, "unit": unit,
        "price": price, "cap": 60_000, "source": "Synthetic",
    }  # fmt: skip
    if measure == "effect":
        clause["estimate_used"] = "zero_unless_significant"
    return {"currency": "GBP", "illustrative": True, "clauses": [clause]}


KINDS: tuple[tuple[str, Callable[[np.random.Generator], Parts]], ...] = (
    ("areas over time", _areas),
    ("people", _people),
    ("verified counts", _counted),
    ("a forecast of social value", _forecast),
)
