"""An effect that is adjusted for yes and no, what weights come to, and the largest difference tell
no trait of few, and no outcome of those who have it."""

import json

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from attacker.public import decimals, is_told, number, publish, read_public
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.sentences import HeldBackCounts, released_sentence
from pbc_eval.disclosure.tables import release_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.ratios_of_counts import FEWEST_UNKNOWN, _unknown
from pbc_eval.matching.encoding import encode
from pbc_eval.matching.plain_ends import plain_ends
from pbc_eval.matching.propensity import fit_propensity

pytestmark = pytest.mark.slow
FEW, BETTER = 3, 2  # of the programme with a child, and of these the better
N, TREATED = 300, 90
SHOWN = {"disclosure": {"threshold": 0, "reason": "to see the attack succeed"}}
TRIAL = {"method": "randomised", "rationale": "Lots.", "treatment": "treated",
         "drawn_by": "The team", "agreed_on": "2024-03-01", "covariates": ["child"]}  # fmt: skip
MATCHED = {key: value for key, value in invented.DESIGN.items() if key != "caliper"}
MATCHED |= {"covariates": ["child"], "algorithm": "ipw"}


def people(values=(0, 1)):
    """A trait that three of the programme have; an outcome of two values or of many."""
    rng = np.random.default_rng(3)
    treated = rng.permutation([1] * TREATED + [0] * (N - TREATED))
    frame = pd.DataFrame({"id": np.arange(N), "treated": treated, "child": 0})
    with_it, without = (frame.index[treated == arm] for arm in (1, 0))
    frame.loc[[*with_it[:FEW], *without[:24]], "child"] = 1
    better = rng.random(N) < np.where(treated == 1, 0.6, 0.4)
    better[with_it[:FEW]] = [True] * BETTER + [False] * (FEW - BETTER)
    frame["better"] = np.where(better, values[1], values[0])
    frame["need"] = rng.normal(size=N)
    frame["accident"] = 0  # what the programme cannot have moved
    frame.loc[[*with_it[10:12], *without[30:45]], "accident"] = 1
    return frame


def evaluated(folder, design, frame=None, **changes):
    frame = people() if frame is None else frame
    whole = invented.people_evaluation(folder, frame, design=design, payment=None, **changes)
    return evaluate(load_evaluation(whole))


def seen(evaluation, out):
    return read_public(publish(release(evaluation), out))


def off(text):
    return 0.51 * 10.0 ** -decimals(text)


def by_lin(text, better, compared_better):
    """The attack: (with the trait, of these better, compared with it, of these better)."""
    fits, compared = set(), N - TREATED
    for few in range(1, 10):
        for good in range(few + 1):
            level = good / few, (better - good) / (TREATED - few)
            for c in range(1, compared):
                share = (few + c) / N
                k = np.arange(max(0, compared_better - compared + c), min(c, compared_better) + 1)
                other = share * k / c + (1 - share) * (compared_better - k) / (compared - c)
                effect = share * level[0] + (1 - share) * level[1] - other
                near = np.abs(effect - number(text)) <= off(text)
                fits |= {(few, good, c, int(n)) for n in k[near]}
    return fits


def test_an_adjusted_effect_of_a_trial_tells_all_of_few_and_is_refused(tmp_path):
    shown = evaluated(tmp_path / "a", TRIAL, publication=invented.PUBLICATION | SHOWN)
    levels = {name: apart for name, _, apart, _ in shown.findings[0].levels}
    estimates = seen(shown, tmp_path / "out").kind("better", "estimates").set_index("estimator")
    adjusted = estimates.loc["Headline: adjusted for characteristics (Lin)", "estimate"]
    fits = by_lin(adjusted, levels["in the programme"], levels["comparison"])
    assert {(few, good) for few, good, _, _ in fits} == {(FEW, BETTER)}  # nothing else fits
    with pytest.raises(DisclosureError, match=r"better-few-with-a-trait.*\(child\)"):
        release(evaluated(tmp_path / "b", TRIAL))


@pytest.mark.parametrize(
    "remedy", [{"adjustment": "none"}, {"covariates": ["child", "need"]}, {"covariates": []}]
)
def test_each_remedy_for_it_is_one(tmp_path, remedy):
    public = seen(evaluated(tmp_path / "a", TRIAL | remedy), tmp_path / "out")
    estimates = public.kind("better", "estimates")["estimator"]
    if remedy == {"adjustment": "none"}:
        assert not estimates.str.contains("Lin").any()
        assert "is not shown: all that it is adjusted for is yes or no" in public.text
        results = json.dumps(public.results)
        assert "Lin" not in results
    elif remedy["covariates"]:
        assert estimates.str.contains("Lin").any()  # nobody has each one's need


def test_somebody_may_answer_for_it(tmp_path):
    answer = {"output": "better-few-with-a-trait", "by": "R. Reader", "date": "2026-05-01",
              "reason": "Known to all."}  # fmt: skip
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": [answer]}}
    released = release(evaluated(tmp_path / "a", TRIAL, publication=publication))
    assert [r.status for r in released.reviews if r.output == answer["output"]] == ["review"]


@pytest.mark.parametrize("values", [(1, 2), (0, 30)])
def test_outcomes_of_whole_numbers_are_looked_at_too(tmp_path, values):
    with pytest.raises(DisclosureError, match="better-few-with-a-trait"):
        release(evaluated(tmp_path / "a", TRIAL, people(values)))


def test_an_outcome_of_any_size_does_not_tell(tmp_path):
    frame = people()
    frame["better"] = frame["better"] + frame["need"]
    outcomes = [{"id": "better", "label": "Better", "unit": "points", "column": "better",
                 "direction": "higher_is_better", "primary": True}]  # fmt: skip
    assert seen(evaluated(tmp_path / "a", TRIAL, frame, outcomes=outcomes), tmp_path / "out")


@pytest.mark.parametrize("design", [{}, {"algorithm": "exact", "effect": "difference"}])
def test_an_effect_with_weights_of_yes_and_no_is_refused(tmp_path, design):
    design = MATCHED | design | {"covariates": ["child", "health"]}
    frame = people().assign(health=np.random.default_rng(1).choice(["good", "bad"], N))
    with pytest.raises(DisclosureError, match=r"better-few-with-a-trait.*child"):
        release(evaluated(tmp_path / "a", design, frame))


def by_effective_number(text):
    """The attack: of weights of yes and no, (with the trait, compared with it)."""
    compared = N - TREATED
    return {
        (few, c)
        for few in range(1, 10)
        for c in range(1, compared)
        if abs(TREATED**2 / (few**2 / c + (TREATED - few) ** 2 / (compared - c)) - number(text))
        <= off(text)
    }


def test_what_weights_come_to_and_the_score_are_not_told_where_all_is_yes_or_no(tmp_path):
    frame = people().assign(better=lambda f: f["better"] + f["need"])  # the effect tells nothing
    outcomes = [{"id": "better", "label": "Better", "unit": "points", "column": "better",
                 "direction": "higher_is_better", "primary": True}]  # fmt: skip
    alternatives = [{"name": "Exact", "algorithm": "exact"}]
    design = MATCHED | {"alternatives": alternatives}
    changes = {"outcomes": outcomes}
    shown = evaluated(
        tmp_path / "a", design, frame, publication=invented.PUBLICATION | SHOWN, **changes
    )
    public = seen(shown, tmp_path / "shown")
    groups = public.kind("better", "groups").set_index("group")
    effective = groups.loc["Effective number in the analysis", "comparison"]
    assert by_effective_number(effective) == {(FEW, 24)}
    bars = public.kind("better", "score-bars")
    share = next(filter(None, bars["comparison_after"].map(number)))  # of those with the trait
    assert share == pytest.approx(FEW / TREATED, abs=1e-9)
    public = seen(evaluated(tmp_path / "b", design, frame, **changes), tmp_path / "out")
    assert not public.kind("better", "groups")["group"].str.contains("Effective").any()
    for kind in ("score-bars", "score-curves", "hidden-bias"):
        assert public.kind("better", kind) is None
    assert "Propensity score" not in set(public.kind("better", "balance")["covariate"])
    methods = public.kind("better", "methods")
    assert not methods["effective"].map(is_told).any()
    assert methods["estimate"].map(is_told).all()  # no more than is needed


def test_outcomes_that_cannot_have_moved_are_looked_at_as_the_outcome_is(tmp_path):
    """A difference of two shares with its error is of one pair of numbers: of 90 and of 210 people
    with 2 and 15, no other pair has both."""
    pairs = [(a, b) for a in range(91) for b in range(211) if 7 * a - 3 * b == 7 * 2 - 3 * 15]
    spread = {(a, b): a * (90 - a) / 90**2 / 89 + b * (210 - b) / 210**2 / 209 for a, b in pairs}
    assert len(pairs) > 20
    assert [p for p in pairs if abs(spread[p] - spread[2, 15]) < 1e-12] == [(2, 15)]
    control = {"column": "accident", "label": "Accident", "why": "It cannot."}
    design = {**MATCHED, "covariates": ["need"], "negative_controls": [control]}
    with pytest.raises(DisclosureError, match=r"Accident, in the programme"):
        release(evaluated(tmp_path / "a", design))
    many = people()
    many.loc[many.index[many["treated"] == 1][12:30], "accident"] = 1
    assert release(evaluated(tmp_path / "b", design, many))


def told(evaluation, kind):
    """One table of the outcome as it may be published."""
    rule = evaluation.spec.publication.disclosure
    return release_table(evaluation.findings[0].table(kind), rule).frame


def by_largest(text, matched):
    """The attack: how many found no match, of whom any number has the trait, by the spread before
    matching, where as many are in both groups."""
    fits = set()
    for left in range(10):
        for with_it in range(1, matched + left):
            p = with_it / (matched + left)
            apart = np.arange(matched + 1) / matched / np.sqrt(p * (1 - p))
            if (np.abs(apart - number(text)) <= off(text)).any():
                fits.add(left)
    return fits


def test_the_largest_difference_has_no_more_digits_than_its_table(tmp_path):
    frame = invented.people(2, n=260, rare=3, seed=4)  # of few, and the largest after matching
    design = invented.DESIGN | {"alternatives": [{"name": "Weighted", "algorithm": "ipw"}]}
    evaluation = evaluated(tmp_path / "a", design, frame)
    raw = evaluation.findings[0].table("methods").frame["largest"][0]
    balance = told(evaluation, "balance").set_index("covariate")
    assert balance.loc["health=fair", "mean_treated_after"] == "[c]"
    gap = balance.loc["health=fair", "std_diff_after"]
    largest = told(evaluation, "methods")["largest"][0]
    assert abs(gap) == largest != raw
    assert round(largest, 3) == largest
    matched = evaluation.findings[0].headline.n_treated
    assert by_largest(f"{raw:.10g}", matched) == {2}
    assert {*range(1, 10)} <= by_largest(f"{largest:.10g}", matched)


def test_sentences_repeat_a_difference_as_its_table_has_it(tmp_path):
    released = release(evaluated(tmp_path / "a", TRIAL | {"adjustment": "none"}))
    check = next(c for c in released.findings[0].checks if c.name == "lots")
    cell = released.findings[0].table("balance").frame["std_diff"][0]
    assert f"is {abs(cell):.0%} of" in str(check.sentence)
    held = HeldBackCounts(gaps={"balance/child/std_diff": "[c]"})
    hidden = released_sentence(check.sentence, released.rule, held)
    assert "The largest difference is [c] of" in str(hidden)


def test_levels_with_labels_are_held_back_together_as_those_without(tmp_path):
    """Three levels add up to everybody, whatever they are called."""
    labels = {"health=poor": "In poor health", "health=fair": "Fairly well"}
    frame = invented.people(0, n=400, rare=2, seed=4)
    data = {"file": "data.csv", "unit": "id", "unit_name": ["person", "people"],
            "missing": "complete_cases", "labels": labels}  # fmt: skip
    folder = invented.people_evaluation(tmp_path / "a", frame, payment=None, data=data)
    balance = told(evaluate(load_evaluation(folder)), "balance").set_index("covariate")
    levels = balance.loc[["In poor health", "Fairly well", "health=good"], "mean_treated_after"]
    assert (levels == "[c]").sum() > 1


def test_how_much_is_unknown_grows_with_what_is_adjusted_for():
    assert _unknown(["child"]) == 2
    assert _unknown(["area=N", "area=S", "area=W"]) == 4
    assert _unknown(["child", "sex=M"]) == 6 < FEWEST_UNKNOWN
    assert _unknown(["a", "b", "c", "d"]) >= FEWEST_UNKNOWN


@settings(max_examples=200, deadline=None)
@given(
    low=st.floats(-50, 50),
    wide=st.floats(1e-3, 100),
)
def test_ends_of_an_axis_are_plain_and_hold_everything(low, wide):
    first, last = plain_ends(low, low + wide)
    assert first <= low + 1e-9 * wide
    assert last >= low + wide - 1e-9 * wide
    assert last - first <= 1.4 * wide + 1e-9
    step = 10.0 ** np.floor(np.log10(wide)) / 100  # of a width that rounding made a bit less
    for end in (first, last):
        assert abs(end / step - round(end / step)) < 1e-3


def test_no_bar_or_curve_ends_at_one_persons_score(tmp_path):
    frame = invented.people(0, n=200, seed=5)
    public = seen(evaluated(tmp_path / "a", invented.DESIGN, frame), tmp_path / "out")
    columns = ["need", "area", "sex", "health"]
    values = encode(frame, columns)
    treated = frame["treated"].to_numpy(bool)
    score = fit_propensity(values.score_values, treated, values.score_names).score
    for kind, column in (("score-bars", "low"), ("score-bars", "high"), ("score-curves", "score")):
        ends = public.kind("better", kind)[column].map(float).iloc[[0, -1]]
        assert np.abs(np.subtract.outer(ends.to_numpy(), score)).min() > 1e-7


def test_hidden_bias_of_so_few_groups_that_no_error_is_left_is_not_told(tmp_path):
    """Two strata are two independent groups: the error has one degree of freedom."""
    design = MATCHED | {"algorithm": "exact", "effect": "difference"}
    frame = people()
    frame["child"] = np.random.default_rng(2).integers(0, 2, N)
    strong = (frame["treated"] == 1) & (np.random.default_rng(3).random(N) < 0.9)
    frame["better"] = np.where(strong, 1, frame["better"] * (frame["treated"] == 0))
    evaluation = evaluated(tmp_path / "a", design, frame)
    check = next(c for c in evaluation.findings[0].checks if c.name == "hidden_bias")
    assert check.status == "not_applicable"
