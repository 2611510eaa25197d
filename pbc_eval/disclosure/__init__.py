"""What may leave the building: small counts, and what could be worked out from them.

Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError
"""

from pbc_eval.disclosure.evaluations import release
from pbc_eval.disclosure.protection import Pattern, Problem, protect
from pbc_eval.disclosure.record import (
    SUPPRESSED,
    OutputReview,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedTable,
    is_suppressed,
)
from pbc_eval.disclosure.relations import Relations, audit, relations_of, two_way
from pbc_eval.disclosure.tables import release_table

__all__ = [
    "SUPPRESSED",
    "OutputReview",
    "Pattern",
    "Problem",
    "Relations",
    "ReleasedEvaluation",
    "ReleasedFinding",
    "ReleasedTable",
    "audit",
    "is_suppressed",
    "protect",
    "relations_of",
    "release",
    "release_table",
    "two_way",
]
