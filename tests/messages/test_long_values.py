"""What a message repeats of a file is cut where it is long; what it says about it never is."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.errors import DataError, DesignError
from pbc_eval.messages.long_values import MOST, with_long_values_cut


@pytest.mark.parametrize(
    "value", ["x" * 5_000, "a b " * 1_250, "don't " * 1_000, 'say "no" ' * 500]
)
def test_a_long_value_is_shown_by_its_beginning_and_its_length(value):
    text = f"people.csv: row 3: must be yes or no, got {value!r}. Did you mean 'yes'?"
    cut = with_long_values_cut(text)
    assert len(cut) < 300
    assert cut.startswith("people.csv: row 3: must be yes or no, got ")
    assert cut.endswith("characters). Did you mean 'yes'?")


def test_every_error_cuts_and_keeps_its_kind_between_processes():
    error = DesignError(f"'{'y' * 4_000}' is no column.")
    assert "(4,000 characters) is no column." in str(error)
    again = pickle.loads(pickle.dumps(DataError(f"got {'z' * 4_000}")))
    assert str(again) == f"got {'z' * 60}… (4,000 characters)"


sentences = st.lists(
    st.sampled_from(
        ["the unit's", "'short'", "areas' names", 'a "word"', "is", "must be", "12.5%"]
    ),
    min_size=1,
    max_size=80,
).map(" ".join)


@given(sentences)
def test_a_message_of_many_short_values_is_left_as_it_is(text):
    assert max(map(len, text.split())) <= MOST
    assert with_long_values_cut(text) == text


def test_the_path_of_a_file_to_open_is_told_whole():
    path = "/srv/" + "/".join(["a-folder-of-the-shared-disk"] * 12) + "/executed.ipynb"
    assert path in str(DataError(f"{path}: cannot be read. Open it."))
