"""The design in words, from what was agreed alone: no estimate has been made yet."""

from pbc_eval.agreement.design import (
    DifferenceInDifferences,
    Forecast,
    Matching,
    Reported,
    SyntheticDifferenceInDifferences,
)
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import DataRoles, Missing
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.message import Message
from pbc_eval.report.words.facts import PLAIN_WORDS, long_date

Facts = list[tuple[str, str]]
AVERAGES = {
    "simple": "the average over all treated units and periods",
    "event": "the average over periods since the start",
    "cohort": "the average over groups that started together, each over its own periods",
    "calendar": "the average over calendar periods",
}
ADJUSTMENTS = {
    "dr": "doubly robust (outcome regression and weighting together)",
    "reg": "outcome regression",
    "ipw": "weighting by the chance of being treated",
}
MISSING: dict[Missing, str] = {
    "refuse": "The evaluation stops if an outcome is missing.",
    "complete_units": "A unit that lacks an outcome in any period is left out, and listed.",
    "pairs": "A unit is left out of the comparisons that need the missing value, and of no other.",
    "complete_cases": "A row that lacks the outcome is left out, and listed.",
}
CHECKS: dict[str, tuple[str, ...]] = {
    "difference_in_differences": (
        "Trends before the start (pre_trends): do groups move with their comparison before they "
        "are treated? An F test with estimated degrees of freedom.",
        "Few clusters (few_clusters): are there enough independent units on both sides for a "
        "large-sample standard error?",
        "Placebo in space (placebo_in_space), if one unit alone is treated: is its effect unusual "
        "among units that were not?",
    ),
    "synthetic_difference_in_differences": (
        "Fit before the start (fit_before_treatment): does the weighted comparison move as the "
        "treated did?",
        "Placebo in space (placebo_in_space): is the effect unusual among units that were not "
        "treated?",
    ),
    "matching": (
        "Balance (balance): standardised differences of every characteristic after matching, up "
        "to 5% good, above 10% too far apart.",
        "Overlap (overlap): is there anybody to compare with, and who was lost?",
    ),
}


def design_facts(spec: EvaluationSpec) -> Facts:
    """Method, comparison, settings and level, as term and text."""
    design = spec.design
    if isinstance(design, DifferenceInDifferences):
        facts = _difference_in_differences(design, spec.data)
    elif isinstance(design, SyntheticDifferenceInDifferences):
        facts = [
            (Message("Method"),
             "Synthetic difference-in-differences (Arkhangelsky et al. 2021): comparison "
             "units and periods are weighted so that they move as the treated did before."),
            (Message("Standard error"), f"{design.inference}, {design.replications} replications"),
        ]  # fmt: skip
    elif isinstance(design, Matching):
        facts = _matching(design, spec.data)
    elif isinstance(design, Reported):
        facts = [
            (
                Message("Method"),
                f"Results as published by {design.source}; nothing is estimated here.",
            )
        ]
    else:
        assert isinstance(design, Forecast)
        facts = [(Message("Method"), "A forecast from assumed quantities; nothing is estimated.")]
    if not isinstance(design, Reported | Forecast):
        facts.append((Message("Confidence level"), fmt.percent(design.level)))
        agreed = "not recorded" if design.agreed_on is None else long_date(design.agreed_on)
        facts.append((Message("Design fixed on"), agreed))
    return facts


def planned_checks(spec: EvaluationSpec) -> tuple[str, ...]:
    """What will be checked, and what a failure does."""
    planned = CHECKS.get(spec.design.method, ())
    if not planned:
        return ()
    return (
        *planned,
        "A check that fails stops the evaluation, unless it is waived with a reason that is "
        "printed; a waiver that is not in this note counts as a deviation from it.",
    )


def missing_words(spec: EvaluationSpec) -> tuple[str, ...]:
    """What becomes of missing outcomes, for all and where one differs."""
    if spec.data is None:
        return ("No data on units are used.",)
    said = [MISSING[spec.data.missing]]
    said += [
        f"{outcome.label}: {MISSING[outcome.missing][:1].lower()}{MISSING[outcome.missing][1:]}"
        for outcome in spec.outcomes
        if outcome.missing is not None and outcome.missing != spec.data.missing
    ]
    return (*said, "Whatever is left out is listed in the report with the reason.")


def _difference_in_differences(design: DifferenceInDifferences, data: DataRoles | None) -> Facts:
    compared = {
        "never_treated": "units that are never treated",
        "not_yet_treated": "units that are not treated yet, the never treated among them",
    }
    facts = [
        (Message("Method"),
         "Difference-in-differences by group and period (Callaway and Sant'Anna 2021): "
         "the change in each group that starts together is held against the change in the "
         "comparison over the same time."),
        (Message("Compared with"), compared[design.control_group]),
        (Message("Headline"), AVERAGES[design.headline]),
        (Message("Base period"), "the period before each" if design.base_period == "varying"
         else "the last period before the start"),
        (Message("Bands of the path"), design.bands),
    ]  # fmt: skip
    if design.anticipation:
        facts.append(
            (Message("Anticipation"), f"{design.anticipation} periods before the start are open")
        )
    if design.covariates:
        names = _labels(design.covariates, data)
        facts.append((Message("Adjusted for"), f"{names}, by {ADJUSTMENTS[design.adjustment]}"))
    return [*facts, *_errors(data)]


def _matching(design: Matching, data: DataRoles | None) -> Facts:
    facts = [
        (Message("Method"), PLAIN_WORDS[design.algorithm]),
        (Message("Characteristics"), _labels(design.covariates, data)),
        ("Effect on", {"ATT": "those in the programme", "ATC": "those not in it",
                       "ATE": "everybody", "ATO": "those who could be in either"}[design.target]),
    ]  # fmt: skip
    settings = design.model_dump(
        include=set(type(design).model_fields)
        - {"method", "algorithm", "covariates", "estimand", "alternatives", "benchmark"}
        - {"rationale", "agreed_on", "level", "waivers", "deviations", "treatment"},
        exclude_defaults=True,
    )
    for name, value in settings.items():
        words = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
        facts.append((name.replace("_", " ").capitalize(), words.replace("_", " ")))
    if design.alternatives:
        facts.append(
            (Message("Shown beside it"), ", ".join(other.name for other in design.alternatives))
        )
    return facts


def _errors(data: DataRoles | None) -> Facts:
    if data is None:
        return []
    by = data.labels.get(data.cluster, data.cluster) if data.cluster else data.unit_name[0]
    facts: list[tuple[str, str]] = [(Message("Clustering"), f"by {by}")]
    if data.weight:
        facts.append((Message("Weighted by"), data.labels.get(data.weight, data.weight)))
    return facts


def _labels(columns: tuple[str, ...], data: DataRoles | None) -> str:
    labels = data.labels if data else {}
    return ", ".join(labels.get(column, column) for column in columns)
