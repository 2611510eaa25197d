"""match: good samples, invariances, what is refused and what is said."""

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matched_samples import expect_good_match, match_people, people

from pbc_eval import match
from pbc_eval.errors import DataError, DesignError

pytestmark = pytest.mark.slow  # seconds, together

PEOPLE = people()
COARSE = people(300, seed=5, rounded=0)  # many people with equal scores


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"caliper": 0.1},
        {"caliper": 0.02, "caliper_scale": "raw"},
        {"exact": ["group"]},
        {"exact": ["group"], "caliper": 0.2, "ratio": 2},
        {"ratio": 3},
        {"replacement": True},
        {"replacement": True, "ratio": 4, "caliper": 0.2},
        {"order": "smallest"},
        {"order": "closest", "caliper": 0.2},
        {"order": "random", "seed": 7},
        {"estimand": "ATC"},
        {"estimand": "ATC", "exact": ["group"], "caliper": 0.3},
        {"link": "probit"},
        {"link": "linear_logit", "caliper": 0.2},
        {"link": "linear_probit", "caliper": 0.2},
        {"within": {"age": 0.5, "income": 1}, "caliper": 0.3},
        {"within": {"age": 1}, "replacement": True, "ratio": 2},
        {"antiexact": ["group"], "order": "closest"},
        {"discard": "both", "ratio": 2},
        {"discard": "treated", "caliper": 0.2},
        {"discard": "comparison", "estimand": "ATC", "replacement": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("frame", [PEOPLE, COARSE], ids=["measured", "coarse"])
def test_every_option_gives_a_good_match(frame, changes):
    expect_good_match(match_people(frame, **changes), frame)


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10_000),
    st.integers(30, 120),
    st.floats(0.1, 0.6),
    st.sampled_from([None, 0, 1]),
    st.booleans(),
    st.integers(1, 3),
)
def test_any_sample_that_can_be_matched_is_matched_well(
    seed, n, share, rounded, replacement, ratio
):
    frame = people(n, seed, share, rounded)
    asked = {"caliper": 0.5, "replacement": replacement, "ratio": ratio}
    with contextlib.suppress(DesignError):  # separated by the covariates together
        expect_good_match(match_people(frame, **asked), frame)


# --- invariance ---


def pairs_of(sample) -> set[tuple[object, object]]:
    return set(sample.pairs[["treated", "comparison"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("order", ["largest", "smallest", "closest"])
def test_the_order_of_rows_does_not_matter_when_no_scores_tie(order):
    shuffled = PEOPLE.sample(frac=1, random_state=1)
    asked = {"order": order, "caliper": 0.2}
    assert pairs_of(match_people(shuffled, **asked)) == pairs_of(match_people(PEOPLE, **asked))


def test_names_of_units_do_not_matter():
    renamed = PEOPLE.assign(id=[f"z{900 - i}" for i in range(len(PEOPLE))])
    here, there = match_people(PEOPLE), match_people(renamed)
    np.testing.assert_array_equal(
        here.weights[PEOPLE["id"]].to_numpy(), there.weights[renamed["id"]].to_numpy()
    )
    by_index = match_people(PEOPLE.set_index("id"), unit=None)
    assert pairs_of(by_index) == pairs_of(here)


def test_units_of_measurement_do_not_matter():
    rescaled = PEOPLE.assign(age=1e6 + 1e3 * PEOPLE["age"], income=-1e-6 * PEOPLE["income"])
    assert pairs_of(match_people(rescaled)) == pairs_of(match_people(PEOPLE))


def test_the_reference_level_does_not_matter():
    renamed = PEOPLE.assign(group=PEOPLE["group"].map({"north": "z", "south": "y", "west": "x"}))
    assert pairs_of(match_people(renamed)) == pairs_of(match_people(PEOPLE))


def test_numbers_may_come_in_any_type():
    base = COARSE.assign(age=COARSE["age"].astype(int))
    typed = base.assign(
        age=base["age"].astype("int8"),
        treated=base["treated"] == 1,
        group=base["group"].astype("category"),
    )
    nullable = base.assign(
        treated=base["treated"].astype("boolean"), age=base["age"].astype("Int64")
    )
    objects = base.assign(treated=pd.Series(list(base["treated"].to_numpy()), dtype=object))
    plain = match_people(base, ratio=2, caliper=0.2)
    asked = {"ratio": np.int64(2), "caliper": np.float32(0.2)}
    for other in (typed, nullable, objects):
        assert pairs_of(match_people(other, **asked)) == pairs_of(plain)


def test_the_frame_of_the_caller_is_never_changed():
    frame = people(80)
    before = frame.copy(deep=True)
    sample = match_people(frame)
    sample.balance(also=["outcome"])
    sample.effect("outcome", "regression")
    sample.to_frame()
    pd.testing.assert_frame_equal(frame, before)


def test_later_changes_by_the_caller_do_not_reach_the_sample():
    frame = people(80)
    sample = match_people(frame)
    effect = sample.effect("outcome").estimate
    frame["outcome"] = 0.0
    frame.loc[:, "age"] = 0.0
    assert sample.effect("outcome").estimate == effect


# --- worked by hand ---


def test_a_profile_of_the_unmatched_says_who_they_are():
    sample = match_people(PEOPLE, caliper=0.02)
    lost = PEOPLE.set_index("id").loc[sample.unmatched.ids]
    kept = PEOPLE.set_index("id").loc[sample.pairs["treated"]]
    row = sample.unmatched.profile.set_index("covariate").loc["age"]
    assert row["mean_unmatched"] == pytest.approx(lost["age"].mean())
    assert row["mean_matched"] == pytest.approx(kept["age"].mean())


def test_complete_cases_are_used_on_request_and_entered_in_the_ledger():
    frame = people(100)
    frame.loc[[3, 7], "age"] = np.nan
    frame.loc[[7, 9, 11], "income"] = np.nan
    sample = match_people(frame, missing="complete_cases")
    steps = sample.ledger.to_frame().set_index("what")
    assert steps.loc["complete cases", "rows_dropped"] == 4
    assert (
        steps.loc["complete cases", "why"]
        == "missing values: age 2, income 3: 0 treated, 4 comparison"
    )
    assert len(sample.weights) == 96
    expect_good_match(sample, frame.drop(index=[3, 7, 9, 11]))


def test_those_outside_common_support_are_entered_in_the_ledger():
    sample = match_people(PEOPLE, discard="both", caliper=0.2)
    score, treated = sample.scores.to_numpy(), PEOPLE["treated"].to_numpy() == 1
    low = max(score[treated].min(), score[~treated].min())
    high = min(score[treated].max(), score[~treated].max())
    outside = (score < low) | (score > high)
    np.testing.assert_array_equal(sample.discarded, outside)
    steps = sample.ledger.to_frame().set_index("what")
    assert steps.loc["common support", "rows_dropped"] == outside.sum() > 0
    assert sample.counts().loc["discarded"].sum() == outside.sum()
    assert any("outside common support" in note for note in sample.notes)


def test_the_matched_frame_carries_weights_and_sets():
    frame = match_people(PEOPLE, caliper=0.2).to_frame()
    assert (frame["weight"] == 1).all()
    assert (frame.groupby("subclass")["treated"].mean() == 0.5).all()
    with pytest.raises(DesignError, match=r"already have columns score"):
        match_people(PEOPLE.assign(score=1)).to_frame()


def test_balance_may_look_at_more_than_was_matched_on():
    frame = PEOPLE.assign(age_squared=PEOPLE["age"] ** 2)
    listed = match_people(frame).balance(also=["age_squared"])["covariate"].tolist()
    names = ["score", "age", "income", "group=north", "group=south", "group=west", "age_squared"]
    assert listed == names


# --- what is said ---


@pytest.mark.parametrize(
    ("frame", "changes", "note"),
    [
        (PEOPLE, {}, r"No caliper was set"),
        (PEOPLE, {"caliper": 0.02}, r"\d+ of \d+ treated units found no match; the effect is for"),
        (people(100, share=0.7), {}, r"\d+ comparison units for \d+ treated units at ratio 1"),
        (PEOPLE.assign(one=1.0), {"covariates": ["age", "one"]}, r"Left out of the score.*: one"),
        (
            PEOPLE.assign(twice=3 - 2 * PEOPLE["age"]),
            {"covariates": ["age", "twice"]},
            r"determined by the other covariates: twice",
        ),
        (
            COARSE,
            {},
            r"\d+ comparison units share stratum and score .* broken by the order of the units'",
        ),
        (PEOPLE, {"ratio": 3, "caliper": 0.05}, r"matches sought for each matched treated unit"),
    ],
)
def test_a_reader_is_told(frame, changes, note):
    assert pd.Series(match_people(frame, **changes).notes).str.contains(note).any()


# --- refusal ---


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"method": "optimum"},
            r"method must be one of nearest, optimal, .* Did you mean 'optimal'\?",
        ),
        ({"distance": "propensty"}, r"distance must be one of .*Did you mean 'propensity'\?"),
        ({"link": "cloglog"}, r"link must be one of logit, probit"),
        ({"order": "biggest"}, r"order must be one of largest"),
        ({"estimand": "ATE"}, r"estimand must be one of ATT, ATC.*or weighting"),
        ({"order": "random"}, r"order='random' needs a seed"),
        ({"caliper": 0}, r"caliper must be a finite number above 0.*caliper=None"),
        ({"caliper": -0.2}, r"caliper must be a finite number above 0"),
        ({"caliper": float("nan")}, r"caliper must be a finite number above 0"),
        ({"caliper": "0.2"}, r"caliper must be a finite number above 0, got '0\.2'"),
        ({"caliper": 20}, r"caliper is 20 standard deviations.*Did you mean 0\.2\?"),
        ({"caliper": 5, "caliper_scale": "raw"}, r"score between 0 and 1.*Did you mean 0\.05\?"),
        ({"caliper_scale": "sd"}, r"caliper_scale must be one of std, raw"),
        ({"ratio": 1.5}, r"ratio must be a whole number of matches a person >= 1, got 1\.5"),
        ({"ratio": 0}, r"ratio must be a whole number"),
        ({"ratio": True}, r"ratio must be a whole number"),
        ({"replacement": "no"}, r"replacement must be True or False"),
        ({"discard": "control"}, r"discard must be one of none, both, treated, comparison"),
        ({"within": {"age": 0}}, r"within 'age' must be a finite width above 0.*exact"),
        ({"within": {"age": "2"}}, r"within 'age' must be a finite width"),
        ({"antiexact": ["treated"]}, r"treatment 'treated' is also among exact, within"),
        ({"covariates": []}, r"covariates is empty"),
        ({"covariates": "age"}, r"covariates must be a list of column names"),
        ({"covariates": ["age", "age"]}, r"covariates names age more than once"),
        ({"covariates": ["age", "treated"]}, r"treatment 'treated' is also among covariates"),
        ({"missing": "drop"}, r"missing must be one of refuse, complete_cases"),
        ({"caliper": 1e-9}, r"nobody found a match .*Widen the caliper"),
    ],
    ids=str,
)
def test_a_choice_that_cannot_be_carried_out_is_refused(changes, message):
    with pytest.raises(DesignError, match=message):
        match_people(PEOPLE, **changes)


def changed(**columns) -> pd.DataFrame:
    return people(100).assign(**columns)


def with_value(column, value, rows=(4,)) -> pd.DataFrame:
    frame = people(100)
    frame[column] = frame[column].astype(object)
    frame.loc[list(rows), column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "changes", "message"),
    [
        (changed(), {"covariates": ["aeg"]}, r"no column 'aeg'\. Did you mean 'age'\?"),
        (changed(), {"exact": ["gruop"]}, r"Did you mean 'group'\?"),
        (changed(), {"within": {"incme": 1}}, r"Did you mean 'income'\?"),
        (changed(), {"within": {"group": 1}}, r"group: str values cannot be matched on"),
        (changed(id="same"), {}, r"column 'id' names 1 units more than once \(same\)"),
        (with_value("id", None), {}, r"1 ids are missing in column 'id'"),
        (changed(treated=2), {}, r"treated: treatment must be 0 or 1 .* found 2"),
        (with_value("treated", "yes"), {}, r"found 'yes'\. Recode it"),
        (with_value("treated", np.nan, (1, 2)), {}, r"2 of 100 rows have no treatment status"),
        (
            changed(age=people(100)["age"].where(people(100).index > 2)),
            {},
            r"3 of 100 rows have missing values \(age 3\).*missing='complete_cases'",
        ),
        (changed(age=np.inf), {}, r"age: 100 values are infinite"),
        (with_value("age", "unknown"), {}, r"'age' holds text among numbers: 'unknown'"),
        (
            changed(age=["41", "n/a"] * 50),
            {},
            r"'age' holds text among numbers: 'n/a'.*leave the cell empty",
        ),
        (changed(age=["41", "42"] * 50), {}, r"'age' holds numbers written as text, such as '41'"),
        (changed(age=pd.Timestamp("2020-01-01")), {}, r"age: datetime.*cannot be matched on"),
        (
            people(300).assign(age=[f"name {i}" for i in range(300)]),
            {},
            r"age: 300 different texts; a covariate may have 100",
        ),
    ],
)
def test_data_that_do_not_fit_are_refused(frame, changes, message):
    with pytest.raises(DataError, match=message):
        match_people(frame, **changes)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (changed(treated=0), r"there are no treated units among 100 rows"),
        (changed(treated=1), r"there are no comparison units"),
        (changed(age=1.0, income=2.0, group="x"), r"no covariate varies"),
        (
            changed(age=people(100)["treated"] * 2.0 + people(100)["age"].rank(pct=True)),
            r"separate the treated .* Look first at age.*exact=",
        ),
    ],
)
def test_a_design_that_cannot_identify_anything_is_refused(frame, message):
    with pytest.raises(DesignError, match=message):
        match_people(frame)


def test_no_public_function_hides_its_arguments():
    with pytest.raises(TypeError):
        match(PEOPLE, "treated", ["age"])
    with pytest.raises(TypeError):
        match_people(PEOPLE, calliper=0.2)


def test_a_supplied_score_is_used_as_it_stands():
    fitted = match_people(PEOPLE, caliper=0.2)
    supplied = PEOPLE.assign(chance=fitted.scores.to_numpy())
    again = match_people(supplied, score="chance", caliper=0.2)
    pd.testing.assert_frame_equal(again.pairs, fitted.pairs)
    assert again.fit is None
    assert "the score supplied in column chance" in again.settings.in_words
    np.testing.assert_allclose(
        again.balance()["std_diff_after"], fitted.balance()["std_diff_after"]
    )
    space = match_people(supplied, score="chance", distance="mahalanobis", caliper=0.2)
    assert (space.pairs["distance"] > 0).any()
    gap = np.subtract(*(space.scores[space.pairs[side]].to_numpy() for side in SIDES))
    assert np.abs(gap).max() <= space.caliper_width
    for changes, message in (
        ({"score": "chance", "link": "probit"}, "is used as it stands"),
        ({"score": "flat"}, "is 1 for everybody"),
        ({"score": "chance", "method": "coarsened"}, "means nothing to method='coarsened'"),
    ):
        with pytest.raises(DesignError, match=message):
            match_people(supplied.assign(flat=1.0), **changes)
    with pytest.raises(DataError, match="chance 1"):
        match_people(
            supplied.assign(chance=supplied["chance"].where(PEOPLE.index > 0)), score="chance"
        )


SIDES = ("treated", "comparison")


def test_widths_in_standard_deviations_are_those_of_the_people_who_take_part():
    narrow = match_people(PEOPLE, within={"age": 0.25}, within_scale="std")
    width = 0.25 * PEOPLE["age"].std()
    pd.testing.assert_frame_equal(narrow.pairs, match_people(PEOPLE, within={"age": width}).pairs)
    age = PEOPLE.set_index("id")["age"]
    gap = np.subtract(*(age[narrow.pairs[side]].to_numpy() for side in SIDES))
    assert np.abs(gap).max() <= width
    assert "within 0.25 standard deviations of age" in narrow.effect("outcome").method.estimator
    with pytest.raises(DesignError, match="within_scale must be one of std, raw"):
        match_people(PEOPLE, within={"age": 1}, within_scale="percent")


@pytest.mark.parametrize("reestimate", [False, True])
def test_the_caliper_is_in_standard_deviations_of_those_who_stay(reestimate):
    sample = match_people(PEOPLE, discard="both", caliper=0.2, reestimate=reestimate)
    stay = ~sample.discarded
    assert 0 < stay.sum() < len(PEOPLE)
    assert sample.caliper_width == pytest.approx(0.2 * sample.scores[stay].std(), rel=1e-12)
    if reestimate:
        alone = match_people(PEOPLE[stay])
        np.testing.assert_allclose(sample.scores[stay], alone.scores, atol=1e-9)
        first = match_people(PEOPLE, discard="both").scores
        np.testing.assert_array_equal(sample.scores[~stay], first[~stay])
