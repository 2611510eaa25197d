"""The BCG trials as log odds ratios and log risk ratios with their variances."""

import numpy as np
import pandas as pd
from evaluations import PROJECT

GOLDEN = PROJECT / "tests" / "golden" / "portfolio"


def bcg(scale: str):
    a, b, c, d = pd.read_csv(GOLDEN / "bcg.csv")[["tpos", "tneg", "cpos", "cneg"]].to_numpy(float).T
    if scale == "log_odds_ratio":
        return np.log(a * d / (b * c)), 1 / a + 1 / b + 1 / c + 1 / d
    effect = np.log(a / (a + b)) - np.log(c / (c + d))
    return effect, 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
