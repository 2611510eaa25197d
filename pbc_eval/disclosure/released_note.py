"""What of a design note may leave the building: small groups are held back as in any report."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from pbc_eval._display import in_one_line
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.record import ReleasedTable
from pbc_eval.disclosure.stated import refuse_words_of_few
from pbc_eval.disclosure.tables import release_open_table, release_table
from pbc_eval.evaluation.note.before_treatment import OutcomeBefore
from pbc_eval.evaluation.note.design_note import DesignNote
from pbc_eval.evaluation.note.risk_beforehand import ExpectedError
from pbc_eval.evaluation.note.tables import agreed_tables, groups_table, levels_table
from pbc_eval.numerics.published import published
from pbc_eval.payment.risk import PaymentRisk


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedBefore:
    """Where the data before treatment come from, and which periods they are of."""

    source: str
    first_period: str
    last_period: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedDesignNote:
    """All that the page of a design note may see.

    ``before`` is None without data. Levels before treatment, those of all units together on each
    side, are in no table where a side is smaller than the rule allows.
    """

    __repr__ = in_one_line

    spec: EvaluationSpec
    rule: DisclosureRule
    agreed: dict[str, Any]
    fingerprint: str
    before: ReleasedBefore | None
    expected: tuple[ExpectedError, ...]
    confidence: float
    power: float
    risk: PaymentRisk | None
    why_no_risk: str
    tables: tuple[ReleasedTable, ...]
    inputs: dict[str, str]
    seed: int

    def table(self, name: str) -> ReleasedTable | None:
        """One table by its name; None if there is none."""
        return next((table for table in self.tables if table.name == name), None)


DIGITS = 2  # of a smallest effect: beside its error, more tell the degrees of freedom
WITHHELD = "held back: before the start it would tell of few"


def release_note(note: DesignNote) -> ReleasedDesignNote:
    """Apply the evaluation's disclosure rule to what the data show before treatment.

    Raises DisclosureError for words of few people in the file.
    """
    rule = note.spec.publication.disclosure.of_units
    units = note.spec.data.unit_name[1:] if note.spec.data else ()
    refuse_words_of_few(note.spec.id, note.spec, note.spec.publication.disclosure, tuple(units))
    before, tables = note.before, []
    if before is not None:
        groups = release_table(groups_table(note, before), rule)
        tables.append(groups)
        programme = sum(count for _, count in before.groups[:-1])
        if min(programme, before.groups[-1][1]) >= rule.threshold:
            few = frozenset(seen.outcome for seen in before.outcomes if _tells_few(seen, rule))
            tables.append(release_table(levels_table(note, before, held_back=few), rule))
        else:
            few = frozenset(seen.outcome for seen in before.outcomes)
        note = _without(note, few)
        if groups.n_suppressed:
            note = replace(note, expected=tuple(map(_rounded, note.expected)))
    tables += [release_open_table(table) for table in agreed_tables(note)]
    return ReleasedDesignNote(
        spec=note.spec,
        rule=rule,
        agreed=note.agreed,
        fingerprint=note.fingerprint,
        before=None
        if before is None
        else ReleasedBefore(
            source=before.source, first_period=before.first_period, last_period=before.last_period
        ),
        expected=published(note.expected),
        confidence=note.confidence,
        power=note.power,
        risk=published(note.risk),
        why_no_risk=note.why_no_risk,
        tables=published(tuple(tables)),
        inputs=note.inputs,
        seed=note.seed,
    )


def _tells_few(seen: OutcomeBefore, rule: DisclosureRule) -> bool:
    """Do the levels before the start tell how few ever have the outcome, or have it not?"""
    return rule.protects and any(n > 0 and is_small(n, rule) for n in seen.apart)


def _without(note: DesignNote, few: Collection[str]) -> DesignNote:
    """The note without levels and errors from data of these outcomes, and without what follows of
    them by chance. An error of few is one of a known number of them: it tells how many."""
    stated = {
        each.outcome
        for each in (note.spec.planning.expected if note.spec.planning else ())
        if each.std_error is not None
    }
    gone = {*few} - stated
    expected = tuple(
        replace(error, level=None, std_error=None, smallest=None, rests_on=WITHHELD)
        if error.outcome.id in gone and error.std_error is not None
        else replace(error, level=None)
        if error.outcome.id in few
        else error
        for error in note.expected
    )
    if not gone or note.risk is None:
        return replace(note, expected=expected)
    why = "What the rule pays by chance is held back: it would tell of few before the start."
    return replace(note, expected=expected, risk=None, why_no_risk=why)


def _rounded(error: ExpectedError) -> ExpectedError:
    """With a smallest effect that leaves open how many are in a group that is held back: by its
    ratio to the error, degrees of freedom would follow."""
    if not error.smallest:
        return error
    return replace(error, smallest=float(f"{error.smallest:.{DIGITS}g}"))
