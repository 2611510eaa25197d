"""Did the cohorts move with their comparison before treatment?

    W = theta' V^-1 theta,  chi-squared with as many degrees of freedom as cells kept

over all cells before treatment, from their joint covariance. Callaway and Sant'Anna (2021), remark
after theorem 1. The test often lacks the power to see what matters (Roth 2022, American Economic
Review: Insights 4), so that not rejecting is no evidence of parallel trends.
"""

import numpy as np
import pandas as pd
from scipy import linalg, stats

from pbc_eval.did.group_time import GroupTimeEffects
from pbc_eval.results import CheckResult, CheckStatus, Floats

FAIL_BELOW = 0.05  # p-value
REVIEW_BELOW = 0.10
REDUNDANT = 1e-9  # share of a cell's variance left once the cells before it are known

NULL = "every effect before treatment (and its anticipation) is zero"


def check_pretrends(effects: GroupTimeEffects) -> CheckResult:
    """Joint Wald test that all effects before treatment are zero.

    "fail" below p = 0.05, "review" below 0.10, else "pass"; "not_applicable" when there is no
    period before treatment to test. Cells that others determine are dropped from the test, counted
    in the sentence and marked in the table (cohort, time, ..., reason, tested).
    """
    cells = effects.cells
    frame = effects.to_frame()
    plan = cells.plan
    before = plan.before & ~plan.reference
    known = before & ~np.isnan(cells.std_error)
    table = frame[before].assign(tested=False)
    if not known.any():
        why = (
            "no period before treatment can be compared with another"
            if not before.any()
            else "no effect before treatment has a standard error"
        )
        return CheckResult(
            name="pre_trends",
            status="not_applicable",
            sentence=f"Pre-trends could not be tested: {why}. Parallel trends rest on argument.",
            null=NULL,
            table=table,
        )
    at = np.flatnonzero(known)
    covariance = cells.joint[np.ix_(at, at)]
    kept = independent(covariance)
    if not kept:
        return CheckResult(
            name="pre_trends",
            status="not_applicable",
            sentence="Pre-trends could not be tested: outcomes before treatment do not vary.",
            null=NULL,
            table=table,
        )
    theta = cells.estimate[at][kept]
    factor = linalg.cho_factor(covariance[np.ix_(kept, kept)])
    statistic = float(theta @ linalg.cho_solve(factor, theta))
    p_value = float(stats.chi2.sf(statistic, len(kept)))
    table.loc[frame.index[at[kept]], "tested"] = True
    return CheckResult(
        name="pre_trends",
        status=_status(p_value),
        sentence=_sentence(statistic, p_value, len(kept), table),
        null=NULL,
        statistic=statistic,
        p_value=p_value,
        table=table.reset_index(drop=True),
    )


def independent(covariance: Floats) -> list[int]:
    """Positions of the first estimates that are not (nearly) linear functions of earlier ones.

    A pseudo-inverse would instead let rounding decide which direction counts.
    """
    kept: list[int] = []
    for at, variance in enumerate(np.diag(covariance)):
        if variance <= 0:
            continue
        left = variance
        if kept:
            link = covariance[kept, at]
            # Scaled to correlations, so that outcomes of any unit get the same answer.
            scale = np.sqrt(np.diag(covariance)[kept])
            inside = covariance[np.ix_(kept, kept)] / np.outer(scale, scale)
            left = variance - link / scale @ np.linalg.solve(inside, link / scale)
        if left > REDUNDANT * variance:
            kept.append(at)
    return kept


def _status(p_value: float) -> CheckStatus:
    if p_value < FAIL_BELOW:
        return "fail"
    return "review" if p_value < REVIEW_BELOW else "pass"


def _sentence(statistic: float, p_value: float, tested: int, table: pd.DataFrame) -> str:
    head = (
        f"Joint test of {tested} effects before treatment: W = {statistic:.3f}, "
        f"{tested} degrees of freedom, p = {p_value:.3f}. "
    )
    if p_value < FAIL_BELOW:
        head += "Cohorts and comparison moved apart before treatment. "
    else:
        head += (
            "No difference before treatment was detected; that does not show that trends would "
            "have stayed parallel without treatment. "
        )
    redundant = int((~table["tested"] & table["std_error"].notna()).sum())
    silent = int(table["std_error"].isna().sum())
    if redundant:
        head += f"{redundant} redundant effects, determined by the others, were dropped. "
    if silent:
        head += f"{silent} effects without a standard error were left out. "
    return head.strip()
