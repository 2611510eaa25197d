"""What a reader can download: every table and figure's data as CSV, all results as JSON, and
payment and value as a workbook with live formulas.

Text cells that a spreadsheet would run as a formula are quoted; suppressed cells stay suppressed.
"""

import json
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval import provenance
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.portfolio_claims import claims_of
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable, is_suppressed
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.joint_simulation import JointSimulation
from pbc_eval.evaluation.measured_outcome import SHARE_OF_COMPARISON
from pbc_eval.intake.formula_text import harmless
from pbc_eval.messages.number_formats import long_date
from pbc_eval.payment.schedule import schedule_of
from pbc_eval.report.dictionary import column_descriptions, write_dictionary
from pbc_eval.report.figures.by_outcome import drawings
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.particulars import particulars
from pbc_eval.report.sections.disclosure_record import review_of, review_table_of, write_review
from pbc_eval.report.sections.impact import all_outcomes_table
from pbc_eval.report.sections.payment import (
    payment_alternatives_table,
    payment_table,
)
from pbc_eval.report.sections.payment_risk import ladder_figures, risk_figures, risk_tables
from pbc_eval.report.sections.performance import charts, overall_of, performance_tables
from pbc_eval.report.sections.revision import revision_results, revision_tables
from pbc_eval.report.sections.social_return import sroi_tables
from pbc_eval.report.sections.uncertainty import uncertainty_figures, uncertainty_tables
from pbc_eval.report.sections.value import value_figures, value_tables
from pbc_eval.report.words import facts, prose
from pbc_eval.report.workbook import has_workbook, workbook
from pbc_eval.results import AttEstimate

WORKBOOK = "workbook.xlsx"


def write_downloads(
    released: ReleasedEvaluation, run_dir: str | Path, kind: str = "impact_report"
) -> Path:
    """Write results.json, the workbook, one CSV a table and figure, their dictionary and the record
    of their disclosure review to ``run_dir``/downloads; return that folder."""
    tables, figures = tuple(_tables(released)), tuple(_figures(released))
    if kind == "sroi_report":
        tables += tuple(sroi_tables(released))
    reviews = review_of(released, tables, figures)
    folder = write_all(
        run_dir,
        (*tables, review_table_of(released, reviews)),
        figures,
        results(released, kind),
        outcomes=[finding.outcome for finding in released.evaluation.findings],
        currency=released.evaluation.spec.contract.currency,
    )
    write_review(released, reviews, tables, folder)
    if has_workbook(released.evaluation):
        (folder / WORKBOOK).write_bytes(workbook(released))
    terms = released.evaluation.spec.payment
    if terms is not None:
        schedule = schedule_of(terms).to_markdown()
        (folder / "payment-schedule.md").write_text(schedule, encoding="utf-8")
    return folder


def write_all(
    run_dir: str | Path,
    tables: Sequence[ReleasedTable],
    figures: Sequence[Figure],
    found: dict[str, Any],
    *,
    outcomes: Sequence[Outcome],
    currency: str,
) -> Path:
    """Write results.json, one CSV a table and figure and the dictionary of their columns to
    ``run_dir``/downloads; return it. ``outcomes`` give effects their units.

    Every kind of report is written by this one function.
    """
    folder = Path(run_dir) / "downloads"
    folder.mkdir(parents=True, exist_ok=True)
    written: set[str] = set()
    for table in tables:
        _write_csv(table.frame, _fresh(folder, table.table.name, written))
    for figure in figures:
        _write_csv(figure.data, _fresh(folder, figure.name, written))
    described = column_descriptions(tables, figures, outcomes=outcomes, currency=currency)
    write_dictionary(folder, described)
    text = json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    return folder


def results(released: ReleasedEvaluation, kind: str = "impact_report") -> dict[str, Any]:
    """Everything that the page states, unrounded: summary, outcomes, payment, value, provenance."""
    evaluation = released.evaluation
    spec = evaluation.spec
    payment, sroi = evaluation.payment, evaluation.sroi
    primary = evaluation.primary
    ordered = sorted(evaluation.findings, key=lambda finding: finding is not primary)
    headlines = [prose.headline(finding, evaluation).sentence for finding in ordered]
    if payment is not None:
        headlines.append(payment.sentence)
    if sroi is not None:
        headlines.append(sroi.sentence)
    promised = dict(spec.payment.promised_effects) if spec.payment else {}
    return {
        "summary": {
            "id": spec.id,
            "title": spec.title,
            "edition": spec.edition,
            "report": kind,
            "status": spec.status,
            "contract": spec.contract.summary,
            "release_date": long_date(spec.publication.release_date),
            "data_status": spec.publication.data_status,
            "data_badge": facts.DATA_BADGES[spec.publication.data_status],
            "illustrative": facts.is_illustrative(evaluation),
            "headlines": headlines,
        },
        "outcomes": [
            {
                "id": finding.outcome.id,
                "label": finding.outcome.label,
                "unit": finding.outcome.unit,
                "direction": finding.outcome.direction,
                "primary": finding is primary,
                "shown_as": finding.outcome.shown_as,
                "decimals": finding.outcome.decimals,
                "relative": finding.measured.unit == SHARE_OF_COMPARISON,
                "promised": plain(promised.get(finding.outcome.id)),
                **_estimate(finding.headline),
                "checks": {check.name: check.status for check in finding.checks},
                "alternatives": [_estimate(e) for e in finding.alternatives[1:]],
            }
            for finding in evaluation.findings
        ],
        "agreement": {
            "commissioner": spec.contract.commissioner,
            "provider": spec.contract.provider,
            "currency": spec.contract.currency,
            "value": plain(spec.contract.value),
        },
        "claims": [
            {"change": claim.change, "row": claim.row, "share": claim.share}
            for claim in claims_of(spec.id, () if sroi is None else sroi.outcomes)
        ],
        "payment": None
        if payment is None
        else {
            "currency": payment.currency,
            "total": str(payment.total),
            "illustrative": payment.illustrative,
            "lines": [
                {"clause": line.clause, "formula": line.formula, "amount": str(line.amount)}
                for line in payment.lines
            ],
            "adjustments": [
                {"name": entry.name, "formula": entry.formula, "amount": str(entry.amount)}
                for entry in payment.adjustments
            ],
        },
        "social_return": None
        if sroi is None
        else {
            "currency": sroi.currency,
            "present_value": plain(sroi.present_value),
            "investment": plain(sroi.investment),
            "net_present_value": plain(sroi.net_present_value),
            "ratio": plain(sroi.ratio),
            "ratio_is": "present value / investment",
        },
        "payment_risk": _risk(released),
        "performance": _performed(released),
        "uncertainty": _uncertainty(evaluation.simulation),
        "revision": revision_results(evaluation.revision),
        "particulars": particulars(released),
        "provenance": provenance.manifest(
            evaluation_id=spec.id,
            edition=spec.edition,
            inputs=evaluation.inputs,
            seed=evaluation.seed,
        ),
    }


def _tables(released: ReleasedEvaluation) -> Iterator[ReleasedTable]:
    for part in released.findings:
        yield from part.tables
    if any(part.tables for part in released.findings):
        yield all_outcomes_table(released)
    for table in (
        payment_table(released.evaluation),
        payment_alternatives_table(released.evaluation),
    ):
        if table is not None:
            yield table
    yield from risk_tables(released.evaluation)
    yield from performance_tables(released)
    yield from value_tables(released.evaluation)
    yield from uncertainty_tables(released.evaluation)
    yield from revision_tables(released)


def _figures(released: ReleasedEvaluation) -> Iterator[Figure]:
    for part in released.findings:
        yield from drawings(part, released.evaluation).values()
    yield from ladder_figures(released.evaluation)
    yield from risk_figures(released.evaluation)
    yield from charts(released)
    yield from value_figures(released.evaluation)
    yield from uncertainty_figures(released.evaluation)


def _risk(released: ReleasedEvaluation) -> list[dict[str, Any]] | None:
    """What the rule pays by chance, one entry a scenario."""
    risk = released.evaluation.payment_risk
    if risk is None:
        return None
    frame = risk.to_frame()
    rows = frame[frame["part"] == "scenario"].drop(columns="part").to_dict("records")
    return [{str(key): plain(value) for key, value in row.items()} for row in rows]


def _performed(released: ReleasedEvaluation) -> list[dict[str, Any]] | None:
    """Each KPI's rating and what was not reported; its values are in the tables."""
    performance = released.evaluation.performance
    if performance is None:
        return None
    return [
        {
            "id": one.kpi.id,
            "label": one.kpi.label,
            "target": one.kpi.target,
            "overall": None if is_suppressed(overall_of(one, released)) else plain(one.overall),
            "rating": one.rating,
            "not_reported": list(one.missing),
        }
        for one in performance.kpis
    ]


def _uncertainty(simulation: JointSimulation | None) -> dict[str, Any] | None:
    """Intervals, chances and seed of what was simulated; null where nothing was."""
    if simulation is None:
        return None
    returns = simulation.returns
    found: dict[str, Any] = {"draws": simulation.draws, "seed": simulation.seed}
    if returns is not None:
        for name in ("present_value", "net_present_value", "ratio"):
            found[f"{name}_interval_95"] = [plain(end) for end in returns.interval(name)]
        found["chance_ratio_above_one"] = returns.chance_ratio_above_one
        found["chance_net_present_value_above_zero"] = returns.chance_npv_above_zero
    if simulation.information is not None:
        found["value_of_perfect_information"] = simulation.information.perfect
        found["value_of_information"] = [e._asdict() for e in simulation.information.inputs]
    return found


def _estimate(estimate: AttEstimate) -> dict[str, Any]:
    row = estimate.to_row()
    return {key: plain(value) for key, value in row.items()} | {"level": estimate.level}


def plain(value: Any) -> Any:
    """A value that JSON can hold: missing is null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, Decimal):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _write_csv(frame: pd.DataFrame, path: Path) -> None:
    safe = frame.copy()
    for column in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[column]):
            safe[column] = [
                harmless(value) if isinstance(value, str) else value for value in safe[column]
            ]
    safe.to_csv(path, index=False, lineterminator="\n")


def _fresh(folder: Path, name: str, written: set[str]) -> Path:
    """A file for one table or figure; two of one name would leave one of them out."""
    if name in written or name == "dictionary":
        raise PublicationError(
            f"{name}.csv: two tables or figures have this name. Rename one of the outcomes."
        )
    written.add(name)
    return folder / f"{name}.csv"
