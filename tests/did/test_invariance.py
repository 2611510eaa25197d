"""What must not matter does not; what must scale scales."""

import numpy as np
import pytest
from did.data import ROLES, mpdta, random_frame, with_gaps
from samples import panel_of_sample

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together

SAME = dict(rtol=1e-9, atol=1e-11)


def estimate(frame, missing="refuse", **options):
    panel = Panel.from_data(frame, cluster="cluster", weight="weight", missing=missing, **ROLES)
    return att_gt(panel, control_group="not_yet_treated", **options).cells


@pytest.mark.parametrize("missing", ["refuse", "pairs"])
class TestInvariance:
    def frame(self, missing):
        frame = random_frame(seed=11)
        return with_gaps(frame, seed=1) if missing == "pairs" else frame

    def test_order_of_rows_to_the_last_bit(self, missing):
        frame = self.frame(missing)
        one, two = estimate(frame, missing), estimate(frame.sample(frac=1, random_state=2), missing)
        np.testing.assert_array_equal(one.estimate, two.estimate)
        np.testing.assert_array_equal(one.joint, two.joint)

    def test_names_of_units_and_clusters(self, missing):
        frame = self.frame(missing)
        renamed = frame.assign(
            unit="u" + (1000 - frame["unit"]).astype(str),
            cluster="k" + frame["cluster"].astype(str),
        )
        one, two = estimate(frame, missing), estimate(renamed, missing)
        np.testing.assert_allclose(one.estimate, two.estimate, **SAME)
        np.testing.assert_allclose(one.joint, two.joint, **SAME)

    def test_unit_and_period_effects(self, missing):
        frame = self.frame(missing)
        moved = frame.assign(y=frame["y"] + frame["unit"] ** 2 + 10 * np.sin(frame["time"]))
        one, two = estimate(frame, missing), estimate(moved, missing)
        np.testing.assert_allclose(one.estimate, two.estimate, **SAME)
        np.testing.assert_allclose(one.joint, two.joint, **SAME)

    def test_a_large_level_loses_no_digits_that_the_data_have(self, missing):
        frame = self.frame(missing)
        frame["y"] = frame["y"].round(5)
        # Multiples of 2^-17 near 1e9 are exact in a double: only the arithmetic can lose digits.
        frame["y"] = np.round(frame["y"] * 2**17) / 2**17
        one, two = estimate(frame, missing), estimate(frame.assign(y=frame["y"] + 1e9), missing)
        np.testing.assert_allclose(one.estimate, two.estimate, **SAME)
        np.testing.assert_allclose(one.joint, two.joint, **SAME)

    def test_scale(self, missing):
        frame = self.frame(missing)
        one, two = estimate(frame, missing), estimate(frame.assign(y=frame["y"] * 1000), missing)
        k = one.k
        np.testing.assert_allclose(1000 * one.estimate, two.estimate, **SAME)
        np.testing.assert_allclose(1e6 * one.joint[:k, :k], two.joint[:k, :k], rtol=1e-9, atol=1e-6)

    def test_scale_of_weights(self, missing):
        frame = self.frame(missing)
        doubled = frame.assign(weight=frame["weight"] * 2)
        np.testing.assert_allclose(
            estimate(frame, missing).joint, estimate(doubled, missing).joint, **SAME
        )


def test_a_weight_of_two_is_the_unit_twice_in_estimates():
    frame = random_frame(seed=12).assign(weight=1.0)
    heavy = frame.assign(weight=np.where(frame["unit"] < 20, 2.0, 1.0))
    again = frame[frame["unit"] < 20]
    twice = np.concatenate([frame.index, again.index])
    copied = frame.loc[twice].reset_index(drop=True)
    copied.loc[len(frame) :, "unit"] += 1000
    np.testing.assert_allclose(estimate(heavy).estimate, estimate(copied).estimate, **SAME)
    # Clustered, the copies count as one, so that errors agree too.
    np.testing.assert_allclose(estimate(heavy).joint, estimate(copied).joint, **SAME)


def test_a_cluster_of_its_own_for_every_unit_changes_nothing():
    frame = random_frame(seed=13)
    frame["own"] = frame["unit"] + 5000
    plain = att_gt(Panel.from_data(frame, **ROLES)).cells
    own = att_gt(Panel.from_data(frame, cluster="own", **ROLES)).cells
    np.testing.assert_allclose(plain.joint, own.joint, **SAME)


def test_two_way_shares_the_invariances():
    frame = random_frame(seed=14)
    moved = frame.assign(y=frame["y"] + frame["unit"] ** 2 + np.sin(frame["time"]) + 1e6)
    one, two = (two_way(Panel.from_data(data, **ROLES)) for data in (frame, moved))
    assert two.estimate == pytest.approx(one.estimate, abs=1e-8)
    assert two.std_error == pytest.approx(one.std_error, abs=1e-8)


# --- averages ---


def test_simultaneous_bands_are_seeded_and_wider_than_pointwise():
    effects = att_gt(mpdta())
    bands, again = effects.aggregate("event"), effects.aggregate("event")
    assert bands.to_frame().equals(again.to_frame())
    critical = bands.effects[0].critical
    assert 1.96 < critical < 2.69  # between one test and Bonferroni over seven
    assert bands.overall.critical == pytest.approx(1.959964, abs=1e-6)
    assert bands.overall.method.seed == effects.seed
    pointwise = effects.aggregate("event", bands="pointwise")
    assert pointwise.effects[0].critical == pytest.approx(1.959964, abs=1e-6)
    assert pointwise.overall.method.seed is None


def test_a_single_effect_needs_no_simultaneous_correction():
    only = att_gt(mpdta()).aggregate("event", min_e=0, max_e=0)
    assert only.index == (0,)
    assert only.effects[0].critical == pytest.approx(1.959964, abs=1e-6)
    assert only.estimate == only.effects[0].estimate


def test_balancing_keeps_the_cohorts_observed_long_enough():
    effects = att_gt(mpdta())
    balanced = effects.aggregate("event", balance_e=1)
    assert balanced.index == (-2, -1, 0, 1)
    assert {effect.n_treated for effect in balanced.effects[1:]} <= {20, 40, 60}
    by_hand = effects.to_frame().query("event_time == 0 and cohort in (2004, 2006)")
    expected = (20 * by_hand["estimate"].iloc[0] + 40 * by_hand["estimate"].iloc[1]) / 60
    assert balanced.effects[2].estimate == pytest.approx(expected, abs=1e-12)


def test_the_counterfactual_is_the_treated_mean_without_the_effect():
    panel = mpdta()
    simple = att_gt(panel).aggregate().overall
    arrays, share, level = panel.arrays(), 0, 0.0
    for g in range(1, 4):
        at = panel.starts[g]
        members = arrays.outcome[arrays.cohort == g]
        level += members[:, at:].mean(axis=0).sum() * len(members)
        share += len(members) * (5 - at)
    assert simple.counterfactual_mean == pytest.approx(level / share - simple.estimate, abs=1e-10)
    assert (simple.n_treated, simple.n_comparison) == (191, 309)


def test_reference_cells_of_a_universal_base_say_so():
    event = att_gt(mpdta(), base_period="universal").aggregate("event")
    reference = event.effects[event.index.index(-1)]
    assert (reference.estimate, reference.std_error) == (0.0, None)
    assert reference.reason == "reference period"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kind": "group"}, "kind must be one of simple, event"),
        ({"bands": "uniform"}, "bands must be one of simultaneous"),
        ({"level": 95}, r"Did you mean 0\.95"),
        ({"kind": "event", "max_e": -1}, r"with max_e=-1: widen the limits"),
    ],
)
def test_an_average_that_cannot_be_taken_is_refused(options, message):
    with pytest.raises(DesignError, match=message):
        att_gt(mpdta()).aggregate(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control_group": "nevertreated"}, r"Did you mean 'never_treated'\?"),
        ({"method": "OLS"}, "method must be one of dr, reg, ipw"),
        ({"base_period": "first"}, "base_period must be one of"),
        ({"anticipation": -1}, "anticipation must be a whole number of periods >= 0, got -1"),
    ],
)
def test_a_wrong_option_is_refused(options, message):
    with pytest.raises(DesignError, match=message):
        att_gt(mpdta(), **options)


def test_anticipation_beyond_the_first_period_leaves_a_reason_not_a_gap():
    cells = att_gt(mpdta(), anticipation=1).to_frame()
    first = cells[cells["cohort"] == 2004]
    assert set(first["reason"]) == {"no period before treatment and its anticipation"}
    assert first["estimate"].isna().all()


# --- simulation ---


@pytest.mark.soak
def test_unbiased_and_covering_in_simulation():
    """200 units, three cohorts, effect 0.7: bias within 3 standard errors, coverage .90 to .98."""
    found = []
    for seed in range(150):
        panel = panel_of_sample(random_frame(seed=1000 + seed, n=200), **ROLES)
        found.append(att_gt(panel).aggregate(bands="pointwise").overall)
    errors = np.array([one.estimate - 0.7 for one in found])
    covered = np.mean([one.conf_low <= 0.7 <= one.conf_high for one in found])
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(len(errors))
    assert 0.90 <= covered <= 0.98
