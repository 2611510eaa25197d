"""What of a portfolio may leave the building.

Members are editions that were released by their own rule. Rows of the table that others reported
are held to the portfolio's: a result that rests on too few is refused, not hidden, for there would
be a gap in a list of contracts that everybody can fill.
"""

from dataclasses import dataclass

from pbc_eval._display import in_one_line
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.record import ReleasedTable
from pbc_eval.disclosure.stated import refuse_words_of_few
from pbc_eval.disclosure.tables import release_open_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.portfolio.record import Portfolio
from pbc_eval.evaluation.portfolio.tables import tables_of
from pbc_eval.numerics.published import published


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedPortfolio(Portfolio):
    """All that the page of a portfolio may see: every result of it passed, so that it is a whole
    portfolio, with the rule that it passed and its tables."""

    __repr__ = in_one_line

    rule: DisclosureRule
    tables: tuple[ReleasedTable, ...]

    def table(self, name: str) -> ReleasedTable | None:
        """One table by its name; None if there is none."""
        return next((table for table in self.tables if table.name == name), None)


def release_portfolio(portfolio: Portfolio) -> ReleasedPortfolio:
    """Apply the portfolio's disclosure rule. Raises DisclosureError naming the contract."""
    rule = portfolio.spec.publication.disclosure
    refuse_words_of_few(portfolio.spec.id, portfolio.spec, rule)
    for contract in portfolio.contracts:
        if not contract.link and contract.people is not None and contract.people < rule.threshold:
            raise DisclosureError(
                f"{portfolio.spec.id}: the result of {contract.label} rests on fewer than "
                f"{rule.threshold} people and may identify them. Leave the row out, or lower "
                "publication.disclosure.threshold with the reason why it is safe."
            )
    return ReleasedPortfolio(
        spec=portfolio.spec,
        contracts=published(portfolio.contracts),
        scale=portfolio.scale,
        pooled=published(portfolio.pooled),
        league=published(portfolio.league),
        why_not_pooled=portfolio.why_not_pooled,
        why_no_league=portfolio.why_no_league,
        inputs=portfolio.inputs,
        seed=portfolio.seed,
        plans=published(portfolio.plans),
        rule=rule,
        tables=published(tuple(release_open_table(table) for table in tables_of(portfolio))),
    )
