"""A difference-in-differences as it was agreed: which estimator and inference, in words."""

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import DataRoles, Outcome
from pbc_eval.did.cells import ControlGroup
from pbc_eval.did.estimator import Comparison, Estimator
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.designs.design_kind import Facts
from pbc_eval.evaluation.designs.other_names import written_here
from pbc_eval.messages.sentence import Sentence


def headline_estimator(owner: str, design: DifferenceInDifferences) -> Estimator:
    """The estimator of the headline, as ``design.estimator`` names it.

    Raises SpecError for one that there is not, that gives no effects by cohort and period, or that
    does not know what the design asks of it.
    """
    carrying = [name for name, row in ESTIMATORS.items() if row.carries_headlines]
    estimator = ESTIMATORS.get(design.estimator)
    if estimator is None or not estimator.carries_headlines:
        meant = written_here(design.estimator) or did_you_mean(design.estimator, carrying)
        raise SpecError(
            f"{owner}: design.estimator must be one of {', '.join(carrying)}, got "
            f"{design.estimator!r}.{meant}"
        )
    if design.covariates and not (estimator.adjusts or estimator.adjusts_linearly):
        raise SpecError(
            f"{owner}: design.estimator {estimator.name} does not adjust for covariates. Leave "
            "design.covariates out, or use group_time."
        )
    if design.inference != "analytic" and design.covariates:
        raise SpecError(
            f"{owner}: design.inference {design.inference} is not known where covariates are "
            "adjusted for. Leave design.covariates out, or write design.inference: analytic."
        )
    if design.anticipation and not estimator.allows_anticipation:
        raise SpecError(
            f"{owner}: design.estimator {estimator.name} takes every period before the start as "
            "untreated. Set design.anticipation to 0, or use group_time."
        )
    return estimator


def planned(spec: EvaluationSpec) -> Facts:
    design, data = spec.design, spec.data
    assert isinstance(design, DifferenceInDifferences)
    estimator = headline_estimator(spec.id, design)
    facts: list[tuple[str, str]] = [
        (Sentence("Method"), estimator.method_words),
        (Sentence("Compared with"), _planned_comparison(design, data, estimator)),
        (Sentence("Headline"), _PLANNED_AVERAGES[design.headline]),
        (
            Sentence("Base period"),
            "the period before each"
            if design.base_period == "varying"
            else "the last period before the start",
        ),
        (Sentence("Bands of the path"), design.bands),
    ]
    if design.inference in _PLANNED_INFERENCE:
        facts.append((Sentence("Inference that counts"), _PLANNED_INFERENCE[design.inference]))
    if design.inference == "conformal":
        how = _PLANNED_PERMUTATIONS[design.permutations]
        facts.append((Sentence("Periods change places"), how))
    if design.starts_at_random is not None:
        facts.append((Sentence("Starts as good as random"), design.starts_at_random))
    if design.anticipation:
        facts.append(
            (Sentence("Anticipation"), f"{design.anticipation} periods before the start are open")
        )
    if design.covariates:
        labels = data.labels if data else {}
        names = ", ".join(labels.get(column, column) for column in design.covariates)
        facts.append(
            (Sentence("Adjusted for"), f"{names}, by {_PLANNED_ADJUSTMENTS[design.adjustment]}")
        )
    if design.several_outcomes in _PLANNED_SEVERAL:
        facts.append((Sentence("Several outcomes"), _PLANNED_SEVERAL[design.several_outcomes]))
    if data is not None:
        by = data.labels.get(data.cluster, data.cluster) if data.cluster else data.unit_name[0]
        facts.append((Sentence("Clustering"), f"by {by}"))
        if data.weight:
            facts.append((Sentence("Weighted by"), data.labels.get(data.weight, data.weight)))
        facts += _stated_of_data(data)
    return tuple(facts)


def _planned_comparison(
    design: DifferenceInDifferences, data: DataRoles | None, estimator: Estimator
) -> str:
    """What the design asks for, where the estimator has the choice, or the one that it has."""
    asked = design.control_group
    if len(estimator.comparisons) == 1:
        asked = _CONTROL_GROUPS[estimator.comparisons[0]]
    others = _PLANNED_COMPARISON[asked]
    if data is None or data.eligible is None:
        return others
    column = data.labels.get(data.eligible, data.eligible)
    return f"those whom the programme cannot reach ({column}: no), and both kinds among {others}"


def _stated_of_data(data: DataRoles) -> list[tuple[str, str]]:
    """What the file states where data could be taken in more than one way."""
    facts: list[tuple[str, str]] = []
    if data.start_inside_period:
        facts.append((Sentence("Start inside a period"), _PLANNED_STARTS[data.start_inside_period]))
    if data.never_treated_codes:
        codes = ", ".join(map(str, data.never_treated_codes))
        facts.append((Sentence("Codes for never treated"), codes))
    if data.fix_weights:
        facts.append((Sentence("Weights that change"), _PLANNED_WEIGHTS[data.fix_weights]))
    return facts


_PLANNED_STARTS = {
    "this_period": "the period counts as treated",
    "next_period": "treated from the next period on; the period itself serves as no base",
    "leave_period_out": "treated from the next period on; the period itself is left out",
}
_PLANNED_WEIGHTS = {
    "base_period": "the weight of the last period wholly before treatment counts",
    "first_period": "the weight of the first period counts",
    "varying": "every observation counts by its own weight",
}
_PLANNED_INFERENCE = {
    "cr2": "cluster-robust errors that are unbiased where clusters are alike (CR2), with t and "
    "Satterthwaite's degrees of freedom",
    "wild_bootstrap": "a restricted wild cluster bootstrap, with six-point weights where either "
    "side has fewer than twelve clusters",
    "randomisation": "starts dealt out at random, for an effect that is the same for everybody",
    "small_sample": "one change a unit, with the exact t where changes are normal and spread alike",
    "conley_taber": "changes of comparison groups in place of those of the few treated (Conley "
    "and Taber)",
    "ferman_pinto": "changes of comparison groups in place of those of the few treated, rescaled "
    "to the size of each (Ferman and Pinto)",
    "conformal": "periods changing places, for an effect that is the same in every period after "
    "the start (Chernozhukov, Wüthrich and Zhu)",
}
_PLANNED_PERMUTATIONS = {
    "moving_block": "as a moving block, as errors hang together over time",
    "all": "in all orders, as errors of different periods are taken to be independent",
}
_PLANNED_SEVERAL = {
    "holm": "p-values adjusted by Holm's method",
    "benjamini_hochberg": "p-values adjusted by Benjamini and Hochberg's method",
}
_CONTROL_GROUPS: dict[Comparison, ControlGroup] = {
    "never treated": "never_treated",
    "not yet treated": "not_yet_treated",
}
_PLANNED_COMPARISON = {
    "never_treated": "units that are never treated",
    "not_yet_treated": "units that are not treated yet, the never treated among them",
}
_PLANNED_AVERAGES = {
    "simple": "the average over all treated units and periods",
    "event": "the average over periods since the start",
    "cohort": "the average over groups that started together, each over its own periods",
    "calendar": "the average over calendar periods",
}
_PLANNED_ADJUSTMENTS = {
    "dr": "doubly robust (outcome regression and weighting together)",
    "reg": "outcome regression",
    "ipw": "weighting by the chance of being treated",
}


def paid_in_per_cent(spec: EvaluationSpec, outcome: Outcome) -> bool:
    """Does a clause pay for the outcome's change relative to what would have been?"""
    clauses = spec.payment.due_clauses if spec.payment else ()
    return any(
        outcome.id in clause.outcomes
        and "relative_effect" in {getattr(clause, key, None) for key in ("measure", "paid_on")}
        for clause in clauses
    )
