"""The algorithms of a matching design: what each admits, and how a wrong setting is named."""

import inspect

import pytest
from pydantic import ValidationError

from pbc_eval import match, weight
from pbc_eval.agreement.adjustment import ADMITS, WEIGHTING, Adjustment, OtherAdjustment
from pbc_eval.agreement.design import Matching
from pbc_eval.matching.methods import METHODS
from pbc_eval.matching.weighting import WEIGHTINGS

DESIGN = {
    "method": "matching",
    "rationale": "Alike in what was known.",
    "treatment": "treat",
    "covariates": ["age"],
}


def said(model, **settings):
    with pytest.raises(ValidationError) as refused:
        model(**settings)
    return str(refused.value)


def test_the_table_is_that_of_the_engine():
    assert set(ADMITS) == {*METHODS, *WEIGHTINGS}
    assert set(WEIGHTING) == set(WEIGHTINGS)
    for algorithm, method in METHODS.items():
        assert ADMITS[algorithm] == method.options - {"seed"}  # seeds come from the evaluation
    for name in frozenset().union(*ADMITS.values()):
        engine = weight if name in ("trim", "truncate") else match
        asked = inspect.signature(engine).parameters[name].default
        here = Adjustment.model_fields[name].get_default(call_default_factory=True)
        if name == "caliper":
            assert Adjustment(algorithm="full").caliper_in_force is asked is None
        else:
            assert (here or None) == (asked or None)


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
        ({"min_ratio": 2, "max_ratio": 3}, "must lie between min_ratio and max_ratio, got 2, 1, 3"),
        ({"min_ratio": 1, "max_ratio": 3, "replacement": True}, "without replacement"),
        ({"algorithm": "ipw", "effect": "regression"}, "write one of difference, augmented"),
        ({"effect": "augmented"}, "write one of difference, regression, g_computation"),
        ({"algorithm": "overlap", "link": "linear_logit"}, "Write logit"),
        ({"algorithm": "cardinality", "tolerance": 5}, "must be a fraction"),
        ({"algorithm": "cardinality", "tolerance": {"age": "5%"}}, "Write 0.05"),
        ({"algorithm": "nearst"}, "Input should be 'nearest'"),
        ({"algorithm": "ipw", "trim": 0.6}, "less than 0.5"),
        ({"ratio": "2,000"}, "valid integer"),
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_that_would_be_ignored_or_cannot_be_is_refused(settings, message):
    assert message in said(Adjustment, **settings)


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
    assert Adjustment(**settings).algorithm == settings["algorithm"]


def test_the_usual_settings():
    assert Adjustment().caliper_in_force == 0.2
    assert Adjustment(caliper=None).caliper_in_force is None
    assert Adjustment(algorithm="optimal").caliper_in_force is None
    assert Adjustment(algorithm="optimal", caliper=0.2).caliper_in_force == 0.2
    assert Adjustment().compared_by == "regression"
    assert Adjustment(algorithm="cbps").compared_by == "augmented"
    assert Matching(**DESIGN).target == "ATT"
    assert Matching(**DESIGN, algorithm="overlap").target == "ATO"


def test_estimands_and_names_are_checked_with_the_alternatives():
    both = [OtherAdjustment(name="A", algorithm="full"), OtherAdjustment(name="A")]
    assert "names must differ, got 'A' twice" in said(Matching, **DESIGN, alternatives=both)
    message = "algorithm nearest answers for one group at a time"
    assert message in said(Matching, **DESIGN, estimand="ATE")
    others = [OtherAdjustment(name="Pairs", algorithm="optimal")]
    assert "Pairs: algorithm optimal answers" in said(
        Matching, **DESIGN, estimand="ATE", algorithm="full", alternatives=others
    )
