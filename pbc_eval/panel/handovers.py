"""Identifiers that stop where others begin: a code that changed, most often, not a unit that came.

An authority that is merged or recoded half-way leaves two units, each without the other's half of
the data: neither has a change to be had, and both are counted.
"""

from dataclasses import dataclass

import numpy as np

from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.pulls import Pulls
from pbc_eval.panel.source import Table, collect

MOST_ROWS = 200_000  # units with gaps that are looked at; beyond it they come and go for a living
WHAT = Sentence("looking for identifiers that stop where others begin")
COMMON = 0.25  # of units: where more come and go, the panel is a rotating one


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Units last seen in one period, and units first seen in the next one."""

    last: str  # the period in which the first are seen last
    first: str
    stopped: tuple[str, ...]
    begun: tuple[str, ...]


def handovers(
    wide: Table, periods: Periods, pulls: Pulls | None = None, owner: str = ""
) -> tuple[Handover, ...]:
    """Every place at which identifiers stop and others begin. ``wide`` holds u, seen, y0 ...; where
    the data stay in an engine, ``pulls`` are asked, and raise DesignError for too many."""
    n_periods = len(periods)
    gaps = (wide.seen < n_periods) & (wide.seen > 0)
    counted = collect(wide.aggregate(gaps=gaps.ifelse(1, 0).sum(), every=wide.count())).fillna(0)
    count, every = (int(counted[name].iloc[0]) for name in ("gaps", "every"))
    if not 2 <= count <= MOST_ROWS:
        return ()
    if pulls is not None:
        pulls.allow(owner, WHAT, count, n_periods + 1)
    part = wide.filter(gaps)
    flags = {f"s{at}": part[f"y{at}"].notnull() for at in range(n_periods)}
    pulled = part.order_by("u").select("u", **flags).to_pyarrow()
    seen = np.column_stack([pulled[name].to_numpy(zero_copy_only=False) for name in flags])
    units = np.array([str(unit) for unit in pulled["u"].to_pylist()], dtype=object)
    first = seen.argmax(axis=1)
    last = n_periods - 1 - seen[:, ::-1].argmax(axis=1)
    places = []
    for at in range(n_periods - 1):
        stopped, begun = units[last == at], units[first == at + 1]
        if len(stopped) and len(begun):
            places.append(
                Handover(
                    last=periods.names[at],
                    first=periods.names[at + 1],
                    stopped=tuple(stopped),
                    begun=tuple(begun),
                )
            )
    involved = sum(len(place.stopped) + len(place.begun) for place in places)
    return tuple(places) if involved <= max(4, COMMON * every) else ()


def in_words(places: tuple[Handover, ...]) -> str:
    """The first few places for a message, with what to do; empty when there are none."""
    if not places:
        return ""
    named = "; ".join(
        f"{', '.join(place.stopped[:5])} last seen in {place.last}, {', '.join(place.begun[:5])} "
        f"first seen in {place.first}"
        for place in places[:3]
    )
    return (
        f" Identifiers stop where others begin ({named}): if they are the same units, give each "
        "one identifier throughout."
    )
