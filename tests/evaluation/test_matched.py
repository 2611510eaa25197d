"""Every algorithm is reached from the evaluation file, and the page says which was run."""

from dataclasses import replace

import pandas as pd
import pytest
from evaluations import change, copy_of
from matched_samples import match_by, weight_by
from shown import html_of

import pbc_eval as pbc
from pbc_eval.agreement.algorithms import ALGORITHMS
from pbc_eval.errors import DesignError, PaymentTermsError, SpecError
from pbc_eval.numerics.published import published

pytestmark = pytest.mark.slow  # whole evaluations are run

SETTINGS = """  exact: [black, nodegree]
  link: linear_logit
  caliper: 0.2
  ratio: 2
  replacement: true
  effect: regression
"""
COVARIATES = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]
COVARIATE_LINE = (
    "  covariates: [age, educ, black, hisp, marr, nodegree, re74, re75, none74, none75, "
    "age_squared, educ_squared]\n"
)
WAIVER = """  waivers:
    - {check: balance, reason: A small sample that is used for a test.}
    - {check: overlap, reason: A small sample that is used for a test.}
"""
WAYS = {
    "nearest": {
        "algorithm": "nearest",
        "caliper": None,
        "ratio": 2,
        "min_ratio": 1,
        "max_ratio": 3,
    },
    "optimal": {"algorithm": "optimal", "exact": ["black"]},
    "full": {"algorithm": "full", "link": "probit"},
    "subclass": {"algorithm": "subclass", "subclasses": 4},
    "coarsened": {"algorithm": "coarsened", "cutpoints": {"age": [25, 35], "re74": 2}},
    "exact": {"algorithm": "exact", "covariates": ["black", "hisp", "marr", "nodegree"]},
    "cardinality": {"algorithm": "cardinality", "tolerance": 0.1, "profile": False},
    "ipw": {"algorithm": "ipw", "truncate": 0.99},
    "overlap": {"algorithm": "overlap", "effect": "difference"},
    "entropy": {"algorithm": "entropy"},
    "cbps": {"algorithm": "cbps", "effect": "difference"},
}
HEAVY = {"entropy", "cbps"}  # few of these 800 are like the treated: an error and no interval


def yaml_of(settings, indent):
    def written(value):
        if value is None:
            return "null"
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, list):
            return "[" + ", ".join(written(part) for part in value) + "]"
        if isinstance(value, dict):
            return "{" + ", ".join(f"{k}: {written(v)}" for k, v in value.items()) + "}"
        return str(value)

    return "".join(f"{indent}{key}: {written(value)}\n" for key, value in settings.items())


def small_copy(tmp_path, settings, *, estimand="ATT", total=True, extra=""):
    """supported-work with 800 of its comparison people, and another algorithm."""
    folder = copy_of("supported-work", tmp_path)
    file = folder / "evaluation.yaml"
    people = pd.read_csv(folder / "people.csv")
    likely = people[(people["treat"] == 0) & (people["re75"] < 5000)].head(800)
    pd.concat([people[people["treat"] == 1], likely]).to_csv(folder / "people.csv", index=False)
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  alternatives:\n"), text.index("  benchmark:\n")
    text = text[:start] + text[end:]
    covariates = settings.get("covariates", COVARIATES)
    text = text.replace(COVARIATE_LINE, f"  covariates: [{', '.join(covariates)}]\n")
    rest = {key: value for key, value in settings.items() if key != "covariates"}
    text = text.replace(
        SETTINGS, yaml_of(rest, "  ") + f"  estimand: {estimand}\n" + WAIVER + extra
    )
    if not total:
        start, end = text.index("    total:\n"), text.index("publication:")
        text = text[:start] + text[end:]
    file.write_text(text, encoding="utf-8")
    return folder


def assert_published(headline, again):
    """``headline`` is ``again`` to ten digits; only its notes know that the outcome is money."""
    again = published(again)
    notes = tuple(note.replace("$", "") for note in headline.method.notes)
    assert notes == again.method.notes
    assert replace(headline, method=replace(headline.method, notes=again.method.notes)) == again


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.soak) if name in ("cardinality", "full") else name
        for name in ALGORITHMS
    ],
)
def test_every_algorithm_runs_and_is_named_on_the_page(name, tmp_path):
    folder = small_copy(tmp_path, WAYS[name], total=name != "overlap")
    if name in HEAVY:
        with pytest.raises(
            PaymentTermsError, match=r"conf_low of 'earnings'.* estimate_used: point"
        ):
            pbc.evaluate(pbc.load_evaluation(folder))
        change(folder / "evaluation.yaml", "zero_unless_significant", "point")
    evaluation = pbc.evaluate(pbc.load_evaluation(folder))
    finding = evaluation.primary
    people = pd.read_csv(folder / "people.csv")
    asked = {"treatment": "treat", "unit": "person", "covariates": COVARIATES, **WAYS[name]}
    algorithm, by = asked.pop("algorithm"), asked.pop("effect", None)
    if name in ("ipw", "overlap", "entropy", "cbps"):
        again = weight_by(people, method=algorithm, **asked).effect("re78", by or "augmented")
    else:
        again = match_by(people, method=algorithm, **asked).effect("re78", by or "regression")
    assert finding.headline.estimate == published(again.estimate)
    assert finding.headline.std_error == published(again.std_error)
    assert finding.headline.no_interval == published(again.no_interval)
    assert bool(again.no_interval) == (name in HEAVY)
    page = html_of(pbc.release(evaluation), "design")
    words = again.method.estimator.partition(" after ")[2].split(",")[0]
    assert words in page
    if name == "overlap":
        assert "not for the treated as a whole" in page
    if name in HEAVY:
        assert "a few people carry the weight" in html_of(pbc.release(evaluation), "estimates")


def test_nothing_said_is_what_it_was(tmp_path):
    """nearest with a caliper of 0.2 and a regression, as before there was a choice."""
    evaluation = pbc.evaluate(pbc.load_evaluation(small_copy(tmp_path, {})))
    people = pd.read_csv(tmp_path / "supported-work" / "people.csv")
    again = pbc.match(
        people, treatment="treat", unit="person", covariates=COVARIATES, caliper=0.2
    ).effect("re78", "regression")
    assert_published(evaluation.primary.headline, again)


def test_alternatives_are_run_on_the_same_people_and_paid(tmp_path):
    extra = (
        "  alternatives:\n"
        "    - {name: Full matching, algorithm: full}\n"
        "    - {name: Entropy balancing, algorithm: entropy, effect: difference}\n"
        "    - {name: Overlap, algorithm: overlap}\n"
    )
    evaluation = pbc.evaluate(pbc.load_evaluation(small_copy(tmp_path, {}, extra=extra)))
    finding = evaluation.primary
    table = finding.table("methods").frame.set_index("name")
    assert list(table.index) == [
        "As agreed",
        "Full matching",
        "Entropy balancing",
        "Overlap (for another population)",
    ]
    assert (table.loc[["Full matching", "Entropy balancing"], "treated"] == 185).all()
    assert table["verdict"]["Entropy balancing"] == "alike"
    people = pd.read_csv(tmp_path / "supported-work" / "people.csv")
    by_hand = pbc.weight(
        people, treatment="treat", unit="person", covariates=COVARIATES, method="entropy"
    ).effect("re78")
    assert table["estimate"]["Entropy balancing"] == published(by_hand.estimate)
    terms = evaluation.spec.payment
    paid = evaluation.payment_alternatives.set_index("estimator")
    for name in ("Full matching", "Overlap (for another population)"):
        measured = finding.measured_alternatives[name]
        assert paid["total"][name] == pbc.payment_due(terms, [measured]).total
    # a few people carry these weights: no interval, and so nothing that the rule could pay by
    measured = finding.measured_alternatives["Entropy balancing"]
    assert by_hand.no_interval
    assert measured.conf_low is None
    with pytest.raises(
        PaymentTermsError, match=r"needs conf_low of 'earnings', which has none \(.*weight"
    ):
        pbc.payment_due(terms, [measured])
    assert paid["total"]["Entropy balancing"] is None
    assert "no interval, and the rule asks for one" in paid["reason"]["Entropy balancing"]
    assert "What was done" in html_of(pbc.release(evaluation), "estimates")


def test_an_alternative_that_cannot_be_had_is_named(tmp_path):
    extra = "  alternatives:\n    - {name: Cells, algorithm: subclass, subclasses: 300}\n"
    folder = small_copy(tmp_path, {}, extra=extra)
    with pytest.raises(
        DesignError, match=r"design\.alternatives, Cells: match: 300 subclasses need"
    ):
        pbc.evaluate(pbc.load_evaluation(folder))


def test_the_data_weight_is_a_sampling_weight(tmp_path):
    folder = small_copy(tmp_path, {})
    file = folder / "evaluation.yaml"
    change(file, "  unit: person\n", "  unit: person\n  weight: stands_for\n")
    people = pd.read_csv(folder / "people.csv")
    people["stands_for"] = 1 + people["age"] % 3
    people.to_csv(folder / "people.csv", index=False)
    headline = pbc.evaluate(pbc.load_evaluation(folder)).primary.headline
    again = pbc.match(
        people,
        treatment="treat",
        unit="person",
        covariates=COVARIATES,
        caliper=0.2,
        sampling_weights="stands_for",
    )
    assert_published(headline, again.effect("re78", "regression"))
    assert "with sampling weights (stands_for)" in headline.method.estimator


@pytest.mark.parametrize("estimand", ["ATC", "ATE"])
def test_a_total_needs_the_effect_on_the_treated(tmp_path, estimand):
    folder = small_copy(tmp_path, {"algorithm": "full"}, estimand=estimand)
    with pytest.raises(SpecError, match=rf"earnings: total multiplies .*\({estimand}\)"):
        pbc.load_evaluation(folder)
    folder = small_copy(tmp_path / "without", {"algorithm": "full"}, estimand=estimand, total=False)
    assert pbc.evaluate(pbc.load_evaluation(folder)).primary.headline.estimate
