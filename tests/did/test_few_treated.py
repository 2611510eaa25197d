"""Few treated groups among many: Conley and Taber, Ferman and Pinto, each against a slow twin,
closed forms, invariances, and how often intervals hold the truth."""

import runpy
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import pbc_eval as pbc
from pbc_eval.errors import DesignError

PROJECT = Path(__file__).parents[2]


def frame_of(seed, *, compared=40, treated=2, late=0, periods=5, sizes=None, by_size=True):
    """Units over periods 1 to 5, ``treated`` from period 3 on, the first ``late`` from period 4;
    no effect. With ``sizes`` the errors' variance is one over the size."""
    draw = np.random.default_rng(seed)
    n = compared + treated
    frame = pd.DataFrame(
        {"u": np.repeat(np.arange(n), periods), "t": list(range(1, periods + 1)) * n}
    )
    frame["g"] = np.where(frame["u"] < treated, np.where(frame["u"] < late, 4, 3), 0)
    frame["m"] = np.repeat(np.ones(n) if sizes is None else np.resize(sizes, n), periods)
    spread = 1 / np.sqrt(frame["m"]) if by_size else 1.0
    frame["y"] = draw.normal(size=len(frame)) * spread + np.repeat(draw.normal(size=n), periods)
    return frame


def panel_of(frame, **roles):
    return pbc.Panel.from_data(frame, unit="u", time="t", outcome="y", cohort="g", **roles)


BENCHMARK = runpy.run_path(str(PROJECT / "benchmarks" / "coverage_few_treated.py"))
coverage, SIZES = BENCHMARK["coverage"], BENCHMARK["SIZES"]


def twin(frame, starts, *, rescaled=False, finite_sample=True):
    """Errors of the estimate with each comparison unit in place of each treated one, one by one;
    starts: {unit: start}. Against the last period before a start, averaged over treated cells."""
    wide = frame.pivot_table(index="u", columns="t", values="y").to_numpy()
    size = frame.groupby("u")["m"].first()
    others = [u for u in range(len(wide)) if u not in starts]
    last = wide.shape[1]
    cells = {u: last - start + 1 for u, start in starts.items()}
    total = sum(size[u] * cells[u] for u in starts)

    def change(u, start):
        return wide[u, start - 1 :].mean() - wide[u, start - 2]

    finite_sample = finite_sample and len(starts) > 1
    of_all = {u: size[u] / size[others].sum() for u in others}
    squared = sum(share**2 for share in of_all.values())

    def away(start):
        mean = sum(of_all[u] * change(u, start) for u in others)
        kept = {u: 1 - 2 * of_all[u] + squared if finite_sample else 1.0 for u in others}
        return {u: (change(u, start) - mean) / np.sqrt(kept[u]) for u in others}

    def variance(of):
        squares = np.array([of[u] ** 2 for u in others])

        def unlikely(beta):
            fitted = np.exp(beta[0]) + np.exp(beta[1]) / size[others].to_numpy()
            return (np.log(fitted) + squares / fitted).sum()

        beta = np.exp(minimize(unlikely, [0.0, 0.0], method="BFGS", options={"gtol": 1e-8}).x)
        return lambda m: beta[0] + beta[1] / m

    def alike(of):
        return lambda m: np.mean([of[u] ** 2 for u in others])

    parts = []
    for treated, start in starts.items():
        of = away(start)
        var = (variance if rescaled else alike)(of)
        share = size[treated] * cells[treated] / total
        parts.append([share * of[u] * np.sqrt(var(size[treated]) / var(size[u])) for u in others])
    own = 0.0
    if finite_sample:
        together = {
            u: sum(size[v] * cells[v] / total * away(start)[u] for v, start in starts.items())
            for u in others
        }
        var = (variance if rescaled else alike)(together)
        own = sum(of_all[u] ** 2 * var(size[u]) for u in others)
    spread = sum(np.mean(np.square(part)) for part in parts)
    factor = np.sqrt(1 + own / spread)
    if finite_sample:
        df = len(others) - (2 if rescaled else 1)
        factor *= np.sqrt(df / (df - 2))
    estimate = sum(
        size[u] * cells[u] / total * (change(u, s) - sum(of_all[v] * change(v, s) for v in others))
        for u, s in starts.items()
    )
    return estimate, np.array([sum(pair) * factor for pair in product(*parts)])


def kept_by(estimate, errors, value):
    """Is a value of the effect kept at 95 %?"""
    error = estimate - value
    beyond = min((errors >= error - 1e-9).sum(), (errors <= error + 1e-9).sum())
    return (1 + beyond) / (len(errors) + 1) > 0.025 + 1e-9


@pytest.mark.parametrize(
    ("late", "rescaled", "finite_sample"), [(1, True, True), (0, False, False), (0, False, True)]
)
def test_interval_and_p_value_are_those_of_every_combination_one_by_one(
    late, rescaled, finite_sample
):
    frame = frame_of(3, late=late, sizes=[3, 40, 9, 1, 14])
    made = (pbc.ferman_pinto if rescaled else pbc.conley_taber)(
        panel_of(frame, weight="m"), finite_sample=finite_sample
    )
    starts = {0: 4 if late else 3, 1: 3}
    estimate, errors = twin(frame, starts, rescaled=rescaled, finite_sample=finite_sample)
    assert made.estimate == pytest.approx(estimate, rel=1e-9)
    assert made.combinations == len(errors) == 1600
    for end, out in ((made.conf_low, -1e-5), (made.conf_high, 1e-5)):
        assert kept_by(estimate, errors, end - out)
        assert not kept_by(estimate, errors, end + out)
    beyond = min((errors >= estimate).sum(), (errors <= estimate).sum())
    assert made.p_value == pytest.approx(min(1, 2 * (1 + beyond) / 1601), abs=1e-12)


def test_a_lone_treated_unit_among_39_is_held_against_the_largest_and_smallest_change():
    frame = frame_of(5, compared=39, treated=1)
    wide = frame.pivot_table(index="u", columns="t", values="y")
    change = (wide[[3, 4, 5]].mean(axis=1) - wide[2]).to_numpy()
    made = pbc.conley_taber(panel_of(frame))
    assert made.conf_low == pytest.approx(change[0] - change[1:].max(), rel=1e-9)
    assert made.conf_high == pytest.approx(change[0] - change[1:].min(), rel=1e-9)


def test_small_groups_are_given_wider_intervals_and_large_ones_narrower():
    for size, wider in ((1, True), (60, False)):
        frame = frame_of(7, treated=1, sizes=[size, *[4, 9, 16, 25] * 10])
        panel = panel_of(frame, weight="m")
        alike, rescaled = pbc.conley_taber(panel), pbc.ferman_pinto(panel)
        assert (rescaled.std_error > 1.3 * alike.std_error) is wider
        assert (alike.std_error > 1.3 * rescaled.std_error) is not wider


def test_whole_clusters_are_the_groups_and_their_units_the_size():
    frame = frame_of(8, compared=40, treated=2, sizes=[2, 5, 3, 7])
    units = frame.loc[frame.index.repeat(frame["m"].astype(int))].copy()
    units["k"] = units["u"]
    units["u"] = units.groupby(["k", "t"]).cumcount() * 1000 + units["k"]
    one = pbc.ferman_pinto(panel_of(frame, weight="m"))
    many = pbc.ferman_pinto(panel_of(units, cluster="k"))
    assert (many.treated, many.compared) == (2, 40)
    for key in ("estimate", "std_error", "conf_low", "conf_high", "p_value", "by_size"):
        assert getattr(many, key) == pytest.approx(getattr(one, key), rel=1e-9)


@pytest.mark.soak
@given(st.integers(0, 10_000), st.integers(1, 2), st.floats(0.01, 100))
@settings(max_examples=2, deadline=None, phases=[Phase.generate])
def test_neither_units_of_measure_nor_order_nor_unit_and_period_effects_matter(
    seed, treated, scale
):
    frame = frame_of(seed, treated=treated, late=treated - 1, sizes=[1, 3, 5])
    moved = frame.assign(y=scale * frame["y"] + 5 * frame["t"] + frame["u"], u=997 - frame["u"])
    for way in (pbc.conley_taber, pbc.ferman_pinto):
        one = way(panel_of(frame, weight="m"))
        other = way(panel_of(moved.sample(frac=1, random_state=seed), weight="m"))
        assert other.p_value == pytest.approx(one.p_value, abs=1e-12)
        assert other.conf_low == pytest.approx(scale * one.conf_low, rel=1e-6, abs=1e-7 * scale)


def test_more_combinations_than_can_be_gone_through_are_drawn_and_say_how_well_they_are_known():
    frame = frame_of(9, treated=5)
    drawn = pbc.conley_taber(panel_of(frame), draws=9_999)
    again = pbc.conley_taber(panel_of(frame.sample(frac=1, random_state=1)), draws=9_999)
    assert drawn.seed is not None
    assert (drawn.conf_low, drawn.p_value) == (again.conf_low, again.p_value)
    other = pbc.conley_taber(panel_of(frame), draws=9_999, seed=1)
    assert 0 < abs(other.conf_low - drawn.conf_low) < 5 * drawn.known_to < 0.2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"compared": 38, "treated": 1}, "38 comparison groups, too few"),
        ({"compared": 29, "treated": 3}, "29 comparison groups, too few"),
    ],
)
def test_too_few_comparison_groups_are_refused(change, said):
    with pytest.raises(DesignError, match=said):
        pbc.conley_taber(panel_of(frame_of(1, **change)))


def test_groups_of_one_size_and_torn_clusters_are_refused():
    frame = frame_of(1)
    with pytest.raises(DesignError, match="All groups are of one size"):
        pbc.ferman_pinto(panel_of(frame))
    frame["k"] = frame["u"] // 3
    with pytest.raises(DesignError, match="whole clusters"):
        pbc.conley_taber(panel_of(frame, cluster="k"))


def test_one_large_comparison_group_that_moved_by_itself_is_no_measure_of_chance():
    frame = frame_of(2, compared=85, treated=1)
    frame["m"] = np.where(frame["u"] == 7, 10_000.0, 1.0)
    frame.loc[(frame["u"] == 7) & (frame["t"] >= 3), "y"] += 50
    with pytest.raises(DesignError, match="A few large comparison groups moved unlike"):
        pbc.conley_taber(panel_of(frame, weight="m"), finite_sample=False)


def test_more_comparison_units_than_a_bootstrap_goes_through_are_no_bar():
    frame = frame_of(4, compared=1_005, treated=1, periods=3)
    panel = panel_of(frame)
    made = pbc.with_inference(panel, pbc.att_gt(panel), inference="conley_taber")
    assert made.conf_low < 0 < made.conf_high
    assert "1,005 comparison groups, put in the place of 1 treated" in made.method.inference
    allowed = pbc.inferences_of(panel, pbc.att_gt(panel))
    assert allowed == ("randomisation", "small_sample", "conley_taber")
    with pytest.raises(DesignError, match=r"at most 1,000 independent units\. With these data"):
        pbc.with_inference(panel, pbc.att_gt(panel), inference="cr2")


@pytest.mark.soak
@pytest.mark.parametrize(
    ("small", "by", "least", "most"),
    [
        (False, "conley_taber", 0.92, 0.985),
        (True, "conley_taber", 0.0, 0.85),
        (True, "ferman_pinto", 0.90, 0.985),
    ],
)
@pytest.mark.parametrize("treated", [1, 2, 3])
def test_intervals_hold_the_truth_as_often_as_they_say_and_sizes_mislead_conley_and_taber(
    treated, small, by, least, most
):
    """40 groups, the treated of size 1 where sizes differ: 400 samples each."""
    sizes = [1] * treated + SIZES * 5 if small else [1.0]
    held = coverage(treated, 40 - treated, sizes[:40], by, 400, seed=treated)
    assert least <= held <= most
