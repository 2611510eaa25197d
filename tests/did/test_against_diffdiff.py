"""Triple differences equal diff-diff's, and where a universal base differs from csdid's, how."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pbc_eval as pbc

pytestmark = pytest.mark.slow  # seconds, together

GOLDEN = Path(__file__).parents[1] / "golden" / "did"
THEIRS = json.loads((GOLDEN / "diffdiff.json").read_text(encoding="utf-8"))
ONE_IN = {0: 4, 2004: 2, 2006: 3, 2007: 5}  # as in golden/did/make_diffdiff.py
EXACT = 1e-12


@pytest.fixture(scope="module")
def counties():
    data = pd.read_csv(GOLDEN / "mpdta.csv").rename(columns={"first.treat": "first"})
    data["first"] = data["first"].astype(int)
    data["eligible"] = (data["countyreal"] // 2) % data["first"].map(ONE_IN) != 0
    drift = 0.3 * np.sin(data["countyreal"] * 0.7 + data["year"])
    return data.assign(x=data["lpop"] + drift * (data["year"] - 2002))


def read(counties, **roles):
    return pbc.Panel.from_data(
        counties, unit="countyreal", time="year", outcome="lemp", cohort="first", **roles
    )


@pytest.mark.parametrize(
    ("name", "covariates", "asked"),
    [
        ("triple, reg, varying", [], {"base_period": "varying"}),
        ("triple, reg, universal", [], {"base_period": "universal"}),
        ("triple, dr, varying", ["lpop"], {"method": "dr"}),
    ],
)
def test_cells_averages_and_errors_are_those_of_diffdiff(counties, name, covariates, asked):
    panel = read(counties, eligible="eligible", covariates=covariates)
    effects = pbc.triple_difference(panel, **asked)
    cells = effects.to_frame().set_index(["cohort", "time"])
    for cohort, time, estimate, error in THEIRS[name]["cells"]:
        assert cells.loc[(cohort, time), "estimate"] == pytest.approx(estimate, abs=EXACT)
        assert cells.loc[(cohort, time), "std_error"] == pytest.approx(error, abs=EXACT)
    overall = effects.aggregate("simple", bands="pointwise").overall
    ours = (overall.estimate, overall.std_error)
    assert ours == pytest.approx(THEIRS[name]["simple"], abs=EXACT)


def test_with_covariates_that_vary_a_universal_base_differs_before_treatment_alone(counties):
    """docs/differences.md: theirs are of the earlier of two periods, ours of the base period."""
    cells = pbc.att_gt(read(counties, covariates=["x"]), method="reg", base_period="universal")
    ours = cells.to_frame().set_index(["cohort", "time"])["estimate"]
    apart = {}
    for cohort, time, theirs, _ in THEIRS["universal base, covariate that varies, reg"]["cells"]:
        own = ours.loc[(cohort, time)]
        if time >= cohort:
            assert own == pytest.approx(theirs, abs=EXACT)
        elif time < cohort - 1:
            apart[cohort, time] = (round(own, 8), round(theirs, 8))
    assert apart == {
        (2006, 2003): (0.0051894, 0.00830423),
        (2006, 2004): (0.00509971, 0.00460607),
        (2007, 2003): (0.00727552, 0.00640099),
        (2007, 2004): (0.0353221, 0.03334011),
        (2007, 2005): (0.02958457, 0.0304596),
    }
