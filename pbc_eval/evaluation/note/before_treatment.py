"""What the data show before anybody was treated. No outcome from then on is read.

Outcomes are asked for in the rows of earlier periods only, and as text, so that whatever stands in
later rows, even words, cannot be seen or fail. Who is in the data when, and when each is to be
treated, is known beforehand and is read whole.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import DataRoles, Outcome
from pbc_eval.checks.few_clusters import ProposedInference, planned_inference
from pbc_eval.did.expected_error import ExpectedInference
from pbc_eval.did.stated_inference import INFERENCES, OF_LOTS
from pbc_eval.errors import DataError
from pbc_eval.evaluation.data_place import data_table
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.number_columns import numbers_of_frame, numbers_of_source
from pbc_eval.intake.yes_no import answers
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.group_sizes import UNEQUAL
from pbc_eval.panel.local_engine import MISSING_WORDS
from pbc_eval.panel.periods import Periods, read_periods
from pbc_eval.panel.source import (
    Source,
    collect,
)
from pbc_eval.panel.starts import place_starts
from pbc_eval.panel.time_values import is_missing
from pbc_eval.panel.treatment import FIRST_TREATED, starts_of_treatment
from pbc_eval.panel.unit_rows import eligible_column, time_column

BEFORE = Sentence("what the data show before treatment")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeBefore:
    """One outcome before treatment, in its unit, weighted as the data are.

    ``std_error`` is the one expected of the design's own estimator over all periods, on noise like
    that before treatment (did/expected_error.py); where that cannot be had, of a difference in
    changes between the two groups from the earlier to the later half of these periods.
    ``missing_units`` lack it in ``missing_rows`` rows. ``apart`` are numbers of units that the
    levels tell: on each side, those that ever differ from the most frequent value, and, where there
    are two values, those that ever have that one.
    """

    outcome: str
    periods: int
    missing_rows: int
    level_programme: float | None
    level_comparison: float | None
    std_error: float | None
    why_not: str = ""  # why there is no standard error
    inference: ExpectedInference | None = None  # of the design's own estimator; None: the halves
    missing_units: int = 0
    apart: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """Who is to be treated and when, and each outcome before that."""

    source: str
    groups: tuple[tuple[str, int], ...]  # first treated period, units; comparison last
    first_period: str
    last_period: str  # the last one before anybody is treated, anticipation allowed for
    outcomes: tuple[OutcomeBefore, ...]
    proposed: ProposedInference | None = None  # where the design lets one be stated


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Early:
    """A panel up to the first treatment: its units (n,) in order, when each is treated (NaN:
    never), and what each weighs."""

    source: Source
    roles: DataRoles
    periods: Periods
    units: pd.Index
    starts: Floats
    weight: Floats
    n_before: int
    cluster: Ints | None
    eligible: Bools | None  # whom the programme can reach, where there are others


def before_treatment(spec: EvaluationSpec) -> Before | None:
    """The facts of a panel before treatment; None for other designs and for data not there yet.

    Raises DataError for rows that cannot be read as units and periods.
    """
    roles = spec.data
    if roles is None or roles.time is None or not (roles.cohort or roles.treatment):
        return None
    if roles.file and not (spec.folder / roles.file.partition("::")[0]).is_file():
        return None
    measured = [each.column for each in spec.outcomes if each.column]
    weights = [roles.weight] if roles.weight else []
    files = InputFiles()  # while it lives, so does what it has read
    source = data_table(spec, files, (*measured, *weights) if roles.numbers else ())
    if source.pulls is not None:
        rows = int(source.table.count().to_pyarrow().as_py())
        source.pulls.allow(str(roles.table), BEFORE, rows, 5)
    if roles.treatment is not None:
        source = starts_of_treatment(
            source,
            unit=roles.unit,
            time=roles.time,
            treatment=roles.treatment,
            switching=roles.switching or "refuse",
            dose=getattr(spec.design, "dose", None) is not None,
        )
    source, _ = numbers_of_source(source, weights, (), roles.numbers)
    early = _early(source, roles, spec.design.periods_open)
    names = early.periods.names
    return Before(
        source=early.source.name,
        groups=_groups(early),
        first_period=names[0],
        last_period=names[early.n_before - 1] if early.n_before else "none",
        outcomes=tuple(_outcome(early, outcome, spec) for outcome in spec.outcomes),
        proposed=_proposed(early, spec),
    )


def _proposed(early: _Early, spec: EvaluationSpec) -> ProposedInference | None:
    """Which inference serves the independent units there will be; None where the design has no
    choice of them, or adjusts for covariates, for which only its own is known."""
    has_choice = design_kind(spec.design).expected_inference is not None
    known = has_choice and not spec.design.needs_eligible
    if not known or getattr(spec.design, "covariates", False):
        return None
    treated = ~np.isnan(early.starts)
    cluster = np.arange(len(treated)) if early.cluster is None else early.cluster
    with_treated, compared = np.unique(cluster[treated]), np.unique(cluster[~treated])
    counts = (len(np.unique(cluster)), len(with_treated), len(compared))
    sizes = np.bincount(np.unique(cluster, return_inverse=True)[1], early.weight)
    return planned_inference(
        counts,
        clustered=early.cluster is not None,
        unequal=bool(sizes.max() > UNEQUAL * sizes[sizes > 0].min()),
        level=getattr(spec.design, "level", 0.95),
        ways=OF_LOTS if spec.design.needs_random_starts else INFERENCES,
    )


def _early(source: Source, roles: DataRoles, held_back: int) -> _Early:
    time, cohort = str(roles.time), FIRST_TREATED if roles.treatment else str(roles.cohort)
    named = (roles.unit, time, cohort, roles.weight, roles.cluster, roles.eligible)
    columns = [column for column in named if column]
    check_columns(source.name, source.columns, columns)
    asked = {"u": source.column(roles.unit), "t": time_column(source, time)}
    asked |= {"w": source.column(roles.weight)} if roles.weight else {}
    asked |= {"k": source.column(roles.cluster)} if roles.cluster else {}
    asked |= {"e": eligible_column(source, roles.eligible)} if roles.eligible else {}
    rows = collect(source.table.select(c=time_column(source, cohort), **asked))
    owner = f"{source.name}, {time!r}"
    periods = read_periods(rows["t"].dropna().unique(), owner, zoned=time in source.zoned)
    position = {value: at for at, raw in enumerate(periods.raw) for value in raw}
    by_unit = rows.iloc[rows["t"].map(position).argsort(kind="stable")].groupby("u").first()
    cohorts = [None if is_missing(value) else value for value in by_unit["c"]]
    placed = place_starts(
        cohorts,
        periods,
        f"cohort {cohort!r}",
        start_inside=roles.start_inside_period or "refuse",
        never_codes=roles.never_treated_codes,
        count=lambda values: f"{sum(value in values for value in cohorts):,} units",
        zoned=cohort in source.zoned,
    )
    begun = {start.value: start for start in placed.placed}
    starts = np.array(
        [begun[v].first if math.isfinite(begun[v].at) else np.nan for v in cohorts], float
    )
    treated = [start.at for start in placed.placed if math.isfinite(start.at)]
    if not treated:
        raise DataError(
            f"{source.name}: nobody is ever treated by column {cohort!r}. Name the first treated "
            "period of each unit there."
        )
    weight = by_unit["w"].to_numpy(float) if roles.weight else np.ones(len(by_unit))
    return _Early(
        source=source,
        roles=roles,
        periods=periods,
        units=by_unit.index,
        starts=starts,
        weight=weight,
        cluster=np.unique(by_unit["k"].astype(str), return_inverse=True)[1]
        if roles.cluster and roles.cluster != roles.unit
        else None,
        eligible=by_unit["e"].to_numpy() == 1 if roles.eligible else None,
        n_before=min(periods.spans.first_touched(at, held_back) for at in treated),
    )


def _groups(early: _Early) -> tuple[tuple[str, int], ...]:
    names = (*early.periods.names, f"after {early.periods.names[-1]}")
    if early.eligible is None:
        begun, never = "first treated in {}", "for comparison, never treated"
        return _groups_of(early.starts, names, begun, never)
    return (
        *_groups_of(
            early.starts[early.eligible],
            names,
            "eligible, first treated in {}",
            "eligible, where the programme never comes",
        ),
        *_groups_of(
            early.starts[~early.eligible],
            names,
            "not eligible, where the programme comes in {}",
            "not eligible, where it never comes",
        ),
    )


def _groups_of(
    starts: Floats, names: tuple[str, ...], begun: str, never: str
) -> tuple[tuple[str, int], ...]:
    treated = starts[~np.isnan(starts)]
    named = [
        (begun.format(names[int(at)]), int(np.sum(treated == at))) for at in np.unique(treated)
    ]
    return (*named, (never, len(starts) - len(treated)))


def _outcome(early: _Early, outcome: Outcome, spec: EvaluationSpec) -> OutcomeBefore:
    why, missing, missing_units = "", 0, 0
    apart: tuple[int, ...] = ()
    inference: ExpectedInference | None = None
    levels: list[float | None] = [None, None]
    error: float | None = None
    if outcome.column not in early.source.columns:
        why = "the outcome is not in the data yet"
    elif early.n_before == 0:
        why = "there is no period before treatment"
    else:
        values = _values_before(early, outcome)
        lacking = values["value"].isna()
        missing, missing_units = int(lacking.sum()), int(values["unit"][lacking].nunique())
        wide = values.pivot_table(
            index="unit", columns="at", values="value", aggfunc="first", dropna=False
        ).reindex(index=early.units, columns=range(early.n_before))
        y, programme = wide.to_numpy(float), ~np.isnan(early.starts)
        programme = programme if early.eligible is None else programme & early.eligible
        levels = [_mean(y[side], early.weight[side]) for side in (programme, ~programme)]
        apart = (*_apart(y[programme]), *_apart(y[~programme]))
        error, why = (
            _std_error(y, early.weight, programme)
            if early.eligible is None
            else (None, "it cannot be told beforehand for triple differences")
        )
        if error is not None:
            inference = _by_the_estimator(early, y, spec)
            error = error if inference is None else inference.std_error
    return OutcomeBefore(
        outcome=outcome.id,
        periods=early.n_before,
        missing_rows=missing,
        level_programme=levels[0],
        level_comparison=levels[1],
        std_error=error,
        why_not=why,
        inference=inference,
        missing_units=missing_units,
        apart=apart,
    )


def _by_the_estimator(early: _Early, y: Floats, spec: EvaluationSpec) -> ExpectedInference | None:
    """What the design's own estimator will know; None where that is not to be had before the data
    are: for other designs, and where it gives no error."""
    expected = design_kind(spec.design).expected_inference
    if expected is None:
        return None
    periods = len(early.periods.names)
    if periods <= early.n_before:  # the data end before the start: as many periods again
        periods = 2 * early.n_before
    starts = np.where(early.starts < periods, early.starts, np.nan)
    weight = early.weight if early.roles.weight else None
    return expected(spec, y, starts, periods, (early.cluster, weight))


def _values_before(early: _Early, outcome: Outcome) -> pd.DataFrame:
    """Unit, position of the period and value, in rows before treatment and no other."""
    source, time, raw = early.source, str(early.roles.time), early.periods.raw
    position = {value: at for at in range(early.n_before) for value in raw[at]}
    every = source.table.select(
        unit=source.column(early.roles.unit),
        time=time_column(source, time),
        text=source.column(str(outcome.column)).cast("string"),
    )
    read = collect(every.filter(every.time.isin(list(position))))
    text = read["text"].where(~read["text"].isin(MISSING_WORDS))
    kind = source.column(str(outcome.column)).type()
    is_number = not (kind.is_string() or kind.is_boolean())
    value = pd.to_numeric(text, errors="coerce") if is_number else _numbers_of(early, outcome, text)
    wrong = read[text.notna() & ~np.isfinite(value.astype(float))]
    if len(wrong):
        first = wrong.iloc[0]
        raise DataError(
            f"{source.name}: {outcome.column!r} must hold numbers, got {first['text']!r} for "
            f"{first['unit']} in {first['time']}. Correct it, or leave the cell empty."
        )
    return pd.DataFrame({"unit": read["unit"], "at": read["time"].map(position), "value": value})


def _numbers_of(early: _Early, outcome: Outcome, text: pd.Series) -> pd.Series:
    """Texts before treatment as the file says its numbers are written, or as yes and no."""
    notation, name = early.roles.numbers, str(outcome.column)
    if notation is None and not answers(text.dropna().unique().tolist()):
        return pd.to_numeric(text, errors="coerce")
    frame, _ = numbers_of_frame(
        pd.DataFrame({name: text}), [name], notation, owner=early.source.name, measures=[name]
    )
    return pd.to_numeric(frame[name], errors="coerce")


def _mean(y: Floats, weight: Floats) -> float | None:
    seen = ~np.isnan(y)
    total = float((weight[:, None] * seen).sum())
    return None if total == 0 else float(np.nansum(weight[:, None] * y) / total)


def _apart(y: Floats) -> tuple[int, ...]:
    """Of units by period, (n, t): how many ever differ from the most frequent value; and, where
    there are two values, how many ever have it."""
    values, times = np.unique(y[~np.isnan(y)], return_counts=True)
    if len(values) < 2:
        return ()
    usual = values[np.argmax(times)]
    ever = int(((y != usual) & ~np.isnan(y)).any(axis=1).sum())
    return (ever, int((y == usual).any(axis=1).sum())) if len(values) == 2 else (ever,)


def _std_error(y: Floats, weight: Floats, programme: np.ndarray) -> tuple[float | None, str]:
    """Of the difference in changes from the earlier to the later half; or why there is none."""
    n = y.shape[1]
    if n < 2:
        return None, "there is only one period before treatment"
    seen = ~np.isnan(y)
    whole = np.asarray(seen[:, : n // 2].any(axis=1) & seen[:, n // 2 :].any(axis=1))
    kept = np.where(whole[:, None], y, 0.0)
    change = np.nanmean(kept[:, n // 2 :], axis=1) - np.nanmean(kept[:, : n // 2], axis=1)
    treated, others = np.flatnonzero(programme & whole), np.flatnonzero(~programme & whole)
    n_programme, n_comparison = len(treated), len(others)
    if n_comparison < 2 or n_programme < 1:
        return None, "too few units are observed before treatment"
    comparison = _variance_of_mean(change[others], weight[others])
    if n_programme == 1:  # one unit shows no spread of its own: as much as a comparison unit's
        return math.sqrt(comparison + float(np.var(change[others], ddof=1))), ""
    return math.sqrt(comparison + _variance_of_mean(change[treated], weight[treated])), ""


def _variance_of_mean(values: Floats, weight: Floats) -> float:
    share = weight / weight.sum()
    away = values - np.sum(share * values)
    n = len(values)
    return float(np.sum((share * away) ** 2) * n / (n - 1))
