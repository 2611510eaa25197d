"""Tables of a design note: levels before the start, smallest effects, the value map as agreed."""

import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedTable
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.evaluation.note.design_note import DesignNote
from pbc_eval.evaluation.note.release import ReleasedDesignNote
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.report.figures.drawing import Figure, scale_of
from pbc_eval.report.sections.payment_risk import risk_figures, risk_tables
from pbc_eval.report.sections.tables import open_table
from pbc_eval.report.words import numbers as fmt


def as_evaluation(note: DesignNote) -> Evaluation:
    """The note as the drawings of payment risk take it: an evaluation without findings."""
    return Evaluation(spec=note.spec, findings=(), payment_risk=note.risk, seed=note.seed)


def has_estimates(note: DesignNote) -> bool:
    """Will an effect be estimated, so that its error can be spoken of?"""
    return bool(note.expected) and design_kind(note.spec.design).gives_estimates


def before_table(released: ReleasedDesignNote) -> ReleasedTable | None:
    """Levels and gaps before treatment; None where they are held back or not there."""
    note = released.note
    if note.before is None or not released.show_levels:
        return None
    rows = []
    for found, one in zip(note.before.outcomes, note.expected, strict=True):
        outcome, currency = one.outcome, note.spec.contract.currency
        levels = (found.level_programme, found.level_comparison)
        programme, comparison = (
            "not there" if value is None else fmt.level(value, outcome, currency)
            for value in levels
        )
        rows.append((outcome.label, found.periods, found.missing_rows, programme, comparison))
    columns = ["outcome", "periods", "missing", "programme", "comparison"]
    return open_table(
        "levels-before",
        "Each outcome before the start",
        pd.DataFrame(rows, columns=columns),
        {
            "outcome": ("Outcome", "text"),
            "periods": ("Periods", "count"),
            "missing": ("Rows without it", "count"),
            "programme": ("Average, to be treated", "text"),
            "comparison": ("Average, for comparison", "text"),
        },
    )


def detect_table(note: DesignNote) -> ReleasedTable:
    """Expected standard errors and smallest effects, each in its outcome's unit."""
    rows = [
        {
            "outcome": one.outcome.label,
            "unit": fmt.unit_of(one.outcome) or one.outcome.unit,
            "std_error": _scaled(one.std_error, one.outcome),
            "smallest": _scaled(one.smallest, one.outcome),
            "promised": _scaled(one.promised, one.outcome),
            "rests_on": one.rests_on[:1].upper() + one.rests_on[1:],
        }
        for one in note.expected
    ]
    return open_table(
        "smallest-effects",
        "The smallest effect of each outcome that could be told apart",
        pd.DataFrame(rows),
        {
            "outcome": ("Outcome", "text"),
            "unit": ("Unit", "text"),
            "std_error": ("Standard error expected", "number"),
            "smallest": ("Smallest effect", "number"),
            "promised": ("Promised", "number"),
            "rests_on": ("Rests on", "text"),
        },
    )


def _scaled(value: float | None, outcome: Outcome) -> float:
    return float("nan") if value is None else scale_of(outcome) * value


def value_assumptions(note: DesignNote) -> ReleasedTable:
    """The rows of the value map as agreed."""
    rows = [
        {
            **row.model_dump(),
            "what": row.indicator or row.outcome,
            "how_many": "as estimated" if row.quantity_from else fmt.measure(row.quantity),
        }
        for row in (note.value.outcomes if note.value else ())
    ]
    return open_table(
        "value-assumptions",
        "The value map as agreed",
        pd.DataFrame(rows),
        {
            "what": ("Outcome", "text"),
            "stakeholder": ("For whom", "text"),
            "how_many": ("Quantity", "text"),
            "proxy": ("Valued as", "text"),
            "proxy_value": ("Value each", "money"),
            "deadweight": ("Deadweight", "share"),
            "attribution": ("Owed to others", "share"),
            "drop_off": ("Drop-off", "share"),
            "duration": ("Years", "count"),
        },
        decimals=2,
    )


def note_tables(released: ReleasedDesignNote) -> list[ReleasedTable]:
    """Every table of the page, for download."""
    note = released.note
    tables = [released.groups, before_table(released)]
    if has_estimates(note):
        tables.append(detect_table(note))
    tables += risk_tables(as_evaluation(note))
    tables.append(value_assumptions(note) if note.value is not None else None)
    return [table for table in tables if table is not None]


def note_figures(released: ReleasedDesignNote) -> tuple[Figure, ...]:
    return risk_figures(as_evaluation(released.note))
