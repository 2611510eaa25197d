"""The payment without one part of the data: its range, and the steps that would be reached."""

import dataclasses

import pandas as pd
import pytest
from evaluations import evaluation_of, released_of
from hypothesis import given, settings
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval.evaluation.payment_left_out import Judged, payments_left_out
from pbc_eval.results import AttEstimate, CheckResult, MeasuredOutcome

pytestmark = pytest.mark.slow  # seconds, together

TERMS = pbc.payment_terms_from(
    {
        "currency": "GBP",
        "cap": 900,
        "clauses": [
            {
                **{"id": "each", "label": "Each job", "reference": "1", "type": "tariff"},
                **{"outcome": "jobs", "measure": "total", "price": 10, "source": "made up"},
            },
            {
                **{"id": "many", "label": "Many jobs", "reference": "2", "type": "threshold"},
                **{"outcome": "jobs", "measure": "effect", "minimum": 0.5, "amount": 300},
                "source": "made up",
            },
        ],
    }
)


def left_out(effect, low, high, *, sign=1, protected=False):
    table = pd.DataFrame(
        [("period", sign * low, sign * high, 0)], columns=["by", "low", "high", "t"]
    )
    check = CheckResult(name="leave_out", status="pass", sentence="-", null="-", table=table)
    measured = MeasuredOutcome(outcome="jobs", source="estimated", effect=effect, total_scale=100)
    headline = evaluation_of("one-service").findings[0].headline
    judged = {"jobs": Judged(_with(headline, sign * effect), (check,))}
    return payments_left_out(TERMS, judged, {"jobs": measured}, protected=protected)


def _with(headline: AttEstimate, estimate):
    return dataclasses.replace(headline, estimate=estimate)


@settings(max_examples=25)
@given(st.floats(0.05, 1), st.floats(0, 0.3), st.floats(0, 0.3), st.sampled_from([1, -1]))
def test_the_range_is_what_the_ends_pay_whichever_way_the_outcome_points(effect, down, up, sign):
    def due(at):
        result = MeasuredOutcome(outcome="jobs", source="estimated", effect=at, total_scale=100)
        return float(pbc.payment_due(TERMS, [result]).total)

    (entry,) = left_out(effect, effect - down, effect + up, sign=sign)
    assert entry.agreed == pytest.approx(due(effect), abs=0.011)
    assert entry.least == pytest.approx(due(effect - down), abs=0.011)
    assert entry.most == pytest.approx(due(effect + up), abs=0.011)


def test_one_line_says_whether_it_stays_and_which_step_would_be_another():
    (same,) = left_out(0.9, 0.9, 0.9)
    assert str(same.sentence("Jobs")).startswith("The payment stays £900 whichever period is left")
    (moved,) = left_out(0.55, 0.45, 0.6)
    assert moved.steps == ("Many jobs",)
    words = str(moved.sentence("Jobs"))
    assert (
        "between £450 and £900, beside £850 as agreed; Many jobs would reach another step." in words
    )


def test_what_could_tell_of_single_units_is_told_by_steps_alone():
    (hidden,) = left_out(0.55, 0.45, 0.6, protected=True)
    assert (hidden.least, hidden.most, hidden.agreed) == (None, None, None)
    assert "£" not in str(hidden.sentence("Jobs"))
    assert "Many jobs would reach another step" in str(hidden.sentence("Jobs"))


def test_an_example_has_the_range_of_its_payment():
    released = released_of("hospital-readmissions")
    (entry,) = released.payment_analysis.left_out
    assert not entry.steps
    assert entry.least < entry.agreed < entry.most
