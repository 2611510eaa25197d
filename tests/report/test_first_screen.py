"""The tick is earned by the evidence: the first screens of the examples, and the rule itself."""

from dataclasses import replace

import pytest
from evaluations import EACH, change, copy_of, released_of
from shown import shown_page

import pbc_eval as pbc
from pbc_eval.checks import CHECKS
from pbc_eval.messages.sentence import Sentence
from pbc_eval.publish.formats.particulars import evaluation_particulars
from pbc_eval.report.words import facts
from pbc_eval.results import CheckResult

pytestmark = pytest.mark.slow  # whole evaluations

TICK = facts.VERDICTS["improved"][1]


def first_screen(released):
    """Boxes of outcomes, the lines of evidence, and what cannot be said."""
    laid_out = {
        part.template: part.facts
        for part in shown_page(released).section("summary").parts
        if type(part).__name__ == "LaidOut"
    }
    boxes = [laid_out["headlines"]["first"], *laid_out["headlines"]["boxes"]]
    outcomes = [box for box in boxes if box and box["verdict"]]
    lines = laid_out.get("strength", {}).get("lines", [])
    return outcomes, lines, laid_out.get("say", {}).get("cannot_say", ())


@pytest.mark.parametrize("name", EACH)
def test_no_tick_stands_over_a_check_that_asks_to_be_looked_at_or_over_methods_that_disagree(name):
    released = released_of(name)
    outcomes, lines, _ = first_screen(released)
    by_label = {finding.outcome.label: finding for finding in released.findings}
    for box in outcomes:
        finding = by_label[box["label"]]
        agreement = facts.agreement_with_others(finding, released)
        if box["mark"] == TICK:
            assert not facts.unanswered(finding, released)
            assert agreement is None or agreement.holds
        for check in facts.unanswered(finding, released):
            title = {row.name: row.title for row in CHECKS}[check.name]
            assert any(title in line for line in lines)
        assert agreement is None or any("Agreement of methods" in line for line in lines)


@pytest.mark.parametrize(
    ("name", "label", "doubt"),
    [
        ("training-grants", "Hours of training", "Groups may have moved apart before the start"),
        ("supported-work", "Yearly earnings in 1978", "Something not recorded, as strong as"),
        ("insurance-expansion", "Share of adults", "Groups may have moved apart before the start"),
    ],
)
def test_what_speaks_against_a_headline_stands_beside_it(name, label, doubt):
    outcomes, lines, _ = first_screen(released_of(name))
    box = next(box for box in outcomes if box["label"].startswith(label))
    assert (box["mark"], box["verdict"]) == facts.WITH_DOUBTS["improved"][::-1]
    assert any(doubt in line for line in lines)


def test_a_failed_replication_stands_on_the_first_screen():
    _, _, cannot_say = first_screen(released_of("one-service"))
    assert "Anders and Dorsett" in cannot_say[0]


def test_sound_evidence_keeps_its_tick():
    outcomes, lines, _ = first_screen(released_of("hospital-readmissions"))
    assert outcomes[0]["mark"] == TICK
    assert any("breakdown value is" in line for line in lines)


def test_any_check_that_turns_takes_the_tick_away():
    released = released_of("hospital-readmissions")
    finding = released.primary
    for check in finding.checks:
        for status in ("review", "fail"):
            turned = tuple(
                replace(c, status=status) if c.name == check.name else c for c in finding.checks
            )
            assert facts.in_doubt(replace(finding, checks=turned), released), (check.name, status)


def test_a_second_opinion_that_agrees_answers_the_count_of_clusters():
    released = released_of("hospital-readmissions")
    words = Sentence("Something.")
    few = CheckResult(name="few_clusters", status="review", sentence=words)
    second = CheckResult(name="few_cluster_inference", status="pass", sentence=words)
    alone = replace(released.primary, checks=(few,))
    answered = replace(released.primary, checks=(few, second))
    assert facts.unanswered(alone, released) == (few,)
    assert facts.unanswered(answered, released) == ()


def test_the_site_says_what_the_report_says():
    for name in ("training-grants", "supported-work", "hospital-readmissions"):
        released = released_of(name)
        box = first_screen(released)[0][0]
        assert evaluation_particulars(released).headline.verdict_words == box["verdict"]


def test_the_payment_at_each_interval_of_a_check_stands_among_those_of_other_estimates():
    table = released_of("insurance-expansion").table("payment-alternatives").frame
    paid = dict(zip(table["estimator"], table["total"], strict=True))
    assert paid["Trends diverging twice as much as before the start"] == 0
    assert paid["Trends diverging as much as before the start"] <= paid["As agreed"]
    assert "Interval of the wild cluster bootstrap" in paid


@pytest.mark.soak
def test_p_values_of_several_outcomes_are_adjusted_as_the_file_agrees(tmp_path):
    folder = copy_of("training-grants", tmp_path)
    change(folder / "evaluation.yaml", "  headline: simple\n",
           "  headline: simple\n  several_outcomes: holm\n")  # fmt: skip
    released = pbc.release(pbc.evaluate(pbc.load_evaluation(folder)))
    page = shown_page(released)
    table = next(table for table in page.tables if table.name.endswith("all-outcomes"))
    plain, adjusted = (sorted(table.frame[name]) for name in ("p_value", "p_adjusted"))
    assert adjusted[0] == pytest.approx(min(2 * plain[0], 1.0))
    assert "adjusted for being several by Holm" in page._repr_html_()


@pytest.mark.parametrize("name", ["hospital-readmissions", "insurance-expansion"])
def test_the_headline_is_drawn_beside_what_the_contract_asks_for(name):
    """On one line: the estimate and its interval as they are paid for, thresholds, the promise."""
    released = released_of(name)
    (figure,) = shown_page(released).section("summary").figures
    measured, terms = released.primary.measured, released.spec.payment
    rows = figure.data.set_index("what")
    assert rows.loc["estimate", "improvement"] == pytest.approx(measured.effect)
    assert rows.loc["estimate", "conf_low"] == pytest.approx(measured.conf_low)
    of_it = released.primary.outcome.id
    ladders = [step for step in released.payment_analysis.ladders if step.outcome == of_it]
    for ladder in ladders:
        step = ladder.steps[0][0]
        unit = {"effect": 1.0, "relative_effect": 1 / measured.counterfactual}.get(ladder.measure)
        if unit is not None:
            named = f"Paid from: {ladder.label}" if len(ladders) > 1 else "Paid from"
            drawn = rows.loc[named, "improvement"]
            assert drawn == pytest.approx(step / unit)
    promised = terms.promised_effects.get(released.primary.outcome.id)
    if promised is not None:
        assert rows.loc["Promised", "improvement"] == promised
    assert all(label in figure.alt for label in rows.index.drop("estimate"))
