"""Each output passes, is looked at by a named person, or stops publication."""

from dataclasses import replace

import pandas as pd
import pytest
from evaluations import evaluation_of, of_people

from pbc_eval.agreement.disclosure import DisclosureRule, Reviewed
from pbc_eval.disclosure import SUPPRESSED, release, release_table
from pbc_eval.disclosure.review import refuse_unfit_outputs, review_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable

pytestmark = pytest.mark.slow  # seconds, together

RULE = DisclosureRule()


@pytest.fixture(scope="module")
def readmissions():
    return of_people(evaluation_of("hospital-readmissions"))


def with_publication(evaluation, status="provisional", **changes):
    publication = evaluation.spec.publication
    rule = publication.disclosure.model_copy(update=changes)
    published = publication.model_copy(update={"disclosure": rule})
    spec = evaluation.spec.model_copy(update={"publication": published, "status": status})
    return replace(evaluation, spec=spec)


def one(**columns):
    frame = pd.DataFrame({"area": ["north", "south"], "units": [40, 50], **columns})
    return OutputTable(
        name="t", caption="T", frame=frame, headers={"biggest": "Biggest"},
        kinds={"area": "text", "units": "count"}, governed_by={"units": ()},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "status"),
    [
        ("mean", "pass"), ("std_error", "pass"), ("p_value", "pass"), ("ecdf_max_before", "pass"),
        ("median", "review"), ("q25", "review"), ("p90", "review"), ("quartile_1", "review"),
        ("max", "fail"), ("minimum", "fail"), ("residual", "fail"), ("max_income", "fail"),
    ],
)  # fmt: skip
def test_safe_and_unsafe_statistics_are_told_apart(column, status):
    table = release_table(one(**{column: [1.0, 2.0]}), RULE)
    found = review_table(table, RULE)
    assert found.status == status
    assert bool(found.cells) == (status != "pass")
    off = DisclosureRule(threshold=0, reason="public")
    assert review_table(table, off).status == "pass"


def test_a_table_with_a_row_a_unit_is_looked_at():
    table = release_table(replace(one(), one_row_a_unit=True), RULE)
    assert review_table(table, RULE).status == "review"


def test_a_count_that_cannot_be_hidden_fails_and_is_named_without_its_value():
    """The only row of a total of 40 that stands elsewhere; 7 dropped between 47 and 40."""
    frame = pd.DataFrame({"what": ["read"], "rows_in": [47], "rows_dropped": [7],
                          "rows_left": [40]})  # fmt: skip
    steps = OutputTable(
        name="x-ledger", caption="L", frame=frame, headers={"rows_dropped": "Left out"},
        kinds={"what": "text", "rows_in": "count", "rows_dropped": "count", "rows_left": "count"},
        governed_by={"rows_dropped": ()}, adds_up="in_steps",
    )  # fmt: skip
    told = release_table(steps, RULE)
    assert told.frame["rows_in"][0] == SUPPRESSED  # the rows read go, as what is analysed stands
    assert review_table(told, RULE).status == "pass"
    spread = pd.DataFrame({"area": list("abc"), "units": [4, 3, 3]})
    small = release_table(replace(one(), frame=spread), RULE)
    found = review_table(small, RULE)
    assert found.status == "review"  # of 10 in all none can be 10: they are small for certain
    assert found.cells == ("a, units", "b, units", "c, units")


def test_a_fail_stops_publication_and_names_the_cells(readmissions):
    finding = readmissions.primary
    extreme = replace(one(max=[3.0, 4.0]), name="readmissions-extremes")
    spoilt = replace(finding, tables=(*finding.tables, extreme))
    with pytest.raises(DisclosureError, match=r"readmissions-extremes: an extreme.*\(max\)"):
        release(replace(readmissions, findings=(spoilt,)))


def test_a_doubt_stops_a_final_edition_until_somebody_answers_for_it(readmissions):
    finding = readmissions.primary
    doubtful = replace(one(median=[3.0, 4.0]), name="readmissions-middle")
    spoilt = replace(readmissions, findings=(replace(finding, tables=(*finding.tables, doubtful)),))
    assert release(spoilt).reviews  # a draft may be looked at as it is
    with pytest.raises(DisclosureError, match=r"(?s)readmissions-middle: a quantile.*reviewed"):
        release(with_publication(spoilt, "final"))
    seen = Reviewed(output="readmissions-middle", by="A. Reader", date="2026-06-01", reason="Wide.")
    released = release(with_publication(spoilt, "final", reviewed=(seen,)))
    assert [r.output for r in released.reviews if r.status == "review"] == ["readmissions-middle"]


def test_estimates_on_few_degrees_of_freedom_are_looked_at(readmissions):
    finding = readmissions.primary
    few = replace(finding.headline, degrees_of_freedom=9)
    released = release(replace(readmissions, findings=(replace(finding, headline=few),)))
    (found,) = [r for r in released.reviews if r.output == "readmissions-effects"]
    assert found.status == "review"
    assert found.cells == (few.term,)


def test_samples_that_differ_by_few_are_looked_at(readmissions):
    finding = readmissions.primary
    other = replace(finding.alternatives[1], n_treated=finding.headline.n_treated - 3)
    changed = replace(
        finding, alternatives=(finding.alternatives[0], other, *finding.alternatives[2:])
    )
    released = release(replace(readmissions, findings=(changed,)))
    (found,) = [r for r in released.reviews if r.output == "readmissions-samples"]
    assert found.status == "review"
    assert any("Average over periods since the start" in cell for cell in found.cells)


def test_every_output_of_an_example_passes(readmissions):
    released = release(readmissions)
    assert {one.status for one in released.reviews} == {"pass"}
    outputs = [one.output for one in released.reviews]
    assert len(outputs) == len(set(outputs))
    assert {table.name for table in released.primary.tables} < set(outputs)
    refuse_unfit_outputs(released.reviews, readmissions.spec)
