"""The statement of account: what each payment year came to, what was paid, what is still to come.

    terms, results, claims ── account_of ▶ Account: a row a year, a line a price, the balance

What is due is the statement's; accrued and forecast claims are priced beside it and are no part of
it. The balance is the statement's total: due so far, less what was paid before.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

import pandas as pd
from pydantic import ValidationError

from pbc_eval._display import Displayed
from pbc_eval.agreement.claims import Claims, ClaimState
from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_terms import PaymentTerms, terms_of
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.errors import PaymentTermsError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import ExactMoney, Listed, Name, Names, Noun, Number
from pbc_eval.payment.claim_rules import NO_YEAR
from pbc_eval.payment.claims import ClaimCounts, Counted, claim_counts
from pbc_eval.payment.due import alone, payment_due, recomputed_years
from pbc_eval.payment.people import EXACT, price_of
from pbc_eval.payment.plan_steps import PlanStep, plan_steps
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.results import MeasuredOutcome

ZERO = Decimal(0)
CLAIMS = Noun(Sentence("claim"), Sentence("claims"))
AMOUNTS = Noun(Sentence("amount"), Sentence("amounts"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountYear:
    """One payment year. Money in the contract's currency; ``year`` is empty where there is none."""

    year: str
    claims: Decimal  # verified, corrections included
    due: Decimal  # after the limits of the year, as known now
    due_in_all: Decimal  # with the years before
    paid_before: Decimal | None  # recorded; None for the year that is paid for now, and later ones
    accrued: Decimal  # achieved and not verified, at their prices, before limits
    forecast: Decimal  # expected, at their prices, before limits
    planned: Decimal | None  # by the last plan or variation that names the year
    start: dt.date | None = None
    end: dt.date | None = None

    @property
    def to_pay(self) -> Decimal:
        """Due and not paid before; negative where too much was paid."""
        return self.due - (self.paid_before or ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One price: the claims of the year that is paid for, and what they come to."""

    clause: str
    label: str
    cohort: str
    price: Decimal
    claims: Decimal
    people: int | None
    amount: Decimal  # as the statement has it
    paid: Decimal | None  # recorded as paid for these claims

    @property
    def difference(self) -> Decimal | None:
        return None if self.paid is None else self.amount - self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimsOfYear:
    """Claims at one price in one year and state: what the amounts of a year are made of."""

    year: str
    state: ClaimState
    clause: str
    claims: Decimal
    people: int | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Account(Displayed):
    """A row for each payment year and a line for each price."""

    currency: str
    decimals: int
    years: tuple[AccountYear, ...]
    lines: tuple[AccountLine, ...]
    steps: tuple[PlanStep, ...]
    balance: Decimal  # the statement's total
    is_last_year: bool = True  # the plan can be held against what is due
    year: str = ""  # that is paid for; empty where the terms list no years
    by_price: tuple[ClaimsOfYear, ...] = ()  # verified and accrued
    notes: tuple[Sentence, ...] = ()  # what of the claims' file is no claim
    has_clauses: bool = True  # False: the statement holds corrections alone

    @property
    def contract_limits(self) -> Decimal:
        """What the contract's own cap and floor add to or take off the balance of the years."""
        return self.balance - sum((year.to_pay for year in self.years), ZERO)

    @property
    def recorded(self) -> tuple[AccountLine, ...]:
        """The lines of which it is known what was paid."""
        return tuple(line for line in self.lines if line.paid is not None)

    @property
    def recorded_as_paid(self) -> Decimal | None:
        """What was recorded as paid for the lines; None unless it is known of each."""
        if not self.lines or len(self.recorded) < len(self.lines):
            return None
        return sum((line.paid or ZERO for line in self.lines), ZERO)

    @property
    def differing(self) -> tuple[AccountLine, ...]:
        """Those whose amount is not what was recorded as paid."""
        return tuple(line for line in self.recorded if line.difference)

    @property
    def by_cohort(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Claims and amount of each cohort, in the order of the terms."""
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for line in self.lines:
            claims, amount = sums.get(line.cohort, (ZERO, ZERO))
            sums[line.cohort] = (claims + line.claims, amount + line.amount)
        return sums

    @property
    def sentences(self) -> tuple[Sentence, ...]:
        """What is due beside what is not, and how the amounts agree with what was recorded."""
        lines = [_of_the_year(self), self.not_due, _recorded(self), _against_plan(self)]
        return tuple(line for line in (*lines, _left_out(self)) if line is not None)

    @property
    def not_due(self) -> Sentence | None:
        """What has accrued and what is forecast, where there is any: nothing of it is due."""
        return _not_due(self)

    def summary(self) -> str:
        """Years, claims and the balance."""
        claims = sum((line.claims for line in self.lines), ZERO)
        return f"{self.currency} {self.balance:,} to pay, {claims:,f} claims in this year"

    def to_frame(self) -> pd.DataFrame:
        """One row a payment year: year, claims, due, due_in_all, paid_before, to_pay, accrued,
        forecast, planned; amounts are Decimal objects."""
        names = ("year", "claims", "due", "due_in_all", "paid_before", "to_pay")
        names += ("accrued", "forecast", "planned")  # type: ignore[assignment]
        rows = [{name: getattr(year, name) for name in names} for year in self.years]
        return pd.DataFrame(rows, columns=list(names), dtype=object)

    def lines_frame(self) -> pd.DataFrame:
        """One row a price: clause, label, cohort, price, claims, people, amount, paid and the
        difference."""
        names = ["clause", "label", "cohort", "price", "claims", "people"]
        names += ["amount", "paid", "difference"]
        rows = [{name: getattr(line, name) for name in names} for line in self.lines]
        return pd.DataFrame(rows, columns=names, dtype=object)


def claims_account(
    terms: PaymentTerms | Mapping[str, Any],
    claims: Claims | Mapping[str, Any],
    frame: pd.DataFrame,
    results: Mapping[str, MeasuredOutcome] | None = None,
) -> Account:
    """The statement of account of a contract that pays for the claims of a table.

    ``terms`` and ``claims`` as under ``payment`` and ``claims`` of evaluation.yaml, ``frame`` one
    row a claim or a row for many; ``results`` what other clauses rest on, by outcome.

    Raises PaymentTermsError and DataError that list every problem of terms and of claims.
    """
    terms = terms_of(terms)
    try:
        stated = claims if isinstance(claims, Claims) else Claims.model_validate(claims)
    except ValidationError as error:
        raise PaymentTermsError("claims: " + "\n".join(problems_in_words(error, claims))) from None
    counts = claim_counts(terms, stated, frame)
    known = {**(results or {}), **counts.results(terms)}
    return account_of(counts.restated(terms), known, counts)


def account_of(
    terms: PaymentTerms,
    results: Mapping[str, MeasuredOutcome],
    claims: ClaimCounts,
    statement: PaymentStatement | None = None,
) -> Account:
    """The account of a contract that pays for claims.

    ``terms`` are those of the statement (``claims.restated``), ``results`` what it rests on.
    Raises what ``payment_due`` raises.
    """
    statement = statement or payment_due(terms, results)
    with localcontext(EXACT):
        years = tuple(_years(terms, results, claims))
        return Account(
            currency=terms.currency,
            decimals=terms.rounding.decimals,
            years=years,
            lines=tuple(_lines(terms, claims, statement)),
            steps=tuple(plan_steps(terms)),
            balance=statement.total,
            year=terms.year if terms.years else NO_YEAR,
            is_last_year=not terms.years or terms.years[-1].year == terms.year,
            by_price=tuple(_by_price(terms, claims, [year.year for year in years])),
            notes=claims.notes,
            has_clauses=bool(statement.lines),
        )


def _by_price(
    terms: PaymentTerms, claims: ClaimCounts, years: Iterable[str]
) -> Iterable[ClaimsOfYear]:
    states: tuple[ClaimState, ...] = ("verified", "accrued")
    for year in years:
        for state in states:
            counted = claims.of(year, state)
            for clause in terms.claimed:
                if (known := counted.get(str(clause.outcome))) is not None:
                    yield ClaimsOfYear(
                        year=year,
                        state=state,
                        clause=clause.id,
                        claims=known.units,
                        people=known.people,
                    )


def _years(
    terms: PaymentTerms, results: Mapping[str, MeasuredOutcome], claims: ClaimCounts
) -> Iterable[AccountYear]:
    recomputed = {earlier.year: due for earlier, due in recomputed_years(terms)}
    paid = {earlier.year: earlier.paid for earlier in terms.earlier_years}
    planned: dict[str, Decimal] = {} if terms.plan is None else dict(terms.plan.by_year)
    for change in terms.variations:
        planned |= change.by_year
    days = {year.year: (year.start, year.end) for year in terms.years}
    names = list(days) or [NO_YEAR]
    now = terms.year if terms.years else NO_YEAR
    in_all = ZERO
    for name in names:
        due = recomputed.get(name, paid.get(name, ZERO))
        if name == now:
            due = payment_due(alone(terms, terms.year, terms.earlier_years), results).total
        in_all += due
        verified = claims.of(name).values()
        yield AccountYear(
            year=name,
            claims=sum((counted.units for counted in verified), ZERO),
            due=due,
            due_in_all=in_all,
            paid_before=None if name == now else paid.get(name),
            accrued=_at_prices(terms, claims, name, "accrued"),
            forecast=_at_prices(terms, claims, name, "forecast"),
            planned=planned.get(name),
            start=days[name][0] if name in days else None,
            end=days[name][1] if name in days else None,
        )


def _at_prices(terms: PaymentTerms, claims: ClaimCounts, year: str, state: ClaimState) -> Decimal:
    counted = claims.of(year, state)
    return sum(
        (
            _at_price(clause, counted[clause.outcome], terms)
            for clause in terms.claimed
            if clause.outcome in counted
        ),
        ZERO,
    )


def _at_price(clause: Tariff, counted: Counted, terms: PaymentTerms) -> Decimal:
    return (price_of(clause) * counted.units).quantize(terms.rounding.step)


def _lines(
    terms: PaymentTerms, claims: ClaimCounts, statement: PaymentStatement
) -> Iterable[AccountLine]:
    due = {line.clause: line.amount for line in statement.lines}
    known = claims.of(terms.year if terms.years else NO_YEAR)
    for clause in terms.claimed:
        if clause.id not in due or clause.outcome is None:
            continue
        counted = known.get(clause.outcome)
        yield AccountLine(
            clause=clause.id,
            label=clause.label,
            cohort=clause.cohort,
            price=clause.price,
            claims=ZERO if counted is None else counted.units,
            people=None if counted is None else counted.people,
            amount=due[clause.id],
            paid=None if counted is None else counted.paid,
        )


def _of_the_year(account: Account) -> Sentence | None:
    """Which year is paid for, and what corrections of earlier years are in it."""
    if not account.year:
        return None
    before = [year for year in account.years if year.paid_before is not None and year.to_pay]
    moved = sum((year.to_pay for year in before), ZERO)
    corrected = EMPTY
    if before:
        corrected = Sentence(
            " Corrections of {years} {way} {moved}.",
            years=Names(tuple(year.year for year in before)),
            way=Sentence("add") if moved >= 0 else Sentence("take off"),
            moved=ExactMoney(abs(moved), account.currency),
        )
    if not account.has_clauses:
        return Sentence(
            "No clause is paid in {year}.{corrected}", year=Name(account.year), corrected=corrected
        )
    return Sentence(
        "This statement pays for {year}.{corrected}", year=Name(account.year), corrected=corrected
    )


def _not_due(account: Account) -> Sentence | None:
    """'£400 more has accrued and £1,200 more is forecast; nothing of either is due.'"""
    accrued = sum((year.accrued for year in account.years), ZERO)
    forecast = sum((year.forecast for year in account.years), ZERO)
    if not accrued and not forecast:
        return None
    return Sentence(
        "Beside what is due, claims of {accrued} are achieved and not yet verified, and claims of "
        "{forecast} are expected. Nothing of either is due.",
        accrued=ExactMoney(accrued, account.currency),
        forecast=ExactMoney(forecast, account.currency),
    )


def _left_out(account: Account) -> Sentence | None:
    """What of the claims' file is no claim, where something is."""
    if not account.notes:
        return None
    return Sentence("In the file of claims: {notes}.", notes=Listed(account.notes, "; "))


def _recorded(account: Account) -> Sentence | None:
    """Whether the amounts agree with what was recorded as paid, to the penny."""
    recorded = account.recorded
    if not recorded:
        return None
    paid = sum((line.paid or ZERO for line in recorded), ZERO)
    differing = account.differing
    if not differing:
        return Sentence(
            "{amounts} worked out from claims and prices, each the same to the penny as what was "
            "recorded as paid: {paid} together.",
            amounts=Number(len(recorded), noun=AMOUNTS),
            paid=ExactMoney(paid, account.currency),
        )
    worst = max(differing, key=lambda line: abs(line.difference or ZERO))
    return Sentence(
        "Of {amounts} worked out from claims and prices, {others} differ from what was recorded as "
        "paid, most of all {label}: {amount} beside {paid}.",
        amounts=Number(len(recorded), noun=AMOUNTS),
        others=Number(len(differing)),
        label=Name(worst.label),
        amount=ExactMoney(worst.amount, account.currency),
        paid=ExactMoney(worst.paid or ZERO, account.currency),
    )


def _against_plan(account: Account) -> Sentence | None:
    """The first plan, what variations moved, and what is due so far."""
    if not account.steps:
        return None
    first, last = account.steps[0], account.steps[-1]
    moved = EMPTY
    if len(account.steps) > 1:
        change = last.planned - first.planned
        moved = Sentence(
            " Variations moved it by {change} {way}, to {last}.",
            change=ExactMoney(abs(change), account.currency),
            way=Sentence("upwards") if change >= 0 else Sentence("downwards"),
            last=ExactMoney(last.planned, account.currency),
        )
    return Sentence(
        "The first plan was {first}.{moved} {due} has become due so far.",
        first=ExactMoney(first.planned, account.currency),
        moved=moved,
        due=ExactMoney(account.years[-1].due_in_all, account.currency),
    )
