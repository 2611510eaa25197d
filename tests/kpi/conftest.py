"""A performance block with the words every KPI needs, so that a test names only what it varies."""

import pandas as pd
import pytest

from pbc_eval.agreement.performance import Performance
from pbc_eval.kpi import measure_performance

MONTHS = ["2025-04", "2025-05", "2025-06", "2025-07"]


def make_kpi(kind: str, **fields) -> dict:
    words = {"id": "timely", "label": "Timely", "reference": "para 1", "source": "test"}
    columns = {
        "proportion": {"met": "met", "among": "all", "target": 0.9},
        "rate": {"events": "met", "exposure": "all", "target": 0.9},
        "value": {"column": "met", "target": 0.9},
        "survey": {"file": "survey.csv", "answer": "happy", "target": 0.8},
    }
    return words | {"type": kind, "better": "higher"} | columns[kind] | fields


def make_block(*kpis, **fields) -> Performance:
    block = {"file": "kpis.csv", "period": "month", "first": "2025-04", "last": "2025-07"}
    return Performance.model_validate(block | {"kpis": list(kpis)} | fields)


@pytest.fixture
def kpi():
    return make_kpi


@pytest.fixture
def block():
    return make_block


@pytest.fixture
def measure(tmp_path):
    """Measure one KPI on columns given as lists."""

    def run(kpi, columns=None, *, survey=None, months=MONTHS, **fields):
        if columns is not None:
            pd.DataFrame({"month": months} | columns).to_csv(tmp_path / "kpis.csv", index=False)
        if survey is not None:
            pd.DataFrame(survey).to_csv(tmp_path / "survey.csv", index=False)
        return measure_performance(make_block(kpi, **fields), lambda name: tmp_path / name).kpis[0]

    return run
