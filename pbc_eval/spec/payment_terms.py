"""Payment terms: what is paid for which outcome, as agreed, clause by clause.

    tariff      price for each unit counted or estimated
    threshold   a cliff: a lump or a price per unit, once the measure reaches a minimum
    bands       a lump or a rate by band, retroactive (the band reached prices everything) or
                marginal (each band prices what lies inside it)
    fixed_fee   an attachment or delivery fee: amount x count

A relative effect is a fraction (0.075), never a percentage. Money is in the contract's currency.
An effect is already net of what would have happened anyway, so only a counted quantity admits
deadweight or a baseline: the counterfactual is counted once.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import PaymentTermsError
from pbc_eval.spec.base import Agreed, Share, Slug
from pbc_eval.spec.money import Money, Number
from pbc_eval.spec.problems import problems_in_words

Measure = Literal["effect", "relative_effect", "total", "count"]
EstimateRule = Literal["point", "lower_bound", "zero_unless_significant"]
RULES = ("point", "lower_bound", "zero_unless_significant")
HEADLINE = "headline"  # the evaluation's own estimate, in a blend

Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[Number, Field(gt=0)]


class Blend(Agreed):
    """A pre-agreed weighting of estimates, e.g. 0.8 of the headline and 0.2 of another.

    Names are "headline" or those of MeasuredOutcome.alternatives; weights sum to 1.
    """

    blend: dict[str, Share]

    @model_validator(mode="after")
    def _weights_sum_to_one(self) -> Self:
        total = sum(self.blend.values())
        if abs(total - 1) > 1e-9:
            raise ValueError(f"weights of a blend must sum to 1, got {total:g} from {self.blend}")
        return self


def _known_rule(value: Any) -> Any:
    if isinstance(value, str) and value not in RULES:
        raise ValueError(
            f"must be one of {', '.join(RULES)} or a blend of named estimates, got {value!r}."
            f"{did_you_mean(value, RULES)}"
        )
    return value


class ClauseBase(Agreed):
    """What every clause states. ``cap`` and ``floor`` bound the clause's own amount.

    A floor is paid whatever the result. ``deduction`` subtracts the amount (service credits).
    ``measure_decimals`` rounds the measure (half up) before it is compared and priced, where the
    contract says so.
    """

    id: Slug
    label: Text
    reference: Text  # where the contract says it: "Schedule 2, para 4"
    outcome: Text | None
    unit: str = ""  # what one unit is, for sentences: "readmission avoided"
    measure: Measure
    estimate_used: Annotated[EstimateRule | Blend, BeforeValidator(_known_rule)] = "point"
    measure_decimals: Annotated[int, Field(ge=0, le=11)] | None = None
    deduction: bool = False
    cap: Money | None = None
    floor: Money | None = None
    illustrative: bool = False
    source: Text  # where the figures were found, and whether they were READ or RECALLED

    @model_validator(mode="after")
    def _clause_is_coherent(self) -> Self:
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(f"floor {self.floor} is above cap {self.cap}")
        if self.measure == "count" and self.estimate_used != "point":
            raise ValueError(
                "a count has no sampling error to allow for. Set estimate_used to point, or "
                "measure to total"
            )
        return self


class Tariff(ClauseBase):
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


def _check_bound(measure: Measure, name: str, value: Decimal) -> None:
    """A relative effect above 1 is a percentage in disguise."""
    if measure == "relative_effect" and value > 1:
        fraction = (value / 100).normalize()
        hint = f" Did you mean {fraction:f}?" if value <= 100 else ""
        raise ValueError(
            f"{name} must be a fraction in [0, 1] for a relative effect, got {value}.{hint}"
        )


class Threshold(ClauseBase):
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
        _check_bound(self.measure, "minimum", self.minimum)
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


class Bands(ClauseBase):
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
            _check_bound(self.measure, "from", band.lower)
            if band.upper is not None:
                _check_bound(self.measure, "to", band.upper)
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


class FixedFee(ClauseBase):
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


Clause = Annotated[Tariff | Threshold | Bands | FixedFee, Field(discriminator="type")]


class Rounding(Agreed):
    """How an amount becomes payable: decimals of the currency (2 = pence, 0 = pounds)."""

    decimals: Literal[0, 2] = 2
    mode: Literal["half_up", "half_even", "down"] = "half_up"

    @property
    def step(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


def _iso_currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"must be an ISO 4217 code such as GBP, got {value!r}")
    return value


class PaymentTerms(Agreed):
    """The payment side of a contract. ``cap`` and ``floor`` bound the total of all clauses."""

    currency: Annotated[str, AfterValidator(_iso_currency)]
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)]
    cap: Money | None = None
    floor: Money | None = None
    rounding: Rounding = Rounding()
    illustrative: bool = False
    notes: str = ""

    @model_validator(mode="after")
    def _terms_are_coherent(self) -> Self:
        ids = [clause.id for clause in self.clauses]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"clause ids must be unique, got {', '.join(twice)} more than once")
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(f"contract floor {self.floor} is above contract cap {self.cap}")
        owners = [("the contract", self.cap, self.floor)]
        owners += [(clause.id, clause.cap, clause.floor) for clause in self.clauses]
        for owner, cap, floor in owners:
            for name, value in (("cap", cap), ("floor", floor)):
                if value is not None and value % self.rounding.step:
                    raise ValueError(
                        f"{owner}: {name} {value} is finer than payments, which are rounded to "
                        f"{self.rounding.decimals} decimals; rounding could then breach it"
                    )
        return self


def payment_terms_from(data: Mapping[str, Any]) -> PaymentTerms:
    """Payment terms from plain data, as read from YAML.

    Raises PaymentTermsError listing every problem: the clause, the value, the rule, the remedy.
    """
    try:
        return PaymentTerms.model_validate(data)
    except ValidationError as error:
        models = (PaymentTerms, Tariff, Threshold, Bands, FixedFee, Band, Rounding)
        known = [field.alias or name for m in models for name, field in m.model_fields.items()]
        problems = problems_in_words(error, data, known)
        raise PaymentTermsError("Payment terms: " + "\n".join(problems)) from error
