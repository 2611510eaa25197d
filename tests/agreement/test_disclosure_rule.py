"""The disclosure rule of an evaluation: what is refused before anything runs, and why."""

import pytest
from pydantic import ValidationError

from pbc_eval.agreement.disclosure import DisclosureRule, Dominance

SEEN = {"output": "x-groups", "by": "A. Reader", "date": "2026-06-01", "reason": "Wide groups."}


def test_the_usual_rule_needs_no_words():
    rule = DisclosureRule()
    assert (rule.threshold, rule.zeros, rule.base) == (10, "published", 1)
    assert rule.dominance == Dominance(n=2, k=0.85, p=0.1)
    assert rule.protects


def test_a_threshold_of_one_protects_nobody_unless_zeros_are_small():
    public = {"threshold": 1, "reason": "public"}
    assert not DisclosureRule(**public).protects
    assert DisclosureRule(**public, zeros="protected").protects


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"threshold": 9}, "threshold is 9, below the usual 10, without a reason"),
        ({"threshold": -1}, "greater than or equal to 0"),
        ({"threshold": True}, "must not be true"),
        ({"threshold": "ten"}, "valid integer"),
        ({"rounding": 4}, "Input should be 'none', 3, 5 or 10"),
        ({"rounding": 5, "threshold": 3, "reason": "r"}, "rounding to 5 is wider than the thresh"),
        ({"zeros": "hidden"}, "'published' or 'protected'"),
        ({"dominance": None}, "dominance is switched off without a reason"),
        ({"dominance": {"k": None, "p": None}}, "dominance is switched off without a reason"),
        ({"dominance": {"k": 85}}, "Did you mean 0.85?"),
        ({"dominance": {"p": "10%"}}, "Did you mean 0.1"),
        ({"dominance": {"n": 0}}, "greater than or equal to 1"),
        ({"dominance": {"q": 1}}, "unknown key"),
        ({"treshold": 5}, "Did you mean 'threshold'?"),
        ({"reviewed": [SEEN, SEEN]}, "reviewed names 'x-groups' twice"),
        ({"reviewed": [{**SEEN, "by": " "}]}, "at least 1 character"),
        ({"reviewed": [{**SEEN, "date": 46174}]}, "looks like an Excel serial date"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(given, message):
    with pytest.raises(ValidationError) as refused:
        DisclosureRule.model_validate(given)
    assert message in str(refused.value)


def test_somebody_answers_for_an_output_by_name():
    rule = DisclosureRule.model_validate({"reviewed": [SEEN]})
    assert rule.reviewer_of("x-groups").by == "A. Reader"
    assert rule.reviewer_of("x-cells") is None
