"""The panel of one outcome, and the tables that every design on a panel shows of it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.data_place import data_table
from pbc_eval.evaluation.nearby import without_nearby
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.evaluation.shares_as_points import refuse_shares_as_points
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.source import Source, distinct_texts
from pbc_eval.panel.treatment import FIRST_TREATED, starts_of_treatment
from pbc_eval.panel.unit_effects import side_of, with_effects_only

MOST_LISTED = 5_000


def read_panel(
    spec: EvaluationSpec, outcome: Outcome, files: InputFiles, *, nearby: bool = False
) -> Panel:
    """The panel of one outcome, as the data roles say: units for which an effect can be had.

    ``nearby``: with the comparison units that are left out as near a treated one.
    """
    data, design = spec.data, spec.design
    if not design.on_panel:
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    starts = None
    if data is not None:
        starts = FIRST_TREATED if data.treatment else data.cohort
    if data is None or data.time is None or starts is None or outcome.column is None:
        raise DesignError(f"{spec.id}: {outcome.id}: data roles time, cohort and column are needed")
    missing = outcome.missing or data.missing
    if missing == "complete_cases":
        raise _for_matching(spec, outcome, missing)
    if missing == "indicator":
        raise _for_matching(spec, outcome, missing)
    covariates = getattr(design, "covariates", ())
    source = data_of_panel(spec, files)
    _refuse_shares(source, outcome)
    panel = Panel.from_data(
        source,
        unit=data.unit,
        time=data.time,
        outcome=outcome.column,
        cohort=starts,
        covariates=covariates,
        cluster=data.cluster,
        weight=data.weight,
        eligible=data.eligible,
        missing=missing,
        numbers=data.numbers,
        categories=data.categories,
        start_inside_period=data.start_inside_period or "refuse",
        never_treated_codes=data.never_treated_codes,
        fix_weights=data.fix_weights,
    )
    estimator = ESTIMATORS.get(getattr(design, "estimator", "group_time"))
    at_base = estimator is not None and estimator.from_base
    panel = with_effects_only(panel, design.periods_open, at_base=at_base)
    spill = getattr(design, "spillover", None)
    return panel if spill is None or nearby else without_nearby(panel, source, data, spill)


def _refuse_shares(source: Source, outcome: Outcome) -> None:
    """Of text, or of yes and no; a column of numbers may as well be in per cent."""
    column = source.aliases.get(str(outcome.column), str(outcome.column))
    if column not in source.table.columns:
        return  # told by whoever needs it
    kind = source.table[column].type()
    if kind.is_string():
        refuse_shares_as_points(outcome, distinct_texts(source.table, column), ())
    elif kind.is_boolean():
        refuse_shares_as_points(outcome, (), (0.0, 1.0))


def data_of_panel(spec: EvaluationSpec, files: InputFiles) -> Source:
    """The table of units and periods, with the starts and doses that are read from it."""
    data, covariates = spec.data, getattr(spec.design, "covariates", ())
    assert data is not None
    measured = (each.column for each in spec.outcomes if each.column is not None)
    # of every outcome, so that they share one reading of the file
    as_text = (*measured, *((data.weight,) if data.weight else ()), *covariates)
    source = data_table(spec, files, as_text if data.numbers else ())
    if data.treatment is None or data.time is None:
        return source
    return starts_of_treatment(
        source,
        unit=data.unit,
        time=data.time,
        treatment=data.treatment,
        switching=data.switching or "refuse",
        dose=getattr(spec.design, "dose", None) is not None,
    )


def _for_matching(spec: EvaluationSpec, outcome: Outcome, missing: str) -> DesignError:
    return DesignError(
        f"{spec.id}: {outcome.id}: missing {missing!r} is for matching; for a panel say "
        "complete_units (drop units that are not always observed) or pairs."
    )


def read_every_panel(spec: EvaluationSpec, files: InputFiles) -> tuple[Panel, ...]:
    """The panels of all outcomes. Raises DataError with what is wrong with each of them."""
    panels, problems = list[Panel](), list[str]()
    for outcome in spec.outcomes:
        try:
            panels.append(read_panel(spec, outcome, files))
        except DataError as problem:
            problems.append(str(problem))
    if problems:
        raise DataError("\n".join(dict.fromkeys(problems)))
    return tuple(panels)


def total_scale(panel: Panel, outcome: Outcome) -> float | None:
    """Treated units (or unit-periods), weighted as the data are, over the outcome's base; of those
    whom the programme can reach where there are others."""
    if outcome.total is None:
        return None
    if panel.roles.eligible:
        panel = side_of(panel, eligible=True)
    weight = panel.moments().weight if panel.balanced else _weight_by_cohort(panel)
    last = panel.n_periods
    periods = np.array([max(last - start, 0) for start in panel.starts], dtype=float)
    treated = np.array(panel.cohorts) != 0
    times = periods if outcome.total.of == "unit_periods" else (periods > 0).astype(float)
    return float((weight * times)[treated].sum() / outcome.total.per)


def _weight_by_cohort(panel: Panel) -> np.ndarray:
    arrays = panel.arrays()
    return np.bincount(arrays.cohort, arrays.weight, len(panel.cohorts))


def groups(spec: EvaluationSpec, panel: Panel) -> list[tuple[int, str, int]]:
    """Cohort, name and units of each group."""
    return [
        (label, group_name(spec, panel, label), count)
        for label, count in zip(panel.cohorts, panel.cohort_units, strict=True)
        if count
    ]


def group_name(spec: EvaluationSpec, panel: Panel, cohort: int) -> str:
    if cohort == 0:
        return "Never in the programme"
    period = spec.data.time_name if spec.data else "period"
    return f"In the programme from {period} {panel.periods.name(cohort)}"


def named(table: OutputTable, panel: Panel) -> OutputTable:
    """The table with its dates as a reader writes them; whole numbers stay numbers."""
    if not panel.periods.dated:
        return table
    columns = [name for name in ("cohort", "time", "base") if name in table.frame]
    named: dict[str, Any] = {n: [_name(panel, v) for v in table.frame[n]] for n in columns}
    if "term" in table.frame:  # "cohort 202207"
        words = (str(term).rpartition(" ") for term in table.frame["term"])
        named["term"] = [
            f"{what} {_name(panel, int(at))}" if what in ("cohort", "period") else f"{what} {at}"
            for what, _, at in words
        ]
    return replace(table, frame=table.frame.assign(**named))


def _name(panel: Panel, label: Any) -> str | None:
    """A period as a reader writes it; None for none."""
    return None if pd.isna(label) else panel.periods.name(int(str(label)))


def means(spec: EvaluationSpec, panel: Panel) -> pd.DataFrame:
    """Weighted mean outcome by cohort and period, over the units observed in that period."""
    return cohort_means(panel, lambda cohort: group_name(spec, panel, cohort))


def cohort_means(panel: Panel, named: Callable[[int], str]) -> pd.DataFrame:
    """The same for any panel; ``named`` says how a cohort is called."""
    if panel.balanced:
        moments = panel.moments()
        level = moments.level
        units = np.repeat(moments.units[:, None], panel.n_periods, axis=1)
    else:
        level, units = _means_of_arrays(panel)
    rows = [
        {
            "group": named(cohort),
            "cohort": cohort,
            "first_treated": np.nan if cohort == 0 else panel.first_treated[c],
            "time": panel.periods.name(time) if panel.periods.dated else time,
            "position": panel.periods.clock[t],
            "mean": level[c, t],
            "units": int(units[c, t]),
        }
        for c, cohort in enumerate(panel.cohorts)
        for t, time in enumerate(panel.periods.labels)
        if units[c, t]
    ]
    return pd.DataFrame(rows)


def parts_of_means(panel: Panel) -> tuple[tuple[float, ...], ...]:
    """What each unit adds to each row of ``means``: its weighted outcome. Empty without weights,
    where every unit counts alike, and for panels of more than ``MOST_LISTED`` units, whose groups
    are too large to be about one."""
    if panel.roles.weight is None or sum(panel.cohort_units) > MOST_LISTED:
        return ()
    arrays = panel.arrays()
    parts = arrays.weight[:, None] * arrays.outcome
    rows = (
        (arrays.cohort == c, t) for c in range(len(panel.cohorts)) for t in range(panel.n_periods)
    )
    contributions = (parts[mine, t] for mine, t in rows)
    kept = (values[~np.isnan(values)] for values in contributions)
    return tuple(tuple(values.tolist()) for values in kept if len(values))


def _means_of_arrays(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    arrays = panel.arrays()
    seen = ~np.isnan(arrays.outcome)
    weight = arrays.weight[:, None] * seen
    member = arrays.cohort[None, :] == np.arange(len(panel.cohorts))[:, None]
    total = member @ (weight * np.where(seen, arrays.outcome, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / (member @ weight), member @ seen.astype(float)
