"""Triple differences by diff-diff, and cells under a universal base by csdid, a port of R's did;
run once in an environment of their own.

    python make_diffdiff.py        (diff-diff 3.13.0, csdid 0.4.3, Python 3.11) writes diffdiff.json

Who is eligible, and the covariate that varies over time, are rules, so that the test repeats them.
"""

import contextlib
import io
import json
import warnings
from pathlib import Path

import diff_diff
import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt

HERE = Path(__file__).parent
ONE_IN = {0: 4, 2004: 2, 2006: 3, 2007: 5}  # of a cohort's counties is not eligible


def main() -> None:
    warnings.filterwarnings("ignore")
    counties = pd.read_csv(HERE / "mpdta.csv").rename(columns={"first.treat": "first"})
    counties["first"] = counties["first"].astype(int)
    one_in = counties["first"].map(ONE_IN)
    counties["eligible"] = ((counties["countyreal"] // 2) % one_in != 0).astype(int)
    drift = 0.3 * np.sin(counties["countyreal"] * 0.7 + counties["year"])
    counties["x"] = counties["lpop"] + drift * (counties["year"] - 2002)
    print(counties.drop_duplicates("countyreal").groupby("first")["eligible"].agg(["sum", "size"]))
    made = {}
    for method, base in (("reg", "varying"), ("reg", "universal"), ("dr", "varying")):
        fitted = diff_diff.StaggeredTripleDifference(
            estimation_method=method, control_group="nevertreated", base_period=base
        ).fit(
            counties.copy(), outcome="lemp", unit="countyreal", time="year", first_treat="first",
            eligibility="eligible", covariates=["lpop"] if method == "dr" else None,
            aggregate="all",
        )  # fmt: skip
        made[f"triple, {method}, {base}"] = {
            "cells": [
                [int(g), int(t), cell["effect"], cell["se"]]
                for (g, t), cell in fitted.group_time_effects.items()
            ],
            "simple": [fitted.overall_att, fitted.overall_se],
        }
    with contextlib.redirect_stdout(io.StringIO()):
        fitted = ATTgt(
            yname="lemp", tname="year", idname="countyreal", gname="first", data=counties.copy(),
            control_group=["nevertreated"], xformla="lemp ~ x",
        ).fit(est_method="reg", base_period="universal", bstrap=False)  # fmt: skip
    found = fitted.results
    made["universal base, covariate that varies, reg"] = {
        "cells": [
            [int(g), int(t), float(np.squeeze(effect)), None]
            for g, t, effect in zip(found["group"], found["year"], found["att"], strict=True)
        ]
    }
    (HERE / "diffdiff.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
