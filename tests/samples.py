"""Panels of many simulated samples: the first is read from data, the others put into its place.

To read a panel costs an engine some ten questions, and an estimate a tenth of that: a simulation of
an estimator would spend its time on the questions. What differs between samples of one design is
who is treated, outcomes, weights and clusters; these are put into memory where ``Panel`` holds what
it read. ``test_samples.py`` holds that nothing tells such a panel from one that was read. Where an
estimator asks an engine for parts of a sample, ``panel.parts.with_outcomes`` is for it.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.panel.panel import Panel

_first: dict[tuple[object, ...], Panel] = {}  # of each design, as it was read
_MOST = 20  # designs


class _NotAsked:
    """The engine's table of a sample that was never in an engine."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"units.{name} is asked: read this panel with Panel.from_data.")


def panel_of_sample(
    frame: pd.DataFrame, *, unit: str, time: str, outcome: str, cohort: str,
    cluster: str | None = None, weight: str | None = None,
) -> Panel:  # fmt: skip
    """What ``Panel.from_data`` makes of a complete sample, sorted by unit and time, whose cohorts
    are numbers (0 or missing for never)."""
    roles: dict[str, Any] = {
        "unit": unit, "time": time, "outcome": outcome, "cohort": cohort,
        "cluster": cluster, "weight": weight,
    }  # fmt: skip
    n_periods = frame[time].nunique()
    starts = frame[cohort].to_numpy(dtype=float, na_value=0).reshape(-1, n_periods)[:, 0]
    labels = np.unique(starts)
    key = (
        *roles.values(), tuple(frame[unit]), tuple(frame[time]),
        *(str(frame[column].dtype) for column in filter(None, roles.values())), labels.tobytes(),
    )  # fmt: skip
    if key not in _first:
        while len(_first) >= _MOST:
            del _first[next(iter(_first))]
        _first[key] = Panel.from_data(frame, **roles)
    return _in_place_of(_first[key], frame, starts, roles)


def _in_place_of(
    first: Panel, frame: pd.DataFrame, starts: np.ndarray, roles: dict[str, Any]
) -> Panel:
    shape = len(starts), first.n_periods
    held = first.arrays()
    assert first.balanced
    assert held.unit.tolist() == frame[roles["unit"]].iloc[:: shape[1]].tolist(), "not sorted"
    outcome = frame[roles["outcome"]].to_numpy(dtype=float).reshape(shape).copy()
    assert np.isfinite(outcome).all()
    known = np.array(first.cohorts, dtype=float)
    numbers = np.searchsorted(known, starts).astype(np.int64)
    assert (known[numbers] == starts).all(), "a cohort that was not in the first sample"
    given = {"outcome": outcome, "cohort": numbers}
    if roles["weight"]:
        given["weight"] = frame[roles["weight"]].to_numpy(dtype=float).reshape(shape)[:, 0].copy()
    if roles["cluster"]:
        clusters = frame[roles["cluster"]].to_numpy().reshape(shape)[:, 0]
        given["cluster"] = np.unique(clusters, return_inverse=True)[1].astype(np.int64)
    counts = tuple(np.bincount(numbers, minlength=len(known)).tolist())
    ledger = replace(first.ledger, units_per_cohort=tuple(zip(first.cohorts, counts, strict=True)))
    parts = {field.name: getattr(first, field.name) for field in fields(first)}
    parts |= {"cohort_units": counts, "ledger": ledger, "units": _NotAsked(), "_held": None}
    made = Panel(**parts)
    for values in given.values():
        values.flags.writeable = False
    vars(made)["_arrays"] = replace(held, **given)
    return made
