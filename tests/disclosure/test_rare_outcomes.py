"""A share of few people, times how many there are, tells how few have the outcome."""

import numpy as np
import pytest
from attacker import invented
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.rare_outcomes import _few
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow  # seconds, together

RULE = DisclosureRule()


def matched(folder, with_outcome, *, reviewed=()):
    """People of whom ``with_outcome`` of the programme have the outcome."""
    frame = invented.people(0, n=400)
    treated = np.flatnonzero(frame["treated"] == 1)
    frame["better"] = (np.random.default_rng(1).random(len(frame)) < 0.4).astype(int)
    frame.loc[treated, "better"] = 0
    frame.loc[treated[20 : 20 + with_outcome], "better"] = 1
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": list(reviewed)}}
    return evaluate(load_evaluation(
        invented.people_evaluation(folder, frame, payment=None, publication=publication)
    ))  # fmt: skip


def test_a_headline_that_tells_of_few_with_the_outcome_is_refused(tmp_path):
    evaluation = matched(tmp_path / "few", 3)
    finding = evaluation.findings[0]
    reached = finding.measured.counterfactual + finding.measured.effect
    assert round(reached * finding.headline.n_treated, 6) == 3  # what a reader works out
    with pytest.raises(DisclosureError, match=r"better-few-with-the-outcome.*in the programme"):
        release(evaluation)


def test_somebody_may_answer_for_it_and_the_record_says_so(tmp_path):
    answer = {"output": "better-few-with-the-outcome", "by": "R. Reader", "date": "2026-05-01",
              "reason": "The outcome is public."}  # fmt: skip
    released = release(matched(tmp_path / "few", 3, reviewed=[answer]))
    (review,) = (r for r in released.reviews if r.output == answer["output"])
    assert review.status == "review"
    assert review.cells == ("in the programme",)


def test_enough_with_the_outcome_pass(tmp_path):
    released = release(matched(tmp_path / "enough", 30))
    assert not [r for r in released.reviews if "few-with-the-outcome" in r.output]


def test_averages_of_few_in_a_group_and_period_are_held_back(tmp_path):
    frame = invented.panel({4: 40, 6: 30}, never=60)
    frame["y"] = (np.random.default_rng(2).random(len(frame)) < 0.4).astype(int)
    early = (frame["start"] == 6) & (frame["t"] == 2)
    frame.loc[early, "y"] = ([1] * 3 + [0] * 27)[: early.sum()]
    evaluation = evaluate(load_evaluation(
        invented.panel_evaluation(tmp_path / "panel", frame, payment=None)
    ))  # fmt: skip
    released = release(evaluation)
    (means,) = (t for t in released.findings[0].tables if t.name == "days-means")
    shown = means.frame[(means.frame["position"] == 2) | (means.frame["time"] == 2)]
    cells = dict(zip(shown["group"], shown["mean"], strict=True))
    assert [v for g, v in cells.items() if g.endswith("6")] == ["[c]"]
    assert not [v for g, v in cells.items() if v == "[c]" and not g.endswith("6")]
    assert [r.status for r in released.reviews if "few-with" in r.output] == ["review"]


@settings(max_examples=60)
@given(st.integers(10, 5_000), st.data(), st.sampled_from([1.0, 100.0]))
def test_every_small_number_with_or_without_is_seen_whatever_the_scale(people, data, scale):
    with_it = data.draw(st.integers(0, people))
    seen = _few(np.array([scale * with_it / people]), np.array([float(people)]), RULE)[0]
    is_few = any(0 < n < RULE.threshold for n in (with_it, people - with_it))
    could_be_percent = scale == 1.0 and with_it and with_it % 100 == 0
    assert seen >= is_few if could_be_percent else seen == is_few


@settings(max_examples=20)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=6), st.integers(20, 60))
def test_few_things_of_few_people_are_seen_beside_groups_with_many(sums, people):
    sums = np.array([*sums, 3 * people])  # visits, of which a group has three a person
    seen = _few(sums / people, np.full(len(sums), float(people)), RULE)
    assert list(seen) == [0 < n < RULE.threshold for n in sums]


@settings(max_examples=30)
@given(st.floats(0.001, 0.999), st.integers(20, 500))
def test_a_mean_that_makes_no_whole_number_is_none_of_yes_and_no(share, people):
    whole = share * people
    if abs(whole - round(whole)) > 0.01 and abs(whole / 100 - round(whole / 100)) > 0.01:
        assert not _few(np.array([share]), np.array([float(people)]), RULE)[0]
