"""What of a design note may leave the building: small groups are held back as in any report."""

from dataclasses import dataclass

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure import ReleasedTable, release_table
from pbc_eval.evaluation.note.before_treatment import Before
from pbc_eval.evaluation.note.design_note import DesignNote
from pbc_eval.evaluation.record import OutputTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedDesignNote:
    """All that the page of a design note may see. ``groups`` is None without data.

    Levels before treatment are those of all units together on each side; ``show_levels`` is False
    where a side is smaller than the rule allows.
    """

    note: DesignNote
    rule: DisclosureRule
    groups: ReleasedTable | None
    show_levels: bool


def release_note(note: DesignNote) -> ReleasedDesignNote:
    """Apply the evaluation's disclosure rule to what the data show before treatment."""
    rule = note.spec.publication.disclosure
    before = note.before
    if before is None:
        return ReleasedDesignNote(note=note, rule=rule, groups=None, show_levels=False)
    programme = sum(count for _, count in before.groups[:-1])
    sides = (programme, before.groups[-1][1])
    return ReleasedDesignNote(
        note=note,
        rule=rule,
        groups=release_table(_groups(note, before), rule),
        show_levels=min(sides) >= rule.threshold,
    )


def _groups(note: DesignNote, before: Before) -> OutputTable:
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
