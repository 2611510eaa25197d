"""Do identifiers stop where others begin? A code that changed cuts a unit in two."""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, UnitNames, joined
from pbc_eval.panel.panel import Panel
from pbc_eval.results import CheckResult

NULL = "not a test: units that come where others go"
MOST_NAMED = 5


def check_identifiers(panel: Panel) -> CheckResult | None:
    """Where units stop and others begin, whatever was then done with them; None where none do.

    Table: last_seen, stopped, first_seen, begun; units are counted.
    """
    places = panel.handovers
    if not places:
        return None
    named = joined(
        [
            Sentence(
                "{stopped} last seen in {last}, {begun} first seen in {first}",
                stopped=UnitNames(place.stopped[:MOST_NAMED], more=len(place.stopped) > MOST_NAMED),
                last=Name(place.last),
                begun=UnitNames(place.begun[:MOST_NAMED], more=len(place.begun) > MOST_NAMED),
                first=Name(place.first),
            )
            for place in places
        ]
    )
    return CheckResult(
        name="identifiers",
        status="review",
        sentence=Sentence(
            "Identifiers stop where others begin: {places}. If a code changed, these are the same "
            "units, cut in two: give each one identifier throughout (missing: refuse names them).",
            places=named,
        ),
        null=NULL,
        table=pd.DataFrame(
            {
                "last_seen": [place.last for place in places],
                "stopped": [len(place.stopped) for place in places],
                "first_seen": [place.first for place in places],
                "begun": [len(place.begun) for place in places],
            }
        ),
    )


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.panel is None else check_identifiers(examined.panel)


CHECK = CheckKind(
    name="identifiers",
    title=Sentence("Identifiers"),
    in_short={
        "review": Sentence(
            "Some identifiers stop where others begin: the same units may be cut in two."
        ),
    },
    designs=frozenset({"difference_in_differences", "synthetic_difference_in_differences"}),
    run=_run,
    planned="Identifiers (identifiers): does a unit's code stop where another begins?",
)
