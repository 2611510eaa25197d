"""The tables of one outcome, before disclosure control: ledger, groups, effects, balance."""

from collections.abc import Sequence

import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import checks_for
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.messages.numbers import in_points
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import capitalised
from pbc_eval.results import AttEstimate, CheckResult, EffectSeries, frame_with_sentences

_EFFECT_COLUMNS = ("estimate", "std_error", "conf_low", "conf_high")
_RESTS_ON_FEW = (*_EFFECT_COLUMNS, "statistic", "p_value", "reason")
_GOVERNED: dict[str, tuple[str, ...]] = {"n_treated": _RESTS_ON_FEW, "n_comparison": _RESTS_ON_FEW}
_EFFECT_HEADERS = {
    "estimate": "Effect",
    "std_error": "Standard error",
    "conf_low": "Interval from",
    "conf_high": "to",
    "p_value": "p-value",
    "reason": "Remark",
}


def effect_kind(outcome: Outcome) -> Kind:
    return "money" if outcome.shown_as == "money" else "effect"


def scale_of(outcome: Outcome) -> float:
    return 100.0 if outcome.shown_as == "percentage_points" else 1.0


def shown_unit(outcome: Outcome) -> str:
    return "percentage points" if in_points(outcome) else outcome.unit


def ledger_table(spec: EvaluationSpec, outcome: Outcome, steps: pd.DataFrame) -> OutputTable:
    """The sample ledger. Names of dropped units are shown only where no threshold protects them."""
    units = spec.data.unit_name[1] if spec.data else "units"
    kinds: dict[str, Kind] = {"what": "text", "rows_in": "count", "rows_dropped": "count"}
    frame = steps.copy()
    frame["what"] = pd.Series(list(map(capitalised, steps["what"])), steps.index, dtype=object)
    if "rows_left" not in frame:
        frame["rows_left"] = frame["rows_in"] - frame["rows_dropped"]
    kinds["rows_left"] = "count"
    if "units_dropped" in frame:
        kinds["units_dropped"] = "count"
    kinds["why"] = "text"
    protects = spec.publication.disclosure.of_units.protects
    if "units" in frame and not protects and frame["units"].any():
        kinds["units"] = "text"
    return OutputTable(
        name=f"{outcome.id}-ledger",
        caption=f"Rows of data for {outcome.label.lower()}, from what was submitted to what was "
        "analysed",
        frame=frame[list(kinds)],
        kinds=kinds,
        headers={
            "what": "Step",
            "rows_in": "Rows in",
            "rows_dropped": "Left out",
            "rows_left": "Rows kept",
            "units_dropped": f"{units.capitalize()} left out",
            "why": "Why",
            "units": f"Which {units} (the first few)",
        },
        governed_by={name: () for name in ("rows_dropped", "units_dropped") if name in kinds},
        adds_up="in_steps",
        sentence_columns=("what", "why"),
    )


def groups_table(
    spec: EvaluationSpec, outcome: Outcome, groups: Sequence[tuple[int | str, str, int]]
) -> OutputTable:
    """Units by group. ``groups``: cohort or other key, name, units."""
    units = spec.data.unit_name[1] if spec.data else "units"
    return OutputTable(
        name=f"{outcome.id}-groups",
        caption=f"{units.capitalize()} analysed for {outcome.label.lower()}, by group",
        frame=pd.DataFrame([row[1:] for row in groups], columns=["group", "units"]),
        keys=tuple(str(key) for key, _, _ in groups),
        kinds={"group": "text", "units": "count"},
        headers={"group": "Group", "units": units.capitalize()},
        governed_by={"units": ()},
        group_by="group",
    )


def cells_table(spec: EvaluationSpec, outcome: Outcome, cells: pd.DataFrame) -> OutputTable:
    """Effects by cohort and period: every one that was estimated."""
    data = spec.data
    period = data.time_name if data else "period"
    kind = effect_kind(outcome)
    units = data.unit_name[1] if data else "units"
    return OutputTable(
        name=f"{outcome.id}-cells",
        caption=f"Effect on {outcome.label.lower()} ({shown_unit(outcome)}) by group and {period}; "
        "pointwise intervals",
        frame=cells,
        kinds={
            "cohort": "text",
            "time": "text",
            **dict.fromkeys(_EFFECT_COLUMNS, kind),
            "n_treated": "count",
            "n_comparison": "count",
            "reason": "text",
        },
        headers={
            **_EFFECT_HEADERS,
            "cohort": f"Group (first {period})",
            "time": period.capitalize(),
            "n_treated": f"Treated {units}",
            "n_comparison": f"Comparison {units}",
        },
        governed_by=_GOVERNED,
        sentence_columns=("reason",),
        adds_up="not",
        group_by="cohort",
        keys=tuple(map(str, cells["cohort"])),
        decimals=outcome.decimals,
        scale=scale_of(outcome),
    )


def series_table(spec: EvaluationSpec, outcome: Outcome, series: EffectSeries) -> OutputTable:
    """Effects by time since the start (or by cohort, or by period)."""
    period = spec.data.time_name if spec.data else "period"
    words = {
        "event": f"{period}s since the programme began",
        "cohort": f"group (first {period})",
        "calendar": period,
    }[series.kind]
    bands = "simultaneous bands" if series.bands == "simultaneous" else "pointwise intervals"
    units = spec.data.unit_name[1] if spec.data else "units"
    return OutputTable(
        name=f"{outcome.id}-{series.kind}",
        caption=f"Effect on {outcome.label.lower()} ({shown_unit(outcome)}) by {words}; {bands}",
        frame=series.to_frame(),
        kinds={
            series.index_name: "text",
            **dict.fromkeys(_EFFECT_COLUMNS, effect_kind(outcome)),
            "n_treated": "count",
            "n_comparison": "count",
            "reason": "text",
        },
        headers={
            **_EFFECT_HEADERS,
            series.index_name: words[:1].upper() + words[1:],
            "n_treated": f"Treated {units}",
            "n_comparison": f"Comparison {units}",
        },
        governed_by=_GOVERNED,
        sentence_columns=("reason",),
        adds_up="not" if series.kind == "cohort" else "in_nests",
        group_by="cohort" if series.kind == "cohort" else "",
        keys=tuple(map(str, series.index)),
        decimals=outcome.decimals,
        scale=scale_of(outcome),
    )


def estimates_table(
    spec: EvaluationSpec,
    outcome: Outcome,
    estimates: Sequence[tuple[str, AttEstimate]],
    *,
    name: str = "estimates",
    caption: str | None = None,
    about: str = "",
) -> OutputTable:
    """The headline beside every other estimator that was run, each with its sample; ``about`` is
    the id of the outcome, where all are of one."""
    units = spec.data.unit_name[1] if spec.data else "units"
    rows = [{**e.to_row(), "estimator": label} for label, e in estimates]
    return OutputTable(
        name=f"{outcome.id}-{name}",
        caption=caption
        or f"{outcome.label} ({shown_unit(outcome)}): the headline and other estimates",
        about=about,
        frame=frame_with_sentences(rows),
        kinds={
            "estimator": "text",
            **dict.fromkeys(_EFFECT_COLUMNS, effect_kind(outcome)),
            "p_value": "p_value",
            "n_treated": "count",
            "n_comparison": "count",
            "reason": "text",
        },
        headers={
            **_EFFECT_HEADERS,
            "estimator": "Estimate",
            "n_treated": f"Treated {units}",
            "n_comparison": f"Comparison {units}",
        },
        governed_by=_GOVERNED,
        sentence_columns=("reason",),
        adds_up="not",
        decimals=outcome.decimals,
        scale=scale_of(outcome),
    )


def means_table(
    spec: EvaluationSpec,
    outcome: Outcome,
    means: pd.DataFrame,
    parts: tuple[tuple[float, ...], ...] = (),
) -> OutputTable:
    """Mean outcome by group and period: group, cohort, first_treated, time, position, mean, units.

    ``parts`` are what each unit adds to each mean, where units count by a weight.
    """
    period = spec.data.time_name if spec.data else "period"
    return OutputTable(
        name=f"{outcome.id}-means",
        caption=f"Average {outcome.label.lower()} ({shown_unit(outcome)}) by group and {period}",
        frame=means.drop(columns="cohort"),
        kinds={"group": "text", "time": "text", "mean": effect_kind(outcome), "units": "count"},
        headers={
            "group": "Group",
            "time": period.capitalize(),
            "mean": "Average",
            "units": (spec.data.unit_name[1] if spec.data else "units").capitalize(),
        },
        governed_by={"units": ("mean",)},
        contributions={"mean": parts} if parts else {},
        levels=("mean", "units"),
        adds_up="not",
        group_by="group",
        keys=tuple(map(str, means["cohort"])),
        decimals=outcome.decimals,
        scale=scale_of(outcome),
    )


def impossible_table(
    outcome: Outcome, ways: Sequence[tuple[str, Sentence]]
) -> tuple[OutputTable, ...]:
    """Other ways to estimate that do not apply to these data, and the rule that each breaks;
    nothing when all do."""
    if not ways:
        return ()
    rows = [{"estimator": label, "why": rule} for label, rule in ways]
    return (
        OutputTable(
            name=f"{outcome.id}-impossible",
            caption=f"{outcome.label}: other ways to estimate that these data do not allow",
            frame=frame_with_sentences(rows, ("why",)),
            sentence_columns=("why",),
            kinds={"estimator": "text", "why": "text"},
            headers={"estimator": "Estimate", "why": "Why not"},
        ),
    )


def check_tables(
    spec: EvaluationSpec, outcome: Outcome, checks: Sequence[CheckResult]
) -> tuple[OutputTable, ...]:
    """The tables that checks show, one a check; those that show none are left out."""
    rows = {row.name: row for row in checks_for(spec.design.method)}
    shown: list[OutputTable] = []
    for check in checks:
        row = rows[check.name]
        if check.table is None or not row.columns:
            continue
        own = {"effect": effect_kind(outcome)}
        kinds: dict[str, Kind] = {
            column: own.get(kind, kind) for column, (_, kind) in row.columns.items()
        }
        counts = [column for column, kind in kinds.items() if kind == "count"]
        figures = [column for column, kind in kinds.items() if kind not in ("text", "count")]
        shown.append(
            OutputTable(
                name=f"{outcome.id}-{check.name.replace('_', '-')}",
                caption=f"{outcome.label}: {row.caption}",
                frame=check.table[list(kinds)].reset_index(drop=True),
                kinds=dict(kinds),
                headers={column: header for column, (header, _) in row.columns.items()},
                governed_by={count: tuple(figures) for count in counts},
                adds_up="not",
                about=outcome.id,
                decimals=outcome.decimals,
                scale=scale_of(outcome),
            )
        )
    return tuple(shown)
