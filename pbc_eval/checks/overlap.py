"""Is there anybody to compare with? Common support of the score, and who was lost in matching.

Two shares are judged by the same limits:
- treated units whose score lies outside the range of the comparison group's scores;
- treated units that found no match, or were trimmed before weighting (comparison units, for the
  ATC; everybody, for the ATE). Without a score there is only this second share.

Up to 5 % is a pass; up to 20 % asks for review, since the effect is for those who were matched;
above 20 % fails: the matched are no longer the people the contract is about. The limits are a
convention of this package; a specification may set others before outcomes are seen.

Source: Heckman, Ichimura & Todd (1997), Review of Economic Studies 64; Crump, Hotz, Imbens &
Mitnik (2009), Biometrika 96, 187-199, on limited overlap.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pbc_eval._validate import check_share
from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DesignError
from pbc_eval.matching.in_engine.looked_at import overlap_in_engine
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import (
    COMPARISON_UNITS,
    TREATED_UNITS,
    UNITS,
    Bracketed,
    Share,
    Units,
)
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.results import CheckResult, CheckStatus

PASS_UP_TO = 0.05
REVIEW_UP_TO = 0.20


def check_overlap(
    sample: MatchedSample | WeightedSample | EngineSample,
    *,
    pass_up_to: float = PASS_UP_TO,
    review_up_to: float = REVIEW_UP_TO,
) -> CheckResult:
    """Judge the larger of the two shares, outside common support and unmatched.

    The table has a row a group (treated, comparison, all): ``units``, ``matched``, ``unmatched``,
    ``share_unmatched``, ``outside_range``, ``share_outside``, and the lowest, median and highest
    score, NaN where no score was fitted. A group's "outside" is counted against the other group's
    range; "matched" counts those with a weight. Raises DesignError for
    limits that are not shares in order.
    """
    check_share("overlap", "pass_up_to", pass_up_to, DesignError)
    check_share("overlap", "review_up_to", review_up_to, DesignError)
    if pass_up_to > review_up_to:
        raise DesignError(
            f"overlap: pass_up_to={pass_up_to:g} must not be above review_up_to={review_up_to:g}."
        )
    table = _table(sample)
    seeking = {"ATT": "treated", "ATC": "comparison"}.get(sample.settings.estimand, "all")
    row = {
        str(key): float(value)
        for key, value in table[table["group"] == seeking].iloc[0].items()
        if key != "group"
    }
    outside, lost = row["share_outside"], row["share_unmatched"]
    worst = lost if np.isnan(outside) else max(outside, lost)
    status: CheckStatus = (
        "pass" if worst <= pass_up_to else "review" if worst <= review_up_to else "fail"
    )
    weighted = isinstance(sample, WeightedSample)
    if isinstance(sample, EngineSample):
        weighted = sample.weights_everybody
    return CheckResult(
        name="overlap",
        status=status,
        sentence=_sentence(row, seeking, status, weighted=weighted),
        null="not a test: the shares lost are compared with limits",
        statistic=worst,
        table=table,
    )


def _sentence(
    row: Mapping[str, float], seeking: str, status: CheckStatus, *, weighted: bool
) -> Sentence:
    noun = {"treated": TREATED_UNITS, "comparison": COMPARISON_UNITS}.get(seeking, UNITS)
    units, cell = int(row["units"]), f"overlap/{seeking}/"
    lost = Units(int(row["unmatched"]), noun, of=units, share_decimals=1, cell=f"{cell}unmatched")
    outside: Part = EMPTY
    if not np.isnan(row["outside_range"]):
        beyond = Units(int(row["outside_range"]), cell=f"{cell}outside_range")
        outside = Sentence(
            ", and {count}{share} have a score outside the range of the other group",
            count=beyond,
            share=Bracketed(Share(float(row["share_outside"]), 1, of=beyond)),
        )
    consequence: Part = EMPTY
    if status != "pass":
        consequence = (
            Sentence("; the effect is for those who are left, so compare them with the others")
            if weighted
            else Sentence(
                "; the effect is for the matched only, so compare them with the unmatched"
            )
        )
    fate = Sentence("were trimmed") if weighted else Sentence("found no match")
    return Sentence(
        "{lost} {fate}{outside}{consequence}.",
        lost=lost,
        fate=fate,
        outside=outside,
        consequence=consequence,
    )


def _table(sample: MatchedSample | WeightedSample | EngineSample) -> pd.DataFrame:
    if isinstance(sample, EngineSample):
        return overlap_in_engine(sample)
    treated = sample.design.treated
    if isinstance(sample, MatchedSample):
        matched, score = sample.matched, sample.score
    else:
        # the trimmed have no fitted score left: they count as lost, not as outside
        matched = sample.kept
        score = None if sample.weighting.score is None else sample.scores.to_numpy()
    outside = np.zeros(len(treated), dtype=bool)
    if score is not None:
        for group in (treated, ~treated):
            others = score[~group]
            low, high = np.nanmin(others), np.nanmax(others)
            outside[group] = (score[group] < low) | (score[group] > high)
    everybody = np.ones(len(treated), dtype=bool)
    groups = (("treated", treated), ("comparison", ~treated), ("all", everybody))
    return pd.DataFrame([_row(name, group, matched, outside, score) for name, group in groups])


def _row(
    name: str, group: Bools, matched: Bools, outside: Bools, score: Floats | None
) -> dict[str, object]:
    lost = int((~matched[group]).sum())
    nothing = float("nan")
    scores = [nothing] * 3 if score is None else np.nanquantile(score[group], [0, 0.5, 1]).tolist()
    return {
        "group": name,
        "units": int(group.sum()),
        "matched": int(group.sum()) - lost,
        "unmatched": lost,
        "share_unmatched": lost / int(group.sum()),
        "outside_range": nothing if score is None else int(outside[group].sum()),
        "share_outside": nothing if score is None else float(outside[group].mean()),
        "lowest": scores[0],
        "median": scores[1],
        "highest": scores[2],
    }


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.sample is None else check_overlap(examined.sample)


CHECK = CheckKind(
    name="overlap",
    title=Sentence("Overlap"),
    in_short={
        "review": Sentence("Some in the programme have nobody to be compared with."),
        "fail": Sentence("Many in the programme have nobody to be compared with."),
    },
    designs=frozenset({"matching"}),
    run=_run,
    planned="Overlap (overlap): is there anybody to compare with, and who was lost?",
)
