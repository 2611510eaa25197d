"""Sentences tell no small count, in whatever words; what counts no people stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.words import released_sentence, without_small_counts

RULE = DisclosureRule()
OFF = DisclosureRule(threshold=0, reason="public")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("2 of 185 treated units (1.1%) found no match, and 4 (2.2%) have a score outside.",
         "Fewer than 10 treated units found no match, and fewer than 10 have a score outside."),
        ("not matched: 2 treated, 15,791 comparison", "not matched"),
        ("not matched: 20 treated, 15,791 comparison", None),
        ("cohort of one unit (1989)", "cohort of fewer than 10 units (1989)"),
        ("78 treated and 40 comparison units", None),
        ("Joint test of 24 effects: F(1, 66) = 3.91, p = 0.052", None),
        ("1 of the 2 matches sought were not found", None),
        ("2,378 comparison units share a score", None),
        ("within 5% in 9 of 12 covariates", None),
        ("3 people", "Fewer than 10 people"),
    ],
)  # fmt: skip
def test_neither_a_sentence_nor_a_label_states_a_small_count(said, told):
    expected = said if told is None else told
    assert without_small_counts(said, 10) == expected
    assert released_sentence(said, RULE) == expected
    assert without_small_counts(said, 0) == said
    assert released_sentence(said, OFF) == said


@pytest.mark.parametrize(
    ("said", "told"),
    [
        # wordings of checks, notes and ledgers that name their units late, or not at all
        ("8 treated and 40 comparison hospitals, 48 in all",
         "Fewer than 10 treated and 40 comparison hospitals, [c] in all"),
        ("groups too small for the test: 1989 (3), 1990 (12)",
         "groups too small for the test: 1989 (fewer than 10), 1990 (12)"),
        ("missing values: age 3, income 14", "missing values: age fewer than 10, income 14"),
        ("3 of 120 people were lost from sight", "Fewer than 10 people were lost from sight"),
        ("No balanced sample has more treated units than the 7 chosen (proven).",
         "No balanced sample has more treated units than the fewer than 10 chosen (proven)."),
        ("covariate 'age' is missing for 3 units", "covariate 'age' is missing for fewer than 10 "
         "units"),
        ("propensity scores: 4 comparison observations at or above 0.995: left out",
         "propensity scores: fewer than 10 comparison observations at or above 0.995: left out"),
        ("it needs one treated unit; there are 3 and 38.",
         "it needs fewer than 10 treated units; there are fewer than 10 and 38."),
        ("3 units were set aside (1.6%)", "Fewer than 10 units were set aside"),
        # numbers that count no people
        ("not observed in all 16 periods; missing='complete_units'", None),
        ("not observed in all 8 periods; missing='complete_units'", None),
        ("effects of cohort 7 in quarter 9 have no standard error", None),
        ("Nearest-neighbour matching 1:2 on the score, caliper 0.2", None),
        ("t with 5 degrees of freedom; N = 1,888 and K = 2", None),
        ("Callaway & Sant'Anna (2021), 4 placebos", None),
    ],
)  # fmt: skip
def test_a_small_count_is_found_in_whatever_words(said, told):
    assert released_sentence(said, RULE) == (said if told is None else told)


def test_a_sentence_does_not_tell_what_a_table_holds_back():
    said = "78 treated and 40 comparison units, 118 in all"
    assert released_sentence(said, RULE, hidden={40}) == (
        "78 treated and [c] comparison units, [c] in all"
    )
    assert released_sentence("16 periods of 1,918 rows", RULE, hidden={16, 1918}) == (
        "16 periods of [c] rows"
    )


def test_counts_in_sentences_are_rounded_as_in_tables():
    rule = DisclosureRule(rounding=5)
    assert released_sentence("78 treated and 41 comparison units", rule) == (
        "80 treated and 40 comparison units"
    )
    assert released_sentence("chosen: 183", rule, counts={183}) == "chosen: 185"
    assert released_sentence("chosen: 183", rule) == "chosen: 183"
    assert released_sentence("24 effects in 16 quarters", rule) == "24 effects in 16 quarters"


@given(
    st.integers(1, 9),
    st.sampled_from(["{} treated units", "of these, {} people left", "({} units)", "{} rows of 40",
                     "gone: {} treated, 80 comparison", "{} (3.1%) are outside", "lost {}."]),
)  # fmt: skip
def test_no_wording_with_people_in_it_lets_a_small_number_through(count, wording):
    said = wording.format(count)
    told = released_sentence(said, RULE)
    assert "ewer than 10" in told
    assert f" {count} " not in f" {told} ".replace("10", "")
    assert released_sentence(told, RULE) == told
