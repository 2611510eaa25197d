"""Least squares with few clusters: covariances that are not too small, and tests that know it.

    design X (n, p), residuals e (n,), clusters ─┬ clustered_covariance ▶ (p, p)
                                                 └ clustered_wald ▶ F, degrees of freedom, p-value

    CR1   sums of X_g' e_g, times G / (G - 1) (n - 1) / (n - p)
    CR2   X_g' (I - H_gg)^(-1/2) e_g: unbiased where errors are independent and alike
    CR3   X_g' (I - H_gg)^(-1) e_g: the jackknife over clusters, on the safe side

The covariance of few clusters is itself uncertain. As if it were a Wishart matrix, with degrees of
freedom matched to its variance where errors are independent and alike, the Wald statistic of q
restrictions is an F with q and eta - q + 1 of them (HTZ); with q = 1 it is Satterthwaite's t.

Sources: Bell and McCaffrey (2002), Survey Methodology 28, 169-181; Cameron and Miller (2015),
Journal of Human Resources 50, 317-372; Pustejovsky and Tipton (2018), "Small-sample methods for
cluster-robust variance estimation and hypothesis testing in fixed effects models", Journal of
Business and Economic Statistics 36, 672-683.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from pbc_eval._validate import check_choice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import Clusters, clusters_of, crv1_factor, sandwich
from pbc_eval.numerics.collinearity import dependent_columns
from pbc_eval.numerics.distributions import f_sf
from pbc_eval.numerics.roots import symmetric_root

Kind = Literal["CR1", "CR2", "CR3"]
KINDS = ("CR1", "CR2", "CR3")
TESTS = ("HTZ",)
NONE_LEFT = 1e-12  # share of a residual's variance below which a cluster determines it


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusteredWald:
    """A test of restrictions on coefficients: an F statistic with its degrees of freedom."""

    statistic: float
    df_numerator: int
    df_denominator: float
    clusters: int

    @property
    def p_value(self) -> float:
        return float(f_sf(self.statistic, self.df_numerator, self.df_denominator))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """X = Q R, so that the hat matrix is Q Q' and the coefficients are R^-1 Q' y."""

    design: Floats  # (n, p)
    basis: Floats  # (n, p) Q
    back: Floats  # (p, p) R^-1
    residuals: Floats  # (n,)


def clustered_covariance(
    design: Floats | pd.DataFrame,
    residuals: Sequence[float] | Floats | pd.Series,
    clusters: Any,
    kind: Kind = "CR2",
) -> Floats:
    """(p, p) covariance of least squares coefficients of ``design`` (n, p) with its ``residuals``.

    ``clusters``: a label for each row; two columns of labels for two ways of clustering, of which
    the covariances are added and that of both together taken off (CR1 only). With a cluster for
    each row, CR2 and CR3 are HC2 and HC3. A cluster that alone determines a coefficient leaves
    nothing to learn in that direction, and counts there as nothing.

    Raises DataError for rows that do not fit together, DesignError for columns that others
    determine, for fewer than two clusters and for CR2 or CR3 of two ways.
    """
    owner = "clustered_covariance"
    check_choice(owner, "kind", kind, KINDS, DesignError)
    fit = _fit(owner, design, residuals)
    ways = _labels(owner, clusters, len(fit.residuals))
    if len(ways) == 1:
        return _sandwich(fit, _grouped(owner, ways[0]), kind)
    if kind != "CR1":
        raise DesignError(f"{owner}: {kind} of two ways of clustering is not known. Use CR1.")
    both = pd.factorize(pd.MultiIndex.from_arrays(ways))[0]
    first, second, joint = (
        _sandwich(fit, _grouped(owner, way), kind) for way in (*ways, np.asarray(both))
    )
    return first + second - joint


def clustered_wald(
    design: Floats | pd.DataFrame,
    residuals: Sequence[float] | Floats | pd.Series,
    clusters: Any,
    coefficients: Sequence[float] | Floats | pd.Series,
    *,
    restrictions: Any = None,
    kind: Literal["HTZ"] = "HTZ",
    covariance: Kind = "CR2",
) -> ClusteredWald:
    """Test that combinations of coefficients are zero, with few clusters.

    ``coefficients`` (p,) of ``design`` (n, p). ``restrictions``: a matrix (q, p) of combinations,
    or positions of coefficients; all of them when left out. The statistic is the Wald statistic
    by ``covariance``, scaled to an F (HTZ); of one restriction it is the square of t with
    Satterthwaite's degrees of freedom.

    Raises as ``clustered_covariance``, and DesignError for restrictions that depend on each other
    or are more than the clusters can bear.
    """
    owner = "clustered_wald"
    check_choice(owner, "kind", kind, TESTS, DesignError)
    check_choice(owner, "covariance", covariance, KINDS, DesignError)
    fit = _fit(owner, design, residuals)
    p = fit.design.shape[1]
    beta = np.asarray(coefficients, dtype=float)
    if beta.shape != (p,) or not np.isfinite(beta).all():
        raise DataError(f"{owner}: coefficients must be {p} finite numbers, got {beta.shape}.")
    combined = _restrictions(owner, restrictions, p)
    ways = _labels(owner, clusters, len(fit.residuals))
    if len(ways) != 1:
        raise DesignError(f"{owner}: two ways of clustering are not known here. Give one.")
    groups = _grouped(owner, ways[0])
    own = combined @ _sandwich(fit, groups, covariance) @ combined.T
    q = len(combined)
    if len(dependent_columns(own)) or q >= len(groups):
        raise DesignError(
            f"{owner}: {q} restrictions cannot be tested with {len(groups)} clusters, or depend on "
            "each other. Test fewer."
        )
    values = combined @ beta
    wald = float(values @ np.linalg.solve(own, values))
    eta = _wishart_df(fit, groups, combined, covariance)
    if eta - q + 1 <= 0:
        raise DesignError(
            f"{owner}: {q} restrictions leave no degrees of freedom ({eta:.1f} of the covariance). "
            "Test fewer."
        )
    return ClusteredWald(
        statistic=wald * (eta - q + 1) / (eta * q),
        df_numerator=q,
        df_denominator=eta - q + 1,
        clusters=len(groups),
    )


def _fit(owner: str, design: Any, residuals: Any) -> _Fit:
    try:
        x = np.asarray(design, dtype=float)
        e = np.asarray(residuals, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: design and residuals must be numbers.") from None
    if x.ndim == 1:
        x = x[:, None]
    if x.ndim != 2 or e.shape != (len(x),) or not len(x):
        raise DataError(
            f"{owner}: design must be (n, p) and residuals (n,), got {x.shape} and {e.shape}."
        )
    if not np.isfinite(x).all() or not np.isfinite(e).all():
        raise DataError(f"{owner}: design and residuals must be finite numbers.")
    gram = x.T @ x
    if dependent := dependent_columns(gram):
        raise DesignError(
            f"{owner}: column {dependent[0]} of design is determined by those before it. Leave it "
            "out."
        )
    size = np.sqrt((x**2).sum(axis=0))
    basis, upper = np.linalg.qr(x / size)
    back = np.linalg.inv(upper) / size[:, None]
    return _Fit(design=x, basis=basis, back=back, residuals=e)


def _labels(owner: str, clusters: Any, n: int) -> list[Ints]:
    if isinstance(clusters, str | bytes) or (clusters is not None and np.ndim(clusters) == 0):
        raise DataError(
            f"{owner}: clusters must have a label for each of {n} rows, got {clusters!r}."
        )
    frame = pd.DataFrame(clusters) if not isinstance(clusters, pd.DataFrame) else clusters
    if len(frame) != n or frame.shape[1] not in (1, 2):
        raise DataError(
            f"{owner}: clusters must have a label for each of {n} rows, in one column or two; got "
            f"{frame.shape[0]} in {frame.shape[1]}."
        )
    if frame.isna().any(axis=None):
        raise DataError(f"{owner}: clusters has rows without a label. Fill them in.")
    return [np.asarray(pd.factorize(frame.iloc[:, at])[0]) for at in range(frame.shape[1])]


def _grouped(owner: str, label: Ints) -> Clusters:
    groups = clusters_of(label)
    if len(groups) < 2:
        raise DesignError(f"{owner}: one cluster shows no spread between clusters. Two are needed.")
    return groups


def _restrictions(owner: str, restrictions: Any, p: int) -> Floats:
    if restrictions is None:
        return np.eye(p)
    given = np.asarray(restrictions)
    if given.ndim == 1 and np.issubdtype(given.dtype, np.integer) and len(given) != p:
        if not len(given) or given.min() < 0 or given.max() >= p:
            raise DesignError(f"{owner}: restrictions names positions 0 to {p - 1}, got {given}.")
        chosen: Floats = np.eye(p)[given]
        return chosen
    given = np.atleast_2d(np.asarray(given, dtype=float))
    if given.shape[1] != p or not np.isfinite(given).all():
        raise DesignError(
            f"{owner}: restrictions are rows of {p} numbers, or positions of coefficients; got "
            f"{given.shape}."
        )
    return given


def _rows(groups: Clusters, n: int) -> list[Ints]:
    order = np.arange(n) if groups.order is None else groups.order
    return np.split(order, groups.first[1:])


def _sandwich(fit: _Fit, groups: Clusters, kind: str) -> Floats:
    n, p = fit.design.shape
    if kind == "CR1":
        scores = groups.sums(fit.basis * fit.residuals[:, None]) @ fit.back.T
        return sandwich(scores, crv1_factor(len(groups), n, p))
    rows = _rows(groups, n)
    return sandwich(np.array([_adjusted(fit, at, kind).T @ fit.residuals[at] for at in rows]))


def _adjusted(fit: _Fit, at: Ints, kind: str) -> Floats:
    """(n_g, p) A_g X_g (X'X)^-1, of the rows ``at`` of one cluster: what its residuals count for.

    A_g is a power of I - Q_g Q_g', which acts on Q_g as that of I - Q_g' Q_g: p by p, however many
    rows a cluster has."""
    basis = fit.basis[at]
    if kind != "CR1":
        share, axes = np.linalg.eigh(basis.T @ basis)
        left = 1 - share
        with np.errstate(divide="ignore", invalid="ignore"):
            scale = np.where(left > NONE_LEFT, left ** (-0.5 if kind == "CR2" else -1.0), 0.0)
        basis = basis @ (axes * scale) @ axes.T
    return np.asarray(basis @ fit.back.T)


def _wishart_df(fit: _Fit, groups: Clusters, combined: Floats, kind: str) -> float:
    """Degrees of freedom of the covariance of the ``combined`` (q, p), errors being independent and
    alike: q (q + 1) over the sum of the variances of its entries, standardised."""
    rows = _rows(groups, len(fit.residuals))
    parts = [_adjusted(fit, at, kind) @ combined.T for at in rows]  # (n_g, q) each
    through = np.array(
        [fit.basis[at].T @ part for at, part in zip(rows, parts, strict=True)]
    )  # (G, p, q)
    own = np.array([part.T @ part for part in parts])  # (G, q, q) before residuals are fitted
    mean = (own - through.transpose(0, 2, 1) @ through).sum(axis=0)
    size = np.sqrt(np.diag(mean))
    alike = mean / np.outer(size, size)
    root = symmetric_root((alike + alike.T) / 2, inverse=True) / size[:, None]
    own, through = root.T @ own @ root, through @ root
    # what clusters g and h add has the covariance [g = h] own_g - through_g' through_h, (q, q)
    q, total = len(combined), 0.0
    for s in range(q):
        for t in range(q):
            crossed = through[:, :, s].T @ through[:, :, t]  # (p, p)
            both = {
                (a, b): (through[:, :, a] * through[:, :, b]).sum(axis=1)
                for a in (s, t)
                for b in (s, t)
            }
            total += float(own[:, s, s] @ own[:, t, t] + own[:, s, t] @ own[:, s, t])
            total -= float(own[:, s, s] @ both[t, t] + own[:, t, t] @ both[s, s])
            total -= 2 * float(own[:, s, t] @ both[s, t])
            total += float((crossed**2).sum() + (crossed * crossed.T).sum())
    return q * (q + 1) / total
