"""design_note: what follows from what was agreed, with no outcome after treatment read."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA, change, copy_of
from hostile import VALUES
from scipy.stats import norm

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.disclosure import release_note
from pbc_eval.errors import DataError
from pbc_eval.evaluation.note import before_treatment as before_treatment_module
from pbc_eval.evaluation.note.before_treatment import _std_error, before_treatment
from pbc_eval.evaluation.note.design_note import design_note
from pbc_eval.payment.risk import MEASURED, NO_EFFECT, PROMISED
from pbc_eval.publish.formats.results import results
from pbc_eval.publish.notebook import sanitise
from pbc_eval.report.page import page_of

pytestmark = pytest.mark.slow  # whole evaluations are run

NAME = "hospital-readmissions"
OUTCOME = "readmissions_per_100"


def both(folder):
    """The whole page of a note, and the facts of its results.json, from one run."""
    released = release_note(design_note(load_evaluation(folder)))
    made = page_of(released)
    content = results(made, released).model_dump(mode="json")
    facts = {key: content[key] for key in ("summary", "fingerprint", "expected")}
    return made._repr_html_(), facts


def page(folder) -> str:
    return both(folder)[0]


@pytest.fixture(scope="module")
def honest():
    return both(DATA / NAME)


def poisoned(tmp_path, spoil):
    folder = copy_of(NAME, tmp_path)
    data = pd.read_csv(folder / "hospitals.csv")
    spoil(data).to_csv(folder / "hospitals.csv", index=False)
    return folder


def words_after(data):
    after = data["quarter"] >= 7
    data[OUTCOME] = data[OUTCOME].astype(object).where(~after, "POISON")
    return data


def other_numbers_after(data):
    after = data["quarter"] >= 7
    data[OUTCOME] = data[OUTCOME].where(~after, 1e9)
    return data


def nothing_after(data):
    return data.assign(**{OUTCOME: data[OUTCOME].where(data["quarter"] < 7)})


@pytest.mark.parametrize(
    "spoil",
    [
        words_after,
        pytest.param(other_numbers_after, marks=pytest.mark.slow),
        pytest.param(nothing_after, marks=pytest.mark.slow),
    ],
)
def test_outcomes_after_treatment_are_not_read(tmp_path, honest, spoil):
    assert both(poisoned(tmp_path, spoil)) == honest


def one_in_six(data):
    """Another outcome of a single hospital in the last quarter before the start: noise."""
    return (data["quarter"] == 6) & (data["hospital"] == "H001")


def test_an_outcome_before_treatment_is_read(tmp_path, honest):
    folder = poisoned(tmp_path, lambda d: d.assign(**{OUTCOME: d[OUTCOME] + one_in_six(d)}))
    assert both(folder)[1]["expected"] != honest[1]["expected"]

    def word(data):
        data[OUTCOME] = data[OUTCOME].astype(object)
        data.loc[3, OUTCOME] = "n.k."
        return data

    folder = poisoned(tmp_path / "b", word)
    with pytest.raises(DataError, match=r"must hold numbers, got 'n\.k\.' for H001 in 4"):
        design_note(load_evaluation(folder))


def test_an_infinite_outcome_before_treatment_is_no_number_of_a_note(tmp_path):
    """The note was made, its level and error being no numbers; the evaluation refused it later."""

    def endless(data):
        data[OUTCOME] = data[OUTCOME].astype(float)
        data.loc[3, OUTCOME] = float("inf")
        return data

    folder = poisoned(tmp_path, endless)
    with pytest.raises(DataError, match=r"must hold numbers, got 'inf' for H001 in 4"):
        design_note(load_evaluation(folder))


def as_written(data):
    """Outcomes and weights as a spreadsheet has them: 12,5 and 1.200."""
    for column in (OUTCOME, "discharges"):
        data[column] = [f"{value:_}".replace(".", ",").replace("_", ".") for value in data[column]]
    return data


def test_numbers_as_text_are_read_before_treatment_as_the_file_says(tmp_path):
    """They were refused, or a point that parts thousands was taken for a decimal one."""
    plain = before_treatment(load_evaluation(DATA / NAME))
    for name, spoil in {"a": as_written, "b": lambda data: words_after(as_written(data))}.items():
        folder = poisoned(tmp_path / name, spoil)
        weight = "  weight: discharges"
        change(folder / "evaluation.yaml", weight, f'{weight}\n  numbers: "1.234,5"')
        made = before_treatment(load_evaluation(folder))
        assert made.outcomes == plain.outcomes


def test_yes_and_no_before_treatment_are_one_and_zero(tmp_path):
    high = {}
    for name, (yes, no) in {"words": ("yes", "no"), "numbers": (1, 0)}.items():
        folder = poisoned(
            tmp_path / name,
            lambda data, yes=yes, no=no: data.assign(
                **{OUTCOME: np.where(data[OUTCOME] > data[OUTCOME].median(), yes, no)}
            ),
        )
        high[name] = both(folder)[1]["expected"]
    assert high["words"] == high["numbers"]


def test_an_outcome_or_a_file_that_is_not_there_yet_is_no_fault(tmp_path):
    folder = poisoned(tmp_path, lambda data: data.drop(columns=OUTCOME))
    html = page(folder)
    assert "the outcome is not in the data yet" in html
    (folder / "hospitals.csv").unlink()
    html = page(folder)
    assert 'id="before"' not in html
    assert "neither stated nor to be had" in html.casefold()


def test_anticipation_moves_the_last_period_that_is_read(tmp_path):
    folder = copy_of(NAME, tmp_path)
    spec = load_evaluation(folder)
    design = spec.design.model_copy(update={"anticipation": 2})
    early = spec.model_copy(update={"design": design})
    early._folder = spec.folder
    assert before_treatment(spec).last_period == "6"
    assert before_treatment(early).last_period == "4"


def test_where_the_estimator_cannot_tell_the_noise_is_that_of_a_difference_in_changes(monkeypatch):
    """By hand, unit by unit, with the data's weights."""
    monkeypatch.setattr(before_treatment_module, "_by_the_estimator", lambda *_: None)
    data = pd.read_csv(DATA / NAME / "hospitals.csv")
    data = data[data["quarter"] < 7]
    variance = 0.0
    for _, side in data.groupby(data["service_start"] > 0):
        changes, weights = [], []
        for _, rows in side.groupby("hospital"):
            late = rows.loc[rows["quarter"] > 3, OUTCOME].mean()
            changes.append(late - rows.loc[rows["quarter"] <= 3, OUTCOME].mean())
            weights.append(rows["discharges"].iloc[0])
        w = np.array(weights) / np.sum(weights)
        away = np.array(changes) - w @ np.array(changes)
        variance += len(w) / (len(w) - 1) * np.sum((w * away) ** 2)
    found = before_treatment(load_evaluation(DATA / NAME)).outcomes[0]
    assert found.std_error == pytest.approx(np.sqrt(variance))
    assert found.missing_rows == 0


@pytest.mark.slow
def test_the_noise_covers_an_effect_of_nothing_as_often_as_it_says():
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(2_000):
        y = rng.standard_normal(60)[:, None] + 0.5 * rng.standard_normal((60, 6))
        programme = np.arange(60) < 25
        error, _ = _std_error(y, np.ones(60), programme)
        change = y[:, 3:].mean(axis=1) - y[:, :3].mean(axis=1)
        gap = change[programme].mean() - change[~programme].mean()
        held += abs(gap) <= 1.96 * error
    assert held / 2_000 == pytest.approx(0.945, abs=0.015)


def test_the_smallest_effect_is_blooms():
    (one,) = design_note(load_evaluation(DATA / NAME)).expected
    assert one.smallest == pytest.approx((norm.ppf(0.975) + norm.ppf(0.8)) * one.std_error)
    assert one.smallest / one.std_error == pytest.approx(2.80, abs=0.005)


def test_a_stated_standard_error_goes_before_the_data(tmp_path):
    folder = copy_of(NAME, tmp_path)
    text = (folder / "design-note.yaml").read_text(encoding="utf-8")
    text = text.replace("      units: 2000\n", "      units: 2000\n      std_error: 0.5\n")
    (folder / "evaluation.yaml").write_text(text, encoding="utf-8")  # without a protocol
    note = design_note(load_evaluation(folder))
    assert note.expected[0].std_error == 0.5
    assert note.spec.edition == "2026-1-design"
    assert note.spec.status == "provisional"


def test_the_risk_is_of_what_was_promised_and_knows_no_measured_effect(honest):
    risk = design_note(load_evaluation(DATA / NAME)).risk
    assert [one.name for one in risk.scenarios] == [NO_EFFECT, PROMISED]
    assert risk.scenario(PROMISED).effects == (("readmissions", 2.0),)
    assert MEASURED not in honest[0]


def test_without_expectations_the_note_says_what_is_lacking(tmp_path):
    folder = copy_of("supported-work", tmp_path)
    note = design_note(load_evaluation(folder))
    assert note.risk is None
    assert "of which no standard error is known. State std_error" in note.why_no_risk
    assert "planning.expected" in page(folder)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["insurance-expansion", "tobacco-control", "training-grants", "one-service", "wheels-to-meals"],
)
def test_every_example_has_a_note(name):
    html = page(DATA / name)
    assert "it holds no result" in html
    assert 'id="assurance"' in html


def test_the_note_holds_what_was_agreed_in_words(honest):
    html = honest[0]
    for words in (
        "Do nurses&#39; visits after discharge bring readmissions down",
        "units that are never treated",
        "Trends before the start (pre_trends)",
        "The evaluation stops if an outcome is missing.",
        "Readmissions within 30 days (readmissions per 100 discharges); lower is better",
        "2.1 Readmissions avoided",
        "Example.",
        "the rule would still pay something for results in",
        "The value map as agreed",
        "could be told apart",
    ):
        assert words in html, words


def test_the_note_is_of_the_registered_file_whatever_came_later(tmp_path, honest):
    folder = copy_of(NAME, tmp_path)
    change(
        folder / "evaluation.yaml", "control_group: never_treated", "control_group: not_yet_treated"
    )
    note = design_note(load_evaluation(folder))
    assert note.fingerprint == honest[1]["fingerprint"]
    assert (note.spec.edition, note.spec.status) == ("design-1", "final")
    assert note.spec.data.missing == "refuse"


def test_hostile_words_are_shown_and_do_nothing(tmp_path):
    folder = copy_of(NAME, tmp_path)
    data = read_yaml(folder / "design-note.yaml").data
    words = [value for value in VALUES if value.isprintable() and value.strip()]
    data["planning"]["question"] = data["planning"]["intervention"] = words[0]
    data["planning"]["theory_of_change"] = words
    data["planning"]["expected"][0]["source"] = words[1]
    (folder / "evaluation.yaml").write_text(json.dumps(data, default=str), encoding="utf-8")
    html = page(folder)
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert sanitise(html).count("<li>") == html.count("<li>")


def test_small_groups_are_held_back():
    note = design_note(load_evaluation(DATA / NAME))
    rule = note.spec.publication.disclosure.model_copy(update={"counts": "people"})
    publication = note.spec.publication.model_copy(update={"disclosure": rule})
    note = dataclasses.replace(
        note, spec=note.spec.model_copy(update={"publication": publication, "protocol": None})
    )
    few = dataclasses.replace(
        note.before, groups=(("first treated in 7", 4), ("for comparison, never treated", 40))
    )
    found = release_note(dataclasses.replace(note, before=few))
    assert "[c]" in set(found.table("groups-before").frame["units"])
    assert found.table("levels-before") is None
