"""Means with weights, of codes, of few of many values, and of those left out tell of few people."""

import json

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from attacker.public import decimals, is_told, number
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.moments import few_with_a_trait
from pbc_eval.disclosure.tables import release_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.few_apart import levels_of, number_apart
from pbc_eval.evaluation.record import OutputTable, Shares

pytestmark = pytest.mark.slow  # seconds, together

RULE = DisclosureRule()
slow = pytest.mark.slow


def people(n=300, treated=90, seed=3):
    """Of those treated, 3 have children, 3 have code 2 and not 1, and 2 were convicted twice."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "id": np.arange(n), "treated": rng.permutation([1] * treated + [0] * (n - treated)),
        "age": rng.integers(18, 60, n), "need": rng.normal(size=n),
        "better": (rng.random(n) < 0.5).astype(int),
    })  # fmt: skip
    with_it, without = (frame.index[frame["treated"] == arm] for arm in (1, 0))
    for column, usual, value, few, many in (
        ("children", 0, 1, slice(0, 3), slice(0, 24)),
        ("code", 1, 2, slice(10, 13), slice(30, 60)),
        ("convicted", 0, 2, slice(20, 22), slice(60, 90)),
    ):
        frame[column] = usual
        frame.loc[with_it[few], column] = value
        frame.loc[without[many], column] = value
    return frame


def evaluated(folder, frame, design, **changes):
    whole = {**invented.DESIGN, "covariates": ["age", "need", "children", "code", "convicted"]}
    whole |= design
    if ("caliper" in design and design["caliper"] is None) or "algorithm" in design:
        whole.pop("caliper")
    return evaluate(load_evaluation(
        invented.people_evaluation(folder, frame, design=whole, payment=None, **changes)
    ))  # fmt: skip


def told(released, kind):
    """A table as its file has it: texts, to ten digits."""
    return as_text(released.findings[0].table(kind))


def as_text(table):
    frame = table.frame
    return frame.map(lambda cell: f"{cell:.10g}" if isinstance(cell, float) else str(cell))


def recovered(balance, n):
    """Which small numbers a mean times ``n`` gives, of whatever column of the programme's or of
    those that are made like it; for codes, what is above the lower one."""
    small = {}
    for row in balance.to_dict("records"):
        for column in (name for name in balance if name.startswith("mean_")):
            lower = 1 if row["covariate"] == "code" else 0
            count = (number(row[column]) - lower) * n
            if is_told(row[column]) and abs(count - round(count)) < 0.1 and 0 < round(count) < 10:
                small[row["covariate"], column] = round(count)
    return small


@slow
@pytest.mark.parametrize(
    "design",
    [
        {"algorithm": "entropy"},
        pytest.param({"algorithm": "ipw"}, marks=pytest.mark.soak),
        pytest.param({"algorithm": "full", "exact": ["children"]}, marks=pytest.mark.soak),
        {"exact": ["children"], "replacement": True, "caliper": None},
    ],
)
def test_a_mean_with_weights_does_not_tell_what_the_mean_it_was_made_like_holds_back(
    tmp_path, design
):
    evaluation = evaluated(tmp_path / "people", people(), design)
    finding = evaluation.findings[0]
    n = finding.headline.n_treated
    raw = finding.table("balance").frame
    assert recovered(raw.set_axis(raw.columns, axis=1), n)  # the attack works on what is found
    balance = told(release(evaluation), "balance")
    assert not recovered(balance, n)
    hidden = balance.set_index("covariate").loc[["children", "code", "convicted"]]
    telling = [name for name in hidden if name.startswith(("mean_", "ecdf_", "variance"))]
    assert not hidden[telling].map(is_told).any(axis=None)
    age = balance.set_index("covariate").loc["age", "mean_treated_after"]
    assert is_told(age)  # no more than is needed


@slow
def test_those_left_out_follow_neither_from_their_own_table_nor_from_before_less_after(tmp_path):
    frame = people(400, 120, seed=7)
    treated = frame.index[frame["treated"] == 1]
    frame.loc[treated[:14], "need"] = 9 + np.arange(14)
    frame["children"] = 0
    frame.loc[[*treated[:2], *treated[20:60], *frame.index[frame["treated"] == 0][:84]],
              "children"] = 1  # fmt: skip
    evaluation = evaluated(tmp_path / "people", frame, {"covariates": ["age", "need", "children"]})
    raw = evaluation.findings[0].table("unmatched").frame.set_index("covariate")
    assert 0 < round(raw.loc["children", "mean_unmatched"] * 14) < 10
    released = release(evaluation)
    left, balance = (
        told(released, kind).set_index("covariate") for kind in ("unmatched", "balance")
    )
    assert not is_told(left.loc["children", "mean_unmatched"])
    assert not is_told(left.loc["children", "std_diff"])
    assert not is_told(balance.loc["children", "mean_treated_before"])
    assert is_told(balance.loc["children", "mean_treated_after"])  # 40 people
    assert is_told(left.loc["age", "mean_unmatched"])


@slow
@pytest.mark.parametrize("method", ["ipw", "lots"])
def test_an_outcome_of_two_codes_that_few_have_is_refused_with_weights_too(tmp_path, method):
    frame = people()
    compared = frame.index[frame["treated"] == 0]
    frame["better"] = 1 + (np.random.default_rng(1).random(len(frame)) < 0.4)
    frame.loc[compared, "better"] = 1
    frame.loc[compared[:4], "better"] = 2
    lots = {"method": "randomised", "rationale": "Lots.", "treatment": "treated",
            "drawn_by": "The team", "agreed_on": "2024-03-01"}  # fmt: skip
    folder = invented.people_evaluation(tmp_path / "a", frame, payment=None)
    spec = json.loads((folder / "evaluation.yaml").read_text(encoding="utf-8"))
    weights = {k: v for k, v in invented.DESIGN.items() if k != "caliper"}
    weights |= {"algorithm": "ipw", "covariates": ["age", "need"]}
    spec["design"] = lots if method == "lots" else weights
    (folder / "evaluation.yaml").write_text(json.dumps(spec), encoding="utf-8")
    with pytest.raises(DisclosureError, match=r"few-with-the-outcome.*comparison"):
        release(evaluate(load_evaluation(folder)))


@settings(max_examples=25, deadline=None)
@given(
    few=st.integers(1, 9),
    n=st.integers(30, 200),
    codes=st.sampled_from([(0, 1), (1, 2), (-1, 1), (0, 100), (5, 3)]),
    lacks=st.booleans(),
)
def test_few_of_either_of_two_values_are_few_whatever_the_codes(few, n, codes, lacks):
    usual, other = codes if not lacks else codes[::-1]
    values = np.array([usual] * (n - few) + [other] * few, dtype=float)
    everybody = np.ones(n, dtype=bool)
    apart = number_apart(values, everybody, two=True)
    assert min(apart, n - apart) == few
    ((_, people_there, same, two),) = levels_of(pd.Series(values), {"all": everybody})
    assert (people_there, same, two) == (n, apart, True)
    table = OutputTable(
        name="x-balance", caption="", frame=pd.DataFrame({"covariate": ["c"], "mean": [0.5]}),
        kinds={}, headers={},
        shares=Shares(binary=(True,), apart={"mean": (apart,)}, people={"mean": n}, gaps={},
                      before="", kept=("mean", n)),
    )  # fmt: skip
    assert few_with_a_trait(table, RULE) == {(0, "mean")}


@settings(max_examples=20, deadline=None)
@given(
    values=st.lists(st.integers(1, 50), min_size=1, max_size=9),
    n=st.integers(30, 200),
)
def test_few_that_differ_from_the_most_frequent_value_are_few(values, n):
    numbers = np.array([0] * (n - len(values)) + values, dtype=float)
    assert number_apart(numbers, np.ones(n, dtype=bool), two=False) == len(values)


def left_out_by_spread(balance, n, most=25):
    """How many may have been left out: the differences after matching over those in standard
    deviations are the spread before it, of which few shares are the square."""
    fits = set(range(1, most + 1))
    for row in balance.to_dict("records"):
        means = [row["mean_treated_after"], row["mean_comparison_after"]]
        gap = row["std_diff_after"]
        if "=" not in row["covariate"] or not all(map(is_told, [*means, gap])) or not number(gap):
            continue
        raw, kept = number(means[0]) - number(means[1]), round(number(means[0]) * n)
        off = 0.51 * 10.0 ** -decimals(gap) + 1e-8  # means have ten digits too
        for left in tuple(fits):
            p = (kept + np.arange(left + 1)) / (n + left)
            with np.errstate(divide="ignore"):
                if not (np.abs(raw / np.sqrt(p * (1 - p)) - number(gap)) <= off).any():
                    fits.discard(left)
    return fits


@slow
@pytest.mark.parametrize("hidden", [True, False])
def test_differences_after_matching_do_not_tell_how_many_were_left_out(tmp_path, hidden):
    shown = {"disclosure": {"threshold": 0, "reason": "to see the attack succeed"}}
    publication = invented.PUBLICATION | ({} if hidden else shown)
    folder = invented.people_evaluation(
        tmp_path / "people", invented.people(2), payment=None, publication=publication
    )
    evaluation = evaluate(load_evaluation(folder))
    n = evaluation.findings[0].headline.n_treated
    groups = evaluation.findings[0].table("groups").frame.set_index("group")
    rule = evaluation.spec.publication.disclosure
    balance = release_table(evaluation.findings[0].table("balance"), rule)
    fits = left_out_by_spread(as_text(balance), n)
    assert {*range(1, 10)} <= fits if hidden else fits == {groups.loc["Not matched", "treated"]}
