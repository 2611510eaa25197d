"""Checks of diverging trends, unseen slopes, few clusters, attrition and hidden bias: that each
passes where it must and speaks where it must, and how often by simulation."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from samples import panel_of_sample

import pbc_eval as pbc
from pbc_eval.checks import Examined
from pbc_eval.checks.attrition import check_attrition, lost_by_arm
from pbc_eval.checks.diverging_trends import breakdown_in_words, check_diverging_trends
from pbc_eval.checks.few_cluster_inference import (
    OPINIONS,
    bootstrapped,
    check_few_cluster_inference,
    second_opinion,
)
from pbc_eval.checks.few_clusters import propose_inference
from pbc_eval.checks.hidden_bias import check_hidden_bias
from pbc_eval.checks.unseen_slope import check_unseen_slope
from pbc_eval.did.honest_did import diverging
from pbc_eval.did.stated_inference import inferences_of
from pbc_eval.matching.match import match
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import by_arm

pytestmark = pytest.mark.slow  # seconds, together


def panel_of(seed, *, n=120, treated=40, effect=2.0, slope=0.0, noise=1.0, late=4, last=6,
             read=pbc.Panel.from_data):  # fmt: skip
    """Units over periods 1 to ``last``, treated from ``late``, whose groups drift by ``slope``."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"u": np.repeat(np.arange(n), last), "t": np.tile(np.arange(1, last + 1), n)}
    )
    frame["g"] = np.where(frame["u"] < treated, late, 0)
    inside = frame["g"] > 0
    frame["y"] = (
        draw.normal(size=len(frame)) * noise
        + np.repeat(draw.normal(size=n), last)
        + inside * (slope * frame["t"] + effect * (frame["t"] >= late))
    )
    return read(frame, unit="u", time="t", outcome="y", cohort="g")


def studied(panel):
    study = pbc.att_gt(panel, base_period="universal").aggregate("event", bands="pointwise")
    return study, pbc.att_gt(panel).aggregate("simple").overall


def checked(panel):
    return trends_of(panel), check_unseen_slope(*studied(panel))


def trends_of(panel):
    study, headline = studied(panel)
    return check_diverging_trends(diverging(study, None, 0.95, same_average=True), headline)


def test_a_strong_effect_over_flat_trends_stands():
    honest, slope = checked(panel_of(1, effect=4.0))
    assert (honest.status, slope.status) == ("pass", "pass")
    assert honest.statistic > 0.5
    assert list(honest.table["allowed"])[1].startswith("As much as")
    assert "breakdown value is" in honest.sentence


def test_an_effect_that_is_the_drift_before_the_start_carried_on_does_not_stand():
    honest, _ = checked(panel_of(2, effect=0.0, slope=1.0))
    assert honest.status == "review"
    assert honest.statistic < 1


def test_a_small_effect_over_few_noisy_periods_could_be_an_unseen_drift():
    panel = panel_of(3, effect=0.55, noise=1.0, late=3, last=8)
    _, slope = checked(panel)
    assert slope.status in ("review", "not_applicable")
    assert slope.statistic < 0.8


def test_nothing_is_overturned_that_does_not_stand():
    honest, slope = checked(panel_of(5, effect=0.0))
    assert (honest.status, slope.status) == ("not_applicable", "not_applicable")


def test_breakdown_values_are_told_also_where_they_are_zero_or_none():
    assert "is 0:" in breakdown_in_words(0.0)
    assert "no breakdown value" in breakdown_in_words(float("inf"))
    assert "is 1.25:" in breakdown_in_words(1.25)


def test_few_clusters_get_a_second_opinion_and_many_do_not():
    few = panel_of(6, n=14, treated=6, effect=3.0)
    _, headline = studied(few)
    opinion = check_few_cluster_inference(few, headline, bootstrapped(few, 0.95, 1))
    assert list(opinion.table["way"]) == ["wild cluster bootstrap", "starts dealt out at random"]
    assert opinion.status in ("pass", "review")
    many = panel_of(7)
    assert bootstrapped(many, 0.95, 1) is None
    assert check_few_cluster_inference(many, studied(many)[1], None) is None


@pytest.mark.parametrize(
    ("treated", "stated", "way"),
    [
        (3, "analytic", "starts dealt out at random"),
        (3, "randomisation", "exact t of changes"),
        (6, "wild_bootstrap", "CR2 errors"),
    ],
)
def test_the_second_opinion_is_the_way_that_the_count_proposes(treated, stated, way):
    """Three treated: no wild cluster bootstrap, which is known to mislead then."""
    panel = panel_of(6, n=20, treated=treated, effect=3.0)
    effects = pbc.att_gt(panel)
    examined = Examined(
        panel=panel,
        headline=effects.aggregate().overall,
        own_effects=effects,
        inference=stated,
        inferences=inferences_of(panel, effects),
    )
    opinion = second_opinion(examined, permutations="moving_block", seed=1)
    assert OPINIONS[opinion.inference] == way
    others = [w for w in examined.inferences if w not in ("analytic", stated)]
    assert opinion.inference == propose_inference(panel, others).inference
    if treated == 3:
        assert bootstrapped(panel, 0.95, 1) is None
    examined = replace(examined, opinion=opinion)
    made = check_few_cluster_inference(panel, examined.headline, None, examined)
    assert made.table["way"].iloc[0] == way
    assert made.table["way"].is_unique
    assert made.table["p_value"].iloc[0] == opinion.estimate.p_value
    assert f"{treated} treated and {20 - treated} comparison units" in str(made.sentence)
    assert "wild" not in str(made.sentence)


def test_a_second_opinion_that_differs_is_for_review():
    few = panel_of(8, n=8, treated=2, effect=0.0)
    _, headline = studied(few)
    assert not headline.significant
    bold = headline.__class__(
        **{f: getattr(headline, f) for f in headline.__dataclass_fields__}
        | {"std_error": abs(headline.estimate) / 50}
    )
    assert bold.significant
    assert check_few_cluster_inference(few, bold, bootstrapped(few, 0.95, 1)).status == "review"


@pytest.mark.parametrize(
    ("lost", "left", "status"),
    [
        ((0, 4), (100, 400), "pass"),
        ((20, 4), (80, 396), "review"),  # a fifth of the treated
        ((15, 60), (85, 340), "review"),  # alike, and many
        ((6, 0), (94, 500), "review"),  # few, and not alike
        ((4, 16), (96, 384), "pass"),
    ],
)
def test_who_was_lost_is_judged_by_how_many_and_how_unlike(lost, left, status):
    found = check_attrition(*lost, *left)
    assert found.status == status
    assert list(found.table["lost"]) == list(lost)


def test_only_missing_values_are_attrition():
    steps = [
        (Sentence("known outcomes"), by_arm(Sentence("missing"), 3, 5)),
        (Sentence("match"), by_arm(Sentence("not matched"), 7, 70)),
        (Sentence("incomplete units"), by_arm(Sentence("gaps"), 1, 2)),
    ]
    assert lost_by_arm(steps) == (4, 7)


def biased(seed: int, hidden: float):
    """People whose outcome and treatment share something that is recorded, and ``hidden``."""
    draw = np.random.default_rng(seed)
    n = 800
    seen, unseen = draw.normal(size=(2, n))
    chance = 1 / (1 + np.exp(1.2 - 0.5 * seen - hidden * unseen))
    treated = draw.uniform(size=n) < chance
    outcome = 2.0 * treated + 0.5 * seen + hidden * unseen + draw.normal(size=n)
    return pd.DataFrame({"id": np.arange(n), "treated": treated * 1, "seen": seen, "y": outcome})


def hidden_bias(frame):
    sample = match(frame, treatment="treated", covariates=["seen"], unit="id")
    return check_hidden_bias(sample, "y", sample.effect("y"))


def test_a_large_effect_bears_something_as_strong_as_what_was_recorded():
    found = hidden_bias(biased(1, 0.0))
    assert found.status == "pass"
    assert found.statistic > 1.5
    assert "Rosenbaum" in found.sentence
    assert found.table["with_treatment"].between(0, 1).all()


def test_a_small_effect_of_strong_characteristics_does_not():
    draw = np.random.default_rng(4)
    strong = draw.normal(size=600)
    treated = (strong + draw.normal(size=600) > 0.8) * 1
    frame = pd.DataFrame(
        {"id": np.arange(600), "treated": treated, "seen": strong,
         "y": 0.5 * treated + 2.0 * strong + draw.normal(size=600)}
    )  # fmt: skip
    found = hidden_bias(frame)
    assert found.status == "review"
    assert "would do" in found.sentence


@pytest.mark.soak
def test_false_alarms_and_detections_are_as_the_documents_say():
    """docs/checks.md: flat trends with a strong effect, drift alone, an effect from hidden bias."""
    samples = 200
    flat, drift = (
        [trends_of(panel_of(s, **kind, read=panel_of_sample)).status for s in range(samples)]
        for kind in ({"effect": 2.0}, {"effect": 0.0, "slope": 0.6})
    )
    assert np.mean([status == "review" for status in flat]) < 0.05
    assert np.mean([status == "review" for status in drift]) > 0.9
