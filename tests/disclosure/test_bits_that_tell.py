"""How much is unknown is counted in bits: many counts of little range, and many that count alike,
leave one set of them."""

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from attacker.public import decimals, is_told, number, publish, read_public
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.bits_unknown import (
    DIGITS,
    bits_of_outcome,
    bits_of_traits,
    bits_of_weighted,
    spread_of,
    step_of,
    tells_one_set,
)
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.ratios_of_counts import FEWEST_UNKNOWN, _unknown

LEVELS, EACH = 12, 13
FEW, COMPARED = 7, 9  # of one level, in each arm
BETTER, COMPARED_BETTER = 5, 4  # of these
ANSWER = {"output": "better-few-with-a-trait", "by": "R. Reader", "date": "2026-05-01",
          "reason": "To see the attack succeed."}  # fmt: skip
DESIGN = {"method": "randomised", "rationale": "Lots.", "treatment": "treated",
          "drawn_by": "The team", "agreed_on": "2024-03-01"}  # fmt: skip


def drawn(few=FEW, compared=COMPARED):
    """As many of each level in either arm, but for one level."""
    rng = np.random.default_rng(5)
    rows = []
    for level in range(LEVELS):
        own, other = (few, compared) if level == 4 else (EACH, EACH)
        rows += [(f"a{level:02d}", 1)] * own + [(f"a{level:02d}", 0)] * other
    frame = pd.DataFrame(rows, columns=["area", "treated"]).sample(frac=1, random_state=1)
    frame = frame.reset_index(drop=True)
    frame["id"] = range(len(frame))
    frame["better"] = (rng.random(len(frame)) < 0.4 + 0.2 * frame["treated"]).astype(int)
    for arm, better in ((1, BETTER), (0, COMPARED_BETTER)):
        own = frame.index[(frame["area"] == "a04") & (frame["treated"] == arm)]
        frame.loc[own, "better"] = [1] * better + [0] * (len(own) - better)
    return frame


def evaluated(folder, frame, *, reviewed=(), **design):
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": list(reviewed)}}
    return evaluate(load_evaluation(invented.people_evaluation(
        folder, frame, payment=None, publication=publication, design=DESIGN | design
    )))  # fmt: skip


def near(gap, own, other, sizes):
    """Is a rounded standardised difference that of ``own`` and ``other`` people?"""
    p, q = own / sizes[0], other / sizes[1]
    apart = (p - q) / np.sqrt((p * (1 - p) + q * (1 - q)) / 2)
    return abs(apart - number(gap)) <= 0.51 * 10.0 ** -decimals(gap)


def sets_that_fit(text, sizes, better, two, gaps):
    """The attack, where all levels that are told are of EACH people: (of the small level in the
    programme, compared, of these the better in each arm). ``two`` are both hidden levels in each
    arm (with the small one another is held back), ``gaps`` their standardised differences."""
    n, fits = sum(sizes), set()
    for own in range(1, 10):
        for other in range(1, 10):
            rest, rest_other = two[0] - own, two[1] - other
            if not (near(gaps[1], own, other, sizes) and near(gaps[0], rest, rest_other, sizes)):
                continue
            k = np.arange(own + 1)[:, None, None, None]
            m = np.arange(other + 1)[None, :, None, None]
            p = np.arange(rest + 1)[None, None, :, None]
            q = np.arange(rest_other + 1)[None, None, None, :]
            told = 2 * EACH / n * ((better[0] - k - p) - (better[1] - m - q)) / EACH
            small = (own + other) / n * (k / own - m / other)
            large = (rest + rest_other) / n * (p / rest - q / rest_other)
            off = 0.51 * 10.0 ** -decimals(text)
            for a, b, _, _ in np.argwhere(np.abs(told + small + large - number(text)) <= off):
                fits.add((own, other, int(a), int(b)))
    return fits


@pytest.mark.slow
def test_twenty_two_counts_that_count_alike_are_tried_in_no_time_and_are_refused(tmp_path):
    frame = drawn()
    assert _unknown([f"area=a{k:02d}" for k in range(LEVELS)]) > FEWEST_UNKNOWN
    whole = evaluated(tmp_path / "a", frame, covariates=["area"], reviewed=[ANSWER])
    public = read_public(publish(release(whole), tmp_path / "out"))
    balance = public.kind("better", "balance")
    hidden = [not is_told(mean) for mean in balance["mean_treated"]]
    assert sum(hidden) == 2
    sizes = [(frame["treated"] == arm).sum() for arm in (1, 0)]
    two = [size - EACH * (LEVELS - 2) for size in sizes]
    better = [frame.loc[frame["treated"] == arm, "better"].sum() for arm in (1, 0)]  # by the levels
    text = public.kind("better", "estimates")["estimate"].iloc[0]
    gaps = list(balance.loc[hidden, "std_diff"])
    fits = sets_that_fit(text, sizes, better, two, gaps)
    assert fits == {(FEW, COMPARED, BETTER, COMPARED_BETTER)}
    with pytest.raises(DisclosureError, match=r"better-few-with-a-trait.*area=a04"):
        release(evaluated(tmp_path / "b", frame, covariates=["area"]))


@pytest.mark.slow
@pytest.mark.parametrize("few", [True, False])
def test_blocks_are_looked_at_unless_all_have_the_same_shares(tmp_path, few):
    """Where each block has the same share of the arms the effect is the plain difference."""
    frame = drawn() if few else drawn(6, 6)
    evaluation = evaluated(tmp_path / "a", frame, blocks="area")
    if few:
        with pytest.raises(DisclosureError, match="better-few-with-a-trait"):
            release(evaluation)
    else:
        assert release(evaluation)


def test_people_who_count_alike_are_one_sum():
    alike = [np.full(120, 2.0), np.full(120, 2.0)]
    assert bits_of_weighted(alike, 1.0) < 14
    apart = [np.arange(1.0, 121.0), np.arange(1.0, 121.0)]
    assert bits_of_weighted(apart, 1.0) == pytest.approx(240)  # yes or no of each
    assert bits_of_weighted([np.zeros(3)], 1.0) == 2


def test_a_range_of_little_holds_fewer_bits_than_the_number_of_counts_says():
    """Four traits of a small trial: twenty counts, of fewer bits than an effect and its error."""
    small = [[[2], [10], [11], [10]], [[10], [11], [10], [12]]]
    bits = bits_of_traits(small, numbers_told=10), bits_of_outcome(small, 1.0)
    assert tells_one_set(*bits, 2 * DIGITS)
    large = [[[3], [400], [500], [600]], [[100], [400], [500], [600]]]
    bits = bits_of_traits(large, numbers_told=10), bits_of_outcome(large, 1.0)
    assert not tells_one_set(*bits, 2 * DIGITS)
    assert tells_one_set(100, 30, 33, equations=34)  # many effects on the same traits
    assert not tells_one_set(100, 30, 33, equations=33)


@pytest.mark.parametrize(
    ("values", "step", "spread"),
    [([1, 2, 2], 1, 1), ([0, 30, 30], 1, 1), ([0, 5, 9], 1, 9), ([0.5, 1.25, 3], 0.01, 250),
     ([0.1, 0.2, np.pi], None, np.inf), ([1.0, np.nan, 4.0, 2.0], 1, 3),
     ([1e9, 2.0, 3.0], None, np.inf)],
)  # fmt: skip
def test_steps_and_spread_of_an_outcome(values, step, spread):
    values = np.array(values, dtype=float)
    assert step_of(values) == step
    assert spread_of(values) == pytest.approx(spread)


@settings(max_examples=100)
@given(st.lists(st.integers(-(10**6), 10**6), min_size=2, max_size=30), st.integers(0, 4))
def test_numbers_of_few_decimals_are_seen_as_such_when_told_to_ten_digits(steps, decimals):
    """Means of groups are rounded to ten digits before their sums are looked at."""
    units = 137
    means = [float(f"{step / 10**decimals / units:.10g}") for step in steps]
    found_step = step_of(np.array(means) * units)
    assert found_step is not None
    assert found_step >= 10.0**-decimals * (1 - 1e-9)


@settings(max_examples=50)
@given(st.integers(2, 400), st.integers(1, 9), st.integers(0, 50))
def test_more_that_is_unknown_never_tells_more(people, few, more):
    small, large = [[[few], [people]]], [[[few], [people + more]]]
    for spread in (1.0, 30.0):
        assert bits_of_outcome(large, spread) >= bits_of_outcome(small, spread)
        assert bits_of_traits(large) >= bits_of_traits(small)
    alike, apart = np.ones(people), np.arange(1.0, people + 1)
    assert bits_of_weighted([alike], 1.0) <= bits_of_weighted([apart], 1.0)
