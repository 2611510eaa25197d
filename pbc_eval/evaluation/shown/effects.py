"""The table over all outcomes: every one that was tested, so that none is picked out of many."""

from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.evaluation.tables import estimates_table


def all_outcomes_table(evaluation: Evaluation) -> OutputTable:
    """Every outcome that was tested, so that none can be picked out of many."""
    findings = evaluation.findings
    lead = evaluation.primary or findings[0]
    units = {finding.outcome.unit for finding in findings}
    return estimates_table(
        evaluation.spec,
        lead.outcome,
        [(finding.outcome.label, finding.headline) for finding in findings],
        name="all-outcomes",
        caption="Every outcome that was tested"
        + ("" if len(units) == 1 else ", each in its own unit"),
        about=lead.outcome.id if len(units) == 1 else "",
    )
