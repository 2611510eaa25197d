"""Findings of a difference-in-differences design: one panel and one set of effects an outcome."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import run_checks
from pbc_eval.checks.few_cluster_inference import few_clusters_of, second_opinion
from pbc_eval.did.compare import Specification, average_of, specifications
from pbc_eval.did.estimator import Comparison, Estimator, EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.expected_error import SEED, ExpectedInference, expected_error, noise_before
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.did.stated_inference import inferences_of, with_inference
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.by_eligibility import (
    ELIGIBLE_ALONE,
    among_the_eligible,
    groups_by_side,
    means_by_side,
    read_both_sides,
)
from pbc_eval.evaluation.designs.design_kind import DesignKind, Evidence
from pbc_eval.evaluation.designs.difference_agreed import (
    headline_estimator,
    paid_in_per_cent,
    planned,
)
from pbc_eval.evaluation.few_with_gaps import groups_with_few_gaps
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.outcome_panel import (
    named,
    read_every_panel,
    read_panel,
    total_scale,
)
from pbc_eval.evaluation.parts_of_sample import always_observed, parts_of_sample
from pbc_eval.evaluation.ratios_of_panels import FewInParts
from pbc_eval.evaluation.record import Finding
from pbc_eval.evaluation.trends import evidence_on_trends, measured_in_doubt
from pbc_eval.evaluation.two_way_composition import two_way_tables
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Noun, Number, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate

HEADLINE = "Headline"
_AVERAGES = {
    "simple": "average over treated unit-periods",
    "event": "average over periods since the start",
    "cohort": "average over groups",
    "calendar": "average over periods",
}


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """Estimate every outcome's effect as the design says.

    Raises DataError for data that do not fit their roles and DesignError when the design cannot
    identify the effect on them.
    """
    design = spec.design
    if not isinstance(design, DifferenceInDifferences):
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    headline_estimator(spec.id, design)  # refused, if it is, before data are read
    return tuple(
        _find(spec, read_panel(spec, outcome, files), outcome, seed, files)
        for outcome in spec.outcomes
    )


def _find(
    spec: EvaluationSpec, panel: Panel, outcome: Outcome, seed: int, files: InputFiles
) -> Finding:
    design = spec.design
    assert isinstance(design, DifferenceInDifferences)
    estimator, options = headline_estimator(spec.id, design), options_of(design, seed)
    assert estimator.effects is not None
    effects = estimator.effects(panel, options)
    groups, (means, parts_of_means) = groups_by_side(spec, panel), means_by_side(spec, panel)
    averages = effects.aggregate(design.headline, level=design.level, bands=design.bands)
    headline = _with_stated_inference(panel, effects, design, averages.overall, seed)
    path = effects.aggregate("event", level=design.level, bands=design.bands)
    by_cohort = effects.aggregate("cohort", level=design.level, bands=design.bands)
    alternatives, impossible = _alternatives(panel, effects, design, estimator, seed)
    side_by_side = [(f"{HEADLINE}: {_AVERAGES[design.headline]}", headline), *alternatives]

    few = FewInParts(spec, panel)

    def average(part: Panel) -> AttEstimate:
        few.look_at(part)
        return average_of(estimator, part, design.headline, options)

    scale = total_scale(panel, outcome)
    examined = replace(
        evidence_on_trends(
            panel, _with_leads(panel, effects, estimator, options), design, options, headline
        ),
        inferences=inferences_of(
            panel,
            effects,
            design.headline,
            anticipation=design.anticipation,
            permutations=design.permutations,
        )
        if not estimator.needs_eligible and few_clusters_of(panel)
        else (),
        analytic=averages.overall if headline is not averages.overall else None,
        outcome=outcome,
        currency=spec.contract.currency,
        own_effects=effects,
        protected=spec.publication.disclosure.of_units.protects,
        average_kind=design.headline,
        parts=parts_of_sample(spec, design, outcome, panel, files=files, average=average),
        always_observed=always_observed(panel, average),
        threshold=spec.publication.disclosure.of_units.threshold,
        paid_in_per_cent=paid_in_per_cent(spec, outcome),
    )
    if examined.bootstrap is None and examined.inferences:
        opinion = second_opinion(examined, permutations=design.permutations, seed=seed)
        examined = replace(examined, opinion=opinion)
    checks = run_checks(design.method, examined)
    measured = measured_from_estimate(
        outcome, headline, total_scale=scale, alternatives=alternatives
    )
    return Finding(
        outcome=outcome,
        headline=headline,
        measured=measured,
        measured_alternatives=measured_alternatives(outcome, alternatives, total_scale=scale),
        measured_in_doubt=measured_in_doubt(outcome, measured, examined),
        path=path,
        alternatives=tuple(estimate for _, estimate in side_by_side),
        averages=_kinds(side_by_side),
        checks=checks,
        told_by_adjusting=few.traits,
        told_by_controls=few.controls,
        told_by_gaps=groups_with_few_gaps(spec, panel),
        tables=(
            tables.ledger_table(spec, outcome, panel.with_pulls_told(effects.ledger).to_frame()),
            tables.groups_table(spec, outcome, groups),
            tables.means_table(spec, outcome, means, parts_of_means),
            tables.estimates_table(spec, outcome, side_by_side),
            *tables.impossible_table(outcome, impossible),
            *(() if estimator.needs_eligible else two_way_tables(spec, outcome, panel)),
            tables.series_table(spec, outcome, path),
            named(tables.series_table(spec, outcome, by_cohort), panel),
            named(tables.cells_table(spec, outcome, effects.to_frame()), panel),
            *tables.check_tables(spec, outcome, checks),
        ),
    )


def _with_stated_inference(
    panel: Panel,
    effects: GroupTimeEffects,
    design: DifferenceInDifferences,
    headline: AttEstimate,
    seed: int,
) -> AttEstimate:
    """The headline with the interval that was agreed to count.

    Raises DesignError, naming what there can be, for one that does not apply to the data."""
    if design.inference == "analytic":
        return headline
    try:
        return with_inference(
            panel,
            effects,
            design.headline,
            inference=design.inference,
            level=design.level,
            seed=seed,
            anticipation=design.anticipation,
            permutations=design.permutations,
        )
    except DesignError as refused:
        raise DesignError(f"design.inference: {refused}", rule=refused.rule) from None


def _kinds(side_by_side: Sequence[tuple[str, AttEstimate]]) -> tuple[str, ...]:
    """Which average of the headline's effects each estimate is; "" for other estimators."""
    names = {words: kind for kind, words in _AVERAGES.items()}
    return tuple(
        names.get(label.removeprefix(f"{HEADLINE}: ").lower(), "") for label, _ in side_by_side
    )


def options_of(design: DifferenceInDifferences, seed: int) -> EstimatorOptions:
    """What the design asks of its estimator."""
    return EstimatorOptions(
        level=design.level,
        seed=seed,
        comparison=_COMPARISON[design.control_group],
        adjustment=design.adjustment if design.covariates else None,
        base_period=design.base_period,
        anticipation=design.anticipation,
    )


_COMPARISON: dict[str, Comparison] = {
    "never_treated": "never treated",
    "not_yet_treated": "not yet treated",
}


def _with_leads(
    panel: Panel, effects: GroupTimeEffects, estimator: Estimator, options: EstimatorOptions
) -> GroupTimeEffects:
    """Effects that say how groups moved before the start, which not every estimator gives."""
    leads = ESTIMATORS["group_time"]
    if estimator.from_base or leads.effects is None:
        return effects
    return leads.effects(panel, options)


def _alternatives(
    panel: Panel,
    effects: GroupTimeEffects,
    design: DifferenceInDifferences,
    estimator: Estimator,
    seed: int,
) -> tuple[list[tuple[str, AttEstimate]], list[tuple[str, Sentence]]]:
    """Other averages and every other estimator that applies, on the same sample; and those that do
    not apply, with the rule that each breaks."""
    several = sum(label != 0 for label in panel.cohorts) > 1
    alternatives = [
        (_AVERAGES[kind].capitalize(), effects.aggregate(kind, bands="pointwise").overall)
        for kind in ("simple", "event", "cohort", "calendar")
        if kind != design.headline and several  # with one cohort the averages are one and the same
    ]
    impossible: list[tuple[str, Sentence]] = []
    if estimator.needs_eligible:
        alone, rule = among_the_eligible(panel, design.headline, options_of(design, seed))
        if alone is None:
            impossible.append((ELIGIBLE_ALONE, rule))
        else:
            alternatives.append((ELIGIBLE_ALONE, alone))
    if design.anticipation:
        # The others take every period before the start as untreated, which units that react early
        # break; so does comparing with them.
        options = options_of(design, seed)
        compared = options.comparison
        other: Comparison = "not yet treated" if compared == "never treated" else "never treated"
        if several and (other == "not yet treated" or panel.cohort_units[0]):
            again = average_of(
                estimator, panel, design.headline, replace(options, comparison=other)
            )
            alternatives.append((_COMPARED_WITH[other], again))
        return alternatives, impossible
    for tried in specifications(
        panel,
        kind=design.headline,
        level=design.level,
        seed=seed,
        random_starts=design.starts_at_random is not None,
    ):
        repeats = not several and (
            tried.estimator.repeats_with_one_cohort or tried.estimator.from_base
        )
        if _is_headline(tried, design) or repeats:
            continue
        if tried.estimate is None:
            impossible.append((label_of(tried, design), tried.rule))
        else:
            alternatives.append((label_of(tried, design), tried.estimate))
    return alternatives, impossible


_COMPARED_WITH = {
    "never treated": "Never-treated units as the comparison",
    "not yet treated": "Units not yet treated as the comparison",
}
_ADJUSTED = {"dr": "adjusted doubly robustly", "reg": "by regression", "ipw": "by weighting"}


def _is_headline(tried: Specification, design: DifferenceInDifferences) -> bool:
    if tried.estimator.name != design.estimator:
        return False
    asked = _COMPARISON[design.control_group]
    if len(tried.estimator.comparisons) > 1 and tried.comparison != asked:
        return False
    if not tried.estimator.adjusts:  # but in the one way that its regression has
        return (tried.adjustment is not None) == bool(design.covariates)
    return tried.adjustment == (design.adjustment if design.covariates else None)


def label_of(tried: Specification, design: DifferenceInDifferences) -> str:
    """A way to estimate the effect, as a reader meets it."""
    if len(tried.estimator.comparisons) == 1:
        unadjusted = ", not adjusted" if design.covariates else ""
        return tried.estimator.label + (", adjusted" if tried.adjustment else unadjusted)
    adjusted = f", {_ADJUSTED[tried.adjustment]}" if tried.adjustment else ""
    if design.covariates and tried.adjustment is None:
        adjusted = ", not adjusted"
    compared = _COMPARED_WITH[tried.comparison]
    if tried.estimator.name != design.estimator:
        compared = f"{tried.estimator.label}, {compared[:1].lower()}{compared[1:]}"
    return compared + adjusted


def _strength(evidence: Evidence) -> Sentence:
    if all(treated == 1 for treated in evidence.n_treated):
        return Sentence(
            "Level 2 of 5: before and after in {area} beside other areas; with {area}, events "
            "peculiar to it cannot be told from the programme.",
            area=Units(1, _TREATED_AREAS, as_word=True),
        )
    if evidence.starts_at_random:
        return Sentence(
            "Level {level} of 5: who started when is taken to be as good as random, and those who "
            "had started are compared with those who had not yet. It would mislead if starts hung "
            "on how outcomes stood or were going to move.",
            level=Number(3) if evidence.a_check_failed or evidence.in_doubt else STRONG,
        )
    if evidence.by_eligibility:
        return Sentence(
            "Level {level} of 5: how far those whom the programme can reach moved away from those "
            "whom it cannot is compared with the same where there was no programme. It would "
            "mislead if the two had been moving apart differently.",
            level=Number(3) if evidence.a_check_failed or evidence.in_doubt else STRONG,
        )
    return Sentence(
        "Level {level} of 5: change in the programme group is compared with change in a group "
        "without it, over the same time. It would mislead if the groups had been heading "
        "different ways.",
        level=Number(3) if evidence.a_check_failed or evidence.in_doubt else STRONG,
    )


STRONG = Sentence("3 to 4")
_TREATED_AREAS = Noun(Sentence("treated area"), Sentence("treated areas"))


def _expected_inference(
    spec: EvaluationSpec,
    before: Floats,
    starts: Floats,
    periods: int,
    roles: tuple[Ints | None, Floats | None],
) -> ExpectedInference | None:
    """What the estimator of the headline will know, by noise like that before the start; not
    adjusted for covariates. None where it gives no error, or nothing varies."""
    design = spec.design
    assert isinstance(design, DifferenceInDifferences)
    cluster, weight = roles
    noise = noise_before(before, np.nan_to_num(starts, nan=-1.0).astype(np.int64), cluster)
    if noise is None or np.isnan(starts).all():
        return None
    try:
        return expected_error(
            noise,
            starts,
            periods,
            estimator=headline_estimator(spec.id, design),
            options=replace(options_of(design, SEED), adjustment=None),
            kind=design.headline,
            cluster=cluster,
            weight=weight,
        )
    except (DesignError, DataError):
        return None


DESIGN_KIND = DesignKind(
    model=DifferenceInDifferences,
    label="Difference-in-differences",
    find=find,
    registry_codes=("difference",),
    planned=planned,
    reads=(read_every_panel, read_both_sides),
    strength=_strength,
    expected_inference=_expected_inference,
)
