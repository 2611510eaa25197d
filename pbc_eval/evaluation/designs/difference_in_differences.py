"""Findings of a difference-in-differences design: one panel and one set of effects an outcome."""

from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.checks.placebo import check_placebo_in_space
from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.compare import Specification, specifications
from pbc_eval.did.group_time import GroupTimeEffects, att_gt
from pbc_eval.errors import DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.outcome_panel import (
    groups,
    means,
    named,
    parts_of_means,
    read_panel,
    total_scale,
)
from pbc_eval.evaluation.record import Finding
from pbc_eval.evaluation.two_way_composition import two_way_tables
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, CheckResult

HEADLINE = "Headline"
_AVERAGES = {
    "simple": "average over treated unit-periods",
    "event": "average over periods since the start",
    "cohort": "average over groups",
    "calendar": "average over periods",
}


def find(spec: EvaluationSpec, outcome: Outcome, seed: int) -> Finding:
    """Estimate one outcome's effect as the design says.

    Raises DataError for data that do not fit their roles and DesignError when the design cannot
    identify the effect on them.
    """
    design = spec.design
    if not isinstance(design, DifferenceInDifferences):
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    panel = read_panel(spec, outcome)
    effects = _effects(panel, design, design.control_group, seed)
    averages = effects.aggregate(design.headline, level=design.level, bands=design.bands)
    headline = averages.overall
    path = effects.aggregate("event", level=design.level, bands=design.bands)
    by_cohort = effects.aggregate("cohort", level=design.level, bands=design.bands)
    alternatives, impossible = _alternatives(panel, effects, design, seed)
    side_by_side = [(f"{HEADLINE}: {_AVERAGES[design.headline]}", headline), *alternatives]
    scale = total_scale(panel, outcome)
    return Finding(
        outcome=outcome,
        headline=headline,
        measured=measured_from_estimate(
            outcome, headline, total_scale=scale, alternatives=alternatives
        ),
        measured_alternatives=measured_alternatives(outcome, alternatives, total_scale=scale),
        path=path,
        alternatives=tuple(estimate for _, estimate in side_by_side),
        checks=_checks(panel, effects, headline, design.anticipation),
        tables=(
            tables.ledger_table(spec, outcome, panel.ledger.to_frame()),
            tables.groups_table(spec, outcome, groups(spec, panel)),
            tables.means_table(spec, outcome, means(spec, panel), parts_of_means(panel)),
            tables.estimates_table(spec, outcome, side_by_side),
            *tables.impossible_table(
                outcome, [(label_of(o, design), o.reason) for o in impossible]
            ),
            *two_way_tables(spec, outcome, panel),
            tables.series_table(spec, outcome, path),
            named(tables.series_table(spec, outcome, by_cohort), panel),
            named(tables.cells_table(spec, outcome, effects.to_frame()), panel),
        ),
    )


def _effects(
    panel: Panel, design: DifferenceInDifferences, control_group: str, seed: int
) -> GroupTimeEffects:
    return att_gt(
        panel,
        control_group="never_treated" if control_group == "never_treated" else "not_yet_treated",
        method=design.adjustment,
        base_period=design.base_period,
        anticipation=design.anticipation,
        level=design.level,
        seed=seed,
    )


def _alternatives(
    panel: Panel, effects: GroupTimeEffects, design: DifferenceInDifferences, seed: int
) -> tuple[list[tuple[str, AttEstimate]], list[Specification]]:
    """Other averages and every other estimator that applies, on the same sample; and those that do
    not apply."""
    several = sum(label != 0 for label in panel.cohorts) > 1
    found = [
        (_AVERAGES[kind].capitalize(), effects.aggregate(kind, bands="pointwise").overall)
        for kind in ("simple", "event", "cohort", "calendar")
        if kind != design.headline and several  # with one cohort the averages are one and the same
    ]
    if design.anticipation:
        # The others take every period before the start as untreated, which units that react early
        # break; so does comparing with them.
        other = "not_yet_treated" if design.control_group == "never_treated" else "never_treated"
        if several and (other == "not_yet_treated" or panel.cohort_units[0]):
            again = _effects(panel, design, other, seed)
            label = _COMPARED_WITH[other.replace("_", " ")]
            found.append((label, again.aggregate(design.headline, bands="pointwise").overall))
        return found, []
    impossible = []
    for one in specifications(panel, kind=design.headline, level=design.level, seed=seed):
        if _is_headline(one, design) or (not several and one.family not in _FOR_ONE_COHORT):
            continue
        if one.estimate is None:
            impossible.append(one)
        else:
            found.append((label_of(one, design), one.estimate))
    return found, impossible


# With one cohort the others repeat the headline or the two-way coefficient.
_FOR_ONE_COHORT = ("two-way fixed effects", "synthetic difference-in-differences")
_COMPARED_WITH = {
    "never treated": "Never-treated units as the comparison",
    "not yet treated": "Units not yet treated as the comparison",
}
_FAMILIES = {
    "imputation": "Imputation (Borusyak, Jaravel and Spiess)",
    "extended two-way": "Extended two-way regression (Wooldridge)",
    "interaction-weighted": "Interaction-weighted regression (Sun and Abraham)",
    "synthetic difference-in-differences": "Synthetic difference-in-differences",
    "two-way fixed effects": "Two-way fixed effects (a cross-check)",
}
_ADJUSTED = {"dr": "adjusted doubly robustly", "reg": "by regression", "ipw": "by weighting"}


def _is_headline(one: Specification, design: DifferenceInDifferences) -> bool:
    same = one.comparison == design.control_group.replace("_", " ")
    adjusted = design.adjustment if design.covariates else None
    return one.family == "group-time effects" and same and one.adjustment == adjusted


def label_of(one: Specification, design: DifferenceInDifferences) -> str:
    """A way to estimate the effect, as a reader meets it."""
    if one.family != "group-time effects":
        unadjusted = ", not adjusted" if design.covariates else ""
        return _FAMILIES[one.family] + unadjusted
    adjusted = f", {_ADJUSTED[one.adjustment]}" if one.adjustment else ""
    if design.covariates and one.adjustment is None:
        adjusted = ", not adjusted"
    return _COMPARED_WITH[one.comparison] + adjusted


def _checks(
    panel: Panel, effects: GroupTimeEffects, headline: AttEstimate, anticipation: int
) -> tuple[CheckResult, ...]:
    checks = [check_pretrends(effects), check_few_clusters(panel)]
    if headline.n_treated == 1:
        checks.append(check_placebo_in_space(panel, anticipation))
    return tuple(checks)
