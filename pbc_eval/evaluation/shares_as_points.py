"""A share that is said to be in percentage points stands on the page as a hundredth of what it is.

Yes and no are read as 1 and 0, and 12% as 0.12: what is shown in points is that times 100, where
``shown_as`` says so.
"""

import re
from collections.abc import Iterable, Sequence

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import DataError
from pbc_eval.intake.yes_no import answers

POINTS = re.compile(r"%|per ?cent\b|percentage", re.IGNORECASE)


def refuse_shares_as_points(
    outcome: Outcome, texts: Sequence[str], numbers: Iterable[float]
) -> None:
    """Refuse an outcome whose unit is percentage points or per cent, and whose cells are certain to
    be shares: yes and no, text with a per cent sign, or nothing but 0 and 1. ``texts`` and
    ``numbers`` are the different cells of each kind.

    Raises DataError with the key to state.
    """
    if outcome.shown_as != "number" or not POINTS.search(outcome.unit):
        return
    given = [text for text in texts if text.strip()]
    if given and answers(given):
        holds = "yes and no, read as 1 and 0"
    elif given and all(text.strip().endswith("%") for text in given):
        holds = "per cent as text, of which 12% is read as 0.12"
    elif not given and set(numbers) == {0.0, 1.0}:
        holds = "nothing but 0 and 1"
    else:
        return
    raise DataError(
        f"outcomes: {outcome.id}: unit is {outcome.unit!r}, and {outcome.column!r} holds {holds}: "
        "an effect would be shown as a hundredth of what it is. State shown_as: percentage_points."
    )
