"""Had the programme started earlier than it did, within the time before it did: is there an effect?

    event times       -4   -3   -2   -1 | 0  1  2
    moved back by 2  base  ...  fake effects         average(-2, -1) less the base, -3

Whoever finds an "effect" of a start that never was has found two groups that were drifting apart.
One linear combination of the event study's effects before the start for each shift, with its error
from their joint covariance; the smallest p-value times the number of shifts is held (Bonferroni).

pass             no shift has an effect beyond chance
review           one has
not applicable   fewer than two periods before the base carry effects

Where groups start at different times, effects further back are of those groups that were observed
so early. It asks of averages what pre_trends asks of all effects jointly.
"""

import numpy as np
import pandas as pd
from scipy import special

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Noun, Number, PValue
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus, EffectSeries

NULL = "a start moved back into the time before the programme has no effect"
REVIEW_BELOW = 0.05
_PERIODS = Noun(Sentence("period"), Sentence("periods"))


def check_placebo_in_time(
    study: EffectSeries, headline: AttEstimate, examined: Examined | None = None
) -> CheckResult | None:
    """Table: moved_back, estimate, conf_low, conf_high, p_value. None where nothing can be moved.

    ``study``: an event study against one reference, the last period before the start (and its
    anticipation), with its joint covariance.
    """
    given = examined or Examined()
    index = np.array(study.index)
    before = np.flatnonzero([e < 0 and (eff.std_error or 0) > 0 for e, eff in _pairs(study)])
    if len(before) < 1:
        return None
    order = before[np.argsort(-index[before])]  # nearest to the reference first
    theta = np.array([study.effects[at].estimate for at in order])
    sigma = study.covariance[np.ix_(order, order)]
    quantile = float(special.ndtri(0.5 + headline.level / 2))
    rows = []
    for k in range(1, len(order) + 1):
        # effects of k periods, the reference (zero) among them, less that of the base
        weights = np.zeros(len(order))
        weights[: k - 1] = 1 / k
        weights[k - 1] -= 1
        estimate = float(weights @ theta)
        error = float(np.sqrt(weights @ sigma @ weights))
        p_value = float(2 * special.ndtr(-abs(estimate) / error)) if error > 0 else np.nan
        ends = (estimate - quantile * error, estimate + quantile * error)
        rows.append((k, estimate, *ends, p_value))
    table = pd.DataFrame(
        rows, columns=["moved_back", "estimate", "conf_low", "conf_high", "p_value"]
    )
    clearest = int(np.nanargmin([row[-1] for row in rows]))
    back, estimate, low, high, smallest = rows[clearest]
    p_value = min(1.0, smallest * len(rows))
    status: CheckStatus = "review" if p_value < REVIEW_BELOW else "pass"
    verdict = (
        Sentence("The groups were drifting apart before the start.")
        if status == "review"
        else Sentence("None is beyond chance.")
    )
    return CheckResult(
        name="placebo_in_time",
        status=status,
        sentence=Sentence(
            "The start was moved back by 1 to {most} within the time before it. The clearest "
            '"effect", {back} back, is {effect} ({low} to {high}); smallest p-value times the '
            "number of shifts: {p}. {verdict}",
            given.no_claim,
            most=Number(len(table), noun=_PERIODS),
            back=Number(back, noun=_PERIODS),
            effect=given.sized(estimate),
            low=given.sized(low),
            high=given.sized(high),
            p=PValue(p_value),
            verdict=verdict,
        ),
        null=NULL,
        statistic=estimate,
        p_value=p_value,
        table=table,
    )


def _pairs(study: EffectSeries) -> list[tuple[int, AttEstimate]]:
    return list(zip(study.index, study.effects, strict=True))


def _run(examined: Examined) -> CheckResult | None:
    if examined.event_study is None or examined.headline is None:
        return None
    return check_placebo_in_time(examined.event_study, examined.headline, examined)


CHECK = CheckKind(
    name="placebo_in_time",
    title=Sentence("Placebos in time"),
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Placebo in time (placebo_in_time): is there an effect of a start moved back into the "
    "time before the programme?",
    columns={
        "moved_back": ("Periods moved back", "text"),
        "estimate": ("Effect", "effect"),
        "conf_low": ("Lower end", "effect"),
        "conf_high": ("Upper end", "effect"),
        "p_value": ("p-value", "p_value"),
    },
    caption="effects of a start moved back",
    in_short={"review": Sentence("A start that never was has an effect too.")},
)
