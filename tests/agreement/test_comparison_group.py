"""The algorithms of a matching design: what each admits, and how a wrong setting is named."""

import pytest
from pydantic import ValidationError

from pbc_eval.agreement.algorithms import ALGORITHMS
from pbc_eval.agreement.comparison_group import ComparisonGroup, OtherComparisonGroup
from pbc_eval.agreement.design import Matching
from pbc_eval.matching.methods import METHODS
from pbc_eval.matching.weighting import WEIGHTINGS

DESIGN = {
    "method": "matching",
    "rationale": "Alike in what was known.",
    "treatment": "treat",
    "covariates": ["age"],
}


def refusal_of(model, **settings):
    with pytest.raises(ValidationError) as refused:
        model(**settings)
    return str(refused.value)


def test_every_algorithm_of_an_agreement_can_be_carried_out():
    assert set(ALGORITHMS) == {*METHODS, *WEIGHTINGS}
    for name, row in (METHODS | WEIGHTINGS).items():
        assert ALGORITHMS[name] is row.options
        assert row.options.plain_words.endswith(".")
        assert row.options().in_words


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_file_and_a_call_in_python_give_the_same_options(name):
    model = ALGORITHMS[name]
    read = ComparisonGroup(algorithm=name).options
    assert type(read) is model
    assert read == model()
    usual = {"caliper": 0.2} if name == "nearest" else {}
    assert ComparisonGroup(algorithm=name).by == model(**usual)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"algorithm": "full", "ratio": 2}, "ratio means nothing to algorithm full; it belongs to "
         "nearest, optimal, cardinality. Remove it"),
        ({"algorithm": "entropy", "caliper": 0.1}, "caliper means nothing to algorithm entropy"),
        ({"cutpoints": 4}, "cutpoints means nothing to algorithm nearest; it belongs to coarsened"),
        ({"trim": 0.1}, "it belongs to ipw"),
        ({"algorithm": "exact", "exact": ["a"]}, "exact means nothing to algorithm exact"),
        ({"algorithm": "subclass", "min_ratio": 1}, "min_ratio means nothing"),
        ({"min_ratio": 1}, "belong together"),
        ({"min_ratio": 2, "max_ratio": 3}, "1 <= min_ratio <= ratio <= max_ratio; got 2, 1, 3"),
        ({"min_ratio": 1, "max_ratio": 3, "replacement": True}, "without replacement"),
        ({"algorithm": "ipw", "effect": "regression"}, "write one of difference, augmented"),
        ({"effect": "augmented"}, "write one of difference, regression, g_computation"),
        ({"algorithm": "overlap", "link": "linear_logit"}, "Write logit"),
        ({"algorithm": "cardinality", "tolerance": 5}, "deviations, got 5. Did you mean 0.05?"),
        ({"algorithm": "cardinality", "tolerance": {"age": "5%"}}, "Did you mean 0.05"),
        ({"algorithm": "nearst"}, "Input should be 'nearest'"),
        ({"algorithm": "ipw", "trim": 0.6}, "must lie between 0 and 0.5, got 0.6"),
        ({"ratio": "2,000"}, "valid integer"),
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_that_would_be_ignored_or_cannot_be_is_refused(settings, message):
    assert message in refusal_of(ComparisonGroup, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"algorithm": "full", "ratio": 1},
        {"algorithm": "coarsened", "caliper": None},
        {"algorithm": "entropy", "replacement": False},
    ],
    ids=str,
)
def test_a_setting_that_says_what_is_so_anyway_may_stand(settings):
    assert ComparisonGroup(**settings).algorithm == settings["algorithm"]


def test_the_usual_settings():
    assert ComparisonGroup().by.caliper == 0.2
    assert ComparisonGroup(caliper=None).by.caliper is None
    assert ComparisonGroup(algorithm="optimal").by.caliper is None
    assert ComparisonGroup(algorithm="optimal", caliper=0.2).by.caliper == 0.2
    assert ComparisonGroup().compared_by == "regression"
    assert ComparisonGroup(algorithm="cbps").compared_by == "augmented"
    assert Matching(**DESIGN).target == "ATT"
    assert Matching(**DESIGN, algorithm="overlap").target == "ATO"


def test_estimands_and_names_are_checked_with_the_alternatives():
    both = [OtherComparisonGroup(name="A", algorithm="full"), OtherComparisonGroup(name="A")]
    assert "names must differ, got 'A' twice" in refusal_of(Matching, **DESIGN, alternatives=both)
    message = "algorithm nearest answers for one group at a time"
    assert message in refusal_of(Matching, **DESIGN, estimand="ATE")
    others = [OtherComparisonGroup(name="Pairs", algorithm="optimal")]
    assert "Pairs: algorithm optimal answers" in refusal_of(
        Matching, **DESIGN, estimand="ATE", algorithm="full", alternatives=others
    )
