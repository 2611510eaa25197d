"""Findings of a synthetic difference-in-differences design."""

import numpy as np
import pandas as pd

from pbc_eval.agreement.design import SyntheticDifferenceInDifferences
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined, run_checks
from pbc_eval.did.compare import specifications
from pbc_eval.did.synthetic import ESTIMATOR, SyntheticDid, synthetic_did
from pbc_eval.errors import DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.designs.design_kind import DesignKind, Facts
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.outcome_panel import (
    group_name,
    groups,
    named,
    read_every_panel,
    read_panel,
    total_scale,
)
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.panel import Panel

HEADLINE = "Headline: synthetic difference-in-differences"
LEAST_WEIGHT = 0.0005  # shown as 0.1% or more
_OTHERS = {  # estimators shown beside it, as this page calls them
    "group_time": "Plain difference-in-differences, all comparison units alike",
    "two_way": "Two-way fixed effects, all periods before alike",
    "imputation": "Imputation (Borusyak, Jaravel and Spiess)",
}


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """Estimate every outcome's effect as the design says.

    Raises DataError for data that do not fit their roles and DesignError when the design cannot
    identify the effect on them.
    """
    return tuple(_find(spec, outcome, files, seed) for outcome in spec.outcomes)


def _find(spec: EvaluationSpec, outcome: Outcome, files: InputFiles, seed: int) -> Finding:
    design = spec.design
    if not isinstance(design, SyntheticDifferenceInDifferences):
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    panel = read_panel(spec, outcome, files)
    fitted = synthetic_did(
        panel,
        inference=design.inference,
        replications=design.replications,
        level=design.level,
        seed=seed,
    )
    several = len(fitted.cohorts) > 1
    alternatives = [
        (_OTHERS[tried.estimator.name], tried.estimate)
        for tried in specifications(panel, level=design.level, seed=seed)
        if tried.estimate is not None
        and tried.estimator.name in _OTHERS
        and tried.comparison in ("never treated", tried.estimator.comparisons[0])
        and (several or not tried.estimator.repeats_with_one_cohort)
    ]
    side_by_side = [(HEADLINE, fitted.effect), *alternatives]
    scale = total_scale(panel, outcome)
    checks = run_checks(design.method, Examined(panel=panel, synthetic=fitted))
    return Finding(
        outcome=outcome,
        headline=fitted.effect,
        measured=measured_from_estimate(
            outcome, fitted.effect, total_scale=scale, alternatives=alternatives
        ),
        measured_alternatives=measured_alternatives(outcome, alternatives, total_scale=scale),
        path=fitted.series,
        alternatives=tuple(estimate for _, estimate in side_by_side),
        checks=checks,
        tables=(
            tables.ledger_table(spec, outcome, panel.told_ledger.to_frame()),
            tables.groups_table(spec, outcome, groups(spec, panel)),
            tables.means_table(spec, outcome, _paths(spec, panel, fitted)),
            tables.estimates_table(spec, outcome, side_by_side),
            named(tables.series_table(spec, outcome, fitted.series), panel),
            _weights_table(spec, outcome, panel, fitted),
            *tables.check_tables(spec, outcome, checks),
        ),
    )


def _paths(spec: EvaluationSpec, panel: Panel, fitted: SyntheticDid) -> pd.DataFrame:
    """The treated and their synthetic comparison, at its own level, by period."""
    frames = []
    for row, fit in enumerate(fitted.fits):
        label = fitted.cohorts[row]
        several = f" of {panel.periods.name(label)}" if len(fitted.fits) > 1 else ""
        pair = (
            (group_name(spec, panel, label), fitted.treated_path[row], fit.treated_units),
            (
                f"Weighted comparison{several}",
                fitted.synthetic_path[row],
                _with_weight(spec, fit.unit),
            ),
        )
        for place, (group, path, units) in enumerate(pair):
            frames.append(
                pd.DataFrame(
                    {
                        "group": group,
                        "cohort": f"weighted for {label}" if place else label,
                        "first_treated": panel.first_treated[fit.cohort] if not place else np.nan,
                        "time": [
                            panel.periods.name(time) if panel.periods.dated else time
                            for time in panel.periods.labels
                        ],
                        "position": panel.periods.clock,
                        "mean": path,
                        "units": pd.array([units] * len(path), dtype="Int64"),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True).astype({"units": "Int64"})


def _with_weight(spec: EvaluationSpec, weights: Floats) -> int | None:
    """How many comparison units have weight; not told where it tells how few have none."""
    number, every = int((weights > 0).sum()), len(weights)
    few = 0 < every - number < spec.publication.disclosure.of_units.threshold
    return None if few else number


def _weights_table(
    spec: EvaluationSpec, outcome: Outcome, panel: Panel, fitted: SyntheticDid
) -> OutputTable:
    """Which comparison units the synthetic comparison is made of, heaviest first.

    A unit is named only where no threshold protects units.
    """
    data = spec.data
    unit, units = data.unit_name if data else ("unit", "units")
    shown = fitted.unit_weights()
    shown = shown[shown["weight"] >= LEAST_WEIGHT].reset_index(drop=True)
    if spec.publication.disclosure.of_units.threshold > 1:
        shown["unit"] = [f"{unit.capitalize()} {at}" for at in range(1, len(shown) + 1)]
    frame = pd.DataFrame(
        {
            "cohort": [panel.periods.name(int(cohort)) for cohort in shown["cohort"]],
            "unit": shown["unit"],
            "weight": 100 * shown["weight"],
        }
    )
    return OutputTable(
        name=f"{outcome.id}-weights",
        caption=f"{units.capitalize()} that make up the weighted comparison (weights of 0.1% and "
        "more; they add up to 100% for each group)",
        frame=frame,
        kinds={"cohort": "text", "unit": "text", "weight": "number"},
        headers={
            "cohort": f"Group (first {data.time_name if data else 'period'})",
            "unit": unit.capitalize(),
            "weight": "Weight (%)",
        },
        decimals=1,
        one_row_a_unit=True,
    )


def _planned(spec: EvaluationSpec) -> Facts:
    design = spec.design
    assert isinstance(design, SyntheticDifferenceInDifferences)
    return (
        (Sentence("Method"), ESTIMATOR.method_words),
        (Sentence("Standard error"), f"{design.inference}, {design.replications} replications"),
    )


DESIGN_KIND = DesignKind(
    model=SyntheticDifferenceInDifferences,
    label="Synthetic difference-in-differences",
    find=find,
    registry_codes=("synthetic",),
    planned=_planned,
    reads=(read_every_panel,),
    strength=lambda evidence: Sentence(
        "Level 3 of 5: change in the programme group is compared with change in a weighted "
        "group that moved as it did before. It would mislead if something else that matters "
        "changed in the programme group alone at the same time."
    ),
)
