"""What may leave the building: small counts, and what could be worked out from them.

Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError
"""

from pbc_eval.disclosure.protection import Pattern, SuppressionProblem, protect
from pbc_eval.disclosure.record import (
    SUPPRESSED,
    OutputReview,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedTable,
    is_suppressed,
)
from pbc_eval.disclosure.relations import Relations, audit, cross_table_relations, relations_of
from pbc_eval.disclosure.release_evaluation import release
from pbc_eval.disclosure.tables import release_table

__all__ = [
    "SUPPRESSED",
    "OutputReview",
    "Pattern",
    "Relations",
    "ReleasedEvaluation",
    "ReleasedFinding",
    "ReleasedTable",
    "SuppressionProblem",
    "audit",
    "cross_table_relations",
    "is_suppressed",
    "protect",
    "relations_of",
    "release",
    "release_table",
]
