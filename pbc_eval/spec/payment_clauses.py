"""Clauses that pay on one measure: tariff, threshold, bands, fixed fee.

    tariff      price for each unit counted or estimated
    threshold   a cliff: a lump or a price per unit, once the measure reaches a minimum
    bands       a lump or a rate by band, retroactive (the band reached prices everything) or
                marginal (each band prices what lies inside it)
    fixed_fee   an attachment or delivery fee: amount x count

A relative effect is a fraction (0.075), never a percentage. An effect is already net of what would
have happened anyway, so only a counted quantity admits deadweight or a baseline: the
counterfactual is counted once.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from pbc_eval.spec.base import Agreed, Share
from pbc_eval.spec.money import Money, Number
from pbc_eval.spec.payment_base import Measure, MeasuredClause, Positive, Text, check_bound


class Tariff(MeasuredClause):
    """Price for each unit. ``max_units`` bounds the units paid; ``cap_per_person`` bounds the
    amount at that much for each person behind the outcome (MeasuredOutcome.total_scale).

    Totals are all a statement sees: a limit that binds for some people and not for others is
    applied when outcomes are verified, before they are counted.
    """

    type: Literal["tariff"]
    outcome: Text
    price: Money
    max_units: Positive | None = None
    cap_per_person: Money | None = None
    deadweight: Share | None = None  # share of the count that would have happened anyway
    baseline_count: Positive | None = None  # units that would have happened anyway
    negative_allowed: bool = False  # a negative total is charged to the provider

    @model_validator(mode="after")
    def _counterfactual_is_counted_once(self) -> Self:
        if self.measure == "relative_effect":
            raise ValueError(
                "a tariff pays for units and a relative effect has none. Use measure: total, or "
                "bands with a rate"
            )
        deducted = self.deadweight is not None or self.baseline_count is not None
        if deducted and self.measure != "count":
            raise ValueError(
                f"deadweight and baseline_count are refused for measure {self.measure}: it is "
                "estimated against a comparison group and already net of what would have "
                "happened anyway. Remove them, or pay on measure: count"
            )
        if self.deadweight is not None and self.baseline_count is not None:
            raise ValueError(
                "deadweight and baseline_count both deduct what would have happened anyway. "
                "Keep one"
            )
        return self


class Threshold(MeasuredClause):
    """A cliff: once the measure is at least ``minimum``, pay ``amount``, or ``price`` for each
    unit of ``paid_on`` (the measure itself unless stated)."""

    type: Literal["threshold"]
    outcome: Text
    minimum: Positive
    amount: Money | None = None
    price: Money | None = None
    paid_on: Measure | None = None

    @model_validator(mode="after")
    def _one_way_to_pay(self) -> Self:
        check_bound(self.measure, "minimum", self.minimum)
        if (self.amount is None) == (self.price is None):
            raise ValueError("a threshold pays either amount (a lump) or price (per unit)")
        if self.paid_on is not None and self.price is None:
            raise ValueError("paid_on says what price is multiplied by; amount is a lump")
        if self.price is not None and (self.paid_on or self.measure) == "relative_effect":
            raise ValueError(
                "price is per unit and a relative effect has none. Add paid_on: total (or count)"
            )
        return self


class Band(Agreed):
    """From ``from`` (inclusive) to ``to`` (exclusive; null for no upper end)."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    lower: Annotated[Number, Field(ge=0, alias="from")]
    upper: Annotated[Number | None, Field(alias="to")]
    pay: Money | None = None
    rate: Money | None = None

    def __str__(self) -> str:
        return f"[{self.lower}, {'no upper end' if self.upper is None else self.upper})"

    @model_validator(mode="after")
    def _band_is_coherent(self) -> Self:
        if (self.pay is None) == (self.rate is None):
            raise ValueError(f"band {self} pays either pay (a lump) or rate (per unit)")
        if self.upper is not None and self.upper <= self.lower:
            raise ValueError(f"band {self} ends where it starts, or before")
        return self


class Bands(MeasuredClause):
    """Bands in rising order without gaps; the last has no upper end.

    Retroactive: the band reached prices the whole of ``paid_on`` (the measure unless stated), or
    pays its lump. Marginal: each band prices what lies inside it, and pays its lump once reached.
    Below the first band nothing is paid.
    """

    type: Literal["bands"]
    outcome: Text
    mode: Literal["retroactive", "marginal"]
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    paid_on: Measure | None = None

    @model_validator(mode="after")
    def _bands_tile_the_measure(self) -> Self:
        for band in self.bands:
            check_bound(self.measure, "from", band.lower)
            if band.upper is not None:
                check_bound(self.measure, "to", band.upper)
        for one, two in pairwise(self.bands):
            if two.lower < one.lower:
                raise ValueError(f"bands {one} and {two} are not in rising order. Sort them")
            if one.upper is None or two.lower < one.upper:
                raise ValueError(f"bands {one} and {two} overlap. End the first at {two.lower}")
            if two.lower > one.upper:
                raise ValueError(
                    f"nothing says what is paid between bands {one} and {two}. Start the second "
                    f"at {one.upper}, or add a band that pays 0"
                )
        if self.bands[-1].upper is not None:
            raise ValueError(
                f"nothing says what is paid above band {self.bands[-1]}. Set its to: null"
            )
        if self.mode == "marginal" and self.paid_on not in {None, self.measure}:
            raise ValueError("marginal bands price the measure itself. Remove paid_on")
        return self


class FixedFee(MeasuredClause):
    """Amount for each of a verified count of ``outcome`` (attachments), or for each of an
    agreed number of ``times`` (monthly delivery fees)."""

    type: Literal["fixed_fee"]
    outcome: Text | None = None
    measure: Literal["count"] = "count"
    amount: Money
    times: Positive | None = None

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        if (self.outcome is None) == (self.times is None):
            raise ValueError(
                "a fixed fee is paid either for each counted outcome or an agreed number of times"
            )
        return self
