"""The league: Morris's formulas by a slow twin, and ranks that cover the true ones."""

import numpy as np
import pytest
from portfolio.trials import bcg

from pbc_eval.errors import DataError
from pbc_eval.portfolio.heterogeneity import paule_mandel
from pbc_eval.portfolio.ranks import league, shrunken_effects


def twin(y, v):
    """Morris (1983), written out one contract at a time."""
    k, tau2 = len(y), paule_mandel(np.array(y), np.array(v))
    w = [1 / (one + tau2) for one in v]
    mean = sum(w[i] * y[i] for i in range(k)) / sum(w)
    typical = sum(w[i] * v[i] for i in range(k)) / sum(w)
    rows = []
    for i in range(k):
        b = (k - 3) / (k - 1) * v[i] * w[i]
        r = k * w[i] / sum(w)
        extra = 2 / (k - 3) * b**2 * (typical + tau2) * w[i] * (y[i] - mean) ** 2
        rows.append(((1 - b) * y[i] + b * mean, v[i] * (1 - (k - r) / k * b) + extra))
    return rows


@pytest.mark.parametrize("scale", ["log_odds_ratio", "log_risk_ratio"])
def test_shrunken_effects_are_those_of_the_twin(scale):
    y, v = bcg(scale)
    found, error, _ = shrunken_effects(y, v)
    np.testing.assert_allclose(np.column_stack([found, error**2]), twin(y, v), rtol=1e-10)


def test_shrinking_draws_to_the_mean_and_the_small_contract_most():
    y, v = np.array([0.0, 1.0, 4.0, 5.0, 9.0]), np.array([1.0, 1.0, 1.0, 4.0, 1.0])
    found, _, taken = shrunken_effects(y, v)
    assert np.argmax(taken) == 3
    assert found.max() < y.max()
    assert found.min() > y.min()


def test_ranks_are_whole_and_add_up_and_the_seed_alone_decides():
    y, v = bcg("log_risk_ratio")
    one, same, other = (league(y, v, seed=seed, draws=3_000) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.rank, same.rank)
    assert not np.array_equal(one.rank, other.rank)
    assert one.rank.sum() == pytest.approx(13 * 14 / 2)
    assert one.best_quarter.sum() == pytest.approx(3)
    assert one.worst_quarter.sum() == pytest.approx(3)
    assert ((one.rank_low >= 1) & (one.rank_high <= 13) & (one.rank_low <= one.rank_high)).all()


def test_what_is_far_apart_is_ranked_and_what_is_alike_is_not():
    far = league(10.0 * np.arange(8), np.full(8, 0.01), seed=1)
    np.testing.assert_allclose(far.rank, np.arange(8, 0, -1))
    assert (far.surely_above, far.surely_below) == (4, 4)
    alike = league(np.linspace(0, 0.1, 8), np.full(8, 1.0), seed=1)
    assert (alike.surely_above, alike.surely_below) == (0, 0)


def test_three_contracts_make_no_league():
    with pytest.raises(DataError, match="a league needs 4 or more contracts of one kind, got 3"):
        league(np.arange(3.0), np.ones(3), seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.3, 1.0])
def test_intervals_of_effects_and_ranks_hold_the_truth_as_often_as_they_say(tau):
    rng = np.random.default_rng(7)
    k, runs = 20, 300
    v = rng.uniform(0.1, 1.0, k)
    held_effects = held_ranks = 0.0
    for run in range(runs):
        truth = tau * rng.standard_normal(k)
        found = league(truth + np.sqrt(v) * rng.standard_normal(k), v, seed=run, draws=1_000)
        held_effects += np.mean((found.conf_low <= truth) & (truth <= found.conf_high)) / runs
        true_rank = np.argsort(np.argsort(-truth)) + 1
        inside = (found.rank_low <= true_rank) & (true_rank <= found.rank_high)
        held_ranks += np.mean(inside) / runs
    assert held_effects > 0.935  # at 95%; 6,000 intervals, a standard error of 0.003
    if tau:  # with no differences there is no true rank
        assert held_ranks > 0.935
