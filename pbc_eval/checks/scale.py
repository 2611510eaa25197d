"""Where the contract pays in per cent: does the answer hang on the scale?

pass     the shares that parallel trends imply are none of them below zero by more than chance
review   one is (5 %): trends may be parallel in levels or in logs, but not in both, so that the
         effect in per cent hangs on which
not run  where nothing is paid in per cent, or where data or design leave the test unknown

Source: did/scale.py.
"""

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.did.scale import ScaleTest, scale_test
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import EMPTY, Claim, Sentence
from pbc_eval.messages.values import PValue, Share
from pbc_eval.results import CheckResult

REVIEW_BELOW = 0.05
NULL = "no share of outcomes that parallel trends imply is below zero"


def check_scale(tested: ScaleTest, claim: Claim | None = None) -> CheckResult:
    """Judge the least implied share. Table: from, to, implied, std_error."""
    doubtful = tested.p_value < REVIEW_BELOW
    verdict = Sentence("trends may be parallel on any scale.")
    if doubtful:
        verdict = Sentence(
            "trends cannot be parallel both in levels and in logs, and the effect in per cent "
            "hangs on which of them they are."
        )
    compared = EMPTY
    if tested.by_levels is not None and tested.by_logs is not None:
        compared = Sentence(
            " By levels the effect is {levels} of what would have been, by logs {logs}.",
            levels=Share(tested.by_levels, 1, signed=True),
            logs=Share(tested.by_logs, 1, signed=True),
        )
    return CheckResult(
        name="scale",
        status="review" if doubtful else "pass",
        sentence=Sentence(
            "Parallel trends imply which share of the programme group would have been in each part "
            "of the range; the least of them is {least} ({p} that none is below zero): {verdict}"
            "{compared}",
            claim or Claim(kind="none", of=""),
            least=Share(float(tested.implied.min()), 1),
            p=PValue(tested.p_value),
            verdict=verdict,
            compared=compared,
        ),
        null=NULL,
        statistic=tested.statistic,
        p_value=tested.p_value,
        table=tested.to_frame(),
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.panel is None or not examined.paid_in_per_cent or examined.panel.covariates:
        return None
    try:
        tested = scale_test(examined.panel, anticipation=examined.anticipation)
    except DesignError:
        return None
    return check_scale(tested, examined.no_claim)


CHECK = CheckKind(
    name="scale",
    title=Sentence("Levels or logs"),
    in_short={
        "review": Sentence(
            "The effect in per cent hangs on the scale on which trends are parallel."
        ),
    },
    designs=frozenset({"difference_in_differences"}),
    of_two_groups=True,
    run=_run,
    planned="Levels or logs (scale), where a clause pays in per cent: can trends be parallel on "
    "both scales, or does the effect in per cent hang on which?",
)
