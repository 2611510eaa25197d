"""Measures counted from rows on the way to a page: hashed, agreed, never passed on as they are."""

import json

import duckdb
import pytest
from attacker import invented

from pbc_eval import evaluate
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure.open_data import open_files
from pbc_eval.errors import PbcError
from pbc_eval.evaluation.registration import agreed_parts
from pbc_eval.intake.input_files import InputFiles

pytestmark = pytest.mark.slow  # evaluations are made
MET, DUE = [80, 60, 70], [100, 90, 100]


@pytest.fixture
def folder(tmp_path):
    return invented.counted_evaluation(tmp_path / "kpi", invented.visits(MET, DUE))


def changed(folder, change):
    file = folder / "evaluation.yaml"
    spec = json.loads(file.read_text(encoding="utf-8"))
    change(spec["performance"]["rows"])
    file.write_text(json.dumps(spec), encoding="utf-8")
    return load_evaluation(folder)


def test_the_measures_are_those_of_a_table_by_period_and_the_rows_are_hashed(folder, tmp_path):
    by_table = invented.measured_evaluation(tmp_path / "table", invented.measures(MET, DUE))
    counted, stated = evaluate(load_evaluation(folder)), evaluate(load_evaluation(by_table))
    assert counted.performance.kpis[0].periods == stated.performance.kpis[0].periods
    assert counted.performance.kpis[0].chart.signals == stated.performance.kpis[0].chart.signals
    assert "visits.csv" in counted.inputs


def test_rows_in_a_database_give_the_same_and_what_came_out_is_hashed(folder):
    evaluation = evaluate(load_evaluation(folder))
    with duckdb.connect(str(folder / "visits.duckdb")) as base:
        base.execute(f"CREATE TABLE visits AS FROM '{folder / 'visits.csv'}'")

    def move(rows):
        del rows["file"]
        rows |= {"backend": "duckdb:visits.duckdb", "table": "visits"}

    there = evaluate(changed(folder, move))
    for here, other in zip(evaluation.performance.kpis, there.performance.kpis, strict=True):
        assert here.periods == other.periods
    assert {"visits.duckdb", "duckdb:visits.duckdb: visits"} <= set(there.inputs)


def test_what_is_counted_is_part_of_what_was_agreed_and_where_the_rows_are_is_not(folder):
    before = agreed_parts(load_evaluation(folder), InputFiles())
    (folder / "visits.csv").rename(folder / "calls.csv")
    moved = changed(folder, lambda rows: rows.update(file="calls.csv"))
    assert agreed_parts(moved, InputFiles()) == before
    bound = {"wait": {"at_most": 3}}
    eased = changed(folder, lambda rows: rows["counts"]["met"].update(where=bound))
    assert agreed_parts(eased, InputFiles()) != before


def test_a_file_of_rows_is_passed_on_as_no_table_of_bodies_or_totals(folder):
    spec = load_evaluation(folder)
    for kind in ("bodies", "totals"):
        opened = {
            "data_status": "real",
            "data_open": True,
            "data_rows": {"visits.csv": {"are": kind}},
        }
        publication = spec.publication.model_dump() | opened
        asked = spec.model_copy(
            update={"publication": type(spec.publication).model_validate(publication)}
        )
        with pytest.raises(PbcError, match=r"one row a visit, job or person \(performance.rows\)"):
            open_files(asked)
