"""The slow obvious twin of the two-way regressions: least squares on a dummy for every unit and
period, and clustered sandwich errors."""

import numpy as np
import pandas as pd


def least_squares(frame, regressors):
    """Coefficients of ``regressors`` (rows, K) and their CRV1 covariance, unit effects not counted.

    ``frame``: unit, time, y, weight, cluster."""
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).to_numpy()
    design = np.column_stack([regressors, dummies])
    w, y = frame["weight"].to_numpy(), frame["y"].to_numpy()
    inverse = np.linalg.pinv(design.T @ (w[:, None] * design))
    beta = inverse @ (design.T @ (w * y))
    scores = pd.DataFrame(design * (w * (y - design @ beta))[:, None])
    sums = scores.groupby(frame["cluster"].to_numpy()).sum().to_numpy()
    covariance = inverse @ sums.T @ sums @ inverse
    kept = regressors.shape[1]
    g, n, k = len(sums), len(frame), kept + frame["time"].nunique()
    factor = g / (g - 1) * (n - 1) / (n - k)
    return beta[:kept], factor * covariance[:kept, :kept]


def imputed(frame):
    """Borusyak, Jaravel and Spiess by their definitions: effects by cohort and period, and the
    covariance from weights v and residuals, one observation at a time."""
    frame = frame.reset_index(drop=True)
    treated = ((frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])).to_numpy()
    dummies = pd.get_dummies(frame[["unit", "time"]].astype(str), dtype=float).to_numpy()
    w, y = frame["weight"].to_numpy(), frame["y"].to_numpy()
    known, wide = dummies[~treated], w[~treated]
    solve = np.linalg.pinv(known.T @ (wide[:, None] * known)) @ (known.T * wide)
    effect = y - dummies @ (solve @ y[~treated])
    cells, v = [], []
    residual = np.where(treated, 0.0, effect)
    for key, at in frame[treated].groupby(["cohort", "time"]).groups.items():
        share = np.zeros(len(frame))
        share[at] = w[at] / w[at].sum()
        residual[at] = effect[at] - share @ effect
        line = share.copy()
        line[~treated] = -(share @ dummies) @ solve
        cells.append((*key, share @ effect))
        v.append(line)
    scores = pd.DataFrame(np.array(v).T * residual[:, None])
    sums = scores.groupby(frame["cluster"].to_numpy()).sum().to_numpy()
    return pd.DataFrame(cells, columns=["cohort", "time", "effect"]), sums.T @ sums
