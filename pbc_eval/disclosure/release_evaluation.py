"""Apply the disclosure rule to everything that an evaluation would publish.

    Evaluation ── release ──▶ ReleasedEvaluation | DisclosureError

A count from 1 to one less than the threshold is not published, nor is any figure that rests on it,
nor a sentence that states it. Other counts go with it until what is published, all tables of an
outcome taken together, leaves open whether each hidden count is small. A headline that rests on too
few is refused outright: there would be nothing to publish but a number that may identify someone.
Numbers go out to ten significant digits (``numerics.published``): what differs from one machine to
the next is beyond them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.cell_register import is_small
from pbc_eval.disclosure.effect_paths import DIVERGING, PLACEBOS
from pbc_eval.disclosure.record import (
    OutputReview,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedTable,
    is_suppressed,
)
from pbc_eval.disclosure.release_performance import release_performance
from pbc_eval.disclosure.review import refuse_unfit_outputs, review_table, reviews_of
from pbc_eval.disclosure.rounding import to_base
from pbc_eval.disclosure.sentences import (
    HeldBackCounts,
    held_back_counts,
    released_column,
    released_sentence,
)
from pbc_eval.disclosure.stated import review_of_counts, review_of_words
from pbc_eval.disclosure.tables import (
    Protected,
    protect_findings,
    release_open_table,
    release_table,
    release_tables,
)
from pbc_eval.disclosure.told_elsewhere import review_of_numbers_told_elsewhere
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Evaluation, Finding, OutputTable
from pbc_eval.evaluation.shown.evaluation_tables import tables_of
from pbc_eval.evaluation.simulation_summary import summary_of
from pbc_eval.evaluation.trends import AS_BEFORE, TWICE
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.published import published
from pbc_eval.payment.measure import ALTERNATIVE
from pbc_eval.results import AttEstimate, CheckResult, EffectSeries


def release(evaluation: Evaluation) -> ReleasedEvaluation:
    """Apply the evaluation's disclosure rule to everything that would be published.

    Raises DisclosureError when a headline or an alternative estimate rests on fewer units than
    the threshold, when an output fails its review, and when a final edition has outputs in doubt
    that nobody answers for.
    """
    spec = evaluation.spec
    rule = spec.publication.disclosure
    units = rule.of_units
    for finding in evaluation.findings:
        _refuse_a_headline_on_few(finding, units)
    together = protect_findings(evaluation.findings, units) if units.protects else None
    findings = tuple(_release_finding(finding, units, together) for finding in evaluation.findings)
    shown = replace(evaluation, payment_alternatives=_told_payments(evaluation, findings))
    tables = tuple(
        _release_alone(table, rule if table.counts_always else units) for table in tables_of(shown)
    )
    kpis, summary = release_performance(evaluation.performance, rule)
    if summary is not None:
        tables = (*tables, summary)
    alone = (*tables, *(kpi.table for kpi in kpis))
    reviews = reviews_of(evaluation, findings, units)
    reviews += tuple(review_table(table, units) for table in tables if not table.counts_always)
    reviews += tuple(review_table(table, rule) for table in alone if table.counts_always)
    reviews += (*review_of_words(spec, rule),)
    reviews += tuple(
        review_of_counts(
            spec,
            rule,
            evaluation.counted,
            evaluation.account,
            performance=evaluation.performance,
            valued=() if evaluation.sroi is None else evaluation.sroi.outcomes,
        )
    )
    reviews += (*review_of_numbers_told_elsewhere(evaluation, findings, kpis, tables, rule),)
    reviews += (*_review_of_paid_estimates(evaluation, findings),)
    refuse_unfit_outputs(reviews, spec)
    simulation = evaluation.simulation
    return ReleasedEvaluation(
        spec=spec,
        rule=rule,
        findings=published(findings),
        tables=published(tables),
        reviews=reviews,
        payment=published(evaluation.payment),
        account=published(evaluation.account),
        payment_analysis=published(evaluation.payment_analysis),
        payment_risk=published(evaluation.payment_risk),
        kpis=published(kpis),
        sroi=published(evaluation.sroi),
        value_analysis=published(evaluation.value_analysis),
        investment=published(evaluation.investment),
        simulation=None if simulation is None else published(summary_of(simulation)),
        revision=published(evaluation.revision),
        deviations=evaluation.deviations,
        fingerprint=evaluation.fingerprint,
        inputs=evaluation.inputs,
        seed=evaluation.seed,
    )


def _told_payments(
    evaluation: Evaluation, released: Sequence[ReleasedFinding]
) -> pd.DataFrame | None:
    """Payments under other estimates, without those of estimates that are held back."""
    payments = evaluation.payment_alternatives
    if payments is None:
        return None
    withheld = {
        label
        for finding, part in zip(evaluation.findings, released, strict=True)
        for label in _withheld(finding, part)
    }
    return payments[~payments["estimator"].isin(withheld)].reset_index(drop=True)


def _withheld(finding: Finding, released: ReleasedFinding) -> set[str]:
    """Estimates of an outcome that are held back, as its table calls them, and intervals."""
    table = released.table("estimates")
    doubts = {AS_BEFORE, TWICE} if _holds_back(released.tables, finding, DIVERGING) else set()
    if table is None:
        return doubts
    cells = zip(table.frame["estimator"], table.frame["estimate"], strict=True)
    return doubts | {str(label) for label, value in cells if is_suppressed(value)}


def _review_of_paid_estimates(
    evaluation: Evaluation, released: Sequence[ReleasedFinding]
) -> list[OutputReview]:
    """A fail for a clause that is paid by an estimate which is held back: the amount tells it."""
    payment = evaluation.payment
    withheld = {
        (finding.outcome.id, ALTERNATIVE + label)
        for finding, part in zip(evaluation.findings, released, strict=True)
        for label in _withheld(finding, part)
    }
    paid_by = [
        f"{working.line}: {fact.name.removeprefix(ALTERNATIVE)}"
        for working in (payment.workings if payment else ())
        for fact, _ in working.facts
        if (fact.outcome, fact.name) in withheld
    ]
    if not paid_by:
        return []
    return [
        OutputReview(
            output="paid-estimates",
            kind="sentences",
            status="fail",
            reason="a clause is paid by an estimate that is held back, since beside the others it "
            "tells of few; the amount tells it",
            cells=tuple(dict.fromkeys(paid_by)),
        )
    ]


def _release_alone(table: OutputTable, rule: DisclosureRule) -> ReleasedTable:
    """A table that belongs to no one outcome."""
    return release_table(table, rule) if table.counts_people else release_open_table(table)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells sentences and estimates of one finding as the rule has them told."""

    rule: DisclosureRule
    held: HeldBackCounts

    def sentence(self, sentence: Sentence) -> Sentence:
        return released_sentence(sentence, self.rule, self.held)

    def estimate(self, estimate: AttEstimate) -> AttEstimate:
        """The estimate with its sentences and counts as they may be told."""
        method, base = estimate.method, self.rule.base
        return replace(
            estimate,
            reason=self.sentence(estimate.reason) if estimate.reason else None,
            no_interval=self.sentence(estimate.no_interval) if estimate.no_interval else None,
            n_treated=int(to_base(estimate.n_treated, base)),
            n_comparison=int(to_base(estimate.n_comparison, base)),
            method=replace(
                method,
                comparison_group=self.sentence(method.comparison_group),
                inference=self.sentence(method.inference),
                notes=tuple(self.sentence(note) for note in method.notes),
            ),
        )


def _release_finding(
    finding: Finding, rule: DisclosureRule, together: Protected | None
) -> ReleasedFinding:
    tables = release_tables(finding.tables, rule, finding, together)
    held = held_back_counts(
        finding.tables, tables, finding.headline, prefix=f"{finding.outcome.id}-"
    )
    tell = _Teller(rule, held)
    tables = tuple(
        replace(_with_told_reasons(table, tell), about=finding.outcome.id) for table in tables
    )
    path = next((t for t in tables if t.name == f"{finding.outcome.id}-event"), None)
    benchmark, are_told = finding.benchmark, _told_estimates(finding, tables)
    return ReleasedFinding(
        outcome=finding.outcome,
        headline=tell.estimate(finding.headline),
        measured=finding.measured,
        alternatives=tuple(
            tell.estimate(estimate)
            for estimate, is_told in zip(finding.alternatives, are_told, strict=True)
            if is_told
        ),
        benchmark=tell.estimate(benchmark) if benchmark else None,
        checks=tuple(
            replace(check, sentence=_told_check(check, tables, finding, tell), table=None)
            for check in finding.checks
        ),
        notes=tuple(tell.sentence(note) for note in finding.notes),
        source=finding.source,
        status=finding.status,
        tables=tables,
        path=_release_series(finding.path, path, tell),
    )


_UNTOLD = Sentence(
    "It was looked at. Its figures are held back: beside the others they would tell the effect of "
    "a group that is held back."
)


def _told_check(
    check: CheckResult, tables: Sequence[ReleasedTable], finding: Finding, tell: "_Teller"
) -> Sentence:
    """A check's sentence; none of its figures where figures of its table are held back."""
    of_effects = check.name.replace("_", "-") in (PLACEBOS, DIVERGING)
    if of_effects and _holds_back(tables, finding, check.name.replace("_", "-")):
        return _UNTOLD
    return tell.sentence(check.sentence)


def _holds_back(tables: Sequence[ReleasedTable], finding: Finding, kind: str) -> bool:
    name = f"{finding.outcome.id}-{kind}"
    return any(table.name == name and table.n_suppressed for table in tables)


def _told_estimates(finding: Finding, tables: Sequence[ReleasedTable]) -> list[bool]:
    """Which estimates the table of estimates tells."""
    name = f"{finding.outcome.id}-estimates"
    table = next((table for table in tables if table.name == name), None)
    if table is None or len(table.frame) != len(finding.alternatives):
        return [True] * len(finding.alternatives)
    return [not is_suppressed(value) for value in table.frame["estimate"]]


def _with_told_reasons(released: ReleasedTable, tell: _Teller) -> ReleasedTable:
    """The table with its columns of sentences told as the others are."""
    if not released.sentence_columns:
        return released
    frame = released.frame.copy()
    for column in released.sentence_columns:
        cells = released_column(frame[column], tell.rule, tell.held)
        frame[column] = pd.Series(cells, frame.index, dtype=object)
    return replace(released, frame=frame)


def _release_series(
    series: EffectSeries | None, table: ReleasedTable | None, tell: _Teller
) -> EffectSeries | None:
    """The series without the points that its table holds back (figures draw what is left)."""
    if series is None:
        return None
    few = [_rests_on_few(effect, tell.rule) for effect in series.effects]
    if table is not None and len(table.frame) == len(few):
        few = [a or is_suppressed(b) for a, b in zip(few, table.frame["estimate"], strict=True)]
    kept = [position for position, is_few in enumerate(few) if not is_few]
    return replace(
        series,
        overall=tell.estimate(series.overall),
        index=tuple(series.index[k] for k in kept),
        effects=tuple(tell.estimate(series.effects[k]) for k in kept),
        covariance=series.covariance[np.ix_(kept, kept)]
        if len(series.covariance)
        else (series.covariance),
    )


def _rests_on_few(estimate: AttEstimate, rule: DisclosureRule) -> bool:
    return any(n > 0 and is_small(n, rule) for n in (estimate.n_treated, estimate.n_comparison))


def _refuse_a_headline_on_few(finding: Finding, rule: DisclosureRule) -> None:
    for estimate in (finding.headline, *finding.alternatives):
        for group, count in (
            ("treated", estimate.n_treated),
            ("comparison", estimate.n_comparison),
        ):
            if 0 < count < rule.threshold:
                raise DisclosureError(
                    f"{finding.outcome.id}: the estimate {estimate.term!r} rests on fewer than "
                    f"{rule.threshold} {group} units and may identify them. Publish a wider group, "
                    "or lower publication.disclosure.threshold with the reason why it is safe."
                )
