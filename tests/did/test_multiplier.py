"""The multiplier bootstrap agrees with the analytic errors it draws from."""

import numpy as np
import pytest
from did.data import ROLES, covariate_frame, mpdta, random_frame, with_gaps

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.multiplier import multiplier_bootstrap
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # replications

PANELS = {
    "complete": mpdta,
    "pairs": lambda: Panel.from_data(
        with_gaps(random_frame(1, n=200), 1), missing="pairs", cluster="cluster", **ROLES
    ),
    "covariates": lambda: Panel.from_data(covariate_frame(2), covariates=["z"], **ROLES),
}


@pytest.mark.parametrize("name", PANELS)
@pytest.mark.parametrize("kind", ["simple", "event", "cohort"])
def test_errors_and_bands_come_close_to_the_analytic_ones(name, kind):
    panel = PANELS[name]()
    effects = att_gt(panel, method="reg")
    plain, booted = effects.aggregate(kind), multiplier_bootstrap(panel, effects, kind, draws=4999)
    assert booted.estimate == plain.estimate
    assert booted.std_error == pytest.approx(plain.std_error, rel=0.08)
    for one, two in zip(plain.effects, booted.effects, strict=True):
        assert two.estimate == one.estimate
        # Signs on a few large influences have lighter tails, and a wider middle, than the normal.
        assert two.std_error == pytest.approx(one.std_error, rel=0.12)
        assert two.critical == pytest.approx(one.critical, abs=0.3)
    scale = np.sqrt(np.diag(plain.covariance))
    np.testing.assert_allclose(
        booted.covariance / np.outer(scale, scale),
        plain.covariance / np.outer(scale, scale),
        atol=0.1,
    )


@pytest.mark.parametrize("kind", ["event", "cohort"])
def test_with_many_units_the_bands_are_the_analytic_ones(kind):
    panel = Panel.from_data(random_frame(3, n=3000), **ROLES)
    effects = att_gt(panel)
    plain, booted = effects.aggregate(kind), multiplier_bootstrap(panel, effects, kind, draws=4999)
    assert booted.effects[0].critical == pytest.approx(plain.effects[0].critical, abs=0.08)
    assert booted.std_error == pytest.approx(plain.std_error, rel=0.04)


def test_the_seed_decides():
    effects = att_gt(mpdta())
    one, again, other = (multiplier_bootstrap(mpdta(), effects, seed=s) for s in (1, 1, 2))
    assert one.to_frame().equals(again.to_frame())
    assert one.std_error != other.std_error
    assert one.overall.method.seed == 1
    assert "multiplier bootstrap, 999 draws" in one.overall.method.inference


def test_refusals():
    effects = att_gt(mpdta())
    with pytest.raises(DesignError, match="draws must be a whole number >= 99, got 5"):
        multiplier_bootstrap(mpdta(), effects, draws=5)
    again = Panel.from_data(random_frame(1).assign(y=lambda f: f["y"] + f["time"] ** 2), **ROLES)
    with pytest.raises(DesignError, match="were not estimated by att_gt on"):
        multiplier_bootstrap(Panel.from_data(random_frame(2), **ROLES), att_gt(again))
    repeated = Panel.from_data(random_frame(1), **(ROLES | {"unit": None}))
    with pytest.raises(DesignError, match="needs units followed over time"):
        multiplier_bootstrap(repeated, att_gt(repeated))
