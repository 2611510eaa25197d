"""Findings of a difference-in-differences design: one panel and one set of effects an outcome."""

from dataclasses import replace

import numpy as np
import pandas as pd

from pbc_eval.checks.few_clusters import check_few_clusters
from pbc_eval.checks.placebo import check_placebo_in_space
from pbc_eval.checks.pretrends import check_pretrends
from pbc_eval.did.group_time import GroupTimeEffects, att_gt
from pbc_eval.did.imputation import imputation
from pbc_eval.did.synthetic import synthetic_did
from pbc_eval.did.two_way import two_way
from pbc_eval.errors import DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.measure import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.record import Finding, OutputTable
from pbc_eval.panel.panel import Panel
from pbc_eval.results import AttEstimate, CheckResult
from pbc_eval.spec.design import DifferenceInDifferences
from pbc_eval.spec.evaluation import EvaluationSpec
from pbc_eval.spec.outcomes import Outcome

HEADLINE = "Headline"
MOST_TREATED = 5  # units for which synthetic difference-in-differences stands beside the headline
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
    alternatives = _alternatives(panel, effects, design, seed)
    side_by_side = [(f"{HEADLINE}: {_AVERAGES[design.headline]}", headline), *alternatives]
    scale = _total_scale(panel, outcome)
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
            tables.groups_table(spec, outcome, _groups(spec, panel)),
            tables.means_table(spec, outcome, _means(spec, panel)),
            tables.estimates_table(spec, outcome, side_by_side),
            tables.series_table(spec, outcome, path),
            _named(tables.series_table(spec, outcome, by_cohort), panel),
            _named(tables.cells_table(spec, outcome, effects.to_frame()), panel),
        ),
    )


def read_panel(spec: EvaluationSpec, outcome: Outcome) -> Panel:
    """The panel of one outcome, as the data roles say."""
    data, design = spec.data, spec.design
    if not isinstance(design, DifferenceInDifferences):
        raise DesignError(f"{spec.id}: the design is {design.method}.")
    if data is None or data.time is None or data.cohort is None or outcome.column is None:
        raise DesignError(f"{spec.id}: {outcome.id}: data roles time, cohort and column are needed")
    missing = outcome.missing or data.missing
    if missing == "complete_cases":
        raise DesignError(
            f"{spec.id}: {outcome.id}: missing 'complete_cases' is for matching; for a panel say "
            "complete_units (drop units that are not always observed) or pairs."
        )
    return Panel.from_data(
        spec.path(data.file),
        unit=data.unit,
        time=data.time,
        outcome=outcome.column,
        cohort=data.cohort,
        covariates=design.covariates,
        cluster=data.cluster,
        weight=data.weight,
        missing=missing,
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
) -> list[tuple[str, AttEstimate]]:
    """Other averages, the other comparison group, and two-way fixed effects: all that apply."""
    several = sum(label != 0 for label in panel.cohorts) > 1
    found = [
        (_AVERAGES[kind].capitalize(), effects.aggregate(kind, bands="pointwise").overall)
        for kind in ("simple", "event", "cohort", "calendar")
        if kind != design.headline and several  # with one cohort the averages are one and the same
    ]
    other = "not_yet_treated" if design.control_group == "never_treated" else "never_treated"
    has_never = bool(panel.cohort_units[0])
    if several and (other == "not_yet_treated" or has_never):
        words = "Units not yet treated" if other == "not_yet_treated" else "Never-treated units"
        again = _effects(panel, design, other, seed)
        label = f"{words} as the comparison"
        found.append((label, again.aggregate(design.headline, bands="pointwise").overall))
    if design.anticipation:
        # These take every period before the start as untreated, which units that react early break.
        return found
    if several and panel.balanced:
        imputed = imputation(panel, level=design.level, seed=seed)
        average = imputed.aggregate(design.headline, bands="pointwise").overall
        found.append(("Imputation (Borusyak, Jaravel and Spiess)", average))
    if has_never:
        found.append(("Two-way fixed effects (a cross-check)", two_way(panel, level=design.level)))
    if _few_treated(panel):
        synthetic = synthetic_did(panel, level=design.level, seed=seed)
        found.append(("Synthetic difference-in-differences", synthetic.effect))
    return found


def _few_treated(panel: Panel) -> bool:
    """Is there a complete panel with a handful of treated units, whose comparison units can be
    weighted to move as they did?"""
    treated, compared = sum(panel.cohort_units[1:]), panel.cohort_units[0]
    starts = [s for s, n in zip(panel.starts, panel.cohort_units, strict=True) if n][1:]
    plain = panel.balanced and panel.roles.weight is None and panel.roles.cluster is None
    return plain and treated <= MOST_TREATED < compared and min(starts, default=0) > 1


def _checks(
    panel: Panel, effects: GroupTimeEffects, headline: AttEstimate, anticipation: int
) -> tuple[CheckResult, ...]:
    checks = [check_pretrends(effects), check_few_clusters(panel)]
    if headline.n_treated == 1:
        checks.append(check_placebo_in_space(panel, anticipation))
    return tuple(checks)


def _total_scale(panel: Panel, outcome: Outcome) -> float | None:
    """Treated units (or unit-periods), weighted as the data are, over the outcome's base."""
    if outcome.total is None:
        return None
    weight = panel.moments().weight if panel.balanced else _weight_by_cohort(panel)
    last = panel.n_periods
    periods = np.array([max(last - start, 0) for start in panel.starts], dtype=float)
    treated = np.array(panel.cohorts) != 0
    times = periods if outcome.total.of == "unit_periods" else (periods > 0).astype(float)
    return float((weight * times)[treated].sum() / outcome.total.per)


def _weight_by_cohort(panel: Panel) -> np.ndarray:
    arrays = panel.arrays()
    return np.bincount(arrays.cohort, arrays.weight, len(panel.cohorts))


def _groups(spec: EvaluationSpec, panel: Panel) -> list[tuple[str, int]]:
    return [
        (_group_name(spec, panel, label), count)
        for label, count in zip(panel.cohorts, panel.cohort_units, strict=True)
        if count
    ]


def _group_name(spec: EvaluationSpec, panel: Panel, cohort: int) -> str:
    if cohort == 0:
        return "Never in the programme"
    period = spec.data.time_name if spec.data else "period"
    return f"In the programme from {period} {panel.periods.name(cohort)}"


def _named(table: OutputTable, panel: Panel) -> OutputTable:
    """The table with its dates as a reader writes them; whole numbers stay numbers."""
    if not panel.periods.dated:
        return table
    columns = [name for name in ("cohort", "time") if name in table.frame]
    named = {name: [panel.periods.name(int(v)) for v in table.frame[name]] for name in columns}
    return replace(table, frame=table.frame.assign(**named))


def _means(spec: EvaluationSpec, panel: Panel) -> pd.DataFrame:
    """Weighted mean outcome by cohort and period, over the units observed in that period."""
    if panel.balanced:
        moments = panel.moments()
        level = moments.level
        units = np.repeat(moments.units[:, None], panel.n_periods, axis=1)
    else:
        level, units = _means_of_arrays(panel)
    rows = [
        {
            "group": _group_name(spec, panel, cohort),
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


def _means_of_arrays(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    arrays = panel.arrays()
    seen = ~np.isnan(arrays.outcome)
    weight = arrays.weight[:, None] * seen
    member = arrays.cohort[None, :] == np.arange(len(panel.cohorts))[:, None]
    total = member @ (weight * np.where(seen, arrays.outcome, 0.0))
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / (member @ weight), member @ seen.astype(float)
