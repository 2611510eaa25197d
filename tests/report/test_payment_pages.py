"""Payment and performance on the page: figures that say what they show, risk in plain words, small
counts held back wherever they could be read from."""

from pathlib import Path

import pytest
from evaluations import change, copy_of, evaluation_of, released_of
from shown import figures, html_of, shown_page, tables

import pbc_eval as pbc
from pbc_eval.disclosure import SUPPRESSED
from pbc_eval.publish.formats import write

pytestmark = pytest.mark.slow  # whole evaluations are run

DATA = Path(__file__).parents[2] / "data"


def released(name="hospital-readmissions"):
    return released_of(name)


def evaluated(name="hospital-readmissions"):
    return evaluation_of(name)


def ladders(name="hospital-readmissions"):
    drawn = figures(released(name), "payment")
    return [figure for key, figure in drawn.items() if key.startswith("payment-ladder")]


def test_the_ladder_says_its_steps_and_where_the_estimate_stands():
    (figure,) = ladders()
    measured = evaluated().results["readmissions"]
    share = 100 * measured.effect / measured.counterfactual
    assert "£150,000 from 5.00; £400,000 from 8.00; £600,000 from 12.00" in figure.alt
    assert f"The estimate, {share:.2f}, pays £400,000." in figure.alt
    data = figure.data.set_index("measure")["amount"]
    assert data[data.index < 0.05].max() == 0
    assert set(data) == {0, 150_000, 400_000, 600_000}


def test_the_triggers_of_the_bond_have_a_ladder_along_the_pooled_outcome_though_without_interval():
    (drawn,) = ladders("one-service")
    assert drawn.name == "payment-ladder-triggers"
    assert "interval" not in drawn.alt
    assert "pays £1" in drawn.alt
    paid = drawn.data.set_index("measure")["amount"]
    assert set(paid[paid.index < 0.0749]) == {0}
    assert set(paid[paid.index >= 0.075]) == {1}


def test_the_risk_is_said_in_plain_words_with_its_table_and_figure():
    evaluation = evaluated()
    html = html_of(released(), "payment")
    assert "If the programme had no effect, the rule would still pay something for results" in html
    shown = tables(released(), "payment")
    assert {"payment-risk-scenarios", "payment-risk-tiers"} <= shown.keys()
    tiers = shown["payment-risk-tiers"].frame
    assert tiers["no effect"].sum() == pytest.approx(1)
    figure = figures(released(), "payment")["payment-risk"]
    nothing = evaluation.payment_risk.scenarios[0]
    assert f"£{nothing.expected:,.0f}" in figure.alt
    assert len(figure.data) == len(evaluation.payment_risk.curve)


def test_without_a_standard_error_there_is_no_risk_to_show():
    html = html_of(released("one-service"), "payment")
    assert released("one-service").payment_risk is None
    assert "pays by chance" not in html
    assert "Payment schedule" in html


def test_the_schedule_is_on_the_page_and_beside_it(tmp_path):
    folder = write(shown_page(released()), released(), tmp_path)
    text = (folder / "payment-schedule.md").read_text(encoding="utf-8")
    assert "2.2 **Success payment** (Schedule 2, para 2)" in text
    html = html_of(released(), "payment")
    assert "Example. With the relative effect on readmissions at 0.065" in html


def test_each_kpi_has_its_rating_and_names_what_was_not_reported():
    table = tables(released(), "performance")["performance"].frame.set_index("label")
    assert table.loc["Records with an error", "rating"] == "Inadequate"
    assert table.loc["Complaints", "missing"] == "2025-08"
    (figure,) = figures(released(), "performance").values()
    assert figure.alt.count("Not reported: 2025-08.") == 4
    assert "p chart of visits within three days of discharge: from" in figure.alt


def test_deductions_rest_on_the_kpis():
    evaluation = evaluated()
    lines = {line.clause: line for line in evaluation.payment.lines}
    errors = next(k for k in evaluation.performance.kpis if k.kpi.id == "record-errors")
    due = round((errors.overall - 0.03) / 0.01 * 10_000, 2)
    assert float(lines["record-errors-deduction"].amount) == pytest.approx(-due, abs=0.01)
    late = next(k for k in evaluation.performance.kpis if k.kpi.id == "timely-visits")
    assert lines["late-visits"].amount == -7500 * (late.missed - 1)


@pytest.mark.soak
def test_small_counts_go_from_tables_charts_and_summary_alike(tmp_path):
    """Complaints between 1 and 29 may not be told: neither they nor what gives them away."""
    folder = copy_of("hospital-readmissions", tmp_path)
    change(
        folder / "evaluation.yaml",
        "    counts: bodies  ",
        "    counts: bodies\n    threshold: 25  ",
    )
    shown = pbc.release(pbc.evaluate(pbc.load_evaluation(folder)))
    made = tables(shown, "performance")
    frame = made["performance-complaints"].frame
    hidden = frame["count"] == SUPPRESSED
    assert hidden.any()
    kept = frame.loc[~hidden, "count"].dropna()
    assert (kept.astype(float) >= 25).all()
    for column in ("value", "low", "high"):
        assert (frame.loc[hidden, column] == SUPPRESSED).all()
    (figure,) = figures(shown, "performance").values()
    drawn = figure.data[figure.data["measure"] == "Complaints"]["period"]
    assert not set(drawn) & set(frame.loc[hidden, "period"])
    latest = made["performance"].frame.set_index("label").loc["Complaints", "latest"]
    assert (latest == SUPPRESSED) == bool(hidden.iloc[-1])
