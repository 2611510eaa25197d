"""Who was lost to missing values, and were it as many in both groups?

pass     fewer than a tenth of either group, and the groups differ by less than 5 points
review   more: those who are left may differ from those who were lost, and differently by group

The limits are ours, on the strict side of those by which the What Works Clearinghouse (2022,
Procedures and Standards 5.0, chapter II) rates trials. Units that were left out by the design, such
as those treated from the first period on or those without a match, are no attrition.
"""

from collections.abc import Iterable

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Beside, Breakdown, Share, Units
from pbc_eval.results import CheckResult, CheckStatus

REVIEW_FROM = 0.10  # of either group
REVIEW_APART = 0.05  # between the groups
LOST = frozenset(  # steps of ledgers that are missing values
    {"known outcomes", "complete cases", "incomplete units", "never observed"}
)
NULL = "not a test: shares lost to missing values are compared with limits"


def check_attrition(
    lost_treated: int, lost_comparison: int, left_treated: int, left_comparison: int
) -> CheckResult:
    """Judge the shares of both groups that were lost to missing values, and their difference.

    Table: group, units, lost, share.
    """
    rows = []
    for group, lost, left in (
        ("treated", lost_treated, left_treated),
        ("comparison", lost_comparison, left_comparison),
    ):
        rows.append((group, lost + left, lost, lost / (lost + left) if lost + left else 0.0))
    shares = [row[3] for row in rows]
    apart = abs(shares[0] - shares[1])
    status: CheckStatus = "pass"
    if max(shares) >= REVIEW_FROM or apart >= REVIEW_APART:
        status = "review"
    return CheckResult(
        name="attrition",
        status=status,
        sentence=_sentence(rows, status),
        null=NULL,
        statistic=max(shares),
        table=pd.DataFrame(rows, columns=["group", "units", "lost", "share"]),
    )


def _sentence(rows: list[tuple[str, int, int, float]], status: CheckStatus) -> Sentence:
    treated, comparison = (Units(lost, of=units) for _, units, lost, _ in rows)
    verdict = Sentence("few enough, and alike.")
    if status == "review":
        verdict = Sentence(
            "those who are left may differ from those who were lost, and not alike in both groups."
        )
    lost = Sentence(
        ": {treated} treated ({share}) and {comparison} for comparison ({other})",
        treated=treated,
        share=Share(rows[0][3], 1, of=treated),
        comparison=comparison,
        other=Share(rows[1][3], 1, of=comparison),
    )
    # the ledger tells how many both are: where few of one were lost, the other goes as well
    return Sentence(
        "Lost to missing values{lost}; {verdict}",
        lost=Beside(lost, (treated, comparison)),
        verdict=verdict,
    )


def lost_by_arm(steps: Iterable[tuple[Sentence, Sentence]]) -> tuple[int, int]:
    """Treated and comparison units that the steps of a ledger, what and why, lost to missing
    values."""
    treated, comparison = 0, 0
    for what, why in steps:
        if what.template not in LOST:
            continue
        for value in why.all_values():
            if isinstance(value, Breakdown):
                treated += value.counts[0].count
                comparison += value.counts[1].count
    return treated, comparison


def _run(examined: Examined) -> CheckResult | None:
    if isinstance(examined.sample, EngineSample):
        steps = [(step.what, step.why) for step in examined.sample.rows.ledger.steps]
        left = examined.sample.rows.sizes
    elif examined.sample is not None:
        design = examined.sample.design
        steps = [(step.what, step.why) for step in design.ledger.steps]
        left = int(design.treated.sum()), int((~design.treated).sum())
    elif examined.panel is not None and not examined.panel.repeated:
        panel = examined.panel
        steps = [(step.what, step.why) for step in panel.ledger.steps]
        left = sum(panel.cohort_units[1:]), panel.cohort_units[0]
    elif examined.trial is not None and examined.lost is not None:
        left = int(examined.trial.treated.sum()), int((~examined.trial.treated).sum())
        return check_attrition(*examined.lost, *left) if any(examined.lost) else None
    else:
        return None
    lost = lost_by_arm(steps)
    return check_attrition(*lost, *left) if any(lost) else None


CHECK = CheckKind(
    name="attrition",
    title=Sentence("Lost to missing values"),
    in_short={
        "review": Sentence("Many were lost to missing values, or not alike in both groups."),
    },
    designs=frozenset({"difference_in_differences", "matching", "randomised"}),
    run=_run,
    planned="Lost to missing values (attrition), where there are any: how many of each group, and "
    "are they alike?",
)
