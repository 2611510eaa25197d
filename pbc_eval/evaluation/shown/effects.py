"""The table over all outcomes: every one that was tested, so that none is picked out of many."""

from dataclasses import replace
from typing import Literal

import numpy as np

from pbc_eval.evaluation.record import Evaluation, OutputTable
from pbc_eval.evaluation.tables import estimates_table
from pbc_eval.numerics.several_tests import Adjustment, adjust_p_values


def all_outcomes_table(evaluation: Evaluation) -> OutputTable:
    """Every outcome that was tested, so that none can be picked out of many; with p-values adjusted
    for being several, as the design agrees."""
    findings = evaluation.findings
    lead = evaluation.primary or findings[0]
    units = {finding.outcome.unit for finding in findings}
    table = estimates_table(
        evaluation.spec,
        lead.outcome,
        [(finding.outcome.label, finding.headline) for finding in findings],
        name="all-outcomes",
        caption="Every outcome that was tested"
        + ("" if len(units) == 1 else ", each in its own unit"),
        about=lead.outcome.id if len(units) == 1 else "",
    )
    agreed: Adjustment | Literal["unadjusted"] = getattr(
        evaluation.spec.design, "several_outcomes", "unadjusted"
    )
    return table if agreed == "unadjusted" else _adjusted(table, agreed)


def _adjusted(table: OutputTable, agreed: Adjustment) -> OutputTable:
    """The table with a column of adjusted p-values; outcomes without one are not counted."""
    p = table.frame["p_value"].to_numpy(float)
    known = ~np.isnan(p)
    adjusted = np.full(len(p), np.nan)
    if known.any():
        adjusted[known] = adjust_p_values(p[known], agreed)
    kinds = dict(table.kinds)
    after = list(kinds).index("p_value") + 1
    names = [*list(kinds)[:after], "p_adjusted", *list(kinds)[after:]]
    return replace(
        table,
        frame=table.frame.assign(p_adjusted=adjusted),
        kinds={name: kinds.get(name, "p_value") for name in names},
        headers={**table.headers, "p_adjusted": "p-value, adjusted for several"},
        governed_by={
            count: (*columns, "p_adjusted") for count, columns in table.governed_by.items()
        },
    )
