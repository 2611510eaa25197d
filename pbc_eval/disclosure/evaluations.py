"""What may leave the building: small counts, and what could be worked out from them.

    Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError

A count from 1 to one less than the threshold is not published, nor is any figure that rests on it,
nor a sentence that states it. Other counts go with it until what is published, totals included,
leaves open whether each hidden count is small; see ``small_counts``. A headline that rests on too
few is refused outright: there would be nothing to publish but a number that may identify someone.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Evaluation, Finding, OutputTable
from pbc_eval.results import AttEstimate, EffectSeries
from pbc_eval.small_counts import hidden_in_nests, hidden_in_total, is_small, without_small_counts
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
    """A finding whose figures, tables, series and sentences have passed the disclosure rule."""

    finding: Finding
    tables: tuple[ReleasedTable, ...]
    path: EffectSeries | None

    def table(self, kind: str) -> ReleasedTable | None:
        wanted = f"{self.finding.outcome.id}-{kind}"
        return next((t for t in self.tables if t.table.name == wanted), None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReleasedEvaluation:
    """All that the report may see. ``evaluation`` holds the released sentences."""

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


def is_suppressed(value: object) -> bool:
    """Does a cell of a released table hold the mark of a figure that is held back?"""
    return isinstance(value, str) and value == SUPPRESSED


def release(evaluation: Evaluation) -> ReleasedEvaluation:
    """Apply the evaluation's disclosure rule to everything that would be published.

    Raises DisclosureError when a headline or an alternative estimate rests on fewer units than
    the threshold.
    """
    rule = evaluation.spec.publication.disclosure
    for finding in evaluation.findings:
        _refuse_a_headline_on_few(finding, rule.threshold)
    released = tuple(_release_finding(f, rule.threshold) for f in evaluation.findings)
    told = replace(evaluation, findings=tuple(part.finding for part in released))
    return ReleasedEvaluation(evaluation=told, findings=released, rule=rule)


def release_table(
    table: OutputTable,
    threshold: int,
    *,
    hidden_groups: frozenset[object] = frozenset(),
    known: tuple[int, ...] = (),
) -> ReleasedTable:
    """Suppress small counts and what they govern; the caller's table is left as it is.

    ``hidden_groups`` are held back in every table of a finding. ``known`` are counts that the page
    states elsewhere. Raises DisclosureError for a governed column that the table does not have.
    """
    frame = table.frame.astype(object)
    hidden = pd.DataFrame(False, index=frame.index, columns=frame.columns)
    group = frame[table.group_by].isin(list(hidden_groups)) if table.group_by else None
    for count, governed in table.governed_by.items():
        if lacking := {count, *governed} - {*frame.columns}:
            raise DisclosureError(f"{table.name}: there is no column {min(lacking)!r} to protect.")
        counts = pd.to_numeric(table.frame[count]).to_numpy(float)
        rows = _hidden_rows(table, counts, threshold, small_groups=bool(hidden_groups), known=known)
        if group is not None:
            rows = rows | group.to_numpy(bool)
        hidden.loc[rows, [count, *governed]] = True
        if table.adds_up == "in_steps" and rows.any():
            hidden.loc[rows, list(table.governed_by)] = True
            hidden["rows_in"] = True
            hidden.loc[frame.index[:-1], "rows_left"] = True
    for column in (c for c, kind in table.kinds.items() if kind == "text"):
        frame[column] = [without_small_counts(value, threshold) for value in frame[column]]
    frame = frame.mask(hidden, SUPPRESSED)
    return ReleasedTable(table=replace(table, frame=frame), n_suppressed=int(hidden.sum().sum()))


def _hidden_rows(
    table: OutputTable,
    counts: np.ndarray,
    threshold: int,
    *,
    small_groups: bool,
    known: tuple[int, ...],
) -> np.ndarray:
    small = is_small(counts, threshold)
    if table.adds_up == "to_a_total":
        return hidden_in_total(counts, threshold)
    if table.adds_up == "to_the_first" and small.any():
        small = small.copy()
        small[0] = True
    if table.adds_up == "in_nests" and small_groups:
        return hidden_in_nests(counts, threshold, known)
    return small


def _release_finding(finding: Finding, threshold: int) -> ReleasedFinding:
    groups = _hidden_groups(finding, threshold)
    known = (finding.headline.n_treated, finding.headline.n_comparison)
    tables = tuple(
        release_table(table, threshold, hidden_groups=groups, known=known)
        for table in finding.tables
    )
    told = replace(
        finding,
        headline=_told(finding.headline, threshold),
        alternatives=tuple(_told(e, threshold) for e in finding.alternatives),
        checks=tuple(
            replace(check, sentence=without_small_counts(check.sentence, threshold))
            for check in finding.checks
        ),
        notes=tuple(without_small_counts(note, threshold) for note in finding.notes),
    )
    path = next((t for t in tables if t.table.name == f"{finding.outcome.id}-event"), None)
    return ReleasedFinding(
        finding=told, tables=tables, path=_release_series(finding.path, path, threshold)
    )


def _hidden_groups(finding: Finding, threshold: int) -> frozenset[object]:
    """Names of the groups that are too small, or held back with them; their first periods too."""
    groups, means = finding.table("groups"), finding.table("means")
    if groups is None or groups.group_by != "group":
        return frozenset()
    counts = groups.frame["units"].to_numpy(float)
    names = set(groups.frame["group"][hidden_in_total(counts, threshold)])
    if means is None:
        return frozenset(names)
    starts = means.frame.loc[means.frame["group"].isin(names), "first_treated"].dropna()
    return frozenset(names) | frozenset(int(start) for start in starts)


def _told(estimate: AttEstimate, threshold: int) -> AttEstimate:
    """The estimate with its sentences, but without the small counts in them."""
    notes = tuple(without_small_counts(note, threshold) for note in estimate.method.notes)
    reason = without_small_counts(estimate.reason, threshold) if estimate.reason else None
    return replace(estimate, reason=reason, method=replace(estimate.method, notes=notes))


def _release_series(
    series: EffectSeries | None, table: ReleasedTable | None, threshold: int
) -> EffectSeries | None:
    """The series without the points that its table holds back (figures draw what is left)."""
    if series is None:
        return None
    few = [_rests_on_few(effect, threshold) for effect in series.effects]
    if table is not None and len(table.frame) == len(few):
        few = [a or b == SUPPRESSED for a, b in zip(few, table.frame["estimate"], strict=True)]
    kept = [position for position, is_few in enumerate(few) if not is_few]
    return replace(
        series,
        index=tuple(series.index[k] for k in kept),
        effects=tuple(_told(series.effects[k], threshold) for k in kept),
        covariance=series.covariance[np.ix_(kept, kept)]
        if len(series.covariance)
        else (series.covariance),
    )


def _rests_on_few(estimate: AttEstimate, threshold: int) -> bool:
    return bool(is_small(np.array([estimate.n_treated, estimate.n_comparison]), threshold).any())


def _refuse_a_headline_on_few(finding: Finding, threshold: int) -> None:
    for estimate in (finding.headline, *finding.alternatives):
        for group, count in (
            ("treated", estimate.n_treated),
            ("comparison", estimate.n_comparison),
        ):
            if 0 < count < threshold:
                raise DisclosureError(
                    f"{finding.outcome.id}: the estimate {estimate.term!r} rests on fewer than "
                    f"{threshold} {group} units and may identify them. Publish a wider group, or "
                    "lower publication.disclosure.threshold with the reason why it is safe."
                )
