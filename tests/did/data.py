"""Panels for the tests: the golden files, and small random ones."""

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pbc_eval.panel.panel import Panel

GOLDEN = Path(__file__).parents[1] / "golden" / "did"
ROLES = dict(unit="unit", time="time", outcome="y", cohort="cohort")


@cache
def mpdta() -> Panel:
    """Read once: a panel does not change."""
    roles = dict(unit="countyreal", time="year", outcome="lemp", cohort="first.treat")
    return Panel.from_data(GOLDEN / "mpdta.csv", **roles)


def card_krueger(missing: str) -> Panel:
    roles = dict(unit="id", time="d", outcome="fte", cohort="nj")
    return Panel.from_data(GOLDEN / "card_krueger_1994.csv", missing=missing, **roles)


def california() -> Panel:
    states = pd.read_csv(GOLDEN / "california_prop99.csv", sep=";")
    states["cohort"] = np.where(states["State"] == "California", 1989, 0)
    roles = dict(unit="State", time="Year", outcome="PacksPerCapita", cohort="cohort")
    return Panel.from_data(states, **roles)


def random_frame(seed: int, n: int = 60, times=(1, 2, 3, 5, 6), never: bool = True) -> pd.DataFrame:
    """Units over uneven periods in three cohorts, with clusters, weights and unit effects."""
    rng = np.random.default_rng(seed)
    cohort = rng.choice([0, 3, 5, 6] if never else [3, 5, 6], n)
    frame = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(n), len(times)),
            "time": np.tile(times, n),
            "cohort": np.repeat(cohort, len(times)),
            "cluster": np.repeat(rng.integers(0, n // 4, n), len(times)),
            "weight": np.repeat(rng.uniform(0.5, 2.0, n), len(times)),
        }
    )
    level = np.repeat(rng.normal(0, 2, n), len(times))
    treated = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    noise = rng.normal(0, 1, len(frame)) * (1 + 0.3 * frame["cohort"])
    frame["y"] = level + 0.4 * frame["time"] + 0.7 * treated + noise
    return frame


def with_gaps(frame: pd.DataFrame, seed: int, share: float = 0.15) -> pd.DataFrame:
    """The frame without a random share of its rows."""
    return frame.sample(frac=1 - share, random_state=seed)


def covariate_frame(seed: int, n: int = 120) -> pd.DataFrame:
    """``random_frame`` with a fixed covariate z, one that changes over time v, both of which move
    treatment and outcome, and a text s."""
    rng = np.random.default_rng(seed + 500)
    frame = random_frame(seed, n)
    periods = frame["time"].nunique()
    z = rng.normal(0, 1, n) + 0.3 * (frame["cohort"].to_numpy()[::periods] > 0)
    frame["z"] = np.repeat(z, periods)
    frame["v"] = 5 + 0.3 * frame["time"] + rng.normal(0, 1, len(frame)) - 0.2 * frame["z"]
    frame["s"] = np.repeat(rng.choice(["large", "middle", "small"], n), periods)
    frame["y"] += 0.5 * frame["z"] * frame["time"] + 0.2 * frame["v"]
    return frame
