"""How far could trends have diverged after the start before the interval includes zero?

pass     the interval leaves out zero though trends diverge as much as they ever did before, or go
         on diverging along the straight line seen before
review   neither, or nothing was estimated before the start by which it could be told
not applicable   the effect cannot be told apart from zero with parallel trends either

The rule is ours: over a long time after the start, errors of the largest change before it add up,
and few effects bear once as much each period. The value at which the interval meets zero is told.

Source: Rambachan and Roth (2023), Review of Economic Studies 90, 2555-2591 (did/honest_did.py).
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.honest_did import Diverging
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import Number, Share
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus

LEAST = 1.0
NULL = "not a test of parallel trends: intervals that allow them to diverge"


def check_diverging_trends(
    honest: Diverging, headline: AttEstimate, examined: Examined | None = None
) -> CheckResult:
    """Judge by the breakdown value: how many times the largest change seen before the start.

    ``statistic`` is the breakdown value. Table: allowed, conf_low, conf_high.
    """
    given = examined or Examined()
    relative = honest.relative
    ends = dict(zip(relative.m, relative.intervals, strict=True))
    rows = [
        (words, *ends[m])
        for words, m in (
            (Sentence("Half the largest change before the start"), 0.5),
            (Sentence("As much as the largest change before the start"), 1.0),
            (Sentence("Twice the largest change before the start"), 2.0),
        )
    ]
    rows.append((Sentence("On along the straight line before the start"),
                 *honest.straight.intervals[0]))  # fmt: skip
    standing = bool(headline.significant)
    status: CheckStatus = "not_applicable"
    if standing:
        straight = honest.straight.breakdown > 0
        status = "pass" if relative.breakdown >= LEAST or straight else "review"
    return CheckResult(
        name="diverging_trends",
        status=status,
        sentence=_sentence(honest, ends, given, standing=standing),
        null=NULL,
        statistic=relative.breakdown,
        table=pd.DataFrame(rows, columns=["allowed", "conf_low", "conf_high"]),
    )


def _sentence(
    honest: Diverging,
    ends: dict[float, tuple[float, float]],
    examined: Examined,
    *,
    standing: bool,
) -> Sentence:
    if not standing:
        return Sentence(
            "With parallel trends the effect cannot be told apart from zero either; there is "
            "nothing that diverging trends could overturn."
        )
    average: Part = EMPTY
    if not honest.same_average:
        average = Sentence(", taken from the event study,")
    low, high = ends[1.0]
    lower, higher = ends[2.0]
    return Sentence(
        "Had trends diverged from one period to the next by as much as they ever did before the "
        "start, the effect{average} would lie between {low} and {high} ({level}); by twice as "
        "much, between {lower} and {higher}; on along the straight line seen before, between "
        "{lowest} and {highest}. {breakdown}",
        examined.no_claim,
        average=average,
        low=examined.sized(low),
        high=examined.sized(high),
        level=Share(honest.relative.level),
        lower=examined.sized(lower),
        higher=examined.sized(higher),
        lowest=examined.sized(honest.straight.intervals[0][0]),
        highest=examined.sized(honest.straight.intervals[0][1]),
        breakdown=breakdown_in_words(honest.relative.breakdown),
    )


def breakdown_in_words(value: float) -> Sentence:
    """Up to how much of what was seen before the interval leaves out zero."""
    if value == float("inf"):
        return Sentence(
            "No such divergence would make the interval include zero: there is no breakdown value."
        )
    if value < 0.005:
        return Sentence(
            "The breakdown value is 0: the interval includes zero as soon as trends may diverge."
        )
    return Sentence(
        "The breakdown value is {times}: up to so many times the largest change seen before the "
        "start, the interval leaves out zero.",
        times=Number(value, 2),
    )


def _untold() -> CheckResult:
    return CheckResult(
        name="diverging_trends",
        status="review",
        sentence=Sentence(
            "How far trends could have diverged cannot be said: fewer than half of the treated are "
            "seen early enough before the start."
        ),
        null=NULL,
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.headline is None or examined.panel is None:
        return None
    if examined.diverging is None:
        return _untold() if examined.headline.significant else None
    return check_diverging_trends(examined.diverging, examined.headline, examined)


CHECK = CheckKind(
    name="diverging_trends",
    title=Sentence("Diverging trends"),
    in_short={
        "review": Sentence(
            "Trends that go on diverging as they may have before the start would overturn the "
            "effect, or it could not be told."
        ),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Diverging trends (diverging_trends): how far could trends have diverged after the "
    "start, beside what was seen before it, before the interval includes zero?",
    columns={
        "allowed": ("If trends diverge", "text"),
        "conf_low": ("Interval from", "effect"),
        "conf_high": ("to", "effect"),
    },
    caption="intervals that allow trends to diverge",
)
