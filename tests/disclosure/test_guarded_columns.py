"""A column that counts people states what goes with it, or its table is not published."""

import pandas as pd
import pytest
from evaluations import evaluation_of, of_people

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure import release_table
from pbc_eval.disclosure.review import review_table
from pbc_eval.disclosure.tables import release_open_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.evaluation.shown.evaluation_tables import tables_of

RULE = DisclosureRule()


def table(**changes) -> OutputTable:
    frame = pd.DataFrame({"area": ["North", "South"], "people": [40, 4], "years": [2, 3]})
    settings = {"name": "areas", "caption": "A", "frame": frame, "headers": {},
                "kinds": {"area": "text", "people": "count"}}  # fmt: skip
    return OutputTable(**{**settings, **changes})


def test_a_count_that_nothing_governs_fails_and_its_column_is_named():
    review = review_table(release_table(table(), RULE), RULE)
    assert review.status == "fail"
    assert review.cells == ("people",)
    assert "governed_by" in review.reason
    guarded = release_table(table(governed_by={"people": ()}), RULE)
    assert review_table(guarded, RULE).status == "pass"
    through_another = table(
        kinds={"area": "text", "people": "count", "years": "count"},
        governed_by={"people": ("years",)},
    )
    assert review_table(release_table(through_another, RULE), RULE).status == "pass"


def test_columns_that_are_no_head_count_need_no_guard_and_are_not_rounded():
    kinds = {"area": "text", "people": "count", "years": "count"}
    shown = table(kinds=kinds, governed_by={"people": ()}, not_people=frozenset({"years"}))
    rule = DisclosureRule(rounding=5)
    released = release_table(shown, rule)
    assert review_table(released, rule).status == "pass"
    assert released.frame["years"].tolist() == [2, 3]
    assert released.counts == ("people",)


def test_a_table_of_people_is_not_released_as_an_open_one():
    with pytest.raises(DisclosureError, match="counts people is not open"):
        release_open_table(table())


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "hospital-readmissions",
        pytest.param("supported-work", marks=pytest.mark.soak),
        "wheels-to-meals",
    ],
)
def test_every_column_of_counts_of_an_example_is_guarded(name):
    evaluation = of_people(evaluation_of(name))
    of_findings = [each for finding in evaluation.findings for each in finding.tables]
    for each in (*of_findings, *tables_of(evaluation)):
        if not each.counts_people:
            continue
        governed = {c for part in each.governed_by.values() for c in part} | {*each.governed_by}
        steps = {"rows_in", "rows_left"} if each.adds_up == "in_steps" else set()
        counts = {column for column, kind in each.kinds.items() if kind == "count"}
        assert counts <= governed | steps | each.not_people, each.name
