"""release: no count below the threshold is told, by cell, difference, figure or sentence."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA, change, copy_of
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.disclosure import SUPPRESSED, release, release_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.evaluation.run import evaluate
from pbc_eval.small_counts import hidden_in_nests, hidden_in_total, without_small_counts
from pbc_eval.spec.evaluation import load_evaluation


def table(counts, **changes) -> OutputTable:
    frame = pd.DataFrame({"group": list("abcdefghij")[: len(counts)], "units": counts})
    frame["mean"] = np.arange(len(counts)) + 0.5
    settings = {
        "name": "t", "caption": "T", "frame": frame, "headers": {},
        "kinds": {"group": "text", "units": "count", "mean": "number"},
        "governed_by": {"units": ("mean",)},
    }  # fmt: skip
    return OutputTable(**{**settings, **changes})


def hidden(counts, threshold=10, **changes) -> list[bool]:
    released = release_table(table(counts, **changes), threshold)
    return [value == SUPPRESSED for value in released.frame["units"]]


# --- worked by hand ---


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([40, 30, 20], "..."),
        ([9, 30, 20, 10], "x..x"),  # the next smallest goes too: the total would tell
        ([10, 30], ".."),
        ([3, 4, 50], "xxx"),  # two that sum to 7 are small for certain; the third hides them
        ([0, 20, 30], "..."),  # zero tells of nobody
        ([5, 0], "xx"),  # nothing else to hide behind
        ([5], "x"),
        ([], ""),
    ],
)
def test_what_is_hidden_beside_a_published_total(counts, expected):
    assert "".join(".x"[is_hidden] for is_hidden in hidden(counts)) == expected


def test_what_rests_on_a_hidden_count_goes_with_it_and_cells_are_counted_once():
    released = release_table(table([3, 20, 30], adds_up="not"), 10)
    assert list(released.frame["mean"]) == [SUPPRESSED, 1.5, 2.5]
    assert list(released.frame["group"]) == ["a", "b", "c"]
    assert released.n_suppressed == 2
    twice = {"units": ("mean",), "more": ("mean",)}
    frame = table([3, 20]).frame.assign(more=[4, 30])
    both = release_table(table([3, 20], frame=frame, governed_by=twice, adds_up="not"), 10)
    assert both.n_suppressed == 3


def test_where_the_first_row_is_the_sum_it_is_hidden_with_the_part():
    assert hidden([185, 183, 2, 0], adds_up="to_the_first") == [True, False, True, False]
    assert hidden([185, 165, 20, 0], adds_up="to_the_first") == [False] * 4


def test_a_small_step_of_the_ledger_hides_what_it_could_be_taken_from():
    frame = pd.DataFrame(
        {
            "what": ["read", "missing", "match"],
            "rows_in": [500, 500, 497],
            "rows_dropped": [0, 3, 97],
            "rows_left": [500, 497, 400],
        }
    )
    kinds = {"what": "text", "rows_in": "count", "rows_dropped": "count", "rows_left": "count"}
    ledger = table(
        [1], frame=frame, kinds=kinds, governed_by={"rows_dropped": ()}, adds_up="in_steps"
    )
    released = release_table(ledger, 10).frame
    assert list(released["rows_dropped"]) == [0, SUPPRESSED, 97]
    assert list(released["rows_in"]) == [SUPPRESSED] * 3
    assert list(released["rows_left"]) == [SUPPRESSED, SUPPRESSED, 400]  # the analysis stands


def test_nested_counts_that_differ_by_few_are_not_both_told():
    counts = np.array([62.0, 59, 30, 30, 4])  # 62 - 59: the group that left is 3
    assert list(hidden_in_nests(counts, 10, known=(62,))) == [False, True, False, False, True]


def test_the_callers_table_is_left_as_it_is():
    given_table = table([3, 20, 30])
    before = given_table.frame.copy()
    release_table(given_table, 10)
    pd.testing.assert_frame_equal(given_table.frame, before)


def test_a_governed_column_that_is_not_there_is_an_error():
    with pytest.raises(DisclosureError, match="no column 'median' to protect"):
        release_table(table([3], governed_by={"units": ("median",)}), 10)


# --- properties ---

counts_of = st.lists(st.integers(0, 40), min_size=1, max_size=6)


@given(counts_of, st.integers(2, 15))
def test_no_hidden_count_can_be_told_from_the_published_total(counts, threshold):
    """Whatever stands in the hidden cells, the reader knows that they sum to the rest."""
    gone = hidden_in_total(np.array(counts, dtype=float), threshold)
    shown = [c for c, is_gone in zip(counts, gone, strict=True) if not is_gone]
    assert not any(0 < c < threshold for c in shown)
    if gone.all() or not gone.any():
        return
    rest = sum(counts) - sum(shown)
    n_gone = int(gone.sum())
    assert n_gone >= 2
    # A reader who knows that each is at least 1 finds sums that leave any one of them large.
    assert rest - (n_gone - 1) >= threshold


def test_the_property_in_full_for_small_tables():
    """Every table of three rows up to 12: all that fits what is published is enumerated."""
    threshold = 5
    for counts in itertools.product(range(1, 13), repeat=3):
        gone = hidden_in_total(np.array(counts, dtype=float), threshold)
        if not gone.any() or gone.all():
            continue
        rest = sum(c for c, is_gone in zip(counts, gone, strict=True) if is_gone)
        first = {a for a in range(1, rest) if rest - a >= 1}
        assert any(a >= threshold for a in first), counts


@given(counts_of, st.integers(0, 15))
def test_releasing_twice_hides_no_more(counts, threshold):
    once = release_table(table(counts), threshold)
    again = release_table(table(counts), threshold)
    pd.testing.assert_frame_equal(once.frame, again.frame)
    if threshold <= 1:
        assert once.n_suppressed == 0


@given(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(2, 12), st.integers(0, 60))
def test_no_two_nested_counts_that_stay_tell_a_small_group(counts, threshold, known):
    numbers = np.array(counts, dtype=float)
    gone = hidden_in_nests(numbers, threshold, (known,))
    stay = {known, *numbers[~gone]} - {0}
    for one, other in itertools.combinations(stay, 2):
        assert abs(one - other) >= threshold


# --- sentences ---


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2 of 185 treated units (1.1%) found no match, and 4 (2.2%) have a score outside.",
         "Fewer than 10 treated units found no match, and fewer than 10 have a score outside."),
        ("not matched: 2 treated, 15,791 comparison", "not matched"),
        ("not matched: 20 treated, 15,791 comparison", None),
        ("cohort of one unit (1989)", "cohort of fewer than 10 units (1989)"),
        ("78 treated and 40 comparison units", "78 treated and 40 comparison units"),
        ("Joint test of 24 effects: F(1, 66) = 3.91, p = 0.052", None),
        ("1 of the 2 matches sought were not found", None),
        ("2,378 comparison units share a score", None),
        ("within 5% in 9 of 12 covariates", None),
        ("3 people", "Fewer than 10 people"),
    ],
)  # fmt: skip
def test_a_sentence_does_not_state_a_small_count(said, told):
    assert without_small_counts(said, 10) == (said if told is None else told)
    assert without_small_counts(said, 0) == said


# --- whole evaluations ---


@pytest.fixture(scope="module")
def readmissions():
    return evaluate(load_evaluation(DATA / "hospital-readmissions"))


def with_rule(evaluation, threshold):
    publication = evaluation.spec.publication
    rule = publication.disclosure.model_copy(update={"threshold": threshold})
    published = publication.model_copy(update={"disclosure": rule})
    return replace(evaluation, spec=evaluation.spec.model_copy(update={"publication": published}))


def test_a_headline_on_too_few_is_refused_and_says_how_to_go_on(readmissions):
    with pytest.raises(DisclosureError, match=r"fewer than 41 comparison units.*Publish a wider"):
        release(with_rule(readmissions, 41))
    assert release(with_rule(readmissions, 40)).primary is not None


def test_a_small_group_is_hidden_in_every_table_and_figure(readmissions):
    """With 20 called small, the group of 20 and the next one leave every table and series."""
    released = release(with_rule(readmissions, 21))
    part = released.primary
    groups = part.table("groups").frame
    assert sorted(n for n in groups["units"] if n != SUPPRESSED) == [29, 40]
    for kind, column in (("means", "units"), ("cells", "n_treated"), ("cohort", "n_treated")):
        shown = {value for value in part.table(kind).frame[column] if value != SUPPRESSED}
        assert shown <= {40, 29}, kind
    event = part.table("event").frame
    visible = event[event["n_treated"] != SUPPRESSED]
    assert set(visible["n_treated"]) <= {78, 49, 29}
    assert part.path.index == tuple(visible["event_time"])
    assert set(event.loc[event["n_treated"] == SUPPRESSED, "estimate"]) == {SUPPRESSED}


def test_small_numbers_of_people_without_a_match_are_told_nowhere(tmp_path):
    folder = copy_of("supported-work", tmp_path)
    change(folder / "evaluation.yaml", "threshold: 0", "threshold: 10")
    released = release(evaluate(load_evaluation(folder)))
    part = released.primary
    sentences = [
        *part.finding.notes,
        *part.finding.headline.method.notes,
        *(check.sentence for check in part.finding.checks),
        *part.table("ledger").frame["why"],
    ]
    assert not any("2 of 185" in s or "2 treated" in s or "1.1%" in s for s in sentences)
    groups = part.table("groups").frame
    treated = groups.set_index("group")["treated"]
    assert treated["Matched: in the analysis"] == 183.0
    assert treated["Submitted, with the covariates"] == SUPPRESSED  # 185 - 183 would tell
    assert released.primary.finding is released.evaluation.primary


def test_a_threshold_of_zero_hides_nothing(readmissions):
    released = release(with_rule(readmissions, 0))
    assert released.n_suppressed == 0
    assert released.primary.path.index == readmissions.primary.path.index


def test_one_rule_for_the_file_and_the_page(tmp_path):
    """The rule that is applied is the one that the evaluation states."""
    folder = copy_of("training-grants", tmp_path)
    change(folder / "evaluation.yaml", "threshold: 0", "threshold: 11")
    change(folder / "evaluation.yaml", "    reason: The firms are anonymous, and the same data are "
           "published firm by firm elsewhere.\n", "")  # fmt: skip
    released = release(evaluate(load_evaluation(folder)))
    assert list(released.primary.table("groups").frame["units"]).count(SUPPRESSED) == 2
