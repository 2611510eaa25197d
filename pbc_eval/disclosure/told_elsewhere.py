"""Numbers of people told in other places, held against those that an outcome or a measure hides.

    Evaluation, released tables ──▶ OutputReview, fail | none

A ledger that holds back how many joined is worth nothing beside a measure "480 joined", a verified
count, a value map's group or a sentence that says the same. Nothing says whether two numbers are of
the same people, so one that is as large as a hidden one is taken for it, until somebody says that
it is not. Where that was said, the record does not name the places: it would tell which two numbers
are alike.

Looked at are hidden totals (as large as the programme's number of people, or larger), that number
with any small one that is hidden, and what a measure holds back. Smaller numbers meet by chance.
Held against them are single numbers, and the sums of two measures over all their periods and of two
verified counts: women and men, say. Sums of three or more are held against them where they are not
alike by chance (sums_of_numbers.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.payment_clauses import FixedFee
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import (
    OutputReview,
    ReleasedFinding,
    ReleasedKpi,
    ReleasedTable,
    is_suppressed,
)
from pbc_eval.disclosure.stated import numbers_of_people_in_words
from pbc_eval.disclosure.sums_of_numbers import Told, sums_alike
from pbc_eval.evaluation.record import Evaluation, Finding, OutputTable
from pbc_eval.kpi.record import KpiResult

TOLD_ELSEWHERE = "told-elsewhere"


@dataclass(frozen=True, slots=True)
class _Number:
    """A number of people and where it stands; ``of`` is the outcome or measure it belongs to."""

    value: float
    place: str
    of: str = ""
    is_total: bool = False  # of all periods of a measure


def review_of_numbers_told_elsewhere(
    evaluation: Evaluation,
    findings: Sequence[ReleasedFinding],
    kpis: Sequence[ReleasedKpi],
    tables: Sequence[ReleasedTable],
    rule: DisclosureRule,
) -> list[OutputReview]:
    """A fail where a number that is told is as large as one that is held back in another place;
    nothing where none is, or nothing is held back."""
    hidden = _hidden_by_findings(evaluation.findings, findings, rule.of_units)
    results = evaluation.performance.kpis if evaluation.performance else ()
    for result, released in zip(results, kpis, strict=True):
        hidden += _hidden_by_measure(result, released)
    if not hidden or not rule.protects:
        return []
    stated = _stated(evaluation.spec)
    shown = [*stated, *_in_tables(tables), *_estimated(evaluation.findings)]
    totals = [number for number in stated if number.place.startswith("counts.")]
    for result, released in zip(results, kpis, strict=True):
        measured = _told_by_measure(result, released)
        shown += measured
        totals += measured if len(result.periods) == 1 else [n for n in measured if n.is_total]
    shown += [
        _Number(first.value + second.value, f"{first.place} with {second.place}")
        for first, second in combinations(totals, 2)
        if first.of != second.of or not first.of
    ]
    alike = [
        f"{number.place} is as large as what {kept.place} holds back"
        for number in shown
        for kept in hidden
        if number.value == kept.value and (not number.of or number.of != kept.of)
    ]
    alike += _alike_by_sums(totals, hidden)
    if not alike:
        return []
    answered = rule.reviewer_of(TOLD_ELSEWHERE) is not None
    reason = (
        "numbers of people that are told in several places were compared, and somebody answers "
        "for them"
        if answered
        else "a number of people that is told in one place is as large as one that is held back in "
        "another; if both are the same people, it tells it"
    )
    return [
        OutputReview(
            output=TOLD_ELSEWHERE,
            kind="sentences",
            status="review" if answered else "fail",
            reason=reason,
            cells=() if answered else tuple(dict.fromkeys(alike)),
        )
    ]


def _alike_by_sums(totals: Sequence[_Number], hidden: Sequence[_Number]) -> list[str]:
    """Of three numbers or more; what a measure holds back is not looked for in its own."""
    lines = []
    for place in dict.fromkeys(kept.place for kept in hidden):
        asked = [kept for kept in hidden if kept.place == place]
        others = [
            Told(number.value, number.place, _family(number), number.of or number.place)
            for number in totals
            if not number.of or number.of != asked[0].of
        ]
        lines += [
            f"{where} is as large as what {place} holds back"
            for _, where in sums_alike(others, [kept.value for kept in asked])
        ]
    return lines


def _family(number: _Number) -> str:
    """Verified counts; those whom measures counted, or asked."""
    return number.place.partition(", ")[2].partition(",")[0] if number.of else "counts"


# --- what is held back ---


def _hidden_by_findings(
    findings: Sequence[Finding], released: Sequence[ReleasedFinding], rule: DisclosureRule
) -> list[_Number]:
    """Totals that an outcome's tables hold back, and its numbers of people with a small one."""
    if not rule.protects:
        return []
    numbers = []
    headlines = {number.value for number in _estimated(findings)}  # told, as the tables take it
    for finding, kept in zip(findings, released, strict=True):
        name = finding.outcome.id
        arms = [float(finding.headline.n_treated), float(finding.headline.n_comparison)]
        for table, shown in zip(finding.tables, kept.tables, strict=True):
            for value in _suppressed_counts(table, shown):
                if value >= min(arms):
                    numbers.append(_Number(value, table.name, _OUTCOMES))
                elif is_small(value, rule) and value > 0:
                    sums = [n + value for n in (*arms, sum(arms))]
                    numbers += [_Number(n, f"{name}-groups", _OUTCOMES) for n in sums]
    return [number for number in numbers if number.value not in headlines]


_OUTCOMES = "\0outcomes"  # what outcomes show of each other was looked at cell by cell


def _suppressed_counts(table: OutputTable, shown: ReleasedTable) -> Iterable[float]:
    columns = [*table.governed_by]
    columns += ["rows_in", "rows_left"] if table.adds_up == "in_steps" else []
    for column in columns:
        if column in table.not_people or column not in shown.frame:
            continue
        values = pd.to_numeric(table.frame[column]).to_numpy(float)
        for value, cell in zip(values, shown.frame[column], strict=True):
            if is_suppressed(cell) and value == value:  # noqa: PLR0124 not a gap
                yield float(value)


def _hidden_by_measure(result: KpiResult, released: ReleasedKpi) -> list[_Number]:
    """Counts of a measure that are held back, with all periods together."""
    place, name = released.table.name, result.kpi.id
    frame = released.table.frame
    numbers = []
    for column in ("count", "among"):
        if column not in frame:
            continue
        values = [getattr(period, column) for period in result.periods]
        gone = [is_suppressed(cell) for cell in frame[column]]
        known = [(v, g) for v, g in zip(values, gone, strict=True) if v is not None]
        numbers += [_Number(float(v), place, name) for v, is_gone in known if is_gone and v > 0]
        if any(is_gone for _, is_gone in known) and len(known) > 1 and not released.overall_value:
            numbers.append(_Number(float(sum(v for v, _ in known)), place, name))
    return numbers


# --- what is told ---


def _told_by_measure(result: KpiResult, released: ReleasedKpi) -> list[_Number]:
    """Counts that a measure shows, and their sums."""
    frame, numbers = released.table.frame, []
    for column in ("count", "among"):
        if column not in frame:
            continue
        place = f"{released.table.name}, {column}"
        cells = [cell for cell in frame[column] if cell is not None and cell == cell]  # noqa: PLR0124
        values = [float(cell) for cell in cells if not is_suppressed(cell)]
        numbers += [_Number(value, place, result.kpi.id) for value in values]
        if len(values) == len(cells) > 1:
            whole = f"{place}, all periods"
            numbers.append(_Number(sum(values), whole, result.kpi.id, is_total=True))
    return numbers


def _stated(spec: EvaluationSpec) -> list[_Number]:
    """Verified counts, but of things; how many times a clause pays; numbers in words."""
    numbers = [
        _Number(float(clause.times), f"payment.clauses.{clause.id}.times")
        for clause in (spec.payment.clauses if spec.payment else ())
        if isinstance(clause, FixedFee) and clause.times
    ]
    for count in spec.counts:
        if count.counts != "things":
            numbers.append(_Number(float(count.count), f"counts.{count.outcome}"))
        if count.persons:
            numbers.append(_Number(float(count.persons), f"counts.{count.outcome}.persons"))
    units = tuple(spec.data.unit_name[1:]) if spec.data else ()
    return numbers + [_Number(n, key) for key, n in numbers_of_people_in_words(spec, units)]


def _in_tables(tables: Sequence[ReleasedTable]) -> list[_Number]:
    """Counts of people in tables that belong to no one outcome."""
    return [
        _Number(float(cell), f"{table.name}, {column}")
        for table in tables
        for column in table.counts
        for cell in table.frame[column]
        if isinstance(cell, (int, float)) and cell == cell  # noqa: PLR0124 not a gap
    ]


def _estimated(findings: Sequence[Finding]) -> list[_Number]:
    """How many are behind each headline."""
    sizes: Mapping[str, tuple[float, ...]] = {
        f.outcome.id: (float(f.headline.n_treated), float(f.headline.n_comparison))
        for f in findings
    }
    return [
        _Number(n, f"the estimate of {name}", _OUTCOMES) for name, ns in sizes.items() for n in ns
    ]
