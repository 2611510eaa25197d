"""Numbers in disguise have one meaning in one notation, and none that is guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.messages.written_numbers import (
    NOTATIONS,
    instead,
    is_number,
    meant,
    plain,
    shortest,
    value_in,
    values_of,
)

numbers = st.decimals(-(10**9), 10**9, places=2, allow_nan=False)
notations = st.sampled_from(NOTATIONS)
dressed = st.sampled_from(("{}", "£{}", "{} €", "{}*", "{}[1]", " {} ", "{}†", "USD {}", "{} (p)"))


def in_notation(value: Decimal, notation: str) -> str:
    between, point = notation[1], notation[-2]
    return f"{value:,.2f}".translate({ord(","): between, ord("."): point})


@given(numbers, notations, dressed)
def test_what_is_written_in_a_notation_is_read_in_it(value, notation, dress):
    text = dress.format(in_notation(value, notation))
    assert value_in(text, notation) == value
    assert is_number(text)


@given(numbers, notations)
def test_a_percentage_is_its_hundredth_part(value, notation):
    assert value_in(f"{in_notation(value, notation)}%", notation) == value / 100


@given(numbers, notations, dressed)
def test_a_remedy_is_a_number_that_programs_read_and_never_another_one(value, notation, dress):
    text = dress.format(in_notation(value, notation))
    only = meant(text)
    if only is not None:
        assert only == value
        assert plain(shortest(only)) == value
        assert instead(text) == f" Did you mean {shortest(only)}?"
    else:
        assert value in values_of(text).values()


@pytest.mark.parametrize("text", ["15,500", "1.234", "£1,250", "1,000 (r)"])
def test_what_notations_read_differently_has_no_meaning_of_its_own(text):
    assert meant(text) is None
    assert " or " in instead(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("94,0", "94"),
        ("0,25", "0.25"),
        ("0,250", "0.25"),
        ("1,5%", "0.015"),
        ("15\u00a0500", "15500"),
        ("15\u202f500,5", "15500.5"),
        ("\u22125", "-5"),
        ("12\u00b9", "12"),
        ("1,234,567", "1234567"),
        ("1.234.567", "1234567"),
    ],
)
def test_text_that_can_be_one_number_only_is_that_number(text, value):
    assert meant(text) == Decimal(value)


@pytest.mark.parametrize("text", ["£5m", "1,23,456", "12 345 6", "(5)", "-£3"])
def test_a_number_in_a_notation_that_is_not_known_is_still_no_word(text):
    assert is_number(text)


@pytest.mark.parametrize(
    "text", ["", "-", "north", "16-24", "65+", "<5", "1/2", "A1", "n/a", "SW1"]
)
def test_words_and_codes_are_no_numbers(text):
    assert not is_number(text)
    assert instead(text) == ""
