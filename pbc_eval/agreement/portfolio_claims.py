"""Several contracts that claim parts of one change: together they cannot claim more than all of it.

A row says under which common name it claims (``claimed_as``), and keeps what is not owed to others
(1 - attribution). Over a portfolio these shares add up to 1 at most.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pbc_eval.agreement.value_map import ValuedOutcome, ValueMap
from pbc_eval.errors import ValueMapError

ROUNDING = 1e-9


class Claim(NamedTuple):
    """What one row of one contract claims of a change that others claim too."""

    change: str  # the common name
    contract: str
    row: str
    share: float  # 1 - attribution


def portfolio_claims(
    maps: Mapping[str, ValueMap | Sequence[ValuedOutcome]],
) -> dict[str, tuple[Claim, ...]]:
    """Claims by change, over the value maps of several contracts (by contract id).

    Raises ValueMapError naming every change of which more than the whole is claimed, by whom, and
    the attribution at which the claims would add up to 1.
    """
    return claims_by_change(
        claim for contract, rows in maps.items() for claim in claims_of(contract, rows)
    )


def claims_of(contract: str, value_map: ValueMap | Sequence[ValuedOutcome]) -> tuple[Claim, ...]:
    """What one contract claims of changes that others may claim too."""
    rows = value_map.outcomes if isinstance(value_map, ValueMap) else value_map
    return tuple(
        Claim(row.claimed_as, contract, row.id, 1 - row.attribution)
        for row in rows
        if row.claimed_as is not None
    )


def claims_by_change(every: Iterable[Claim]) -> dict[str, tuple[Claim, ...]]:
    """Claims by change. Raises ValueMapError as ``portfolio_claims`` does."""
    claims: dict[str, list[Claim]] = {}
    for claim in every:
        claims.setdefault(claim.change, []).append(claim)
    problems = [
        _too_much(change, made)
        for change, made in claims.items()
        if sum(claim.share for claim in made) > 1 + ROUNDING
    ]
    if problems:
        raise ValueMapError("portfolio: " + "\n".join(problems))
    return {change: tuple(made) for change, made in claims.items()}


def _too_much(change: str, made: Sequence[Claim]) -> str:
    total = sum(claim.share for claim in made)
    parts = ", ".join(f"{c.contract}/{c.row} {c.share:.0%}" for c in made)
    remedy = ", ".join(f"{c.contract}/{c.row} {1 - c.share / total:.2f}" for c in made)
    return (
        f"{change}: {total:.0%} of the change is claimed ({parts}); it can be claimed once. Raise "
        f"attribution, for example in proportion to {remedy}."
    )
