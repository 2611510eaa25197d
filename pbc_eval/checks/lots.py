"""Is it borne out that lots decided who got the programme?

pass     what was known before tells no more of the arm than chance would (p of 5 % or more)
review   p below 5 %: one in twenty sound trials, so look at how lots were drawn and kept
fail     p below 0.1 %: one in a thousand sound trials
not run  without characteristics that were known before

Source: trials/balance.py; the limits are ours.
"""

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number, PValue, Share
from pbc_eval.results import CheckResult, CheckStatus
from pbc_eval.trials.arms import Trial
from pbc_eval.trials.balance import arms_alike

REVIEW_BELOW = 0.05
FAIL_BELOW = 0.001
NULL = "what was known before has nothing to do with who was drawn"


def judged(p_value: float) -> CheckStatus:
    """What lots that came out so unlike are worth."""
    if p_value < FAIL_BELOW:
        return "fail"
    return "review" if p_value < REVIEW_BELOW else "pass"


def check_lots(trial: Trial) -> CheckResult | None:
    """Test all characteristics together against the arm.

    Table: characteristics, statistic, p_value, largest, which. None where nothing is known of the
    time before.
    """
    alike = arms_alike(trial)
    if alike is None:
        return None
    largest = Sentence(
        "The largest difference is {largest} of a standard deviation, in {which}.",
        largest=Share(abs(alike.largest), cell=f"balance/{alike.which}/std_diff"),
        which=Name(alike.which),
    )
    status: CheckStatus = "pass"
    if alike.p_value is None:
        status = "not_applicable"
        words = Sentence(
            "There are too many characteristics ({n}) for one test of all of them. {largest}",
            n=Number(alike.characteristics),
            largest=largest,
        )
    else:
        status = judged(alike.p_value)
        words = Sentence(
            "Taken together, {n} characteristics known before tell the arms apart {how}: {p}. "
            "{largest}",
            n=Number(alike.characteristics),
            how=_HOW[status],
            p=PValue(alike.p_value),
            largest=largest,
        )
    return CheckResult(
        name="lots",
        status=status,
        sentence=words,
        null=NULL,
        statistic=alike.statistic,
        p_value=alike.p_value,
        table=pd.DataFrame(
            [
                {
                    "characteristics": alike.characteristics,
                    "statistic": alike.statistic,
                    "p_value": alike.p_value,
                    "largest": alike.largest,
                    "which": alike.which,
                }
            ]
        ),
    )


_HOW = {
    "pass": Sentence("no better than chance would"),
    "review": Sentence("better than chance would in nineteen of twenty trials"),
    "fail": Sentence("better than chance would in all but one of a thousand trials"),
}


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.trial is None else check_lots(examined.trial)


CHECK = CheckKind(
    name="lots",
    title=Sentence("Drawn by lot"),
    in_short={
        "review": Sentence(
            "The arms differ in what was known before by more than chance mostly does."
        ),
        "fail": Sentence("The arms differ in what was known before: lots may not have decided."),
        "not_applicable": Sentence("It could not be tested whether the arms are alike."),
    },
    designs=frozenset({"randomised"}),
    run=_run,
    planned="Drawn by lot (lots): do characteristics known before, taken together, tell the arms "
    "apart no better than chance would?",
)
