"""What stands behind an average effect: a sum over units of their own outcomes.

    AttEstimate ─ regression_behind ▶ the saturated regression that comes to it, to eight digits
                ─ changes_of        ▶ one change a unit, whose means by cohort add up to it

Ways of inference for few units start from those, and are refused where there are none: with
covariates, with gaps, or where another comparison is made.
"""

from dataclasses import dataclass
from typing import cast

import numpy as np

from pbc_eval.did.averages import Kind
from pbc_eval.did.saturated_average import (
    MOST_CLUSTERS,
    Regression,
    SaturatedAverage,
    saturated_average,
)
from pbc_eval.did.wild import REGRESSIONS
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

OWNER = "with_inference"
SAME = 1e-8  # relative: the estimate and what a way starts from
MOST_GROUPS = 100_000  # that ways which draw no signs go through
ALIKE = 1e-9  # relative: weights that count as equal

OTHER = Sentence("It does not come to the same estimate: another average or comparison is made.")
SAME_START = Sentence("It is exact only where all were treated at the same time.")
NEVER = Sentence("It compares with units that are never treated; there are none.")
WHOLE = Sentence("It needs whole clusters on one side or the other.")


def refused(rule: Sentence, owner: str = OWNER, *, remedy: str = "") -> DesignError:
    """The error of a way that does not apply, with its rule and what else may be had."""
    return DesignError(f"{owner}: {rule} {remedy}".rstrip(), rule=rule)


def refuse_incomplete(panel: Panel) -> None:
    """Raise DesignError where no way but the estimator's own is known."""
    if panel.covariates:
        raise refused(Sentence("It is not known where covariates are adjusted for."))
    if panel.repeated or not panel.balanced:
        raise refused(Sentence("It needs every unit in every period."))


def regression_behind(
    panel: Panel,
    estimate: AttEstimate,
    kind: Kind,
    anticipation: int = 0,
    most: int = MOST_CLUSTERS,
) -> tuple[Regression, SaturatedAverage]:
    """The regression that comes to the estimate, of at most so many clusters. Raises DesignError
    where none does."""
    refuse_incomplete(panel)
    if panel.cluster_counts()[0] > most:
        raise refused(Sentence("It is for at most {most} independent units.", most=Number(most)))
    for name in REGRESSIONS:
        regression = cast(Regression, name)
        if regression == "extended_two_way" and anticipation:
            continue
        try:
            whole = saturated_average(
                panel, regression, OWNER, kind=kind, anticipation=anticipation, most=most
            )
        except DesignError:
            continue
        if is_same(whole.estimate, estimate):
            return regression, whole
    raise refused(OTHER)


def is_same(value: float, estimate: AttEstimate) -> bool:
    """Is it the estimate, to eight digits?"""
    size = max(abs(estimate.estimate), estimate.std_error or 0.0)
    return abs(value - estimate.estimate) <= SAME * size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Changes:
    """One number a unit, whose means by cohort, times ``size``, add up to the estimate. Each has a
    contrast of length one, so that where errors of outcomes are alike those of the changes are."""

    value: Floats  # (n,)
    weight: Floats  # (n,)
    group: Ints  # (n,) positions in ``size``
    size: Floats  # (c,)
    cluster: Ints  # (n,)
    unit: Ints  # (n,) positions among the panel's units


def changes_of(
    panel: Panel,
    estimate: AttEstimate,
    kind: Kind,
    anticipation: int = 0,
    most: int = MOST_CLUSTERS,
) -> Changes:
    """Behind an average effect of a panel. Raises DesignError where it is no sum of changes of
    units: with covariates, gaps, or another comparison."""
    _, whole = regression_behind(panel, estimate, kind, anticipation, most)
    arrays, loads = panel.arrays(), whole.loads
    length = np.sqrt((loads**2).sum(axis=1))
    counted = np.flatnonzero(length > ALIKE * length.max())
    place = np.full(len(length), -1)
    place[counted] = np.arange(len(counted))
    mine = place[arrays.cohort] >= 0
    unit = loads / np.where(length > 0, length, 1.0)[:, None]
    cohort = arrays.cohort[mine]
    outcome = arrays.outcome[mine][:, : loads.shape[1]]
    return Changes(
        value=(outcome * unit[cohort]).sum(axis=1),
        weight=arrays.weight[mine],
        group=place[cohort],
        size=length[counted],
        cluster=arrays.cluster[mine] if panel.roles.cluster else np.arange(int(mine.sum())),
        unit=np.flatnonzero(mine),
    )
