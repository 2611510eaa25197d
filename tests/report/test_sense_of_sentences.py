"""Every sentence of every example agrees in number and can be meant."""

import re

import pytest
from evaluations import EACH, evaluation_of
from pages import Reader
from sense import nonsense_in
from shown import page_html

from pbc_eval.disclosure import release


@pytest.mark.parametrize(
    "sentence",
    [
        "All 1 outputs passed the disclosure review.",
        "Nothing is exact where a step rests on one estimate.",
        "It rests on 1 units.",
        "The sum of 3 clause.",
        "2 of 1 rows were read.",
        "1 cells are held back.",
        "12 contracts has been read.",
        "It rose by 3% points.",
        "Of the the programme.",
        "A value of nan.",
        "It is due..",
    ],
)
def test_the_rules_find_what_is_wrong(sentence):
    assert nonsense_in(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The one output passed the disclosure review.",
        "1 of 40 units was left out; 2 units were.",
        "One less is paid than 12 contracts have.",
        "Schedule 2, para 4 names 3 clauses.",
        "It rose by 3 percentage points, 12% of the level without it.",
    ],
)
def test_the_rules_leave_sense_alone(sentence):
    assert nonsense_in(sentence) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", EACH)
def test_every_sentence_of_an_example_makes_sense(name):
    html = page_html(release(evaluation_of(name)))
    html = re.sub(r"<(script|style|svg|code|pre)\b.*?</\1>", " ", html, flags=re.DOTALL)
    block = r"</?(?:p|li|td|th|dt|dd|h\d|caption|figcaption|div|summary|tr|span)\b[^>]*>"
    blocks = re.split(block, html)
    texts = {Reader(block).text for block in blocks}
    wrong = sorted({problem for text in texts for problem in nonsense_in(text)})
    assert not wrong, "\n".join(wrong)
