"""simulate: closed forms, a slow twin draw by draw, threads, seeds, and refusal."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats
from sroi.conftest import valued

from pbc_eval.agreement.uncertainty import Correlation, Uncertain
from pbc_eval.errors import ValueMapError
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi import effect_draws, simulate, social_return
from pbc_eval.sroi.simulate import CHUNK

pytestmark = pytest.mark.slow  # seconds, together

READ = TypeAdapter(Uncertain)
N = 200_000
JOBS = MeasuredOutcome(
    outcome="jobs", source="estimated", effect=0.1, std_error=0.02, total_scale=400.0
)


def uncertain(row, name, kind, **fields):
    return READ.validate_python({"row": row, "input": name, "type": kind} | fields)


def close(values, mean, std_dev):
    """Within four and a half Monte Carlo standard errors, and the right spread."""
    assert values.mean() == pytest.approx(mean, abs=4.5 * std_dev / math.sqrt(len(values)))
    assert values.std() == pytest.approx(std_dev, rel=0.02)


# --- closed forms ---


def test_a_sum_of_independent_normals_is_normal():
    rows = [valued(id="a"), valued(id="b", quantity=10.0, proxy_value=300.0, deadweight=0.5)]
    base = social_return(rows, investment=100_000, discount=0)
    declared = [
        uncertain("a", "quantity", "normal", std_dev=4),
        uncertain("b", "proxy_value", "normal", std_dev=90),
    ]
    found = simulate(base, declared, draws=N, seed=1)
    mean, std_dev = 201_500, math.hypot(4 * 5000, 90 * 10 * 0.5)
    close(found.present_value, mean, std_dev)
    exact = stats.norm(mean, std_dev)
    assert found.interval("present_value") == pytest.approx(exact.ppf([0.025, 0.975]), rel=0.003)
    assert found.interval("ratio", 0.8) == pytest.approx(exact.ppf([0.1, 0.9]) / 1e5, rel=0.003)
    chance = float(exact.sf(100_000))
    assert found.chance_ratio_above_one == pytest.approx(chance, abs=0.003)
    assert found.chance_npv_above_zero == found.chance_ratio_above_one


def test_a_product_of_independent_lognormals_is_lognormal():
    base = social_return([valued(duration=3, drop_off=0.2)], investment=1e5, discount=0.035)
    declared = [
        uncertain("employment", "quantity", "lognormal", std_dev=10),
        uncertain("employment", "proxy_value", "lognormal", std_dev=2500),
    ]
    found = simulate(base, declared, draws=N, seed=2)
    squares = math.log1p((10 / 40) ** 2) + math.log1p(0.5**2)
    mean = base.present_value
    close(found.present_value, mean, mean * math.sqrt(math.expm1(squares)))
    exact = stats.lognorm(math.sqrt(squares), scale=mean * math.exp(-squares / 2))
    assert found.interval("present_value") == pytest.approx(exact.ppf([0.025, 0.975]), rel=0.01)


def test_a_product_of_shares_has_the_product_of_means():
    base = social_return([valued(deadweight=0.25, attribution=0.5)], investment=1, discount=0)
    declared = [
        uncertain("employment", "deadweight", "beta", alpha=2, beta=6),
        uncertain("employment", "attribution", "uniform", low=0.2, high=0.8),
    ]
    found = simulate(base, declared, draws=N, seed=3)
    seconds = (6 * 7 / (8 * 9)) * (0.5**2 + 0.6**2 / 12)
    std_dev = 200_000 * math.sqrt(seconds - (0.75 * 0.5) ** 2)
    close(found.present_value, 200_000 * 0.75 * 0.5, std_dev)


def test_correlated_normals_add_their_covariance():
    rows = [valued(id="a"), valued(id="b")]
    base = social_return(rows, investment=1, discount=0)
    declared = [uncertain(name, "quantity", "normal", std_dev=4) for name in "ab"]
    ties = [Correlation(between=("a.quantity", "b.quantity"), value=0.6)]
    found = simulate(base, declared, ties, draws=N, seed=4)
    close(found.present_value, 400_000, 5000 * math.sqrt(16 + 16 + 2 * 0.6 * 16))


def test_rows_that_rest_on_one_estimate_share_its_draws():
    rows = [
        valued(id="a", quantity_from="jobs"),
        valued(id="b", quantity_from="jobs", proxy_value=1000.0),
    ]
    base = social_return(rows, investment=1, discount=0, results={"jobs": JOBS})
    found = simulate(base, [], draws=N, seed=5, results={"jobs": JOBS})
    close(found.present_value, 40 * 6000, 8 * 6000)
    assert found.names == ("estimate of jobs",)


def test_estimates_are_drawn_with_their_covariance():
    other = MeasuredOutcome(outcome="health", source="estimated", effect=2.0, std_error=1.0)
    fixed = MeasuredOutcome(outcome="homes", source="reported", effect=3.0)
    counted = MeasuredOutcome(outcome="visits", source="counted", count=3.0)
    known = {r.outcome: r for r in (JOBS, other, fixed, counted)}
    matrix = np.array([[4e-4, 0.012], [0.012, 1.0]])
    made = effect_draws(known, draws=N, seed=6, covariance=(["jobs", "health"], matrix))
    assert set(made) == {"jobs", "health", "homes"}
    assert np.cov(made["jobs"], made["health"]) == pytest.approx(matrix, rel=0.02)
    assert (made["homes"] == 3).all()
    apart = effect_draws(known, draws=N, seed=6)
    assert np.corrcoef(apart["jobs"], apart["health"])[0, 1] == pytest.approx(0, abs=0.01)


# --- the slow twin: the public function, draw by draw ---


@pytest.mark.parametrize("convention", ["after_activity", "in_activity"])
def test_every_draw_is_what_social_return_makes_of_it(convention):
    rows = [
        valued(id="a", duration=4, drop_off=0.3, deadweight=0.1, leakage=0.1),
        valued(id="b", duration=3, start=2, proxy_value=-200.0, drop_off=0.1),
        valued(id="c", duration=6, displacement=0.2, drop_off=0.4),
        valued(id="d", quantity_from="jobs", duration=2),
        valued(id="e", duration=5, drop_off=0.25),
    ]
    invested = 250_000.0
    options = {"discount": 0.035, "start_convention": convention, "results": {"jobs": JOBS}}
    base = social_return(rows, investment=invested, **options)
    declared = [
        uncertain("a", "quantity", "normal", std_dev=5),
        uncertain("a", "drop_off", "beta", alpha=3, beta=7),
        uncertain("a", "leakage", "uniform", low=0, high=0.2),
        uncertain("b", "duration", "triangular", low=1, high=6),
        uncertain("b", "displacement", "uniform", low=0, high=0.4),
        uncertain("c", "duration", "pert", low=2, high=12),
        uncertain("c", "drop_off", "uniform", low=0.2, high=0.6),
        uncertain("d", "attribution", "beta", alpha=1, beta=4),
        uncertain("e", "proxy_value", "empirical", values=[4000, 5000, 7000]),
        uncertain(None, "discount", "triangular", low=0.01, high=0.06),
        uncertain(None, "investment", "lognormal", std_dev=30_000),
    ]
    for chosen in (declared, declared[:-2], declared[:1] + declared[3:4] + declared[8:9]):
        found = simulate(base, chosen, draws=200, seed=7, results={"jobs": JOBS})
        for k in range(200):
            drawn = dict(zip(found.names, found.inputs[:, k], strict=True))
            cells = {row.id: {} for row in rows}
            for name, value in drawn.items():
                row, _, figure = name.partition(".")
                if row in cells:
                    cells[row][figure] = int(value) if figure == "duration" else value
            effect = drawn["estimate of jobs"] / JOBS.total_scale
            jobs = MeasuredOutcome(
                outcome="jobs", source="estimated", effect=effect, total_scale=400.0
            )
            by_hand = social_return(
                [row.model_copy(update=cells[row.id]) for row in rows],
                investment=drawn.get("investment", invested),
                **options | {"discount": drawn.get("discount", 0.035), "results": {"jobs": jobs}},
            )
            assert found.present_value[k] == pytest.approx(by_hand.present_value, rel=1e-10)
            assert found.ratio[k] == pytest.approx(by_hand.ratio, rel=1e-10)


def test_with_nothing_uncertain_every_draw_is_the_stated_ratio():
    base = social_return([valued(duration=9, drop_off=0.1)], investment=7)
    assert simulate(base, [], draws=10, seed=1).ratio == pytest.approx([base.ratio] * 10)


# --- seeds, threads, payments ---

ONE = [uncertain("employment", "quantity", "normal", std_dev=4)]
BASE = social_return([valued()], investment=150_000, discount=0)


def test_the_same_seed_gives_the_same_draws_on_any_number_of_threads():
    draws = 3 * CHUNK + 17
    one, two, three = (
        simulate(BASE, ONE, draws=draws, seed=9, threads=threads) for threads in (1, 2, 3)
    )
    for other in (two, three):
        assert (one.present_value == other.present_value).all()
        assert (one.inputs == other.inputs).all()
    apart = simulate(BASE, ONE, draws=draws, seed=10)
    assert (one.present_value != apart.present_value).any()


def test_no_global_random_state_is_touched():
    before = np.random.get_state()[1].copy()
    simulate(BASE, ONE, draws=1000, seed=1)
    assert (np.random.get_state()[1] == before).all()


def test_the_payment_of_each_draw_takes_the_place_of_the_payment_that_was_stated():
    payments = np.linspace(0, 99_000, 1000)
    found = simulate(BASE, ONE, draws=1000, seed=1, payments=payments, paid=50_000)
    assert found.investment == pytest.approx(100_000 + payments)
    stated = simulate(BASE, ONE, draws=1000, seed=1, paid=50_000)
    assert stated.investment == pytest.approx(np.full(1000, 150_000))


def test_a_draw_in_which_nothing_is_invested_has_no_ratio():
    payments = np.array([0.0] * 300 + [100_000.0] * 700)
    found = simulate(BASE, ONE, draws=1000, seed=1, payments=payments, paid=150_000)
    assert found.without_investment == 300
    assert np.isnan(found.ratio[:300]).all()
    assert found.chance_ratio_above_one == pytest.approx(0.7)
    assert found.chance_npv_above_zero == 1
    assert math.isfinite(found.mean("ratio"))


def test_currency_scales_and_order_of_rows_is_irrelevant():
    rows = [valued(id="a"), valued(id="b", quantity=10.0)]
    declared = [uncertain(name, "deadweight", "uniform", low=0, high=0.5) for name in "ab"]
    base = social_return(rows, investment=1000)
    one = simulate(base, declared, draws=1000, seed=1)
    turned = simulate(social_return(rows[::-1], investment=1000), declared, draws=1000, seed=1)
    assert turned.present_value == pytest.approx(one.present_value, rel=1e-12)
    pence = [row.model_copy(update={"proxy_value": 100 * row.proxy_value}) for row in rows]
    scaled = simulate(social_return(pence, investment=100_000), declared, draws=1000, seed=1)
    assert scaled.ratio == pytest.approx(one.ratio, rel=1e-12)


# --- words and refusal ---


def test_what_was_rounded_truncated_held_or_without_error_is_said():
    certain = MeasuredOutcome(outcome="jobs", source="reported", effect=0.1, total_scale=400.0)
    rows = [valued(id="a", duration=2), valued(id="b", quantity_from="jobs")]
    base = social_return(rows, investment=1, results={"jobs": certain})
    declared = [
        uncertain("a", "duration", "uniform", low=1, high=3),
        uncertain("a", "deadweight", "normal", mean=0.1, std_dev=0.1, truncate=True),
        uncertain("a", "quantity", "fixed", value=1),
    ]
    notes = " ".join(simulate(base, declared, draws=9, seed=1, results={"jobs": certain}).notes)
    for words in ("whole years", "was cut off", "Held fixed: a.quantity", "no standard error"):
        assert words in notes


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 1}, "whole number from 2"),
        ({"draws": 1e6}, "whole number from 2"),
        ({"payments": np.zeros(3), "draws": 4}, r"payments has shape \(3,\), for 4 draws"),
        ({"uncertain": [uncertain("x", "quantity", "normal", std_dev=1)]}, "not a row"),
    ],
)
def test_a_simulation_that_cannot_be_meant_is_refused(options, message):
    options = {"uncertain": ONE, "seed": 1} | options
    with pytest.raises(ValueMapError, match=message):
        simulate(BASE, **options)


def test_a_schedule_has_no_one_rate_to_vary_and_estimates_need_their_results():
    import datetime as dt  # noqa: PLC0415

    base = social_return(
        [valued()], investment=1, discount="uk_green_book_standard", date=dt.date(2026, 6, 1)
    )
    with pytest.raises(ValueMapError, match="State one rate"):
        simulate(base, [uncertain(None, "discount", "uniform", low=0, high=0.1)], seed=1)
    estimated = social_return([valued(quantity_from="jobs")], investment=1, results={"jobs": JOBS})
    with pytest.raises(ValueMapError, match="Give results="):
        simulate(estimated, [], seed=1)
    with pytest.raises(ValueMapError, match="is not a covariance matrix"):
        effect_draws({"jobs": JOBS}, draws=5, seed=1, covariance=(["jobs"], np.array([[-1.0]])))
    with pytest.raises(ValueMapError, match="not among the outcomes"):
        effect_draws({"jobs": JOBS}, draws=5, seed=1, covariance=(["job"], np.eye(1)))
