"""Tables of a design note: groups and levels before the start, smallest effects, value map."""

import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.note.before_treatment import Before
from pbc_eval.evaluation.note.design_note import DesignNote
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.evaluation.shown.payment import risk_tables
from pbc_eval.evaluation.tables import scale_of
from pbc_eval.messages import numbers as fmt
from pbc_eval.sroi.assumption_names import outcome_words


def groups_table(note: DesignNote, before: Before) -> OutputTable:
    """Who is to be treated when, and who serves for comparison: counts of units."""
    roles = note.spec.data
    units = roles.unit_name[1] if roles else "units"
    frame = pd.DataFrame(before.groups, columns=["group", "units"])
    frame["group"] = frame["group"].str[:1].str.upper() + frame["group"].str[1:]
    return OutputTable(
        name="groups-before",
        caption=f"Who is to be treated when, and who serves for comparison ({units})",
        frame=frame,
        kinds={"group": "text", "units": "count"},
        headers={"group": "Group", "units": units.capitalize()},
        governed_by={"units": ()},
    )


def levels_table(
    note: DesignNote, before: Before, *, held_back: frozenset[str] = frozenset()
) -> OutputTable:
    """Levels of all units of each side together, before treatment; of the outcomes ``held_back``,
    by id, none."""
    rows = []
    currency = note.spec.contract.currency
    units = note.spec.data.unit_name[1] if note.spec.data else "units"
    for seen, expected in zip(before.outcomes, note.expected, strict=True):
        outcome = expected.outcome
        programme, comparison = (
            "held back"
            if outcome.id in held_back
            else "not there"
            if level is None
            else fmt.level(level, outcome, currency)
            for level in (seen.level_programme, seen.level_comparison)
        )
        lacking = (seen.missing_rows, seen.missing_units)
        rows.append((outcome.label, seen.periods, *lacking, programme, comparison))
    headers = {
        "outcome": "Outcome",
        "periods": "Periods",
        "missing": "Rows without it",
        "missing_units": f"{units.capitalize()} behind these rows",
        "programme": "Average, to be treated",
        "comparison": "Average, for comparison",
    }
    counts = ("periods", "missing", "missing_units")
    return OutputTable(
        name="levels-before",
        caption="Each outcome before the start",
        frame=pd.DataFrame(rows, columns=list(headers)),
        kinds={name: "count" if name in counts else "text" for name in headers},
        headers=headers,
        governed_by={"missing": ("missing_units",), "missing_units": ("missing",)},
        adds_up="not",
        not_people=frozenset({"periods"}),
    )


def agreed_tables(note: DesignNote) -> list[OutputTable]:
    """What follows from what was agreed: smallest effects, the rule's risk, the value map."""
    tables = [_smallest_effects_table(note)] if note.has_estimates else []
    tables += risk_tables(note.spec, note.risk, None)
    return tables if note.value is None else [*tables, _value_map_table(note)]


def _smallest_effects_table(note: DesignNote) -> OutputTable:
    """Expected standard errors and smallest effects, each in its outcome's unit."""
    rows = [
        {
            "outcome": expected.outcome.label,
            "unit": fmt.unit_of(expected.outcome) or expected.outcome.unit,
            "std_error": _scaled(expected.std_error, expected.outcome),
            "smallest": _scaled(expected.smallest, expected.outcome),
            "promised": _scaled(expected.promised, expected.outcome),
            "rests_on": expected.rests_on[:1].upper() + expected.rests_on[1:],
        }
        for expected in note.expected
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


def _value_map_table(note: DesignNote) -> OutputTable:
    rows = [
        {
            **row.model_dump(),
            "what": outcome_words(row),
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
