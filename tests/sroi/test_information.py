"""Value of information, global sensitivity and the two-way grid: closed forms and refusal."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats
from sroi.conftest import valued, wheels_to_meals

from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.errors import ValueMapError
from pbc_eval.sroi import (
    assumption_grid,
    one_way,
    simulate,
    social_return,
    value_of_information,
    widest_pair,
)
from pbc_eval.sroi.global_sensitivity import sobol_indices
from pbc_eval.sroi.plan import ends_of
from pbc_eval.sroi.sensitivity import ratio_with, with_values
from pbc_eval.sroi.value_of_information import conditional_mean

pytestmark = pytest.mark.slow  # seconds, together

READ = TypeAdapter(Uncertain)


def uncertain(row, name, kind, **fields):
    return READ.validate_python({"row": row, "input": name, "type": kind} | fields)


def unit_normal_loss(mean: float, std_dev: float) -> float:
    """E[max(0, x)] - max(0, mean) for a normal: the expected loss of the better choice."""
    z = abs(mean) / std_dev
    return std_dev * float(stats.norm.pdf(z) - z * stats.norm.sf(z))


# --- value of information ---


@pytest.mark.parametrize("invested", [150_000, 195_000, 210_000, 260_000])
def test_perfect_information_about_normals_is_the_unit_normal_loss(invested):
    rows = [valued(id="a"), valued(id="b", quantity=10.0, proxy_value=1000.0)]
    base = social_return(rows, investment=invested, discount=0)
    declared = [
        uncertain("a", "quantity", "normal", std_dev=4),
        uncertain("b", "quantity", "normal", std_dev=9),
        uncertain("b", "proxy_value", "fixed", value=1000),
    ]
    found = value_of_information(simulate(base, declared, draws=50_000, seed=1))
    mean, spreads = 210_000 - invested, {"a.quantity": 20_000, "b.quantity": 9_000}
    assert found.commission is bool(mean > 0) or mean == 0
    error = 4 * 22_000 / math.sqrt(50_000)
    assert found.perfect == pytest.approx(
        unit_normal_loss(mean, math.hypot(*spreads.values())), abs=error
    )
    by_name = {entry.name: entry for entry in found.inputs}
    for name, spread in spreads.items():
        assert by_name[name].value == pytest.approx(unit_normal_loss(mean, spread), abs=error)
        share = spread**2 / sum(s**2 for s in spreads.values())
        assert by_name[name].share_of_variance == pytest.approx(share, abs=0.02)
    assert by_name["b.proxy_value"].value == pytest.approx(0, abs=1e-9)
    assert found.inputs[0].name == "a.quantity"


def test_a_curved_conditional_mean_is_followed_by_the_spline():
    """NPV = x^2 - 1 + noise with x standard normal: EVPPI of x in closed form."""
    generator = np.random.default_rng(4)
    x = generator.standard_normal(100_000)
    net = x**2 - 1.2 + 0.5 * generator.standard_normal(100_000)
    fitted = conditional_mean(net, x, straight=False)
    a = math.sqrt(1.2)
    exact = 2 * (a * stats.norm.pdf(a) + stats.norm.sf(a)) - 2 * 1.2 * stats.norm.sf(a)
    assert np.maximum(fitted, 0).mean() == pytest.approx(exact, rel=0.02)
    line = conditional_mean(net, x, straight=True)
    assert np.maximum(line, 0).mean() < 0.05


def test_an_input_of_a_few_whole_years_has_its_mean_at_each():
    base = social_return([valued(duration=2)], investment=400_000, discount=0)
    declared = [
        uncertain("employment", "duration", "empirical", values=[1, 2, 3]),
        uncertain("employment", "quantity", "normal", std_dev=1),
    ]
    found = value_of_information(simulate(base, declared, draws=50_000, seed=3))
    # NPV given 1, 2, 3 years: -200,000, 0, 200,000
    assert found.inputs[0].name == "employment.duration"
    assert found.inputs[0].value == pytest.approx(200_000 / 3, rel=0.02)


def test_knowing_one_thing_is_never_worth_more_than_knowing_all():
    base = social_return(wheels_to_meals(), investment=80_000)
    declared = [
        uncertain("res-geri-care", "quantity", "pert", low=2, high=12),
        uncertain("res-geri-care", "attribution", "beta", alpha=1, beta=9),
        uncertain("res-gp", "drop_off", "uniform", low=0, high=0.5),
    ]
    ties = [Correlation(between=("res-geri-care.quantity", "res-gp.drop_off"), value=0.3)]
    for given in ([], ties):
        found = value_of_information(simulate(base, declared, given, draws=20_000, seed=4))
        assert all(0 <= entry.value <= found.perfect * 1.01 for entry in found.inputs)
        assert 0 <= found.chance_of_regret <= 0.6


def test_too_few_draws_have_no_value_of_information():
    base = social_return([valued()], investment=1)
    with pytest.raises(ValueMapError, match=r"at least 1,000 draws, got 10"):
        value_of_information(simulate(base, [], draws=10, seed=1))


# --- Sobol indices ---


SPREADS = {"a": 2, "b": 4, "c": 8}


def test_sobol_indices_of_a_sum_are_shares_of_variance():
    rows = [valued(id=name) for name in "abc"]
    base = social_return(rows, investment=100_000, discount=0)
    declared = [uncertain(name, "quantity", "normal", std_dev=s) for name, s in SPREADS.items()]
    found = {entry.name: entry for entry in sobol_indices(base, declared, seed=1)}
    for name, s in SPREADS.items():
        entry = found[f"{name}.quantity"]
        assert entry.first == pytest.approx(s**2 / 84, abs=0.01)
        assert entry.total == pytest.approx(s**2 / 84, abs=0.01)


def test_sobol_indices_of_a_product_in_closed_form():
    """Var(xy) of independent x, y splits into m_y^2 v_x, m_x^2 v_y and v_x v_y."""
    base = social_return([valued()], investment=1, discount=0)
    declared = [
        uncertain("employment", "quantity", "uniform", low=0, high=80),
        uncertain("employment", "deadweight", "uniform", low=0, high=1),
    ]
    x = (40, 80**2 / 12)
    y = (0.5, 1 / 12)
    parts = [y[0] ** 2 * x[1], x[0] ** 2 * y[1], x[1] * y[1]]
    found = {entry.name: entry for entry in sobol_indices(base, declared, seed=0)}
    one, two = found["employment.quantity"], found["employment.deadweight"]
    assert one.first == pytest.approx(parts[0] / sum(parts), abs=0.01)
    assert one.total == pytest.approx((parts[0] + parts[2]) / sum(parts), abs=0.01)
    assert two.total == pytest.approx((parts[1] + parts[2]) / sum(parts), abs=0.01)
    simulated = value_of_information(simulate(base, declared, draws=50_000, seed=1))
    shares = {entry.name: entry.share_of_variance for entry in simulated.inputs}
    assert shares["employment.quantity"] == pytest.approx(one.first, abs=0.02)


def test_sobol_indices_refuse_what_they_do_not_hold_for():
    base = social_return([valued()], investment=1)
    declared = [
        uncertain("employment", "quantity", "normal", std_dev=1),
        uncertain("employment", "proxy_value", "normal", std_dev=1),
    ]
    ties = [Correlation(between=("employment.quantity", "employment.proxy_value"), value=0.5)]
    with pytest.raises(ValueMapError, match="presume that inputs are independent"):
        sobol_indices(base, declared, ties, seed=1)
    with pytest.raises(ValueMapError, match="at least two inputs"):
        sobol_indices(base, declared[:1], seed=1)
    with pytest.raises(ValueMapError, match="power of two, got 1000"):
        sobol_indices(base, declared, base=1000, seed=1)


# --- two ways ---

GUIDE = social_return(wheels_to_meals(), investment=42_375)


def test_the_grid_is_the_ratio_at_every_pair():
    found = assumption_grid(
        GUIDE,
        ("res-gp", "quantity"),
        ("whole project", "investment"),
        first_values=[0, 90, 180],
        second_values=[42_375, 84_750 * 2],
    )
    assert found.ratios.shape == (3, 2)
    assert found.ratios[1, 0] == GUIDE.ratio
    assert found.ratios[:, 1] == pytest.approx(found.ratios[:, 0] / 4)
    changed = with_values(GUIDE.assumptions, "quantity", 180.0, 3)
    assert found.ratios[2, 0] == ratio_with(GUIDE, assumptions=changed)
    assert found.share_above_one == pytest.approx(0.5)


def test_the_widest_pair_runs_between_the_ends_of_the_tornado():
    entries = one_way(GUIDE)
    found = widest_pair(GUIDE, entries)
    numbers = [e for e in entries if e.outcome not in ("all outcomes",) and e.how == "set to"]
    assert found.first == (numbers[0].outcome, numbers[0].assumption)
    assert found.first_values[0] == numbers[0].low
    assert found.first_values[-1] == numbers[0].high
    corners = found.ratios[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.min() <= min(numbers[0].ratio_low, numbers[0].ratio_high)
    assert corners.max() >= max(numbers[0].ratio_low, numbers[0].ratio_high)


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        (("res-pg", "quantity"), [1], "mean 'res-gp'"),
        (("res-gp", "quantiy"), [1], "mean 'quantity'"),
        (("res-gp", "deadweight"), [25], r"mean 0\.25"),
        (("res-gp", "duration"), [1.5], "whole years from 1"),
        (("res-gp", "quantity"), [], "has no values"),
        (("res-gp", "quantity"), [math.nan], "finite"),
        (("whole project", "investment"), [0], "above zero"),
        (("res-ae", "quantity"), [1], "is given twice"),
    ],
)
def test_a_grid_that_cannot_be_meant_is_refused(key, values, message):
    with pytest.raises(ValueMapError, match=message):
        assumption_grid(GUIDE, key, ("res-ae", "quantity"), first_values=values, second_values=[1])


def test_the_tornado_moves_declared_figures_as_far_as_they_are_stated_to_go():
    base = social_return([valued(duration=3)], investment=150_000, discount=0.035)
    declared = [
        uncertain("employment", "quantity", "normal", std_dev=4),
        uncertain("employment", "duration", "triangular", low=1, high=6),
        uncertain("employment", "leakage", "uniform", low=0, high=0.2),
        uncertain("employment", "proxy_value", "fixed", value=1),
        uncertain(None, "investment", "uniform", low=80_000, high=120_000),
        uncertain(None, "discount", "uniform", low=0.03, high=0.05),
    ]
    ends = ends_of(base, declared, paid=50_000)
    z = stats.norm.ppf(0.95)
    assert ends["employment", "quantity"] == pytest.approx((40 - 4 * z, 40 + 4 * z))
    assert ends["employment", "duration"] == (2, 5)
    assert ends["whole project", "investment"] == pytest.approx((132_000, 168_000))
    assert ("employment", "proxy_value") not in ends
    entries = {(e.outcome, e.assumption): e for e in one_way(base, bounds=ends)}
    for key, (low, high) in ends.items():
        assert (entries[key].low, entries[key].high) == (low, high)
