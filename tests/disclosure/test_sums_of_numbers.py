"""Three numbers or more that add up to a hidden one are found; chance is not taken for it."""

import numpy as np
import pytest
from attacker import invented
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.sums_of_numbers import Told, sums_alike
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate


def told(*values, family="counts"):
    return [Told(float(n), f"{family}.{k}", family, f"{family}.{k}") for k, n in enumerate(values)]


def joined(folder, *groups):
    """Few found no match, so that all who joined are held back; verified counts tell of groups."""
    frame = invented.people(3, n=300, seed=2)
    everybody = int(frame["treated"].sum())
    counts = [
        {"outcome": f"group-{k}", "count": n, "source": "A list", "status": "READ",
         "counts": "people"} for k, n in enumerate((*groups, everybody - sum(groups)))
    ]  # fmt: skip
    return evaluate(load_evaluation(invented.people_evaluation(folder, frame, counts=counts)))


@pytest.mark.slow
def test_three_verified_counts_that_add_up_to_all_who_joined_stop_the_release(tmp_path):
    """Before: only two were looked at; 20, 30 and the rest told how many joined, and with those who
    are in the analysis that 3 found no match."""
    evaluation = joined(tmp_path / "three", 20, 30)
    with pytest.raises(DisclosureError, match=r"all of counts\.group-0, .* together is as large"):
        release(evaluation)


def test_a_whole_family_is_looked_at_whatever_its_size():
    numbers = told(*range(100, 160))
    assert len(numbers) > 40
    ((value, where),) = sums_alike(numbers, [sum(range(100, 160))])
    assert value == sum(range(100, 160))
    assert where.startswith("all of counts.0")


def test_of_one_measure_one_number_is_in_a_sum():
    both = [Told(40.0, "m, count", "count", "m"), Told(60.0, "m, among", "among", "m")]
    other = [Told(25.0, "n, count", "count", "n")]
    assert not [*sums_alike([*both, *other], [125.0])]
    third = [Told(7.0, "o, among", "among", "o")]
    assert [*sums_alike([*both, *other, *third], [40.0 + 25 + 7])]


@given(st.lists(st.integers(10, 5000), min_size=3, max_size=6, unique=True), st.data())
def test_a_sum_of_some_is_found_where_such_sums_are_rare(values, data):
    n = data.draw(st.integers(3, len(values)))
    part = data.draw(st.permutations(values))[:n]
    found = {value for value, _ in sums_alike(told(*values), [float(sum(part))])}
    assert found <= {float(sum(part))}
    if n == len(values):
        assert found == {float(sum(part))}


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 14), st.integers(0, 2**32))
def test_numbers_that_have_nothing_to_do_with_each_other_are_hardly_ever_alike(n, seed):
    """Unrelated hidden numbers are taken for a sum about as rarely as promised."""
    rng = np.random.default_rng(seed)
    values = rng.integers(20, 900, n)
    hidden = rng.integers(100, 3000, 200).astype(float)
    found = [*sums_alike(told(*map(int, values)), hidden)]
    assert len(found) <= 0.05 * len(set(hidden)) + 12
