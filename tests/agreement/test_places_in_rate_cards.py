"""A clause that was made from a rate card is named by its card and line, which are in the file."""

import re

import pytest
from evaluations import copy_of

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.next_steps import next_steps, texts_by_key
from pbc_eval.agreement.payment_rates import is_of_card, place_in_card, with_rated_clauses
from pbc_eval.agreement.yaml_file import parts_of
from pbc_eval.disclosure.stated import words_of_few
from pbc_eval.errors import SpecError

pytestmark = pytest.mark.slow  # an evaluation of 64 prices is loaded


@pytest.fixture
def home(tmp_path):
    return copy_of("care-leavers", tmp_path)


def edited(home, before, after, count=1):
    file = home / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(re.sub(before, after, text, count=count), encoding="utf-8")
    return home


def test_a_text_of_a_card_is_told_once_at_its_own_key(home):
    spec = load_evaluation(edited(home, "Feels safe", "Three people feel safe"))
    keys = [key for key, _ in texts_by_key(spec.model_dump(exclude_defaults=True))]
    assert not [key for key in keys if key.startswith("payment.clauses")]
    few = words_of_few(spec, DisclosureRule(counts="people"))
    assert few == ["payment.rate_cards[1].prices[3].label: 'Three people'"]
    assert not [step for step in next_steps(spec) if "payment.clauses" in step]


def test_problems_name_the_card_and_its_line_and_do_not_ask_for_clauses(home):
    with pytest.raises(SpecError) as refused:
        load_evaluation(edited(home, r"price: \d+", "price: -5", count=3))
    lines = str(refused.value).splitlines()[1:]
    assert len(lines) == 3
    for at, line in enumerate(lines, start=1):
        assert f"payment.rate_cards[1].prices[{at}].price: must not be negative" in line


def test_each_clause_of_a_card_has_its_place_in_the_file(home):
    file = parts_of((home / "evaluation.yaml").read_text(encoding="utf-8"))["payment"]
    made = with_rated_clauses(file)["clauses"]
    assert len(made) == 64
    for at, clause in enumerate(made):
        _, card, _, line = place_in_card(file, at)
        assert file["rate_cards"][card]["prices"][line]["id"] == clause["claims_of"]
        assert is_of_card(clause, file)
    assert place_in_card(file, 64) is None
    own = {**file, "clauses": [{"id": "fee", "type": "fixed_fee"}]}
    assert place_in_card(own, 0) is None
    assert place_in_card(own, 1) == ("rate_cards", 0, "prices", 0)
    assert not is_of_card(own["clauses"][0], own)
