"""A count that a sentence holds back stands nowhere else: it is shown everywhere, or nowhere.

Before: "69 treated and [c] comparison units", beside a table with the 40 units for comparison,
since a row of another table, of a small group, held back 40 too.
"""

import itertools
import random

import numpy as np
import pytest
from attacker import invented
from evaluations import EACH, evaluation_of, of_people

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release, sentences
from pbc_eval.disclosure.sentences import HeldBackCounts, released_sentence
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.told_places import HEADLINE_TREATED, NEVER_TREATED, TREATED_AND_NEVER
from pbc_eval.messages.values import HeldBack, Units

RULE = DisclosureRule()
WAIVED = [invented.waiver("pre_trends"), invented.waiver("few_clusters")]
DID = {
    "method": "difference_in_differences",
    "rationale": "Waves are compared.",
    "control_group": "never_treated",
    "agreed_on": "2024-03-01",
    "waivers": WAIVED,
}
DESIGNS = {
    "never treated": DID,
    "not yet treated": DID | {"control_group": "not_yet_treated"},
    "imputation": DID | {"estimator": "imputation"},
    "synthetic": {
        "method": "synthetic_difference_in_differences",
        "rationale": "A weighted path is compared.",
        "agreed_on": "2024-03-01",
    },
}


def told_of_counts(monkeypatch, evaluation):
    """What is released, with counts that sentences held back, and those that they told."""
    held, told_too = set(), set()
    count_of = sentences._count

    def noted(part, rule, gone):
        shown = count_of(part, rule, gone)
        (held if isinstance(shown, HeldBack) else told_too).add(part.count)
        return shown

    with monkeypatch.context() as patched:
        patched.setattr(sentences, "_count", noted)
        return release(evaluation), held, told_too


def shown_elsewhere(released, held, told_too):
    """Of the counts held back: in which tables they stand, or whether another sentence has them."""
    places = [("another sentence", count) for count in held & told_too if count >= RULE.threshold]
    for finding in released.findings:
        counts = (finding.headline.n_treated, finding.headline.n_comparison)
        places += [("the headline", count) for count in counts if count in held]
        for table in finding.tables:
            for column in (name for name, kind in table.kinds.items() if kind == "count"):
                places += [
                    (f"{table.name}/{column}", cell)
                    for cell in table.frame[column]
                    if not isinstance(cell, str) and cell in held
                ]
    return places


def sums_differ(sizes):
    """Then a number says which groups it counts, and two that are equal are of the same units."""
    sums = [
        sum(some) for n in range(1, len(sizes) + 1) for some in itertools.combinations(sizes, n)
    ]
    return len(sums) == len(set(sums))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("design", "sizes", "never", "lost"),
    [
        ("never treated", {4: 31, 5: 30, 6: 8}, 40, 0),
        ("not yet treated", {6: 1, 5: 55, 4: 3}, 15, 0),
        ("never treated", {7: 32, 4: 8, 6: 7}, 48, 2),
        ("synthetic", {3: 1, 7: 40}, 60, 0),  # 59 have weight: one has none
    ],
)
def test_a_count_of_a_page_of_small_groups_is_in_all_its_sentences_or_in_none(
    tmp_path, monkeypatch, design, sizes, never, lost
):
    assert sums_differ([*sizes.values(), never])
    frame = invented.panel(sizes, never=never)
    frame.loc[frame["unit"].isin([*range(lost)]) & (frame["t"] == 2), "y"] = np.nan
    folder = invented.panel_evaluation(
        tmp_path / "panel", frame, payment=None, design=DESIGNS[design]
    )
    released, held, told_too = told_of_counts(monkeypatch, evaluate(load_evaluation(folder)))
    assert shown_elsewhere(released, held, told_too) == []


@pytest.mark.soak
def test_so_it_is_on_pages_of_any_groups(tmp_path, monkeypatch):
    drawn, looked_at = random.Random(11), 0
    for n in range(80):
        starts = drawn.sample(range(3, 8), drawn.randint(1, 3))
        sizes = {
            start: drawn.choice([drawn.randint(1, 9), drawn.randint(10, 60)]) for start in starts
        }
        never, design = drawn.randint(15, 70), drawn.choice([*DESIGNS])
        if not sums_differ([*sizes.values(), never]):
            continue
        frame = invented.panel(sizes, never=never, seed=n)
        folder = invented.panel_evaluation(
            tmp_path / f"n{n}", frame, payment=None, design=DESIGNS[design]
        )
        evaluation = evaluate(load_evaluation(folder))
        try:
            released, held, told_too = told_of_counts(monkeypatch, evaluation)
        except DisclosureError:  # too few for a page
            continue
        looked_at += bool(held)
        assert shown_elsewhere(released, held, told_too) == [], (design, sizes, never)
    assert looked_at > 5


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_so_it_is_on_the_pages_of_the_examples_were_their_units_people(monkeypatch, name):
    released, held, told_too = told_of_counts(monkeypatch, of_people(evaluation_of(name)))
    assert shown_elsewhere(released, held, told_too) == []


SHOWN = {HEADLINE_TREATED: 69, NEVER_TREATED: 40, TREATED_AND_NEVER: 109}


def test_a_number_of_the_page_stays_in_a_sentence_that_says_which_it_repeats():
    held = HeldBackCounts(values=frozenset({40}), shown=SHOWN)
    three = {
        "treated": Units(69, cell=HEADLINE_TREATED),
        "never": Units(40, cell=NEVER_TREATED),
        "all": Units(109, cell=TREATED_AND_NEVER),
    }
    words = Sentence("{treated} and {never}, {all} in all", **three)
    assert str(released_sentence(words, RULE, held)) == "69 and 40, 109 in all"


@pytest.mark.parametrize(
    ("own", "whole", "expected"),
    [
        (NEVER_TREATED, "", "41 of it"),  # another number than the page's: by its value
        ("", "", "40 of it"),  # the page's number, and nothing says that it is the same
        ("cohort/6/n_comparison", "", "40 of it"),  # a cell that is held back
    ],
)
def test_a_number_that_is_held_back_does_not_come_in_by_a_name(own, whole, expected):
    held = HeldBackCounts(
        values=frozenset({40, 41}), cells=frozenset({"cohort/6/n_comparison"}), shown=SHOWN
    )
    number = int(expected.split()[0])
    words = Sentence("{units} of it", units=Units(number, cell=own, of_cell=whole))
    assert str(released_sentence(words, RULE, held)) == "[c] of it"


def test_what_tells_a_held_number_with_a_number_of_the_page_goes_itself():
    """109 in all is on the page; 95 of them would tell the 14 that are held back."""
    held = HeldBackCounts(values=frozenset({14}), shown=SHOWN)
    words = Sentence("{all}, {most}", all=Units(109, cell=TREATED_AND_NEVER), most=Units(95))
    assert str(released_sentence(words, RULE, held)) == "109, [c]"
