"""Claims for payment: rows of a file to counts by clause, payment year and state.

    rows ── claims_in ▶ Claim … ── held against the terms ▶ ClaimCounts ── for_year ▶ results

Every rule of the terms that a claim can break is checked (``claim_rules``), and all that is broken
is told at once.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.base import Date
from pbc_eval.agreement.claims import STATES, Claims, ClaimState
from pbc_eval.agreement.payment_limits import RestatedOutcome
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.errors import DataError
from pbc_eval.intake.table_cells import is_blank, number_in
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.written_numbers import Notation
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.payment.claim_rules import NO_YEAR, Claim, priced, problems_of, year_of
from pbc_eval.results import MeasuredOutcome

MOST_PROBLEMS = 20
NUMBERS = ("units", "people", "paid")


class _Day(BaseModel):
    model_config = ConfigDict(extra="forbid")
    day: Date


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Claims of one clause in one year and state, corrections included."""

    units: Decimal
    people: int | None  # who made them, where that is known
    by_person: Mapping[str, Decimal] | None  # where each claim names its person
    paid: Decimal | None  # recorded as paid for them, where that is known


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimCounts:
    """Claims by payment year (NO_YEAR where the terms list none), state and outcome of a clause."""

    counts: Mapping[tuple[str, ClaimState], Mapping[str, Counted]]
    corrections: Mapping[str, int]  # by year: how many rows correct claims of that year
    file: str = ""
    notes: tuple[Sentence, ...] = ()  # what of the file is no claim

    def of(self, year: str, state: ClaimState = "verified") -> Mapping[str, Counted]:
        return self.counts.get((year, state), {})

    def results(self, terms: PaymentTerms) -> dict[str, MeasuredOutcome]:
        """What the year's clauses count, by outcome: 0 where nothing was claimed."""
        year = terms.year if terms.years else NO_YEAR
        known = self.of(year)
        return {
            clause.outcome: _measured(clause.outcome, known.get(clause.outcome))
            for clause in terms.claimed
            if clause.outcome is not None
        }

    def restated(self, terms: PaymentTerms) -> PaymentTerms:
        """The terms with the results of earlier years as the claims show them now, beside those
        that an earlier year restates itself."""
        years = []
        for earlier in terms.earlier_years:
            of_year = terms.model_copy(update={"year": earlier.year})
            known = {entry.outcome: entry for entry in earlier.restated}
            for name, result in self.results(of_year).items():
                known[name] = RestatedOutcome(
                    outcome=name,
                    source="counted",
                    count=result.count,
                    total_scale=result.total_scale,
                    by_person=None if result.by_person is None else dict(result.by_person),
                )
            which = "with corrections" if self.corrections.get(earlier.year) else "unchanged"
            why = earlier.reason or f"claims as {self.file} has them now, {which}"
            years.append(
                earlier.model_copy(update={"restated": tuple(known.values()), "reason": why})
            )
        return terms.model_copy(update={"earlier_years": tuple(years)})


def claim_counts(
    terms: PaymentTerms,
    claims: Claims,
    frame: pd.DataFrame,
    numbers: Sequence[int] | None = None,
    notes: tuple[Sentence, ...] = (),
) -> ClaimCounts:
    """Claims of a table, one row a claim or a row for many, counted as the terms pay for them.

    ``numbers`` are those of the rows in the file, from 2 on if not given; ``notes`` say what of the
    file is left out.

    Raises DataError that lists every row which breaks a rule of the terms, with its remedy.
    """
    rows = _named_as_priced(terms, claims_in(frame, claims, numbers))
    problems = list(problems_of(terms, claims, rows))
    if problems:
        more = len(problems) - MOST_PROBLEMS
        shown = [f"{claims.file}: {problem}" for problem in problems[:MOST_PROBLEMS]]
        raise DataError("\n".join([*shown, *([f"... and {more:,} more."] if more > 0 else [])]))
    by_id = {row.claim: row for row in rows if row.claim and not row.corrects}
    grouped: dict[tuple[str, ClaimState], dict[str, list[Claim]]] = defaultdict(
        lambda: defaultdict(list)
    )
    corrections: Counter[str] = Counter()
    for row in rows:
        stands_for = by_id.get(row.corrects, row)
        clause = next(c for c in priced(terms, stands_for))
        year = year_of(terms, stands_for)
        assert clause.outcome is not None
        grouped[year, row.state][clause.outcome].append(row)
        corrections[year] += bool(row.corrects)
    return ClaimCounts(
        counts={
            key: {outcome: _counted(made, by_id) for outcome, made in of_key.items()}
            for key, of_key in grouped.items()
        },
        corrections=dict(corrections),
        file=claims.file,
        notes=notes,
    )


def _named_as_priced(terms: PaymentTerms, rows: Sequence[Claim]) -> tuple[Claim, ...]:
    """Claims under the ids of the terms, where a register names them by the label of one line."""
    ids = {clause.claims_of for clause in terms.claimed}
    by_label: dict[str, set[str]] = defaultdict(set)
    for clause in terms.claimed:
        if clause.claims_of is not None:
            by_label[clause.label.casefold()].add(clause.claims_of)
    only = {label: next(iter(named)) for label, named in by_label.items() if len(named) == 1}
    return tuple(
        row
        if row.claims_of in ids or row.claims_of.casefold() not in only
        else replace(row, claims_of=only[row.claims_of.casefold()])
        for row in rows
    )


def claims_in(
    frame: pd.DataFrame, claims: Claims, numbers: Sequence[int] | None = None
) -> tuple[Claim, ...]:
    """The rows of the file as claims. Raises DataError that lists every cell that is none."""
    columns = claims.named
    check_columns(claims.file, list(frame.columns), list(columns.values()))
    if frame.empty:
        raise DataError(f"{claims.file}: has no rows. Add one for each claim.")
    rows, problems = list[Claim](), list[str]()
    cells_of = frame[list(columns.values())].to_dict("records")
    for number, cells in zip(numbers or range(2, len(frame) + 2), cells_of, strict=True):
        given: dict[str, Any] = {"row": number, "units": Decimal(1)}
        for name, column in columns.items():
            value, problem = _cell(name, cells[column], claims.numbers)
            if problem:
                problems.append(f"{claims.file}: row {number}, column {column!r}: {problem}")
            elif value is not None:
                given[name] = value
        if "claims_of" not in given:
            problems.append(
                f"{claims.file}: row {number} does not say in {claims.claims_of!r} what is claimed."
            )
            continue
        rows.append(Claim(**given))
    if problems:
        raise DataError("\n".join(problems[:MOST_PROBLEMS]))
    return tuple(rows)


def _cell(name: str, value: Any, notation: Notation | None) -> tuple[Any, str]:
    """A cell as its column needs it, None where it is blank; and what is wrong with it."""
    if is_blank(value) or value is pd.NA:
        return None, "is blank. Write a number, 0 for none." if name == "units" else ""
    value = value.item() if hasattr(value, "item") else value
    if name in NUMBERS:
        number, problem = number_in(value, name, notation)
        if problem is not None or number is None:
            return None, "is empty." if problem is None else problem.in_words
        return Decimal(int(number) if number == int(number) else repr(number)), ""
    if name == "achieved_on":
        return _day(value)
    text = str(value).strip()
    if name == "state" and text.lower() not in STATES:
        near = did_you_mean(text.lower(), STATES)
        return None, f"must be one of {', '.join(STATES)}, got {text!r}.{near}"
    return text.lower() if name == "state" else text, ""  # registers write Verified


def _day(value: Any) -> tuple[dt.date | None, str]:
    """The day in a cell, and what is wrong with it."""
    try:
        day = value.to_pydatetime() if isinstance(value, pd.Timestamp) else value
        return _Day.model_validate({"day": day}).day, ""
    except ValidationError as invalid:
        return None, "; ".join(problems_in_words(invalid, {})).removeprefix("day: ")


def _counted(made: Sequence[Claim], by_id: Mapping[str, Claim]) -> Counted:
    units = sum((row.units for row in made), Decimal(0))
    persons: dict[str, Decimal] = defaultdict(Decimal)
    for row in made:
        if person := by_id.get(row.corrects, row).person:
            persons[person] += row.units
    people: int | None = None
    if persons:
        people = sum(number > 0 for number in persons.values())
    elif len(made) == 1 and made[0].people is not None:  # of several rows they may be the same
        people = int(made[0].people)
    paid = [row.paid for row in made if row.paid is not None]
    return Counted(
        units=units,
        people=people,
        by_person=dict(persons) or None,
        paid=sum(paid, Decimal(0)) if paid else None,
    )


def _measured(outcome: str, counted: Counted | None) -> MeasuredOutcome:
    if counted is None:
        return MeasuredOutcome(outcome=outcome, source="counted", count=0)
    by_person = counted.by_person
    return MeasuredOutcome(
        outcome=outcome,
        source="counted",
        count=float(counted.units),
        total_scale=None if counted.people is None else float(counted.people),
        by_person=None if by_person is None else {n: float(u) for n, u in by_person.items()},
    )
