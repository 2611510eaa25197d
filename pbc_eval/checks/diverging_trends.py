"""How far could trends have diverged after the start before the effect is told from zero no more?

pass     the interval leaves out zero though trends diverge as much as they ever did before
review   it does not
not applicable   the effect is not told from zero with parallel trends either

The limit of once what was seen is ours; the value at which the interval meets zero is told.

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
    told = examined or Examined()
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
        status = "pass" if relative.breakdown >= LEAST else "review"
    return CheckResult(
        name="diverging_trends",
        status=status,
        sentence=_sentence(honest, ends, told, standing=standing),
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
            "With parallel trends the effect is not told from zero either, so there is nothing "
            "that diverging trends could overturn."
        )
    average: Part = EMPTY
    if not honest.same_average:
        average = Sentence(", taken from the event study,")
    low, high = ends[1.0]
    lower, higher = ends[2.0]
    return Sentence(
        "Had trends diverged from one period to the next by as much as they ever did before the "
        "start, the effect{average} would lie between {low} and {high} ({level}); by twice as "
        "much, between {lower} and {higher}. {breakdown}",
        examined.no_claim,
        average=average,
        low=examined.sized(low),
        high=examined.sized(high),
        level=Share(honest.relative.level),
        lower=examined.sized(lower),
        higher=examined.sized(higher),
        breakdown=breakdown_in_words(honest.relative.breakdown),
    )


def breakdown_in_words(value: float) -> Sentence:
    """Up to how much of what was seen before the interval leaves out zero."""
    if value == float("inf"):
        return Sentence("No such divergence would make the interval include zero.")
    if value < 0.005:
        return Sentence(
            "The interval includes zero as soon as any divergence is allowed (breakdown value 0)."
        )
    return Sentence(
        "The interval leaves out zero up to {times} times the largest change seen before "
        "(breakdown value).",
        times=Number(value, 2),
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.diverging is None or examined.headline is None:
        return None
    return check_diverging_trends(examined.diverging, examined.headline, examined)


CHECK = CheckKind(
    name="diverging_trends",
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Diverging trends (diverging_trends): how far could trends have diverged after the "
    "start, beside what was seen before it, before the effect is told from zero no more?",
    columns={
        "allowed": ("If trends diverge", "text"),
        "conf_low": ("Interval from", "effect"),
        "conf_high": ("to", "effect"),
    },
    caption="intervals that allow trends to diverge",
)
