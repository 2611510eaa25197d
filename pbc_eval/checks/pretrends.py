"""Did the cohorts move with their comparison before treatment?

    W = theta' V^-1 theta

over all cells before treatment, from their joint covariance: the Wald statistic of Callaway and
Sant'Anna (2021), remark after theorem 1. R's ``did`` holds it against the chi-squared, which
rejects far too often when cohorts are small; the p-value here is from an F with estimated degrees
of freedom (did/small_sample.py), and the chi-squared one stands beside it in the sentence. Cohorts
too small to bear that test are tested apart (small_cohort_leads.py): none is passed over.

The test often lacks the power to see what matters (Roth 2022, American Economic Review: Insights
4), so that not rejecting is no evidence of parallel trends.
"""

import numpy as np
import pandas as pd
from scipy import linalg

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.checks.small_cohort_leads import Leads, independent, leads_in_words, leads_of
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.small_sample import SmallSampleTest, small_sample_test
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import (
    EFFECTS,
    Number,
    PValue,
    joined,
)
from pbc_eval.numerics.arrays import Ints
from pbc_eval.numerics.distributions import chi2_sf
from pbc_eval.results import CheckResult, CheckStatus

FAIL_BELOW = 0.05  # p-value
REVIEW_BELOW = 0.10
LEAST_DF = 5.0  # of the denominator, for a joint test to be held
SPARE_UNITS = (
    5  # a cohort needs so many more units than effects of its own, to know their covariance
)

NULL = "every effect before treatment (and its anticipation) is zero"


def check_pretrends(effects: GroupTimeEffects) -> CheckResult:
    """Test that all effects before treatment are zero.

    "fail" below p = 0.05, "review" below 0.10, where it could not be tested and where an effect of
    a small cohort would be far from zero if its error were known, else "pass".
    ``statistic`` is the Wald statistic W of the joint test, ``p_value`` that of its small-sample F;
    effects that others determine are left out and counted. Cohorts too small for the joint test
    (fewer than 5 units more than effects of their own, then the smallest first until the F has 5
    degrees of freedom below) are tested apart, by their effects averaged at each time before
    treatment and by their largest single effect; ``p_value`` is then the smallest of the tests
    times how many they are (Bonferroni). Table: cohort, time, ..., reason, tested.
    """
    cells = effects.cells
    frame = effects.to_frame()
    before = cells.plan.before & ~cells.plan.reference
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
    kept, small, test = _joint(effects, at)
    apart = at[np.isin(cells.plan.cohort[at], small)]
    leads = leads_of(effects, apart) if len(apart) else None
    values = ([] if test is None else [test.p_value]) + ([] if leads is None else leads.p_values)
    if not values:
        return _untested(Sentence("outcomes before treatment do not vary"), table)
    p_value = min(1.0, len(values) * min(values))
    tested = np.concatenate([kept, apart])
    table.loc[frame.index[tested], "tested"] = True
    statistic = None
    sentences = []
    if test is not None:
        theta = cells.estimate[kept]
        factor = linalg.cho_factor(cells.joint[np.ix_(kept, kept)])
        statistic = float(theta @ linalg.cho_solve(factor, theta))
        sentences.append(_joint_in_words(statistic, test))
    if leads is not None:
        too_small = [
            (effects.name_of(effects.cohorts[c]), int(cells.cohort_units[c])) for c in sorted(small)
        ]
        sentences.append(leads_in_words(leads, too_small))
        if len(values) > 1:
            sentences.append(Sentence("Taken together, {p}.", p=PValue(p_value)))
    sentences += [_verdict(p_value), *_left_out(len(at) - len(tested), table)]
    return CheckResult(
        name="pre_trends",
        status=_status(p_value, leads),
        sentence=joined(sentences, " "),
        null=NULL,
        statistic=statistic,
        p_value=p_value,
        table=table.reset_index(drop=True),
    )


def _joint(effects: GroupTimeEffects, at: Ints) -> tuple[Ints, list[int], SmallSampleTest | None]:
    """The cells of ``at`` that the joint test holds, the cohorts too small for it, and the test;
    none when it holds no cell."""
    cells = effects.cells
    size, own = cells.cohort_units, np.bincount(cells.plan.cohort[at], minlength=len(cells.shares))
    small = [c for c in range(len(size)) if own[c] and size[c] < own[c] + SPARE_UNITS]
    while True:
        inside = at[~np.isin(cells.plan.cohort[at], small)]
        kept = inside[independent(cells.joint[np.ix_(inside, inside)])]
        if not len(kept):
            return kept, small, None
        test = _small_sample(effects, kept)
        if test is not None:
            return kept, small, test
        left = np.unique(cells.plan.cohort[kept])
        small.append(int(left[cells.cohort_units[left].argmin()]))


def _small_sample(effects: GroupTimeEffects, kept: Ints) -> SmallSampleTest | None:
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
        status="review",
        sentence=Sentence(
            "Pre-trends could not be tested: {why}. Parallel trends rest on argument.", why=why
        ),
        null=NULL,
        table=table,
    )


def _status(p_value: float, leads: Leads | None) -> CheckStatus:
    if p_value < FAIL_BELOW:
        return "fail"
    glaring = leads is not None and leads.unguarded < FAIL_BELOW
    return "review" if p_value < REVIEW_BELOW or glaring else "pass"


def _joint_in_words(statistic: float, test: SmallSampleTest) -> Sentence:
    k = test.df_numerator
    return Sentence(
        "Joint test of {effects} before treatment: W = {wald}, F({k}, {df}) = {f}, {p} (without "
        "allowance for few units {p_chi2}).",
        effects=Number(k, noun=EFFECTS),
        wald=Number(statistic, 2),
        k=Number(k),
        df=Number(test.df_denominator),
        f=Number(test.statistic, 2),
        p=PValue(test.p_value),
        p_chi2=PValue(float(chi2_sf(statistic, k))),
    )


def _left_out(redundant: int, table: pd.DataFrame) -> list[Sentence]:
    sentences = []
    if redundant:
        sentences.append(
            Sentence(
                "{count} redundant effects, determined by the others, were dropped.",
                count=Number(redundant),
            )
        )
    silent = int(table["std_error"].isna().sum())
    if silent:
        sentences.append(
            Sentence(
                "{count} effects without a standard error were left out.", count=Number(silent)
            )
        )
    return sentences


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
    title=Sentence("Trends before the start"),
    in_short={
        "review": Sentence(
            "Groups may have moved apart before the start, or it could not be told."
        ),
        "fail": Sentence("Groups moved apart before the start."),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Trends before the start (pre_trends): do groups move with their comparison before "
    "they are treated? An F test with estimated degrees of freedom.",
    refuses_below=FAIL_BELOW,
)
