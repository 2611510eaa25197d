"""Does the effect hang on one cohort, one period, one unit or one cluster?

pass             it keeps its direction without any of them
review           without one of them it has the other direction
not applicable   the effect cannot be told apart from zero as it is
not run          where it is not known what the average would be without them: without each unit
                 with covariates or gaps

Source: did/leave_out.py.
"""

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.leave_out import LeaveOneOut, LeftOut, leave_one_out
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Listed
from pbc_eval.results import CheckResult, CheckStatus

NULL = "not a test: the effect is estimated again without each of them"
_ONE = {
    "cohort": Sentence("group that started together"),
    "period": Sentence("period"),
    "unit": Sentence("unit"),
    "cluster": Sentence("cluster"),
}


def check_leave_out(
    tried: list[LeaveOneOut], examined: Examined | None = None
) -> CheckResult | None:
    """Judge the ranges of the effect without one. Table: by, low, high, turned. None without any.

    Sizes are told only where no threshold protects units: the effect with and without one of them
    would tell its outcome.
    """
    given = examined or Examined()
    if not tried:
        return None
    turned = [made for made in tried if made.turned]
    status: CheckStatus = "review" if turned else "pass"
    if given.headline is not None and not given.headline.significant:
        status = "not_applicable"
    ranges = Listed(
        tuple(
            Sentence(
                "without a {one} it lies between {low} and {high}",
                given.no_claim,
                one=_ONE[made.by],
                low=given.sized(made.low),
                high=given.sized(made.high),
            )
            for made in tried
        )
    )
    verdict = Sentence("It keeps its direction throughout.")
    if turned:
        verdict = Sentence(
            "It loses its direction without a certain {one}.",
            one=Listed(tuple(_ONE[made.by] for made in turned), " or "),
        )
    what = Sentence(
        "The effect was estimated again without each {one}.",
        one=Listed(tuple(_ONE[made.by] for made in tried), ", "),
    )
    if not given.protected:
        what = Sentence("The effect again: {ranges}.", ranges=ranges)
    return CheckResult(
        name="leave_out",
        status=status,
        sentence=Sentence("{what} {verdict}", what=what, verdict=verdict),
        null=NULL,
        table=pd.DataFrame(
            [(made.by, made.low, made.high, len(made.turned)) for made in tried],
            columns=["by", "low", "high", "turned"],
        ),
    )


def _run(examined: Examined) -> CheckResult | None:
    panel, effects = examined.panel, examined.own_effects
    if panel is None or effects is None or examined.headline is None:
        return None
    ways: tuple[LeftOut, ...]
    ways = ("cohort", "period", "cluster" if panel.roles.cluster else "unit")
    tried = []
    for by in ways:
        try:
            made = leave_one_out(
                panel, effects, by, examined.average_kind, anticipation=examined.anticipation
            )
        except DesignError:
            continue
        if np.isfinite(made.estimates).any():
            tried.append(made)
    return check_leave_out(tried, examined)


CHECK = CheckKind(
    name="leave_out",
    title=Sentence("Leaving one out"),
    in_short={
        "review": Sentence("Without a part of the data the effect has another direction."),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Leaving one out (leave_out): does the effect keep its direction without any one "
    "group, period and unit?",
)
