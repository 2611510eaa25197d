"""What the page may say: significant, not significant, wide, negative, without interval, few."""

import dataclasses

import pytest
from evaluations import EACH, evaluation_of

import pbc_eval as pbc
from pbc_eval.messages.sentence import Sentence
from pbc_eval.report.words import prose
from pbc_eval.report.words.claims import refuse_over_claims
from pbc_eval.results import AttEstimate

pytestmark = pytest.mark.slow  # whole evaluations are run


@pytest.fixture(scope="module")
def hospital():
    return evaluation_of("hospital-readmissions")


def with_headline(evaluation, **changes):
    """The evaluation with another headline; each test names only what it varies."""
    finding = evaluation.primary
    headline = dataclasses.replace(finding.headline, critical_value=None, **changes)
    changed = dataclasses.replace(finding, headline=headline)
    return changed, dataclasses.replace(evaluation, findings=(changed,))


def test_a_clear_improvement_is_said_with_its_interval(hospital):
    finding, evaluation = with_headline(hospital, estimate=-2.0, std_error=0.5)
    said = prose.headline(finding, evaluation)
    assert said.verdict == "improved"
    assert said.figure == "2.00 lower"
    assert said.sentence == (
        "Readmissions within 30 days: 2.00 readmissions per 100 discharges lower than without the "
        "programme (95% confidence interval: 1.02 to 2.98 readmissions per 100 discharges lower)."
    )


def as_share(hospital, unit, **headline):
    finding, evaluation = with_headline(hospital, **headline)
    changes = {"unit": unit, "shown_as": "percentage_points"}
    outcome = finding.outcome.model_copy(update=changes)
    changed = dataclasses.replace(finding, outcome=outcome)
    return changed, dataclasses.replace(evaluation, findings=(changed,))


@pytest.mark.parametrize(
    ("unit", "effect", "weight", "words"),
    [
        ("share of adults", -0.067, "size", "Out of every 100 adults, that is about 7 fewer than"),
        (
            "share of the pupils",
            0.021,
            "size",
            "Out of every 100 pupils, that is about 2 more than",
        ),
        ("share of pupils", 0.004, "size", "Out of every 1,000 pupils, that is about 4 more than"),
        ("share of pupils", 0.06, None, "Out of every 100 pupils in the average hospital, that is"),
        ("share of hospitals", 0.06, None, "Out of every 100 hospitals, that is about 6 more than"),
    ],
)
def test_a_share_is_told_in_people_out_of_a_hundred(hospital, unit, effect, weight, words):
    finding, evaluation = as_share(hospital, unit, estimate=effect, std_error=0.0005)
    data = evaluation.spec.data.model_copy(update={"weight": weight})
    spec = evaluation.spec.model_copy(update={"data": data})
    said = prose.can_say(finding, dataclasses.replace(evaluation, spec=spec))
    assert str(said[1]).startswith(words)


def test_what_cannot_be_told_from_chance_is_not_told_in_people(hospital):
    finding, evaluation = as_share(hospital, "share of adults", estimate=0.01, std_error=0.01)
    assert not any("Out of every" in line for line in prose.can_say(finding, evaluation))


def test_a_clear_worsening_is_said_too(hospital):
    finding, evaluation = with_headline(hospital, estimate=2.0, std_error=0.5)
    said = prose.headline(finding, evaluation)
    assert said.verdict == "worsened"
    assert "higher than without the programme" in said.sentence


def test_an_interval_with_zero_is_never_written_as_no_effect(hospital):
    finding, evaluation = with_headline(hospital, estimate=-0.5, std_error=0.5)
    said = prose.headline(finding, evaluation)
    assert said.verdict == "uncertain"
    assert "cannot tell whether the programme made a difference" in said.sentence
    assert "1.48 readmissions per 100 discharges lower to 0.48" in said.sentence
    everything = " ".join(
        [said.sentence, *prose.can_say(finding, evaluation), *prose.cannot_say(finding, evaluation)]
    )
    assert "should not be taken to mean that the programme failed" in everything
    assert "no effect on" not in everything


def test_levels_are_told_as_an_estimate_only_where_they_may_be_chance(hospital):
    finding, evaluation = with_headline(hospital, estimate=-0.5, std_error=0.5)
    assert any("which may be chance" in text for text in prose.can_say(finding, evaluation))
    finding, evaluation = with_headline(hospital, estimate=-2.0, std_error=0.5)
    assert any("Without the programme" in text for text in prose.can_say(finding, evaluation))


def test_a_wide_interval_is_called_so(hospital):
    finding, evaluation = with_headline(hospital, estimate=-2.0, std_error=0.9)
    assert any("not known precisely" in text for text in prose.cannot_say(finding, evaluation))
    finding, evaluation = with_headline(hospital, estimate=-2.0, std_error=0.2)
    assert not any("not known precisely" in text for text in prose.cannot_say(finding, evaluation))


def test_without_an_interval_the_reason_stands_in_its_place(hospital):
    finding, evaluation = with_headline(
        hospital, estimate=-2.0, std_error=None, reason=Sentence("cohort of one unit")
    )
    said = prose.headline(finding, evaluation)
    assert said.verdict == "no_interval"
    assert "no confidence interval can be given: cohort of one unit" in said.sentence


def test_one_unit_is_singular(hospital):
    finding, evaluation = with_headline(hospital, n_treated=1, n_comparison=1)
    assert any(
        "1 hospital in the programme and 1 hospital for comparison" in text
        for text in prose.can_say(finding, evaluation)
    )


@pytest.mark.parametrize("name", EACH)
def test_what_the_page_says_of_every_example_passes_its_own_rule(name):
    evaluation = evaluation_of(name)
    for finding in evaluation.findings:
        for text in (
            prose.headline(finding, evaluation).sentence,
            *prose.can_say(finding, evaluation),
            *prose.cannot_say(finding, evaluation),
        ):
            refuse_over_claims(text, finding, evaluation)
            assert "nan" not in text.casefold().split()
            assert "None" not in text


def test_reported_results_carry_no_more_digits_than_their_source():
    evaluation = evaluation_of("one-service")
    said = {f.outcome.id: prose.headline(f, evaluation).figure for f in evaluation.findings}
    assert said == {"pooled": "9% lower", "cohort-1": "8.4% lower"}


def test_an_estimate_without_an_error_must_give_its_reason(hospital):
    method = hospital.primary.headline.method
    with pytest.raises(pbc.PbcError, match="must say why"):
        AttEstimate(
            term="x", estimate=1, std_error=None, n_treated=1, n_comparison=1, method=method
        )
