"""Does a synthetic comparison carry its effect? Its fit before treatment, and placebos in space.

Source: Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105,
for both ideas; Arkhangelsky et al. (2021) for the estimator.
"""

import math

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.checks.placebo import NULL, ranked_placebos
from pbc_eval.did.synthetic import SyntheticDid
from pbc_eval.did.synthetic_fit import differences, fit_cohorts
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.told_places import HEADLINE_COMPARISON, HEADLINE_TREATED
from pbc_eval.messages.values import TREATED_UNITS, Number, Size, Units
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult, CheckStatus

REVIEW_ABOVE = 1.0  # root mean squared difference, in standard deviations of a yearly change
FAIL_ABOVE = 2.0
MOST_PLACEBOS = 500  # comparison units, beyond which ranks are not worth the time


def check_synthetic_fit(fitted: SyntheticDid) -> CheckResult:
    """How closely the synthetic path follows the treated one before treatment.

    The root mean squared difference before treatment over the standard deviation of comparison
    units' changes from one period to the next: "review" above 1, "fail" above 2. These limits are
    ours. Table: cohort, difference, change, ratio.
    """
    path = fitted.path()
    rows = []
    for label, fit in zip(fitted.cohorts, fitted.fits, strict=True):
        before = path.loc[path["cohort"] == label, "difference"].to_numpy(float)[: fit.start]
        size = float(np.sqrt((before**2).mean()))
        ratio = size / fit.noise if fit.noise > 0 else math.inf if size > 0 else 0.0
        rows.append((label, size, fit.noise, ratio))
    _, size, change, ratio = max(rows, key=lambda row: row[-1])
    status: CheckStatus = "pass"
    if ratio > REVIEW_ABOVE:
        status = "fail" if ratio > FAIL_ABOVE else "review"
    return CheckResult(
        name="fit_before_treatment",
        status=status,
        sentence=Sentence(
            "Before treatment the synthetic comparison differs from the treated by {size} (root "
            "mean square), {ratio} times the usual change of a comparison unit from one period to "
            "the next ({change}).",
            size=Size(size, 3),
            ratio=Size(ratio, 2),
            change=Size(change, 3),
        ),
        null=f"not a test: looked at from a ratio of {REVIEW_ABOVE:g}, too far apart from "
        f"{FAIL_ABOVE:g}",
        statistic=ratio,
        table=pd.DataFrame(rows, columns=["cohort", "difference", "change", "ratio"]),
    )


def check_synthetic_placebo(panel: Panel, fitted: SyntheticDid) -> CheckResult:
    """Rank the effect on one treated unit among those of comparison units given its date.

    Each never-treated unit gets a synthetic comparison of its own from the other never-treated
    units; ranked by the root mean squared difference after treatment over that before it. It is no
    verdict on the comparison, and never "review" or "fail". "not_applicable" unless one unit is
    treated. Table, highest rank first: unit, treated, effect, fit_before, ratio, rank.
    """
    if fitted.effect.n_treated != 1 or fitted.effect.n_comparison > MOST_PLACEBOS:
        return CheckResult(
            name="placebo_in_space",
            status="not_applicable",
            sentence=Sentence(
                "Placebos in space were not run: they need {least} and at most {most} others; "
                "there are {treated} and {never}.",
                least=Number(1, noun=TREATED_UNITS),
                most=Number(MOST_PLACEBOS),
                treated=Units(fitted.effect.n_treated, cell=HEADLINE_TREATED),
                never=Units(fitted.effect.n_comparison, cell=HEADLINE_COMPARISON),
            ),
            null=NULL,
        )
    arrays, fit = panel.arrays(), fitted.fits[0]
    pool = np.flatnonzero(arrays.cohort == 0)
    starts = np.array(panel.starts)
    real = fitted.effect.estimate
    own = fitted.path()
    at = own["cohort"] == fitted.cohorts[0]
    rows = [(str(arrays.unit[arrays.cohort == fit.cohort][0]), True, real,
             *_before_and_after(own.loc[at, "difference"].to_numpy(float), fit.start))]  # fmt: skip
    for unit in pool:
        given = np.where(pool == unit, fit.cohort, 0)
        fits = fit_cohorts(arrays.outcome[pool], given, starts)
        gap = differences(arrays.outcome[pool], given, fits)[0]
        effect = float(gap[fit.start :].mean())
        rows.append((str(arrays.unit[unit]), False, effect, *_before_and_after(gap, fit.start)))
    placebos = pd.DataFrame(rows, columns=["unit", "treated", "effect", "fit_before", "after"])
    return ranked_placebos(placebos, Sentence("each with a synthetic comparison of its own"))


def _before_and_after(gap: Floats, start: int) -> tuple[float, float]:
    """Root mean squared differences before and after treatment. The period weights' mean is taken
    off, so that what is left before treatment is how well the path is followed."""
    before, after = gap[:start] - gap[:start].mean(), gap[start:] - gap[:start].mean()
    return float(np.sqrt((before**2).mean())), float(np.sqrt((after**2).mean()))


def _run_fit(examined: Examined) -> CheckResult | None:
    return None if examined.synthetic is None else check_synthetic_fit(examined.synthetic)


def _run_placebo(examined: Examined) -> CheckResult | None:
    if examined.panel is None or examined.synthetic is None:
        return None
    return check_synthetic_placebo(examined.panel, examined.synthetic)


_DESIGNS = frozenset({"synthetic_difference_in_differences"})
FIT_CHECK = CheckKind(
    name="fit_before_treatment",
    title=Sentence("Fit before the start"),
    in_short={
        "review": Sentence(
            "The synthetic comparison did not closely move as the treated did before the start."
        ),
        "fail": Sentence(
            "The synthetic comparison did not move as the treated did before the start."
        ),
    },
    designs=_DESIGNS,
    run=_run_fit,
    planned="Fit before the start (fit_before_treatment): does the weighted comparison move as the "
    "treated did?",
)
PLACEBO_CHECK = CheckKind(
    name="placebo_in_space",
    title=Sentence("Placebos in space"),
    designs=_DESIGNS,
    run=_run_placebo,
    planned="Placebo in space (placebo_in_space): is the effect unusual among units that were not "
    "treated?",
)
