"""Does the effect hang on units that come and go?

Asked where units lack outcomes in some periods: the effect is estimated again from the units that
are observed in every period, by the same estimator.

pass             it lies within the headline's interval and keeps its direction
review           it does not
not applicable   it cannot be estimated from them
"""

import math

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Units
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus

NULL = "not a test: the effect is estimated again from units that are always observed"


def check_composition(
    headline: AttEstimate,
    always: AttEstimate | None,
    counts: tuple[int, int],
    examined: Examined | None = None,
) -> CheckResult:
    """``always``: the effect in units always observed, None where there is none; ``counts``: units
    in all, and always observed. Table: sample, estimate, conf_low, conf_high."""
    given = examined or Examined()
    every, kept = Units(counts[0], UNITS), Units(counts[1], UNITS)
    if always is None:
        return CheckResult(
            name="composition",
            status="not_applicable",
            sentence=Sentence(
                "Of {every}, {kept} are observed in every period: too few to estimate the effect "
                "from them alone.",
                every=every,
                kept=kept,
            ),
            null=NULL,
        )
    turned = always.estimate * headline.estimate < 0
    low, high = headline.conf_low, headline.conf_high
    outside = low is not None and high is not None and not low <= always.estimate <= high
    status: CheckStatus = "review" if turned or outside else "pass"
    verdict = Sentence("It lies within the interval of the headline.")
    if turned:
        verdict = Sentence("It has the other direction.")
    elif outside:
        verdict = Sentence("It lies outside the interval of the headline.")
    rows = [
        (name, e.estimate, *(math.nan if end is None else end for end in (e.conf_low, e.conf_high)))
        for name, e in (("All", headline), ("Always observed", always))
    ]
    return CheckResult(
        name="composition",
        status=status,
        sentence=Sentence(
            "Of {every}, {kept} are observed in every period; from them alone the effect is "
            "{effect}. {verdict}",
            given.no_claim,
            kept=kept,
            every=every,
            effect=given.sized(always.estimate),
            verdict=verdict,
        ),
        null=NULL,
        table=pd.DataFrame(rows, columns=["sample", "estimate", "conf_low", "conf_high"]),
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.headline is None or examined.always_observed is None:
        return None
    always, counts = examined.always_observed
    if examined.protected and 0 < counts[0] - counts[1] < examined.threshold:
        return None  # the two together would tell of the few that are not always observed
    return check_composition(examined.headline, always, counts, examined)


CHECK = CheckKind(
    name="composition",
    title=Sentence("Units that come and go"),
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Composition (composition), where units lack outcomes: is the effect the same in units "
    "that are always observed?",
    columns={
        "sample": ("Units", "text"),
        "estimate": ("Effect", "effect"),
        "conf_low": ("Lower end", "effect"),
        "conf_high": ("Upper end", "effect"),
    },
    caption="effect in units that are always observed",
    in_short={"review": Sentence("In units that are always observed the effect is another.")},
)
