"""How much of the value rests on one figure: the proxy that carries most of what is gained.

A ratio is as sure as the value that carries it. Rows that share a proxy and its value stand or fall
together, so they are taken as one.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import ExactMoney, Name, Number, Share
from pbc_eval.sroi.present_value import SroiResult

MUCH = 0.4  # a share of all gains above which the page says that one value carries it


@dataclass(frozen=True, slots=True, kw_only=True)
class Concentration:
    """The proxy that carries most of the present value of gains. Ratios are of the whole map."""

    proxy: str
    value: float  # money for each unit
    rows: tuple[str, ...]  # ids of the rows that it values
    outcomes: tuple[str, ...]  # their outcomes, in words
    share: float  # of the present value of all gains
    ratio: float  # as stated
    ratio_at_half: float  # with the proxy at half its value
    ratio_without: float  # without these rows
    currency: str

    @property
    def is_much(self) -> bool:
        return self.share >= MUCH

    @property
    def sentence(self) -> Sentence:
        """'One value carries 48% of all gains: ...'"""
        return Sentence(
            "One value carries {share} of all that is gained: {proxy}, at {value} each. At half of "
            "it the ratio would be {half}; without it, {without}.",
            share=Share(self.share),
            proxy=Name(self.proxy),
            value=ExactMoney(Decimal(repr(self.value)), self.currency),
            half=Number(self.ratio_at_half, 2),
            without=Number(self.ratio_without, 2),
        )


def concentration(result: SroiResult) -> Concentration | None:
    """The proxy that carries most of what is gained; None where there is no gain, or one value
    alone, which carries all of it by itself."""
    values = dict(zip((row.id for row in result.outcomes), result.by_outcome, strict=True))
    groups: dict[tuple[str, float], list[ValuedOutcome]] = {}
    for row in result.outcomes:
        groups.setdefault(_figure(row), []).append(row)
    gains = {
        key: _sum(values[row.id].present_value for row in rows) for key, rows in groups.items()
    }
    gained = _sum(max(value, 0.0) for value in gains.values())
    if len(groups) < 2 or not gained > 0:
        return None
    heaviest = max(gains, key=lambda key: gains[key])
    lost = gains[heaviest] / result.investment
    return Concentration(
        proxy=heaviest[0],
        value=heaviest[1],
        rows=tuple(row.id for row in groups[heaviest]),
        outcomes=tuple(row.outcome for row in groups[heaviest]),
        share=gains[heaviest] / gained,
        ratio=result.ratio,
        ratio_at_half=result.ratio - lost / 2,
        ratio_without=result.ratio - lost,
        currency=result.currency,
    )


def _figure(row: ValuedOutcome) -> tuple[str, float]:
    return " ".join(row.proxy.split()), float(row.proxy_value or 0.0)


def _sum(values: Iterable[float]) -> float:
    return math.fsum(values)
