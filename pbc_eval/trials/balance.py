"""Were the lots what they are said to be? Characteristics known before, by arm.

Were places drawn by lot, who was drawn has nothing to do with what was known before, but for
chance: taken together, characteristics tell no more of the arm than chance would (F test of the arm
on all of them within blocks; of clusters, on the means of clusters).

Source: Hansen and Bowers (2008), Statistical Science 23, 219-236, for one test of all of them.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import independent_columns
from pbc_eval.numerics.distributions import f_sf
from pbc_eval.trials.arms import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmsAlike:
    """The joint test; ``p_value`` None where there are too many characteristics for it."""

    statistic: float | None
    p_value: float | None
    characteristics: int
    largest: float  # standardised difference, in standard deviations of both arms together
    which: str


def balance_by_arm(trial: Trial) -> pd.DataFrame:
    """One row a characteristic: covariate, mean_treated, mean_comparison, std_diff (in standard
    deviations of both arms together), binary."""
    values, treated = trial.covariates.values, trial.treated
    means = [values[side].mean(axis=0) for side in (treated, ~treated)]
    spread = np.sqrt(
        (values[treated].var(axis=0, ddof=1) + values[~treated].var(axis=0, ddof=1)) / 2
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.where(spread > 0, (means[0] - means[1]) / spread, 0.0)
    return pd.DataFrame(
        {
            "covariate": list(trial.covariates.names),
            "mean_treated": means[0],
            "mean_comparison": means[1],
            "std_diff": apart,
            "binary": trial.covariates.binary,
        }
    )


def arms_alike(trial: Trial) -> ArmsAlike | None:
    """None where no characteristic is known."""
    values = trial.covariates.score_values
    if not values.shape[1]:
        return None
    frame = balance_by_arm(trial)
    worst = int(frame["std_diff"].abs().to_numpy().argmax())
    statistic, p_value, q = _joint(trial, values)
    return ArmsAlike(
        statistic=statistic,
        p_value=p_value,
        characteristics=q,
        largest=float(frame["std_diff"].iloc[worst]),
        which=str(frame["covariate"].iloc[worst]),
    )


def _joint(trial: Trial, values: Floats) -> tuple[float | None, float | None, int]:
    arm, block = trial.unit_treated.astype(float), trial.unit_block
    if trial.clustered:
        size = np.bincount(trial.cluster).astype(float)
        values = np.column_stack([np.bincount(trial.cluster, v) / size for v in values.T])
    inside = np.bincount(block).astype(float)

    def within(column: Floats) -> Floats:
        mean = np.bincount(block, column) / inside
        apart: Floats = column - mean[block]
        return apart

    apart = np.column_stack([within(column) for column in values.T])
    apart = apart[:, independent_columns(apart)]
    y, q = within(arm), apart.shape[1]
    left = len(y) - len(inside) - q
    if q == 0 or left < q:
        return None, None, q
    beta, *_ = np.linalg.lstsq(apart, y, rcond=None)
    rest = y - apart @ beta
    statistic = float((y @ y - rest @ rest) / q / (rest @ rest / left))
    return statistic, float(f_sf(statistic, q, left)), q
