"""The rules of the terms that claims can break, each with its message.

What is claimed is a line of the terms, its price was in force on the day, its day lies in a payment
year, no person claims more often than is agreed, and a correction names what it corrects.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.claims import Claims, ClaimState
from pbc_eval.agreement.payment_claimed import in_force, year_named
from pbc_eval.agreement.payment_clauses import Tariff
from pbc_eval.agreement.payment_terms import PaymentTerms

NO_YEAR = ""  # of terms that list no payment years


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One row of the file. ``units`` are claims; negative in a correction of too many."""

    row: int  # of the file, its header being row 1
    claims_of: str
    units: Decimal
    claim: str = ""
    person: str = ""
    people: Decimal | None = None
    achieved_on: dt.date | None = None
    state: ClaimState = "verified"
    corrects: str = ""
    paid: Decimal | None = None

    @property
    def where(self) -> str:
        return f"row {self.row}" + (f" ({self.claim})" if self.claim else "")


def priced(terms: PaymentTerms, row: Claim) -> list[Tariff]:
    """The clause that pays for a claim of its day: one, or none where no price was in force."""
    day = row.achieved_on
    return [
        clause
        for clause in terms.claimed
        if clause.claims_of == row.claims_of and in_force(clause, day, day)
    ]


def year_of(terms: PaymentTerms, row: Claim) -> str:
    day = row.achieved_on
    return next(
        (y.year for y in terms.years if day is not None and y.start <= day <= y.end), NO_YEAR
    )


def problems_of(terms: PaymentTerms, claims: Claims, rows: Sequence[Claim]) -> Iterator[str]:
    """Every rule that a claim breaks."""
    yield from _column_problems(terms, claims)
    by_id = {row.claim: row for row in rows if row.claim}
    times = Counter(row.claim for row in rows if row.claim)
    names = list(dict.fromkeys(str(clause.claims_of) for clause in terms.claimed))
    unknown = Counter(row.claims_of for row in rows if row.claims_of not in names)
    for row in rows:
        if row.claims_of not in names:
            if number := unknown.pop(row.claims_of, 0):  # once, however many rows say it
                near = did_you_mean(row.claims_of, names)
                more = f" It is in {number:,} rows." * (number > 1)
                yield (
                    f"{row.where}: {row.claims_of!r} is no line of a rate card.{near}{more} Lines: "
                    f"{first_few(names)}; a claim names one by its id or its label."
                )
            continue
        if times[row.claim] > 1 and row.claim:
            yield f"{row.where}: {row.claim!r} is there {times[row.claim]} times. Keep one."
        if row.corrects:
            yield from _correction_problems(claims, row, by_id)
        else:
            yield from _row_problems(terms, claims, row)
    yield from _overdrawn(rows, by_id)
    yield from _too_many(terms, claims, rows, by_id)


def _column_problems(terms: PaymentTerms, claims: Claims) -> Iterator[str]:
    """Columns that a rule of the terms needs."""
    dated = [c.id for c in terms.claimed if c.claimed_from or c.claimed_until]
    if claims.achieved_on is None and (terms.years or dated):
        why = "payment.years" if terms.years else f"the days on which {dated[0]} is in force"
        yield (
            f"claims.achieved_on is needed: {why} say which claims count, and no column gives "
            "their days. Name it."
        )
    if claims.person is None and claims.people is None:
        limited = [c for c in terms.claimed if c.claims_per_person != "several"]
        if limited:
            yield (
                f"{limited[0].id} pays {limited[0].claims_per_person} for each person, and no "
                "column tells of persons, so that it could be checked. Name the column under "
                "claims.person or claims.people, or state claims_per_person: several."
            )


def _row_problems(terms: PaymentTerms, claims: Claims, row: Claim) -> Iterator[str]:
    if row.units != int(row.units):
        yield f"{row.where}: claims are whole, got {row.units}. Correct {claims.units!r}."
    if row.units < 0:
        yield (
            f"{row.where}: takes off {-row.units:,f} claims of {row.claims_of} and names none that "
            "it corrects. Name the claim under corrects, or make it a claim."
        )
    if claims.person is not None and not row.person:
        yield f"{row.where}: names no person in {claims.person!r}. Fill it in."
    if claims.achieved_on is None:
        return
    if row.achieved_on is None:
        yield f"{row.where}: has no day in {claims.achieved_on!r}. Fill it in."
        return
    if not priced(terms, row):
        yield f"{row.where}: {_no_price(terms, row)}"
    if terms.years and year_of(terms, row) == NO_YEAR:
        first, last = terms.years[0], terms.years[-1]
        yield (
            f"{row.where}: {row.achieved_on} lies in no payment year ({first.year} starts on "
            f"{first.start}, {last.year} ends on {last.end}). Correct the day, or list the year."
        )
    if row.state != "verified":
        return
    if claims.as_of is not None and row.achieved_on > claims.as_of:
        yield (
            f"{row.where}: achieved on {row.achieved_on}, after the account's day {claims.as_of}, "
            "and said to be verified. Its state is forecast, or the day is wrong."
        )
    yield from _year_problems(terms, row)


def _year_problems(terms: PaymentTerms, row: Claim) -> Iterator[str]:
    """A verified claim is of the year that is paid for, or of one that was."""
    named, now = year_of(terms, row), year_named(terms.years, terms.year)
    if now is None or named in (NO_YEAR, terms.year):
        return
    if row.achieved_on is not None and row.achieved_on > now.end:
        yield (
            f"{row.where}: verified in {named}, after {terms.year}, the year that is paid for. Set "
            f"payment.year to {named}, or leave the claim to that year's account."
        )
    elif named not in [earlier.year for earlier in terms.earlier_years]:
        yield (
            f"{row.where}: a claim of {named}, and payment.earlier_years does not say what was "
            f"paid for {named}. Add it there: paid: 0 where nothing was."
        )


def _no_price(terms: PaymentTerms, row: Claim) -> str:
    """'starts-work was in force until 2024-03-31; ...'"""
    spans = []
    for clause in terms.claimed:
        if clause.claims_of == row.claims_of:
            start = f"from {clause.claimed_from} " if clause.claimed_from else ""
            end = f"until {clause.claimed_until}" if clause.claimed_until else "on"
            spans.append(f"{start}{end}")
    return (
        f"{row.claims_of} was achieved on {row.achieved_on}, when no price was in force "
        f"({row.claims_of} is paid {'; '.join(spans)}). Correct the day, or take the claim out."
    )


def _correction_problems(claims: Claims, row: Claim, by_id: Mapping[str, Claim]) -> Iterator[str]:
    target = by_id.get(row.corrects)
    if target is None:
        near = did_you_mean(row.corrects, by_id)
        yield f"{row.where}: corrects {row.corrects!r}, which is no claim of the file.{near}"
        return
    if target.corrects:
        yield (
            f"{row.where}: corrects {row.corrects!r}, itself a correction. Name the claim that "
            f"both correct, {target.corrects!r}."
        )
    if target.claims_of != row.claims_of:
        yield (
            f"{row.where}: a correction of {row.claims_of}, and {row.corrects!r} is a claim of "
            f"{target.claims_of}. Correct one of them."
        )
    if row.state != "verified" or target.state != "verified":
        yield (
            f"{row.where}: corrections are of verified claims. Change the claim {row.corrects!r} "
            "itself as long as it is not verified."
        )
    if row.units != int(row.units) or row.units == 0:
        yield (
            f"{row.where}: corrects by {row.units} claims. Write a whole number: -1 takes one off."
        )


def _overdrawn(rows: Iterable[Claim], by_id: Mapping[str, Claim]) -> Iterator[str]:
    """Claims of which more is taken off than was claimed."""
    left = {name: row.units for name, row in by_id.items() if not row.corrects}
    for row in rows:
        if row.corrects in left:
            left[row.corrects] += row.units
    for name, units in left.items():
        if units < 0 <= by_id[name].units:
            yield (
                f"{by_id[name].where}: {by_id[name].units - units:,f} are taken off by "
                f"corrections, and {by_id[name].units:,f} were claimed. Correct the corrections."
            )


def _too_many(
    terms: PaymentTerms, claims: Claims, rows: Sequence[Claim], by_id: Mapping[str, Claim]
) -> Iterator[str]:
    """Persons who claim more often than is agreed, and totals that cannot be of so few."""
    agreed = {clause.claims_of: clause.claims_per_person for clause in terms.claimed}
    made: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    where: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        most = agreed.get(row.claims_of)
        stands_for = by_id.get(row.corrects, row)
        if claims.person is not None and row.state != "forecast":
            made[row.claims_of, stands_for.person] += row.units
            where[row.claims_of, stands_for.person].append(str(row.row))
        if row.people is None or row.corrects:
            continue
        if row.people > row.units:
            yield (
                f"{row.where}: {row.people:,f} people behind {row.units:,f} claims of "
                f"{row.claims_of}. Each made one at least; correct one of the numbers."
            )
        elif isinstance(most, int) and row.units > most * row.people:
            yield (
                f"{row.where}: {row.units:,f} claims of {row.claims_of} by {row.people:,f} people; "
                f"at most {most} a person is {most * row.people:,f}. Correct the numbers, or "
                "claims_per_person if the contract allows more."
            )
    over: dict[str, list[str]] = defaultdict(list)
    for (name, person), units in made.items():
        most = agreed.get(name)
        if isinstance(most, int) and units > most:
            over[name].append(f"{person} ({units:f} in rows {', '.join(where[name, person])})")
    for name, persons in over.items():
        yield (
            f"{name}: at most {agreed[name]} a person is agreed (claims_per_person), and more is "
            f"claimed for {first_few(persons)}. Take the others out, or change claims_per_person "
            "if the contract allows more."
        )
