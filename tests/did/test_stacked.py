"""A stacked regression with its weights is an average by event time, which is here by another name.

Source: Wing, Freedman and Hollingsworth (2024), Stacked difference-in-differences, NBER w32054.
"""

import numpy as np
import pandas as pd
import pytest
from did.data import ROLES

import pbc_eval as pbc

BEFORE, AFTER = 2, 1  # periods of a stack before the start, and after it


def staggered(seed: int, n: int = 90) -> pd.DataFrame:
    """Starts in 4, 6 and 7 of nine periods, effects that differ by group and grow, and no start."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        [(unit, time) for unit in range(n) for time in range(1, 10)], columns=["unit", "time"]
    )
    start = rng.choice([0, 4, 6, 7], n, p=[0.3, 0.1, 0.2, 0.4])
    frame["cohort"] = start[frame["unit"]]
    since = (frame["time"] - frame["cohort"]).where(frame["cohort"] > 0, -1)
    level = rng.normal(0, 3, n)[frame["unit"]]
    frame["y"] = level + 0.5 * frame["time"] + (since >= 0) * (frame["cohort"] + since)
    frame["y"] += rng.normal(size=len(frame))
    return frame


def stacked(frame: pd.DataFrame, *, weighted: bool) -> dict[int, float]:
    """The coefficients by event time of the regression on a stack for each start."""
    starts = sorted(set(frame["cohort"]) - {0})
    treated = {start: frame.loc[frame["cohort"] == start, "unit"].nunique() for start in starts}
    everybody = sum(treated.values())
    pieces = []
    for start in starts:
        window = frame["time"].between(start - BEFORE, start + AFTER)
        piece = frame[window & frame["cohort"].isin([0, start])].assign(stack=start)
        piece["event"], piece["d"] = piece["time"] - start, piece["cohort"] > 0
        controls = piece.loc[~piece["d"], "unit"].nunique()
        of_all = treated[start] / everybody / (controls / (len(starts) * controls))
        piece["weight"] = np.where(piece["d"], 1.0, of_all) if weighted else 1.0
        pieces.append(piece)
    stack = pd.concat(pieces)
    times = [event for event in range(-BEFORE, AFTER + 1) if event != -1]
    columns = [np.ones(len(stack)), stack["d"].astype(float)]
    columns += [(stack["event"] == event).astype(float) for event in times]
    columns += [((stack["event"] == event) & stack["d"]).astype(float) for event in times]
    root = np.sqrt(stack["weight"].to_numpy())
    design = np.column_stack(columns) * root[:, None]
    fit = np.linalg.lstsq(design, stack["y"].to_numpy() * root, rcond=None)[0]
    return dict(zip(times, fit[-len(times) :], strict=True))


def by_event_time(frame: pd.DataFrame) -> dict[int, float]:
    effects = pbc.att_gt(pbc.Panel.from_data(frame, **ROLES), base_period="universal")
    series = effects.aggregate("event", min_e=-BEFORE, max_e=AFTER, bands="pointwise").to_frame()
    return dict(zip(series["event_time"].astype(int), series["estimate"], strict=True))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_weighted_stack_is_the_average_by_event_time(seed):
    frame = staggered(seed)
    ours = by_event_time(frame)
    for event, coefficient in stacked(frame, weighted=True).items():
        assert coefficient == pytest.approx(ours[event], abs=1e-9)


def test_a_stack_without_weights_is_of_other_effects():
    """Each start counts by how its units and the comparison's happen to be mixed."""
    frame = staggered(1)
    plain, ours = stacked(frame, weighted=False), by_event_time(frame)
    assert abs(plain[0] - ours[0]) > 0.05
