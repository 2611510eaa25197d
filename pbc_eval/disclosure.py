"""What may leave the building: small counts, and what could be worked out from them.

    Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError

A count from 1 to one less than the threshold is not published, nor is any figure that rests on it.
Where a single row of a table is held back, the row with the next smallest count goes with it, so
that a published total does not give it away. A headline that rests on too few is refused outright:
there would be nothing to publish but a number that may identify someone.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Evaluation, Finding, OutputTable
from pbc_eval.results import EffectSeries
from pbc_eval.spec.contract import DisclosureRule

SUPPRESSED = "[c]"  # the symbol for "confidential" in official statistics


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedTable:
    """A table that may be published: confidential cells hold ``SUPPRESSED``."""

    table: OutputTable
    n_suppressed: int

    @property
    def frame(self) -> pd.DataFrame:
        return self.table.frame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedFinding:
    """A finding whose figures, tables and series have passed the disclosure rule."""

    finding: Finding
    tables: tuple[ReleasedTable, ...]
    path: EffectSeries | None

    def table(self, kind: str) -> ReleasedTable | None:
        wanted = f"{self.finding.outcome.id}-{kind}"
        return next((t for t in self.tables if t.table.name == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedEvaluation:
    """All that the report may see."""

    evaluation: Evaluation
    findings: tuple[ReleasedFinding, ...]
    rule: DisclosureRule

    @property
    def primary(self) -> ReleasedFinding | None:
        wanted = self.evaluation.primary
        return next((f for f in self.findings if wanted and f.finding is wanted), None)

    @property
    def n_suppressed(self) -> int:
        return sum(table.n_suppressed for f in self.findings for table in f.tables)


def release(evaluation: Evaluation) -> ReleasedEvaluation:
    """Apply the evaluation's disclosure rule to everything that would be published.

    Raises DisclosureError when a headline or an alternative estimate rests on fewer units than
    the threshold.
    """
    rule = evaluation.spec.publication.disclosure
    for finding in evaluation.findings:
        _refuse_a_headline_on_few(finding, rule.threshold)
    released = tuple(_release_finding(f, rule.threshold) for f in evaluation.findings)
    return ReleasedEvaluation(evaluation=evaluation, findings=released, rule=rule)


def release_table(table: OutputTable, threshold: int) -> ReleasedTable:
    """Suppress small counts and what they govern; the caller's table is left as it is."""
    frame = table.frame.astype(object)
    n_suppressed = 0
    for count, governed in table.governed_by.items():
        hidden = _hidden_rows(pd.to_numeric(table.frame[count]).to_numpy(float), threshold)
        for column in (count, *governed):
            frame.loc[frame.index[hidden], column] = SUPPRESSED
        n_suppressed += int(hidden.sum()) * (1 + len(governed))
    return ReleasedTable(table=replace(table, frame=frame), n_suppressed=n_suppressed)


def _hidden_rows(counts: np.ndarray, threshold: int) -> np.ndarray:
    """Rows with counts in [1, threshold), and one more where a single row would stand alone."""
    hidden: np.ndarray = (counts > 0) & (counts < threshold)
    if hidden.sum() == 1 and len(counts) > 1:
        others = np.where(hidden | (counts <= 0) | np.isnan(counts), np.inf, counts)
        if np.isfinite(others.min()):
            hidden = hidden.copy()
            hidden[int(others.argmin())] = True
    return hidden


def _release_finding(finding: Finding, threshold: int) -> ReleasedFinding:
    tables = tuple(release_table(table, threshold) for table in finding.tables)
    return ReleasedFinding(
        finding=finding, tables=tables, path=_release_series(finding.path, threshold)
    )


def _release_series(series: EffectSeries | None, threshold: int) -> EffectSeries | None:
    """The series without the points that rest on too few units (figures draw what is left)."""
    if series is None:
        return None
    kept = [
        position
        for position, effect in enumerate(series.effects)
        if not (0 < effect.n_treated < threshold or 0 < effect.n_comparison < threshold)
    ]
    if len(kept) == len(series.effects):
        return series
    return replace(
        series,
        index=tuple(series.index[k] for k in kept),
        effects=tuple(series.effects[k] for k in kept),
        covariance=series.covariance[np.ix_(kept, kept)],
    )


def _refuse_a_headline_on_few(finding: Finding, threshold: int) -> None:
    for estimate in (finding.headline, *finding.alternatives):
        few = {
            "treated": estimate.n_treated,
            "comparison": estimate.n_comparison,
        }
        for group, count in few.items():
            if 0 < count < threshold:
                raise DisclosureError(
                    f"{finding.outcome.id}: the estimate {estimate.term!r} rests on fewer than "
                    f"{threshold} {group} units and may identify them. Publish a wider group, or "
                    "lower publication.disclosure.threshold with the reason why it is safe."
                )
