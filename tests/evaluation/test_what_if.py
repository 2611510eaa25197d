"""What if: changed settings give what the same file would, and what was agreed is one step back."""

import dataclasses
import random
from decimal import Decimal

import pytest
from evaluations import evaluation_of

import pbc_eval as pbc
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.what_if import WhatIf
from pbc_eval.sroi.sensitivity import ratio_with, with_values

pytestmark = pytest.mark.slow  # whole evaluations
NAMES = ("hospital-readmissions", "wheels-to-meals", "training-grants")


@pytest.fixture(scope="module")
def evaluations():
    return {n: evaluation_of(n) for n in NAMES}


@pytest.fixture(scope="module")
def what_ifs(evaluations):
    return {name: WhatIf(evaluation) for name, evaluation in evaluations.items()}


@pytest.mark.parametrize("name", NAMES)
def test_without_a_change_it_is_what_was_agreed(evaluations, what_ifs, name):
    evaluation, answer = evaluations[name], what_ifs[name].at({})
    assert answer.value is evaluation.sroi
    assert answer.payment == evaluation.payment


@pytest.mark.parametrize("name", NAMES)
def test_each_setting_at_what_was_agreed_changes_nothing(what_ifs, name):
    agreed = what_ifs[name].at({})
    same = what_ifs[name].at({k: s.agreed for k, s in what_ifs[name].settings.items()})
    assert (same.ratio or 0) == pytest.approx(agreed.ratio or 0, rel=1e-12)
    assert (same.payment and same.payment.total) == (agreed.payment and agreed.payment.total)
    assert same.chance == agreed.chance


def test_a_changed_value_map_is_what_the_sensitivity_says_of_it(evaluations, what_ifs):
    """Held against another way to the ratio, over random settings."""
    result, what_if = evaluations["wheels-to-meals"].sroi, what_ifs["wheels-to-meals"]
    draw = random.Random(3)
    keys = [key for key in what_if.settings if key.count(".") == 2]
    for _ in range(60):
        given, changes = result.assumptions, {}
        for key in draw.sample(keys, 4):
            _, row, name = key.split(".")
            number = draw.randint(1, 6) if name == "duration" else draw.random()
            at = [r.id for r in result.outcomes].index(row)
            changes[key] = number
            given = with_values(given, name, number, at)
        rate = draw.random() / 10
        answer = what_if.at(changes | {"value.discount": rate})
        assert answer.ratio == pytest.approx(ratio_with(result, assumptions=given, rate=rate))
        assert answer.tornado[0].swing >= answer.tornado[-1].swing


def test_changed_terms_are_what_the_same_terms_pay(evaluations, what_ifs):
    evaluation, what_if = evaluations["training-grants"], what_ifs["training-grants"]
    content = evaluation.spec.payment.model_dump(by_alias=True)
    content["clauses"][0]["price"] = Decimal("1234.5")
    content["cap"] = Decimal("5000")
    expected = pbc.payment_due(pbc.payment_terms_from(content), evaluation.results).total
    answer = what_if.at({"payment.clauses.0.price": 1234.5, "payment.cap": 5000})
    assert answer.payment.total == expected
    assert what_if.at({}).payment == evaluation.payment


def test_a_payment_that_is_invested_moves_the_ratio(evaluations, what_ifs):
    name = "hospital-readmissions"
    answer = what_ifs[name].at({"payment.clauses.2.amount": 0})
    part = next(p for p in evaluations[name].investment if p.is_payment)
    fewer = float(evaluations[name].payment.total - answer.payment.total)
    assert fewer > 0
    invested = evaluations[name].sroi.investment - fewer
    assert answer.value.investment == pytest.approx(invested)
    assert part.value == pytest.approx(float(evaluations[name].payment.total))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value.res-ae.deadwieght": 0.1}, "Did you mean 'value.res-ae.deadweight'"),
        ({"value.res-ae.deadweight": 1.5}, r"must lie in \[0, 1\], got 1.5"),
        ({"value.res-ae.duration": 0}, r"must lie in \[1, inf\]"),
        ({"value.discount": float("nan")}, "value.discount"),
    ],
)
def test_what_cannot_be_is_refused_by_its_key(what_ifs, changes, words):
    with pytest.raises(SpecError, match=words):
        what_ifs["wheels-to-meals"].at(changes)


def test_an_evaluation_with_nothing_to_change_says_so(evaluations):
    bare = dataclasses.replace(evaluations["wheels-to-meals"], sroi=None)
    with pytest.raises(SpecError, match="neither a value map nor payment terms"):
        pbc.explore(bare)


def test_the_panel_shows_what_comes_out_and_goes_back_in_one_step(evaluations):
    panel = pbc.explore(evaluations["training-grants"])
    assert "as agreed" in panel._out.value
    panel.fields["payment.cap"].value = 100.0
    assert panel.changes == {"payment.cap": 100.0}
    assert panel.answer.payment.total == 100
    assert "100.00" in panel._out.value
    assert "1 changed" in panel._out.value
    panel.fields["payment.cap"].value = -5.0  # refused by the terms, and told in the panel
    assert panel.answer is None
    assert 'role="alert"' in panel._out.value
    panel._back.click()
    assert panel.changes == {}
    assert panel.answer.payment == evaluations["training-grants"].payment


def test_the_panel_is_a_widget_with_a_labelled_field_for_each_setting(evaluations):
    panel = pbc.explore(evaluations["wheels-to-meals"])
    assert "application/vnd.jupyter.widget-view+json" in panel._repr_mimebundle_()
    assert all(field.description for field in panel.fields.values())
    assert panel.fields.keys() == panel.what_if.settings.keys()
