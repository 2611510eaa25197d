"""The KPIs of an evaluation, measured once a run, from files and from rows wherever these are."""

from pathlib import Path

from pbc_eval.agreement.counted_rows import CountedRows
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.performance import Performance
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.kpi.measure import measure_performance
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.panel.source import Source


def performance_of(spec: EvaluationSpec, files: InputFiles) -> PerformanceResult | None:
    """Every KPI by period; None where the evaluation has none. Raises DataError for what cannot be
    a KPI, and for an engine that is not reached."""
    if spec.performance is None:
        return None

    def open_rows(rows: CountedRows) -> Source:
        return files.scanned(rows, spec.path(rows.file) if rows.file else None)

    def measure(path: Path, performance: Performance) -> PerformanceResult:
        return measure_performance(performance, spec.path, files.rows, open_rows)

    return files.read(spec.path(spec.file), measure, spec.performance)
