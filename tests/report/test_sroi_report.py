"""The social return report: principles with what was done, a register of every figure, no more."""

import pandas as pd
import pytest
from evaluations import DATA, change, copy_of, released_of
from shown import page_html, tables

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.publish.formats import write
from pbc_eval.publish.report_kinds import kind_of, read_agreed
from pbc_eval.report.page import page_of
from pbc_eval.report.sections.account import principles

pytestmark = pytest.mark.slow  # whole evaluations are run


def made(folder):
    return release(evaluate(load_evaluation(folder)))


@pytest.fixture(scope="module")
def wheels():
    return released_of("wheels-to-meals")


def page(released):
    return page_html(released, "sroi_report")


def test_the_file_asks_for_this_kind():
    assert kind_of(read_agreed(DATA / "wheels-to-meals" / "evaluation.yaml")).name == "sroi_report"
    assert kind_of(read_agreed(DATA / "one-service" / "evaluation.yaml")).name == "impact_report"


def test_all_eight_principles_are_named_with_what_was_done_or_that_it_is_not_stated(wheels):
    said = dict(principles(wheels))
    assert len(said) == 8
    assert said["1. Involve stakeholders"] == "Not stated."
    assert said["2. Understand what changes"].startswith(
        "8 outcomes, 1 of them a harm, for 3 stake"
    )
    assert "From 4 of 8 outcomes nothing is taken off" in said["5. Do not overclaim"]
    assert "0.96 to 2.61 in 95% of 100,000 simulated draws" in said["6. Be transparent"]
    html = page(wheels)
    for name in said:
        assert name in html


def test_what_is_stated_is_printed_and_nobody_is_counted_twice(tmp_path):
    folder = copy_of("wheels-to-meals", tmp_path)
    file = folder / "evaluation.yaml"
    change(file, "- name: Residents\n", "- {name: Residents, involved: Interviews, number: 30}\n")
    change(file, "    not_valued:\n", "    verified: By nobody yet.\n    not_valued:\n")
    said = dict(principles(made(folder)))
    assert said["1. Involve stakeholders"] == ("1 of 4 groups were asked, 30 people in all.")
    assert said["7. Verify the result"] == "By nobody yet."


def test_the_register_holds_every_figure_of_every_row(wheels):
    frame = tables(wheels, "register")["assumption-register"].frame
    rows = wheels.sroi.outcomes
    shares = ("deadweight", "displacement", "attribution", "leakage", "drop_off")
    above_zero = sum(getattr(row, name) > 0 for row in rows for name in shares)
    assert len(frame) == 3 * len(rows) + above_zero + 1
    assert (frame["source"] != "").all()
    drop_off = frame[frame["assumption"] == "Drop-off: A&E attendances avoided"].iloc[0]
    assert drop_off["value"] == "50.0%"
    assert drop_off["place"] == "percentile 75 to 90 of 90 reports"


def test_the_ratio_never_stands_without_its_range_and_a_warning(wheels):
    html = page(wheels)
    assert "Between £0.96 and £2.61 in 95% of 100,000 simulated draws" in html
    assert "It runs from 1.42 to 2.84 when one assumption at a time is changed" in html
    assert "Net present value £39,367" in html
    assert "Ratios of different programmes are not comparable" in html
    assert "does not say that this activity is better than one with a lower ratio" in html


def test_every_table_can_be_downloaded(wheels, tmp_path):
    made = page_of(wheels, "sroi_report")
    folder = write(made, wheels, tmp_path)
    html = page(wheels)
    names = {table.name for table in made.tables}
    assert {"value-involvement", "assumption-register", "value-shares"} < names
    for table in made.tables:
        name = table.name
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(table.frame)
        assert f"downloads/{name}.csv" in html


def test_an_evaluation_without_a_value_map_cannot_be_such_a_report():
    with pytest.raises(PublicationError, match=r"needs a value_map.*set publication\.report"):
        page_of(released_of("training-grants"), "sroi_report")


def test_an_evaluation_without_an_account_says_that_nothing_is_stated():
    html = page(made(DATA / "one-service"))
    assert "Neither scope nor involvement of stakeholders is stated" in html
    assert "that does not mean there are none" in html
