"""Rate cards, years, plans and variations: a contract over time, as data of the agreement.

    rate_cards × variations ── rated_clauses ▶ a tariff for each price, in force between two days
    years, year caps, variations ── ceilings ▶ the caps that hold for a year

A price holds for the claims that were achieved while it was in force. A variation therefore never
changes a clause: it ends one on the day before it takes effect, and begins another.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.base import Agreed, Date, Share, Slug
from pbc_eval.agreement.money import Money
from pbc_eval.agreement.payment_base import Text

ClaimsOfOne = Annotated[int, Field(ge=1)] | Literal["several"]
CLAIMS_OF_ONE = (
    "How many claims one person may make of it: 1, 2, ...; several: the contract sets no number."
)


class Rate(Agreed):
    """One line of a rate card."""

    id: Slug = Field(description="A short name, as claims name it: starts-work.")
    label: Text = Field(description="As the statement names it.")
    price: Money = Field(description="Money for each claim.")
    unit: str = Field(default="claim", description="What one unit is, for sentences: claim.")
    claims_per_person: ClaimsOfOne | None = Field(
        default=None, description="Where it differs from the card's. " + CLAIMS_OF_ONE
    )
    deadweight: Share | None = Field(
        default=None, description="Fraction that would have happened anyway, taken off the claims."
    )


class RateCard(Agreed):
    """Prices of claims, as one table of the contract; each line is paid as a tariff."""

    reference: Text = Field(description="Where the contract says it: Schedule 2, table 1.")
    source: Text = Field(description="Where the prices were found, and whether READ or RECALLED.")
    cohort: str = Field(default="", description="The cohort, lot or bond that it is paid for.")
    claims_per_person: ClaimsOfOne = Field(description=CLAIMS_OF_ONE)
    in_force_from: Date | None = Field(
        default=None, description="The first day on which what is claimed may be achieved."
    )
    in_force_until: Date | None = Field(default=None, description="The last such day.")
    illustrative: bool = Field(default=False, description="true: made up.")
    prices: Annotated[tuple[Rate, ...], Field(min_length=1)] = Field(
        description="One line for each thing that is paid."
    )


class PaymentYear(Agreed):
    """A year of the contract: claims belong to the year in which they were achieved."""

    year: Text = Field(description="As clauses name it: 2024-25.")
    start: Date = Field(description="Its first day.")
    end: Date = Field(description="Its last day.")
    cap: Money | None = Field(default=None, description="The most that it pays, as first agreed.")

    @model_validator(mode="after")
    def _it_runs_forward(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"end {self.end} is before start {self.start}. Swap them")
        return self


class Planned(Agreed):
    """What is planned to be paid, in all or by year."""

    value: Money | None = Field(default=None, description="Planned to be paid in all.")
    by_year: dict[str, Money] = Field(
        default_factory=dict, description="Planned to be paid, by payment year."
    )

    @property
    def total(self) -> Decimal | None:
        """The stated total, or the sum over years; None where neither is stated."""
        if self.value is None and self.by_year:
            return sum(self.by_year.values(), Decimal(0))
        return self.value

    @model_validator(mode="after")
    def _years_add_up(self) -> Self:
        years = sum(self.by_year.values(), Decimal(0))
        if self.value is not None and self.by_year and years != self.value:
            raise ValueError(
                f"by_year adds up to {years:,f} and value is {self.value:,f}. Correct one, or "
                "leave value out"
            )
        return self


class Plan(Planned):
    """The plan as it was first agreed."""

    on: Date = Field(description="The day on which it was agreed.")
    reference: Text = Field(description="Where it is recorded.")


class Variation(Planned):
    """A dated change of the contract. What it does not name stays as it was."""

    id: Slug = Field(description="A short name: variation-1.")
    on: Date = Field(description="The first day on which it is in force.")
    reference: Text = Field(description="Where it is recorded: Deed of variation 1.")
    reason: Text = Field(description="Why the contract was changed; printed.")
    prices: dict[Slug, Money] = Field(
        default_factory=dict,
        description="New prices by line of a rate card, for what is achieved from that day on.",
    )
    ends: tuple[Slug, ...] = Field(
        default=(), description="Lines of a rate card that are not paid from that day on."
    )
    cap: Money | None = Field(default=None, description="The most that is paid in all, from now.")
    year_caps: dict[str, Money] = Field(
        default_factory=dict, description="The most that a year pays, by payment year."
    )

    @model_validator(mode="after")
    def _it_changes_something(self) -> Self:
        changes = (self.prices, self.ends, self.year_caps, self.by_year)
        if not any(changes) and self.cap is None and self.value is None:
            raise ValueError(
                "changes nothing. Name what it changes: prices, ends, cap, year_caps, value or "
                "by_year"
            )
        if both := sorted(set(self.prices) & set(self.ends)):
            raise ValueError(f"{first_few(both)} gets a price and ends. Keep one")
        return self


def rated_clauses(
    cards: Sequence[RateCard], variations: Sequence[Variation]
) -> list[dict[str, Any]]:
    """A tariff on claims for each price of each line, as plain data of the file."""
    return [
        clause
        for card in cards
        for rate in card.prices
        for clause in _tariffs(card, rate, sorted(variations, key=lambda change: change.on))
    ]


def place_in_card(payment: Any, at: int) -> tuple[str, int, str, int] | None:
    """Where the file has the clause number ``at`` (from 0) that was made from a rate card:
    (rate_cards, card, prices, line). None for a clause that stands under ``clauses`` itself."""
    if not isinstance(payment, Mapping):
        return None
    whole = with_rated_clauses(payment)
    clauses = whole.get("clauses") or ()
    if at < len(payment.get("clauses") or ()) or at >= len(clauses):
        return None
    named = _name_of(clauses[at])
    lines = (
        ("rate_cards", card, "prices", line)
        for card, each in enumerate(payment["rate_cards"])
        for line, price in enumerate(each["prices"])
        if price["id"] == named
    )
    return next(lines, None)


def is_of_card(clause: Mapping[str, Any], payment: Mapping[str, Any]) -> bool:
    """Was the clause, as plain data, made from a line of a card of these terms?"""
    named, own = clause.get("claims_of"), str(clause.get("id"))
    cards = payment.get("rate_cards") or ()
    lines = {price.get("id") for card in cards for price in card.get("prices") or ()}
    return named in lines and (own == named or own.startswith(f"{named}-from-"))


def _tariffs(card: RateCard, rate: Rate, changes: Iterable[Variation]) -> list[dict[str, Any]]:
    """One line of a card: its first price, then one for each variation of it."""
    made = [
        {"id": rate.id, "label": rate.label, "price": rate.price, "reference": card.reference}
        | {"claimed_from": card.in_force_from}
    ]
    until = card.in_force_until
    for change in changes:
        if rate.id not in change.prices and rate.id not in change.ends:
            continue
        day_before = change.on - dt.timedelta(days=1)
        if rate.id in change.ends:
            until = day_before if until is None else min(until, day_before)
            break
        made[-1]["claimed_until"] = day_before
        made.append(
            {"id": f"{rate.id}-from-{change.on}", "label": f"{rate.label}, from {change.on}"}
            | {"price": change.prices[rate.id], "claimed_from": change.on}
            | {"reference": f"{card.reference}; {change.reference}"}
        )
    made[-1]["claimed_until"] = until
    each = rate.claims_per_person or card.claims_per_person
    shared: dict[str, Any] = {
        "type": "tariff",
        "measure": "count",
        "unit": rate.unit,
        "claims_of": rate.id,
    }
    shared |= {"claims_per_person": each, "cohort": card.cohort, "source": card.source}
    shared |= {"illustrative": card.illustrative, "deadweight": rate.deadweight}
    return [shared | {"outcome": clause["id"]} | clause for clause in made]


def with_rated_clauses(data: Any) -> Any:
    """The terms with a clause for each price of their rate cards; as they are where cards or
    variations are no such thing, which their own fields then say."""
    if not isinstance(data, Mapping) or not data.get("rate_cards"):
        return data
    try:
        cards = [RateCard.model_validate(card) for card in data["rate_cards"]]
        changes = [Variation.model_validate(change) for change in data.get("variations") or ()]
    except (ValidationError, TypeError):
        return data
    clauses = list(data.get("clauses") or ())
    names = {rate.id for card in cards for rate in card.prices}
    if any(_name_of(clause) in names for clause in clauses):
        return data  # they are there already: the terms were written out and are read again
    rated = rated_clauses(cards, changes)
    prices: dict[Any, list[str]] = {}
    for clause in rated:
        prices.setdefault(clause["claims_of"], []).append(clause["id"])
    return {**data, "clauses": [*(_of_all_prices(c, prices) for c in clauses), *rated]}


def _of_all_prices(clause: Any, prices: Mapping[Any, list[str]]) -> Any:
    """A clause that rests on a line of a rate card rests on each of its prices."""
    if not isinstance(clause, Mapping) or not isinstance(clause.get("of"), list | tuple):
        return clause
    rested_on = [
        each
        for name in clause["of"]
        for each in (prices.get(name, [name]) if isinstance(name, str) else [name])
    ]
    return {**clause, "of": rested_on}


def _name_of(clause: Any) -> Any:
    if isinstance(clause, Mapping):
        return clause.get("claims_of")
    return getattr(clause, "claims_of", None)


def rate_problem(
    cards: Sequence[RateCard],
    years: Sequence[PaymentYear],
    plan: Plan | None,
    variations: Sequence[Variation],
    *,
    cap: Decimal | None,
) -> str | None:
    """Every rule that rate cards, years, the plan and variations break together; None if none."""
    problems = [*_card_problems(cards), *_year_problems(years)]
    names = [rate.id for card in cards for rate in card.prices]
    known = [year.year for year in years]
    for planned in () if plan is None else (plan,):
        problems += _unknown_years("plan", planned.by_year, known)
    for at, change in enumerate(variations):
        for earlier in variations[:at]:
            if earlier.id == change.id:
                problems.append(f"{change.id} is there twice. Give each variation its own id")
            elif earlier.on >= change.on:
                problems.append(
                    f"{change.id} is in force from {change.on}, not after {earlier.id} "
                    f"({earlier.on}). List variations by date, each on a day of its own"
                )
        problems += _change_problems(change, variations[:at], names, cards)
        problems += _unknown_years(change.id, {**change.year_caps, **change.by_year}, known)
        problems += [
            f"{change.id}: changes the cap of {year.year}, which ended on {year.end}, before "
            f"{change.on} when it comes into force. Name a year that ends later, or correct on"
            for year in years
            if year.year in change.year_caps and year.end < change.on
        ]
        if change.cap is not None and cap is None:
            problems.append(
                f"{change.id}: changes the cap, and payment.cap states none. State payment.cap as "
                "it was first agreed"
            )
    return "\n".join(dict.fromkeys(problems)) or None


def _card_problems(cards: Sequence[RateCard]) -> list[str]:
    ids = [rate.id for card in cards for rate in card.prices]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    problems = [f"rate cards name {first_few(twice)} more than once. Rename one"] if twice else []
    return problems + [
        f"rate card {card.reference!r}: in_force_until {card.in_force_until} is before "
        f"in_force_from {card.in_force_from}. Swap them"
        for card in cards
        if card.in_force_from and card.in_force_until and card.in_force_until < card.in_force_from
    ]


def _year_problems(years: Sequence[PaymentYear]) -> list[str]:
    problems = []
    for before, after in pairwise(years):
        if after.start <= before.end:
            problems.append(
                f"years: {after.year} starts on {after.start}, and {before.year} runs to "
                f"{before.end}. List years in order, without overlap"
            )
    names = [year.year for year in years]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        problems.append(f"years names {first_few(twice)} more than once. Keep one")
    return problems


def _unknown_years(owner: str, named: Mapping[str, Any], known: Sequence[str]) -> list[str]:
    return [
        f"{owner}: {year!r} is no payment year "
        + (f"({first_few(known)}).{did_you_mean(year, known)}" if known else "; list payment.years")
        for year in named
        if year not in known
    ]


def _change_problems(
    change: Variation, before: Sequence[Variation], names: Sequence[str], cards: Sequence[RateCard]
) -> list[str]:
    """Lines of rate cards that a variation names and cannot change."""
    problems = []
    ended = {name: earlier for earlier in before for name in earlier.ends}
    last_days = {rate.id: card.in_force_until for card in cards for rate in card.prices}
    first_days = {rate.id: card.in_force_from for card in cards for rate in card.prices}
    for name in (*change.prices, *change.ends):
        last, first = last_days.get(name), first_days.get(name)
        if name not in names:
            near = did_you_mean(name, names)
            problems.append(f"{change.id}: {name!r} is no line of a rate card.{near}")
        elif name in ended:
            problems.append(
                f"{change.id}: {name} ended with {ended[name].id} on {ended[name].on}. Take it out "
                f"of one of them"
            )
        elif last is not None and last < change.on:
            problems.append(
                f"{change.id}: {name} is in force until {last}, before {change.on}. Correct on, or "
                "the card's in_force_until"
            )
        elif first is not None and change.on <= first:
            problems.append(
                f"{change.id}: {name} is in force from {first}, not before {change.on}. Correct "
                "on, or the card's in_force_from"
            )
    return problems
