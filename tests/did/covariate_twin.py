"""The slow obvious twin with covariates: one system of estimating equations a cell.

The estimator solves sum_i psi_i(theta) = 0 for theta = (propensity score, regression, two means);
a unit's influence is -J^-1 psi_i with J the sum of derivatives, taken by complex steps. Nothing
here is derived by hand, so an error in the formulas of adjustment.py would show.
"""

import numpy as np
from did.twin import Twin

STEP = 1e-30


class CovariateTwin(Twin):
    def __init__(self, frame, *, method, covariates, **options):
        self.method = method
        frame = frame.dropna(subset="y")
        self.x = {
            (row["unit"], row["time"]): np.array([1.0, *(row[name] for name in covariates)])
            for _, row in frame.iterrows()
        }
        super().__init__(frame, **options)

    def _effect(self, treated, compared, change, base):
        units = [u for u in treated + compared if not np.isnan(self.x[u, base]).any()]
        x = np.array([self.x[u, base] for u in units])
        d = np.array([float(u in treated) for u in units])
        w = np.array([self.weight[u] for u in units])
        y = np.array([change[u] for u in units])
        p = x.shape[1]

        def psi(theta):
            gamma, beta, one, zero = theta[:p], theta[p : 2 * p], theta[-2], theta[-1]
            odds = np.exp(x @ gamma)
            chance = odds / (1 + odds)
            scoring, regressing = self.method != "reg", self.method != "ipw"
            rest = y - (x @ beta if regressing else 0)
            away = odds if scoring else 0 * odds
            return np.column_stack(
                [
                    (w * (d - chance))[:, None] * x,
                    (w * (1 - d) * (y - x @ beta))[:, None] * x,
                    w * d * (rest - one),
                    w * (1 - d) * away * (rest - zero) if scoring else -zero + 0 * odds,
                ]
            )

        def derivative(theta):
            columns = []
            for j in range(len(theta)):
                moved = theta.astype(complex)
                moved[j] += 1j * STEP
                columns.append(psi(moved).sum(axis=0).imag / STEP)
            return np.array(columns).T

        theta = np.zeros(2 * p + 2)
        for _ in range(60):
            theta = theta - np.linalg.solve(derivative(theta), psi(theta).sum(axis=0))
        influence = -np.linalg.solve(derivative(theta), psi(theta).T).T
        found = dict.fromkeys(self.units, 0.0)
        for u, row in zip(units, influence, strict=True):
            found[u] = (row[-2] - row[-1]) * self.total
        return theta[-2] - theta[-1], found
