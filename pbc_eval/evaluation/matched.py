"""Findings of a matching design: one match, made before outcomes are looked at, then effects."""

from dataclasses import replace

import pandas as pd

from pbc_eval.checks.balance import check_balance
from pbc_eval.checks.overlap import check_overlap
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.measure import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.record import Finding, Kind, OutputTable
from pbc_eval.matching.effect import experimental_difference
from pbc_eval.matching.match import match
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.panel.source import read_frame
from pbc_eval.results import AttEstimate, CheckResult
from pbc_eval.spec.design import Matching
from pbc_eval.spec.evaluation import EvaluationSpec
from pbc_eval.spec.outcomes import DataRoles, Outcome

_METHODS = {
    "difference": "Matched, difference of means",
    "regression": "Matched, adjusted by regression",
    "g_computation": "Matched, adjusted with separate slopes a group",
}


def find_all(spec: EvaluationSpec, seed: int) -> tuple[Finding, ...]:
    """Match once, then estimate each outcome on the matched sample.

    Raises DataError for data that do not fit their roles and DesignError when nobody can be
    matched as the design says.
    """
    design, data = spec.design, spec.data
    if not isinstance(design, Matching) or data is None:
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    frame = read_frame(spec.path(data.file))
    sample = _match(frame, spec, design, data, seed)
    return tuple(_finding(spec, design, outcome, sample, frame) for outcome in spec.outcomes)


def _match(
    frame: pd.DataFrame, spec: EvaluationSpec, design: Matching, data: DataRoles, seed: int
) -> MatchedSample:
    if data.missing not in ("refuse", "complete_cases"):
        raise DesignError(
            f"{spec.id}: data.missing is {data.missing!r}; a matching design takes refuse or "
            "complete_cases."
        )
    return match(
        frame,
        treatment=design.treatment,
        covariates=design.covariates,
        distance=design.distance,
        ratio=design.ratio,
        replacement=design.replacement,
        caliper=design.caliper,
        caliper_scale=design.caliper_scale,
        within=design.within,
        discard=design.discard,
        estimand=design.estimand,
        exact=design.exact,
        order=design.order,
        unit=data.unit,
        link=design.link,
        seed=seed if design.order == "random" else None,
        missing="refuse" if data.missing == "refuse" else "complete_cases",
    )


def _finding(
    spec: EvaluationSpec,
    design: Matching,
    outcome: Outcome,
    sample: MatchedSample,
    frame: pd.DataFrame,
) -> Finding:
    column = outcome.column
    if column is None or column not in frame:
        raise DataError(f"{spec.id}: outcome {outcome.id}: column {column!r} is not in the data.")
    headline = sample.effect(column, method=design.effect, level=design.level)
    alternatives: list[tuple[str, AttEstimate]] = [
        (words, sample.effect(column, method=method, level=design.level))  # type: ignore[arg-type]
        for method, words in _METHODS.items()
        if method != design.effect
    ]
    raw = experimental_difference(
        frame, treatment=design.treatment, outcome=column, level=design.level
    )
    alternatives.append(("Not matched: all comparison units, no adjustment", raw))
    benchmark = _benchmark(spec, design, column)
    side_by_side: list[tuple[str, AttEstimate]] = [
        (f"Headline: {_METHODS[design.effect].lower()}", headline),
        *alternatives,
    ]
    if benchmark:
        side_by_side.append(("Randomised benchmark", benchmark))
    found = [
        tables.ledger_table(spec, outcome, sample.ledger.to_frame()),
        _counts_table(spec, outcome, sample),
        tables.estimates_table(spec, outcome, side_by_side),
        _balance_table(spec, outcome, sample),
    ]
    if len(sample.unmatched.ids) and not _hides_the_unmatched(spec, sample):
        found.append(_unmatched_table(spec, outcome, sample))
    scale = headline.n_treated / outcome.total.per if outcome.total else None
    return Finding(
        outcome=outcome,
        headline=headline,
        measured=measured_from_estimate(
            outcome, headline, total_scale=scale, alternatives=side_by_side[1:]
        ),
        measured_alternatives=measured_alternatives(outcome, side_by_side[1:], total_scale=scale),
        alternatives=tuple(estimate for _, estimate in side_by_side),
        benchmark=benchmark,
        checks=tuple(
            _in_plain_words(spec, check) for check in (check_balance(sample), check_overlap(sample))
        ),
        tables=tuple(found),
        notes=sample.notes,
    )


def _benchmark(spec: EvaluationSpec, design: Matching, column: str) -> AttEstimate | None:
    if design.benchmark is None:
        return None
    frame = read_frame(spec.path(design.benchmark.file))
    benchmark: AttEstimate = experimental_difference(
        frame, treatment=design.benchmark.treatment, outcome=column, level=design.level
    )
    return benchmark


def _counts_table(spec: EvaluationSpec, outcome: Outcome, sample: MatchedSample) -> OutputTable:
    """How many were submitted, set aside, matched and left out."""
    words = {
        "all": "Submitted, with the covariates",
        "discarded": "Set aside: outside the range of the other group",
        "matched": "Matched: in the analysis",
        "effective": "Effective number in the analysis",
        "unmatched": "Not matched",
    }
    counts = sample.counts().reindex([row for row in words if row in sample.counts().index])
    frame = counts.rename(index=words).rename_axis("group").reset_index()
    units = spec.data.unit_name[1] if spec.data else "units"
    return OutputTable(
        name=f"{outcome.id}-groups",
        caption=f"{units.capitalize()} submitted, matched and left out",
        frame=frame,
        kinds={"group": "text", "treated": "count", "comparison": "count"},
        headers={"group": "Step", "treated": "In the programme", "comparison": "Comparison"},
        governed_by={"treated": ("comparison",), "comparison": ("treated",)},
        adds_up="to_the_first",
    )


def _balance_table(spec: EvaluationSpec, outcome: Outcome, sample: MatchedSample) -> OutputTable:
    """Means and differences before and after matching.

    When the few who found no match must not be shown, nor may anything from which their averages
    follow: the programme group's mean before matching, or the comparison group's, which gives it
    away together with the standardised differences.
    """
    frame = sample.balance()
    frame["covariate"] = [
        "Propensity score" if name == "score" else _label(spec, name) for name in frame["covariate"]
    ]
    columns: dict[str, tuple[str, Kind]] = {
        "covariate": ("Characteristic", "text"),
        "mean_treated_before": ("In the programme", "number"),
        "mean_comparison_before": ("Comparison, before", "number"),
        "mean_treated_after": ("In the programme, matched", "number"),
        "mean_comparison_after": ("Comparison, matched", "number"),
        "std_diff_before": ("Difference before", "share"),
        "std_diff_after": ("Difference after", "share"),
    }
    if _hides_the_unmatched(spec, sample):
        del columns["mean_treated_before"], columns["mean_comparison_before"]
    else:
        columns |= {
            name: (name.replace("_", " ").capitalize(), "number")
            for name in frame.columns
            if name.startswith(("variance_ratio", "ecdf"))
        }
    shown = {name: kind for name, (_, kind) in columns.items() if "_ratio" not in name}
    return OutputTable(
        name=f"{outcome.id}-balance",
        caption="How alike the groups are, before and after matching",
        frame=frame[list(columns)],
        kinds={name: kind for name, kind in shown.items() if not name.startswith("ecdf")},
        headers={name: header for name, (header, _) in columns.items()},
        notes=(
            "Differences are in standard deviations of the programme group, as percentages: up to "
            "5% is good, up to 10% acceptable. Zero is alike.",
        ),
    )


def _hides_the_unmatched(spec: EvaluationSpec, sample: MatchedSample) -> bool:
    """Are those without a match so few that nothing may be said about them?"""
    return 0 < len(sample.unmatched.ids) < spec.publication.disclosure.threshold


def _label(spec: EvaluationSpec, name: str) -> str:
    """The plain words for a column, as the data roles give them."""
    return spec.data.labels.get(name, name) if spec.data else name


def _in_plain_words(spec: EvaluationSpec, check: CheckResult) -> CheckResult:
    """A check whose sentence names columns by their labels."""
    sentence = check.sentence
    for name in sorted(spec.data.labels if spec.data else (), key=len, reverse=True):
        sentence = sentence.replace(f"({name})", f"({_label(spec, name)})")
    return replace(check, sentence=sentence.replace(" -", " \N{MINUS SIGN}"))


def _unmatched_table(spec: EvaluationSpec, outcome: Outcome, sample: MatchedSample) -> OutputTable:
    frame = sample.unmatched.profile.copy()
    frame["covariate"] = [_label(spec, name) for name in frame["covariate"]]
    return OutputTable(
        name=f"{outcome.id}-unmatched",
        caption="Who in the programme found no match, and how they differ from those who did",
        frame=frame,
        kinds={
            "covariate": "text",
            "mean_matched": "number",
            "mean_unmatched": "number",
            "std_diff": "share",
        },
        headers={
            "covariate": "Characteristic",
            "mean_matched": "Matched",
            "mean_unmatched": "Not matched",
            "std_diff": "Difference (standard deviations)",
        },
        notes=("The estimate is for those who were matched.",),
    )
