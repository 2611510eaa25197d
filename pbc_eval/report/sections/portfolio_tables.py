"""Tables of a portfolio: results and money by contract, the league, how much effects differ."""

from typing import Any

import pandas as pd

from pbc_eval.disclosure import ReleasedTable
from pbc_eval.evaluation.portfolio.record import Portfolio
from pbc_eval.evaluation.record import Kind
from pbc_eval.report.figures.drawing import scale_of
from pbc_eval.report.figures.league import league_frame
from pbc_eval.report.figures.portfolio import contracts_frame
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt
from pbc_eval.report.words.portfolio_words import (
    VERDICTS,
    effect_words,
    interval_words,
    shared_outcome,
)

UNITS = ("effect", "std_error", "conf_low", "conf_high", "promised")


def results_table(portfolio: Portfolio) -> ReleasedTable:
    """Every contract with its outcome, effect, interval and promise, each in its own unit."""
    shown = portfolio.contracts
    frame = contracts_frame(shown).assign(
        effect_text=[effect_words(one) for one in shown],
        interval_text=[interval_words(one) for one in shown],
        promised_text=[
            fmt.size(one.promised, one.outcome, one.currency)
            if one.promised and one.outcome
            else "none stated"
            for one in shown
        ],
        verdict_text=[VERDICTS[one.verdict] for one in shown],
    )
    return open_table(
        "portfolio-results",
        "Every contract of the portfolio",
        frame,
        {
            "contract": ("Contract", "text"),
            **({} if shared_outcome(portfolio) else {"outcome": ("Outcome", "text")}),
            "effect_text": ("Effect", "text"),
            "interval_text": ("Interval, as improvements", "text"),
            "promised_text": ("Promised", "text"),
            "verdict_text": ("What can be said", "text"),
            **({} if all(one.link for one in shown) else {"source": ("Source", "text")}),
        },
    )


def money_table(portfolio: Portfolio) -> ReleasedTable:
    """Agreed, paid and unpaid by contract, with totals where all are in one currency."""
    frame = contracts_frame(portfolio.contracts)
    frame = frame[["contract", "currency", "agreed", "paid", "unpaid", "spend", "remarks"]]
    columns = ["agreed", "paid", "unpaid", "spend"]
    made_up = any(one.made_up for one in portfolio.contracts)
    one_currency = len(portfolio.currencies) == 1 and not made_up
    if one_currency:
        total: dict[str, Any] = {
            "contract": "All with an amount",
            "currency": portfolio.currencies[0],
        }
        total |= {c: frame[c].sum() if frame[c].notna().any() else float("nan") for c in columns}
        frame = pd.concat([frame, pd.DataFrame([{**total, "remarks": ""}])], ignore_index=True)
    kind: Kind = "money" if one_currency else "count"
    return open_table(
        "portfolio-money",
        "Money by contract: agreed, paid, unpaid",
        frame,
        {
            "contract": ("Contract", "text"),
            **({} if one_currency else {"currency": ("Currency", "text")}),
            "agreed": ("Could be paid", kind),
            "paid": ("Paid", kind),
            "unpaid": ("Unpaid", kind),
            "spend": ("Spent in all", kind),
            "remarks": ("Remark", "text"),
        },
    )


def league_table(portfolio: Portfolio) -> ReleasedTable | None:
    """Estimates, what is left of them once chance is allowed for, and how sure ranks are."""
    found, outcome = portfolio.league, shared_outcome(portfolio)
    if found is None or outcome is None:
        return None
    frame = league_frame(portfolio, found)
    scale = scale_of(outcome)
    for column in ("estimate", "shrunken", "std_error", "conf_low", "conf_high"):
        frame[column] = scale * frame[column]
    frame["ranks"] = [
        f"{low:.0f} to {high:.0f}"
        for low, high in zip(frame["rank_low"], frame["rank_high"], strict=True)
    ]
    return open_table(
        "portfolio-league",
        "Effects once chance is allowed for, with their ranks",
        frame,
        {
            "contract": ("Contract", "text"),
            "estimate": ("Estimate", "effect"),
            "shrunken": ("Drawn to the mean", "effect"),
            "conf_low": ("Low", "effect"),
            "conf_high": ("High", "effect"),
            "ranks": ("Ranks", "text"),
            "best_quarter": ("In the best quarter", "chance"),
            "worst_quarter": ("In the worst quarter", "chance"),
        },
        decimals=outcome.decimals,
    )


def heterogeneity_table(portfolio: Portfolio) -> ReleasedTable | None:
    """The mean and the spread of effects, with every figure behind the sentences."""
    pooled, outcome = portfolio.pooled, shared_outcome(portfolio)
    if pooled is None or outcome is None:
        return None
    found, scale = pooled.heterogeneity, scale_of(outcome)
    low, high = pooled.prediction or (float("nan"), float("nan"))
    rows = [
        ("Mean effect (random effects)", scale * pooled.mean, "improvement"),
        ("Its standard error", scale * pooled.std_error, ""),
        ("Its interval, low", scale * pooled.conf_low, "Hartung and Knapp, t"),
        ("Its interval, high", scale * pooled.conf_high, ""),
        ("Prediction interval, low", scale * low, "Higgins, Thompson and Spiegelhalter"),
        ("Prediction interval, high", scale * high, ""),
        ("Cochran's Q", found.q, f"{found.degrees_of_freedom} degrees of freedom"),
        ("Its p-value", found.p_value, "null: all true effects are the same"),
        ("I-squared (%)", 100 * found.i_squared, "share of the spread beyond chance"),
        ("Tau-squared", scale**2 * found.tau2, "Paule and Mandel"),
        ("Its interval, low", scale**2 * found.tau2_low, "Q-profile"),
        ("Its interval, high", scale**2 * found.tau2_high, ""),
        ("Tau-squared, cross-check", scale**2 * found.tau2_dersimonian_laird, "DerSimonian-Laird"),
        ("Tau-squared, cross-check", scale**2 * found.tau2_reml, "restricted likelihood"),
    ]
    return open_table(
        "portfolio-heterogeneity",
        "The mean and how much true effects differ",
        pd.DataFrame(rows, columns=["figure", "value", "how"]),
        {"figure": ("Figure", "text"), "value": ("Value", "measure"), "how": ("How", "text")},
    )
