"""Tables of a portfolio: results and money by contract, the league, how much effects differ."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.portfolio.contract_words import (
    VERDICTS,
    effect_words,
    interval_words,
)
from pbc_eval.evaluation.portfolio.record import ContractResult, Portfolio
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.evaluation.tables import scale_of
from pbc_eval.messages import numbers as fmt
from pbc_eval.portfolio.plans import PlansAndPayments
from pbc_eval.portfolio.ranks import League

_MONEY = ("agreed", "paid", "unpaid", "spend")


def tables_of(portfolio: Portfolio) -> tuple[OutputTable, ...]:
    """Every table of the portfolio; the league and the spread of effects where there are such."""
    tables = [_results_table(portfolio), _money_table(portfolio)]
    if portfolio.plans is not None:
        stated = portfolio.spec.plans
        notes = () if stated is None else stated.left_out(stated.file)
        tables.append(_plans_table(portfolio.plans, notes))
    outcome = portfolio.shared_outcome
    if outcome is not None and portfolio.league is not None:
        tables.append(_league_table(portfolio, portfolio.league, outcome))
    if outcome is not None and portfolio.pooled is not None:
        tables.append(_heterogeneity_table(portfolio, outcome))
    return tuple(tables)


def contracts_frame(contracts: Sequence[ContractResult]) -> pd.DataFrame:
    """The facts of contracts as a table, effects as improvements in their own unit."""
    figures = (
        *("effect", "std_error", "conf_low", "conf_high", "promised"),
        *("agreed", "paid", "unpaid", "spend", "people"),
    )
    return pd.DataFrame(
        [
            {
                "contract": contract.label,
                "outcome": contract.outcome.label if contract.outcome else "",
                "unit": contract.outcome.unit if contract.outcome else "",
                "verdict": contract.verdict,
                **{
                    figure: np.nan if (value := getattr(contract, figure)) is None else float(value)
                    for figure in figures
                },
                "currency": contract.currency,
                "remarks": "; ".join(contract.remarks),
                "source": contract.source,
            }
            for contract in contracts
        ]
    )


def league_frame(portfolio: Portfolio, league: League) -> pd.DataFrame:
    """The league with its names, by shrunken effect; effects as improvements."""
    names = [contract.label for contract in portfolio.compared]
    frame = league.to_frame().assign(contract=names)
    return frame.sort_values(["rank", "contract"]).reset_index(drop=True)


def _results_table(portfolio: Portfolio) -> OutputTable:
    """Every contract with its outcome, effect, interval and promise, each in its own unit."""
    contracts = portfolio.contracts
    frame = contracts_frame(contracts).assign(
        effect_text=[effect_words(contract) for contract in contracts],
        interval_text=[interval_words(contract) for contract in contracts],
        promised_text=[_promise(contract) for contract in contracts],
        verdict_text=[VERDICTS[contract.verdict] for contract in contracts],
    )
    all_linked = all(contract.link for contract in contracts)
    return open_table(
        "portfolio-results",
        "Every contract of the portfolio",
        frame,
        {
            "contract": ("Contract", "text"),
            **({} if portfolio.shared_outcome else {"outcome": ("Outcome", "text")}),
            "effect_text": ("Effect", "text"),
            "interval_text": ("Interval, as improvements", "text"),
            "promised_text": ("Promised", "text"),
            "verdict_text": ("What can be said", "text"),
            **({} if all_linked else {"source": ("Source", "text")}),
        },
        notes=portfolio.spec.left_out(portfolio.spec.file),
    )


def _promise(contract: ContractResult) -> str:
    if not contract.promised or contract.outcome is None:
        return "none stated"
    return fmt.size(contract.promised, contract.outcome, contract.currency)


def _money_table(portfolio: Portfolio) -> OutputTable:
    """Agreed, paid and unpaid by contract, with totals where all are in one currency."""
    frame = contracts_frame(portfolio.contracts)[["contract", "currency", *_MONEY, "remarks"]]
    made_up = any(contract.made_up for contract in portfolio.contracts)
    one_currency = len(portfolio.currencies) == 1 and not made_up
    if one_currency:
        total: dict[str, Any] = {
            "contract": "All with an amount",
            "currency": portfolio.currencies[0],
        }
        total |= {c: frame[c].sum() if frame[c].notna().any() else float("nan") for c in _MONEY}
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


def _plans_table(plans: PlansAndPayments, notes: tuple[str, ...]) -> OutputTable:
    """What each contract was planned to pay, what each step moved, and what was paid; with sums."""
    steps = [*plans.labels, "Paid"]
    rows: list[dict[str, Any]] = []
    for contract in (*plans.contracts, plans.total):
        row: dict[str, Any] = {"contract": contract.label}
        row |= {f"step_{n}": value for n, value in enumerate(contract.steps)}
        row |= {f"move_{n}": value for n, value in enumerate(contract.moves, start=1)}
        row |= {"of_first": contract.paid_of(0), "of_last": contract.paid_of(-1)}
        rows.append(row)
    columns: dict[str, tuple[str, Kind]] = {"contract": ("Contract", "text")}
    for n, label in enumerate(steps):
        if n:
            columns[f"move_{n}"] = (f"{steps[n - 1]} to {label.lower()}", "money")
        columns[f"step_{n}"] = (label, "money")
    columns["of_first"] = (f"Paid of {steps[0].lower()}", "share")
    if len(plans.labels) > 1:
        columns["of_last"] = (f"Paid of {steps[-2].lower()}", "share")
    frame = pd.DataFrame(rows)
    numbers = [str(name) for name in frame.columns if name != "contract"]
    frame = frame.assign(**{name: pd.to_numeric(frame[name]) for name in numbers})
    return open_table(
        "portfolio-plans",
        "From plan to payment, contract by contract",
        frame,
        columns,
        notes=notes,
    )


def _league_table(portfolio: Portfolio, league: League, outcome: Outcome) -> OutputTable:
    """Estimates, what is left of them once chance is allowed for, and how sure ranks are."""
    frame = league_frame(portfolio, league)
    for column in ("estimate", "shrunken", "std_error", "conf_low", "conf_high"):
        frame[column] = scale_of(outcome) * frame[column]
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


def _heterogeneity_table(portfolio: Portfolio, outcome: Outcome) -> OutputTable:
    """The mean and the spread of effects, with every figure behind the sentences."""
    pooled = portfolio.pooled
    assert pooled is not None
    spread, scale = pooled.heterogeneity, scale_of(outcome)
    low, high = pooled.prediction or (float("nan"), float("nan"))
    rows = [
        ("Mean effect (random effects)", scale * pooled.mean, "improvement"),
        ("Its standard error", scale * pooled.std_error, ""),
        ("Its interval, low", scale * pooled.conf_low, "Hartung and Knapp, t"),
        ("Its interval, high", scale * pooled.conf_high, ""),
        ("Prediction interval, low", scale * low, "Higgins, Thompson and Spiegelhalter"),
        ("Prediction interval, high", scale * high, ""),
        ("Cochran's Q", spread.q, f"{spread.degrees_of_freedom} degrees of freedom"),
        ("Its p-value", spread.p_value, "null: all true effects are the same"),
        (
            "I-squared (%)",
            100 * spread.i_squared,
            "share of the spread beyond chance, from Cochran's Q (Higgins and Thompson)",
        ),
        ("Tau-squared", scale**2 * spread.tau2, "Paule and Mandel"),
        ("Its interval, low", scale**2 * spread.tau2_low, "Q-profile"),
        ("Its interval, high", scale**2 * spread.tau2_high, ""),
        ("Tau-squared, cross-check", scale**2 * spread.tau2_dersimonian_laird, "DerSimonian-Laird"),
        ("Tau-squared, cross-check", scale**2 * spread.tau2_reml, "restricted likelihood"),
    ]
    return open_table(
        "portfolio-heterogeneity",
        "The mean and how much true effects differ",
        pd.DataFrame(rows, columns=["figure", "value", "how"]),
        {"figure": ("Figure", "text"), "value": ("Value", "measure"), "how": ("How", "text")},
    )
