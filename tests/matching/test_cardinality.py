"""Cardinality matching: brute force on tiny data, tolerances kept, honest about what is proven."""

import itertools
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matched_samples import match_by, match_people, people
from matching_golden import COVARIATES, LALONDE
from scipy import optimize

from pbc_eval.agreement.matching_options import Cardinality
from pbc_eval.checks.balance import check_balance
from pbc_eval.checks.overlap import check_overlap
from pbc_eval.errors import DesignError
from pbc_eval.matching.cardinality import SelectionProblem, largest_balanced
from pbc_eval.matching.sensitivity import pair_differences

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(120, seed=3, share=0.35)


def select(frame=PEOPLE, **changes):
    return match_people(frame, **({"method": "cardinality"} | changes))


def by_trying_all(problem):
    """The largest number by looking at every subset."""
    focal, best = problem.focal, 0
    free = np.flatnonzero(~focal) if problem.profile else np.arange(len(focal))
    for bits in itertools.product((False, True), repeat=len(free)):
        chosen = focal & problem.profile
        chosen[free[np.array(bits)]] = True
        inside, outside = chosen & focal, chosen & ~focal
        if not inside.any() or not outside.any():
            continue
        if not problem.profile and any(
            problem.ratio * (inside & (problem.strata == s)).sum()
            != (outside & (problem.strata == s)).sum()
            for s in np.unique(problem.strata)
        ):
            continue
        gap = problem.columns[inside].mean(axis=0) - problem.columns[outside].mean(axis=0)
        if (np.abs(gap) <= problem.tolerances + 1e-9).all():
            best = max(best, int((outside if problem.profile else inside).sum()))
    return best


@pytest.mark.parametrize("profile", [False, True])
@pytest.mark.parametrize("ratio", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_no_subset_is_larger(seed, ratio, profile):
    rng = np.random.default_rng(seed)
    n = 13
    problem = SelectionProblem(
        columns=rng.normal(size=(n, 2)),
        tolerances=np.array([0.3, 0.2]),
        focal=rng.permutation(np.arange(n) < 4),
        strata=rng.integers(0, 2, n) if seed % 2 and not profile else np.zeros(n, dtype=int),
        ratio=1 if profile else ratio,
        profile=profile,
        time_limit=30.0,
    )
    best = by_trying_all(problem)
    if not best:
        with pytest.raises(DesignError, match="no sample keeps every covariate"):
            largest_balanced(problem)
        return
    found = largest_balanced(problem)
    assert found.optimum.proven
    assert found.optimum.selected == found.optimum.at_most == best
    assert found.optimum.gap == 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"ratio": 2},
        {"profile": True},
        {"estimand": "ATC"},
        {"tolerance": 0.01},
        {"tolerance": {"age": 0.02, "group": 0.1}},
        {"exact": ["group"]},
        {"paired": True, "exact": ["group"]},
    ],
    ids=str,
)
def test_tolerances_hold_by_the_balance_table_itself(changes):
    sample = select(**changes)
    table = sample.balance().set_index("covariate")["std_diff_after"].abs()
    tolerance = changes.get("tolerance", 0.05)
    for name, gap in table.items():
        wanted = tolerance
        if isinstance(tolerance, dict):
            wanted = tolerance.get(name.partition("=")[0], 0.05)
        assert gap <= wanted + 1e-6
    counts = sample.counts().loc["matched"]
    if changes.get("profile"):
        assert counts["treated"] == PEOPLE["treated"].sum()
    else:
        assert counts.max() == changes.get("ratio", 1) * counts.min()
    assert sample.weights.isin([0.0, 1.0]).all()
    if "exact" in changes:
        cross = sample.to_frame().groupby("group")["treated"].mean()
        np.testing.assert_allclose(cross, 0.5)
    assert check_overlap(sample).status in ("pass", "review", "fail")


def test_pairs_within_the_chosen_are_the_nearest_in_total():
    chosen, paired = select(), select(paired=True)
    np.testing.assert_array_equal(chosen.matched, paired.matched)
    assert len(paired.pairs) == chosen.counts().loc["matched", "treated"]
    assert len(pair_differences(paired, "outcome")) == len(paired.pairs)
    first, second = (sample.effect("outcome") for sample in (chosen, paired))
    assert first.estimate == pytest.approx(second.estimate)
    assert first.method.clustering == "none (groups are not paired)"
    assert second.method.clustering == "matched set"
    with pytest.raises(DesignError, match="Use paired=True"):
        _ = chosen.pairs


def test_the_largest_sample_of_the_lalonde_data_is_proven():
    sample = match_by(
        LALONDE, treatment="treat", covariates=COVARIATES, unit="id", method="cardinality"
    )
    assert sample.assignment.optimum.selected == 118
    assert sample.assignment.optimum.proven
    assert check_balance(sample).status == "pass"
    assert "No balanced sample has more treated units than the 118 chosen (proven)." in sample.notes


def test_a_wider_tolerance_never_gives_fewer():
    sizes = [select(tolerance=t).assignment.optimum.selected for t in (0.02, 0.05, 0.2, 0.5)]
    assert sizes == sorted(sizes)


def test_time_running_out_is_said_with_the_gap(monkeypatch):
    """As if the clock had stopped the solver at its first good sample, or before any."""
    solved = optimize.milp

    def stopped(*asked, **options):
        found = solved(*asked, **options)
        found.status, found.mip_dual_bound = 1, 1.25 * found.fun
        return found

    monkeypatch.setattr(optimize, "milp", stopped)
    sample = select(time_limit=3)
    optimum = sample.assignment.optimum
    assert not optimum.proven
    assert optimum.at_most == int(1.25 * optimum.selected)
    assert optimum.gap == pytest.approx(optimum.at_most / optimum.selected - 1)
    said = next(note for note in sample.notes if "stopped after 3 seconds" in note)
    assert f"up to {optimum.at_most:,} ({optimum.gap:.1%} more)" in said

    monkeypatch.setattr(
        optimize, "milp", lambda *asked, **options: SimpleNamespace(status=1, x=None)
    )
    with pytest.raises(DesignError, match="no balanced sample was found within 3 seconds"):
        select(time_limit=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tolerance": 5}, r"between 0 and 1 standard deviations, got 5. Did you mean 0.05\?"),
        ({"tolerance": {"agee": 0.1}}, r"names 'agee', .* Did you mean 'age'\?"),
        ({"tolerance": {"age": "x"}}, "the tolerance of 'age' must lie"),
        ({"tolerance": {"age": "5%"}}, r"of 'age' must lie .*, got '5%'\. Did you mean 0\.05\?"),
        ({"tolerance": "0,1"}, r"must lie between 0 and 1 .*, got '0,1'\. Did you mean 0\.1\?"),
        ({"tolerance": True}, "must lie between 0 and 1"),
        ({"time_limit": 0}, "time_limit must be a finite number of seconds above 0, got 0"),
        ({"profile": True, "ratio": 2}, "profile=True keeps every person"),
        ({"profile": True, "paired": True}, "profile=True keeps every person"),
        ({"caliper": 0.2}, "caliper=0.2 means nothing to method='cardinality'"),
        ({"estimand": "ATE"}, "estimand must be one of ATT, ATC"),
        ({"sampling_weights": "age"}, "must be finite numbers, 0 or above"),
        ({"sampling_weights": "one"}, "takes no sampling_weights"),
    ],
    ids=str,
)
def test_what_cannot_be_carried_out_is_refused(changes, message):
    with pytest.raises((DesignError, ValueError), match=message):
        select(PEOPLE.assign(one=1.0), **changes)


TEXTS = ["5%", "0,1", "0.05", "12 %", "x", "", "-0.1", "150%", "nan", "0,5 sd"]


@given(
    value=st.one_of(
        st.sampled_from(TEXTS),
        st.text(max_size=8),
        st.booleans(),
        st.none(),
        st.floats(max_value=-1e-9) | st.floats(min_value=1.0001) | st.just(math.nan),
    )
)
def test_a_tolerance_that_cannot_be_meant_names_its_covariate_and_a_remedy_that_holds(value):
    with pytest.raises(DesignError) as refused:
        Cardinality(tolerance={"age": value, "income": 0.1})
    words = str(refused.value)
    assert "the tolerance of 'age' must lie between 0 and 1" in words
    assert f"got {value!r}" in words
    if " Did you mean " in words:
        remedy = words.rpartition(" Did you mean ")[2].removesuffix("?")
        assert Cardinality(tolerance={"age": float(remedy)}).tolerance == {"age": float(remedy)}
