"""What may leave the building: small counts, and what could be worked out from them.

Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError
DesignNote ── release_note ──▶ ReleasedDesignNote
Portfolio  ── release_portfolio ──▶ ReleasedPortfolio
"""

from pbc_eval.disclosure.own_tables import OwnTable, with_own_figure, with_own_table
from pbc_eval.disclosure.protection import Pattern, SuppressionProblem, protect
from pbc_eval.disclosure.record import (
    SUPPRESSED,
    OutputReview,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedKpi,
    ReleasedTable,
    is_suppressed,
)
from pbc_eval.disclosure.relations import Relations, audit, cross_table_relations, relations_of
from pbc_eval.disclosure.release_evaluation import release
from pbc_eval.disclosure.released_note import ReleasedDesignNote, release_note
from pbc_eval.disclosure.released_portfolio import ReleasedPortfolio, release_portfolio
from pbc_eval.disclosure.review import complete_reviews, reviews_table
from pbc_eval.disclosure.tables import release_table

__all__ = [
    "SUPPRESSED",
    "OutputReview",
    "OwnTable",
    "Pattern",
    "Relations",
    "ReleasedDesignNote",
    "ReleasedEvaluation",
    "ReleasedFinding",
    "ReleasedKpi",
    "ReleasedPortfolio",
    "ReleasedTable",
    "SuppressionProblem",
    "audit",
    "complete_reviews",
    "cross_table_relations",
    "is_suppressed",
    "protect",
    "relations_of",
    "release",
    "release_note",
    "release_portfolio",
    "release_table",
    "reviews_table",
    "with_own_figure",
    "with_own_table",
]
