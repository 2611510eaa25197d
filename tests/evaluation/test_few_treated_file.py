"""Few treated units from the evaluation file to the payment: proposed, stated, planned, paid by."""

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from evaluations import change, copy_of

import pbc_eval as pbc
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.designs.difference_agreed import planned

HEADLINE = "  headline: simple\n"


def few_areas(folder, *, treated=3, compared=57, years=12):
    """A copy of an evaluation with other data: areas of many sizes, few in the programme."""
    folder = copy_of("insurance-expansion", folder)
    draw, n = np.random.default_rng(3), treated + compared
    size = np.resize([2.0, 5, 3, 1, 4, 9, 2, 25, 12, 40, 16], n)
    first = 2020 - years
    frame = pd.DataFrame(
        {
            "stfips": np.repeat(np.arange(n), years),
            "year": np.tile(np.arange(first, 2020), n),
            "people": np.repeat(1000 * size, years),
        }
    )
    on = (frame["stfips"] < treated) & (frame["year"] >= 2017)
    frame["yexp2"] = np.where(frame["stfips"] < treated, 2017, 0)
    noise = draw.normal(size=len(frame)) * 0.02 / np.sqrt(frame["people"] / 1000)
    frame["dins"] = 0.6 + 0.003 * (frame["year"] - first) + noise + 0.1 * on
    frame.to_csv(folder / "states.csv", index=False)
    return folder, folder / "evaluation.yaml"


@pytest.mark.soak
def test_interval_check_and_payment_rest_on_errors_rescaled_by_size(tmp_path):
    folder, file = few_areas(tmp_path)
    change(file, "  cohort: yexp2\n", "  cohort: yexp2\n  weight: people\n")
    change(file, HEADLINE, HEADLINE + "  inference: ferman_pinto\n")
    spec = pbc.load_evaluation(folder)
    made = pbc.evaluate(spec)
    panel = pbc.Panel.from_data(
        folder / "states.csv",
        unit="stfips",
        time="year",
        outcome="dins",
        cohort="yexp2",
        weight="people",
    )
    test, headline = pbc.ferman_pinto(panel), made.primary.headline
    assert (headline.conf_low, headline.p_value) == pytest.approx((test.conf_low, test.p_value))
    assert made.primary.measured.conf_low == headline.conf_low
    bands = {0.02: 1_000_000, 0.05: 2_500_000, 0.08: 4_000_000}
    assert made.payment.total == max(pay for at, pay in bands.items() if headline.conf_low >= at)
    few = next(check for check in made.primary.checks if check.name == "few_clusters")
    assert few.status == "pass"
    assert "as agreed" in few.sentence
    assert "rescaled to the size of each group (Ferman and Pinto)" in headline.method.inference
    assert any("Ferman and Pinto" in str(value) for _, value in planned(spec))


@pytest.mark.soak
def test_one_area_seen_for_long_is_judged_over_time(tmp_path):
    folder, file = few_areas(tmp_path, treated=1, compared=9, years=24)
    stated = "  inference: conformal\n  estimator: extended_two_way\n"
    change(file, HEADLINE, HEADLINE + stated)
    spec = pbc.load_evaluation(folder)
    headline = pbc.evaluate(spec).primary.headline
    assert "in 24 orders" in headline.method.inference
    assert 0.05 < headline.conf_low < headline.conf_high < 0.15
    assert ("Periods change places", "as a moving block, as errors hang together over time") in (
        planned(spec)
    )


def test_permutations_of_another_inference_are_refused(tmp_path):
    folder, file = few_areas(tmp_path)
    change(file, HEADLINE, HEADLINE + "  permutations: all\n")
    with pytest.raises(SpecError, match=r"permutations all are for inference conformal"):
        pbc.load_evaluation(folder)


@pytest.mark.slow
def test_small_groups_of_which_late_effects_have_no_error_are_evaluated(tmp_path):
    """The headline's average counts a time since the start of which the event study has no error;
    the whole evaluation was refused, with words on an event time."""
    frame = invented.panel({6: 3, 7: 9, 5: 1}, never=53, seed=2)
    design = {
        "method": "difference_in_differences",
        "rationale": "Waves are compared.",
        "control_group": "never_treated",
        "agreed_on": "2024-03-01",
        "waivers": [invented.waiver("pre_trends"), invented.waiver("few_clusters")],
    }
    folder = invented.panel_evaluation(tmp_path / "small", frame, payment=None, design=design)
    checks = pbc.evaluate(pbc.load_evaluation(folder)).findings[0].checks
    assert {"unseen_slope", "diverging_trends"} <= {check.name for check in checks}
