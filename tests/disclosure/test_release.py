"""release: no count below the threshold is told, by cell, difference, figure or sentence."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluations import TOLD, change, copy_of, evaluation_of, of_people
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import SUPPRESSED, release, release_table
from pbc_eval.disclosure.tables import release_tables
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.record import OutputTable

pytestmark = pytest.mark.slow  # seconds, together


def table(counts, **changes) -> OutputTable:
    frame = pd.DataFrame({"group": list("abcdefghij")[: len(counts)], "units": counts})
    frame["mean"] = np.arange(len(counts)) + 0.5
    settings = {
        "name": "t", "caption": "T", "frame": frame, "headers": {},
        "kinds": {"group": "text", "units": "count", "mean": "number"},
        "governed_by": {"units": ("mean",)},
    }  # fmt: skip
    return OutputTable(**{**settings, **changes})


def rule(threshold=10, **changes) -> DisclosureRule:
    return DisclosureRule(threshold=threshold, reason="a test", **changes)


def hidden(counts, threshold=10, **changes) -> list[bool]:
    released = release_table(table(counts, **changes), rule(threshold))
    return [value == SUPPRESSED for value in released.frame["units"]]


@pytest.fixture(scope="module")
def readmissions():
    return of_people(evaluation_of("hospital-readmissions"))


# --- worked by hand ---


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([40, 30, 20], "..."),
        ([9, 30, 20, 10], "x..x"),  # the next smallest goes too: the total would tell
        ([10, 30], ".."),
        ([3, 4, 50], "xxx"),  # two that sum to 7 are small for certain; the third hides them
        ([0, 20, 30], "..."),  # zero tells of nobody
        ([5, 0], "x."),  # a total that is small itself is not told
        ([5], "x"),
        ([], ""),
    ],
)
def test_what_is_hidden_beside_a_published_total(counts, expected):
    assert "".join(".x"[is_hidden] for is_hidden in hidden(counts)) == expected


def test_zeros_may_be_protected_like_any_small_count():
    kept = release_table(table([0, 20, 30, 11]), rule(zeros="protected")).frame["units"]
    assert list(kept) == [SUPPRESSED, 20, 30, SUPPRESSED]  # anything from 0 to 11 in both
    assert hidden([0, 20, 30, 11]) == [False] * 4


def test_what_rests_on_a_hidden_count_goes_with_it_and_cells_are_counted_once():
    released = release_table(table([3, 20, 30], adds_up="not"), rule())
    assert list(released.frame["mean"]) == [SUPPRESSED, 1.5, 2.5]
    assert list(released.frame["group"]) == ["a", "b", "c"]
    assert released.n_suppressed == 2
    twice = {"units": ("mean",), "more": ("mean",)}
    frame = table([3, 20]).frame.assign(more=[4, 30])
    both = release_table(table([3, 20], frame=frame, governed_by=twice, adds_up="not"), rule())
    assert both.n_suppressed == 3


def test_where_the_first_row_is_the_sum_it_is_hidden_with_the_part():
    assert hidden([185, 183, 2, 0], adds_up="to_the_first") == [False, True, True, False]
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
    released = release_table(ledger, rule()).frame
    # 3 and 97 are 100 together, in whatever parts: what was read and what is analysed stand
    assert list(released["rows_dropped"]) == [0, SUPPRESSED, SUPPRESSED]
    assert list(released["rows_in"]) == [500, 500, SUPPRESSED]
    assert list(released["rows_left"]) == [500, SUPPRESSED, 400]


def test_units_of_a_step_are_not_told_by_its_rows():
    """30 rows of 2 units in 15 periods each: the rows tell the units, and go with them."""
    frame = pd.DataFrame({"what": ["read", "gaps"], "rows_in": [1918, 1918],
                          "rows_dropped": [0, 30], "rows_left": [1918, 1888],
                          "units_dropped": [0, 2]})  # fmt: skip
    kinds = {"what": "text"} | dict.fromkeys(frame.columns[1:], "count")
    ledger = table([1], frame=frame, kinds=kinds, adds_up="in_steps",
                   governed_by={"rows_dropped": (), "units_dropped": ()})  # fmt: skip
    released = release_table(ledger, rule()).frame
    assert list(released["units_dropped"]) == [0, SUPPRESSED]
    assert list(released["rows_dropped"]) == [0, SUPPRESSED]
    assert list(released["rows_in"]) == [SUPPRESSED, SUPPRESSED]


def test_the_callers_table_is_left_as_it_is():
    given_table = table([3, 20, 30])
    before = given_table.frame.copy()
    release_table(given_table, rule())
    pd.testing.assert_frame_equal(given_table.frame, before)


def test_a_governed_column_that_is_not_there_is_an_error():
    with pytest.raises(DisclosureError, match="no column 'median' to protect"):
        release_table(table([3], governed_by={"units": ("median",)}), rule())


# --- properties ---

counts_of = st.lists(st.integers(0, 40), min_size=1, max_size=6)


@settings(deadline=None, max_examples=30)
@given(counts_of, st.integers(2, 15))
def test_no_hidden_count_can_be_told_from_the_published_total(counts, threshold):
    """Whatever stands in the hidden cells, the reader knows that they sum to the rest."""
    gone = np.array(hidden(counts, threshold), dtype=bool)
    shown = [c for c, is_gone in zip(counts, gone, strict=True) if not is_gone]
    assert not any(0 < c < threshold for c in shown)
    if gone.all() or not gone.any():
        return
    rest = sum(counts) - sum(shown)
    n_gone = int(gone.sum())
    if sum(counts) >= threshold:  # a smaller total is not told either
        assert n_gone >= 2
        # A reader who knows that each is at least 1 finds sums that leave any one of them large.
        assert rest - (n_gone - 1) >= threshold


@pytest.mark.soak
@pytest.mark.slow
def test_the_property_in_full_for_small_tables():
    """Tables of three rows up to 7: all that fits what is published is enumerated."""
    threshold = 5
    for counts in itertools.combinations_with_replacement(range(1, 8), 3):
        gone = hidden(list(counts), threshold)
        if not any(gone) or all(gone):
            continue
        rest = sum(c for c, is_gone in zip(counts, gone, strict=True) if is_gone)
        assert {a for a in range(1, rest) if rest - a >= 1} >= set(range(1, threshold + 1)), counts


@settings(deadline=None, max_examples=30)
@given(counts_of, st.integers(0, 15))
def test_releasing_twice_hides_no_more(counts, threshold):
    once = release_table(table(counts), rule(threshold))
    again = release_table(table(counts), rule(threshold))
    pd.testing.assert_frame_equal(once.frame, again.frame)
    if threshold <= 1:
        assert once.n_suppressed == 0


def nests(counts, finding) -> list[bool]:
    """What is hidden of counts within counts, the largest of which everybody knows."""
    frame = pd.DataFrame({"event_time": range(len(counts)), "n_treated": counts})
    nested = OutputTable(name="x-event", caption="E", frame=frame, headers={},
                         kinds={"event_time": "text", "n_treated": "count"},
                         governed_by={"n_treated": ()}, adds_up="in_nests")  # fmt: skip
    told = release_tables((nested,), rule(), replace(finding, tables=(nested,)))[0]
    return [value == SUPPRESSED for value in told.frame["n_treated"]]


def test_nested_counts_that_differ_by_few_are_not_both_told(readmissions):
    finding = readmissions.primary  # 78 treated
    # 78 - 75: the group that left is 3
    assert nests([78, 75, 30, 30, 4], finding) == [False, True, False, False, True]
    assert nests([78, 60, 30], finding) == [False, False, False]


@pytest.mark.slow
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_no_two_nested_counts_that_stay_tell_a_small_group(readmissions, counts):
    gone = nests(counts, readmissions.primary)
    stay = {78, *(n for n, is_gone in zip(counts, gone, strict=True) if not is_gone)}
    for one, other in itertools.combinations(stay, 2):
        assert abs(one - other) >= 10


def staggered(finding, sizes, comparison=30, name_of="From period {}".format):
    """A finding of groups that start in periods 3, 5, 7 of 8, with every table that counts them."""
    starts = [3, 5, 7][: len(sizes)]
    groups = ["Never", *map(name_of, starts)]
    cells = pd.DataFrame(
        [{"cohort": s, "time": t, "event_time": t - s, "n_treated": n, "n_comparison": comparison,
          "estimate": 1.0} for s, n in zip(starts, sizes, strict=True) for t in range(s, 9)]
    )  # fmt: skip
    event = cells.groupby("event_time", as_index=False)["n_treated"].sum()
    event["estimate"] = 0.5
    counted = {"units": "count", "n_treated": "count", "n_comparison": "count", "group": "text"}
    made = [
        ("groups", pd.DataFrame({"group": groups, "units": [comparison, *sizes]}), "to_a_total",
         {"units": ()}, "group"),
        ("cells", cells, "not", {"n_treated": ("estimate",), "n_comparison": ("estimate",)},
         "cohort"),
        ("event", event, "in_nests", {"n_treated": ("estimate",)}, ""),
    ]  # fmt: skip
    keys = {"groups": ("0", *map(str, starts)), "cells": tuple(map(str, cells["cohort"]))}
    tables = tuple(
        OutputTable(name=f"{finding.outcome.id}-{kind}", caption=kind, frame=frame, headers={},
                    kinds={c: k for c, k in counted.items() if c in frame}, adds_up=adds_up,
                    governed_by=governed, group_by=group_by, keys=keys.get(kind, ()))
        for kind, frame, adds_up, governed, group_by in made
    )  # fmt: skip
    headline = replace(finding.headline, n_treated=sum(sizes), n_comparison=comparison)
    return replace(finding, headline=headline, tables=tables)


def believable(finding, released, n_groups):
    """Every split of the treated into groups that fits all that is published, by trying all."""
    groups, _, event = (one.frame for one in released)
    told = list(groups["units"])[1:]
    total = finding.headline.n_treated
    sums = {int(t): n for t, n in zip(event["event_time"], event["n_treated"], strict=True)}
    last = [8 - start for start in [3, 5, 7][:n_groups]]
    for sizes in itertools.product(range(1, total), repeat=n_groups):
        if sum(sizes) != total:
            continue
        if any(n not in (SUPPRESSED, size) for n, size in zip(told, sizes, strict=True)):
            continue
        if all(
            n == SUPPRESSED or n == sum(s for s, end in zip(sizes, last, strict=True) if t <= end)
            for t, n in sums.items()
        ):
            yield sizes


@pytest.mark.slow
@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(1, 16), min_size=3, max_size=3))
def test_no_small_group_can_be_told_from_all_tables_together(readmissions, sizes):
    """The event study adds groups up: a group hidden in one table must not come out of another."""
    if sum(sizes) < 10:
        return
    finding = staggered(readmissions.primary, sizes)
    released = release_tables(finding.tables, rule(5), finding)
    fits = list(believable(finding, released, 3))
    assert tuple(sizes) in fits
    doubtful = {cell for one in released for _, cell in (*one.doubts, *one.faults)}
    for place, size in enumerate(sizes):
        if size < 5 and not doubtful:
            assert {fit[place] for fit in fits} >= set(range(1, 6)), (sizes, released[2].frame)


def test_the_groups_of_an_event_study_are_hidden_in_it(readmissions):
    """4 of 44 start last: hidden with the next smallest, and so are the sums without them."""
    finding = staggered(readmissions.primary, [25, 15, 4])
    groups, cells, event = (one.frame for one in release_tables(finding.tables, rule(5), finding))
    assert list(groups["units"]) == [30, 25, SUPPRESSED, SUPPRESSED]
    assert set(cells.loc[cells["cohort"] == 7, "n_treated"]) == {SUPPRESSED}
    assert list(event["n_treated"]) == [44, 44, SUPPRESSED, SUPPRESSED, 25, 25]


@pytest.mark.parametrize(
    "name_of", [lambda start: "the same name", lambda start: f"Effective from {10 - start}", str]
)
def test_rows_are_matched_by_their_keys_and_never_by_their_labels(readmissions, name_of):
    plain = staggered(readmissions.primary, [25, 15, 4])
    renamed = staggered(readmissions.primary, [25, 15, 4], name_of=name_of)
    for one, other in zip(
        release_tables(plain.tables, rule(5), plain),
        release_tables(renamed.tables, rule(5), renamed),
        strict=True,
    ):
        counts = [column for column in ("units", "n_treated") if column in one.frame]
        pd.testing.assert_frame_equal(one.frame[counts], other.frame[counts])


def test_rows_that_count_no_people_say_so_by_key():
    frame = pd.DataFrame({"group": ["All", "Effective years", "In", "ESS"], "n": [50, 30, 47, 3]})
    steps = OutputTable(
        name="x-groups", caption="G", frame=frame, headers={},
        kinds={"group": "text", "n": "count"},
        governed_by={"n": ()}, adds_up="to_the_first", keys=("all", "years", "in", "effective"),
        not_people=frozenset({"effective"}),
    )  # fmt: skip
    told = release_table(steps, rule()).frame["n"]
    assert list(told) == [50, 30, 47, SUPPRESSED]


# --- whole evaluations ---


def test_a_sentence_that_lost_its_types_is_refused(readmissions):
    finding = readmissions.primary
    plain = replace(finding.checks[0], sentence=str(finding.checks[0].sentence) + " 3 people left.")
    changed = replace(finding, checks=(plain, *finding.checks[1:]))
    with pytest.raises(DisclosureError, match="plain text and cannot be released"):
        release(replace(readmissions, findings=(changed,)))


def test_a_column_of_sentences_that_lost_their_types_is_refused(readmissions):
    finding = readmissions.primary
    ledger = finding.table("ledger")
    plain = ledger.frame.assign(why=["3 people left"] * len(ledger.frame))
    tables = tuple(replace(t, frame=plain) if t is ledger else t for t in finding.tables)
    with pytest.raises(DisclosureError, match="plain text and cannot be released"):
        release(replace(readmissions, findings=(replace(finding, tables=tables),)))


def with_rule(evaluation, threshold):
    publication = evaluation.spec.publication
    changed = publication.disclosure.model_copy(update={"threshold": threshold})
    published = publication.model_copy(update={"disclosure": changed})
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


@pytest.mark.soak
def test_small_numbers_of_people_without_a_match_are_told_nowhere(tmp_path):
    folder = copy_of("supported-work", tmp_path)
    change(folder / "evaluation.yaml", "threshold: 0", f"threshold: 10{TOLD}")
    released = release(evaluate(load_evaluation(folder)))
    part = released.primary
    sentences = [
        *part.notes,
        *part.headline.method.notes,
        *(check.sentence for check in part.checks),
        *part.table("ledger").frame["why"],
    ]
    assert not any("2 of 185" in s or "2 treated" in s or "1.1%" in s for s in sentences)
    groups = part.table("groups").frame
    treated = groups.set_index("group")["treated"]
    assert treated["Matched: in the analysis"] == 183.0
    assert treated["Submitted, with the covariates"] == SUPPRESSED  # 185 - 183 would tell
    assert released.primary is released.findings[0]
    ledger = part.table("ledger").frame  # rows read less all comparison units would tell, too
    assert list(ledger["rows_in"]) == [SUPPRESSED, SUPPRESSED]
    assert 384 in list(ledger["rows_left"])
    doubts = {one.output for one in released.reviews if one.status == "review"}
    assert doubts == {"earnings-benchmark", "told-elsewhere"}  # the trial was of the same 185
    assert part.table("support") is None  # 185 in all, and how many within, would tell
    bars = part.table("score-bars").frame
    one = bars.loc[[value != SUPPRESSED for value in bars["treated"]]].iloc[-1]
    assert one["treated_before"] == pytest.approx(one["treated"] / 183)  # not of 185


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
    answers = "".join(
        f"      - {{output: {output}, by: A. Reviewer, date: 2026-06-01, reason: Asked}}\n"
        for output in ("scrap-rate-few-in-a-group", "training-hours-few-with-gaps")
    )
    change(folder / "evaluation.yaml", "    threshold: 11\n",
           f"    threshold: 11\n    reviewed:\n{answers}")  # fmt: skip
    released = release(evaluate(load_evaluation(folder)))
    assert list(released.primary.table("groups").frame["units"]).count(SUPPRESSED) == 2
