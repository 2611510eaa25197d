"""Suppression is safe, no dearer than it must be, and the same every time."""

import numpy as np
import pytest
from disclosure_problems import cheapest_by_trying, is_safe, one_way, problem, with_margins
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.disclosure import audit, cross_table_relations, protect, relations_of
from pbc_eval.errors import DisclosureError

pytestmark = pytest.mark.slow  # seconds, together

INNER = [[20, 50, 10], [8, 19, 22], [17, 32, 12]]  # one small cell


# --- the attacker ---


def test_a_reader_works_out_what_the_margins_leave_open():
    """One hidden cell in a table with margins is no secret; four in a square are."""
    table = with_margins(INNER)
    hidden = np.zeros(table.shape, dtype=bool)
    hidden[1, 0] = True
    relations = cross_table_relations(3, 3)
    alone = audit(relations, table.ravel(), hidden.ravel()).reshape(4, 4, 2)
    assert alone[1, 0].tolist() == [8, 8]
    hidden[np.ix_([0, 1], [0, 2])] = True
    square = audit(relations, table.ravel(), hidden.ravel()).reshape(4, 4, 2)
    assert square[1, 0].tolist() == [0, 28]  # what 8 gains, 20 loses, and 22 with it
    assert square[0, 2].tolist() == [2, 30]  # what 10 loses, 8 loses with it
    assert square[2, 1].tolist() == [32, 32]


def test_whole_numbers_tell_more_than_fractions():
    """Twice one cell plus another is 7: the first is 3 at most, not 3.5."""
    relations = relations_of(2, [([(0, 2.0), (1, 1.0)], 7.0)])
    assert audit(relations, [2, 3], [True, True])[0].tolist() == [0, 3]
    assert audit(relations, [2, 3], [True, True], whole=False)[0].tolist() == [0, 3.5]


def test_a_cell_of_which_nothing_is_known_has_no_upper_end():
    free = audit(relations_of(1, []), [7], [True], least=1)
    assert free[0].tolist() == [1, np.inf]
    difference = relations_of(2, [([(0, 1.0), (1, -1.0)], 5.0)])
    assert audit(difference, [25, 20], [True, True])[1].tolist() == [0, np.inf]


@pytest.mark.parametrize(
    ("published", "hidden", "message"),
    [
        ([1, 2], [False, False, True], "2 values and 3 marks were given for 3 cells"),
        ([3, 4, 9], [False, False, False], "do not add up as the relations say"),
        ([9, 4, 7], [False, True, False], "nothing fits what is published"),
    ],
)
def test_an_audit_of_other_cells_than_were_published_is_refused(published, hidden, message):
    relations = relations_of(3, [([(0, 1.0), (1, 1.0), (2, -1.0)], 0.0)])
    with pytest.raises(DisclosureError, match=message):
        audit(relations, published, hidden)


# --- patterns worked by hand ---


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([40, 30, 20], "..."),
        ([9, 30, 20, 10], "x..x"),
        ([3, 4, 50], "xxx"),  # two that sum to 7 are small for certain
        ([3, 4, 5], "xxx"),  # each may be 10
        ([7, 2, 60, 11], "xx.x"),
    ],
)
def test_what_is_hidden_beside_a_known_total(counts, expected):
    pattern = protect(problem(counts, one_way(counts)))
    assert "".join(".x"[int(hidden)] for hidden in pattern.hidden) == expected
    assert pattern.optimal


def test_the_cheapest_square_hides_a_cell_of_a_table():
    table = with_margins(INNER)
    pattern = protect(problem(table.ravel(), cross_table_relations(3, 3)))
    hidden = {tuple(int(k) for k in at) for at in np.argwhere(pattern.hidden.reshape(4, 4))}
    assert hidden == {(1, 0), (1, 2), (2, 0), (2, 2)}
    assert pattern.cost == 8 + 22 + 17 + 12
    assert pattern.gap == 0
    assert is_safe(problem(table.ravel(), cross_table_relations(3, 3)), pattern.hidden)


def test_what_stands_elsewhere_is_never_hidden():
    counts = [4, 11, 30]
    known = np.array([False, True, False])
    pattern = protect(problem(counts, one_way(counts), never=known))
    assert pattern.hidden.tolist() == [True, False, True]


def test_cells_that_go_together_are_hidden_together():
    counts = [4, 11, 12, 30]
    pattern = protect(
        problem(
            counts,
            one_way(counts),
            decision=np.array([0, 1, 2, 1]),  # hiding 11 costs as much as hiding 30
            cost=np.array([4.0, 30, 12]),
            always=np.zeros(3, dtype=bool),
            never=np.zeros(3, dtype=bool),
        )
    )
    assert pattern.hidden.tolist() == [True, False, True, False]


def test_hiding_one_may_mean_hiding_another():
    counts = [4, 11, 12, 30]
    pattern = protect(problem(counts, one_way(counts), implied=np.array([[1, 3]])))
    assert pattern.hidden.tolist() == [True, False, True, False]
    follows = protect(problem(counts, one_way(counts), implied=np.array([[0, 3]])))
    assert follows.hidden.tolist() == [True, False, False, True]


def test_a_cell_that_nothing_can_hide_is_named():
    pattern = protect(problem([4, 3, 3], one_way([4, 3, 3])))
    assert pattern.hidden.all()
    assert pattern.exposed == (0, 1, 2)  # of 10 in all, none can be 10: the others are one each
    alone = protect(problem([4, 30], one_way([4, 30]), never=np.array([False, True])))
    assert alone.exposed == (0,)


def test_the_answer_is_the_same_every_time():
    counts = np.random.default_rng(3).poisson(14, (6, 6))
    table = with_margins(counts)
    patterns = [protect(problem(table.ravel(), cross_table_relations(6, 6))) for _ in range(2)]
    np.testing.assert_array_equal(patterns[0].hidden, patterns[1].hidden)


def test_a_search_cut_short_is_safe_and_says_how_far_off_it_may_be():
    table = with_margins(np.random.default_rng(5).poisson(14, (7, 7)))
    posed = problem(table.ravel(), cross_table_relations(7, 7))
    best, short = protect(posed), protect(posed, rounds=1)
    assert is_safe(posed, short.hidden)
    assert short.cost >= best.cost
    assert short.bound <= best.cost
    assert (short.gap > 0) == (short.cost > short.bound)


# --- against trying everything ---

inner_tables = st.integers(2, 3).flatmap(
    lambda rows: st.lists(
        st.lists(st.integers(0, 16), min_size=3, max_size=3), min_size=rows, max_size=rows
    )
)


@pytest.mark.soak
@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 16), min_size=3, max_size=3), min_size=2, max_size=2),
       st.integers(3, 6))  # fmt: skip
def test_no_pattern_of_a_small_table_is_cheaper(inner, threshold):
    table = with_margins(inner)
    fixed = np.zeros(table.shape, dtype=bool)
    fixed[-1, -1] = True  # the grand total is known: fewer patterns to try
    posed = problem(
        table.ravel(), cross_table_relations(*np.shape(inner)), threshold, never=fixed.ravel()
    )
    if posed.sensitive[fixed.ravel()].any():
        return
    pattern, best = protect(posed), cheapest_by_trying(posed)
    if best is None:
        assert pattern.exposed
    else:
        assert not pattern.exposed
        assert is_safe(posed, pattern.hidden)
        assert pattern.cost == best


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=5), st.integers(2, 12))
def test_no_pattern_beside_a_total_is_cheaper(counts, threshold):
    posed = problem(counts, one_way(counts), threshold)
    pattern, best = protect(posed), cheapest_by_trying(posed)
    assert (best is None) == bool(pattern.exposed)
    assert best is None or pattern.cost == best


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(inner_tables, st.integers(2, 12))
def test_no_small_cell_of_a_table_can_be_told(inner, threshold):
    table = with_margins(inner)
    posed = problem(table.ravel(), cross_table_relations(*np.shape(inner)), threshold)
    pattern = protect(posed)
    assert pattern.hidden[posed.sensitive].all()
    told = np.array([k in pattern.exposed for k in range(table.size)])
    assert is_safe(problem(table.ravel(), posed.relations, threshold,
                           sensitive=posed.sensitive & ~told), pattern.hidden)  # fmt: skip
