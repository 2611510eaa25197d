"""Payment terms: what is paid for which outcome, as agreed, clause by clause.

Money is in the contract's currency. Clauses that pay on one measure are in ``payment_clauses``,
those on several in ``payment_several``, those that adjust what others pay in
``payment_adjusting``, limits over several clauses and earlier years in ``payment_limits``.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import AddedLater, Agreed, Date, Slug
from pbc_eval.agreement.choice import Choice
from pbc_eval.agreement.money import Money, Number
from pbc_eval.agreement.payment_adjusting import (
    Clawback,
    Gainshare,
    KpiDeduction,
    ProfitShare,
    Release,
    ServiceCredit,
    Withhold,
)
from pbc_eval.agreement.payment_base import ClauseBase, Indexation, index_problem
from pbc_eval.agreement.payment_claimed import claimed_problem, in_force, year_named
from pbc_eval.agreement.payment_clauses import (
    Band,
    Bands,
    FixedFee,
    Slide,
    SlidePoint,
    Tariff,
    Threshold,
    Verification,
)
from pbc_eval.agreement.payment_finance import Drawdown, Investment
from pbc_eval.agreement.payment_limits import EarlierYear, GroupLimit, RestatedOutcome
from pbc_eval.agreement.payment_rates import (
    PaymentYear,
    Plan,
    Rate,
    RateCard,
    Variation,
    rate_problem,
    with_rated_clauses,
)
from pbc_eval.agreement.payment_several import Metric, Scorecard, Triggers
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.sizes import FEWER_CLAUSES, MOST_CLAUSES, too_many
from pbc_eval.errors import PaymentTermsError

CLAUSES_OF_FILES = Choice(
    "type",
    (
        *(Tariff, Threshold, Bands, Slide, FixedFee, Scorecard, Triggers),
        *(ServiceCredit, KpiDeduction, Gainshare, ProfitShare, Withhold, Release, Clawback),
    ),
)
"""The kinds of clause that terms may hold; ``payment.clauses.register_clause`` adds to them."""

Clause = Annotated[ClauseBase, CLAUSES_OF_FILES]


class Rounding(Agreed):
    """How an amount becomes payable: decimals of the currency (2 = pence, 0 = pounds)."""

    decimals: Literal[0, 2] = Field(default=2, description="Decimals of the payment.")
    mode: Literal["half_up", "half_even", "down"] = Field(
        default="half_up", description="What becomes of a half: up, to the even neighbour, down."
    )

    @property
    def step(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


def _iso_currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"must be an ISO 4217 code such as GBP, got {value!r}")
    return value


def _clauses_or_rate_cards(schema: dict[str, Any]) -> None:
    schema["required"].remove("clauses")
    schema["anyOf"] = [{"required": ["clauses"]}, {"required": ["rate_cards"]}]


class PaymentTerms(Agreed):
    """The payment side of a contract, and the account of earlier years."""

    model_config = ConfigDict(json_schema_extra=_clauses_or_rate_cards)

    currency: Annotated[str, AfterValidator(_iso_currency)] = Field(
        description="That of the contract."
    )
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)] = Field(
        description="One for each thing that is paid."
    )
    rate_cards: Annotated[tuple[RateCard, ...], AddedLater()] = Field(
        default=(), description="Prices of claims: each line is a clause that pays for its claims."
    )
    years: Annotated[tuple[PaymentYear, ...], AddedLater()] = Field(
        default=(), description="The payment years, in order, each with its days and its cap."
    )
    plan: Annotated[Plan | None, AddedLater()] = Field(
        default=None, description="What was planned to be paid when the contract was agreed."
    )
    variations: Annotated[tuple[Variation, ...], AddedLater()] = Field(
        default=(), description="Dated changes of the contract, in order."
    )
    limits: tuple[GroupLimit, ...] = Field(
        default=(), description="Caps and floors over some clauses, or over a cohort."
    )
    year: str = Field(default="", description="The year that is paid for: 2025-26.")
    year_cap: Money | None = Field(default=None, description="The most that one year pays.")
    year_floor: Money | None = Field(default=None, description="The least that one year pays.")
    cap: Money | None = Field(
        default=None, description="The most that is paid in all, earlier years included."
    )
    floor: Money | None = Field(
        default=None, description="The least that is paid in all, earlier years included."
    )
    earlier_years: tuple[EarlierYear, ...] = Field(
        default=(), description="What was paid before, and what has been corrected since."
    )
    indices: dict[str, dict[Date, Number]] = Field(
        default_factory=dict, description="Index series by name: date to value."
    )
    promised_effects: dict[Slug, float] = Field(
        default_factory=dict,
        description="The effect that the contract was priced on, by outcome; positive is better.",
    )
    investment: Investment | None = Field(
        default=None, description="What investors lend until results are paid."
    )
    rounding: Rounding = Field(default=Rounding(), description="How the payment is rounded, once.")
    illustrative: bool = Field(default=False, description="true: the terms were made up.")
    notes: str = Field(default="", description="What a reader of the terms must know.")

    @property
    def due_clauses(self) -> tuple[Clause, ...]:
        """The clauses that are paid in ``year``."""
        paid = year_named(self.years, self.year)
        return tuple(
            c
            for c in self.clauses
            if (not c.years or self.year in c.years)
            and (paid is None or not isinstance(c, Tariff) or in_force(c, paid.start, paid.end))
        )

    @property
    def _may_be_corrected(self) -> bool:
        """Can a statement hold corrections alone? Where an earlier year is restated, or is counted
        from claims, which show it as it is known now."""
        return any(earlier.restated or self.claimed for earlier in self.earlier_years)

    @property
    def claimed(self) -> tuple[Tariff, ...]:
        """The clauses that pay for claims, in the order of the terms."""
        return tuple(c for c in self.clauses if isinstance(c, Tariff) and c.claims_of is not None)

    @property
    def cap_of_year(self) -> Decimal | None:
        """The most that ``year`` pays: as the last variation that names it says, else as agreed."""
        paid = year_named(self.years, self.year)
        agreed = [paid.cap] if paid else []
        varied = [v.year_caps[self.year] for v in self.variations if self.year in v.year_caps]
        return next((cap for cap in (*reversed(varied), *agreed) if cap is not None), self.year_cap)

    @property
    def cap_now(self) -> Decimal | None:
        """The most that is paid in all: by the last variation in force in ``year`` that says."""
        paid = year_named(self.years, self.year)
        varied = [v.cap for v in self.variations if paid is None or v.on <= paid.end]
        if self.cap is None:
            return None
        return next((cap for cap in reversed(varied) if cap is not None), self.cap)

    @model_validator(mode="before")
    @classmethod
    def _a_clause_for_each_rate(cls, data: Any) -> Any:
        return with_rated_clauses(data)

    @model_validator(mode="after")
    def _terms_are_coherent(self) -> Self:
        problems = (
            too_many("clauses", self.clauses, MOST_CLAUSES, FEWER_CLAUSES),
            self._id_problem(),
            self._limit_problem(),
            self._reference_problem(),
            self._group_problem(),
            self._person_problem(),
            self._year_problem(),
            index_problem(self.clauses, self.indices),
            self._promise_problem(),
            rate_problem(self.rate_cards, self.years, self.plan, self.variations, cap=self.cap),
            claimed_problem(self.claimed),
        )
        if any(problems):
            raise ValueError("\n".join(filter(None, problems)))
        return self

    def _id_problem(self) -> str | None:
        ids = [clause.id for clause in self.clauses] + [limit.id for limit in self.limits]
        twice = ", ".join(sorted({name for name in ids if ids.count(name) > 1}))
        return twice and f"clause ids must be unique, got {twice} more than once"

    def _limit_problem(self) -> str | None:
        for name, cap, floor in (
            ("contract", self.cap, self.floor),
            ("year", self.year_cap, self.year_floor),
        ):
            if cap is not None and floor is not None and floor > cap:
                return (
                    f"{name} floor {floor} is above {name} cap {cap}. Lower the floor, or raise "
                    "the cap"
                )
        owners = [
            ("the contract", self.cap, self.floor),
            ("a year", self.year_cap, self.year_floor),
        ]
        owners += [(clause.id, clause.cap, clause.floor) for clause in self.clauses]
        owners += [(limit.id, limit.cap, limit.floor) for limit in self.limits]
        owners += [(f"year {year.year}", year.cap, None) for year in self.years]
        for change in self.variations:
            owners += [(change.id, cap, None) for cap in (change.cap, *change.year_caps.values())]
        for owner, cap, floor in owners:
            for name, value in (("cap", cap), ("floor", floor)):
                if value is not None and value % self.rounding.step:
                    return (
                        f"{owner}: {name} {value} is finer than payments, which are rounded to "
                        f"{self.rounding.decimals} decimals; rounding could then breach it"
                    )
        return None

    def _reference_problem(self) -> str | None:
        """Clauses that rest on others: these are there, and no two rest on each other."""
        known = {clause.id: clause for clause in self.clauses}
        for clause in self.clauses:
            for name in clause.clauses:
                if name not in known or name == clause.id:
                    what = "itself" if name == clause.id else f"clause {name!r}, which is not there"
                    near = did_you_mean(name, [other for other in known if other != clause.id])
                    return f"{clause.id}: rests on {what}.{near} Name other clauses of the contract"
                if clause.type == "release" and known[name].type != "withhold":
                    return f"{clause.id}: releases {name!r}, which is no withhold clause"
        try:
            self.in_order(self.clauses)
        except ValueError as circle:
            return str(circle)
        return None

    @staticmethod
    def in_order(clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
        """Clauses after those that they rest on. Raises ValueError where two rest on each other."""
        waiting, ordered = list(clauses), list[Clause]()
        there = {clause.id for clause in clauses}
        while waiting:
            done = {clause.id for clause in ordered}
            ready = [c for c in waiting if not (set(c.clauses) & there) - done]
            if not ready:
                names = ", ".join(clause.id for clause in waiting)
                raise ValueError(
                    f"{names} rest on each other; no one of them can be worked out first. "
                    "Take one out of what the other rests on"
                )
            ordered += ready
            waiting = [clause for clause in waiting if clause not in ready]
        return tuple(ordered)

    def members(self, limit: GroupLimit) -> frozenset[str]:
        """Ids of the clauses that a limit bounds."""
        if limit.of:
            rated = {clause.id for clause in self.claimed if clause.claims_of in limit.of}
            return frozenset(limit.of) | rated
        return frozenset(clause.id for clause in self.clauses if clause.cohort == limit.cohort)

    def _group_problem(self) -> str | None:
        """Limits bound clauses that are there, and are nested or apart, so that order is plain."""
        known = [clause.id for clause in self.clauses]
        for limit in self.limits:
            if lacking := sorted(self.members(limit) - set(known)):
                near = did_you_mean(lacking[0], known)
                return f"{limit.id}: bounds clause {lacking[0]!r}, which is not there.{near}"
            if not self.members(limit):
                cohorts = sorted({clause.cohort for clause in self.clauses} - {""})
                near = did_you_mean(limit.cohort, cohorts)
                return f"{limit.id}: no clause pays for cohort {limit.cohort!r}.{near}"
        for number, limit in enumerate(self.limits):
            for two in self.limits[number + 1 :]:
                a, b = self.members(limit), self.members(two)
                if a & b and not (a < b or b < a):
                    return (
                        f"{limit.id} and {two.id} bound some of the same clauses; what comes off "
                        "which would depend on their order. Nest one in the other, or part them"
                    )
        return None

    def _person_problem(self) -> str | None:
        """A cap for each person is worked out from what each clause pays for a person's count."""
        for limit in self.limits:
            for clause in self.clauses if limit.cap_per_person is not None else ():
                if clause.id not in self.members(limit):
                    continue
                if not isinstance(clause, Tariff) or clause.measure != "count":
                    return (
                        f"{limit.id}: cap_per_person bounds tariffs on counts, and {clause.id} is "
                        "none. Leave it out of the limit"
                    )
                of_the_sum = (
                    *("cap", "floor", "max_units", "cap_per_person", "baseline_count"),
                    *("verification", "indexed", "measure_decimals"),
                )
                if taken := [name for name in of_the_sum if getattr(clause, name) is not None]:
                    return (
                        f"{limit.id}: cap_per_person is worked out person by person, and "
                        f"{taken[0]} of {clause.id} is of the sum. Remove it from the clause"
                    )
        return None

    def _year_problem(self) -> str | None:
        needs = any(clause.years for clause in self.clauses) or bool(self.earlier_years)
        if needs and not self.year:
            return "year is needed, the year that is paid for, since clauses or payments name years"
        if self.years and self.year and year_named(self.years, self.year) is None:
            known = [year.year for year in self.years]
            return f"year {self.year!r} is not among years.{did_you_mean(self.year, known)}"
        if not self.due_clauses and not self._may_be_corrected:
            return (
                f"no clause is paid in year {self.year!r}, and no earlier year is corrected. "
                "Correct year, or the clauses' years; or restate under earlier_years the results "
                "of a year that was paid"
            )
        years = [earlier.year for earlier in self.earlier_years]
        if self.year in years:
            return (
                f"year {self.year!r} is paid for now and is among earlier_years too. Keep one; a "
                "correction belongs to a later year's statement"
            )
        twice = sorted({year for year in years if years.count(year) > 1})
        return f"earlier_years names {', '.join(twice)} more than once" if twice else None

    def _promise_problem(self) -> str | None:
        paid = sorted({name for clause in self.clauses for name in clause.outcomes})
        for name, effect in self.promised_effects.items():
            if name not in paid:
                near = did_you_mean(name, paid)
                return f"promised_effects: {name!r} is no outcome that a clause pays for.{near}"
            if effect <= 0:
                return (
                    f"promised_effects: {name} must be above zero, got {effect:g}. An improvement "
                    "is positive, whichever way the outcome points"
                )
        return None


def payment_terms_from(data: Mapping[str, Any]) -> PaymentTerms:
    """Payment terms from plain data, as read from YAML.

    Raises PaymentTermsError listing every problem: the clause, the value, the rule, the remedy.
    """
    if not isinstance(data, Mapping):
        raise PaymentTermsError(
            f"Payment terms: must be keys and values, as in evaluation.yaml, got {data!r}."
        )
    try:
        return PaymentTerms.model_validate(data)
    except ValidationError as error:
        known = [field.alias or name for m in _models() for name, field in m.model_fields.items()]
        problems = problems_in_words(error, data, known)
        raise PaymentTermsError("Payment terms: " + "\n".join(problems)) from error


def terms_of(terms: object) -> PaymentTerms:
    """Payment terms as they are, or from plain data. Raises PaymentTermsError for anything else."""
    return terms if isinstance(terms, PaymentTerms) else payment_terms_from(cast(Any, terms))


def _models() -> Iterator[type[BaseModel]]:
    """Every model of payment terms, for the keys they know."""
    yield from (PaymentTerms, Tariff, Threshold, Bands, Band, Slide, SlidePoint, FixedFee)
    yield from (Scorecard, Metric, Triggers, ServiceCredit, KpiDeduction, Gainshare, ProfitShare)
    yield from (Withhold, Release, Clawback, Verification, Indexation, Rounding)
    yield from (GroupLimit, EarlierYear, RestatedOutcome, Investment, Drawdown)
    yield from (RateCard, Rate, PaymentYear, Plan, Variation)
