"""Panels with units that the programme cannot reach beside those that it can: who is in which of
the four groups, and how each moved.

Counts of treated units, totals and what is held back to protect people are of the eligible.
"""

from functools import partial

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.did.averages import Kind
from pbc_eval.did.compare import average_of
from pbc_eval.did.estimator import EstimatorOptions
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.outcome_panel import (
    cohort_means,
    groups,
    means,
    parts_of_means,
    read_every_panel,
)
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.unit_effects import side_of
from pbc_eval.results import AttEstimate

ELIGIBLE_ALONE = "Difference-in-differences among the eligible alone"
SIDES = (True, False)
NOT_ELIGIBLE = ", not eligible"  # behind the key of a group of which that is so
NEVER_OF_BOTH_KINDS = {"0", f"0{NOT_ELIGIBLE}"}
Group = tuple[int | str, str, int]  # cohort or other key, name, units


def groups_by_side(spec: EvaluationSpec, panel: Panel) -> list[Group]:
    """Key, name and units of each group, those of the eligible first where there are two sides.

    Raises DataError for a start with units of one kind alone, of which there is no effect, and
    where the units are people and a group is smaller than may be told: it could be worked out from
    what the estimates say of its three others.
    """
    if not panel.roles.eligible:
        return [*groups(spec, panel)]
    made: list[Group] = []
    starts: list[set[int]] = []
    for side in SIDES:
        of_side = groups(spec, side_of(panel, eligible=side))
        starts.append({cohort for cohort, _, _ in of_side})
        made += [
            (_key(cohort, side), _name(spec, panel, cohort, eligible=side), count)
            for cohort, _, count in of_side
        ]
    if alone := sorted(starts[0] ^ starts[1]):
        kinds = [_name(spec, panel, cohort, eligible=cohort in starts[0]) for cohort in alone]
        raise DataError(
            f"data.eligible: {panel.name}: {'; '.join(kinds)}: there are no units of the other "
            "kind beside these, and so no triple difference. Take their rows out of the data."
        )
    rule = spec.publication.disclosure.of_units
    few = [name for _, name, count in made if count < rule.threshold]
    if rule.protects and few:
        raise DataError(
            f"data.eligible: {panel.name}: {'; '.join(few)}: fewer than {rule.threshold} "
            "people (publication.disclosure.threshold), whom the other groups would tell of. "
            "Leave units of such a start, of both kinds, out of the data, or put more into it."
        )
    return made


def read_both_sides(spec: EvaluationSpec, files: InputFiles) -> None:
    """Raise DataError where a group of the two sides may not be told, before anything is estimated;
    nothing is read where there are no sides."""
    if spec.data is not None and spec.data.eligible:
        for panel in read_every_panel(spec, files):
            groups_by_side(spec, panel)


def means_by_side(
    spec: EvaluationSpec, panel: Panel
) -> tuple[pd.DataFrame, tuple[tuple[float, ...], ...]]:
    """Mean outcome by group and period, and what each unit adds to each mean where it counts by a
    weight; a group is one of the two sides where there are two."""
    if not panel.roles.eligible:
        return means(spec, panel), parts_of_means(panel)
    frames, parts = [], list[tuple[float, ...]]()
    for side in SIDES:
        part = side_of(panel, eligible=side)
        frame = cohort_means(part, partial(_name, spec, panel, eligible=side))
        if not side:  # they never enter the programme
            frame["first_treated"] = np.nan
        frames.append(frame.assign(cohort=[_key(label, side) for label in frame["cohort"]]))
        parts += parts_of_means(part)
    return pd.concat(frames, ignore_index=True), tuple(parts)


def among_the_eligible(
    panel: Panel, kind: Kind, options: EstimatorOptions
) -> tuple[AttEstimate | None, Sentence]:
    """What a difference-in-differences finds among those whom the programme can reach: the effect,
    if they would have moved as the eligible did elsewhere. Else the rule that it breaks."""
    try:
        part = side_of(panel, eligible=True)
        return average_of(ESTIMATORS["group_time"], part, kind, options), EMPTY
    except (DesignError, DataError) as problem:
        rule = getattr(problem, "rule", None)
        return None, rule or Sentence("It does not apply to these data.")


def _key(cohort: int, eligible: bool) -> str:
    """The eligible carry the key of their start: effects in tables are theirs."""
    return str(cohort) if eligible else f"{cohort}{NOT_ELIGIBLE}"


def _name(spec: EvaluationSpec, panel: Panel, cohort: int, *, eligible: bool) -> str:
    who = "Eligible" if eligible else "Not eligible"
    if cohort == 0:
        return f"{who}, no programme there"
    period = spec.data.time_name if spec.data else "period"
    return f"{who}, programme from {period} {panel.periods.name(cohort)}"
