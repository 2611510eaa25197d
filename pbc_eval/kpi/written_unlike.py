"""Is a person written in two ways? Values told apart that differ in capitals or spaces alone."""

from pbc_eval.agreement.counted_rows import CountedRows
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.panel.source import Source, collect


def written_unlike(source: Source, rows: CountedRows) -> list[Sentence]:
    """A note for each column whose different values are counted, where some differ from another in
    capitals or spaces alone. Which and how many no page says: they may be people."""
    columns = dict.fromkeys(c.different for c in rows.counts.values() if c.different is not None)
    notes = list[Sentence]()
    for name in columns:
        value = source.column(name)
        if not value.type().is_string():
            continue
        both = source.table.aggregate(
            written=value.nunique(), alike=value.strip().lower().nunique()
        )
        ways = collect(both).iloc[0]
        if ways["alike"] < ways["written"]:
            notes.append(
                Sentence(
                    "{table}: some values of {column} differ from another in capitals or spaces "
                    "alone (as p1 and P1 do). Each is counted as one of its own; write them alike "
                    "where they are the same.",
                    table=Name(source.name),
                    column=Name(name),
                )
            )
    return notes
