"""Least squares with unit and period effects on regressors that are the same for a whole cohort.

    Y_it = unit + period + x_(cohort of i, t) . beta + error            complete panels

On a complete panel unit and period effects are taken out of x by subtracting its means, and beta
and its clustered covariance are functions of cohort moments: units are not gone through again.

Standard errors: CRV1, factor G/(G-1) * (N-1)/(N-K), K = number of regressors + number of periods;
unit effects are nested in the clusters and not counted (the fixest and pyfixest convention).

Source: Frisch and Waugh (1933); Cameron and Miller (2015), Journal of Human Resources 50.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pbc_eval.did.estimates import score_covariance
from pbc_eval.did.notes import crv1
from pbc_eval.did.shared_loadings import SharedLoadings
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.numerics.clustered import crv1_factor
from pbc_eval.numerics.collinearity import COLLINEAR, dependent_columns
from pbc_eval.panel.moments import CohortMoments
from pbc_eval.panel.panel import Panel

Loading = tuple[Ints, Floats]
Loadings = list[Loading] | SharedLoadings


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CohortRegression:
    """``beta`` (K,); ``loadings`` as ``score_covariance`` takes them, before ``factor``."""

    beta: Floats
    loadings: Loadings
    factor: float
    clusters: int
    rows: int
    counted: int  # K of the factor

    @property
    def inference(self) -> Sentence:
        return crv1(self.clusters, self.rows, self.counted)


def complete_moments(panel: Panel, owner: str) -> CohortMoments:
    """Moments of a complete panel; DesignError for any other."""
    panel.refuse_for(owner)
    if not panel.balanced:
        raise DesignError(
            f"{panel.name}: {owner} needs every unit in every period; read the panel with "
            "missing='complete_units', or use att_gt, which takes pairs of periods.",
            rule=Sentence("It needs every unit in every period."),
        )
    return panel.moments()


def comparison_window(panel: Panel, owner: str) -> int:
    """Number of periods in which somebody is not yet treated: all when some never are.

    Raises DesignError when nobody is treated within them.
    """
    panel.refuse_for(owner)
    treated = [g for g in range(1, len(panel.cohorts)) if panel.cohort_units[g]]
    if not treated:
        raise DesignError(f"{panel.name}: {owner}: no unit is treated within the window.")
    if panel.cohort_units[0]:
        return panel.n_periods
    if len(treated) < 2:
        raise DesignError(
            f"{panel.name}: {owner}: every unit is first treated in {panel.cohorts[treated[0]]}, "
            "so there is nobody to compare with.",
            rule=Sentence(
                "All units are first treated in the same period: there is nobody to compare with."
            ),
        )
    return panel.starts[treated[-1]]


def first_periods(moments: CohortMoments, periods: int) -> CohortMoments:
    """The moments of the first ``periods`` periods."""
    clusters = moments.clusters
    if clusters is not None:
        clusters = replace(clusters, sums=clusters.sums[:, : periods + 1])
    return replace(
        moments,
        level=moments.level[:, :periods],
        path=moments.path[:, :periods],
        gram=moments.gram[:, : periods + 1, : periods + 1],
        clusters=clusters,
    )


def regress(
    moments: CohortMoments, x: Floats, names: Sequence[str], owner: str
) -> CohortRegression:
    """``x`` (C, T, K), one regressor a ``names``. Raises DesignError naming those that the effects
    and the other regressors absorb."""
    weight = moments.weight[:, None, None]
    total = float(moments.weight.sum())
    within = x - x.mean(axis=1, keepdims=True)
    demeaned = within - (weight * within).sum(axis=0) / total
    flat = demeaned.reshape(-1, x.shape[2])
    gram = flat.T @ (np.broadcast_to(weight, demeaned.shape).reshape(flat.shape) * flat)
    # Compared with the regressor before its means are taken out, absorbed ones are rounding.
    size = (weight * x**2).sum(axis=(0, 1))
    gone = np.flatnonzero(np.diag(gram) <= COLLINEAR * np.maximum(size, 1e-300)).tolist()
    gone = gone or dependent_columns(gram)
    if gone:
        absorbed = ", ".join(names[j] for j in gone[:5])
        raise DesignError(
            f"{owner}: unit and period effects and the other regressors determine {absorbed}; the "
            "panel needs units that are not treated at the time to compare with.",
            rule=Sentence("It needs units that are not treated at the time to compare with."),
        )
    path = np.where(moments.units[:, None] > 0, moments.path, 0.0)
    gap = path - moments.weight @ path / total
    inverse = np.linalg.inv(gram)
    beta = inverse @ np.einsum("c,ctk,ct->k", moments.weight, demeaned, gap)
    loadings: list[Loading] = []
    for c in range(len(x)):
        rest = gap[c] - demeaned[c] @ beta
        rows = np.column_stack([demeaned[c].T @ rest, demeaned[c].T])
        loadings.append((np.arange(x.shape[2]), inverse @ rows * total))
    clusters = int(moments.units.sum()) if moments.clusters is None else moments.clusters.n_clusters
    rows_used, counted = int(moments.units.sum()) * x.shape[1], x.shape[2] + x.shape[1]
    return CohortRegression(
        beta=beta,
        loadings=loadings,
        factor=crv1_factor(clusters, rows_used, counted),
        clusters=clusters,
        rows=rows_used,
        counted=counted,
    )


def covariance(fit: CohortRegression, moments: CohortMoments) -> Floats:
    """(K, K) of beta, CRV1."""
    return fit.factor * score_covariance(fit.loadings, moments, len(fit.beta))
