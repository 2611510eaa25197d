"""Distributions: quantiles and moments in closed form, the copula, truncation, refusal."""

import math

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError
from scipy import stats
from sroi.conftest import valued

from pbc_eval.agreement.uncertainty import Correlation, Uncertain, uncertainty_problem
from pbc_eval.errors import ValueMapError
from pbc_eval.sroi.distributions import CELLS, copula_of, distribution_of

pytestmark = pytest.mark.slow  # seconds, together

READ = TypeAdapter(Uncertain)
N = 400_000


def entry(kind: str, **fields):
    fields = {"row": "employment", "input": "proxy_value"} | fields
    return READ.validate_python({"type": kind} | fields)


def drawn(made, n=N, seed=1):
    out = np.empty(n)
    made.draw(np.random.Generator(np.random.SFC64(seed)), out)
    return out


SHAPE = math.sqrt(math.log1p(0.25))
CASES = {
    "normal": (entry("normal", mean=10, std_dev=2), stats.norm(10, 2)),
    "lognormal": (
        entry("lognormal", mean=10, std_dev=5),
        stats.lognorm(SHAPE, scale=10 / math.sqrt(1.25)),
    ),
    "triangular": (entry("triangular", low=1, mode=2, high=7), stats.triang(1 / 6, 1, 6)),
    "triangular to the left": (
        entry("triangular", low=0, mode=0, high=2),
        stats.triang(0, 0, 2),
    ),
    "pert": (entry("pert", low=0, mode=2, high=10), stats.beta(1.8, 4.2, 0, 10)),
    "beta": (entry("beta", input="deadweight", alpha=3, beta=9), stats.beta(3, 9)),
    "sharp beta": (entry("beta", input="deadweight", alpha=0.5, beta=0.5), stats.beta(0.5, 0.5)),
    "uniform": (entry("uniform", low=-1, high=3), stats.uniform(-1, 4)),
    "truncated normal": (
        entry("normal", input="deadweight", mean=0.1, std_dev=0.1, truncate=True),
        stats.truncnorm(-1, 9, 0.1, 0.1),
    ),
    "truncated triangular": (
        entry("triangular", input="deadweight", low=-1, mode=0, high=1, truncate=True),
        stats.triang(0, 0, 1),
    ),
}
EVERY = pytest.mark.parametrize(("declared", "known"), CASES.values(), ids=CASES)


@EVERY
def test_quantiles_are_those_of_the_closed_form(declared, known):
    made = distribution_of(declared, known.mean())
    p = np.array([1e-9, 1e-4, 0.01, 0.25, 0.5, 0.9, 0.9999, 1 - 1e-9])
    assert made.quantile(p) == pytest.approx(known.ppf(p), rel=1e-6, abs=1e-9)


@EVERY
def test_draws_have_the_closed_forms_distribution(declared, known):
    made = distribution_of(declared, known.mean())
    values = drawn(made)
    assert made.mean == pytest.approx(known.mean(), rel=1e-3, abs=1e-3)
    assert values.mean() == pytest.approx(known.mean(), abs=4.5 * known.std() / math.sqrt(N))
    assert values.std() == pytest.approx(known.std(), rel=0.02)
    assert stats.kstest(values[:100_000], known.cdf).pvalue > 1e-4


@EVERY
def test_the_table_of_quantiles_is_as_good_as_the_quantiles(declared, known):
    made = distribution_of(declared, known.mean())
    p = np.random.default_rng(3).random(200_000)
    if made.normal is not None:
        return
    out = p.copy()
    made._of_uniforms(out)
    span = float(np.ptp(known.ppf([1e-6, 1 - 1e-6])))
    assert abs((out - known.ppf(p)).mean()) < 1e-5 * span
    ends = (p < 1 / CELLS) | (p > 1 - 1 / CELLS)
    assert ends.sum() > 100
    assert out[ends] == pytest.approx(known.ppf(p[ends]), rel=1e-6, abs=1e-8)


@EVERY
def test_scores_give_the_same_distribution(declared, known):
    made = distribution_of(declared, known.mean())
    scores = np.array([-9.0, -3.0, 0.0, 1.0, 4.0, 9.0])
    found = made.of_scores(scores)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
    inner = slice(1, 5)
    span = float(np.ptp(known.ppf([1e-6, 1 - 1e-6])))
    exact = known.ppf(stats.norm.cdf(scores[inner]))
    assert found[inner] == pytest.approx(exact, rel=1e-4, abs=4e-4 * span)


def test_empirical_draws_are_the_values_in_equal_shares():
    made = distribution_of(entry("empirical", values=[5, 1, 9]), 5)
    values, counts = np.unique(drawn(made), return_counts=True)
    assert values.tolist() == [1, 5, 9]
    assert counts / N == pytest.approx([1 / 3] * 3, abs=0.005)
    assert distribution_of(entry("fixed", value=7), 5).quantile(np.array([0.3]))[0] == 7


def test_what_is_left_out_is_the_figure_in_the_map():
    assert distribution_of(entry("normal", std_dev=1), 19.0).mean == 19.0
    assert distribution_of(entry("pert", low=0, high=40), 19.0).mean == pytest.approx(116 / 6)
    assert distribution_of(entry("triangular", low=0, high=41), 19.0).mean == 20.0


def test_truncation_is_said_with_what_it_moves():
    made = distribution_of(CASES["truncated normal"][0], 0.1)
    assert made.note == (
        "employment.deadweight: 0.16 of the distribution lay outside 0 to 1 and was cut off, which "
        "moves its mean from 0.1 to 0.1288."
    )


# --- together ---


def tie(one, two, value):
    return Correlation(between=(f"{one}.proxy_value", f"{two}.proxy_value"), value=value)


def named(*names):
    return [entry("pert", row=name, low=0, mode=1, high=4) for name in names]


def test_inputs_move_together_as_asked():
    entries = named("a", "b", "c")
    tied, root = copula_of(entries, [tie("a", "c", 0.6)])
    assert tied.tolist() == [0, 2]
    scores = root @ np.random.default_rng(1).standard_normal((2, 200_000))
    one, two = (distribution_of(entries[k], 1.0).of_scores(s) for k, s in enumerate(scores))
    assert stats.spearmanr(one, two)[0] == pytest.approx(6 / math.pi * math.asin(0.3), abs=0.01)
    assert one.mean() == pytest.approx(8 / 6, abs=0.01)


def test_correlations_that_cannot_hold_are_refused_with_the_nearest_that_do():
    ties = [tie("a", "b", 0.9), tie("b", "c", 0.9), tie("a", "c", -0.9)]
    with pytest.raises(ValueMapError, match=r"largest multiple of them all that holds is 0\.55"):
        copula_of(named("a", "b", "c"), ties)
    scaled = [tie(*(n.split(".")[0] for n in t.between), 0.55 * t.value) for t in ties]
    copula_of(named("a", "b", "c"), scaled)
    larger = [tie(*(n.split(".")[0] for n in t.between), 0.56 * t.value) for t in ties]
    with pytest.raises(ValueMapError, match="not positive definite"):
        copula_of(named("a", "b", "c"), larger)


# --- refusal ---


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        ("triangular", {"low": 5, "high": 2}, "low must be below high, got 5 and 2"),
        ("pert", {"low": 1, "mode": 9, "high": 2}, "mode must lie from low to high, got 9"),
        ("normal", {"std_dev": 0}, "greater than 0"),
        ("normal", {"std_dev": "2"}, "must be a number"),
        ("normal", {"std_dev": float("nan")}, "finite"),
        ("beta", {"alpha": -1, "beta": 2}, "greater than 0"),
        ("empirical", {"values": [1]}, "at least 2"),
        ("gamma", {"a": 1}, "does not match any of the expected tags"),
        ("uniform", {"low": 0, "high": 1, "input": "investment"}, "Leave out row"),
        ("uniform", {"low": 0, "high": 1, "row": None}, "Add row"),
    ],
)
def test_a_distribution_that_cannot_be_is_refused(kind, fields, message):
    with pytest.raises(ValidationError, match=message):
        entry(kind, **fields)


def problem(*entries, ties=(), **row):
    return uncertainty_problem(entries, ties, [valued(**row)]) or ""


@pytest.mark.parametrize(
    ("declared", "row", "message"),
    [
        (entry("normal", std_dev=1, row="employmnet"), {}, "Did you mean 'employment'"),
        (entry("uniform", low=25, high=40, input="deadweight"), {}, "did you mean 0.25 to 0.4?"),
        (entry("normal", std_dev=0.1, input="deadweight"), {}, "Set truncate: true"),
        (entry("uniform", low=1, high=2), {}, "map states 5000, which lies outside 1 to 2"),
        (entry("lognormal", std_dev=1), {"proxy_value": -5.0}, "harm on its quantity"),
        (
            entry("normal", std_dev=1, input="quantity"),
            {"quantity_from": "jobs"},
            "its uncertainty is that of the estimate",
        ),
        (
            entry("uniform", low=0, high=1, input="deadweight"),
            {"quantity_from": "jobs"},
            "already net of deadweight",
        ),
        (entry("uniform", low=0, high=9, input="duration"), {}, "duration lies from 1 to 500"),
    ],
)
def test_a_distribution_that_does_not_fit_its_row_is_refused(declared, row, message):
    assert message in problem(declared, **row)


def test_entries_that_contradict_each_other_are_refused():
    twice = entry("normal", std_dev=1), entry("uniform", low=0, high=9999)
    assert "declared more than once" in problem(*twice)
    tied = Correlation(between=("employment.proxy_value", "employment.quantiy"), value=0.5)
    assert "'employment.quantiy' is not an uncertain input" in problem(twice[0], ties=[tied])
    itself = Correlation(between=("employment.proxy_value",) * 2, value=0.5)
    assert "not correlated with itself" in problem(twice[0], ties=[itself])
    still = entry("fixed", value=1), entry("normal", std_dev=1, input="quantity")
    pair = Correlation(between=("employment.proxy_value", "employment.quantity"), value=0.5)
    assert "is fixed and cannot move" in problem(*still, ties=[pair])
    free = entry("normal", std_dev=1), still[1]
    assert "given twice" in problem(*free, ties=[pair, pair])
    assert problem(*free, ties=[pair]) == ""
