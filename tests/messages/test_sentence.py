"""Sentences: text wherever text is needed, templates and typed values to those who ask."""

import copy
import json
import pickle

import pandas as pd
import pytest

from pbc_eval.messages.sentence import EMPTY, Claim, Sentence, is_wordless, pieces
from pbc_eval.messages.values import (
    TREATED_UNITS,
    UNITS,
    Breakdown,
    Chance,
    Effect,
    Level,
    Listed,
    Name,
    Names,
    Number,
    PValue,
    Share,
    Size,
    Units,
    as_typed,
    capitalised,
    joined,
)
from pbc_eval.results import frame_with_sentences

LOST = Sentence("{lost} found no match", lost=Units(2, TREATED_UNITS, of=185, share_decimals=1))


def test_a_sentence_is_its_english_text():
    assert LOST == "2 of 185 treated units (1.1%) found no match"
    assert f"{LOST}." == str(LOST) + "."
    assert json.dumps(LOST) == '"2 of 185 treated units (1.1%) found no match"'


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))]
)
def test_copies_and_processes_keep_its_types(copied):
    said = Sentence("{it}, x", Claim(kind="causal", certainty="open"), it=LOST)
    again = copied(said)
    assert (again, again.template, again.values, again.claim) == (
        said, said.template, said.values, said.claim,
    )  # fmt: skip


def test_what_is_made_of_its_text_is_plain_text():
    for made in (LOST + ".", f"{LOST}", LOST.upper(), LOST[:3], ", ".join([LOST])):
        assert not isinstance(made, Sentence)


@pytest.mark.parametrize(
    ("template", "values"),
    [
        ("{a} and {b}", {"a": Number(1)}),
        ("{a}", {"a": Number(1), "b": Number(2)}),
        ("none", {"a": Number(1)}),
        ("{a.b}", {"a": Number(1)}),
        ("{a:>9}", {"a": Number(1)}),
        ("{a!r}", {"a": Number(1)}),
        ("{0}", {}),
    ],
)
def test_places_are_names_and_each_has_its_value(template, values):
    with pytest.raises(ValueError, match=r"place"):
        Sentence(template, **values)


@pytest.mark.parametrize("hostile", ["{lost}", "{0.__class__}", "%s %(x)s", "<b>&amp;</b>", "{{}}"])
def test_a_name_is_text_whatever_it_looks_like(hostile):
    said = Sentence("{label}: {lost}", label=Name(hostile), lost=Units(2, UNITS))
    assert said == f"{hostile}: 2 units"
    assert as_typed(hostile) == hostile


def test_values_are_found_wherever_they_stand():
    nested = Sentence("{a}; {b}", a=LOST, b=Listed((Units(3), Breakdown((Units(4), Units(5))))))
    assert [v.count for v in nested.all_values() if isinstance(v, Units)] == [2, 3, 4, 5]


def test_changing_values_leaves_words_and_claim():
    claim = Claim(kind="association")
    said = Sentence("{a} of {b}", claim, a=Number(1), b=Listed((Number(2), Name("x"))))
    more = said.changed(lambda v: Number(v.value + 1) if isinstance(v, Number) else v)
    assert (more, more.template, more.claim) == ("2 of 3, x", "{a} of {b}", claim)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Units(1, UNITS), "1 unit"),
        (Units(1, UNITS.always_plural), "1 units"),
        (Units(1, UNITS, as_word=True), "one unit"),
        (Units(12_345, TREATED_UNITS), "12,345 treated units"),
        (Names(tuple("abcdef"), 2), "a, b and 4 more"),
        (Number(1234.56, 1), "1,234.6"),
        (Size(0.000123456), "0.000123"),
        (Share(-0.105, 1), "\N{MINUS SIGN}10.5%"),
        (Share(0.105, 1, signed=True), "+10.5%"),
        (Chance(0.9995), "more than 99.9%"),
        (Chance(0.0), "fewer than 0.1%"),
        (Chance(0.25), "25%"),
        (PValue(0.0312), "p = 0.031"),
        (PValue(0.0), "p < 0.001"),
        (Effect(0.052, 1, "percentage points", scale=100), "5.2 percentage points"),
        (Effect(1500, 0, currency="GBP"), "£1,500"),
        (Effect(0.205, 1, relative=True), "20.5%"),
        (Level(0.621, 1, scale=100), "62.1%"),
        (Breakdown((Units(20), Units(3))), ": 20, 3"),
    ],
)
def test_each_kind_of_value_is_written_in_its_way(value, text):
    assert Sentence("{v}", v=value) == text
    assert f"{value}" == text


def test_phrases_are_joined_and_begin_lines():
    assert joined((LOST, Sentence("x"))) == f"{LOST}; x"
    assert joined(()) == EMPTY == ""
    assert capitalised(Sentence("read {n} rows", n=Number(3))) == "Read 3 rows"


def test_templates_without_words_are_the_same_in_every_language():
    assert is_wordless("{a} ({b})")
    assert not is_wordless("{a} of {b}")
    assert pieces("{a} of {b}") == (("", "a"), (" of ", "b"))


def test_a_frame_keeps_its_sentences():
    frame = frame_with_sentences([{"reason": LOST, "n": 1}, {"reason": EMPTY, "n": 2}])
    assert [type(cell) for cell in frame["reason"]] == [Sentence, Sentence]
    assert pd.DataFrame({"reason": [LOST]})["reason"].dtype == "str"  # what pandas would do
