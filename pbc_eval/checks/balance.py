"""Are the matched groups alike? Standardised differences as traffic lights.

Green up to 5 % of a standard deviation, amber up to 10 %, red above: pass, review, fail. A
standardised difference is a distance, not a test: it does not shrink because the sample is small,
and none of these limits is a p-value.

Source: limits of 0.1 after Austin (2009), Statistics in Medicine 28, 3083-3107; 0.05 is the What
Works Clearinghouse's (2022, version 5.0) limit for baseline equivalence without adjustment.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DesignError
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Number, Share
from pbc_eval.results import CheckResult, CheckStatus

GREEN = 0.05
AMBER = 0.10

_STATUS: dict[str, CheckStatus] = {"green": "pass", "amber": "review", "red": "fail"}


def light(std_diff: float, green: float = GREEN, amber: float = AMBER) -> str:
    """The colour of one standardised difference; one that cannot be computed is red."""
    if not abs(std_diff) <= amber:
        return "red"
    return "green" if abs(std_diff) <= green else "amber"


def check_balance(
    sample: MatchedSample | WeightedSample | EngineSample,
    *,
    also: Sequence[str] = (),
    green: float = GREEN,
    amber: float = AMBER,
) -> CheckResult:
    """Judge the worst covariate of a matched or weighted sample, by its difference afterwards.

    ``also`` names further columns to hold to the same limits. The score itself is shown in
    ``MatchedSample.balance`` but not judged: balance of covariates is the aim, the score a means.
    The table has ``covariate``, ``std_diff_before``, ``std_diff_after``, ``raw_diff_after``,
    ``variance_ratio_after`` and ``light``, the worst first. Raises DesignError for limits that
    are not 0 < green <= amber < 1.
    """
    if not 0 < green <= amber < 1:
        raise DesignError(
            f"balance: limits must satisfy 0 < green <= amber < 1 (in standard deviations, 0.05 "
            f"for 5 %), got green={green!r}, amber={amber!r}."
        )
    balance = sample.balance(also)
    balance = balance[balance["covariate"] != "score"]
    table = balance[
        [
            "covariate",
            "std_diff_before",
            "std_diff_after",
            "raw_diff_after",
            "variance_ratio_after",
        ]
    ].assign(light=[light(float(d), green, amber) for d in balance["std_diff_after"]])
    badness = table["std_diff_after"].abs().fillna(np.inf)
    table = table.iloc[np.argsort(-badness.to_numpy(), kind="stable")].reset_index(drop=True)
    worst = table.iloc[0]
    colour = str(worst["light"])
    return CheckResult(
        name="balance",
        status=_STATUS[colour],
        sentence=_sentence(table, green, amber),
        null="not a test: the difference in means, in standard deviations, is compared with limits",
        statistic=float(worst["std_diff_after"]),
        table=table,
    )


def _sentence(table: pd.DataFrame, green: float, amber: float) -> Sentence:
    worst = table.iloc[0]
    name, size = Name(str(worst["covariate"])), float(worst["std_diff_after"])
    if np.isnan(size):
        return Sentence(
            "{name} does not vary in one group but differs between them, so its balance has no "
            "scale; leave it out or match exactly on it.",
            name=name,
        )
    largest = Sentence(
        "The largest difference after matching is {size} of a standard deviation ({name})",
        size=Share(size, 1, signed=True, cell=f"balance/{name.text}/std_diff_after"),
        name=name,
    )
    every, low, high = Number(len(table)), Share(green), Share(amber)
    n_red = int((table["light"] == "red").sum())
    if n_red:
        return Sentence(
            "{largest}; {red} of {every} covariates are above {high}.",
            largest=largest,
            red=Number(n_red),
            every=every,
            high=high,
        )
    n_amber = int((table["light"] == "amber").sum())
    if n_amber:
        return Sentence(
            "{largest}; {amber} of {every} covariates are between {low} and {high}.",
            largest=largest,
            amber=Number(n_amber),
            every=every,
            low=low,
            high=high,
        )
    return Sentence(
        "{largest}; all {every} covariates are within {low}.",
        largest=largest,
        every=every,
        low=low,
    )


def _run(examined: Examined) -> CheckResult | None:
    return None if examined.sample is None else check_balance(examined.sample)


CHECK = CheckKind(
    name="balance",
    title=Sentence("Balance"),
    in_short={
        "review": Sentence("The groups still differ somewhat in what was recorded."),
        "fail": Sentence("The groups differ in what was recorded."),
    },
    designs=frozenset({"matching"}),
    run=_run,
    planned="Balance (balance): standardised differences of every characteristic after matching, "
    "up to 5% good, above 10% too far apart.",
)
