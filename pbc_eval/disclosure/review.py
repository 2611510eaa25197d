"""Each output looked at before it leaves: pass, review or fail, with the reason.

Safe are counts that pass the threshold, means, effects and their errors; in doubt are quantiles,
estimates with fewer than ten degrees of freedom, tables with one row a unit, and samples that
differ by few; never published are minima, maxima and residuals, which are about one person each,
and tables from which a count that is held back can be worked out. A final edition needs somebody
who answers for each doubt by name; a fail stops publication.

Source: Hundepool et al. (2012), chapter 6 (safe and unsafe statistics in output checking); the
statuses and ten degrees of freedom as in ACRO (Green, Ritchie & Smith 2021, UNECE Expert Meeting on
Statistical Data Confidentiality).
"""

import math
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import combinations

import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.disclosure.cells import keys_of
from pbc_eval.disclosure.rare_outcomes import review_of_rare_outcomes
from pbc_eval.disclosure.record import (
    OutputReview,
    ReleasedEvaluation,
    ReleasedFinding,
    ReleasedTable,
    ReviewStatus,
)
from pbc_eval.disclosure.sentences import held_back_counts
from pbc_eval.disclosure.stated import COUNTS, WORDS
from pbc_eval.disclosure.tables import release_open_table
from pbc_eval.disclosure.told_elsewhere import TOLD_ELSEWHERE
from pbc_eval.disclosure.whole_numbers import review_of_whole_numbers
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Evaluation, Finding
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.results import AttEstimate

REVIEW_TABLE = "disclosure-review"
LEAST_DEGREES = 10
_ONE_PERSON = re.compile(r"^(min|max|minimum|maximum|residuals?|outliers?)(_|$)", re.IGNORECASE)
_QUANTILE = re.compile(
    r"^(median|quantile|percentile|decile|quartile|iqr|q\d+|p\d{1,2})(_|$)", re.IGNORECASE
)
SAFE = "counts pass the threshold; averages and effects rest on enough units"
NOT_ROUNDED = (
    "counts are rounded, and averages, errors and p-values beside them are not: the number of "
    "people follows from these to the last one"
)
NO_PEOPLE = "it counts no people"
OFF = "the rule holds nothing back here, for the reason that the report gives"


def reviews_of(
    evaluation: Evaluation, released: Sequence[ReleasedFinding], rule: DisclosureRule
) -> tuple[OutputReview, ...]:
    """What was found of each table, series and set of sentences, and of the workbook."""
    reviews: list[OutputReview] = []
    for finding, part in zip(evaluation.findings, released, strict=True):
        name = finding.outcome.id
        reviews += [review_table(table, rule) for table in part.tables]
        reviews.append(_of_estimates(finding, rule))
        reviews += review_of_rare_outcomes(finding, rule)
        reviews += review_of_whole_numbers(finding, rule)
        reviews += _of_benchmark(finding, held_back_counts(finding.tables, part.tables).values)
        sentences = len(finding.checks) + len(finding.notes) + len(finding.headline.method.notes)
        reviews.append(
            OutputReview(
                output=f"{name}-sentences",
                kind="sentences",
                status="pass",
                reason=f"{sentences} sentences, told without small counts"
                if rule.protects
                else OFF,
                rule=rule_words(rule),
            )
        )
    if rule.protects:
        reviews += _of_samples(evaluation.findings, rule)
    if evaluation.payment is not None or evaluation.sroi is not None:
        reviews.append(_of_workbook(evaluation, rule))
    return tuple(reviews)


def review_table(released: ReleasedTable, rule: DisclosureRule) -> OutputReview:
    """One table: what it holds, and what a reader could work out of it."""
    if not rule.protects:
        return OutputReview(
            output=released.name, kind="table", status="pass", reason=OFF, rule=rule_words(rule)
        )
    faults, doubts = list(released.faults), list(released.doubts)
    for column in released.frame.columns:
        header = released.headers.get(str(column), str(column))
        if _ONE_PERSON.match(str(column)):
            faults.append(("an extreme or a residual is about one person", header))
        elif _QUANTILE.match(str(column)):
            doubts.append(("a quantile may be one person's value", header))
    if released.one_row_a_unit:
        doubts.append(("every row is about one unit", "all rows"))
    status: ReviewStatus = "fail" if faults else "review" if doubts else "pass"
    reasons = faults or doubts
    reason = (
        "; ".join(dict.fromkeys(words for words, _ in reasons)) if reasons else _passed(released)
    )
    return OutputReview(
        output=released.name,
        kind="table",
        status=status,
        reason=reason,
        cells=tuple(cell for _, cell in reasons),
        rule=rule_words(rule) if released.guarded else NO_PEOPLE,
        narrowest=_range_words(released.narrowest),
    )


def rule_words(rule: DisclosureRule) -> str:
    """The rule in a few words: "counts of 1 to 9 held back; counts to the nearest 5"."""
    if not rule.protects:
        return "bodies of public identity are shown" if rule.counts == "bodies" else "none"
    least = 0 if rule.zeros == "protected" else 1
    words = [f"counts of {least} to {rule.threshold - 1} held back"]
    if rule.base > 1:
        words.append(f"counts to the nearest {rule.base}")
    if rule.dominance is not None and not rule.dominance.is_off:
        words.append("totals that few dominate held back")
    return "; ".join(words)


def _range_words(ends: tuple[float, float] | None) -> str:
    if ends is None:
        return ""
    low, high = ends
    return f"{low:,.0f} or more" if math.isinf(high) else f"{low:,.0f} to {high:,.0f}"


def refuse_unfit_outputs(reviews: Iterable[OutputReview], spec: EvaluationSpec) -> None:
    """Raise DisclosureError for outputs that fail, and for doubts in a final edition that nobody
    answers for."""
    reviews = tuple(reviews)
    rule = spec.publication.disclosure
    failed = [review for review in reviews if review.status == "fail"]
    if failed:
        raise DisclosureError(
            f"{spec.id}: {_outputs(failed)} may identify a person and cannot be released.\n"
            + "\n".join(f"  {_named(review)}" for review in failed)
            + f"\n{_remedy(failed)}"
        )
    open_doubts = [
        review
        for review in reviews
        if review.status == "review" and rule.reviewer_of(review.output) is None
    ]
    if open_doubts and spec.status == "final":
        raise DisclosureError(
            f"{spec.id}: {_outputs(open_doubts)} may tell about few people, and a final edition "
            "needs somebody who answers for each.\n"
            + "\n".join(f"  {_named(review)}" for review in open_doubts)
            + "\nLook at them, and add output, by, date and reason under "
            "publication.disclosure.reviewed; or publish wider groups."
        )


def _remedy(failed: Sequence[OutputReview]) -> str:
    remedies = [_REMEDIES.get(review.output, _WIDER) for review in failed]
    return "\n".join(dict.fromkeys(remedies))


_WIDER = "Publish wider groups, or leave these figures out."
_ANSWER = "by, date and reason under publication.disclosure.reviewed"
_REMEDIES = {
    WORDS: f"Change the words; or, where they are about nobody in the data, add output: words, "
    f"{_ANSWER}. Where the data's units are bodies whose identity is public, say counts: bodies "
    "under publication.disclosure.",
    COUNTS: "Leave the count out; or have somebody answer for it: output: verified-counts, "
    f"{_ANSWER}.",
    TOLD_ELSEWHERE: "Leave the number out, or tell a rounder one; or, where it is about other "
    f"people, have somebody answer for it: output: told-elsewhere, {_ANSWER}.",
}


def _outputs(reviews: Sequence[OutputReview]) -> str:
    return "one output" if len(reviews) == 1 else f"{len(reviews)} outputs"


def _named(review: OutputReview) -> str:
    cells = f" ({first_few(review.cells, 6)})" if review.cells else ""
    return f"{review.output}: {review.reason}{cells}."


def _passed(released: ReleasedTable) -> str:
    if not released.guarded:
        return NO_PEOPLE
    if not released.n_suppressed:
        return SAFE
    return (
        f"{released.n_suppressed} cells are held back; whoever adds up what is published of the "
        "outcome brings no small one nearer than the range beside this"
    )


def _of_estimates(finding: Finding, rule: DisclosureRule) -> OutputReview:
    few = [
        estimate.term
        for estimate in (finding.headline, *finding.alternatives)
        if estimate.degrees_of_freedom < LEAST_DEGREES
    ]
    doubts = []
    if few and rule.protects:
        doubts.append(
            f"fewer than {LEAST_DEGREES} degrees of freedom: a model that fits few people fits "
            "each of them"
        )
    if rule.protects and rule.base > 1 and finding.headline.std_error is not None:
        doubts.append(NOT_ROUNDED)
    return OutputReview(
        output=f"{finding.outcome.id}-effects",
        kind="series",
        status="review" if doubts else "pass",
        reason="; ".join(doubts) or (SAFE if rule.protects else OFF),
        cells=tuple(dict.fromkeys(few)) if rule.protects else (),
        rule=rule_words(rule),
    )


def _of_benchmark(finding: Finding, hidden: Collection[int]) -> list[OutputReview]:
    """A benchmark on the very people whose number is held back tells it."""
    benchmark = finding.benchmark
    if benchmark is None or not {benchmark.n_treated, benchmark.n_comparison} & {*hidden}:
        return []
    return [
        OutputReview(
            output=f"{finding.outcome.id}-benchmark",
            kind="series",
            status="review",
            reason="it rests on as many people as a count that is held back, and may tell it",
            cells=(benchmark.term,),
        )
    ]


def _of_samples(findings: Sequence[Finding], rule: DisclosureRule) -> list[OutputReview]:
    """Samples that differ by few people, of several estimates or of several outcomes: both their
    effects together may tell about those few."""
    by_outcome = [
        (finding.outcome.id, *(getattr(finding.headline, n) for n in ("n_treated", "n_comparison")))
        for finding in findings
    ]
    compared = []
    for finding in findings:
        rows = [
            (label, float(estimate.n_treated), float(estimate.n_comparison))
            for label, estimate in _estimates(finding)
            if estimate != finding.benchmark  # other people altogether
        ]
        compared.append((f"{finding.outcome.id}-samples", "estimates", _apart_by_few(rows, rule)))
    outcomes = (*_apart_by_few(by_outcome, rule), *_groups_apart_by_few(findings, rule))
    compared.append(("samples", "outcomes", tuple(dict.fromkeys(outcomes))))
    return [
        OutputReview(
            output=name,
            kind="series",
            status="review",
            reason=f"the samples of these {what} differ by fewer than {rule.threshold} units; both "
            "together may tell about those few",
            cells=pairs,
            rule=rule_words(rule),
        )
        for name, what, pairs in compared
        if pairs
    ]


def _estimates(finding: Finding) -> list[tuple[str, AttEstimate]]:
    """Every estimate of a finding as its table calls it."""
    table = finding.table("estimates")
    if table is None or len(table.frame) != len(finding.alternatives):
        return [(estimate.term, estimate) for estimate in finding.alternatives]
    return list(zip(table.frame["estimator"].astype(str), finding.alternatives, strict=True))


def _apart_by_few(
    rows: Sequence[tuple[str, float, float]], rule: DisclosureRule
) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(
            f"{first[0]} and {second[0]}"
            for first, second in combinations(rows, 2)
            if any(
                0 < abs(a - b) < rule.threshold for a, b in zip(first[1:], second[1:], strict=True)
            )
        )
    )


def _groups_apart_by_few(findings: Sequence[Finding], rule: DisclosureRule) -> Iterator[str]:
    """Groups that have few more in one outcome than in another, though all together differ by
    many."""
    tables = [(finding.outcome.id, finding.table("groups")) for finding in findings]
    by_start = [(name, table) for name, table in tables if table and table.group_by == "group"]
    for (here, first), (there, second) in combinations(by_start, 2):
        for column in first.governed_by.keys() & second.governed_by.keys():
            numbers = dict(zip(keys_of(second), second.frame[column], strict=True))
            for key, n in zip(keys_of(first), first.frame[column], strict=True):
                if key in numbers and 0 < abs(float(n) - float(numbers[key])) < rule.threshold:
                    yield f"{here} and {there}"


def _of_workbook(evaluation: Evaluation, rule: DisclosureRule) -> OutputReview:
    scaled = any(f.outcome.total is not None for f in evaluation.findings)
    doubtful = rule.protects and rule.base > 1 and scaled
    return OutputReview(
        output="workbook",
        kind="workbook",
        status="review" if doubtful else "pass",
        reason="amounts are worked out from counts that are not rounded, and may tell them"
        if doubtful
        else "amounts agreed, effects released, and formulas; no counts of people",
    )


def complete_reviews(
    released: ReleasedEvaluation, *, tables: Collection[str], figures: Collection[str]
) -> tuple[OutputReview, ...]:
    """What was found of every output of a page, by the names of its tables and figures.

    Raises DisclosureError for a table that no release has looked at, and as ``release`` does.
    """
    known = {review.output for review in released.reviews}
    if unknown := [name for name in tables if name not in known]:
        raise DisclosureError(
            f"{released.spec.id}: {first_few(unknown)} did not go through release and cannot be "
            "shown. Make it where the other tables are made."
        )
    shown = {*tables}
    reviews = [
        review for review in released.reviews if review.kind != "table" or review.output in shown
    ]
    reviews += [
        OutputReview(
            output=name,
            kind="figure",
            status="pass",
            reason="drawn from released tables and series only, with its alternative text",
            rule="as its tables",
        )
        for name in figures
        if name not in known  # an author's own figure was looked at when it was added
    ]
    return tuple(reviews)


def reviews_table(reviews: Sequence[OutputReview], rule: DisclosureRule) -> ReleasedTable:
    """One row an output: what it is, its status, the reason, the cells, and who answers for it."""
    rows = []
    for review in reviews:
        reviewer = rule.reviewer_of(review.output) if review.status == "review" else None
        rows.append(
            {
                "output": review.output,
                "kind": review.kind,
                "status": review.status,
                "reason": review.reason,
                "cells": "; ".join(review.cells),
                "rule": review.rule,
                "narrowest": review.narrowest,
                "reviewed_by": f"{reviewer.by}, {reviewer.date.isoformat()}: {reviewer.reason}"
                if reviewer
                else "",
            }
        )
    headers = {
        "output": "Output",
        "kind": "Kind",
        "status": "Status",
        "reason": "Reason",
        "cells": "Cells",
        "rule": "Rule",
        "narrowest": "Small counts are known to be",
        "reviewed_by": "Reviewed by",
    }
    return release_open_table(
        open_table(
            REVIEW_TABLE,
            "Each output as it was looked at before release",
            pd.DataFrame(rows, columns=list(headers)),
            {column: (header, "text") for column, header in headers.items()},
        )
    )
