"""Cells and subclasses: weights worked by hand, cut points, invariances, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import match_people, people

from pbc_eval.checks.balance import check_balance
from pbc_eval.checks.overlap import check_overlap
from pbc_eval.errors import DesignError
from pbc_eval.matching.coarsened import OfValues, inner_edges
from pbc_eval.matching.labels import combined, dense
from pbc_eval.matching.subclass import subclasses

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people(400, seed=1)
SMALL = pd.DataFrame(
    {
        "t": [1, 1, 0, 1, 0, 0, 0, 1],
        "x": list("aaabbbbc"),
        "y": [5.0, 7.0, 2.0, 9.0, 1.0, 2.0, 3.0, 50.0],
    },
    index=list("ABCDEFGH"),
)


def match_small(**changes):
    asked = {"treatment": "t", "covariates": ["x"], "unit": None, "method": "exact"}
    return match_people(SMALL, **(asked | changes))


@pytest.mark.parametrize(
    ("estimand", "effect", "raw"),
    [
        # cell a: 2 treated (mean 6), 1 other (2); cell b: 1 treated (9), 3 others (2)
        ("ATT", (2 * 4 + 1 * 7) / 3, [1, 1, 2, 1, 1 / 3, 1 / 3, 1 / 3, 0]),
        ("ATC", (1 * 4 + 3 * 7) / 4, [0.5, 0.5, 1, 3, 1, 1, 1, 0]),
        ("ATE", (3 * 4 + 4 * 7) / 7, [1.5, 1.5, 3, 4, 4 / 3, 4 / 3, 4 / 3, 0]),
    ],
)
def test_exact_matching_by_hand(estimand, effect, raw):
    sample = match_small(estimand=estimand)
    assert sample.effect("y").estimate == pytest.approx(effect)
    for group in (1, 0):
        mine = (SMALL["t"] == group).to_numpy()
        expected = np.array(raw)[mine]
        expected *= (expected > 0).sum() / expected.sum()
        np.testing.assert_allclose(sample.weights[mine], expected, atol=1e-12)
    assert sample.ledger.rows == 7
    assert sample.subclass.isna().tolist() == [False] * 7 + [True]
    with pytest.raises(DesignError, match=r"method='exact' makes sets, not pairs"):
        _ = sample.pairs


@pytest.mark.parametrize("estimand", ["ATT", "ATC", "ATE"])
@pytest.mark.parametrize("method", ["coarsened", "subclass", "exact", "full"])
def test_weighted_group_sizes_are_alike_within_every_set(method, estimand):
    covariates = ["group"] if method == "exact" else ["age", "group"]
    sample = match_people(PEOPLE, method=method, estimand=estimand, covariates=covariates)
    frame = pd.DataFrame(
        {"w": sample.weights, "s": sample.subclass, "t": PEOPLE["treated"].to_numpy()}
    ).dropna()
    share = frame.groupby(["s", "t"])["w"].sum().unstack()
    np.testing.assert_allclose(share[0] / share[0].sum(), share[1] / share[1].sum(), atol=1e-12)
    members = frame.groupby("t")["w"].agg(["sum", "size"])
    np.testing.assert_allclose(members["sum"], members["size"])


@pytest.mark.parametrize("method", ["coarsened", "subclass", "exact"])
def test_rows_names_and_units_do_not_matter(method):
    covariates = ["group"] if method == "exact" else ["age", "group"]
    asked = {"method": method, "covariates": covariates}
    first = match_people(PEOPLE, **asked)
    changed = PEOPLE.assign(age=100 + 4 * PEOPLE["age"], group=PEOPLE["group"].str.upper()).sample(
        frac=1, random_state=2
    )
    again = match_people(changed, **asked)
    np.testing.assert_allclose(again.weights[first.weights.index], first.weights, atol=1e-12)


def test_cells_are_equal_bins_and_categories():
    sample = match_people(PEOPLE, method="coarsened", cutpoints={"age": [0.0], "income": 2})
    middle = (PEOPLE["income"].min() + PEOPLE["income"].max()) / 2
    cell = [PEOPLE["age"] >= 0, PEOPLE["income"] >= middle, PEOPLE["group"]]
    together = PEOPLE.groupby(cell)["treated"].transform(lambda t: t.nunique() == 2)
    np.testing.assert_array_equal(sample.weights > 0, together)
    assert sample.fit is None
    assert check_balance(sample).status in ("review", "fail")
    assert "found no match" in check_overlap(sample).sentence


def test_groups_of_values_count_as_one():
    merged = PEOPLE.assign(group=PEOPLE["group"].replace({"north": "n", "west": "n"}))
    asked = {"method": "coarsened", "covariates": ["group"]}
    here = match_people(PEOPLE, grouping={"group": [["north", "west"]]}, **asked)
    np.testing.assert_array_equal(here.weights, match_people(merged, **asked).weights)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(-5, 5), min_size=2, max_size=60),
    st.sampled_from(["sturges", "fd", "scott", "q4", 3, [0.5, 2.0]]),
)
def test_cut_points_lie_in_order(values, cut):
    edges = inner_edges(OfValues(np.array(values, dtype=float)), cut, "x")
    assert (np.diff(edges) > 0).all()


def test_numbers_of_bins_are_those_of_numpy():
    values = np.random.default_rng(0).normal(size=500)
    for rule in ("sturges", "fd"):
        expected = np.histogram_bin_edges(values, rule)[1:-1]
        np.testing.assert_allclose(inner_edges(OfValues(values), rule, "x"), expected)
    width = 3.5 * values.std(ddof=1) * 500 ** (-1 / 3)  # numpy's Scott has 3.49
    assert len(inner_edges(OfValues(values), "scott", "x")) == np.ceil(np.ptp(values) / width) - 1


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.integers(1, 9), st.sampled_from([0, 6]))
def test_no_subclass_is_empty(seed, number, decimals):
    rng = np.random.default_rng(seed)
    score, focal = rng.normal(size=80).round(decimals), rng.permutation(np.arange(80) < 12)
    score[focal] += 2
    label = subclasses(score, focal, score[focal], number)
    for group in (focal, ~focal):
        assert set(label[group]) == set(range(number))
        line = np.argsort(score[group], kind="stable")
        assert (np.diff(label[group][line]) >= 0).all()


def test_subclasses_within_exact_strata():
    sample = match_people(PEOPLE, method="subclass", subclasses=3, exact=["group"])
    sets = PEOPLE.assign(s=sample.subclass.to_numpy()).groupby("s")["group"].nunique()
    assert (sets == 1).all()
    assert len(sets) == 9


def test_one_to_one_within_cells():
    asked = {"method": "coarsened", "cutpoints": 3}
    cells = match_people(PEOPLE, **asked).subclass
    sample = match_people(PEOPLE, one_to_one=True, **asked)
    pairs = sample.pairs
    assert (cells[pairs["treated"]].to_numpy() == cells[pairs["comparison"]].to_numpy()).all()
    assert not pairs["comparison"].duplicated().any()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"caliper": 0.2}, r"caliper=0.2 means nothing to method='coarsened'"),
        ({"cutpoints": "sturgess"}, r"one of sturges, fd, .* Did you mean 'sturges'\?"),
        ({"cutpoints": {"agee": 3}}, r"cutpoints names 'agee', .* Did you mean 'age'\?"),
        ({"cutpoints": {"group": 3}}, r"'group', a column of .* Use grouping"),
        ({"cutpoints": {"age": [2.0, 1.0]}}, r"in increasing order, got \[2.0, 1.0\]"),
        ({"cutpoints": {"age": True}}, r"must be a rule, a number of bins"),
        ({"cutpoints": 0}, r"must ask for 1 to 10,000 bins, got 0"),
        ({"grouping": {"group": [["nort"]]}}, r"names 'nort', which nobody has"),
        ({"grouping": {"group": [["north"], ["north"]]}}, r"puts 'north' in two groups"),
        ({"grouping": {"group": ["north"]}}, r"must be lists of values that count as one"),
        ({"one_to_one": True, "estimand": "ATE"}, r"estimand must be one of ATT, ATC"),
        ({"method": "subclass", "subclasses": 1}, r"subclasses must be a whole number >= 2, got 1"),
        ({"method": "subclass", "subclasses": 300}, r"Ask for fewer subclasses"),
        ({"method": "nearest", "cutpoints": np.array([0.0, 1.0])}, r"cutpoints=array.* means noth"),
        ({"method": "nearest", "one_to_one": True}, r"one_to_one=True means nothing"),
        ({"method": "exact", "covariates": ["age"]}, r"nobody found a match"),
    ],
    ids=str,
)
def test_what_cannot_be_carried_out_is_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        match_people(PEOPLE, **({"method": "coarsened"} | changes))


@pytest.mark.parametrize("scale", [1, 10**7])
def test_labels_of_combinations_are_those_of_pandas(scale):
    rng = np.random.default_rng(3)
    codes = [rng.integers(0, 5, 300), rng.integers(0, 4, 300) * scale, rng.integers(0, 3, 300)]
    frame = pd.DataFrame(dict(enumerate(codes)))
    expected = frame.groupby(list(frame.columns), sort=True).ngroup()
    np.testing.assert_array_equal(combined(codes), expected)
    number, label = dense(codes[1])
    assert number == 4
    np.testing.assert_array_equal(label, codes[1] // scale)
