"""Are the groups alike in what the outcome would have been without the programme?

    sample, outcome ── prognostic_balance ──▶ one row of a balance table

The prognostic score is a person's outcome as predicted from the covariates by a regression among
the comparison units, matched or not. Covariates that hardly move the outcome hardly move it; so it
weighs differences by what they matter. It looks at outcomes, and so belongs after the design is
fixed, as a check, never to choose among matches.

Source: Hansen (2008), Biometrika 95, 481-488; Stuart, Lee & Leacy (2013), Journal of Clinical
Epidemiology 66, S84-S90.
"""

import numpy as np
import pandas as pd

from pbc_eval.errors import DesignError
from pbc_eval.matching.balance_table import compared_columns
from pbc_eval.matching.effect import checked_outcome, outcome_values
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.numerics.collinearity import independent_columns


def prognostic_balance(
    sample: MatchedSample | WeightedSample, outcome: str | pd.Series
) -> pd.DataFrame:
    """One row like those of ``sample.balance()``, the covariate being "prognostic score".

    ``outcome`` is as in the sample's ``effect``; it must be known for the comparison units.
    Raises DataError for an outcome that is not a number, DesignError when there are fewer
    comparison units than the regression needs.
    """
    design = sample.design
    series = outcome_values(design.frame, design.ids, outcome)
    others = ~design.treated
    values = checked_outcome(series[others], str(series.name))
    columns = design.columns.score_values
    inside = columns[others]
    centre, spread = inside.mean(axis=0), inside.std(axis=0)
    kept = independent_columns(inside)
    if len(values) <= len(kept) + 1:
        raise DesignError(
            f"prognostic_balance: {len(values):,} comparison units cannot carry a regression with "
            f"{len(kept) + 1} coefficients. Use fewer covariates."
        )
    scaled = (columns[:, kept] - centre[kept]) / spread[kept]
    regressors = np.column_stack([np.ones(len(scaled)), scaled])
    root = np.ones(len(values)) if design.sampling is None else np.sqrt(design.sampling[others])
    slopes = np.linalg.lstsq(regressors[others] * root[:, None], values * root, rcond=None)[0]
    score = regressors @ slopes
    weights = sample.analysis_weights if isinstance(sample, MatchedSample) else sample.all_weights
    asked = [("prognostic score", score, False)]
    return compared_columns(design, asked, weights, sample.settings.estimand)
