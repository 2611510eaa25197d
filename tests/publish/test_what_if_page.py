"""The what-if page: the same numbers as Python, nothing but what is released, and one script."""

import dataclasses
import json
import re
from decimal import Decimal, localcontext
from functools import cache
from html import unescape
from types import SimpleNamespace

import pytest
from browser import NEEDS_CHROMIUM, OVERFLOW, chromium, opened, violations
from evaluations import EVERY, FEW, evaluation_of, released_of
from payment.test_cases import CASES, results_of
from publish.what_if_twin import disagreements, settings_drawn

import pbc_eval as pbc
from pbc_eval.disclosure import release
from pbc_eval.errors import PbcError
from pbc_eval.evaluation.what_if import WhatIf
from pbc_eval.payment.clauses import KINDS
from pbc_eval.payment.expression import MODES, significant
from pbc_eval.payment.people import EXACT
from pbc_eval.publish.page import script_source
from pbc_eval.publish.what_if_model import has_what_if, what_if_model
from pbc_eval.publish.what_if_page import SCRIPT, what_if_page

pytestmark = pytest.mark.slow  # seconds, together

ASKED = [name for name in EVERY if name != "tobacco-control"]  # which pays and values nothing
IN_CASES = [pytest.param(case.data, id=case.path.stem) for case in CASES]


@cache
def released_timebank():
    return release(evaluation_of("timebank"))


def of_case(case):
    """An evaluation and its release that are nothing but the terms and results of a case."""
    terms = pbc.payment_terms_from(case["terms"])
    results = {each.outcome: each for each in results_of(case["results"])}
    payment = pbc.payment_due(terms, results)
    plain = evaluation_of("timebank")
    contract = plain.spec.contract.model_copy(update={"currency": terms.currency})
    spec = plain.spec.model_copy(update={"payment": terms, "contract": contract})
    evaluation = dataclasses.replace(
        plain, spec=spec, findings=(), counted=results, payment=payment, sroi=None, investment=()
    )
    released = dataclasses.replace(
        released_timebank(),
        spec=spec,
        payment=payment,
        sroi=None,
        value_analysis=None,
        investment=(),
    )
    findings = tuple(
        SimpleNamespace(outcome=SimpleNamespace(id=name), measured=result)
        for name, result in results.items()
        if result.source != "counted"
    )
    object.__setattr__(released, "findings", findings)
    return evaluation, released


def without_draws(evaluation):
    """What if, without the chance of a payment, which no page shows."""
    what_if = WhatIf(evaluation)
    what_if._draws = {}
    return what_if


def read_again(tree, known):
    """A slow twin of the page's interpreter."""
    sign, *parts = tree
    if sign == "number":
        return Decimal(parts[0])
    if sign in ("term", "fact", "line"):
        return known(sign, *parts)
    if sign == "if":
        return read_again(parts[1 if read_again(parts[0], known) else 2], known)
    values = [read_again(part, known) for part in parts if isinstance(part, list)]
    match sign:
        case "significant":
            return significant(values[0], parts[1])
        case "round":
            return values[0].quantize(Decimal(1).scaleb(-parts[1]), MODES[parts[2]])
        case ">=":
            return Decimal(values[0] >= values[1])
        case ">":
            return Decimal(values[0] > values[1])
        case "/":
            return values[0] / values[1]
        case "min":
            return min(values)
        case "max":
            return max(values)
        case "+":
            return sum(values, Decimal(0))
    product = Decimal(1)
    for value in values:
        product *= value
    return product


def total_of(model, changes):
    """The payment by the formulas and facts that stand in the page."""
    exact = {each["key"]: each.get("exact") for each in model.data["settings"]}
    payment, lines = model.data["payment"], {}

    def known(sign, *parts):
        if sign == "line":
            return lines[parts[0]]
        if sign == "fact":
            return Decimal(payment["facts"][parts[0]][parts[1]])
        key = f"payment.{parts[0]}"
        return Decimal(repr(changes[key])) if key in changes else Decimal(exact[key])

    with localcontext(EXACT):
        for line in payment["lines"]:
            lines[line["line"]] = read_again(line["tree"], known)
    return sum(lines.values())


@pytest.mark.parametrize("case", IN_CASES)
def test_the_formulas_of_the_page_pay_what_changed_terms_pay(case):
    evaluation, released = of_case(case)
    model, what_if = what_if_model(released), without_draws(evaluation)
    assert total_of(model, {}) == evaluation.payment.total
    terms = [each for each in model.settings if each.place]
    model_of_terms = dataclasses.replace(model, settings=tuple(terms))
    for changes in settings_drawn(model_of_terms, 8, seed=5) if terms else ():
        try:
            expected = what_if.at(changes).payment.total
        except PbcError:
            continue
        assert total_of(model, changes) == expected, changes


def test_every_kind_of_clause_has_numbers_that_the_page_can_change():
    changed = set()
    for case in CASES:
        _, released = of_case(case.data)
        clauses = released.spec.payment.clauses
        changed |= {
            clauses[each.place[1]].type
            for each in what_if_model(released).settings
            if each.place[:1] == ("clauses",)
        }
    assert changed == KINDS.keys()


def test_what_is_worked_out_person_by_person_is_left_out_and_said():
    terms = {
        "currency": "GBP",
        "clauses": [
            {
                **{"id": "job", "label": "Jobs", "reference": "1", "type": "tariff"},
                **{"outcome": "jobs", "measure": "count", "price": 100, "cap_per_person": 150},
                "source": "made up",
            }
        ],
    }
    results = [{"outcome": "jobs", "source": "counted", "count": 5, "by_person": {"a": 2, "b": 3}}]
    _, released = of_case({"terms": terms, "results": results})
    model = what_if_model(released)
    assert not model.settings
    assert {each.key for each in model.fixed} == {"clauses.0.price", "clauses.0.cap_per_person"}
    assert "person by person" in what_if_page(released)


@pytest.mark.parametrize("name", FEW)
def test_its_settings_are_those_of_the_panel_and_nothing_in_it_is_unpublished(name):
    evaluation = evaluation_of(name)
    released = release(evaluation)
    model, panel = what_if_model(released), WhatIf(evaluation).settings
    assert {each.key for each in model.settings} <= panel.keys()
    assert all(
        each.agreed == pytest.approx(panel[each.key].agreed, rel=1e-9) for each in model.settings
    )
    if released.payment is not None:  # the workbook holds the same facts
        facts = {
            (fact.outcome, fact.name): f"{number:f}"
            for working in released.payment.workings
            for fact, number in working.facts
        }
        stated = model.data["payment"]["facts"]
        assert facts == {
            (o, n): number for o, known in stated.items() for n, number in known.items()
        }


@pytest.mark.parametrize("name", FEW)
def test_the_page_holds_one_script_named_by_its_policy_and_shows_what_was_agreed(name):
    released = released_of(name)
    page = what_if_page(released)
    assert page.count("<script") == 1
    assert f"script-src '{script_source(SCRIPT)}'" in page
    assert "connect-src" not in page  # default-src 'none' stands for it
    assert "Not the published result." in page
    model = json.loads(unescape(re.search(r'data-model="([^"]*)"', page)[1]))
    for each in model["settings"]:
        assert f'data-key="{each["key"]}"' in page
    assert not re.search(
        r"fetch|XMLHttp|localStorage|sessionStorage|cookie|location|import", SCRIPT
    )


def test_text_of_a_file_cannot_leave_its_place_in_the_page():
    evaluation = evaluation_of("one-service")
    spec = evaluation.spec
    clause = spec.payment.clauses[0].model_copy(update={"label": '"><script>x</script></div>'})
    terms = spec.payment.model_copy(update={"clauses": (clause,)})
    hostile = dataclasses.replace(evaluation, spec=spec.model_copy(update={"payment": terms}))
    page = what_if_page(dataclasses.replace(release(evaluation), spec=hostile.spec))
    assert page.count("<script") == 1
    assert "&lt;script&gt;x" in page


def test_what_pays_and_values_nothing_has_no_such_page():
    released = released_timebank()
    assert has_what_if(released)
    assert not has_what_if(dataclasses.replace(released, payment=None, sroi=None))


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def written(folder, released):
    file = folder / "what-if.html"
    file.write_text(what_if_page(released), encoding="utf-8")
    (folder / "index.html").write_text("<title>The report</title>", encoding="utf-8")
    return file


@pytest.mark.soak
@NEEDS_CHROMIUM
@pytest.mark.parametrize("name", ASKED)
def test_the_page_says_what_python_says_of_random_settings(browser, tmp_path, name):
    evaluation = evaluation_of(name)
    released = release(evaluation)
    n = 60 if name == "care-leavers" else 220  # whose terms take long to be read in Python
    with opened(browser, written(tmp_path, released)) as page:
        wrong, refused = disagreements(page, without_draws(evaluation), released, n, seed=15)
    assert not wrong, wrong[:3]
    assert refused < n / 3


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_the_page_says_what_python_says_of_every_kind_of_clause(browser, tmp_path):
    for case in CASES:
        evaluation, released = of_case(case.data)
        with opened(browser, written(tmp_path, released)) as page:
            wrong, _ = disagreements(page, without_draws(evaluation), released, 320, seed=16)
        assert not wrong, (case.path.stem, wrong[:3])


@pytest.mark.soak
@NEEDS_CHROMIUM
def test_somebody_changes_a_value_sees_it_said_and_goes_back(browser, tmp_path):
    evaluation = evaluation_of("hospital-readmissions")
    file = written(tmp_path, release(evaluation))
    with opened(browser, file) as page:
        agreed = page.text_content("[data-now=payment]")
        assert page.is_hidden("#without")
        assert "as agreed" in page.text_content("#status")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.fill("[data-key='payment.clauses.2.amount']", "0")
        expected = WhatIf(evaluation).at({"payment.clauses.2.amount": 0}).payment.total
        assert page.text_content("[data-now=payment]") == f"£{expected:,}"
        assert "Not the published result." in page.text_content("#status")
        assert "Amount: 0, as agreed 1,500" in page.text_content("#changed")
        page.fill("[data-key='payment.clauses.2.amount']", "-1")
        assert "must be at least 0" in page.text_content("#refused")
        assert page.get_attribute("[data-key='payment.clauses.2.amount']", "aria-invalid") == "true"
        assert page.text_content("[data-now=payment]") == "\N{EN DASH}"
        page.click("#back")
        assert page.text_content("[data-now=payment]") == agreed
        assert page.evaluate("Object.keys(localStorage).length") == 0
        assert page.asked == [file.as_uri()]
    with opened(browser, file, java_script_enabled=False) as page:
        assert page.is_visible("#without")
        assert page.text_content("[data-now=payment]") == agreed
        assert page.is_disabled("[data-key='payment.clauses.2.amount']")


@pytest.mark.soak
@NEEDS_CHROMIUM
@pytest.mark.parametrize("name", ["hospital-readmissions", "coaching-contract"])
def test_the_page_is_for_everybody_on_every_width(browser, tmp_path, name):
    file = written(tmp_path, release(evaluation_of(name)))
    assert violations(browser, file, 1280) == []
    for width in (320, 390):
        with opened(browser, file, width) as page:
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate(OVERFLOW) <= 0, width
