"""An average effect whose interval is asked for in one way, and the estimate that carries it."""

from dataclasses import dataclass, replace

import numpy as np

from pbc_eval.did.average_notes import beside_stated
from pbc_eval.did.averages import Kind
from pbc_eval.did.behind_average import refused
from pbc_eval.did.conformal import Permutations
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import Size
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, StatedInterval

NO_END = Sentence("The test leaves every value on one side open: there are too few units.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """``estimate`` of ``panel``, as ``kind`` averages it, to be given an interval at ``level``."""

    panel: Panel  # without covariates
    effects: GroupTimeEffects
    estimate: AttEstimate
    kind: Kind
    level: float
    seed: int
    anticipation: int
    permutations: Permutations = "moving_block"


def with_interval(
    asked: Asked,
    stated: StatedInterval,
    error: float,
    *,
    words: Sentence,
    seed: int | None,
    known_to: float,
) -> AttEstimate:
    """The estimate with the interval of a test. ``known_to``: one standard error of an end of it,
    by chance of the draws."""
    method = asked.estimate.method
    notes = beside_stated(method.notes)
    if stated.bounded and 0 < known_to < np.inf:
        drawn = Sentence(
            "The interval rests on draws: its ends are known to about {known}.",
            Claim(kind="none", of=""),
            known=Size(2 * known_to),
        )
        notes = (*notes, drawn)
    return replace(
        asked.estimate,
        stated=stated,
        std_error=error,
        critical_value=None,
        reason=None,
        no_interval=None if stated.bounded else NO_END,
        method=replace(method, inference=words, seed=seed, notes=notes),
    )


def with_error(asked: Asked, error: float, df: float, words: Sentence) -> AttEstimate:
    """The estimate with an error, and t with ``df`` degrees of freedom. Raises DesignError where
    nothing varies."""
    if not error > 0:
        raise refused(Sentence("The outcome does not vary between units."))
    return replace(
        asked.estimate,
        std_error=float(error),
        degrees_of_freedom=df,
        small_sample_factor=1.0,
        critical_value=None,
        reason=None,
        no_interval=None,
        method=replace(
            asked.estimate.method,
            inference=words,
            seed=None,
            notes=beside_stated(asked.estimate.method.notes),
        ),
    )
