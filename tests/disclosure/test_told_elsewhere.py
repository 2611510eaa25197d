"""What one part of an evaluation holds back, no other part tells: measures, counts, words, values.

The evaluation is invented: of the people of a programme few found no match, so that how many there
were at the start is held back. Each test has another part tell it.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attacker import invented

from pbc_eval.agreement.counts import VerifiedCount
from pbc_eval.agreement.disclosure import Reviewed
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.told_elsewhere import (
    TOLD_ELSEWHERE,
    review_of_numbers_told_elsewhere,
)
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
MEASURE = {"id": "started", "type": "proportion", "label": "Started in time", "reference": "2",
           "met": "met", "among": "due", "better": "higher", "target": 0.5,
           "feeds": "missed_periods", "source": "Invented"}  # fmt: skip


@cache
def matched(met: tuple[int, ...] = (), due: tuple[int, ...] = ()):
    """The evaluation, with a measure by month where numbers are given."""
    with TemporaryDirectory() as folder:
        frame = invented.people(2)
        changes = {}
        if met:
            measures = invented.measures([*met], [*due])
            changes["performance"] = {"file": "measures.csv", "period": "month", "every": "month",
                                      "first": "2025-01", "last": measures["month"].iloc[-1],
                                      "kpis": [MEASURE]}  # fmt: skip
        made = invented.people_evaluation(Path(folder) / "people", frame, **changes)
        if met:
            measures.to_csv(made / "measures.csv", index=False)
        return evaluate(load_evaluation(made))


@cache
def released(*numbers):
    return release(matched(*numbers))


def at_the_start() -> int:
    """How many of the programme there were, which the page holds back."""
    groups = matched().findings[0].table("groups")
    kept = next(t for t in released().findings[0].tables if t.name == groups.name)
    assert "[c]" in kept.frame["treated"].tolist()
    n = int(groups.frame["treated"].iloc[0])
    assert 0 < n - matched().findings[0].headline.n_treated < 10
    return n


def told(evaluation, out) -> str:
    """What is told of places that are alike; empty where there are none."""
    rule = evaluation.spec.publication.disclosure
    reviews = review_of_numbers_told_elsewhere(evaluation, out.findings, out.kpis, out.tables, rule)
    assert all(review.status == "fail" for review in reviews)
    return "; ".join(cell for review in reviews for cell in review.cells)


def with_spec(evaluation, **changes):
    return replace(evaluation, spec=evaluation.spec.model_copy(update=changes))


def counted(number, *, persons=None, counts=None):
    count = VerifiedCount(
        outcome="started", count=number, persons=persons, counts=counts, source="A register",
        status="INVENTED",
    )  # fmt: skip
    return told(with_spec(matched(), counts=(count,)), released())


def counts_of(*numbers):
    counts = [
        VerifiedCount(outcome=f"group-{k}", count=number, source="A register", status="INVENTED")
        for k, number in enumerate(numbers)
    ]
    return told(with_spec(matched(), counts=tuple(counts)), released())


def in_words(words, *numbers):
    evaluation = matched(*numbers)
    contract = evaluation.spec.contract.model_copy(update={"summary": words})
    return told(with_spec(evaluation, contract=contract), released(*numbers))


def two_months(n: int):
    return (11, 10), (n - 21, 21)


@pytest.mark.soak
def test_nothing_is_alike_where_nothing_else_is_told():
    assert not told(matched(), released())


def test_a_release_with_a_measure_among_those_who_started_is_refused_and_names_it():
    n = at_the_start()
    with pytest.raises(DisclosureError) as raised:
        release(matched((n - 12,), (n,)))
    for words in ("performance-started, among is as large as what better-groups holds back",
                  "output: told-elsewhere", "tell a rounder one"):  # fmt: skip
        assert words in str(raised.value)


def test_the_sum_of_two_counts_is_compared_too():
    """The attack: women and men who started add up to what the ledger holds back."""
    n = at_the_start()
    assert counts_of(n - 13, 13) == (
        "counts.group-0 with counts.group-1 is as large as what better-groups holds back"
    )
    assert not counts_of(400, 13, 700)


@pytest.mark.soak
def test_the_sum_of_a_measure_over_all_periods_is_compared_too():
    met, due = two_months(at_the_start())
    with pytest.raises(DisclosureError, match="performance-started, among, all periods"):
        release(matched(met, due))


@pytest.mark.soak
def test_a_measure_of_other_people_is_released():
    met, due = two_months(at_the_start() + 300)
    assert not told(matched(met, due), released(met, due))


@pytest.mark.parametrize("counts", ["people", None])
def test_a_verified_count_of_those_who_started_is_alike(counts):
    n = at_the_start()
    assert "counts.started is as large" in counted(n, counts=counts)
    assert "counts.started.persons is as large" in counted(900, persons=n, counts=counts)
    assert not counted(n + 300, counts=counts)


def test_things_of_the_same_number_are_not():
    assert not counted(at_the_start(), counts="things")


@pytest.mark.parametrize(
    "words", ["{} people joined.", "All {} young people were seen.", "Cafodd {} o bobl gymorth."]
)
def test_the_number_of_those_who_started_in_words_is_alike(words):
    n = at_the_start()
    assert "contract.summary is as large" in in_words(words.format(n))
    assert not in_words(words.format(n + 300))
    assert not in_words(words.format(f"{n},{n:03}"))  # forty-three thousand, not forty-three


def test_what_a_measure_holds_back_is_told_by_no_words():
    """496 of 500 are held back, since 4 are not among them."""
    numbers = (496, 480, 470), (500, 500, 500)
    assert "[c]" in released(*numbers).kpis[0].table.frame["count"].tolist()
    assert "what performance-started holds back" in in_words(
        "Of them, 496 people met it.", *numbers
    )
    assert not in_words("Of them, 480 people met it in May.", *numbers)  # which is shown


def test_where_somebody_answers_the_record_does_not_say_which_two_numbers_are_alike():
    n = at_the_start()
    evaluation = matched((n - 12,), (n,))
    rule = evaluation.spec.publication.disclosure
    by = Reviewed(output=TOLD_ELSEWHERE, by="A. Person", date="2026-01-05", reason="Other people.")
    rule = rule.model_copy(update={"reviewed": (by,)})
    publication = evaluation.spec.publication.model_copy(update={"disclosure": rule})
    reviews = release(with_spec(evaluation, publication=publication)).reviews
    answered = [review for review in reviews if review.output == TOLD_ELSEWHERE]
    assert [review.status for review in answered] == ["review"]
    assert not answered[0].cells
    assert not re.search(r"started|groups|\d", answered[0].reason)
