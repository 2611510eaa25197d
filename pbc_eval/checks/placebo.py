"""Placebos in space: is the treated unit's effect unusual among units that were not treated?

Each never-treated unit is given the treated unit's date, and its effect is computed in the same
way against the other never-treated units. Under the null that treatment did nothing to a unit
chosen at random, the treated unit's rank by size is uniform: p = rank / n, at best 1 / n.

Source: Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105.
"""

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import TREATED_UNITS, UNITS, Number, PValue, Size, UnitNames, Units
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.moments import UnitArrays
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult, CheckStatus

PASS_UP_TO = 0.10  # p-value; with fewer than ten units none can be that small

# Of a rank among effects nothing follows on how the one of interest came about.
SAYS_HOW_UNUSUAL = Claim(kind="association", certainty="open")
NULL = "treatment had no effect on the treated unit, which was as likely to be any of the units"


def check_placebo_in_space(panel: Panel, anticipation: int = 0) -> CheckResult:
    """Rank the treated unit's effect among placebo effects of the never treated.

    The effect is the mean over periods from treatment of the change since the last period before
    treatment less ``anticipation``, against the (weighted) mean of the other never-treated units:
    the "simple" average of ``att_gt``.

    "pass" when p <= 0.10, else "review": an effect like those of untreated units speaks against the
    effect, not against the design, so this check never fails. "not_applicable" unless exactly one
    unit is treated and there are at least two others. Table, largest first: unit, treated, effect,
    rank. Raises DesignError for an ``anticipation`` that is not a whole number >= 0.
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
                treated=Units(treated),
                never=Units(panel.cohort_units[0]),
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
    return _ranked(arrays, cohort, effects)


def placebo_effects(arrays: UnitArrays, cohort: int, base: int, start: int) -> Floats:
    """(n,) each unit's effect against the never treated other than itself; NaN when unobserved."""
    change = arrays.outcome[:, start:] - arrays.outcome[:, base : base + 1]
    weight = np.where(np.isnan(change), 0.0, arrays.weight[:, None])
    change = np.where(np.isnan(change), 0.0, change)
    pool = weight * (arrays.cohort == 0)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        others = ((pool * change).sum(axis=0) - pool * change) / (pool.sum(axis=0) - pool)
    # Subtracting a unit's own weight from the sum leaves rounding, not zero, when it was alone.
    usable = (weight > 0) & ((pool > 0).sum(axis=0) - (pool > 0) > 0)
    counts = usable.sum(axis=1)
    total = np.where(usable, change - np.where(usable, others, 0.0), 0.0).sum(axis=1)
    effects: Floats = np.where(counts > 0, total / np.maximum(counts, 1), np.nan)
    return np.where(np.isin(arrays.cohort, [0, cohort]), effects, np.nan)


def _ranked(arrays: UnitArrays, cohort: int, effects: Floats) -> CheckResult:
    real = float(effects[arrays.cohort == cohort][0])
    observed = ~np.isnan(effects)
    size = np.abs(effects[observed])
    # Ties count against the effect; a hair of slack keeps rounding from breaking them.
    rank = int((size >= abs(real) * (1 - 1e-12)).sum())
    n = int(observed.sum())
    p_value = rank / n
    status: CheckStatus = "pass" if p_value <= PASS_UP_TO else "review"
    name = str(arrays.unit[arrays.cohort == cohort][0])
    table = pd.DataFrame(
        {
            "unit": arrays.unit[observed],
            "treated": arrays.cohort[observed] == cohort,
            "effect": effects[observed],
        }
    )
    table["rank"] = (-table["effect"].abs()).rank(method="max").astype(int)
    table = table.sort_values(["rank", "treated"], kind="stable").reset_index(drop=True)
    return CheckResult(
        name="placebo_in_space",
        status=status,
        sentence=Sentence(
            "The effect on {unit} ({effect}) ranks {rank} by size among {units} each treated in "
            "turn: {p}, where 1/{n} is the least there can be.",
            SAYS_HOW_UNUSUAL,
            unit=UnitNames((name,)),
            effect=Size(real, 4),
            rank=Number(rank),
            units=Units(n, UNITS),
            p=PValue(p_value),
            n=Units(n),
        ),
        null=NULL,
        statistic=real,
        p_value=p_value,
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
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Placebo in space (placebo_in_space), if one unit alone is treated: is its effect "
    "unusual among units that were not?",
)
