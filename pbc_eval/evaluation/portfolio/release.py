"""What of a portfolio may leave the building.

Members are editions that were released by their own rule. Rows of the table that others reported
are held to the portfolio's: a result that rests on too few is refused, not hidden, for there would
be a gap in a list of contracts that everybody can fill.
"""

from dataclasses import dataclass

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.portfolio.record import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedPortfolio:
    """All that the page of a portfolio may see."""

    portfolio: Portfolio
    rule: DisclosureRule


def release_portfolio(portfolio: Portfolio) -> ReleasedPortfolio:
    """Apply the portfolio's disclosure rule. Raises DisclosureError naming the contract."""
    rule = portfolio.spec.publication.disclosure
    for one in portfolio.contracts:
        if not one.link and one.people is not None and one.people < rule.threshold:
            raise DisclosureError(
                f"{portfolio.spec.id}: the result of {one.label} rests on fewer than "
                f"{rule.threshold} people and may identify them. Leave the row out, or lower "
                "publication.disclosure.threshold with the reason why it is safe."
            )
    return ReleasedPortfolio(portfolio=portfolio, rule=rule)
