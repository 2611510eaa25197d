"""Yes-or-no outcomes: agreement with effect, by hand, and nought and one."""

import numpy as np
import pandas as pd
import pytest
from matched_samples import match_people, people, weight_by

from pbc_eval.errors import DataError
from pbc_eval.matching.binary import risk_effects

PEOPLE = people(500, seed=4)
PEOPLE["job"] = (PEOPLE["outcome"] > 1).astype(int)


def weigh_people(frame, **changes):
    asked = {"treatment": "treated", "covariates": ["age", "income", "group"], "unit": "id"}
    return weight_by(frame, **(asked | changes))


SAMPLES = {
    "pairs": match_people(PEOPLE, caliper=0.2),
    "replacement": match_people(PEOPLE, replacement=True, ratio=2),
    "sets": match_people(PEOPLE, method="full", estimand="ATE"),
    "weights": weigh_people(PEOPLE, estimand="ATE"),
    "entropy": weigh_people(PEOPLE, method="entropy"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_difference_in_points_is_the_effect(name):
    sample = SAMPLES[name]
    risks, effect = risk_effects(sample, "job"), sample.effect("job")
    assert risks.difference_points == pytest.approx(100 * effect.estimate, rel=1e-9)
    assert risks.std_error_points == pytest.approx(100 * effect.std_error, rel=1e-9)
    assert risks.interval_points == pytest.approx((100 * effect.conf_low, 100 * effect.conf_high))
    assert risks.comparison_share == pytest.approx(effect.counterfactual_mean)


@pytest.mark.parametrize("name", SAMPLES)
def test_ratios_are_those_of_the_shares(name):
    risks = risk_effects(SAMPLES[name], "job")
    a, b = risks.treated_share, risks.comparison_share
    assert risks.risk_ratio.estimate == pytest.approx(a / b)
    assert risks.odds_ratio.estimate == pytest.approx(a / (1 - a) / (b / (1 - b)))
    for ratio in (risks.risk_ratio, risks.odds_ratio):
        middle = np.sqrt(ratio.conf_low * ratio.conf_high)
        assert middle == pytest.approx(ratio.estimate)
    turned = risk_effects(SAMPLES[name], 1 - PEOPLE.set_index("id")["job"].rename("none"))
    odds, inverse = risks.odds_ratio, turned.odds_ratio
    assert inverse.estimate == pytest.approx(1 / odds.estimate)
    assert inverse.conf_low == pytest.approx(1 / odds.conf_high)


def test_four_cells_by_hand():
    # 200 people in each arm, no covariate matters: 30 % against 20 %
    frame = pd.DataFrame(
        {
            "t": np.repeat([1, 0], 200),
            "x": np.tile([0, 1], 200),
            "y": np.r_[np.repeat([1, 0], [60, 140]), np.repeat([1, 0], [40, 160])],
        }
    )
    risks = risk_effects(weight_by(frame, treatment="t", covariates=["x"], estimand="ATE"), "y")
    assert risks.difference_points == pytest.approx(10)
    assert risks.risk_ratio.estimate == pytest.approx(1.5)
    assert risks.odds_ratio.estimate == pytest.approx(12 / 7)
    # Woolf: the sum of one over the cells, up to n / (n - 1)
    error = np.log(risks.odds_ratio.conf_high / risks.odds_ratio.estimate) / risks.critical
    woolf = np.sqrt((1 / 60 + 1 / 140 + 1 / 40 + 1 / 160) * 400 / 399)
    assert error == pytest.approx(woolf, rel=1e-9)
    assert risks.per_hundred.startswith(
        "30.0 in every 100, against 20.0 without: 10.0 more in every 100 (95% interval +1."
    )
    table = risks.to_frame().set_index("measure")
    assert table.loc["risk ratio", "estimate"] == pytest.approx(1.5)


def test_nought_and_one_have_no_logarithm_and_say_so():
    none = PEOPLE.assign(job=PEOPLE["job"].where(PEOPLE["treated"] == 1, 0))
    risks = risk_effects(match_people(none), "job")
    assert risks.comparison_share == 0
    assert np.isnan(risks.risk_ratio.estimate)
    assert "no such ratio" in risks.risk_ratio.reason
    nobody = PEOPLE.assign(job=PEOPLE["job"].where(PEOPLE["treated"] == 0, 0))
    ratio = risk_effects(match_people(nobody), "job").risk_ratio
    assert (ratio.estimate, ratio.conf_low) == (0, None)
    assert "no logarithm" in ratio.reason


def test_fewer_is_said_as_fewer():
    turned = PEOPLE.assign(job=(1 - PEOPLE["job"]).astype(bool))
    assert "fewer in every 100" in risk_effects(match_people(turned), "job").per_hundred


def test_other_numbers_are_refused():
    with pytest.raises(DataError, match=r"outcome 'outcome' must be 0 or 1, found .* more"):
        risk_effects(SAMPLES["pairs"], "outcome")
