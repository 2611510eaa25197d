"""Effects from a matched sample and from a randomised one.

    outcome, treated, weights, clusters ── matched_effect ──▶ Effect

Standard errors after matching without replacement are clustered by matched set, with the factor
G / (G - 1) x (n - 1) / (n - k) for G sets, n people and k coefficients; intervals use Student's t
with G - 1 degrees of freedom. With replacement people serve in several sets, none can be a
cluster, and the errors are HC3 of the weighted regression, with n - k degrees of freedom; in its
place ``MatchedSample.effect`` gives plain differences the error of ``reused``. None of them counts
the uncertainty of the estimated score itself. Where people belong to clusters of their own,
such as schools, see ``clustered_error``.

Source: Abadie & Spiess (2022), JASA 117, 983-995 (sets as clusters, matching without replacement);
Austin & Cafri (2020), Statistics in Medicine 39 (with replacement); MacKinnon & White (1985).
"""

from collections.abc import Hashable
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from pbc_eval._validate import check_level, did_you_mean
from pbc_eval.errors import DataError, DesignError
from pbc_eval.intake.number_columns import refusal
from pbc_eval.intake.yes_no import answers_as_numbers
from pbc_eval.matching.clustered_error import Grouping, clustered_covariance
from pbc_eval.matching.columns_of_frames import check_columns, refuse_containers
from pbc_eval.matching.design import zero_one
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import MATCHED_UNITS, PEOPLE, Number, Units
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.numerics.clustered import clusters_of, crv1_factor, sandwich
from pbc_eval.numerics.collinearity import dependent_columns, independent_columns
from pbc_eval.results import AttEstimate, Method

EffectMethod = Literal["difference", "regression", "g_computation"]
EFFECT_METHODS: tuple[EffectMethod, ...] = ("difference", "regression", "g_computation")


class MatchedData(NamedTuple):
    """What an effect is computed from; every array has a row a matched unit.

    ``clusters`` (n,) are the matched sets, or None after matching with replacement;
    ``covariates`` (n, p); ``focal`` (n,) marks the group the effect is for.
    """

    outcome: Floats
    treated: Bools
    weights: Floats
    clusters: Ints | None
    covariates: Floats
    focal: Bools
    grouping: Grouping | None = None  # clusters that people belong to whatever the match


class Effect(NamedTuple):
    """A mean difference in the outcome's unit, its error, and where the error comes from."""

    estimate: float
    std_error: float | None
    degrees_of_freedom: float
    reason: Sentence | None  # why there is no error


def matched_effect(data: MatchedData, method: EffectMethod) -> Effect:
    """The weighted effect among the matched.

    "difference" compares weighted means; "regression" adds the covariates to a weighted regression
    on treatment; "g_computation" lets each covariate's slope differ between the groups and
    averages the effect over the focal group.
    """
    indicator = data.treated.astype(np.float64)
    columns = [np.ones(len(indicator)), indicator]
    gradient = [0.0, 1.0]  # the effect as a combination of the coefficients
    if method != "difference":
        centred = _independent(data.covariates, data.weights, indicator)
        columns += list(centred.T)
        gradient += [0.0] * centred.shape[1]
        if method == "g_computation":
            columns += list((centred * indicator[:, None]).T)
            share = np.where(data.focal, data.weights, 0.0)
            gradient += list(share @ centred / share.sum())
    return _weighted_regression(data, np.column_stack(columns), np.array(gradient))


def _independent(covariates: Floats, weights: Floats, indicator: Floats) -> Floats:
    """The covariates, scaled, without those the intercept, treatment and earlier ones explain."""
    if not covariates.shape[1]:
        return covariates
    spread = covariates.std(axis=0)
    varying = independent_columns(covariates)
    scaled = (covariates[:, varying] - covariates[:, varying].mean(axis=0)) / spread[varying]
    before = np.column_stack([np.ones(len(indicator)), indicator])
    both = np.column_stack([before, scaled]) * np.sqrt(weights)[:, None]
    explained = {j - 2 for j in dependent_columns(both.T @ both)}
    kept = [j for j in range(scaled.shape[1]) if j not in explained]
    return np.asarray(scaled[:, kept])


NOTHING_LEFT = 1e-9  # of what people add, once it is summed by set: rounding, and no spread
SETS_FITTED_WHOLLY = Sentence(
    "the average of every matched set is fitted wholly, so that how far sets differ cannot be seen"
)

_A_PERSON = Units(1, PEOPLE, as_word=True)


def _weighted_regression(data: MatchedData, design: Floats, gradient: Floats) -> Effect:
    n, k = design.shape
    outcome, clusters = data.outcome, data.clusters
    root = np.sqrt(data.weights)
    q, r = np.linalg.qr(design * root[:, None])
    if n <= k and k > 2:
        raise too_few_matched(n, k)
    if dependent_columns(r.T @ r):
        raise slope_unknown()
    coefficients = np.linalg.solve(r, q.T @ (root * outcome))
    estimate = float(gradient @ coefficients)
    residual = root * (outcome - design @ coefficients)
    # influence of each row on the estimate: gradient (X'WX)^-1 x_i w_i e_i
    leaning = q @ np.linalg.solve(r.T, gradient)
    influence = leaning * residual
    if data.grouping is not None:
        by_group = clustered_covariance(
            influence[:, None], data.treated, data.grouping, counted=k, sets=clusters
        )
        error = None if by_group.covariance is None else float(np.sqrt(by_group.covariance[0, 0]))
        return Effect(estimate, error, by_group.degrees_of_freedom, by_group.reason)
    if clusters is None:
        leverage = np.einsum("ij,ij->i", q, q)
        if leverage.max() > 1 - 1e-9:
            return Effect(
                estimate,
                None,
                float("nan"),
                Sentence("a coefficient is decided by {people} alone", people=_A_PERSON),
            )
        return Effect(estimate, float(np.linalg.norm(influence / (1 - leverage))), n - k, None)
    by_set = clusters_of(clusters).sums(influence)
    n_sets = len(by_set)
    if n_sets < 2:
        return Effect(estimate, None, float("nan"), FEWER_THAN_TWO_SETS)
    if 0 < np.linalg.norm(by_set) <= NOTHING_LEFT * np.linalg.norm(influence):
        return Effect(estimate, None, float("nan"), SETS_FITTED_WHOLLY)
    variance = float(sandwich(by_set, crv1_factor(n_sets, n, k)))
    return Effect(estimate, float(np.sqrt(variance)), n_sets - 1, None)


def too_few_matched(n: int, k: int) -> DesignError:
    """The refusal of a regression of ``n`` people with ``k`` coefficients."""
    rule = Sentence(
        "{units} cannot carry a regression with {k} coefficients. Use method='difference', or "
        "match on fewer covariates.",
        units=Units(n, MATCHED_UNITS.always_plural),
        k=Number(k),
    )
    return DesignError(f"effect: {rule}", rule)


def slope_unknown() -> DesignError:
    """The refusal of separate slopes that a group cannot tell."""
    rule = Sentence(
        "within one of the matched groups some covariate does not vary or follows from the "
        "others, so its slope there is unknown and separate slopes would extrapolate. Use "
        "method='regression' or 'difference'."
    )
    return DesignError(f"effect: {rule}", rule)


FEWER_THAN_TWO_SETS = Sentence("fewer than two matched sets")


def outcome_values(frame: pd.DataFrame, ids: pd.Index, outcome: str | pd.Series) -> pd.Series:
    """The outcome by unit id, shape (n,): a column of the data matched, or a Series by id.
    Yes and no are 1 and 0."""
    if not isinstance(outcome, pd.Series):
        if not isinstance(outcome, Hashable):
            raise DataError(
                "effect: the outcome is the name of a column, or a Series whose index holds the "
                f"unit ids; got {type(outcome).__name__}, which says nothing of whose values "
                "they are."
            )
        if outcome not in frame.columns:
            known = [str(column) for column in frame.columns]
            raise DataError(
                f"effect: the data matched have no column {outcome!r}."
                f"{did_you_mean(str(outcome), known)} Name one, or pass the outcome as a Series "
                "whose index holds the unit ids."
            )
        check_columns(frame, (outcome,), "effect")
        values = pd.Series(frame[outcome].to_numpy(), index=ids, name=outcome)
        return answers_as_numbers(values)
    if outcome.index.has_duplicates:
        raise DataError("effect: the outcome's index names some units more than once.")
    refuse_containers(outcome, "effect")
    return answers_as_numbers(outcome.reindex(ids))


def checked_outcome(values: pd.Series, name: str) -> Floats:
    """The outcome as finite numbers; refuse missing values rather than break matched sets."""
    if not pd.api.types.is_numeric_dtype(values.dtype):
        texts = [value for value in values.dropna().unique() if isinstance(value, str)]
        if problem := refusal(name, texts, None):
            raise DataError(f"effect: outcome {problem}")
    if not pd.api.types.is_numeric_dtype(values.dtype) or values.dtype.kind == "c":
        raise DataError(f"effect: outcome {name!r} must be numbers, its type is {values.dtype}.")
    if values.isna().any():
        lost = values.index[values.isna()]
        raise DataError(
            f"effect: outcome {name!r} is missing for {len(lost):,} of {len(values):,} matched "
            f"units ({', '.join(str(unit) for unit in lost[:5])}, ...). Leaving them out would "
            "break their matched sets: leave them out before matching, or impute, and say so."
        )
    numbers = np.asarray(values.to_numpy(dtype=np.float64))
    if not np.isfinite(numbers).all():
        raise DataError(f"effect: outcome {name!r} has infinite values; recode them.")
    return numbers


def experimental_difference(
    frame: pd.DataFrame, *, treatment: str, outcome: str, level: float = 0.95
) -> AttEstimate:
    """The benchmark a randomised trial gives: the difference in mean outcomes.

    The standard error is Neyman's, s1^2 / n1 + s0^2 / n0 (equal to HC2 of the regression on
    treatment), and the interval uses Welch's degrees of freedom. Both arms need two people.

    Raises DataError for unknown columns, a treatment other than 0/1 and missing outcomes,
    DesignError for an arm with fewer than two people.
    Source: Neyman (1923); Welch (1947), Biometrika 34, 28-35; Imbens & Rubin (2015), chapter 6.
    """
    check_level("experimental_difference", level, DesignError)
    check_columns(frame, [treatment, outcome])
    treated = zero_one(frame[treatment])
    values = checked_outcome(frame[outcome], outcome)
    arms = [values[treated], values[~treated]]
    sizes = [len(arm) for arm in arms]
    if min(sizes) < 2:
        raise DesignError(
            f"{treatment}: a trial needs two people in each arm, found {sizes[0]:,} treated and "
            f"{sizes[1]:,} in the comparison arm."
        )
    return trial_estimate(
        outcome,
        np.array([arm.mean() for arm in arms]),
        np.array([arm.var(ddof=1) for arm in arms]),
        (sizes[0], sizes[1]),
        level,
    )


def trial_estimate(
    outcome: str, means: Floats, variances: Floats, sizes: tuple[int, int], level: float
) -> AttEstimate:
    """Neyman's difference from the ``means`` and ``variances`` (n - 1) of both arms, the treated
    first, (2,)."""
    parts = [float(variance) / size for variance, size in zip(variances, sizes, strict=True)]
    error = float(np.sqrt(sum(parts)))
    squares = sum(part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True))
    return AttEstimate(
        term=outcome,
        estimate=float(means[0] - means[1]),
        std_error=error,
        n_treated=sizes[0],
        n_comparison=sizes[1],
        level=level,
        degrees_of_freedom=sum(parts) ** 2 / squares if squares > 0 else float(min(sizes) - 1),
        counterfactual_mean=float(means[1]),
        method=Method(
            estimator="difference in means of a randomised trial (Neyman 1923)",
            comparison_group=Sentence("the randomised control arm"),
            inference=Sentence("Neyman's standard error (HC2), Welch's degrees of freedom"),
        ),
    )


def unadjusted_by_weights(
    outcome: str, estimate: float, std_error: float, sizes: tuple[int, int], level: float
) -> AttEstimate:
    """The difference in means weighted by sampling weights alone, as an estimate."""
    return AttEstimate(
        term=outcome,
        estimate=estimate,
        std_error=std_error,
        n_treated=sizes[0],
        n_comparison=sizes[1],
        level=level,
        degrees_of_freedom=float(sum(sizes) - 2),
        method=UNADJUSTED_BY_WEIGHTS,
    )


UNADJUSTED_BY_WEIGHTS = Method(
    estimator="difference in means weighted by sampling weights",
    comparison_group=Sentence("everybody not in the programme"),
    inference=Sentence("HC3"),
)
