"""The multiplier bootstrap: influences of units (or clusters) with random signs.

A draw multiplies the influence of every unit, or cluster, by +1 or -1 and adds up. Given the data
its covariance is that of ``aggregate``'s standard errors, and with many clusters the two agree;
here the draws themselves give the error (their interquartile range over the normal's) and the
simultaneous band. With few clusters use wild.py.

Source: Callaway and Sant'Anna (2021), theorem 3, algorithm 1 and remark 10; sign multipliers.
"""

from dataclasses import replace

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.did.adjusted import cells_with_covariates
from pbc_eval.did.averages import KINDS, Kind, averages_of
from pbc_eval.did.estimates import cells_from_pairs
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, EffectSeries


def multiplier_bootstrap(
    panel: Panel,
    effects: GroupTimeEffects,
    kind: Kind = "event",
    *,
    draws: int = 999,
    level: float = 0.95,
    seed: int | None = None,
) -> EffectSeries:
    """``effects.aggregate(kind)`` with standard errors and simultaneous bands by bootstrap.

    ``effects`` are those of ``att_gt`` on the same ``panel``; ``seed`` defaults to theirs. Raises
    DesignError for repeated cross-sections, effects of another panel, or fewer than 99 draws.
    """
    owner = "multiplier_bootstrap"
    check_choice(owner, "kind", kind, KINDS, DesignError)
    check_level(owner, level, DesignError)
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 99:
        raise DesignError(f"{owner}: draws must be a whole number >= 99, got {draws!r}.")
    _refuse(panel, effects, owner)
    plain = effects.aggregate(kind, level=level, bands="pointwise")
    cells = effects.cells
    chosen = ~np.isnan(cells.estimate)
    after = chosen & (cells.plan.event_time >= 0)
    _, averages, overall = averages_of(cells, kind, chosen, after, effects.weights)
    scores = np.array([average.score for average in [*averages, overall]]).T  # (k + C, m + 1)
    seed = effects.seed if seed is None else seed
    random = np.random.default_rng(seed)
    drawn: Floats = np.zeros((draws, scores.shape[1]))

    def visit(influences: Floats) -> None:
        nonlocal drawn
        signs = random.choice(np.array([-1.0, 1.0]), (draws, len(influences)))
        drawn = drawn + signs @ (influences @ scores)

    clustered = panel.roles.cluster is not None
    arrays = panel.arrays()
    if panel.covariates:
        again = cells_with_covariates(
            cells.plan,
            arrays,
            panel.unit_covariates(),
            method=effects.adjustment,
            clustered=clustered,
            visit=visit,
        )
    else:
        again = cells_from_pairs(cells.plan, arrays, clustered=clustered, visit=visit)
    if not np.allclose(again.estimate, cells.estimate, rtol=1e-6, equal_nan=True):
        raise DesignError(f"{owner}: these effects were not estimated by att_gt on {panel.name}.")

    quarters = np.quantile(drawn, [0.25, 0.75], axis=0)
    errors = (quarters[1] - quarters[0]) / (2 * normal_quantile(0.75))
    known = np.array([estimate.std_error is not None for estimate in plain.effects], dtype=bool)
    critical = None
    if known.any():
        largest = np.abs(drawn[:, :-1][:, known] / errors[:-1][known]).max(axis=1)
        critical = max(float(np.quantile(largest, level)), float(normal_quantile(0.5 + level / 2)))
    method = replace(
        plain.overall.method,
        inference=Sentence(
            "multiplier bootstrap, {draws} draws of signs, errors from the interquartile range",
            draws=Number(draws),
        ),
        seed=seed,
    )

    def booted(estimate: AttEstimate, error: float, band: float | None) -> AttEstimate:
        if estimate.std_error is None:
            return replace(estimate, method=method)
        return replace(estimate, std_error=float(error), method=method, critical_value=band)

    return replace(
        plain,
        overall=booted(plain.overall, errors[-1], None),
        effects=tuple(
            booted(estimate, error, critical)
            for estimate, error in zip(plain.effects, errors[:-1], strict=True)
        ),
        covariance=np.atleast_2d(np.cov(drawn[:, :-1].T))
        if len(plain.effects)
        else np.empty((0, 0)),
        bands="simultaneous",
    )


def _refuse(panel: Panel, effects: GroupTimeEffects, owner: str) -> None:
    if effects.cells.taken_off is not None:
        raise DesignError(f"{owner}: these effects were not estimated by att_gt on {panel.name}.")
    if panel.repeated:
        raise DesignError(f"{panel.name}: {owner} needs units followed over time.")
    if panel.roles.fix_weights:
        panel.refuse_for(owner)
