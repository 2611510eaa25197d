"""Tables as they may be published: small counts held back, what would tell them held back too.

tables ──▶ register of cells ──▶ pattern of least cost ──▶ audit ──▶ marks ──▶ rounding
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import CellRegister, is_small
from pbc_eval.disclosure.cells import names_of, note_finding, note_shared, note_table
from pbc_eval.disclosure.dominance import protection_needed
from pbc_eval.disclosure.group_effects import places_of_effects
from pbc_eval.disclosure.moments import few_with_a_trait, with_largest_gaps, with_rounded_gaps
from pbc_eval.disclosure.protection import Pattern, SuppressionProblem, protect
from pbc_eval.disclosure.rare_outcomes import few_with_the_outcome
from pbc_eval.disclosure.record import SUPPRESSED, ReleasedTable
from pbc_eval.disclosure.relations import NEAR, audit, relations_of
from pbc_eval.disclosure.rounding import rounded, to_base
from pbc_eval.disclosure.sentences import released_column, released_sentence, without_counts
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats

Mark = tuple[int, str]  # position of the row, column


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Protected:
    """What is hidden in several tables taken together, and what a reader can still work out.

    ``intervals`` (n, 2) are of every cell of ``problem``; ``exposed`` are the cells of which a
    reader can exclude values that he must be able to believe.
    """

    register: CellRegister
    problem: SuppressionProblem
    pattern: Pattern
    intervals: Floats
    exposed: tuple[int, ...]

    def stands_nowhere(self, cell: int) -> bool:
        """Is it in no table, but follows from cells that are?"""
        return cell not in self.register.names.values()

    def related(self, cell: int) -> set[int]:
        """Cells with which it adds up to something."""
        matrix = self.problem.relations.matrix
        rows = matrix[:, [cell]].nonzero()[0]
        return {int(other) for other in matrix[rows, :].nonzero()[1]}

    def marks(self, table: str) -> set[Mark]:
        """Cells of one table whose counts are hidden."""
        return {
            (row, column)
            for (name, row, column), cell in self.register.names.items()
            if name == table and self.pattern.hidden[cell]
        }


def release_table(table: OutputTable, rule: DisclosureRule) -> ReleasedTable:
    """Suppress small counts and what they govern; the caller's table is left as it is.

    Raises DisclosureError for a governed column that the table does not have.
    """
    return release_tables((table,), rule)[0]


def release_tables(
    tables: Sequence[OutputTable],
    rule: DisclosureRule,
    finding: Finding | None = None,
    protected: Protected | None = None,
) -> tuple[ReleasedTable, ...]:
    """Tables that are published together; ``finding`` is whose they are, if they all are of one.

    ``protected`` is given where they are part of more that is published (``protect_findings``).
    """
    for table in tables:
        _refuse_unknown_columns(table)
    if not rule.protects:
        return tuple(written_table(table, set(), rule, None) for table in tables)
    protected = protected or protect_tables(tables, rule, finding)
    marks = {table.name: protected.marks(table.name) for table in tables}
    is_enough = True
    if finding is not None:
        gone = {(table.name, row, name) for table in tables for row, column in marks[table.name]
                for name in (column, *table.governed_by.get(column, ()))}  # fmt: skip
        places, is_enough = places_of_effects(finding, gone, rule)
        for name, row, column in places:
            marks.setdefault(name, set()).add((row, column))
    written = (written_table(table, marks[table.name], rule, protected) for table in tables)
    return tuple(table if is_enough else _with_effects_that_follow(table) for table in written)


def _with_effects_that_follow(table: ReleasedTable) -> ReleasedTable:
    if not table.name.endswith("-groups"):
        return table
    words = "the averages that are published tell the effect of a group that is held back"
    return replace(table, faults=(*table.faults, (words, "all groups")))


def release_open_table(table: OutputTable) -> ReleasedTable:
    """A table of money and assumptions, which counts no people, as it is.

    Raises DisclosureError for one that names counts to protect: it is not open.
    """
    if table.counts_people or table.governed_by or table.contributions:
        raise DisclosureError(
            f"{table.name}: a table that counts people is not open. Release it under the rule."
        )
    return _as_released(table, table.frame, table.notes)


def protect_tables(
    tables: Sequence[OutputTable],
    rule: DisclosureRule,
    finding: Finding | None = None,
    also: Callable[[CellRegister], None] | None = None,
) -> Protected:
    """Which cells of tables that are published together must be hidden, and the audit of that.

    ``also`` enters what else a reader knows of these cells.
    """
    register = CellRegister(rule)
    if finding is not None:
        note_finding(register, finding)
    else:
        for table in tables:
            note_table(register, table)
    if also is not None:
        also(register)
    return _protected(register)


def protect_findings(findings: Sequence[Finding], rule: DisclosureRule) -> Protected:
    """As ``protect_tables``, of all outcomes of an evaluation together: a reader has all of them,
    and they are about the same people."""
    register = CellRegister(rule)
    for finding in findings:
        note_finding(register, finding)
    note_shared(register, findings)
    return _protected(register)


def _protected(register: CellRegister) -> Protected:
    problem = register.suppression_problem()
    pattern = protect(problem)
    if not pattern.hidden.any():
        points = np.column_stack([problem.values, problem.values])
        return Protected(
            register=register, problem=problem, pattern=pattern, intervals=points, exposed=()
        )
    whole = bool(np.allclose(problem.values, np.round(problem.values), atol=NEAR))
    intervals = audit(
        problem.relations,
        problem.values,
        pattern.hidden,
        least=problem.least,
        most=problem.most,
        whole=whole,
    )
    narrow = (intervals[:, 0] > problem.low + NEAR) | (intervals[:, 1] < problem.high - NEAR)
    exposed = tuple(int(cell) for cell in np.flatnonzero(problem.sensitive & narrow))
    return Protected(
        register=register, problem=problem, pattern=pattern, intervals=intervals, exposed=exposed
    )


def _refuse_unknown_columns(table: OutputTable) -> None:
    named = [c for count, governed in table.governed_by.items() for c in (count, *governed)]
    named += [c for column, parts in table.ratios.items() for c in (column, *parts)]
    if lacking := {*named, *table.contributions} - {*table.frame.columns}:
        raise DisclosureError(f"{table.name}: there is no column {min(lacking)!r} to protect.")


def written_table(
    table: OutputTable, marks: set[Mark], rule: DisclosureRule, protected: Protected | None
) -> ReleasedTable:
    """The table with its marks in place of what must be hidden, and of what that governs."""
    frame = table.frame.astype(object)
    hidden = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    place = np.arange(len(frame))
    for row, column in sorted(marks):
        for name in (column, *table.governed_by.get(column, ())):
            hidden[name] = hidden[name] | (place == row)
    if rule.protects:
        for column in table.contributions:
            hidden[column] = hidden[column] | _dominated(table, column, rule)
    few = few_with_a_trait(table, rule)
    for row, column in few:
        hidden[column] = hidden[column] | (place == row)
    for row, column in few_with_the_outcome(table, rule):
        hidden[column] = hidden[column] | (place == row)
    for column in table.sentence_columns:
        cells = released_column(_reasons(table, column, hidden), rule)
        frame[column] = pd.Series(cells, frame.index, dtype=object)
    frame = with_rounded_gaps(table, frame.mask(hidden, SUPPRESSED), few, rule)
    frame = with_largest_gaps(table, frame, rule)
    hidden = hidden | (frame == SUPPRESSED)
    frame = rounded(table, frame, rule.base)
    doubts, faults = _doubts(table, protected) if protected else ((), ())
    faults += _unguarded(table) if rule.protects else ()
    return replace(
        _as_released(table, frame, _notes(table, rule)),
        headers=_headers(table, rule),
        n_suppressed=int(hidden.sum().sum()),
        threshold=rule.threshold if rule.protects else 0,
        narrowest=_narrowest(table, protected) if protected else None,
        doubts=doubts,
        faults=faults,
        totals=_totals(table, hidden, rule),
    )


def _reasons(table: OutputTable, column: str, hidden: pd.DataFrame) -> list[object]:
    """The cells of a column of sentences. Of a step whose number is held back the reason tells no
    part either: parts narrow the whole down."""
    cells = list(table.frame[column])
    if table.adds_up != "in_steps":
        return cells
    gone = hidden["rows_dropped"].to_numpy(bool)
    return [without_counts(cell) if is_gone else cell
            for cell, is_gone in zip(cells, gone, strict=True)]  # fmt: skip


def _as_released(table: OutputTable, frame: pd.DataFrame, notes: tuple[str, ...]) -> ReleasedTable:
    """The table with what may be seen of it in the place of what was found."""
    counts = [*table.governed_by, *(c for c, kind in table.kinds.items() if kind == "count")]
    return ReleasedTable(
        name=table.name,
        caption=table.caption,
        frame=frame,
        kinds=table.kinds,
        headers=table.headers,
        notes=notes,
        decimals=table.decimals,
        scale=table.scale,
        about=table.about,
        subject=table.subject,
        counts=tuple(c for c in dict.fromkeys(counts) if c in frame and c not in table.not_people),
        counts_always=table.counts_always,
        guarded=bool(table.governed_by or table.contributions or "count" in table.kinds.values()),
        one_row_a_unit=table.one_row_a_unit,
        sentence_columns=table.sentence_columns,
    )


def _totals(table: OutputTable, hidden: pd.DataFrame, rule: DisclosureRule) -> dict[str, float]:
    """Totals of columns in which something is hidden, rounded as counts are; small ones are not
    told."""
    if table.adds_up != "to_a_total" or not rule.protects:
        return {}
    sums = {c: float(pd.to_numeric(table.frame[c]).sum()) for c in table.governed_by}
    return {
        column: to_base(total, rule.base)
        for column, total in sums.items()
        if hidden[column].any() and not is_small(total, rule)
    }


def _unguarded(table: OutputTable) -> tuple[tuple[str, str], ...]:
    """Columns of counts of people that no rule governs: nobody decided whether they may be told."""
    guarded = {*table.governed_by, *(c for part in table.governed_by.values() for c in part)}
    if table.adds_up == "in_steps":
        guarded |= {"rows_in", "rows_left"}
    return tuple(
        ("a column of counts states nothing in governed_by, so that no rule looks at it", column)
        for column, kind in table.kinds.items()
        if kind == "count" and column not in guarded | table.not_people
    )


def _headers(table: OutputTable, rule: DisclosureRule) -> dict[str, str]:
    """Headers that are Sentences may tell counts; others are labels."""
    return {
        column: released_sentence(header, rule) if isinstance(header, Sentence) else header
        for column, header in table.headers.items()
    }


def _notes(table: OutputTable, rule: DisclosureRule) -> tuple[str, ...]:
    if rule.base == 1 or "count" not in table.kinds.values():
        return table.notes
    return (
        *table.notes,
        f"Counts are rounded to the nearest {rule.base}, so that parts may not add up to totals.",
    )


def _dominated(table: OutputTable, column: str, rule: DisclosureRule) -> Bools:
    """Rows whose total would tell about its largest contributors, and those that hide them."""
    given, n = table.contributions[column], len(table.frame)
    if len(given) != n:
        raise DisclosureError(
            f"{table.name}: contributions to {column!r} are given for {len(given)} rows of "
            f"{n}. Give those of every row, () where there are none."
        )
    needed = np.array([protection_needed(parts, rule.dominance) for parts in given])
    values = pd.to_numeric(table.frame[column]).to_numpy(float)
    adds_up = table.adds_up == "to_a_total" and bool((values >= 0).all())
    if not adds_up or not (needed > 0).any():
        return needed > 0
    pattern = protect(
        SuppressionProblem(
            values=values,
            relations=relations_of(n, [([(k, 1.0) for k in range(n)], float(values.sum()))]),
            decision=np.arange(n),
            cost=np.ceil(values) + 1.0,
            sensitive=needed > 0,
            low=np.maximum(values - needed, 0.0),
            high=values + needed,
            least=np.zeros(n),
            always=np.zeros(n, dtype=bool),
            never=np.zeros(n, dtype=bool),
        )
    )
    return pattern.hidden


def _narrowest(table: OutputTable, protected: Protected) -> tuple[float, float] | None:
    """The narrowest range in which a reader knows a small count of the table to be."""
    ranges = [
        (float(low), float(high))
        for (name, *_), cell in protected.register.names.items()
        if name == table.name and protected.problem.sensitive[cell]
        for low, high in (protected.intervals[cell],)
    ]
    return min(ranges, key=lambda ends: ends[1] - ends[0], default=None)


def _doubts(
    table: OutputTable, protected: Protected
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """What a reviewer should know of the table, and why it must not go out."""
    register, intervals = protected.register, protected.intervals
    named = {cell: (row, column) for (name, row, column), cell in register.names.items()
             if name == table.name}  # fmt: skip
    doubts: list[tuple[str, str]] = []
    faults: list[tuple[str, str]] = []
    for cell in protected.exposed:
        if cell in named:
            (label,) = names_of(table, [named[cell]])
        elif protected.stands_nowhere(cell) and named.keys() & protected.related(cell):
            label = "what follows from its rows"  # those who did not, of all and those who did
        else:
            continue
        low, high = intervals[cell]
        if high - low < 1 - NEAR:
            faults.append(("a reader could work out a count that is held back", label))
        elif is_small(high, register.rule):
            doubts.append(("a reader could tell that a count held back is small", label))
        else:
            doubts.append(("a count held back can be narrowed down", label))
    if not protected.pattern.optimal and named:
        doubts.append(
            (f"more may be held back than needed (up to {protected.pattern.gap:.0%})", "all cells")
        )
    return tuple(dict.fromkeys(doubts)), tuple(dict.fromkeys(faults))
