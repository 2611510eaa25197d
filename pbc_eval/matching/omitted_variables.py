"""How strong would a variable that was left out of a regression have to be?

    regression of outcome on treatment and covariates ── omitted_variable_bounds ▶ robustness
    values, and the effect were there a variable as strong as a covariate

Source: Cinelli and Hazlett (2020), "Making sense of sensitivity: extending omitted variable bias",
Journal of the Royal Statistical Society B 82, 39-67.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_level, check_number, did_you_mean, first_few
from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import dependent_columns, independent_columns
from pbc_eval.numerics.distributions import t_quantile

OWNER = "omitted_variable_bounds"
COLUMNS = (
    *("benchmark", "times", "r2_treatment", "r2_outcome"),
    *("estimate", "std_error", "statistic", "conf_low", "conf_high"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class OmittedVariableBounds(Displayed):
    """An effect by regression, and what would explain it away.

    ``robustness_value``: the share of what is left of both treatment and outcome that a variable
    left out would have to explain to bring the estimate down by the share ``q``;
    ``robustness_value_interval``: to bring the end of its interval there. ``bounds`` has a row a
    benchmark: the effect were the variable so many ``times`` as strong as that covariate.
    """

    estimate: float
    std_error: float
    degrees_of_freedom: float
    partial_r2: float  # of treatment with the outcome, given the covariates
    robustness_value: float
    robustness_value_interval: float
    q: float
    level: float
    bounds: pd.DataFrame

    @property
    def statistic(self) -> float:
        return self.estimate / self.std_error

    def to_frame(self) -> pd.DataFrame:
        """A row a benchmark: benchmark, times, r2_treatment, r2_outcome, and the effect with such a
        variable: estimate, std_error, statistic, conf_low, conf_high."""
        return self.bounds.copy()


def omitted_variable_bounds(
    data: pd.DataFrame | None = None,
    *,
    outcome: str | None = None,
    treatment: str | None = None,
    covariates: Sequence[str] = (),
    benchmarks: Sequence[str] = (),
    times: float | Sequence[float] = (1, 2, 3),
    q: float = 1.0,
    level: float = 0.95,
    estimate: float | None = None,
    std_error: float | None = None,
    degrees_of_freedom: float | None = None,
) -> OmittedVariableBounds:
    """Bounds on the effect of ``treatment`` by least squares, for a variable that was left out.

    ``data`` with the columns of the regression, all numbers, and the covariates to measure a
    variable by; or the ``estimate``, ``std_error`` and residual ``degrees_of_freedom`` of a
    regression, without benchmarks.

    Raises DataError for columns that are missing or no numbers, DesignError for covariates that
    others determine, for benchmarks that are none of them and for such a strength that the
    variable would leave nothing to explain.
    """
    check_level(OWNER, level, DesignError)
    check_number(OWNER, "q", q, DesignError)
    if q <= 0:
        raise DesignError(f"{OWNER}: q must be above 0, got {q!r}.")
    if data is None:
        numbers = {"estimate": estimate, "std_error": std_error, "degrees_of_freedom":
                   degrees_of_freedom}  # fmt: skip
        if benchmarks or any(number is None for number in numbers.values()):
            raise DesignError(
                f"{OWNER}: without data, estimate, std_error and degrees_of_freedom are all "
                "needed, and no benchmarks."
            )
        point, error, df = (
            check_number(OWNER, name, n, DesignError) for name, n in numbers.items()
        )
        if error <= 0 or df <= 1:
            raise DesignError(f"{OWNER}: std_error must be above 0 and degrees_of_freedom above 1.")
        return _bounds(point, error, df, [], q=q, level=level)
    if outcome is None or treatment is None:
        raise DesignError(f"{OWNER}: name the outcome and the treatment among the columns.")
    names = [treatment, *covariates]
    frame = _numbers(data, [outcome, *names])
    if strange := [name for name in benchmarks if name not in covariates]:
        raise DesignError(
            f"{OWNER}: benchmarks must be among the covariates, got {strange[0]!r}."
            f"{did_you_mean(strange[0], covariates)}"
        )
    of_outcome = _regress(frame, outcome, names)
    rows = []
    if benchmarks:
        of_treatment = _regress(frame, treatment, list(covariates))
        for name in benchmarks:
            shares = (_partial_r2(of_treatment[name]), _partial_r2(of_outcome[name]))
            rows += [(name, float(k), *shares) for k in np.atleast_1d(times)]
    t, df, point = of_outcome[treatment]
    return _bounds(point, point / t, df, rows, q=q, level=level)


def _numbers(data: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    if missing := [name for name in names if name not in data]:
        raise DataError(
            f"{OWNER}: no column {missing[0]!r}.{did_you_mean(missing[0], map(str, data.columns))}"
        )
    try:
        frame = data[list(names)].astype(float)
    except (TypeError, ValueError) as problem:
        raise DataError(f"{OWNER}: the columns must hold numbers. {problem}") from None
    empty = [name for name in names if not np.isfinite(frame[name]).all()]
    if empty:
        raise DataError(
            f"{OWNER}: {first_few(empty)} must be finite numbers in every row. Leave out or fill "
            "in the rows in which they are not."
        )
    return frame


def _regress(
    frame: pd.DataFrame, outcome: str, names: list[str]
) -> dict[str, tuple[float, float, float]]:
    """t, residual degrees of freedom and coefficient of each name, with an intercept."""
    x = np.column_stack([np.ones(len(frame)), frame[names].to_numpy()])
    size = np.sqrt((x**2).sum(axis=0))
    df = len(x) - x.shape[1]
    if df < 2:
        raise DesignError(f"{OWNER}: {len(x)} rows are too few for {x.shape[1]} coefficients.")
    spread = frame[names].to_numpy().std(axis=0)
    scaled = (x[:, 1:] - x[:, 1:].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    if (spread == 0).any() or (dependent := dependent_columns(scaled.T @ scaled)):
        at = int(np.flatnonzero(spread == 0)[0]) if (spread == 0).any() else dependent[0]
        raise DesignError(
            f"{OWNER}: {names[at]!r} is determined by the columns before it. Leave it out."
        )
    q, r = np.linalg.qr(x / size)
    back = np.linalg.inv(r) / size[:, None]
    beta = back @ (q.T @ frame[outcome].to_numpy())
    residual = frame[outcome].to_numpy() - x @ beta
    error = np.sqrt((back**2).sum(axis=1) * float(residual @ residual) / df)
    if not error[1:].all():
        raise DesignError(f"{OWNER}: {outcome!r} is explained wholly; nothing is left to bound.")
    return {
        name: (float(beta[at] / error[at]), float(df), float(beta[at]))
        for at, name in enumerate(names, start=1)
    }


def _partial_r2(of: tuple[float, float, float]) -> float:
    t, df, _ = of
    return t**2 / (t**2 + df)


def robustness_value(t: float, df: float, q: float = 1.0, level: float | None = None) -> float:
    """The share that explains the estimate down by ``q``; with a ``level``, its interval."""
    f = q * abs(t) / math.sqrt(df)
    away = 0.0
    if level is not None:
        away = float(t_quantile(0.5 + level / 2, df - 1)) / math.sqrt(df - 1)
    left = f - away
    if left <= 0:
        return 0.0
    if away > 0 and f > 1 / away:  # all of what is left of the outcome is not enough
        return float((f**2 - away**2) / (1 + f**2))
    return float((math.sqrt(left**4 + 4 * left**2) - left**2) / 2)


def _bounds(
    point: float,
    error: float,
    df: float,
    rows: Sequence[tuple[str, float, float, float]],
    *,
    q: float,
    level: float,
) -> OmittedVariableBounds:
    t = point / error
    return OmittedVariableBounds(
        estimate=point,
        std_error=error,
        degrees_of_freedom=df,
        partial_r2=t**2 / (t**2 + df),
        robustness_value=robustness_value(t, df, q),
        robustness_value_interval=robustness_value(t, df, q, level),
        q=q,
        level=level,
        bounds=pd.DataFrame(
            [_bounded((point, error, df), row, level=level) for row in rows], columns=list(COLUMNS)
        ),
    )


def _bounded(
    of: tuple[float, float, float], like: tuple[str, float, float, float], *, level: float
) -> tuple[str | float, ...]:
    """The effect with its error and degrees of freedom, were there a variable so many times as
    strong as a covariate, ``like``: name, times, shares of treatment and outcome."""
    (point, error, df), (name, k, of_treatment, of_outcome) = of, like
    with_treatment = k * of_treatment / (1 - of_treatment)
    if with_treatment >= 1:
        raise DesignError(
            f"{OWNER}: {k:g} times {name!r} would explain all of the treatment. Choose fewer times."
        )
    shared = k * of_treatment**2 / ((1 - k * of_treatment) * (1 - of_treatment))
    strength = ((math.sqrt(k) + math.sqrt(shared)) / math.sqrt(1 - shared)) ** 2
    with_outcome = min(strength * of_outcome / (1 - of_outcome), 1.0)
    bias = error * math.sqrt(df * with_outcome * with_treatment / (1 - with_treatment))
    moved = math.copysign(1.0, point) * (abs(point) - bias)
    spread = error * math.sqrt((1 - with_outcome) / (1 - with_treatment) * df / (df - 1))
    margin = float(t_quantile(0.5 + level / 2, df - 1)) * spread
    t = moved / spread if spread > 0 else math.nan
    return name, k, with_treatment, with_outcome, moved, spread, t, moved - margin, moved + margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Strength:
    """How strongly a covariate goes with treatment and with the outcome, given the others: the
    share that it explains of what they leave."""

    covariate: str
    with_treatment: float
    with_outcome: float


def strengths(
    outcome: Floats, treated: Floats, covariates: Floats, names: Sequence[str]
) -> tuple[Strength, ...]:
    """Of the ``covariates`` (n, p) that others do not determine, by least squares."""
    kept = independent_columns(covariates)
    labels = [str(at) for at in kept]
    frame = pd.DataFrame(covariates[:, kept], columns=labels)
    frame = frame.assign(treatment=treated, outcome=outcome)
    of_outcome = _regress(frame, "outcome", ["treatment", *labels])
    of_treatment = _regress(frame, "treatment", labels)
    return tuple(
        Strength(
            covariate=names[int(at)],
            with_treatment=_partial_r2(of_treatment[label]),
            with_outcome=_partial_r2(of_outcome[label]),
        )
        for at, label in zip(kept, labels, strict=True)
    )


def strengths_of_products(centred: Floats, n: int, names: Sequence[str]) -> tuple[Strength, ...]:
    """The same from products about the means of covariates, treatment and outcome, in this order,
    (p + 2, p + 2), over ``n`` people. Raises DesignError as ``strengths`` does."""
    p = len(names)
    gone = set(dependent_columns(centred[:p, :p]))
    kept = [j for j in range(p) if j not in gone]
    of_outcome = _regress_products(centred, n, p + 1, [p, *kept])
    of_treatment = _regress_products(centred, n, p, kept)
    return tuple(
        Strength(
            covariate=names[j],
            with_treatment=_partial_r2((of_treatment[at], n - len(kept) - 1.0, 0.0)),
            with_outcome=_partial_r2((of_outcome[at + 1], n - len(kept) - 2.0, 0.0)),
        )
        for at, j in enumerate(kept)
    )


def _regress_products(centred: Floats, n: int, outcome: int, columns: list[int]) -> Floats:
    """t of each of the ``columns``, (k,), by least squares of one column on them."""
    df = n - len(columns) - 1
    left = centred[np.ix_(columns, columns)]
    if df < 2 or dependent_columns(left):
        raise DesignError(f"{OWNER}: {n} rows are too few, or columns determine each other.")
    beta = np.linalg.solve(left, centred[columns, outcome])
    rest = float(centred[outcome, outcome] - beta @ centred[columns, outcome])
    if rest <= 1e-12 * centred[outcome, outcome]:
        raise DesignError(f"{OWNER}: the outcome is explained wholly; nothing is left to bound.")
    error = np.sqrt(np.diag(np.linalg.inv(left)) * rest / df)
    return np.asarray(beta / error, dtype=np.float64)


def bounded_by(
    estimate: float, std_error: float, df: float, like: Strength, level: float
) -> tuple[float, float, float]:
    """Estimate and interval, were there something not recorded as strong as ``like``; all zero and
    infinite where it would explain the treatment wholly. The error is never taken as smaller than
    it is without it, although a variable that explains the outcome would make it so."""
    if like.with_treatment >= 0.5:  # as much again as it explains is all there is
        return 0.0, -math.inf, math.inf
    row = _bounded(
        (estimate, std_error, df),
        (like.covariate, 1.0, like.with_treatment, like.with_outcome),
        level=level,
    )
    moved, spread = float(row[4]), max(float(row[5]), std_error)
    margin = float(t_quantile(0.5 + level / 2, df - 1)) * spread
    return moved, moved - margin, moved + margin
