"""From files to KPIs: read, check, measure by period, rate and chart.

Whatever cannot be a KPI is refused with its place: a percentage for a fraction, a date that a
spreadsheet turned into a number, more met than there were. A period that is missing is named, and
nothing is put in its place.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.counted_rows import CountedRows
from pbc_eval.agreement.performance import (
    Kpi,
    KpiBase,
    Performance,
    ProportionKpi,
    RateKpi,
    SurveyKpi,
    ValueKpi,
    columns_of,
)
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.errors import DataError
from pbc_eval.intake.number_columns import numbers_of_frame, refusal
from pbc_eval.intake.table_files import ReadRows, open_table, read_rows, under_short_names
from pbc_eval.kpi.charts import ControlChart, p_chart, u_chart, xmr_chart
from pbc_eval.kpi.periods import period_of, periods_between
from pbc_eval.kpi.record import KpiPeriod, KpiResult, PerformanceResult, Rating
from pbc_eval.kpi.row_counts import count_rows
from pbc_eval.kpi.survey import WeightedShare, weighted_share
from pbc_eval.messages import written_numbers
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.source import Source
from pbc_eval.panel.warehouse import open_backend

MOST = 1e15  # of a count or value: beyond it sums over periods are no longer exact


def measure_performance(
    performance: Performance,
    path: Callable[[str], Path],
    read: ReadRows = read_rows,
    open_rows: Callable[[CountedRows], Source] | None = None,
) -> PerformanceResult:
    """Every KPI by period. ``path`` finds a file that the block names; ``read`` reads its table,
    and leaves the columns that it is given as they are written; ``open_rows`` opens the table whose
    rows are counted, by default a file or an engine as the block says.

    Raises DataError, naming the file, the period and the value, for what cannot be a KPI.
    """
    expected = periods_between(performance.first, performance.last, performance.every)
    table, notes = None, list[Sentence]()

    def read_numbers(file: Path, columns: Sequence[str], stands: TableLayout) -> pd.DataFrame:
        frame, left_out = read(file, columns if performance.numbers else (), stands)
        notes.extend(left_out)
        if performance.numbers is None:
            return frame
        frame, told_of = numbers_of_frame(frame, columns, performance.numbers, owner=file.name)
        notes.extend(told_of)
        return frame

    if performance.file is not None:
        file = path(performance.file)
        wanted = [name for kpi in performance.kpis for name in columns_of(kpi)]
        rows = read_numbers(file, wanted, performance)
        table = _by_period(performance, file.name, rows, expected)
    sizes = None
    if (asked := performance.rows) is not None:
        source = _opened(asked, path) if open_rows is None else open_rows(asked)
        counted = count_rows(
            source, asked, period=performance.period, every=performance.every, expected=expected
        )
        table, sizes = counted.frame, counted.sizes
        notes.extend(counted.notes)
    results = tuple(
        _result(kpi, performance, expected, table, sizes, path=path, read=read_numbers)
        for kpi in performance.kpis
    )
    return PerformanceResult(
        every=performance.every, kpis=results, notes=tuple(dict.fromkeys(notes))
    )


def _opened(rows: CountedRows, path: Callable[[str], Path]) -> Source:
    if rows.backend is None or rows.file:
        return open_table(path(rows.file), rows.layout)
    source = open_backend(rows.backend, rows.table or "", pull_limit=rows.pull_limit)
    return under_short_names(source, rows.layout)


def _by_period(
    performance: Performance, file: str, frame: pd.DataFrame, expected: tuple[str, ...]
) -> pd.DataFrame:
    """The file with one row for each expected period; those that are missing hold NaN."""
    wanted = [performance.period]
    for kpi in performance.kpis:
        wanted += columns_of(kpi)
    check_columns(file, list(frame.columns), wanted)
    periods = [period_of(value, performance.every, file) for value in frame[performance.period]]
    index = pd.Index(periods)
    if index.has_duplicates:
        twice = first_few(index[index.duplicated()].unique())
        raise DataError(f"{file}: {twice} is there twice. A period has one row; remove one.")
    if unknown := [period for period in periods if period not in expected]:
        raise DataError(
            f"{file}: {first_few(unknown)} is not between {performance.first} and "
            f"{performance.last}. Correct the period, or performance.first and last."
        )
    return frame.set_axis(index).reindex(list(expected))


def _result(
    kpi: Kpi,
    performance: Performance,
    expected: tuple[str, ...],
    table: pd.DataFrame | None,
    behind: pd.DataFrame | None,
    *,
    path: Callable[[str], Path],
    read: Callable[[Path, Sequence[str], TableLayout], pd.DataFrame],
) -> KpiResult:
    if isinstance(kpi, SurveyKpi):
        measured = _survey(kpi, performance, expected, path(kpi.file), read)
    else:
        assert table is not None
        rows = performance.rows
        place = performance.file if rows is None else rows.table or rows.file
        measured = _from_table(kpi, table, place or "")
        if rows is not None and behind is not None:
            measured = _with_rows(measured, kpi, rows, behind)
    periods = [
        replace(
            period,
            rating=None if period.value is None else rating_of(kpi, period.value),
            signals=signals,
        )
        for period, signals in zip(measured.periods, measured.chart.signals, strict=True)
    ]
    reason = performance.other.get(kpi.id, "")
    return KpiResult(
        kpi=kpi,
        periods=tuple(periods),
        overall=measured.overall,
        rating="Other" if reason else rating_of(kpi, measured.overall),
        reason=reason,
        chart=measured.chart,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    periods: tuple[KpiPeriod, ...]
    overall: float
    chart: ControlChart


def rating_of(kpi: KpiBase, value: float) -> Rating:
    """The word for a value: how far along the way to the target it is."""
    way = value / kpi.target if kpi.better == "higher" else kpi.target / value if value else np.inf
    way = round(way, 12)  # 0.95 of 1 is approaching, whatever the last bit says
    if way >= 1:
        return "Good"
    if way >= kpi.approaching:
        return "Approaching target"
    return "Requires improvement" if way >= kpi.inadequate else "Inadequate"


def _with_rows(measured: _Measured, kpi: Kpi, rows: CountedRows, behind: pd.DataFrame) -> _Measured:
    """With the fewest rows that are behind a value of each period, where it does not state them:
    those of a sum or mean, and of a single value. A mean over all periods is one over its rows."""
    names = [
        name
        for name in columns_of(kpi)
        if isinstance(kpi, ValueKpi) or rows.counts[name].column is not None
    ]
    if not names:
        return measured
    fewest = behind[names].min(axis=1)
    periods = [
        replace(period, rows=None if period.value is None else float(fewest[period.period]))
        for period in measured.periods
    ]
    overall = measured.overall
    if isinstance(kpi, ValueKpi) and rows.counts[kpi.column].mean is not None:
        values = pd.Series({p.period: p.value for p in measured.periods}, dtype=float)
        weights = behind[kpi.column].where(values.notna())
        overall = float((values * weights).sum() / weights.sum())
    return replace(measured, periods=tuple(periods), overall=overall)


def _from_table(kpi: Kpi, table: pd.DataFrame, file: str) -> _Measured:
    columns = {name: _numbers(table[name], name, kpi, file) for name in columns_of(kpi)}
    if any(values.isna().all() for values in columns.values()):
        raise DataError(f"{file}: {kpi.id}: no period is reported. Report one, or drop the KPI.")
    if isinstance(kpi, ValueKpi):
        values = columns[kpi.column].to_numpy(float)
        if kpi.share:
            _refuse_percentages(columns[kpi.column], kpi, file)
        periods = _periods(table.index, values)
        return _Measured(periods, float(np.nanmean(values)), xmr_chart(values))
    top, bottom = columns.values()
    both = top.notna() & bottom.notna()
    _refuse_half_reported(top, bottom, kpi, file)
    if bad := [p for p in table.index[both] if top[p] < 0 or bottom[p] <= 0]:
        raise DataError(
            f"{file}: {kpi.id}: {bad[0]} has {top[bad[0]]:g} of {bottom[bad[0]]:g}; counts are "
            "zero or more, among more than zero. Correct it, or leave the period out."
        )
    counts, sizes = top.to_numpy(float), bottom.to_numpy(float)
    if isinstance(kpi, ProportionKpi):
        if more := [p for p in table.index[both] if top[p] > bottom[p]]:
            raise DataError(
                f"{file}: {kpi.id}: {more[0]} has {top[more[0]]:g} met among {bottom[more[0]]:g}. "
                "Those that met it are among all; the columns may be the wrong way round."
            )
        per, chart = 1.0, p_chart(counts, sizes)
    else:
        assert isinstance(kpi, RateKpi)
        per, chart = kpi.per, u_chart(counts, sizes, kpi.per)
    periods = _periods(table.index, per * counts / sizes, counts, sizes)
    return _Measured(periods, float(per * np.nansum(counts) / np.nansum(sizes)), chart)


def _periods(
    index: pd.Index, values: Floats, counts: Floats | None = None, sizes: Floats | None = None
) -> tuple[KpiPeriod, ...]:
    def at(array: Floats | None, position: int) -> float | None:
        if array is None or not np.isfinite(array[position]):
            return None
        return float(array[position])

    return tuple(
        KpiPeriod(
            period=str(period),
            value=at(values, position),
            count=at(counts, position),
            among=at(sizes, position),
        )
        for position, period in enumerate(index)
    )


def _survey(
    kpi: SurveyKpi,
    performance: Performance,
    expected: tuple[str, ...],
    path: Path,
    read: Callable[[Path, Sequence[str], TableLayout], pd.DataFrame],
) -> _Measured:
    """The weighted share by period, and of all periods together."""
    frame = read(path, [kpi.answer, *([kpi.weight] if kpi.weight else [])], kpi)
    design = {"weights": kpi.weight, "strata": kpi.stratum, "clusters": kpi.cluster}
    named = [name for name in design.values() if name is not None]
    check_columns(path.name, list(frame.columns), [performance.period, kpi.answer, *named])
    answers = _numbers(frame[kpi.answer], kpi.answer, kpi, path.name)
    if other := [value for value in answers.dropna().unique() if value not in (0, 1)]:
        raise DataError(
            f"{path.name}: {kpi.answer} must be 1 or 0, got {other[0]:g}. Code the answers, such "
            "as 1 for satisfied and very satisfied."
        )
    frame = frame[answers.notna().to_numpy()]
    answers = answers.dropna()
    when = [period_of(value, performance.every, path.name) for value in frame[performance.period]]
    if unknown := [value for value in when if value not in expected]:
        raise DataError(
            f"{path.name}: {first_few(dict.fromkeys(unknown))} is not between {performance.first} "
            f"and {performance.last}. Correct the period, or performance.first and last."
        )
    weights = (
        None if kpi.weight is None else _numbers(frame[kpi.weight], kpi.weight, kpi, path.name)
    )

    def share(rows: NDArray[np.bool_]) -> WeightedShare:
        return weighted_share(
            answers.to_numpy(float)[rows],
            None if weights is None else weights.to_numpy(float)[rows],
            None if kpi.stratum is None else frame[kpi.stratum][rows],
            None if kpi.cluster is None else frame[kpi.cluster][rows],
        )

    periods = []
    for period in expected:
        rows = np.array([value == period for value in when])
        if not rows.any():
            periods.append(KpiPeriod(period=period, value=None))
            continue
        weighted = share(rows)
        low, high = weighted.interval() or (None, None)
        periods.append(
            KpiPeriod(
                period=period, value=weighted.share, count=weighted.n, conf_low=low, conf_high=high
            )
        )
    values = np.array([np.nan if period.value is None else period.value for period in periods])
    overall = share(np.ones(len(when), bool)).share
    return _Measured(tuple(periods), overall, xmr_chart(values))


def _numbers(column: pd.Series, name: str, kpi: KpiBase, file: str) -> pd.Series:
    """The column as numbers; text that is none is refused with its row."""
    texts = [value for value in column.dropna().unique() if isinstance(value, str)]
    odd = [text for text in texts if text.strip() and written_numbers.plain(text) is None]
    problem = refusal(name, texts, None, key="performance.numbers", may_be_labels=False)
    if problem and any(map(written_numbers.is_number, odd)):
        raise DataError(f"{file}: {kpi.id}: {problem}")
    numbers = pd.to_numeric(column, errors="coerce")
    words = column[numbers.isna() & column.notna()]
    words = words[[str(value).strip() != "" for value in words]]
    if len(words):
        value = str(words.iloc[0])
        raise DataError(
            f"{file}: {kpi.id}: {name} holds {value!r}, which is no number. Leave the cell empty "
            "if it was not reported."
        )
    numbers = numbers.astype(float)
    beyond = column[numbers.abs() > MOST]
    if len(beyond):
        raise DataError(
            f"{file}: {kpi.id}: {name} holds {beyond.iloc[0]}, which is more than can be measured "
            f"({MOST:,.0f}). Correct it, or leave the cell empty if it was not reported."
        )
    return numbers


def _refuse_percentages(values: pd.Series, kpi: KpiBase, file: str) -> None:
    outside = values[(values > 1) | (values < 0)]
    if len(outside):
        value = outside.iloc[0]
        hint = f" Did you mean {value / 100:g}?" if 1 < value <= 100 else ""
        raise DataError(
            f"{file}: {kpi.id}: {outside.index[0]} must be a fraction in [0, 1], got {value:g}."
            f"{hint}"
        )


def _refuse_half_reported(top: pd.Series, bottom: pd.Series, kpi: KpiBase, file: str) -> None:
    half = top.index[top.isna() != bottom.isna()]
    if len(half):
        raise DataError(
            f"{file}: {kpi.id}: {half[0]} has {top.name} or {bottom.name} but not both. Give both, "
            "or leave both empty if the period was not reported."
        )
