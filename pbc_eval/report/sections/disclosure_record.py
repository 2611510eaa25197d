"""The record of the disclosure review: for the page, and for download beside everything else.

``disclosure-review.json`` also says which columns of the tables count people, so that a later
edition can be compared with this one.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval.disclosure import OutputReview, ReleasedEvaluation, ReleasedTable
from pbc_eval.disclosure.editions import RECORD
from pbc_eval.disclosure.review import refuse_unfit_outputs, review_table
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.sections.tables import open_table

CSV = "disclosure-review"
NOT_LABELS = {"why", "reason", "method", "verdict", "rating", "signals"}


def review_of(
    released: ReleasedEvaluation, tables: Iterable[ReleasedTable], figures: Iterable[Figure]
) -> tuple[OutputReview, ...]:
    """What was found of every output: those of the release, and what the report adds to it.

    Raises DisclosureError as ``release`` does.
    """
    found = {one.output: one for one in released.reviews}
    for table in tables:
        if table.table.name not in found:
            found[table.table.name] = review_table(table, released.rule)
    for figure in figures:
        found[figure.name] = OutputReview(
            output=figure.name,
            kind="figure",
            status="pass",
            reason="drawn from released tables and series only, with its alternative text",
        )
    reviews = tuple(found.values())
    refuse_unfit_outputs(reviews, released.evaluation.spec)
    return reviews


def write_review(
    released: ReleasedEvaluation,
    reviews: Sequence[OutputReview],
    tables: Sequence[ReleasedTable],
    folder: Path,
) -> None:
    """Write the JSON record to ``folder``; the CSV is a table like any other."""
    spec, rule = released.evaluation.spec, released.rule
    record = {
        "evaluation": spec.id,
        "edition": spec.edition,
        "threshold": rule.threshold,
        "zeros": rule.zeros,
        "base": rule.base,
        "outputs": review_table_of(released, reviews).frame.to_dict("records"),
        "tables": {table.table.name: _shape(table) for table in tables if _counts(table)},
    }
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / RECORD).write_text(text + "\n", encoding="utf-8")


def review_table_of(released: ReleasedEvaluation, reviews: Sequence[OutputReview]) -> ReleasedTable:
    """One row an output: what it is, its status, the reason, the cells, and who answers for it."""
    rows = []
    for one in reviews:
        reviewer = released.rule.reviewer_of(one.output) if one.status == "review" else None
        rows.append(
            {
                "output": one.output,
                "kind": one.kind,
                "status": one.status,
                "reason": one.reason,
                "cells": "; ".join(one.cells),
                "reviewed_by": f"{reviewer.by}, {reviewer.date.isoformat()}: {reviewer.reason}"
                if reviewer
                else "",
            }
        )
    columns = ("output", "kind", "status", "reason", "cells", "reviewed_by")
    headers = ("Output", "Kind", "Status", "Reason", "Cells", "Reviewed by")
    return open_table(
        CSV,
        "Each output as it was looked at before release",
        pd.DataFrame(rows, columns=list(columns)),
        {column: (header, "text") for column, header in zip(columns, headers, strict=True)},
    )


def review_sentence(released: ReleasedEvaluation) -> str:
    """The review in one sentence."""
    reviews = released.reviews
    if not reviews:
        return "This report holds no figures about people."
    doubtful = [one for one in reviews if one.status == "review"]
    if not doubtful:
        return f"All {len(reviews)} outputs passed the disclosure review."
    answered = [one for one in doubtful if released.rule.reviewer_of(one.output)]
    rest = len(doubtful) - len(answered)
    said = f"{len(reviews) - len(doubtful)} of {len(reviews)} outputs passed the disclosure review"
    if answered:
        said += f"; {len(answered)} were looked at by hand and released"
    if rest:
        said += f"; {rest} {'is' if rest == 1 else 'are'} still to be looked at by hand"
    return said + "."


def _counts(table: ReleasedTable) -> list[str]:
    made = table.table
    named = [c for c, kind in made.kinds.items() if kind == "count"]
    return [c for c in dict.fromkeys([*made.governed_by, *named]) if c in made.frame]


def _shape(table: ReleasedTable) -> dict[str, Any]:
    """How to read the CSV of a table: labels of its rows, columns of counts, and totals that stand
    elsewhere on the page."""
    made = table.table
    labels = [c for c, kind in made.kinds.items() if kind == "text" and c not in NOT_LABELS]
    return {"labels": labels, "counts": _counts(table), "totals": table.totals}
