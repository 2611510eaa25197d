"""What drift apart would the look at effects before the start have missed?

pass     a drift that explains the whole effect would most likely have been seen before the start
review   it would not: the pre-test could not have told
not applicable   the effect cannot be told apart from zero as it is

"Most likely" is in 80 % of samples; the limit is ours.

Source: Roth (2022), American Economic Review: Insights 4, 305-322 (did/pretest_power.py).
"""

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.equivalence import equivalence_of
from pbc_eval.did.event_path import Target, event_path
from pbc_eval.did.pretest_power import power_of, slope_for
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Chance, Share
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus, EffectSeries

SEEN = 0.8
NULL = (
    "not a test: the chance that the single effects before the start show a drift, each held "
    "against its own interval"
)


def check_unseen_slope(
    study: EffectSeries,
    headline: AttEstimate,
    effect: Target = "average",
    examined: Examined | None = None,
) -> CheckResult:
    """Judge whether a drift that makes the whole effect would have been seen before the start.

    ``statistic`` is the chance with which that drift is seen. Table: power, slope, bias. Raises
    DesignError for a study without effects before the start.
    """
    given = examined or Examined()
    level = headline.level
    path = event_path("unseen_slope", study, level=level)
    weights = path.weights("unseen_slope", effect)
    carried = float(weights @ (np.array(path.after, dtype=float) - path.reference))
    slopes = [(power, slope_for(path, power, level)) for power in (0.5, SEEN)]
    table = pd.DataFrame(
        [(power, slope, slope * carried) for power, slope in slopes],
        columns=["power", "slope", "bias"],
    )
    whole = abs(headline.estimate / carried) if carried else 0.0
    chance = power_of(path, whole, level)
    status: CheckStatus = "not_applicable"
    if headline.significant:
        status = "pass" if chance >= SEEN else "review"
    slope, bias = slopes[1][1], slopes[1][1] * carried
    seen = Sentence(
        "Effects before the start would show a steady drift apart of {slope} a period in {power} "
        "of samples. Carried on after the start it would make an effect of {bias}.",
        given.no_claim,
        slope=given.sized(slope),
        power=Share(SEEN),
        bias=given.sized(abs(bias)),
    )
    verdict = Sentence(
        "A drift that makes the whole of the effect would be seen in {chance}.",
        chance=Chance(chance),
    )
    bound = Sentence(
        "Effects before the start beyond {bound} either way are ruled out (equivalence test, "
        "{level}).",
        given.no_claim,
        bound=given.sized(equivalence_of(path, None, level).bound),
        level=Share(level),
    )
    return CheckResult(
        name="unseen_slope",
        status=status,
        sentence=Sentence("{seen} {verdict} {bound}", seen=seen, verdict=verdict, bound=bound),
        null=NULL,
        statistic=chance,
        table=table,
    )


def _run(examined: Examined) -> CheckResult | None:
    study, headline = examined.event_study, examined.headline
    if study is None or headline is None:
        return None
    return check_unseen_slope(study, headline, examined.average or "average", examined)


CHECK = CheckKind(
    name="unseen_slope",
    title=Sentence("Drift that would go unseen"),
    in_short={
        "review": Sentence(
            "A drift apart that makes the whole effect could have gone unseen before the start."
        ),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Drift that would go unseen (unseen_slope): would effects before the start show a "
    "drift apart large enough to make the whole effect?",
)
