"""What a reader of a portfolio can download: every table and figure as CSV, results.json."""

from pathlib import Path
from typing import Any

from pbc_eval import provenance
from pbc_eval.evaluation.portfolio.release import ReleasedPortfolio
from pbc_eval.messages.number_formats import long_date
from pbc_eval.report.downloads import plain, write_all
from pbc_eval.report.figures.portfolio import contracts_frame
from pbc_eval.report.sections.portfolio import (
    portfolio_figures,
    summary_words,
)
from pbc_eval.report.sections.portfolio_tables import (
    heterogeneity_table,
    league_table,
    money_table,
    results_table,
)
from pbc_eval.report.words import facts


def write_portfolio(released: ReleasedPortfolio, run_dir: str | Path) -> Path:
    """Write the downloads of a portfolio to ``run_dir``/downloads; return that folder."""
    portfolio = released.portfolio
    tables = (
        results_table(portfolio),
        money_table(portfolio),
        league_table(portfolio),
        heterogeneity_table(portfolio),
    )
    return write_all(
        run_dir,
        [table for table in tables if table is not None],
        tuple(portfolio_figures(portfolio)),
        portfolio_results(released),
        outcomes=portfolio.spec.outcomes,
        currency=portfolio.spec.currency,
    )


def portfolio_results(released: ReleasedPortfolio) -> dict[str, Any]:
    """Everything that the page states, unrounded."""
    portfolio = released.portfolio
    spec, pooled = portfolio.spec, portfolio.pooled
    rows = contracts_frame(portfolio.contracts).to_dict("records")
    return {
        "summary": {
            "id": spec.id,
            "title": spec.title,
            "edition": spec.edition,
            "report": "portfolio",
            "status": spec.status,
            "contract": spec.summary,
            "release_date": long_date(spec.publication.release_date),
            "data_status": spec.publication.data_status,
            "data_badge": facts.DATA_BADGES[spec.publication.data_status],
            "illustrative": any(
                "illustrative" in r for c in portfolio.contracts for r in c.remarks
            ),
            "headlines": summary_words(released),
        },
        "year": spec.year,
        "scale": portfolio.scale,
        "contracts": [{str(key): plain(value) for key, value in row.items()} for row in rows],
        "pooled": None
        if pooled is None
        else {
            "contracts": pooled.contracts,
            **{
                name: plain(getattr(pooled, name))
                for name in ("mean", "std_error", "conf_low", "conf_high", "level")
            },
            "prediction": None if pooled.prediction is None else list(pooled.prediction),
            **{
                name: plain(getattr(pooled.heterogeneity, name))
                for name in (
                    *("q", "p_value", "i_squared", "tau2", "tau2_low", "tau2_high"),
                    *("tau2_dersimonian_laird", "tau2_reml"),
                )
            },
        },
        "why_not_pooled": portfolio.why_not_pooled,
        "provenance": provenance.manifest(
            evaluation_id=spec.id,
            edition=spec.edition,
            inputs=portfolio.inputs,
            seed=portfolio.seed,
        ),
    }
