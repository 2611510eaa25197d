"""The gate on over-claims reads what a sentence claims, so that no rewording gets past it."""

import dataclasses
import itertools
import random

import pytest
from evaluations import evaluation_of
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.errors import PublicationError
from pbc_eval.messages.sentence import Claim, Sentence
from pbc_eval.messages.values import Effect, Listed, Name
from pbc_eval.report.words import prose
from pbc_eval.report.words.claims import CERTAINTIES, KINDS, refuse_over_claims, support_of
from pbc_eval.results import CheckResult

pytestmark = pytest.mark.slow  # a whole evaluation is run
FAILED = CheckResult(name="pre_trends", status="fail", sentence=Sentence("They moved apart."))
STATES = {  # what results can be like, from what supports most to what supports least
    "significant": ({"estimate": -2.0, "std_error": 0.5}, ()),
    "without interval": (
        {"estimate": -2.0, "std_error": None, "reason": Sentence("cohort of one")},
        (),
    ),
    "uncertain": ({"estimate": -0.5, "std_error": 0.5}, ()),
    "failed check": ({"estimate": -2.0, "std_error": 0.5}, (FAILED,)),
    "uncertain, failed check": ({"estimate": -0.5, "std_error": 0.5}, (FAILED,)),
    "the other way": ({"estimate": 2.0, "std_error": 0.5}, ()),
}
REWORDED = (
    "{label}: the programme works! {figure} {than}, {interval}.",
    "{interval} {than} {figure} {label}",
    "{label}: gweithiodd y rhaglen, {figure} {than} ({interval}).",
    "Proven beyond doubt. {label} {figure} {than} {interval}",
    "{label}{figure}{than}{interval}",
)


@pytest.fixture(scope="module")
def hospital():
    return evaluation_of("hospital-readmissions")


@pytest.fixture(scope="module")
def states(hospital):
    """The finding of each state, with the evaluation that it is in."""
    made = {}
    for name, (changes, checks) in STATES.items():
        headline = dataclasses.replace(hospital.primary.headline, critical_value=None, **changes)
        finding = dataclasses.replace(hospital.primary, headline=headline, checks=checks)
        made[name] = finding, dataclasses.replace(hospital, findings=(finding,))
    return made


def said_of(finding, evaluation):
    """Every sentence at the top of the page that claims something."""
    sentences = (prose.headline(finding, evaluation).sentence, *prose.can_say(finding, evaluation))
    return [sentence for sentence in sentences if any(sentence.claims())]


def is_more(claim, support):
    return (
        KINDS.index(claim.kind) > KINDS.index(support.kind)
        or CERTAINTIES.index(claim.certainty) > CERTAINTIES.index(support.certainty)
        or claim.effect not in (None, support.effect)
    )


@pytest.mark.parametrize("name", STATES)
def test_what_the_page_says_passes_where_it_was_made(states, name):
    finding, evaluation = states[name]
    for sentence in (*prose.can_say(finding, evaluation), *prose.cannot_say(finding, evaluation)):
        refuse_over_claims(sentence, finding, evaluation)


@pytest.mark.parametrize(("of", "shown_for"), [*itertools.permutations(STATES, 2)])
def test_a_claim_made_for_better_results_is_stopped_however_it_is_worded(states, of, shown_for):
    weaker = states[shown_for]
    for sentence in said_of(*states[of]):
        places = [f"{{{place}}}" for place in sentence.values]
        shuffled = random.Random(7).sample(places, len(places))
        templates = [sentence.template, " ".join(shuffled), f"Gwych! {''.join(places)}"]
        if {*sentence.values} == {"label", "figure", "than", "interval"}:
            templates += REWORDED
        for template in templates:
            reworded = Sentence(template, sentence.claim, **sentence.values)
            if is_more(sentence.claim, support_of(*weaker)):
                with pytest.raises(PublicationError, match="the page says"):
                    refuse_over_claims(reworded, *weaker)
            else:
                refuse_over_claims(reworded, *weaker)


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("certainty", CERTAINTIES)
@given(words=st.text(alphabet="abc xyz.,:;()", max_size=20))
def test_every_claim_beyond_the_results_is_stopped_in_any_words(
    states, name, kind, certainty, words
):
    finding, evaluation = states[name]
    support = support_of(finding, evaluation)
    claim = Claim(kind=kind, certainty=certainty, effect=support.effect, of=support.of)
    nested = Sentence("{inner}", inner=Sentence(words + "{size}", claim, size=Effect(2.0)))
    sentence = Sentence("{parts}", parts=Listed((Name("x"), nested)))
    if is_more(claim, support):
        with pytest.raises(PublicationError, match="Reword it"):
            refuse_over_claims(sentence, finding, evaluation)
    else:
        refuse_over_claims(sentence, finding, evaluation)


@pytest.mark.parametrize("name", STATES)
def test_nothing_is_ever_proven_and_no_estimate_shows_no_effect(states, name):
    for claim in (
        Claim(kind="none", certainty="proven"),
        Claim(kind="none", effect="none"),
        Claim(kind="association", of="another-outcome"),
    ):
        with pytest.raises(PublicationError, match="which claims"):
            refuse_over_claims(Sentence("It is so.", claim), *states[name])


def test_an_effect_without_a_stated_claim_is_refused(states):
    finding, evaluation = states["significant"]
    bare = Sentence("{size} fewer", size=Effect(2.0))
    for sentence in (bare, Sentence("So: {it}", it=bare), Sentence("{s}", s=Listed((bare,)))):
        with pytest.raises(PublicationError, match="does not state its claim"):
            refuse_over_claims(sentence, finding, evaluation)


def test_plain_text_is_refused(states):
    with pytest.raises(PublicationError, match="plain text of which nobody knows"):
        refuse_over_claims("The programme had no effect.", *states["significant"])
