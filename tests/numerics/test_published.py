"""Numbers are published to ten significant digits, wherever in a record they stand."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import Effect, Units
from pbc_eval.numerics.published import published
from pbc_eval.numerics.significant import DIGITS, all_significant, significant

numbers = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)


@given(numbers)
def test_a_number_keeps_ten_digits_and_rounding_twice_is_rounding_once(value):
    rounded = significant(value)
    assert significant(rounded) == rounded
    assert abs(rounded - value) <= 0.5000001 * abs(value) * 10.0 ** (1 - DIGITS)


@given(st.floats(1e-300, 1e300), st.floats(-4e-15, 4e-15))
def test_noise_of_a_machine_is_beyond_them_but_for_one_number_in_ten_thousand(value, noise):
    first, second = significant(value), significant(value * (1 + noise))
    assert first == second or abs(first / second - 1) < 2e-9


def test_noise_moves_hardly_any_of_many_numbers():
    rng = np.random.default_rng(0)
    values = rng.lognormal(size=20_000)
    others = values * (1 + 3e-15 * rng.uniform(-1, 1, 20_000))
    assert (all_significant(values) != all_significant(others)).sum() <= 5


@pytest.mark.parametrize("whole", [0.0, -0.0, 3.0, 123456789012345.0, 1e300, float("inf")])
def test_whole_numbers_stay(whole):
    assert significant(whole) == whole


def test_what_is_no_number_stays():
    assert np.isnan(significant(float("nan")))


class Pair(NamedTuple):
    low: float
    high: float


@dataclass(frozen=True)
class Record:
    name: str
    value: float
    pairs: tuple[Pair, ...]
    by: dict
    table: pd.DataFrame
    array: np.ndarray
    said: Sentence
    money: Decimal
    count: int = 3


THIRD, TENTH = 1 / 3, 0.3333333333


def record():
    return Record(
        name="a",
        value=THIRD,
        pairs=(Pair(THIRD, 2.0), Pair(1.0, 2.0)),
        by={"x": [THIRD, None, "a"]},
        table=pd.DataFrame({"x": [THIRD, np.nan], "n": [1, 2], "o": ["t", THIRD]}, index=[5, 7]),
        array=np.array([[THIRD, 1.0]]),
        said=Sentence(
            "{effect} for {units}",
            Claim(kind="none"),
            effect=Effect(THIRD, decimals=12),
            units=Units(4),
        ),
        money=Decimal("0.33333333333333333"),
    )


def test_every_number_of_a_record_is_rounded_and_nothing_else():
    before = record()
    after = published(before)
    assert after.value == after.pairs[0].low == after.by["x"][0] == after.array[0, 0] == TENTH
    assert after.table["x"].iloc[0] == after.table["o"].iloc[1] == TENTH
    assert after.said == "0.333333333300 for 4"
    assert after.said.claim == before.said.claim
    assert isinstance(after.pairs[0], Pair)
    assert (after.money, after.count, after.name) == (before.money, 3, "a")
    assert after.table.index.tolist() == [5, 7]
    assert after.table["n"].dtype == before.table["n"].dtype
    # and the record that was given is as it was
    assert before.value == before.table["x"].iloc[0] == before.array[0, 0] == THIRD


def test_a_published_record_is_published_as_it_is():
    once = published(record())
    assert published(once) is not record
    assert published(once).value == once.value
    assert published(("a", 1, None)) == ("a", 1, None)


def test_columns_of_one_name_are_each_rounded():
    twice = pd.DataFrame([[THIRD, 2 * THIRD]], columns=["x", "x"])
    assert published(twice).to_numpy().tolist() == [[TENTH, 0.6666666667]]
