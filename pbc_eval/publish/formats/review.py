"""The record of the disclosure review, and the text of what was agreed, as JSON.

disclosure-review.json says which columns of the tables count people, so that a later edition can
be compared with this one.
"""

import json
from typing import Any

from pbc_eval.disclosure import (
    ReleasedDesignNote,
    ReleasedEvaluation,
    ReleasedTable,
    reviews_table,
)
from pbc_eval.errors import PublicationError
from pbc_eval.report.page import Page, Released

NOT_LABELS = {"why", "reason", "method", "verdict", "rating", "signals"}


def review_json(page: Page, released: Released) -> bytes:
    """What was found of every output, and how to read the counts of each table."""
    if not isinstance(released, ReleasedEvaluation):
        raise PublicationError(f"{released.spec.id}: only an evaluation has a disclosure review.")
    spec, rule = released.spec, released.rule
    record = {
        "evaluation": spec.id,
        "edition": spec.edition,
        "threshold": rule.threshold,
        "zeros": rule.zeros,
        "base": rule.base,
        "outputs": reviews_table(page.reviews, rule).frame.to_dict("records"),
        "tables": {table.name: _shape(table) for table in page.tables if table.counts},
    }
    return (json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def agreed_json(page: Page, released: Released) -> bytes:
    """The text of which the fingerprint is the hash, but for its line breaks."""
    if not isinstance(released, ReleasedDesignNote):
        raise PublicationError(f"{released.spec.id}: only a design note says what was agreed.")
    text = json.dumps(released.agreed, indent=1, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode()


def _shape(table: ReleasedTable) -> dict[str, Any]:
    """How to read the CSV of a table: labels of its rows, columns of counts, and totals that stand
    elsewhere on the page."""
    labels = [c for c, kind in table.kinds.items() if kind == "text" and c not in NOT_LABELS]
    shape = {"labels": labels, "counts": list(table.counts), "totals": table.totals}
    return {**shape, "threshold": table.threshold}
