"""Effects in parts of the sample that a design names: doses, rings of neighbours, subgroups."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.agreement.design_parts import Dose, NegativeControl
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks.check_kind import Parted
from pbc_eval.did.by_group import COLUMNS, GroupEffects, group_effects, row_from
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.nearby import effects_by_ring
from pbc_eval.evaluation.outcome_panel import data_of_panel, read_panel
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.parts import part_of, unit_frame
from pbc_eval.panel.treatment import dose_by_unit, values_by_unit
from pbc_eval.results import AttEstimate


def parts_of_sample(
    spec: EvaluationSpec,
    design: DifferenceInDifferences,
    outcome: Outcome,
    panel: Panel,
    *,
    files: InputFiles,
    average: Callable[[Panel], AttEstimate],
) -> tuple[Parted, ...]:
    """The effect in each part that the design names, by the way of the headline (``average``).

    Raises DataError where the data do not say which part a unit is in.
    """
    data = spec.data
    assert data is not None
    parted: list[Parted] = []
    if design.negative_controls:
        rows = [
            _control(spec, outcome, control, files, average) for control in design.negative_controls
        ]
        table = pd.DataFrame(rows, columns=list(COLUMNS))
        parted.append(Parted(by="negative_control", label="", effects=GroupEffects(table=table)))
    if design.dose is None and design.spillover is None and not design.subgroups:
        return tuple(parted)
    source = data_of_panel(spec, files)
    if design.dose is not None:
        given = design.dose
        doses = dose_by_unit(source, unit=data.unit, dose=given.column, of=given.of)
        groups = _bins(panel, doses, given)
        _refuse_what_totals_tell(spec, panel, "dose", given.column, groups)
        effects = group_effects(panel, groups, average, compared="everybody")
        parted.append(Parted(by="dose", label=_label(spec, given.column), effects=effects))
    if design.spillover is not None:
        whole = read_panel(spec, outcome, files, nearby=True)
        table = effects_by_ring(whole, source, data, design.spillover, average)
        without_start = whole.n_units - panel.n_units - int(table["n_treated"].sum())
        rule = spec.publication.disclosure.of_units
        if rule.protects and 0 < without_start < rule.threshold:
            raise DataError(
                f"design.spillover.start: {design.spillover.start!r} is empty for fewer than "
                f"{rule.threshold} units near a treated one, of whom the sample ledger beside the "
                "rings would tell (publication.disclosure.threshold). Fill it in for them."
            )
        effects = GroupEffects(table=table)
        label = _label(spec, design.spillover.column)
        parted.append(Parted(by="spillover", label=label, effects=effects))
    for group in design.subgroups:
        values = values_by_unit(source, data.unit, group.column)
        groups = values.map(_plain)
        _refuse_what_totals_tell(spec, panel, "subgroups", group.column, groups)
        effects = group_effects(panel, groups, average, compared="own_group")
        parted.append(
            Parted(
                by="subgroup",
                label=_label(spec, group.column),
                effects=effects,
                declared=group.declared,
            )
        )
    for part in parted:
        if part.by != "negative_control":  # of the same people as the headline, all of them
            _refuse_few(spec, part)
    return tuple(parted)


def _control(
    spec: EvaluationSpec,
    outcome: Outcome,
    control: NegativeControl,
    files: InputFiles,
    average: Callable[[Panel], AttEstimate],
) -> list[object]:
    """The effect on an outcome that cannot have moved, as a row of ``effects_by_group``."""
    asked = outcome.model_copy(update={"column": control.column})
    return row_from(control.label, read_panel(spec, asked, files), average)


def always_observed(
    panel: Panel, average: Callable[[Panel], AttEstimate]
) -> tuple[AttEstimate | None, tuple[int, int]] | None:
    """The effect in units that are observed in every period, and how many there are; None where
    all are, or no unit is followed."""
    if panel.repeated or panel.balanced:
        return None
    try:
        units = unit_frame(panel)
    except DesignError:  # more than may be taken out of the engine that holds them
        return None
    whole = units[[f"y{at}" for at in range(panel.n_periods)]].notna().all(axis=1)
    counts = (len(units), int(whole.sum()))
    if not whole.any():
        return None, counts
    try:
        return average(part_of(panel, units[whole])), counts
    except (DesignError, DataError):
        return None, counts


def _refuse_few(spec: EvaluationSpec, parted: Parted) -> None:
    """Parts of the same people are told beside their whole: one of few would tell of them."""
    rule = spec.publication.disclosure.of_units
    if not rule.protects:
        return
    table = parted.effects.table
    counts = table[["n_treated", "n_comparison"]]
    few = table.loc[((counts > 0) & (counts < rule.threshold)).any(axis=1), "group"]
    if len(few):
        remedy = {"dose": "bins", "spillover": "rings", "subgroup": "groups"}[parted.by]
        raise DataError(
            f"design.{_KEYS[parted.by]}: {parted.label}: {', '.join(few)} would tell of fewer than "
            f"{rule.threshold} people in the programme or for comparison "
            f"(publication.disclosure.threshold). Make fewer and larger {remedy}."
        )


def _refuse_what_totals_tell(
    spec: EvaluationSpec, panel: Panel, key: str, column: str, groups: pd.Series
) -> None:
    """A subgroup without treated units has no row, and a group of whole starts is their sum: beside
    what is told of everybody it would tell of few who have no row, or of a start that is small."""
    rule = spec.publication.disclosure.of_units
    if not rule.protects:
        return
    units = unit_frame(panel)
    group, start = units["u"].map(groups.astype(object).to_dict()), units["g"]
    rows = set(group[start > 0])
    left = int(((start == 0) & ~group.isin(rows)).sum())
    sizes = zip(panel.cohorts, panel.cohort_units, strict=True)
    few = [panel.periods.name(label) for label, n in sizes if label and n < rule.threshold]
    split = start[(start > 0)].groupby(start).transform(lambda own: group[own.index].nunique() > 1)
    whole = [str(name) for name in sorted(rows) if not split[group == name].any()]
    if key == "subgroups" and 0 < left < rule.threshold:
        why = f"fewer than {rule.threshold} for comparison are of no group that has treated ones"
    elif few and whole:
        why = (
            f"{whole[0]} is made of whole starts, and fewer than {rule.threshold} started in "
            f"{few[0]}"
        )
    else:
        return
    raise DataError(
        f"design.{key}: {_label(spec, column)}: {why}, of whom the totals would tell "
        "(publication.disclosure.threshold). Leave it out."
    )


_KEYS = {"dose": "dose", "spillover": "spillover", "subgroup": "subgroups"}


def _label(spec: EvaluationSpec, column: str) -> str:
    return spec.data.labels.get(column, column) if spec.data else column


def _plain(value: object) -> str:
    """A group as it would be written: 1 for 1.0."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole and isinstance(value, float) else str(value)


def _bins(panel: Panel, doses: pd.Series, dose: Dose) -> pd.Series:
    """The bin of each treated unit.

    Raises DataError, with the units concerned, for treated units without a dose above 0.
    """
    units = unit_frame(panel)
    treated = units.loc[units["g"] > 0, "u"]
    without = treated[~treated.isin(doses.index)]
    if len(without):
        raise DataError(
            f"design.dose: {dose.column!r} is never above 0 for {len(without):,} treated units "
            f"({', '.join(map(str, without.head(5)))}). Fill in how much they got, or make them "
            "untreated."
        )
    return pd.cut(doses, [0.0, *dose.bins, np.inf], labels=list(dose.labels))
