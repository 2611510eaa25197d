"""Reference numbers from csdid, a port of R's did to Python; run once in its own environment.

    python make_csdid.py        (csdid 0.4.3, Python 3.11) writes csdid.json

Weights and the rows left out of the cross-sections are rules, so that the test can repeat them.
"""

import contextlib
import io
import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from csdid.att_gt import ATTgt

HERE = Path(__file__).parent
COVARIATE, NOT_YET = {"xformla": "lemp ~ lpop"}, {"control_group": ["notyettreated"]}
WEIGHTS, REPEATED = {"weights_name": "w"}, {"panel": False, "idname": "row_number"}
CASES = {
    "dr": (COVARIATE, "dr"),
    "reg": (COVARIATE, "reg"),
    "ipw": (COVARIATE, "ipw"),
    "dr, not yet treated": (COVARIATE | NOT_YET, "dr"),
    "ipw, not yet treated": (COVARIATE | NOT_YET, "ipw"),
    "dr, anticipation": (COVARIATE | {"anticipation": 1}, "dr"),
    "weights": (WEIGHTS, "dr"),
    "dr, weights": (COVARIATE | WEIGHTS, "dr"),
    "ipw, weights": (COVARIATE | WEIGHTS, "ipw"),
    "repeated": (REPEATED, "dr"),
    "repeated, dr": (REPEATED | COVARIATE, "dr"),
    "repeated, reg": (REPEATED | COVARIATE, "reg"),
    "repeated, ipw": (REPEATED | COVARIATE, "ipw"),
    "repeated, dr, weights": (REPEATED | COVARIATE | WEIGHTS, "dr"),
    "repeated, ipw, not yet treated": (REPEATED | COVARIATE | NOT_YET, "ipw"),
}


def number(value: object) -> float:
    return float(np.squeeze(value))


def main() -> None:
    warnings.filterwarnings("ignore")
    counties = pd.read_csv(HERE / "mpdta.csv").rename(columns={"first.treat": "first"})
    counties["w"] = 0.5 + (counties["countyreal"] % 7) / 4
    counties["row_number"] = np.arange(len(counties))
    seen = (counties["countyreal"] * 7 + counties["year"]) % 5 > 0
    found = {}
    for name, (options, method) in CASES.items():
        given = {
            "yname": "lemp",
            "tname": "year",
            "idname": "countyreal",
            "gname": "first",
            "data": (counties[seen] if "panel" in options else counties).copy(),
            "control_group": ["nevertreated"],
            "xformla": "lemp ~ 1",
            "cband": False,
        }
        with contextlib.redirect_stdout(io.StringIO()):
            fitted = ATTgt(**(given | options)).fit(est_method=method, bstrap=False)
            cells = fitted.results
            averages = {}
            for kind in ("simple", "dynamic", "group", "calendar"):
                average = fitted.aggte(kind, bstrap=False, cband=False).atte
                averages[kind] = [number(average["overall_att"]), number(average["overall_se"])]
        found[name] = {
            "cells": [
                [int(g), int(t), number(att), number(se)]
                for g, t, att, se in zip(
                    cells["group"], cells["year"], cells["att"], cells["se"], strict=True
                )
            ],
            "averages": averages,
        }
    (HERE / "csdid.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
