"""A share said to be in points is refused: it would be a hundredth of its size on the page."""

import pytest

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import DataError
from pbc_eval.evaluation.shares_as_points import refuse_shares_as_points

SHARES = [
    (("No", "Yes"), (), "yes and no, read as 1 and 0"),
    (("12.5%", "3%", " "), (), "per cent as text"),
    ((), (1, 0.0), "nothing but 0 and 1"),
]
NO_SHARES = [(("12.5", "3"), ()), ((), (0.0, 0.4)), ((), (12.0, 0.0)), ((), ()), (("a", "b"), ())]


def outcome(unit: str = "percentage points", **keys: object) -> Outcome:
    stated = {
        "id": "in-work",
        "label": "In work",
        "column": "work",
        "direction": "higher_is_better",
    }
    return Outcome.model_validate(stated | {"unit": unit} | keys)


@pytest.mark.parametrize(
    "unit", ["percentage points", "%", "per cent of pupils", "Percentage point"]
)
@pytest.mark.parametrize(("texts", "numbers", "holds"), SHARES)
def test_what_is_certain_to_be_a_share_is_refused_with_the_key(unit, texts, numbers, holds):
    with pytest.raises(DataError, match=holds) as refused:
        refuse_shares_as_points(outcome(unit), texts, numbers)
    assert "outcomes: in-work: unit is" in str(refused.value)
    assert "State shown_as: percentage_points" in str(refused.value)
    refuse_shares_as_points(outcome(unit, shown_as="percentage_points"), texts, numbers)


@pytest.mark.parametrize(("texts", "numbers"), NO_SHARES)
def test_what_may_be_in_per_cent_already_is_let_pass(texts, numbers):
    refuse_shares_as_points(outcome(), texts, numbers)


@pytest.mark.parametrize(("texts", "numbers", "holds"), SHARES)
def test_other_units_are_nobodys_business(texts, numbers, holds):
    refuse_shares_as_points(outcome("people in work per person"), texts, numbers)
