"""Starts at random in an evaluation file: what must be said, what is then estimated, checked and
shown."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from shown import page_html

import pbc_eval as pbc
from pbc_eval.agreement.design import DifferenceInDifferences
from pbc_eval.did.estimators import ESTIMATORS
from pbc_eval.did.expected_error import SEED, expected_error, noise_before
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.evaluation.designs.difference_in_differences import options_of
from pbc_eval.panel.panel import Panel
from pbc_eval.report.words.design_words import design_facts, planned_checks

pytestmark = pytest.mark.slow  # seconds, together

DRAWN = "The commissioner drew the order of the 120 areas by lot on 2 March 2020, in public."
EFFICIENT = {
    "estimator": "efficient_rollout",
    "control_group": "not_yet_treated",
    "starts_at_random": DRAWN,
}


def frame_of(seed=3, n=120, effect=2.0, early=0.0):
    draw = np.random.default_rng(seed)
    units = pd.DataFrame({"unit": [f"u{i:03}" for i in range(n)]})
    units["cohort"] = draw.choice([0, 3, 5], n)
    units["level"] = draw.normal(10, 2, n) + early * (units["cohort"] == 3)
    frame = units.merge(pd.DataFrame({"time": range(1, 7)}), how="cross")
    on = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    frame["y"] = frame["level"] + 0.3 * frame["time"] + effect * on + draw.normal(size=len(frame))
    return frame.drop(columns="level")


def spec_of(folder, frame, design, payment=None):
    folder.mkdir(exist_ok=True)
    frame.to_csv(folder / "units.csv", index=False)
    text = {
        **{"id": "meals", "title": "Meals", "edition": "2026-1", "status": "provisional"},
        "contract": {
            **{"commissioner": "A", "provider": "B", "start": "2020-01-01"},
            **{"currency": "GBP", "summary": "A programme."},
        },
        "data": {"file": "units.csv", "unit": "unit", "time": "time", "cohort": "cohort"},
        "design": {
            "method": "difference_in_differences",
            "rationale": "Lots decided which area started when.",
        }
        | design,
        "outcomes": [
            {
                **{"id": "y", "label": "Meals", "unit": "meals", "column": "y"},
                **{
                    "direction": "higher_is_better",
                    "total": {"of": "unit_periods", "unit": "meals"},
                },
            }
        ],
        "publication": {
            **{"contact": "a@example.org", "licence": "CC0", "release_date": "2026-06-30"},
            **{"data_status": "synthetic", "data_notice": "Drawn at random."},
            "disclosure": {"counts": "bodies"},
        },
    } | ({"payment": payment} if payment else {})
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return pbc.load_evaluation(folder)


def panel_of(frame):
    return Panel.from_data(frame, unit="unit", time="time", outcome="y", cohort="cohort")


@pytest.fixture(scope="module")
def frame():
    return frame_of()


@pytest.fixture(scope="module")
def evaluated(frame, tmp_path_factory):
    clause = {
        **{"id": "per-meal", "type": "tariff", "label": "Meals", "reference": "1", "outcome": "y"},
        **{
            "measure": "total",
            "unit": "meal",
            "estimate_used": "lower_bound",
            "price": 10,
            "source": "Invented",
        },
    }
    payment = {"currency": "GBP", "illustrative": True, "clauses": [clause]}
    folder = tmp_path_factory.mktemp("rollout") / "meals"
    return pbc.evaluate(spec_of(folder, frame, EFFICIENT, payment))


def test_the_headline_and_what_is_paid_are_the_efficient_average(evaluated, frame):
    (finding,) = evaluated.findings
    effects = pbc.efficient_rollout(panel_of(frame))
    own = effects.aggregate("simple").overall
    assert finding.headline.estimate == pytest.approx(own.estimate, rel=1e-8)
    assert finding.headline.std_error == pytest.approx(own.std_error, rel=1e-8)
    assert finding.measured.effect == pytest.approx(own.estimate, rel=1e-8)
    assert finding.measured.conf_low == pytest.approx(own.conf_low, rel=1e-8)
    rows = (frame["cohort"] > 0) & (frame["time"] >= frame["cohort"])
    due = 10 * own.conf_low * rows.sum()
    assert float(evaluated.payment.total) == pytest.approx(due, abs=11)


@pytest.mark.parametrize(
    ("left_out", "remedy"),
    [("starts_at_random", "starts_at_random"), ("control_group", "not_yet_treated")],
)
def test_nothing_is_taken_for_random_that_is_not_said_to_be(tmp_path, frame, left_out, remedy):
    design = {key: value for key, value in EFFICIENT.items() if key != left_out}
    with pytest.raises(SpecError, match=rf"efficient_rollout[\s\S]*{remedy}"):
        spec_of(tmp_path / "meals", frame, design)


@pytest.mark.parametrize(
    ("more", "words"),
    [({"anticipation": 1}, "anticipation to 0"), ({"covariates": ["x"]}, "design.covariates out")],
)
def test_what_it_does_not_know_is_refused_before_data_are_read(tmp_path, frame, more, words):
    spec = spec_of(tmp_path / "meals", frame.assign(x=1.0), EFFICIENT | more)
    with pytest.raises(SpecError, match=words):
        pbc.evaluate(spec)


def test_it_stands_beside_another_headline_where_starts_are_said_to_be_random(tmp_path, frame):
    label = ESTIMATORS["efficient_rollout"].label
    said = pbc.evaluate(spec_of(tmp_path / "said", frame, {"starts_at_random": DRAWN}))
    silent = pbc.evaluate(spec_of(tmp_path / "silent", frame, {}))
    shown = [
        " ".join(made.findings[0].table("estimates").frame.astype(str).to_numpy().ravel())
        for made in (said, silent)
    ]
    assert label in shown[0]
    assert label not in shown[1]
    names = [{check.name for check in made.findings[0].checks} for made in (said, silent)]
    assert "random_starts" in names[0] - names[1]


def test_beside_another_headline_differences_in_differences_go_by_their_name(evaluated):
    estimates = evaluated.findings[0].table("estimates").frame
    names = " ".join(estimates.astype(str).to_numpy().ravel())
    label = ESTIMATORS["group_time"].label
    for compared in ("never-treated units", "units not yet treated"):
        assert f"{label}, {compared} as the comparison" in names


def test_lots_may_be_the_inference_that_counts(tmp_path, frame):
    spec = spec_of(tmp_path / "meals", frame, EFFICIENT | {"inference": "randomisation"})
    (finding,) = pbc.evaluate(spec).findings
    assert finding.headline.stated is not None
    assert "dealt out" in str(finding.headline.method.inference)


def test_the_page_and_the_note_say_what_is_assumed_and_when_it_fails(evaluated):
    text = re.sub(r"<[^>]+>|\s+", " ", page_html(pbc.release(evaluated)))
    for words in (
        "as good as random",
        "It would mislead if starts hung on how outcomes stood or were going to move",
        "drew the order of the 120 areas by lot",
        "Starts as good as random",
    ):
        assert words in re.sub(" +", " ", text), words
    facts = {str(term): str(said) for term, said in design_facts(evaluated.spec)}
    assert "fails where starts depended" in facts["Method"]
    assert facts["Starts as good as random"] == DRAWN
    assert "not treated yet" in facts["Compared with"]
    assert any("random_starts" in planned for planned in planned_checks(evaluated.spec))


def test_the_note_proposes_a_way_that_the_estimator_has(tmp_path):
    few = frame_of(n=24)
    for design, proposed in ((EFFICIENT, "randomisation"), ({}, "wild_bootstrap")):
        spec = spec_of(tmp_path / proposed, few, design)
        before = pbc.design_note(spec).before
        assert before.proposed.inference == proposed
    pbc.evaluate(spec_of(tmp_path / "meals", few, EFFICIENT | {"inference": "randomisation"}))


def test_the_note_compares_as_the_estimator_does_whatever_the_default_is(tmp_path, frame):
    spec = spec_of(tmp_path / "meals", frame, {"estimator": "imputation"})
    facts = {str(term): str(said) for term, said in design_facts(spec)}
    assert "not treated yet" in facts["Compared with"]


def test_starts_that_hang_on_outcomes_stop_the_evaluation(tmp_path):
    spec = spec_of(tmp_path / "meals", frame_of(early=5.0), EFFICIENT)
    with pytest.raises(DesignError, match=r"random_starts: [\s\S]*all but one of a thousand"):
        pbc.evaluate(spec)


def test_the_error_expected_beforehand_is_near_the_one_that_comes():
    design = DifferenceInDifferences.model_validate(
        {"method": "difference_in_differences", "rationale": "Lots."} | EFFICIENT
    )
    frame = frame_of(n=600)
    wide = frame.pivot(index="unit", columns="time", values="y")
    cohort = frame.groupby("unit")["cohort"].first().loc[wide.index].to_numpy()
    noise = noise_before(wide.to_numpy()[:, :2], cohort, None)
    starts = np.where(cohort > 0, cohort - 1.0, np.nan)
    expected = expected_error(
        noise,
        starts,
        6,
        estimator=ESTIMATORS["efficient_rollout"],
        options=options_of(design, SEED),
    )
    own = pbc.efficient_rollout(panel_of(frame)).aggregate("simple").overall
    assert noise.lasting == pytest.approx(2.0, rel=0.15)
    assert expected.std_error == pytest.approx(own.std_error, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "estimator": st.sampled_from(["efficient_rollout", "group_time"]),
            "control_group": st.sampled_from(["not_yet_treated", "never_treated"]),
            "starts_at_random": st.just(DRAWN),
        },
    )
)
def test_the_efficient_estimator_is_never_agreed_without_words_for_the_lots(keys):
    asked = {"method": "difference_in_differences", "rationale": "Lots."} | keys
    try:
        design = DifferenceInDifferences.model_validate(asked)
    except ValueError:
        assert keys.get("estimator") == "efficient_rollout"
        return
    if design.estimator == "efficient_rollout":
        assert design.starts_at_random == DRAWN
        assert design.control_group == "not_yet_treated"
