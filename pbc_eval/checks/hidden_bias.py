"""How strong would something that was not recorded have to be to explain a matched effect away?

pass     something as strong as the strongest characteristic that was recorded would not do
review   it would
not applicable   the effect cannot be told apart from zero as it is

Told beside it: the E-value, the share of what is left of treatment and outcome that it would have
to explain, and after matching in pairs the odds of treatment within a pair (Rosenbaum). How strong
a characteristic is, is measured before matching, which makes groups alike in it.

Sources: matching/e_values.py, matching/omitted_variables.py, matching/sensitivity.py.
"""

import math
from contextlib import suppress

import numpy as np
import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, Examined
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.e_values import EValue, e_value
from pbc_eval.matching.effect import outcome_values
from pbc_eval.matching.in_engine.looked_at import Recorded, recorded_in_engine
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.omitted_variables import Strength, bounded_by, robustness_value, strengths
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.matching.sensitivity import pair_differences, rosenbaum_bounds
from pbc_eval.matching.weighted_sample import WeightedSample
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import Name, Number, Share, joined
from pbc_eval.numerics.root_finding import root_between
from pbc_eval.results import AttEstimate, CheckResult, CheckStatus

NULL = "not a test: how strong something that was not recorded would have to be"
MOST_ODDS = 20.0  # beyond it nobody asks
ONE_SIDED = 0.025  # of the p-value of pairs, as intervals of 95 % have it


def check_hidden_bias(
    sample: MatchedSample | WeightedSample | EngineSample, outcome: str, headline: AttEstimate
) -> CheckResult:
    """Judge by what something as strong as the strongest recorded characteristic would leave.

    ``outcome`` is its column, ``headline`` the effect on it. ``statistic`` is the E-value of the
    interval. Table: covariate, with_treatment, with_outcome, estimate, conf_low, conf_high.
    """
    error, low = headline.error_of_inference, headline.conf_low
    if not headline.significant or not error or low is None:
        return _nothing_to_say(
            Sentence(
                "The effect cannot be told apart from zero as it is; there is nothing that "
                "something not recorded would have to explain."
            )
        )
    df = headline.degrees_of_freedom
    if not math.isfinite(df):
        df = headline.n_treated + headline.n_comparison - 2.0
    if df <= 1:  # what something not recorded would take away is not to be had
        return _nothing_to_say(
            Sentence(
                "The error rests on so few independent groups that it cannot be said how strong "
                "something not recorded would have to be."
            )
        )
    recorded = _recorded(sample, outcome)
    rows = [
        (like.covariate, like.with_treatment, like.with_outcome,
         *bounded_by(headline.estimate, error, df, like, headline.level))
        for like in recorded.strengths
    ]  # fmt: skip
    table = pd.DataFrame(
        rows,
        columns=[
            *("covariate", "with_treatment", "with_outcome"),
            *("estimate", "conf_low", "conf_high"),
        ],
    )
    nearer = table["conf_low"] if headline.estimate > 0 else -table["conf_high"]
    table = table.iloc[np.argsort(nearer.to_numpy(float), kind="stable")].reset_index(drop=True)
    strong = _e_value(recorded, headline)
    overturned = bool(len(table)) and float(nearer.min()) <= 0
    status: CheckStatus = "review" if overturned else "pass"
    sentences = [
        _strength_in_words(strong, robustness_value(headline.estimate / error, df)),
        _pairs_in_words(sample, outcome, headline),
        _benchmark_in_words(table, overturned=overturned),
    ]
    return CheckResult(
        name="hidden_bias",
        status=status,
        sentence=joined([sentence for sentence in sentences if sentence], " "),
        null=NULL,
        statistic=strong.interval,
        table=table,
    )


def _nothing_to_say(why: Sentence) -> CheckResult:
    return CheckResult(name="hidden_bias", status="not_applicable", sentence=why, null=NULL)


def _recorded(sample: MatchedSample | WeightedSample | EngineSample, outcome: str) -> Recorded:
    """What was recorded of everybody whose outcome is known."""
    if isinstance(sample, EngineSample):
        return recorded_in_engine(sample, outcome)
    design = sample.design
    values = outcome_values(design.frame, design.ids, outcome).to_numpy(float)
    seen = ~np.isnan(values)
    treated, columns = design.treated[seen], design.columns
    recorded: tuple[Strength, ...] = ()
    with suppress(DesignError):  # too few rows, or an outcome with nothing left to explain
        recorded = strengths(
            values[seen],
            treated.astype(float),
            columns.score_values[seen],
            columns.score_names,
        )
    deviation = float(np.std(values[seen][~treated], ddof=1)) or 1.0
    return Recorded(recorded, set(np.unique(values[seen])) <= {0.0, 1.0}, deviation)


def _e_value(recorded: Recorded, headline: AttEstimate) -> EValue:
    """As a risk ratio where the outcome is yes or no, else by the standardised difference."""
    without = headline.counterfactual_mean
    low, high = headline.conf_low or 0.0, headline.conf_high or 0.0
    if recorded.yes_or_no and without and 0 < without < 1:
        ratios = [(without + size) / without for size in (headline.estimate, low, high)]
        if min(ratios) > 0:
            return e_value(*ratios)
    sd = recorded.deviation
    return e_value(headline.estimate, low, high, scale="mean_difference", sd=sd)


def _strength_in_words(strong: EValue, share: float) -> Sentence:
    return Sentence(
        "To explain the effect away, something not recorded would have to raise both the chance of "
        "being in the programme and that of the outcome {times}-fold beyond what was recorded, and "
        "{least}-fold to bring its interval to zero (E-values); or explain {share} of what is left "
        "of both (robustness value).",
        times=Number(strong.estimate, 2),
        least=Number(strong.interval or 1.0, 2),
        share=Share(share, 1),
    )


def _pairs_in_words(
    sample: MatchedSample | WeightedSample | EngineSample, outcome: str, headline: AttEstimate
) -> Sentence:
    """The odds within pairs at which the p-value is no longer small; empty without pairs."""
    if not isinstance(sample, MatchedSample):
        return EMPTY
    try:
        differences = pair_differences(sample, outcome) * np.sign(headline.estimate)

        def excess(gamma: float) -> float:
            row = rosenbaum_bounds(differences, gammas=[gamma]).iloc[0]
            return float(row["p_high"]) - ONE_SIDED

        if excess(1.0) >= 0:
            return EMPTY
        odds = MOST_ODDS
        if excess(MOST_ODDS) > 0:
            odds = root_between(excess, 1.0, MOST_ODDS, tolerance=1e-6)
    except (DataError, DesignError):
        return EMPTY
    return Sentence(
        "Within matched pairs it would have to change the odds of being in the programme by a "
        "factor of {odds} (Rosenbaum).",
        odds=Number(odds, 2),
    )


def _benchmark_in_words(table: pd.DataFrame, *, overturned: bool) -> Sentence:
    if table.empty:
        return EMPTY
    strongest: Part = Name(str(table["covariate"].iloc[0]))
    if overturned:
        return Sentence(
            "Something as strong as {strongest}, of what was recorded, would do.",
            strongest=strongest,
        )
    return Sentence(
        "Nothing as strong as what was recorded would do; the strongest is {strongest}.",
        strongest=strongest,
    )


def _run(examined: Examined) -> CheckResult | None:
    if examined.sample is None or examined.headline is None or not examined.column:
        return None
    return check_hidden_bias(examined.sample, examined.column, examined.headline)


CHECK = CheckKind(
    name="hidden_bias",
    title=Sentence("Hidden bias"),
    in_short={
        "review": Sentence(
            "Something not recorded, as strong as what was, would overturn the effect."
        ),
    },
    designs=frozenset({"matching"}),
    run=_run,
    planned="Hidden bias (hidden_bias): how strong would something that was not recorded have to "
    "be to explain the effect away, beside what was recorded?",
    columns={
        "covariate": ("As strong as", "text"),
        "with_treatment": ("Explains of the programme", "share"),
        "with_outcome": ("Explains of the outcome", "share"),
        "estimate": ("Effect left", "effect"),
        "conf_low": ("Interval from", "effect"),
        "conf_high": ("to", "effect"),
    },
    caption="the effect, were there something not recorded as strong as a characteristic that was",
)
