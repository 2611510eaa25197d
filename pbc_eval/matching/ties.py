"""How far an estimate hangs on ties that identity broke.

MatchedSample, outcomes ── over_ties ──▶ OverTies, or None where ties change nothing
"""

from collections.abc import Callable

import numpy as np

from pbc_eval.matching.assigning import Assigning
from pbc_eval.matching.assignment import Assignment
from pbc_eval.messages.sentence import Claim, Part, Sentence
from pbc_eval.messages.values import Number
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import OverTies


def over_ties(
    assigning: Assigning, outcome: Floats, estimate: Callable[[Assignment], float]
) -> OverTies | None:
    """The range of ``estimate`` over other ways of breaking ties. ``outcome`` (n,) may be missing
    for people who are not matched; ways that would match them are left out."""
    known = [other for other in assigning.others if np.isfinite(outcome[other.weights > 0]).all()]
    if not known:
        return None
    values = [estimate(other) for other in (assigning.own, *known)]
    return OverTies(low=min(values), high=max(values), ways=len(known))


def tie_sentence(spread: OverTies, low: Part, high: Part) -> Sentence:
    """How far the estimate moves; ``low`` and ``high`` are the ends as readers see them."""
    return Sentence(
        "Some people are equally near, and the order of their identities decided between them; "
        "decided in {ways} other ways, the estimate lies between {low} and {high}.",
        Claim(kind="none"),
        ways=Number(spread.ways),
        low=low,
        high=high,
    )
