"""Do 95 % intervals hold the truth 95 times in 100? Simulated panels, every estimator.

    python benchmarks/coverage.py [samples]

Prints, for each design and estimator: bias, its Monte Carlo error, the ratio of the mean standard
error to the standard deviation of estimates, and coverage. Designs: 200 units in staggered cohorts;
the same with a covariate that moves treatment and trend; 12 clusters with common shocks.
"""

import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from pbc_eval.did.extended_two_way import extended_two_way
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.interaction_weighted import interaction_weighted
from pbc_eval.did.wild import wild_cluster_bootstrap
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

EFFECT = 0.7
PERIODS = 6
ROLES = {"unit": "unit", "time": "time", "outcome": "y", "cohort": "cohort"}
Interval = tuple[float, float | None, float, float]  # estimate, std_error, conf_low, conf_high


def simulate(
    seed: int, units: int, clusters: int | None = None, *, confounded: bool = False
) -> pd.DataFrame:
    """Unit and period effects, cohorts 3 and 5 and never, errors that persist within units."""
    rng = np.random.default_rng(seed)
    group = np.arange(units) if clusters is None else np.arange(units) % clusters
    x = rng.normal(size=units)
    lean = rng.random(units) < 1 / (1 + np.exp(-x)) if confounded else rng.random(units) < 0.5
    kind = np.where(lean, rng.integers(1, 3, units), 0)
    if clusters is not None:
        kind = (group % 3).astype(int)
    cohort = np.array([0, 3, 5])[kind]
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), PERIODS),
            "time": np.tile(np.arange(1, PERIODS + 1), units),
            "cohort": np.repeat(cohort, PERIODS),
            "cluster": np.repeat(group, PERIODS),
            "x": np.repeat(x, PERIODS),
        }
    )
    noise = rng.normal(size=(units, PERIODS))
    for t in range(1, PERIODS):
        noise[:, t] += 0.5 * noise[:, t - 1]
    if clusters is not None:
        noise += 0.5 * rng.normal(size=(clusters, PERIODS))[group]
    treated = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    frame["y"] = noise.ravel() + 0.3 * frame["time"] + EFFECT * treated
    if confounded:
        frame["y"] += 0.3 * frame["x"] * frame["time"]
    return frame


def as_interval(found: AttEstimate) -> Interval:
    low, high = found.conf_low, found.conf_high
    if low is None or high is None:
        raise RuntimeError(f"no interval: {found.reason}")
    return found.estimate, found.std_error, low, high


def overall(estimator: Callable[..., object]) -> Callable[[Panel], Interval]:
    def estimate(panel: Panel) -> Interval:
        return as_interval(estimator(panel).aggregate(bands="pointwise").overall)

    return estimate


def wild(panel: Panel) -> Interval:
    found = wild_cluster_bootstrap(panel, draws=999)
    return found.estimate, found.std_error, found.conf_low, found.conf_high


def with_method(method: str) -> Callable[[Panel], Interval]:
    return overall(lambda panel: att_gt(panel, method=method))


DESIGNS: dict[str, tuple[dict[str, object], dict[str, object], dict[str, object]]] = {
    "200 units": (
        {"units": 200},
        {},
        {
            "att_gt": overall(att_gt),
            "imputation": overall(imputation),
            "extended two-way": overall(extended_two_way),
            "interaction-weighted": overall(interaction_weighted),
        },
    ),
    "200 units, covariate": (
        {"units": 200, "confounded": True},
        {"covariates": ["x"]},
        {method: with_method(method) for method in ("dr", "reg", "ipw")},
    ),
    "12 clusters": (
        {"units": 120, "clusters": 12},
        {"cluster": "cluster"},
        {"att_gt": overall(att_gt), "wild cluster bootstrap": wild},
    ),
}


def coverage(samples: int) -> pd.DataFrame:
    """One row a design and estimator: bias, its error, error ratio, coverage."""
    rows = []
    for design, (made, read, estimators) in DESIGNS.items():
        found: dict[str, list[Interval]] = {name: [] for name in estimators}
        for seed in range(samples):
            panel = Panel.from_data(simulate(seed, **made), **ROLES, **read)
            for name, estimator in estimators.items():
                found[name].append(estimator(panel))
        for name, intervals in found.items():
            estimate, error, low, high = np.array(intervals, dtype=float).T
            rows.append(
                {
                    "design": design,
                    "estimator": name,
                    "bias": estimate.mean() - EFFECT,
                    "bias_error": estimate.std() / np.sqrt(samples),
                    "error_ratio": error.mean() / estimate.std(),
                    "coverage": ((low <= EFFECT) & (high >= EFFECT)).mean(),
                }
            )
    return pd.DataFrame(rows)


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    start = time.perf_counter()
    print(coverage(samples).round(4).to_string(index=False))
    print(f"{samples:,} samples a design, {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
