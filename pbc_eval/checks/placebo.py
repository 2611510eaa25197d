"""Placebos in space: is the treated unit's effect unusual among units that were not treated?

Each never-treated unit is given the treated unit's date, and its effect is computed in the same
way against the other never-treated units. Units are ranked by how much further they are from their
comparison after treatment than before (the ratio of root mean squared differences), since a unit
that its comparison never fitted has a large difference for that reason alone. Under the null that
treatment did nothing to a unit chosen at random, the rank is uniform: p = rank / n, at best 1 / n.
A rank says how unusual the effect is; on whether the comparison is right it says nothing.

Source: Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105.
"""

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Claim, Part, Sentence
from pbc_eval.messages.told_places import HEADLINE_TREATED, NEVER_TREATED
from pbc_eval.messages.values import TREATED_UNITS, UNITS, Number, PValue, Size, UnitNames, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult

# Of a rank among effects nothing follows on how the one of interest came about.
SAYS_HOW_UNUSUAL = Claim(kind="association", certainty="open")
NULL = "treatment had no effect on the treated unit, which was as likely to be any of the units"


def check_placebo_in_space(panel: Panel, anticipation: int = 0) -> CheckResult:
    """Rank the treated unit's effect among placebo effects of the never treated.

    The effect is the mean over periods from treatment of the change since the last period before
    treatment less ``anticipation``, against the (weighted) mean of the other never-treated units:
    the "simple" average of ``att_gt``.

    Ranked by the root mean squared difference after treatment over that before it; with no period
    before but the base, by the size of the effect. It is no verdict on the comparison, and never
    "review" or "fail". "not_applicable" unless exactly one unit is treated and there are at least
    two others. Table, highest rank first: unit, treated, effect, fit_before, ratio, rank. Raises
    DesignError for an ``anticipation`` that is not a whole number >= 0.
    """
    if isinstance(anticipation, bool) or not isinstance(anticipation, int) or anticipation < 0:
        raise DesignError(
            f"placebo: anticipation must be a whole number of periods >= 0, got {anticipation!r}."
        )
    if panel.repeated:
        return _skip(
            Sentence("they need units followed over time; these are repeated cross-sections")
        )
    treated = sum(panel.cohort_units[1:])
    if treated != 1 or panel.cohort_units[0] < 2:
        return _skip(
            Sentence(
                "they need {least} and {others} that never are; there are {treated} and {never}. "
                "With several treated units, see few_clusters",
                least=Number(1, noun=TREATED_UNITS),
                others=Number(2),
                treated=Units(treated, cell=HEADLINE_TREATED),
                never=Units(panel.cohort_units[0], cell=NEVER_TREATED),
            )
        )
    cohort = int(np.flatnonzero(panel.cohort_units[1:])[0]) + 1
    base = int(panel.first_touched(anticipation)[cohort]) - 1
    if base < 0:
        return _skip(Sentence("there is no period before treatment and its anticipation"))
    arrays = panel.arrays()
    effects = placebo_effects(arrays, cohort, base, panel.starts[cohort])
    if np.isnan(effects[arrays.cohort == cohort][0]):
        return _skip(Sentence("the treated unit is not observed before and after treatment"))
    start = panel.starts[cohort]
    gaps = gaps_to_others(arrays, cohort, base, np.arange(arrays.outcome.shape[1]))
    fit_before = _root_mean_square(np.delete(gaps[:, : base + 1], base, axis=1))
    observed = ~np.isnan(effects)
    placebos = pd.DataFrame(
        {
            "unit": arrays.unit,
            "treated": arrays.cohort == cohort,
            "effect": effects,
            "fit_before": fit_before,
            "after": _root_mean_square(gaps[:, start:]),
        }
    )
    return ranked_placebos(placebos[observed], Sentence("each treated in turn"))


def placebo_effects(arrays: UnitArrays, cohort: int, base: int, start: int) -> Floats:
    """(n,) each unit's effect against the never treated other than itself; NaN when unobserved."""
    gaps = gaps_to_others(arrays, cohort, base, np.arange(start, arrays.outcome.shape[1]))
    counts = (~np.isnan(gaps)).sum(axis=1)
    return np.where(counts > 0, np.nansum(gaps, axis=1) / np.maximum(counts, 1), np.nan)


def gaps_to_others(arrays: UnitArrays, cohort: int, base: int, periods: Ints) -> Floats:
    """(n, p) each unit's change since ``base`` less that of the never treated other than itself;
    NaN where it is not observed, and for units of other cohorts."""
    change = arrays.outcome[:, periods] - arrays.outcome[:, base : base + 1]
    weight = np.where(np.isnan(change), 0.0, arrays.weight[:, None])
    change = np.where(np.isnan(change), 0.0, change)
    pool = weight * (arrays.cohort == 0)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        others = ((pool * change).sum(axis=0) - pool * change) / (pool.sum(axis=0) - pool)
    # Subtracting a unit's own weight from the sum leaves rounding, not zero, when it was alone.
    usable = (weight > 0) & ((pool > 0).sum(axis=0) - (pool > 0) > 0)
    usable &= np.isin(arrays.cohort, [0, cohort])[:, None]
    return np.where(usable, change - np.where(usable, others, 0.0), np.nan)


def _root_mean_square(gaps: Floats) -> Floats:
    """(n,) over the periods that are observed; NaN without any."""
    counts = (~np.isnan(gaps)).sum(axis=1)
    mean = np.nansum(gaps**2, axis=1) / np.maximum(counts, 1)
    return np.where(counts > 0, np.sqrt(mean), np.nan)


def ranked_placebos(placebos: pd.DataFrame, how: Sentence) -> CheckResult:
    """The check's result from one row a unit: unit, treated, effect, fit_before and after (root
    mean squared differences). Ranked by after over before; by size where nothing is known before.
    """
    before, after = placebos["fit_before"].to_numpy(float), placebos["after"].to_numpy(float)
    by_fit = not np.isnan(before).any()
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(before > 0, after / before, np.where(after > 0, np.inf, 0.0))
    score = ratio if by_fit else placebos["effect"].abs().to_numpy(float)
    is_treated = placebos["treated"].to_numpy(bool)
    real, own = float(placebos["effect"][is_treated].iloc[0]), float(score[is_treated][0])
    # Ties count against the effect; a hair of slack keeps rounding from breaking them.
    rank, n = int((score >= own * (1 - 1e-12)).sum()), len(placebos)
    table = placebos.drop(columns="after").assign(ratio=ratio if by_fit else np.nan)
    table["rank"] = pd.Series(-score, index=table.index).rank(method="max").astype(int)
    table = table.sort_values(["rank", "treated"], kind="stable").reset_index(drop=True)
    values: dict[str, Part] = {
        "unit": UnitNames((str(placebos["unit"][is_treated].iloc[0]),)),
        "effect": Size(real, 4),
        "rank": Number(rank),
        "units": Units(n, UNITS),
        "how": how,
        "p": PValue(rank / n),
        "n": Units(n),
    }
    if by_fit:
        sentence = Sentence(
            "{unit} (effect {effect}) ranks {rank} among {units}, {how}, by how many times further "
            "from its comparison it is after treatment than before ({ratio}): {p}, where 1/{n} is "
            "the least there can be. A rank says how unusual the effect is, not whether the "
            "comparison is right.",
            SAYS_HOW_UNUSUAL,
            ratio=Size(own, 3),
            **values,
        )
    else:
        sentence = Sentence(
            "The effect on {unit} ({effect}) ranks {rank} by size among {units}, {how}: {p}, where "
            "1/{n} is the least there can be. With one period before treatment the fit before "
            "cannot be told; a rank says how unusual the effect is, not whether the comparison is "
            "right.",
            SAYS_HOW_UNUSUAL,
            **values,
        )
    return CheckResult(
        name="placebo_in_space",
        status="pass",
        sentence=sentence,
        null=NULL,
        statistic=real,
        p_value=rank / n,
        table=table,
    )


def _skip(why: Sentence) -> CheckResult:
    return CheckResult(
        name="placebo_in_space",
        status="not_applicable",
        sentence=Sentence("Placebos in space were not run: {why}.", why=why),
        null=NULL,
    )


def _run(examined: Examined) -> CheckResult | None:
    panel, headline = examined.panel, examined.headline
    if panel is None or headline is None or headline.n_treated != 1:
        return None
    return check_placebo_in_space(panel, examined.anticipation)


CHECK = CheckKind(
    name="placebo_in_space",
    title=Sentence("Placebos in space"),
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Placebo in space (placebo_in_space), if one unit alone is treated: is its effect "
    "unusual among units that were not?",
)
