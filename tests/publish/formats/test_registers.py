"""Drafts for registers: what is known is filled, what is not is named, and the clock runs."""

import csv
import json
from pathlib import Path

import pytest
from evaluations import DATA, PROJECT, change, copy_of

import pbc_eval as pbc
from pbc_eval.agreement.contract import Signature, SignOff
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.designs import DESIGNS
from pbc_eval.publish.formats.write import write
from pbc_eval.report.page import page_of

GOLDEN = PROJECT / "tests" / "golden" / "standards"
CODES = {
    row[0]
    for row in csv.reader(
        (GOLDEN / "evaluation_registry_design_types.csv").read_text(encoding="utf-8").splitlines(),
        skipinitialspace=True,
    )
}


def written(folder: Path, into: Path, name: str, sign_off: SignOff | None = None) -> dict:
    spec = pbc.load_evaluation(folder)
    if sign_off is not None:
        place, file = spec._folder, spec._file
        spec = spec.model_copy(update={"sign_off": sign_off})
        spec._folder, spec._file = place, file
    released = pbc.release(pbc.evaluate(spec))
    page = page_of(released)
    downloads = write(page, released, into)
    return {"page": page._repr_html_(), **json.loads((downloads / name).read_text("utf-8"))}


def test_every_design_type_is_a_code_of_the_registry() -> None:
    for kind in DESIGNS.values():
        assert set(kind.registry_codes) <= CODES


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signed", "by", "in_time"),
    [("2026-09-08", "2026-12-01", True), ("2026-09-06", "2026-11-29", False), (None, None, None)],
)
def test_the_twelve_weeks_run_from_the_approvers_signature(tmp_path, signed, by, in_time) -> None:
    """The page was released on 30 November 2026."""
    signatures = SignOff(approver=Signature(name="N", date=signed)) if signed else SignOff()
    entry = written(DATA / "coaching-contract", tmp_path, "evaluation-registry.json", signatures)
    assert entry["clock"]["publish_by"] == by
    assert entry["clock"]["in_time"] is in_time
    assert entry["status"] == "ongoing"
    assert "departments" in entry["left_open"]
    starts = [date for date in entry["event_dates"] if date["category"] == "intervention_start"]
    assert starts == [
        {"category": "intervention_start", "month": 4, "year": 2023, "status": "actual"}
    ]
    words = {True: "in time", False: "late", None: "begin with the approver"}[in_time]
    assert words in entry["page"]


@pytest.mark.soak
@pytest.mark.slow
def test_the_notice_rates_every_kpi_in_the_words_of_the_act(tmp_path) -> None:
    folder = copy_of("hospital-readmissions", tmp_path)
    change(
        folder / "evaluation.yaml",
        "  data_open: true\n",
        "  data_open: true\n  registers: [uk_contract_performance, uk_evaluation_registry]\n",
    )
    notice = written(folder, tmp_path / "out", "performance-notice.json")
    words = {"Good", "Approaching target", "Requires improvement", "Inadequate", "Other"}
    ids = ["timely-visits", "record-errors", "complaints", "first-visit", "satisfaction"]
    assert [kpi["id"] for kpi in notice["kpis"]] == ids
    assert {kpi["rating"] for kpi in notice["kpis"]} <= words
    assert notice["assessed"] == {"from": "2025-04", "to": "2026-03"}
    entry = json.loads((tmp_path / "out/downloads/evaluation-registry.json").read_text("utf-8"))
    assert entry["evaluation_design_types"] == [
        "impact", "quasi_experimental", "difference", "economic", "benefit",
    ]  # fmt: skip


def test_a_notice_without_kpis_is_refused_with_the_remedy(tmp_path) -> None:
    folder = copy_of("timebank", tmp_path)
    change(
        folder / "evaluation.yaml",
        "  report: sroi_report\n",
        "  report: sroi_report\n  registers: [uk_contract_performance]\n",
    )
    with pytest.raises(SpecError, match=r"there are no KPIs. Add performance"):
        pbc.load_evaluation(folder)
