"""Every estimator on one sample, none of them silent."""

import numpy as np
import pytest
from did.data import ROLES, california, covariate_frame, mpdta, random_frame

from pbc_eval.did.compare import COLUMNS, compare_estimators
from pbc_eval.did.group_time import att_gt
from pbc_eval.errors import DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # seconds, together


def test_the_minimum_wage_by_all_estimators():
    table = compare_estimators(mpdta()).set_index("estimator")
    assert table["estimate"].round(6).to_dict() == pytest.approx(
        {
            "group-time effects, never treated": -0.039951,
            "group-time effects, not yet treated": -0.039764,
            "imputation": -0.047710,
            "extended two-way": -0.047710,
            "interaction-weighted": -0.039951,
            "synthetic difference-in-differences": np.nan,
            "two-way fixed effects": -0.036549,
        },
        nan_ok=True,
    )
    silent = table[table["estimate"].isna()]
    assert silent["reason"].str.contains("cohort 2004 has one").all()
    assert (table["n_treated"].dropna() == 191).all()
    assert tuple(table.columns) == COLUMNS[1:]


def test_one_treated_state():
    table = compare_estimators(california()).set_index("estimator")
    synthetic = table.loc["synthetic difference-in-differences"]
    assert synthetic["estimate"] == pytest.approx(-15.6, abs=0.01)
    assert synthetic["std_error"] > 0
    others = table.drop(index="synthetic difference-in-differences")
    assert others["std_error"].isna().all()
    assert others["reason"].str.contains("one unit|one treated cluster").all()


def test_covariates_are_used_where_they_can_be_and_told_where_not():
    table = compare_estimators(Panel.from_data(covariate_frame(1), covariates=["z"], **ROLES))
    table = table.set_index("estimator")
    assert sum(name.endswith((", dr", ", reg", ", ipw")) for name in table.index) == 6
    plain = att_gt(Panel.from_data(covariate_frame(1), **ROLES)).aggregate("simple")
    unadjusted = table.loc["group-time effects, never treated", "estimate"]
    assert unadjusted == pytest.approx(plain.estimate, abs=1e-12)
    assert "not adjusted for z" in table.loc["imputation", "inference"]
    assert "not adjusted for z" in table.loc["two-way fixed effects", "inference"]
    adjusted = [name for name in table.index if name.endswith(", adjusted")]
    assert len(adjusted) == 4
    assert table.loc[adjusted, "estimate"].notna().all()


def test_too_many_comparison_units_are_not_weighted_one_by_one():
    frame = random_frame(seed=4, n=600)
    frame["cohort"] = np.where(frame["unit"] < 20, 5, 0)
    table = compare_estimators(Panel.from_data(frame, **ROLES)).set_index("estimator")
    reason = table.loc["synthetic difference-in-differences", "reason"]
    assert "more than 500 comparison units" in reason


def test_estimators_that_do_not_apply_keep_their_row():
    frame = random_frame(seed=2)
    repeated = compare_estimators(Panel.from_data(frame, **(ROLES | {"unit": None})))
    assert repeated["estimate"].notna().sum() == 2
    assert (repeated.loc[repeated["estimate"].isna(), "reason"] != "").all()
    late = Panel.from_data(random_frame(seed=3, never=False), **ROLES)
    table = compare_estimators(late).set_index("estimator")
    assert "no unit is never treated" in table.loc["group-time effects, never treated", "reason"]
    assert table.loc["imputation", "estimate"] == pytest.approx(
        table.loc["extended two-way", "estimate"]
    )
    with pytest.raises(DesignError, match=r"Did you mean 0\.95"):
        compare_estimators(late, level=95)
