"""Panels of samples that were put into memory are those that are read, in all that they hold."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from samples import panel_of_sample

import pbc_eval as pbc

ROLES = {"unit": "u", "time": "t", "outcome": "y", "cohort": "g"}
MORE = {"plain": {}, "clusters": {"cluster": "k"}, "weights": {"weight": "w"},
        "both": {"cluster": "k", "weight": "w"}}  # fmt: skip


def drawn(seed, names="numbers"):
    """Twelve units over four periods; who is treated, outcomes, weights and clusters differ."""
    draw = np.random.default_rng(seed)
    start = draw.permutation([0, 0, 0, 0, 2, 2, 2, 3, 3, 3, 3, 3] if seed % 2 else [0, 2, 3] * 4)
    units = pd.DataFrame(
        {"u": [f"u{i:02}" for i in range(12)] if names == "texts" else range(12), "g": start,
         "k": draw.permutation(12) % 5, "w": draw.uniform(1, 2, 12)}
    )  # fmt: skip
    frame = units.loc[np.repeat(range(12), 4)].reset_index(drop=True)
    frame = frame.assign(t=np.tile([2001, 2002, 2003, 2004], 12))
    if names == "missing":
        frame["g"] = frame["g"].astype(float).replace(0, np.nan)
    frame["g"] = frame["g"] + 2000 * (frame["g"] > 0)
    return frame.assign(y=draw.normal(size=48))


def held(panel):
    arrays = panel.arrays()
    return {field.name: getattr(arrays, field.name) for field in fields(arrays)}


@pytest.mark.slow
@pytest.mark.parametrize("names", ["numbers", "texts", "missing"])
@pytest.mark.parametrize("more", MORE.values(), ids=MORE)
def test_a_sample_in_memory_holds_what_is_read_and_gives_the_same_to_the_bit(more, names):
    for seed in range(4):
        frame = drawn(seed, names)
        read = pbc.Panel.from_data(frame, **ROLES, **more)
        made = panel_of_sample(frame, **ROLES, **more)
        expected = held(read)
        for name, values in held(made).items():
            assert values.dtype == expected[name].dtype
            assert values.tolist() == expected[name].tolist()
        assert type(made) is type(read)
        for field in fields(read):
            if field.name not in ("units", "_held"):
                assert repr(getattr(made, field.name)) == repr(getattr(read, field.name))
        one, other = (pbc.att_gt(panel).aggregate("simple").overall for panel in (read, made))
        assert (one.estimate, one.std_error) == (other.estimate, other.std_error)


@pytest.mark.slow
def test_what_no_sample_in_memory_can_tell_is_refused():
    frame = drawn(1)
    panel_of_sample(frame, **ROLES)
    with pytest.raises(AssertionError, match=r"read this panel with Panel\.from_data"):
        _ = panel_of_sample(drawn(3), **ROLES).units.g
    with pytest.raises(AssertionError):
        panel_of_sample(frame.assign(y=np.nan), **ROLES)
    mixed = frame.sample(frac=1, random_state=1)
    with pytest.raises((AssertionError, ValueError, pbc.PbcError)):
        panel_of_sample(mixed, **ROLES)
