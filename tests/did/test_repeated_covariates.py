"""Repeated cross-sections with covariates: the panel's answers, a slow twin, missing values."""

import numpy as np
import pytest
from did.data import ROLES, covariate_frame, with_gaps

from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.triple_difference import triple_difference
from pbc_eval.errors import DataError, DesignError
from pbc_eval.panel.panel import Panel

pytestmark = pytest.mark.slow  # each estimate is held against a slow twin

CROSS = ROLES | {"unit": None}
METHODS = ("dr", "reg", "ipw")
STEP = 1e-30


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
def test_clustered_by_unit_a_complete_panel_gives_the_panel_s_answers(method, control_group):
    frame = covariate_frame(1)
    given = dict(method=method, control_group=control_group)
    roles = dict(covariates=["z", "s"], weight="weight")
    panel = att_gt(Panel.from_data(frame, **roles, **ROLES), **given).cells
    cross = att_gt(Panel.from_data(frame, **roles, cluster="unit", **CROSS), **given).cells
    np.testing.assert_allclose(cross.estimate, panel.estimate, atol=1e-9)
    np.testing.assert_allclose(cross.joint, panel.joint, atol=1e-9)
    np.testing.assert_allclose(cross.before.covariance, panel.before.covariance, atol=1e-9)
    np.testing.assert_array_equal(cross.before.size, panel.before.size)


def twin(sample, method, covariates, weighted):
    """Estimating equations solved by Newton's method with derivatives by complex steps: nothing is
    derived by hand."""
    x = np.column_stack([np.ones(len(sample)), sample[covariates]])
    y, d, now = (sample[name].to_numpy(dtype=float) for name in ("y", "d", "now"))
    w = sample["weight"].to_numpy() if weighted else np.ones(len(sample))
    p = x.shape[1]

    def psi(theta):
        gamma, slopes = theta[:p], theta[p : 5 * p].reshape(2, 2, p)
        odds = np.exp(x @ gamma)
        away = odds if method != "reg" else 0 * odds + 1
        rows = [(w * (d - odds / (1 + odds)))[:, None] * x]
        fit = {}
        for side in (0, 1):
            for t in (0, 1):
                fit[side, t] = x @ slopes[side, t]
                inside = w * (d if side else 1 - d) * (now if t else 1 - now)
                rows.append((inside * (y - fit[side, t]))[:, None] * x)
        means = theta[5 * p :]
        terms, signs = [], []
        for t in (1, 0):
            sign, here = (1, now) if t else (-1, 1 - now)
            rest = y - fit[0, t] if method == "dr" else y
            terms.append((w * d * here, rest))
            signs.append(sign)
            if method == "reg":
                terms.append((w * d, fit[0, t]))
            else:
                terms.append((w * (1 - d) * away * here, rest))
            signs.append(-sign)
            if method == "dr":
                gap = fit[1, t] - fit[0, t]
                terms += [(w * d, gap), (w * d * here, gap)]
                signs += [sign, -sign]
        for mean, (a, f) in zip(means, terms, strict=True):
            rows.append((a * (f - mean))[:, None])
        psi.signs = np.array(signs)
        return np.column_stack(rows)

    def derivative(theta):
        columns = []
        for j in range(len(theta)):
            moved = theta.astype(complex)
            moved[j] += 1j * STEP
            columns.append(psi(moved).sum(axis=0).imag / STEP)
        return np.array(columns).T

    theta = np.zeros(5 * p + (8 if method == "dr" else 4))
    for _ in range(60):
        theta = theta - np.linalg.solve(derivative(theta), psi(theta).sum(axis=0))
    influence = -np.linalg.solve(derivative(theta), psi(theta).T).T
    return psi.signs @ theta[5 * p :], influence[:, 5 * p :] @ psi.signs


@pytest.mark.parametrize(
    ("method", "weighted"),
    [
        (method, weighted)
        if weighted or method == "ipw"
        else pytest.param(method, weighted, marks=pytest.mark.soak)
        for method in METHODS
        for weighted in (False, True)
    ],
)
def test_every_cell_is_the_twin_s(method, weighted):
    frame = with_gaps(covariate_frame(2, n=150), seed=1).reset_index(drop=True)
    panel = Panel.from_data(
        frame,
        covariates=["z", "v"],
        weight="weight" if weighted else None,
        cluster="cluster",
        **CROSS,
    )
    effects = att_gt(panel, method=method, control_group="not_yet_treated")
    cells = effects.to_frame()
    influences = {}
    for at, row in enumerate(cells.itertuples()):
        here = frame["time"].isin([row.time, row.base])
        last = max(row.time, row.base)
        own = here & (frame["cohort"] == row.cohort)
        other = here & ((frame["cohort"] == 0) | (frame["cohort"] > last)) & ~own
        sample = frame[own | other].assign(
            d=own[own | other], now=lambda f, t=row.time: f["time"] == t
        )
        estimate, influence = twin(sample, method, ["z", "v"], weighted)
        assert row.estimate == pytest.approx(estimate, abs=1e-9)
        influences[at] = np.zeros(len(frame))
        influences[at][sample.index] = influence
    clusters = frame["cluster"].to_numpy()
    sums = np.array([np.bincount(clusters, influences[at]) for at in influences])
    k = len(cells)
    np.testing.assert_allclose(effects.cells.joint[:k, :k], sums @ sums.T, atol=1e-9)


def test_order_of_rows_and_scale_of_covariates_do_not_matter():
    frame = covariate_frame(3)
    moved = frame.assign(z=1e4 - 250 * frame["z"]).sample(frac=1, random_state=1)
    one, two = (att_gt(Panel.from_data(f, covariates="z", **CROSS)).cells for f in (frame, moved))
    np.testing.assert_allclose(one.estimate, two.estimate, atol=1e-8)
    np.testing.assert_allclose(one.joint, two.joint, atol=1e-8)


def test_triple_differences_take_them_too():
    frame = covariate_frame(4, n=400)
    frame["reached"] = frame["unit"] % 2 == 0
    roles = dict(covariates=["z"], eligible="reached")
    panel = triple_difference(Panel.from_data(frame, **roles, **ROLES)).aggregate("event")
    cross = triple_difference(Panel.from_data(frame, cluster="unit", **roles, **CROSS))
    assert cross.aggregate("event").estimate == pytest.approx(panel.estimate, abs=1e-9)
    assert cross.aggregate("event").std_error == pytest.approx(panel.std_error, abs=1e-9)


def test_the_page_is_told_what_was_done():
    effects = att_gt(Panel.from_data(covariate_frame(5), covariates=["s", "z"], **CROSS))
    assert "locally efficient" in effects.method.estimator
    assert "covariates are each observation's own" in effects.method.notes
    assert "indicators leave out s: large" in effects.method.notes
    assert check_pretrends(effects).p_value > 0


class TestMissing:
    def frame(self):
        frame = covariate_frame(6).reset_index(drop=True)
        frame.loc[[2, 9, 17], "v"] = np.nan
        return frame

    def test_refused_with_counts_and_options(self):
        with pytest.raises(DataError, match=r"'v' is missing in 3 of 600 rows\. Choose"):
            Panel.from_data(self.frame(), covariates=["z", "v"], **CROSS)

    def test_left_out_on_request_with_a_line_in_the_ledger(self):
        panel = Panel.from_data(
            self.frame(), covariates=["z", "v"], missing="complete_units", **CROSS
        )
        step = panel.ledger.steps[-1]
        assert (step.what, step.rows_dropped) == ("covariate v missing", 3)
        kept = Panel.from_data(self.frame().dropna(), covariates=["z", "v"], **CROSS)
        np.testing.assert_allclose(att_gt(panel).cells.joint, att_gt(kept).cells.joint, atol=1e-14)


@pytest.mark.parametrize("method", METHODS)
def test_collinear_covariates_are_named(method):
    frame = covariate_frame(7)
    frame["twice"] = 2 * frame["z"] + 1
    with pytest.raises(DesignError, match=r"collinear among .*: twice\."):
        att_gt(Panel.from_data(frame, covariates=["z", "twice"], **CROSS), method=method)


def test_separation_is_the_reason_of_its_cells():
    frame = covariate_frame(8)
    frame["only"] = (frame["cohort"] == 3) * 10.0 + frame["z"]
    cells = att_gt(Panel.from_data(frame, covariates=["only"], **CROSS), method="ipw").to_frame()
    lost = cells["cohort"] == 3
    assert cells.loc[lost, "reason"].str.contains("covariates separate the cohort").all()
    assert cells.loc[~lost, "std_error"].notna().all()
