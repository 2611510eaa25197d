"""Where starts are said to be as good as random: do outcomes before them bear it out?

pass     those who started at a time stood, just before, as those who started later or never did, as
         far as lots drawn anew can tell (p of 5 % or more)
review   p below 5 %: one in twenty sound designs, so look at how starts came to be; or it could not
         be tested
fail     p below 0.1 %
not run  where nothing is said of starts at random

Source: did/starts_alike.py; the limits are those of a trial's lots (lots.py).
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.checks.lots import judged
from pbc_eval.did.starts_alike import StartsAlike, starts_alike
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Number, PValue
from pbc_eval.results import CheckResult

NULL = "who started at a time is a lot drawn among those who had not started yet"


def check_random_starts(alike: StartsAlike) -> CheckResult:
    """Judge all starts together.

    Table: cohort, period, difference, spread, started, later.
    """
    status = judged(alike.p_value)
    return CheckResult(
        name="random_starts",
        status=status,
        sentence=Sentence(
            "Just before each of {n} starts, those who started then were held against those who "
            "started later or never, and against lots drawn anew among them: W = {wald}, {p}. "
            "{verdict}",
            n=Number(len(alike.cohort)),
            wald=Number(alike.statistic, 2),
            p=PValue(alike.p_value),
            verdict=_VERDICTS[status],
        ),
        null=NULL,
        statistic=alike.statistic,
        p_value=alike.p_value,
        table=pd.DataFrame(
            {
                "cohort": alike.cohort,
                "period": alike.period,
                "difference": alike.difference,
                "spread": alike.spread,
                "started": [started for started, _ in alike.units],
                "later": [later for _, later in alike.units],
            }
        ),
    )


_VERDICTS = {
    "pass": Sentence(
        "They stood as lots would leave them; that does not show that starts hang on nothing else."
    ),
    "review": Sentence("They stood further apart than in nineteen of twenty such lots."),
    "fail": Sentence("They stood further apart than in all but one of a thousand such lots."),
}


def _run(examined: Examined) -> CheckResult | None:
    if examined.panel is None or not examined.starts_at_random:
        return None
    try:
        return check_random_starts(starts_alike(examined.panel))
    except DesignError as untold:
        why = untold.rule or Sentence("The data do not allow it.")
        return CheckResult(
            name="random_starts",
            status="review",
            sentence=Sentence(
                "Whether outcomes before the starts bear out that these are as good as random "
                "could not be tested: {why}",
                why=why,
            ),
            null=NULL,
        )


CHECK = CheckKind(
    name="random_starts",
    title=Sentence("Starts as good as random"),
    in_short={
        "review": Sentence("Those who started early may have stood apart already, before."),
        "fail": Sentence("Those who started early stood apart already, before."),
    },
    designs=frozenset({"difference_in_differences"}),
    run=_run,
    planned="Starts as good as random (random_starts), where the design says that they are: just "
    "before each start, do those who started then stand as those who started later or never do, "
    "up to what lots would leave?",
)
