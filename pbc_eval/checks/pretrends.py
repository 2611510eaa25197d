"""Did the cohorts move with their comparison before treatment?

    W = theta' V^-1 theta

over all cells before treatment, from their joint covariance: the Wald statistic of Callaway and
Sant'Anna (2021), remark after theorem 1. R's ``did`` holds it against the chi-squared, which
rejects far too often when cohorts are small; the p-value here is from an F with estimated degrees
of freedom (did/small_sample.py), and the chi-squared one stands beside it in the sentence. Cohorts
too small to bear the test are left out and named.

The test often lacks the power to see what matters (Roth 2022, American Economic Review: Insights
4), so that not rejecting is no evidence of parallel trends.
"""

import numpy as np
import pandas as pd
from scipy import linalg, stats

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.small_sample import SmallSampleTest, small_sample_test
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import EFFECTS, Listed, Number, Period, PValue, Units, joined
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.results import CheckResult, CheckStatus

FAIL_BELOW = 0.05  # p-value
REVIEW_BELOW = 0.10
LEAST_DF = 5.0  # of the denominator, for a joint test to be held
SPARE_UNITS = (
    5  # a cohort needs so many more units than effects of its own, to know their covariance
)

NULL = "every effect before treatment (and its anticipation) is zero"


def check_pretrends(effects: GroupTimeEffects) -> CheckResult:
    """Joint test that all effects before treatment are zero.

    "fail" below p = 0.05, "review" below 0.10, else "pass"; "not_applicable" when there is nothing
    before treatment that can be tested. ``statistic`` is the Wald statistic W, ``p_value`` that of
    the small-sample F. Left out, counted in the sentence and marked in the table (cohort, time,
    ..., reason, tested) are effects that others determine, and those of cohorts too small for the
    test: with fewer than 5 units more than effects of their own, then the smallest first until the
    F has 5 degrees of freedom below.
    """
    cells = effects.cells
    frame = effects.to_frame()
    plan = cells.plan
    before = plan.before & ~plan.reference
    known = before & ~np.isnan(cells.std_error)
    table = frame[before].assign(tested=False)
    if not known.any():
        why = (
            Sentence("no period before treatment can be compared with another")
            if not before.any()
            else Sentence("no effect before treatment has a standard error")
        )
        return _untested(why, table)
    at = np.flatnonzero(known)
    size, own = cells.cohort_units, np.bincount(plan.cohort[at], minlength=len(effects.cohorts))
    small = [c for c in range(len(size)) if own[c] and size[c] < own[c] + SPARE_UNITS]
    while True:
        inside = at[~np.isin(plan.cohort[at], small)]
        kept = inside[independent(cells.joint[np.ix_(inside, inside)])]
        if not len(kept):
            why = (
                Sentence("the cohorts have too few units for a joint test")
                if small
                else Sentence("outcomes before treatment do not vary")
            )
            return _untested(why, table)
        test = _small_sample(effects, kept)
        if test is not None:
            break
        left = np.unique(plan.cohort[kept])
        small.append(int(left[cells.cohort_units[left].argmin()]))
    theta = cells.estimate[kept]
    factor = linalg.cho_factor(cells.joint[np.ix_(kept, kept)])
    statistic = float(theta @ linalg.cho_solve(factor, theta))
    table.loc[frame.index[kept], "tested"] = True
    too_small = [(effects.cohorts[c], int(cells.cohort_units[c])) for c in sorted(small)]
    return CheckResult(
        name="pre_trends",
        status=_status(test.p_value),
        sentence=_sentence(statistic, test, len(at) - len(kept), too_small, table),
        null=NULL,
        statistic=statistic,
        p_value=test.p_value,
        table=table.reset_index(drop=True),
    )


def _small_sample(effects: GroupTimeEffects, kept: np.ndarray) -> SmallSampleTest | None:
    """The F test of the kept cells; None when the cohorts are too small for so many."""
    parts = effects.cells.before
    theta = effects.cells.estimate[kept]
    if parts is None:  # so many cells only with large data, where the F is the chi-squared
        inverse = linalg.cho_factor(effects.cells.joint[np.ix_(kept, kept)])
        wald = float(theta @ linalg.cho_solve(inverse, theta))
        return SmallSampleTest(
            statistic=wald / len(kept), df_numerator=len(kept), df_denominator=float("inf")
        )
    place = {int(cell): position for position, cell in enumerate(parts.at)}
    return small_sample_test(theta, parts, [place[int(cell)] for cell in kept], LEAST_DF)


def _untested(why: Sentence, table: pd.DataFrame) -> CheckResult:
    return CheckResult(
        name="pre_trends",
        status="not_applicable",
        sentence=Sentence(
            "Pre-trends could not be tested: {why}. Parallel trends rest on argument.", why=why
        ),
        null=NULL,
        table=table,
    )


def independent(covariance: Floats) -> list[int]:
    """Positions of the first estimates that are not (nearly) linear functions of earlier ones.

    A pseudo-inverse would instead let rounding decide which direction counts.
    """
    dependent = set(dependent_columns(covariance))
    return [at for at in range(len(covariance)) if at not in dependent]


def _status(p_value: float) -> CheckStatus:
    if p_value < FAIL_BELOW:
        return "fail"
    return "review" if p_value < REVIEW_BELOW else "pass"


def _sentence(
    statistic: float,
    test: SmallSampleTest,
    left_out: int,
    too_small: list[tuple[int, int]],
    table: pd.DataFrame,
) -> Sentence:
    k = test.df_numerator
    test_words = Sentence(
        "Joint test of {effects} before treatment: W = {wald}, F({k}, {df}) = {f}, {p} (without "
        "allowance for few units {p_chi2}).",
        effects=Number(k, noun=EFFECTS),
        wald=Number(statistic, 2),
        k=Number(k),
        df=Number(test.df_denominator),
        f=Number(test.statistic, 2),
        p=PValue(test.p_value),
        p_chi2=PValue(float(stats.chi2.sf(statistic, k))),
    )
    sentences = [test_words, _verdict(test.p_value)]
    if too_small:
        cohorts = (
            Sentence("{cohort} ({units})", cohort=Period(cohort), units=Units(units))
            for cohort, units in too_small
        )
        sentences.append(
            Sentence(
                "Cohorts with too few units for the test were left out: {cohorts}.",
                cohorts=Listed(tuple(cohorts)),
            )
        )
    elif left_out:
        sentences.append(
            Sentence(
                "{count} redundant effects, determined by the others, were dropped.",
                count=Number(left_out),
            )
        )
    silent = int(table["std_error"].isna().sum())
    if silent:
        sentences.append(
            Sentence(
                "{count} effects without a standard error were left out.", count=Number(silent)
            )
        )
    return joined(sentences, " ")


def _verdict(p_value: float) -> Sentence:
    if p_value < FAIL_BELOW:
        return Sentence("Cohorts and comparison moved apart before treatment.")
    if p_value < REVIEW_BELOW:
        return Sentence("There are signs that cohorts and comparison moved apart before treatment.")
    return Sentence(
        "No difference before treatment was detected; that does not show that trends would have "
        "stayed parallel without treatment."
    )


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.effects is None else check_pretrends(examined.effects)


CHECK = CheckKind(
    name="pre_trends",
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Trends before the start (pre_trends): do groups move with their comparison before "
    "they are treated? An F test with estimated degrees of freedom.",
)
