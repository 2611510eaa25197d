"""Are effects before the start small, rather than merely not told apart from zero?

The usual test asks whether there is a difference, and passes most easily where data are few. Turned
round, the null is that the largest effect before the start is at least a margin; it is rejected
where each of them, by itself, is told apart from the margin on either side (the test is then of its
level, whatever their correlation). The bound is the smallest margin that is rejected.

Source: Dette and Schumann (2024), "Testing for equivalence of pre-trends in difference-in-
differences estimation", Journal of Business and Economic Statistics 42, section 3 (intersection and
union of two one-sided tests); Hartman and Hidalgo (2018), American Journal of Political Science 62.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from pbc_eval._validate import check_number
from pbc_eval.did.event_path import EventPath, event_path
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import EffectSeries

OWNER = "pretrend_equivalence"


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrendEquivalence:
    """``bound``: effects before the start beyond it are ruled out at the level; ``p_value`` of the
    null that the largest is at least ``margin``. In the outcome's unit."""

    bound: float
    margin: float | None
    p_value: float | None
    effects: int
    level: float


def pretrend_equivalence(
    study: EffectSeries | None = None,
    margin: float | None = None,
    level: float = 0.95,
    *,
    estimates: Sequence[float] | Floats | None = None,
    covariance: Floats | None = None,
    periods_before: int | Sequence[int] | None = None,
    periods_after: int | Sequence[int] | None = None,
) -> PretrendEquivalence:
    """The largest effect before the start that the data leave open, and the test of a ``margin``.

    The study, or numbers, as in ``honest_did``; effects after the start are not used. Errors are
    taken as normal. Raises DesignError for a margin that is not above zero and for a study without
    effects before the start.
    """
    path = event_path(
        OWNER,
        study,
        estimates=estimates,
        covariance=covariance,
        periods_before=periods_before,
        periods_after=periods_after,
        level=level,
        needs_after=False,
    )
    if margin is not None and check_number(OWNER, "margin", margin, DesignError) <= 0:
        raise DesignError(f"{OWNER}: margin must be above zero, got {margin:g}.")
    return equivalence_of(path, margin, level)


def equivalence_of(path: EventPath, margin: float | None, level: float) -> PretrendEquivalence:
    """The same from a path."""
    size = np.abs(path.estimates[: path.n_before])
    error = np.sqrt(np.diag(path.covariance)[: path.n_before])
    bound = float((size + special.ndtri(level) * error).max())
    p_value = None if margin is None else float(special.ndtr((size - margin) / error).max())
    return PretrendEquivalence(
        bound=bound, margin=margin, p_value=p_value, effects=path.n_before, level=level
    )
