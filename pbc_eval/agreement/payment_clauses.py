"""Clauses that pay on one measure: tariff, threshold, bands, fixed fee, slide.

    tariff      price for each unit counted or estimated
    threshold   a cliff: a lump or a price per unit, once the measure reaches a minimum
    bands       a lump or a rate by band, retroactive (the band reached prices everything) or
                marginal (each band prices what lies inside it)
    fixed_fee   an attachment or delivery fee: amount x count
    slide       a straight line between two points

A relative effect is a fraction (0.075), never a percentage. An effect is already net of what would
have happened anyway, so only a counted quantity admits deadweight or a baseline: the
counterfactual is counted once.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Date, Level, Share
from pbc_eval.agreement.money import Money, Number
from pbc_eval.agreement.payment_base import Measure, MeasuredClause, Positive, Text, check_bound
from pbc_eval.agreement.payment_rates import CLAIMS_OF_ONE, ClaimsOfOne


class Verification(Agreed):
    """Claims checked in a sample: the share found wrong is taken off all of them.

    ``upper_bound`` takes the upper end of the share's one-sided exact interval (Clopper and
    Pearson 1934), so that a small sample cannot hide errors.
    """

    rule: Literal["point", "upper_bound"] = Field(
        default="point", description="point: the share found; upper_bound: the most it may be."
    )
    level: Level = Field(default=0.95, description="Of the upper bound: 0.95, not 95.")
    allowance: Share = Field(
        default=0.0, description="A share of errors up to this takes nothing off."
    )


class Tariff(MeasuredClause):
    """Price for each unit. ``max_units`` bounds the units paid; ``cap_per_person`` bounds what is
    paid for each person where counts are given by person (MeasuredOutcome.by_person). Where only
    their sum is known, the sum is bounded at that much for each person behind the outcome
    (MeasuredOutcome.total_scale), an average.
    """

    type: Literal["tariff"]
    outcome: Text = Field(description="The id of one of the outcomes.")
    price: Money = Field(description="Money for each unit.")
    max_units: Positive | None = Field(
        default=None, description="No more units than this are paid."
    )
    cap_per_person: Money | None = Field(
        default=None,
        description="The most paid for each person where counts are given by person; on average "
        "over persons where only their sum is.",
    )
    deadweight: Share | None = Field(
        default=None,
        description="Fraction that would have happened anyway; never of an effect.",
    )
    baseline_count: Positive | None = Field(
        default=None, description="Units that would have happened anyway; never of an effect."
    )
    verification: Verification | None = Field(
        default=None, description="How errors found in a sample of claims are extrapolated."
    )
    negative_allowed: bool = Field(
        default=False, description="true: a negative total is charged to the provider."
    )
    claims_of: Annotated[Text | None, AddedLater()] = Field(
        default=None,
        description="Pays for claims: their name in the file of claims. A line of a rate card is "
        "written so by itself.",
    )
    claims_per_person: Annotated[ClaimsOfOne | None, AddedLater()] = Field(
        default=None, description=CLAIMS_OF_ONE
    )
    claimed_from: Annotated[Date | None, AddedLater()] = Field(
        default=None, description="The first day on which what is claimed may be achieved."
    )
    claimed_until: Annotated[Date | None, AddedLater()] = Field(
        default=None, description="The last such day."
    )

    @model_validator(mode="after")
    def _claims_say_how_many_a_person_makes(self) -> Self:
        if self.claims_of is None:
            stated = [
                name
                for name in ("claims_per_person", "claimed_from", "claimed_until")
                if getattr(self, name) is not None
            ]
            if stated:
                raise ValueError(f"{stated[0]} is of claims. Name them in claims_of")
            return self
        if self.measure != "count":
            raise ValueError(f"claims are counted: measure is count, not {self.measure}")
        if self.claims_per_person is None:
            raise ValueError(
                "claims_per_person is missing: how many claims one person may make, 1, 2, ... or "
                "several"
            )
        start, end = self.claimed_from, self.claimed_until
        if start is not None and end is not None and end < start:
            raise ValueError(f"claimed_until {end} is before claimed_from {start}. Swap them")
        return self

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
        if self.verification is not None and self.measure != "count":
            raise ValueError(
                f"verification is of claims that were counted, not of measure {self.measure}. "
                "Remove it, or pay on measure: count"
            )
        return self


class Threshold(MeasuredClause):
    """A cliff: once the measure is at least ``minimum``, pay ``amount``, or ``price`` for each
    unit of ``paid_on`` (the measure itself unless stated)."""

    type: Literal["threshold"]
    outcome: Text = Field(description="The id of one of the outcomes.")
    minimum: Positive = Field(
        description="Paid once the measure reaches this; a relative effect is a fraction: 0.075."
    )
    amount: Money | None = Field(default=None, description="A lump of money.")
    price: Money | None = Field(default=None, description="Money for each unit, not a lump.")
    paid_on: Measure | None = Field(default=None, description="What a price is paid on.")

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

    lower: Annotated[Number, Field(ge=0)] = Field(
        alias="from", description="The band holds from this value on."
    )
    upper: Number | None = Field(
        alias="to", description="Up to, and without, this value; null for the last."
    )
    pay: Money | None = Field(default=None, description="A lump of money.")
    rate: Money | None = Field(default=None, description="Money for each unit.")

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
    outcome: Text = Field(description="The id of one of the outcomes.")
    mode: Literal["retroactive", "marginal"] = Field(
        description="retroactive: the band reached prices everything; marginal: each its part."
    )
    bands: Annotated[tuple[Band, ...], Field(min_length=1)] = Field(
        description="From the lowest up, without gap or overlap."
    )
    paid_on: Measure | None = Field(default=None, description="What a rate is paid on.")

    @model_validator(mode="after")
    def _bands_tile_the_measure(self) -> Self:
        for band in self.bands:
            check_bound(self.measure, "from", band.lower)
            if band.upper is not None:
                check_bound(self.measure, "to", band.upper)
        for lower, upper in pairwise(self.bands):
            if upper.lower < lower.lower:
                raise ValueError(f"bands {lower} and {upper} are not in rising order. Sort them")
            if lower.upper is None or upper.lower < lower.upper:
                raise ValueError(
                    f"bands {lower} and {upper} overlap. End the first at {upper.lower}"
                )
            if upper.lower > lower.upper:
                raise ValueError(
                    f"nothing says what is paid between bands {lower} and {upper}. Start the "
                    f"second at {lower.upper}, or add a band that pays 0"
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
    outcome: Text | None = Field(
        default=None, description="The id of the counted outcome that each fee is for."
    )
    measure: Literal["count"] = Field(default="count", description="Always a count.")
    amount: Money = Field(description="Money each time.")
    times: Positive | None = Field(default=None, description="How many times, if agreed.")

    @model_validator(mode="after")
    def _one_count(self) -> Self:
        if (self.outcome is None) == (self.times is None):
            raise ValueError(
                "a fixed fee is paid either for each counted outcome or an agreed number of times"
            )
        return self


class SlidePoint(Agreed):
    """One end of a linear slide."""

    at: Number = Field(ge=0, description="The measure; a relative effect is a fraction: 0.05.")
    pay: Money = Field(description="What is paid there.")


class Slide(MeasuredClause):
    """A straight line between two points: nothing below the first, no more above the second."""

    type: Literal["slide"]
    outcome: Text = Field(description="The id of one of the outcomes.")
    start: SlidePoint = Field(description="Where payment starts; below it nothing is paid.")
    end: SlidePoint = Field(description="Where payment is in full.")

    @model_validator(mode="after")
    def _it_leads_upwards(self) -> Self:
        for name, point in (("start.at", self.start), ("end.at", self.end)):
            check_bound(self.measure, name, point.at)
        if self.end.at <= self.start.at:
            raise ValueError(
                f"a slide must end above where it starts, got start.at {self.start.at} and "
                f"end.at {self.end.at}. Swap them, or use a threshold"
            )
        if self.end.pay < self.start.pay:
            raise ValueError(
                f"a slide must not pay less for more, got {self.start.pay} at {self.start.at} and "
                f"{self.end.pay} at {self.end.at}"
            )
        return self
