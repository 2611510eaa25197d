"""People who stay in the engine that holds them: those that a design can match by sums.

    spec ── by_sums ──▶ Source, where the rows are more than data.pull_limit allows
    spec, Source ── build_in_engine ──▶ EngineSample, its ledger from the first row on

Where the rows may come out, they do: a page then has everything. Beyond the limit the effect, its
error, balance and checks are worked out in the engine, to the same numbers, and what needs rows is
left out and named.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Literal

from pbc_eval.agreement.comparison_group import ComparisonGroup, OtherComparisonGroup
from pbc_eval.agreement.design import Matching
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.agreement.weighting_options import WeightingOptions
from pbc_eval.evaluation.data_place import data_table, named_columns, size_of
from pbc_eval.evaluation.named_ways import naming
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.matching.design import by_column
from pbc_eval.matching.in_engine.match import match_in_engine, needs_rows
from pbc_eval.matching.in_engine.sample import EngineSample
from pbc_eval.matching.in_engine.sums import count, total
from pbc_eval.matching.ledger import LedgerStep, SampleLedger, by_arm
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.panel.source import Source
from pbc_eval.panel.unit_rows import answer_column

MISSING: tuple[Literal["refuse", "complete_cases"], ...] = ("refuse", "complete_cases")


def why_rows(spec: EvaluationSpec, way: ComparisonGroup) -> Sentence | None:
    """Why a comparison group cannot be had by sums in an engine; None where it can."""
    data = spec.data
    assert data is not None
    if why := needs_rows(way.by):
        return why
    if data.cluster is not None:
        return Sentence("errors are clustered ({key})", key=Name("data.cluster"))
    if data.numbers is not None:
        return Sentence("numbers are written as text ({key})", key=Name("data.numbers"))
    if data.missing not in MISSING:
        return Sentence("missing values are filled in ({key})", key=Name("data.missing"))
    return None


def by_sums(spec: EvaluationSpec, design: Matching, files: InputFiles) -> Source | None:
    """The table whose people stay where they are; None where they may, or must, come out.

    Raises DataError for an engine that is not reached, and DesignError, with the reason, where more
    rows than ``data.pull_limit`` allows would have to come out."""
    data = spec.data
    if data is None or data.backend is None:
        return None
    source = data_table(spec, files)
    assert source.pulls is not None
    rows = size_of(source)
    columns = [column for column in source.columns if column in named_columns(spec)]
    if source.pulls.allows(rows, len(columns)):
        return None
    if (why := why_rows(spec, design)) is None:
        return source
    source.pulls.allow(
        str(data.table),
        Sentence("the table of people"),
        rows,
        len(columns),
        instead="match in cells (algorithm coarsened or exact) or weight by a logistic score (ipw "
        "or overlap), which is worked out in the engine; here it cannot be, because "
        f"{why}.",
    )
    return None


def build_in_engine(
    spec: EvaluationSpec, design: Matching, source: Source, way: ComparisonGroup
) -> EngineSample:
    """The comparison group as ``way`` says, of people whose outcomes are known.

    Raises as ``match_in_engine``; for an alternative the message names it."""
    with naming(way, spec):
        return _built(spec, design, source, way)


def _built(
    spec: EvaluationSpec, design: Matching, source: Source, way: ComparisonGroup
) -> EngineSample:
    data = spec.data
    assert data is not None
    covariates = design.covariates
    if isinstance(way, OtherComparisonGroup) and way.covariates is not None:
        covariates = way.covariates
    outcomes = [str(o.column) for o in spec.outcomes if o.column in source.columns]
    known, first = (source, None)
    if data.missing == "complete_cases":
        known, first = _with_known_outcomes(source, design.treatment, outcomes)
    by = way.by
    assert isinstance(by, MatchingOptions | WeightingOptions)
    sample = match_in_engine(
        known,
        treatment=design.treatment,
        covariates=covariates,
        by=by,
        estimand=design.estimand,
        unit=data.unit,
        sampling_weights=data.weight,
        missing="complete_cases" if data.missing == "complete_cases" else "refuse",
        labels=data.categories,
    )
    if first is None:
        return sample
    ledger = SampleLedger((*first.steps, *sample.rows.ledger.steps[1:]))
    return replace(sample, rows=replace(sample.rows, ledger=ledger))


def _with_known_outcomes(
    source: Source, treatment: str, outcomes: Sequence[str]
) -> tuple[Source, SampleLedger | None]:
    """Rows with all outcomes, and a ledger that says who had none; None where all had."""
    absent = {name: answer_column(source, name, None).isnull() for name in outcomes}
    if not absent:
        return source, None
    gone = reduce(or_, absent.values())
    treated = answer_column(source, treatment, None) == 1.0
    facts = total(
        source.table,
        {
            "n": source.table.count(),
            "gone": count(gone),
            "treated": count(gone & treated),
            **{f"y{k}": count(lack) for k, lack in enumerate(absent.values())},
        },
    )
    lost = int(facts["gone"])
    if not lost:
        return source, None
    lacking = {name: int(facts[f"y{k}"]) for k, name in enumerate(absent) if facts[f"y{k}"]}
    why = Sentence("missing values: {columns}", columns=by_column(lacking))
    of_treated = int(facts["treated"])
    ledger = SampleLedger((LedgerStep(what=Sentence("read"), rows_in=int(facts["n"])),)).then(
        Sentence("known outcomes"), lost, by_arm(why, of_treated, lost - of_treated)
    )
    return replace(source, table=source.table.filter(~gone)), ledger
