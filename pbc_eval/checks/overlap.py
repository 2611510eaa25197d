"""Is there anybody to compare with? Common support of the score, and who was lost in matching.

Two shares are judged by the same limits:
- treated units whose score lies outside the range of the comparison group's scores;
- treated units that found no match (comparison units, for the ATC).

Up to 5 % is a pass; up to 20 % asks for review, since the effect is for those who were matched;
above 20 % fails: the matched are no longer the people the contract is about. The limits are a
convention of this package; a specification may set others before outcomes are seen.

Source: Heckman, Ichimura & Todd (1997), Review of Economic Studies 64; Crump, Hotz, Imbens &
Mitnik (2009), Biometrika 96, 187-199, on limited overlap.
"""

import numpy as np
import pandas as pd

from pbc_eval._validate import check_share
from pbc_eval.errors import DesignError
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.results import CheckResult, CheckStatus

PASS_UP_TO = 0.05
REVIEW_UP_TO = 0.20


def check_overlap(
    sample: MatchedSample, *, pass_up_to: float = PASS_UP_TO, review_up_to: float = REVIEW_UP_TO
) -> CheckResult:
    """Judge the larger of the two shares, outside common support and unmatched.

    The table has a row a group (treated, comparison): ``units``, ``matched``, ``unmatched``,
    ``share_unmatched``, ``outside_range``, ``share_outside``, and the lowest, median and highest
    score. A group's "outside" is counted against the other group's range. Raises DesignError for
    limits that are not shares in order.
    """
    check_share("overlap", "pass_up_to", pass_up_to, DesignError)
    check_share("overlap", "review_up_to", review_up_to, DesignError)
    if pass_up_to > review_up_to:
        raise DesignError(
            f"overlap: pass_up_to={pass_up_to:g} must not be above review_up_to={review_up_to:g}."
        )
    table = _table(sample)
    seeking = "treated" if sample.settings.estimand == "ATT" else "comparison"
    row = {str(key): value for key, value in table[table["group"] == seeking].iloc[0].items()}
    outside, lost = float(row["share_outside"]), float(row["share_unmatched"])
    worst = max(outside, lost)
    status: CheckStatus = (
        "pass" if worst <= pass_up_to else "review" if worst <= review_up_to else "fail"
    )
    sentence = (
        f"{int(row['unmatched']):,} of {int(row['units']):,} {seeking} units ({lost:.1%}) found no "
        f"match, and {int(row['outside_range']):,} ({outside:.1%}) have a score outside the range "
        "of the other group"
    )
    if status != "pass":
        sentence += "; the effect is for the matched only, so compare them with the unmatched"
    return CheckResult(
        name="overlap",
        status=status,
        sentence=f"{sentence}.",
        null="not a test: the shares lost are compared with limits",
        statistic=worst,
        table=table,
    )


def _table(sample: MatchedSample) -> pd.DataFrame:
    treated, matched = sample.design.treated, sample.matched
    score = np.full(len(treated), np.nan) if sample.score is None else sample.score
    rows = []
    for name, group in (("treated", treated), ("comparison", ~treated)):
        mine, others = score[group], score[~group]
        outside = (mine < others.min()) | (mine > others.max())
        lost = int((~matched[group]).sum())
        rows.append(
            {
                "group": name,
                "units": len(mine),
                "matched": len(mine) - lost,
                "unmatched": lost,
                "share_unmatched": lost / len(mine),
                "outside_range": int(outside.sum()),
                "share_outside": float(outside.mean()),
                "lowest": float(mine.min()),
                "median": float(np.median(mine)),
                "highest": float(mine.max()),
            }
        )
    return pd.DataFrame(rows)
