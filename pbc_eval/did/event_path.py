"""An event study as analyses of pre-trends need it: effects before and after one reference.

    EffectSeries, or numbers from elsewhere ── event_path ▶ EventPath ── honest_did, pretest_power

Effects before the start are differences from the reference period, the last one that treatment
cannot have touched. Where a study compares each period before the start with the one before it
(``base_period="varying"``), they are steps; what is summed from the reference backwards is the
difference from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Literal

import numpy as np

from pbc_eval._validate import check_level
from pbc_eval.errors import DataError, DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Listed, Period
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import EffectSeries

Target = Literal["average"] | int | Mapping[int, float] | Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventPath:
    """K effects in order of time: those of ``before`` first, then those of ``after``.

    ``estimates`` (K,) in the outcome's unit, ``covariance`` (K, K); ``before`` and ``after`` are
    event times, 0 the first treated period, less and greater than the ``reference``.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    reference: int
    estimates: Floats
    covariance: Floats
    notes: tuple[Sentence, ...] = ()

    @property
    def n_before(self) -> int:
        return len(self.before)

    def weights(self, owner: str, effect: Target) -> Floats:
        """(n_after,) the weights of the effect of interest on the effects after the reference."""
        after = np.array(self.after)
        if isinstance(effect, str):
            if effect != "average":
                raise DesignError(
                    f"{owner}: effect is 'average', an event time or a weight for each, got "
                    f"{effect!r}."
                )
            treated = after >= 0
            return np.asarray(treated / treated.sum(), dtype=float)
        if isinstance(effect, Integral) and not isinstance(effect, bool):
            effect = {int(effect): 1.0}
        if not isinstance(effect, Mapping):
            values = np.asarray(effect, dtype=float)
            if values.shape != after.shape:
                raise DesignError(
                    f"{owner}: effect gives {values.size} weights, and there are {len(after)} "
                    f"effects after the reference ({_times(self.after)})."
                )
            effect = dict(zip(self.after, values.tolist(), strict=True))
        if missing := [e for e in effect if e not in self.after]:
            raise DesignError(
                f"{owner}: effect asks for event time {missing[0]!r}; there are "
                f"{_times(self.after)}."
            )
        weights = np.array([float(effect.get(e, 0.0)) for e in self.after])
        if not np.isfinite(weights).all() or not weights.any():
            raise DesignError(f"{owner}: effect needs finite weights that are not all zero.")
        return weights


def event_path(
    owner: str,
    study: EffectSeries | None,
    *,
    estimates: Sequence[float] | Floats | None = None,
    covariance: Floats | None = None,
    periods_before: int | Sequence[int] | None = None,
    periods_after: int | Sequence[int] | None = None,
    level: float = 0.95,
    needs_after: bool = True,
) -> EventPath:
    """The path of a study, or of numbers; ``owner`` is the function that asks at a ``level``, and
    may do with the effects before alone.

    Raises DesignError for a level that is none and for a study without effects before the start,
    DataError for numbers that are none or do not fit together.
    """
    check_level(owner, level, DesignError)
    if study is None and not needs_after and periods_after is None:
        periods_after = 0
    given = (estimates, covariance, periods_before, periods_after)
    if study is not None:
        if any(part is not None for part in given):
            raise DesignError(
                f"{owner}: give a study, or estimates with their covariance; not both."
            )
        return _of_study(owner, study)
    if any(part is None for part in given):
        raise DesignError(
            f"{owner}: without a study, estimates, covariance, periods_before and periods_after "
            "are all needed."
        )
    assert estimates is not None
    assert covariance is not None
    return _of_numbers(
        owner, estimates, covariance, periods_before, periods_after, needs_after=needs_after
    )


def _of_numbers(
    owner: str,
    estimates: Sequence[float] | Floats,
    covariance: Floats,
    periods_before: object,
    periods_after: object,
    *,
    needs_after: bool,
) -> EventPath:
    try:
        theta = np.asarray(estimates, dtype=float)
        sigma = np.asarray(covariance, dtype=float)
    except (TypeError, ValueError):
        raise DataError(f"{owner}: estimates and covariance must be numbers.") from None
    before, after = _event_times(owner, periods_before, periods_after)
    if needs_after and not any(e >= 0 for e in after):
        raise DesignError(f"{owner}: there is no effect after the start.")
    k = len(before) + len(after)
    if theta.shape != (k,) or sigma.shape != (k, k):
        raise DataError(
            f"{owner}: {len(before)} periods before and {len(after)} after need {k} estimates and "
            f"a covariance of {k} by {k}, without the reference period; got {theta.shape} and "
            f"{sigma.shape}."
        )
    return _checked(owner, (before, after, _reference(before, after)), theta, sigma, ())


def _event_times(
    owner: str, before: object, after: object
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Event times of numbers of periods, which count from the reference at -1, or as given."""
    made: list[tuple[int, ...]] = []
    for name, value, begin in (("periods_before", before, None), ("periods_after", after, 0)):
        if isinstance(value, Integral) and not isinstance(value, bool):
            n = int(value)
            made.append(tuple(range(-1 - n, -1)) if begin is None else tuple(range(n)))
            continue
        try:
            times = tuple(int(e) for e in value)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            raise DataError(
                f"{owner}: {name} is a number of periods, or their event times; got {value!r}."
            ) from None
        made.append(times)
    if list(made[0]) != sorted(set(made[0])) or list(made[1]) != sorted(set(made[1])):
        raise DataError(f"{owner}: event times must be in order of time, each once.")
    if not made[0]:
        raise DesignError(_no_leads(owner))
    if made[1] and made[0][-1] >= made[1][0]:
        raise DataError(f"{owner}: periods_before must be earlier than periods_after.")
    return made[0], made[1]


def _reference(before: tuple[int, ...], after: tuple[int, ...]) -> int:
    """The event time between both that is not estimated: the one before those after it."""
    return max((after[0] if after else before[-1] + 2) - 1, before[-1] + 1)


def _no_leads(owner: str) -> str:
    return (
        f"{owner}: there are no effects before the reference period, so nothing says how large a "
        "violation of parallel trends has been. Estimate an event study with periods before the "
        'start, such as att_gt(...).aggregate("event").'
    )


def _of_study(owner: str, study: EffectSeries) -> EventPath:
    if not isinstance(study, EffectSeries) or study.kind != "event":
        raise DesignError(
            f'{owner}: an event study is needed, such as att_gt(...).aggregate("event"); got '
            f"{getattr(study, 'kind', type(study).__name__)!r}."
        )
    index = np.array(study.index)
    theta = np.array([effect.estimate for effect in study.effects])
    known = np.array([effect.std_error is not None for effect in study.effects])
    notes: list[Sentence] = []
    base = study.overall.method.base_period
    sigma = np.asarray(study.covariance, dtype=float)
    reference_at = np.flatnonzero((theta == 0) & (np.diag(sigma) == 0) & (index < 0))
    silent = [int(e) for at, e in enumerate(index) if not known[at] and at not in reference_at]
    if base.startswith("varying"):
        leads = index[(index < 0) & known]
        anticipation = -1 - int(leads.max()) if len(leads) else 0
        if not len(leads):
            raise DesignError(_no_leads(owner))
        theta, sigma, index, reference = _summed(theta, sigma, index, known, anticipation)
        notes.append(
            Sentence(
                "effects before the start, each against the period before it, were summed from the "
                "last period before the start backwards"
            )
        )
    else:
        if len(reference_at):
            reference = int(index[reference_at[-1]])
        else:
            gaps = [e for e in range(int(index.min()), 0) if e not in index]
            reference = max(gaps, default=int(index.min()) - 1)
        known = known & (index != reference)
        index, theta, sigma = index[known], theta[known], sigma[np.ix_(known, known)]
    if silent:
        notes.append(
            Sentence(
                "left out, without a standard error: event time {times}",
                times=Listed(tuple(Period(e) for e in silent)),
            )
        )
    before = tuple(int(e) for e in index if e < reference)
    after = tuple(int(e) for e in index if e > reference)
    if not before:
        raise DesignError(_no_leads(owner))
    if not any(e >= 0 for e in after):
        raise DesignError(f"{owner}: no effect after the start has a standard error.")
    return _checked(owner, (before, after, reference), theta, sigma, tuple(notes))


def _summed(
    theta: Floats, sigma: Floats, index: Floats, known: Floats, anticipation: int
) -> tuple[Floats, Floats, Floats, int]:
    """Steps before the start as differences from the reference: that of e is the step from e - 1 to
    e, and the level at e - 1 less that at the reference is minus the sum of the steps since."""
    reference = -1 - anticipation
    steps = [at for at in np.argsort(index)[::-1] if index[at] <= reference and known[at]]
    later = [at for at in np.argsort(index) if index[at] > reference and known[at]]
    kept: list[int] = []
    for at in steps:  # an unbroken run back from the reference
        if kept and index[at] != index[kept[-1]] - 1:
            break
        kept.append(int(at))
    rows = np.zeros((len(kept) + len(later), len(theta)))
    for back in range(len(kept)):
        rows[len(kept) - 1 - back, kept[: back + 1]] = -1.0
    rows[np.arange(len(kept), len(rows)), later] = 1.0
    times = [index[at] - 1 for at in reversed(kept)] + [index[at] for at in later]
    sigma = np.where(np.isnan(sigma), 0.0, sigma)
    return rows @ theta, rows @ sigma @ rows.T, np.array(times), reference


def _checked(
    owner: str,
    times: tuple[tuple[int, ...], tuple[int, ...], int],
    theta: Floats,
    sigma: Floats,
    notes: tuple[Sentence, ...],
) -> EventPath:
    """The path; ``times``: before, after, reference."""
    if not np.isfinite(theta).all() or not np.isfinite(sigma).all():
        raise DataError(f"{owner}: estimates and covariance must be finite numbers.")
    spread = np.sqrt(np.maximum(np.diag(sigma), 0.0))
    if not (np.diag(sigma) > 0).all():
        raise DataError(
            f"{owner}: every effect needs a variance above zero; leave the reference period out."
        )
    scaled = sigma / np.outer(spread, spread)
    if not np.allclose(scaled, scaled.T, atol=1e-8):
        raise DataError(f"{owner}: the covariance must be symmetric.")
    if np.linalg.eigvalsh((scaled + scaled.T) / 2)[0] < -1e-8:
        raise DataError(
            f"{owner}: the covariance must be positive semi-definite; it gives some average of "
            "effects a negative variance."
        )
    return EventPath(
        before=times[0],
        after=times[1],
        reference=times[2],
        estimates=theta,
        covariance=(sigma + sigma.T) / 2,
        notes=notes,
    )


def _times(times: Sequence[int]) -> str:
    return f"event times {times[0]} to {times[-1]}"
