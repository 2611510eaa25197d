"""An evaluator's own tables: what is registered is released by the rule, what is not stays."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import (
    SUPPRESSED,
    OwnTable,
    ReleasedEvaluation,
    release_table,
    with_own_figure,
    with_own_table,
)
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable

pytestmark = pytest.mark.slow  # seconds, together

SPEC = load_evaluation(DATA / "supported-work")
RULE = SPEC.publication.disclosure


def evaluation(*tables: OutputTable, **changes) -> ReleasedEvaluation:
    """An evaluation of people of which nothing but these tables was released."""
    rule = RULE.model_copy(update={"threshold": 10, "counts": "people", "reviewed": (), **changes})
    publication = SPEC.publication.model_copy(update={"disclosure": rule})
    spec = SPEC.model_copy(update={"publication": publication, "status": "provisional"})
    shown = tuple(release_table(table, rule) for table in tables)
    return ReleasedEvaluation(spec=spec, rule=rule, findings=(), tables=shown)


def table(people=None, **columns) -> OwnTable:
    frame = pd.DataFrame(columns)
    kinds = {c: "number" for c in frame if pd.api.types.is_numeric_dtype(frame[c])}
    kinds = {c: k for c, k in kinds.items() if c not in (people or {})}
    return OwnTable(caption="By region", frame=frame, people=people, kinds=kinds)


def test_a_small_count_goes_with_what_rests_on_it_and_what_would_tell_it():
    own = table({"n": ["mean"]}, region=["a", "b", "c"], n=[400, 250, 4], mean=[31.5, 29.25, 40.0])
    before = own.frame.copy()
    _, shown = with_own_table(evaluation(), own)
    assert list(shown.frame["n"]) == [400, SUPPRESSED, SUPPRESSED]
    assert list(shown.frame["mean"]) == [31.5, SUPPRESSED, SUPPRESSED]
    pd.testing.assert_frame_equal(own.frame, before)


def test_groups_that_overlap_have_no_total_that_tells_one():
    own = table({"n": []}, region=["a", "b", "c"], n=[400, 250, 4])
    _, shown = with_own_table(evaluation(), replace(own, rows_share_people=True))
    assert list(shown.frame["n"]) == [400, 250, SUPPRESSED]


@pytest.mark.parametrize("share", [4 / 400, 396 / 400, 0.01])
def test_a_share_of_few_among_many_is_a_small_count_all_the_same(share):
    own = table({"n": ["yes"]}, region=["a", "b", "c"], n=[400, 250, 300], yes=[share, 0.5, 0.5])
    _, shown = with_own_table(evaluation(), own)
    assert shown.frame["yes"][0] == SUPPRESSED
    assert list(shown.frame["n"]) == [400, 250, 300]
    assert list(shown.frame.columns) == ["region", "n", "yes"]


@pytest.mark.parametrize(
    ("own", "reason"),
    [
        (table(None, region=["a"], n=[40]), "nothing says whether it counts people"),
        (
            table({"n": []}, region=["a"], n=[40], age=[3.5]),
            "nothing says on how many people age rests",
        ),
        (replace(table({}, region=["a"], n=[40]), kinds={}), "nothing says what n is"),
        (replace(table({}, region=["a"], n=[40]), caption=" "), "it has no caption"),
        (table({"m": []}, region=["a"], n=[40]), "there is no column 'm'"),
        (table({"n": []}, region=["a", "b"], n=[40, np.nan]), "'n' must count people in every row"),
        (table({"n": []}, region=["a", "b"], n=[40, 2.5]), "'n' must count people in every row"),
        (
            table({"n": []}, region=["a", "b", "all"], n=[40, 50, 90]),
            "a row of 'n' is the sum of the others",
        ),
        (
            table(
                {"a": [], "b": [], "n": []}, region=["x", "y"], a=[40, 4], b=[50, 90], n=[90, 94]
            ),
            "'n' is the sum of 'a', 'b' in every row",
        ),
        (
            replace(table({}, region=["a"], n=[40]), notes=("Three women were left out.",)),
            "its words tell of few people",
        ),
        (replace(table({}, region=["a"], n=[40]), kinds={"n": "cuont"}), "Did you mean 'count'"),
    ],
)
def test_what_is_not_registered_is_not_released_and_the_reason_is_told(own, reason):
    with pytest.raises(DisclosureError) as refused:
        with_own_table(evaluation(), own)
    assert reason in str(refused.value)
    assert "was not released" in str(refused.value)


def test_every_reason_is_told_at_once():
    own = OwnTable(caption="", frame=pd.DataFrame({"n": [1], "m": [2]}), people=None)
    with pytest.raises(DisclosureError) as refused:
        with_own_table(evaluation(), own)
    assert [w in str(refused.value) for w in ("no caption", "what n, m are", "people=")] == [
        True
    ] * 3


def test_a_table_about_no_people_is_shown_as_it_is():
    own = table({}, what=["rent", "staff"], money=[1.0, 2.0])
    every, shown = with_own_table(evaluation(), own)
    assert shown.n_suppressed == 0
    assert every.table("own-by-region") is shown
    assert [review.output for review in every.reviews] == ["own-by-region"]


def known(*counts) -> OutputTable:
    return OutputTable(
        name="known",
        caption="Known",
        frame=pd.DataFrame({"group": list("abcdefgh")[: len(counts)], "n": counts}),
        kinds={"group": "text", "n": "count"},
        headers={},
        governed_by={"n": ()},
    )


def test_counts_near_those_of_another_table_are_in_doubt_and_refused_beside_one_held_back():
    own = table({"n": []}, region=["a", "b"], n=[103, 300])
    every, _ = with_own_table(evaluation(known(100, 200)), own)
    assert every.reviews[-1].status == "review"
    assert "103 and 100" in every.reviews[-1].cells[0]
    with pytest.raises(DisclosureError, match="their difference may tell"):
        with_own_table(evaluation(known(100, 4, 200, 50)), own)


def test_two_of_one_name_are_refused_and_each_sees_the_other():
    own = table({"n": []}, region=["a", "b"], n=[103, 300])
    every, _ = with_own_table(evaluation(), own)
    with pytest.raises(DisclosureError, match="name of another output"):
        with_own_table(every, own)
    near = replace(table({"n": []}, region=["a", "b"], n=[108, 300]), name="later")
    assert with_own_table(every, near)[0].reviews[-1].status == "review"


def test_a_figure_goes_out_only_where_all_of_its_data_do():
    own = table({"n": []}, region=["a", "b", "c"], n=[400, 250, 4])
    with pytest.raises(DisclosureError, match="the figure was drawn before release"):
        with_own_figure(evaluation(), own)
    every, frame = with_own_figure(evaluation(), table({"n": []}, region=["a", "b"], n=[40, 250]))
    assert list(frame["n"]) == [40, 250]
    assert every.reviews[-1].kind == "figure"


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 40), min_size=2, max_size=6), st.data())
def test_no_small_count_and_no_share_of_few_is_ever_worked_out(counts, data):
    """The reader knows the total; he adds up, and takes shares times counts."""
    having = [data.draw(st.integers(0, n)) for n in counts]
    shares = [k / n if n else 0.0 for k, n in zip(having, counts, strict=True)]
    own = table({"n": ["yes"]}, row=[f"r{k}" for k in range(len(counts))], n=counts, yes=shares)
    try:
        _, shown = with_own_table(evaluation(), own)
    except DisclosureError:
        return
    n_shown, yes_shown = list(shown.frame["n"]), list(shown.frame["yes"])
    for n, k, count, share in zip(counts, having, n_shown, yes_shown, strict=True):
        assert not (0 < n < 10 and count != SUPPRESSED)
        if count != SUPPRESSED and share != SUPPRESSED:
            assert not 0 < k < 10, "a share of few"
            assert not 0 < n - k < 10, "a share of all but few"
    hidden = [n for n, count in zip(counts, n_shown, strict=True) if count == SUPPRESSED]
    left = sum(hidden)
    if any(0 < n < 10 for n in hidden) and sum(counts) >= 10:  # a small total is not told
        fits = [
            guess
            for guess in itertools.product(range(min(left, 60) + 1), repeat=min(len(hidden), 3))
            if sum(guess) == left
        ]
        assert len(hidden) > 3 or len(fits) > 1
