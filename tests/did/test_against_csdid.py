"""Cells, averages and errors against csdid: covariates, weights, anticipation, cross-sections."""

import json

import numpy as np
import pandas as pd
import pytest
from did.data import GOLDEN

from pbc_eval.did.group_time import att_gt
from pbc_eval.panel.panel import Panel

EXPECTED = json.loads((GOLDEN / "csdid.json").read_text(encoding="utf-8"))
KINDS = {"simple": "simple", "event": "dynamic", "cohort": "group", "calendar": "calendar"}


def effects(case):
    counties = pd.read_csv(GOLDEN / "mpdta.csv")
    counties["w"] = 0.5 + (counties["countyreal"] % 7) / 4
    repeated = case.startswith("repeated")
    if repeated:
        counties = counties[(counties["countyreal"] * 7 + counties["year"]) % 5 > 0]
    method = next((word for word in ("dr", "reg", "ipw") if word in case.split(", ")), None)
    panel = Panel.from_data(
        counties,
        unit=None if repeated else "countyreal",
        time="year",
        outcome="lemp",
        cohort="first.treat",
        covariates=["lpop"] if method else [],
        weight="w" if "weights" in case else None,
    )
    return att_gt(
        panel,
        method=method or "dr",
        control_group="not_yet_treated" if "not yet" in case else "never_treated",
        anticipation=1 if "anticipation" in case else 0,
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", EXPECTED)
def test_cells_and_averages_equal_those_of_csdid(case):
    found = effects(case)
    expected = pd.DataFrame(EXPECTED[case]["cells"], columns=["cohort", "time", "att", "se"])
    both = found.to_frame().merge(expected, on=["cohort", "time"])
    assert len(both) == len(expected) >= 8
    np.testing.assert_allclose(both["estimate"], both["att"], atol=1e-11)
    np.testing.assert_allclose(both["std_error"], both["se"], atol=1e-11)
    for kind, name in KINDS.items():
        average = found.aggregate(kind)
        expected_average = pytest.approx(EXPECTED[case]["averages"][name], abs=1e-11)
        assert [average.estimate, average.std_error] == expected_average
