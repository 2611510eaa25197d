"""How long a change lasts, in words: refused with what to write, which is read as it was meant."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.errors import ValueMapError

HEADER = (
    "stakeholder,outcome,indicator,quantity,proxy_value,deadweight,attribution,displacement,"
    "drop_off,proxy,proxy_source,duration,months"
)
ROW = 'People,Work,In work,40,100,0,0,0,0,Wage,A study,"{duration}","{months}"'


def read(folder, duration="", months=""):
    file = folder / "map.csv"
    row = ROW.format(duration=duration, months=months)
    file.write_text(f"{HEADER}\n{row}\n", encoding="utf-8")
    return pbc.read_value_map(file).outcomes[0]


def remedied(folder, text, column):
    """The row after its remedy, as somebody would carry it out who reads the message."""
    with pytest.raises(ValueMapError) as refused:
        read(folder, **{column: text})
    message = str(refused.value)
    assert f"column '{column}'" in message
    if number := re.search(r"Did you mean (\d+)\?", message):
        return read(folder, **{column: number[1]})
    number = re.search(r"Write (\d+) in column 'months' and leave this one empty", message)
    assert number, message
    return read(folder, months=number[1])


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("2 years", 24), ("1 year", 12), ("3 yrs.", 36), ("18 months", 18), ("24 months", 24),
        ("½", 6), ("1½", 18), ("1 1/2 years", 18), ("1,5 years", 18), ("6m", 6),
        ("3 mis", 3), ("2 flynedd", 24), ("2-year", 24), ("1/3", 4),
    ],
)  # fmt: skip
def test_a_time_in_words_is_refused_with_what_to_write(tmp_path, text, months):
    row = remedied(tmp_path, text, "duration")
    assert (row.months or 12 * row.duration) == months


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 60), st.sampled_from(["months", "mths", "misoedd"]))
def test_any_number_of_months_is_meant_in_both_columns(tmp_path_factory, months, unit):
    folder = tmp_path_factory.mktemp("times")
    for column in ("duration", "months"):
        row = remedied(folder, f"{months} {unit}", column)
        assert (row.months or 12 * row.duration) == months


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 5), st.sampled_from(["1/2", "1/4", "3/4", "1/3", "2/3", "5/12"]))
def test_years_and_a_part_are_meant_as_months(tmp_path_factory, years, part):
    row = remedied(tmp_path_factory.mktemp("times"), f"{years} {part} years", "duration")
    assert row.months == 12 * (years + Fraction(part))


@pytest.mark.parametrize("text", ["two", "for ever", "years", "1/0"])
def test_what_says_no_number_is_refused_without_a_guess(tmp_path, text):
    with pytest.raises(ValueMapError, match="must be a plain number") as refused:
        read(tmp_path, duration=text)
    assert "Did you mean" not in str(refused.value)
