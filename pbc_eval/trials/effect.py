"""The effect of a programme whose places were drawn by lot.

    difference in means   of the arms, block by block, by how many people a block has
    Lin                   the same from a regression on arm, characteristics about their means and
                          both together: it is never less precise in large samples

Errors: HC2 for people (without characteristics or blocks Neyman's, with Welch's t), CR2 with
Satterthwaite's t for clusters, the spread of differences for pairs. Or lots drawn anew
(permutation.py).

Sources: Neyman (1923), translated in Statistical Science 5 (1990), 465-472; Lin (2013), Annals of
Applied Statistics 7, 295-318; Samii and Aronow (2012), Statistics and Probability Letters 82;
Imbens and Rubin (2015), Causal Inference, chapters 6, 9 and 10; Bell and McCaffrey (2002).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice, check_level
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import dependent_columns, independent_columns
from pbc_eval.numerics.few_clusters import clustered_covariance, clustered_wald
from pbc_eval.results import AttEstimate, Method, StatedInterval
from pbc_eval.trials.arms import OWNER, Trial, trial_of
from pbc_eval.trials.permutation import permuted

Adjustment = Literal["lin", "none"]
Inference = Literal["analytic", "randomisation"]
DRAWS = 9_999
SEED = 19_350_101
FULL = 1 - 1e-9  # leverage of a person who alone determines a coefficient


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    estimate: float
    comparison: float  # mean outcome had nobody been treated
    std_error: float
    df: float
    words: Sentence


def randomised_effect(
    frame: pd.DataFrame,
    *,
    treatment: str,
    outcome: str,
    covariates: Sequence[str] = (),
    blocks: str | None = None,
    cluster: str | None = None,
    adjustment: Adjustment = "lin",
    inference: Inference = "analytic",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> AttEstimate:
    """The effect, on everybody in the trial, of having been drawn for the programme.

    ``frame`` has a row a person; ``treatment`` is 1 for those drawn, whether or not they took part.
    ``covariates`` were known before the lots were drawn, and are adjusted for unless ``adjustment``
    is "none". ``blocks``: within which lots were drawn. ``cluster``: for which whole groups lots
    were drawn. ``inference`` "randomisation" draws the lots anew, as they were drawn, and is for
    the difference in means.

    Raises DataError and DesignError as ``trial_of`` does, and DesignError for characteristics that
    others determine or that are too many.
    """
    check_choice(OWNER, "adjustment", adjustment, ("lin", "none"), DesignError)
    check_choice(OWNER, "inference", inference, ("analytic", "randomisation"), DesignError)
    check_level(OWNER, level, DesignError)
    adjusted = tuple(covariates) if adjustment == "lin" else ()
    trial = trial_of(
        frame,
        treatment=treatment,
        outcome=outcome,
        covariates=adjusted,
        blocks=blocks,
        cluster=cluster,
    )
    if inference == "randomisation" and adjusted:
        raise DesignError(
            f"{OWNER}: lots drawn anew are for the difference in means. Write adjustment: none, or "
            "leave inference out.",
            rule=Sentence("Lots drawn anew are for the difference in means."),
        )
    fit = _of_pairs(trial, adjusted) if trial.paired else _regressed(trial, treatment)
    estimate = AttEstimate(
        term=outcome,
        estimate=fit.estimate,
        std_error=fit.std_error,
        n_treated=int(trial.treated.sum()),
        n_comparison=int((~trial.treated).sum()),
        method=Method(
            estimator=_estimator(trial, bool(adjusted)),
            comparison_group=Sentence("people who were not drawn for the programme"),
            clustering=f"by {cluster}" if cluster else "none",
            inference=fit.words,
        ),
        level=level,
        degrees_of_freedom=fit.df,
        counterfactual_mean=fit.comparison,
    )
    return estimate if inference == "analytic" else permuted_estimate(trial, estimate, draws, seed)


def _estimator(trial: Trial, adjusted: bool) -> str:
    within = " within blocks" if trial.blocked and not trial.paired else ""
    if trial.paired:
        return "mean difference of pairs in a randomised trial"
    if adjusted:
        return f"difference between the arms of a randomised trial{within}, adjusted (Lin 2013)"
    return f"difference in means of a randomised trial{within} (Neyman 1923)"


def _of_pairs(trial: Trial, adjusted: Sequence[str]) -> _Fit:
    if adjusted:
        raise DesignError(
            f"{OWNER}: characteristics are not adjusted for between pairs. Leave covariates out, "
            "or write adjustment: none.",
            rule=Sentence("Characteristics are not adjusted for between pairs."),
        )
    sign = np.where(trial.treated, 1.0, -1.0)
    each = np.bincount(trial.block, sign * trial.outcome, trial.blocks)
    error = float(each.std(ddof=1) / np.sqrt(len(each)))
    _refuse_no_spread(error)
    return _Fit(
        estimate=float(each.mean()),
        comparison=float(trial.outcome[~trial.treated].mean()),
        std_error=error,
        df=float(len(each) - 1),
        words=Sentence("the spread of differences within {n} pairs, t", n=Number(len(each))),
    )


def columns_of_effect(trial: Trial, treatment: str) -> Floats:
    """What the outcome is regressed on, (n, k): one, the arm, characteristics and blocks about
    their means, and both together. The effect is the slope of the second. Raises DesignError where
    there are more than an arm can bear."""
    dummies = (trial.block[:, None] == np.arange(1, trial.blocks)).astype(float)
    about = np.column_stack([dummies, trial.covariates.score_values])
    about = about[:, independent_columns(about)]
    about = about - about.mean(axis=0)
    arm = trial.treated.astype(float)[:, None]
    x = np.column_stack([np.ones(len(arm)), arm, about, arm * about])
    # what does not vary within an arm has no slope of its own there, as R's lm has it
    dropped = dependent_columns(x.T @ x)
    kept = np.delete(np.arange(x.shape[1]), dropped)
    if len(x) <= len(kept) or any(at < 2 + about.shape[1] for at in dropped):
        raise DesignError(
            f"{OWNER}: {about.shape[1]} characteristics and blocks are more than the arms of "
            f"{treatment!r} can bear, or tell the arm itself. Adjust for fewer.",
            rule=Sentence("There are too many characteristics for the people in an arm."),
        )
    return np.asarray(x[:, kept], dtype=np.float64)


def _regressed(trial: Trial, treatment: str) -> _Fit:
    x = columns_of_effect(trial, treatment)
    beta = np.asarray(np.linalg.solve(x.T @ x, x.T @ trial.outcome), dtype=np.float64)
    rest = trial.outcome - x @ beta
    if trial.clustered:
        error, df, words = _by_cluster(trial, x, rest, beta)
    else:
        error, df, words = _by_person(trial, x, rest)
    _refuse_no_spread(error)
    return _Fit(
        estimate=float(beta[1]), comparison=float(beta[0]), std_error=error, df=df, words=words
    )


def _by_cluster(
    trial: Trial, x: Floats, rest: Floats, beta: Floats
) -> tuple[float, float, Sentence]:
    covariance = clustered_covariance(x, rest, trial.cluster)
    arm = np.eye(len(beta))[[1]]
    test = clustered_wald(x, rest, trial.cluster, beta, restrictions=arm)
    words = Sentence(
        "CR2 over {n} clusters, t with {df} degrees of freedom (Satterthwaite)",
        n=Number(test.clusters),
        df=Number(test.df_denominator, 1),
    )
    return float(np.sqrt(covariance[1, 1])), test.df_denominator, words


def _by_person(trial: Trial, x: Floats, rest: Floats) -> tuple[float, float, Sentence]:
    inverse = np.linalg.inv(x.T @ x)
    row = x @ inverse[1]
    leverage = ((x @ inverse) * x).sum(axis=1)
    if leverage.max() > FULL:
        raise DesignError(
            f"{OWNER}: somebody alone determines a coefficient, so that no error is known. Adjust "
            "for fewer characteristics, or merge rare values.",
            rule=Sentence("Somebody alone determines a coefficient."),
        )
    parts = row**2 * rest**2 / (1 - leverage)
    variance = float(parts.sum())
    if x.shape[1] > 2:
        words = Sentence("heteroskedasticity-robust (HC2), t")
        return float(np.sqrt(variance)), float(len(x) - x.shape[1]), words
    arms = [float(parts[side].sum()) for side in (trial.treated, ~trial.treated)]
    sizes = [int(side.sum()) for side in (trial.treated, ~trial.treated)]
    spread = sum(arm**2 / (size - 1) for arm, size in zip(arms, sizes, strict=True))
    words = Sentence("Neyman's standard error (HC2), Welch's degrees of freedom")
    return float(np.sqrt(variance)), variance**2 / spread if spread else np.inf, words


def _refuse_no_spread(error: float) -> None:
    if not error > 0:
        raise DesignError(
            f"{OWNER}: the outcome does not vary within the arms, so that no error is known.",
            rule=Sentence("The outcome does not vary within the arms."),
        )


def permuted_estimate(trial: Trial, estimate: AttEstimate, draws: int, seed: int) -> AttEstimate:
    """The estimate with the interval and p-value that come of drawing the lots anew."""
    made = permuted(trial, draws=draws, seed=seed, level=estimate.level)
    stated = StatedInterval(conf_low=made.conf_low, conf_high=made.conf_high, p_value=made.p_value)
    words = Sentence(
        "lots drawn anew in {n} ways; the interval holds effects, the same for everybody, that are "
        "not rejected",
        n=Number(made.draws),
    )
    return replace(
        estimate,
        stated=stated,
        no_interval=None
        if stated.bounded
        else Sentence("Drawing the lots anew leaves every value on one side open."),
        method=replace(estimate.method, inference=words, seed=seed),
    )
