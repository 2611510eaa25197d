"""Sentences tell no small count, whatever their words are; what counts no people stays."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.sentences import HeldBackCounts, released_sentence
from pbc_eval.errors import DisclosureError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import (
    COMPARISON,
    PEOPLE,
    TREATED,
    TREATED_UNITS,
    UNITS,
    Bracketed,
    Breakdown,
    Listed,
    Name,
    Names,
    Number,
    Period,
    Share,
    UnitNames,
    Units,
)

RULE = DisclosureRule()
OFF = DisclosureRule(threshold=0, reason="public")
NOUNS = [None, UNITS, TREATED_UNITS, PEOPLE]


def by_arm(treated, comparison):
    arms = Breakdown((Units(treated, TREATED), Units(comparison, COMPARISON)))
    return Sentence("not matched{arms}", arms=arms)


def two_arms(treated, comparison, total):
    return Sentence(
        "{treated} treated and {comparison} comparison units, {total} in all",
        treated=Units(treated), comparison=Units(comparison), total=Units(total),
    )  # fmt: skip


FOUR = Units(4)
CASES = [
    (
        Sentence(
            "{lost} found no match, and {out}{share} have a score outside.",
            lost=Units(2, TREATED_UNITS, of=185, share_decimals=1),
            out=FOUR, share=Bracketed(Share(4 / 185, 1, of=FOUR)),
        ),
        "Fewer than 10 treated units found no match, and fewer than 10 have a score outside.",
    ),
    (by_arm(2, 15_791), "not matched"),
    (by_arm(20, 15_791), "not matched: 20 treated, 15,791 comparison"),
    (
        Sentence("cohort of {units} ({cohort})", units=Units(1, UNITS, as_word=True),
                 cohort=Period(1989)),
        "cohort of fewer than 10 units (1989)",
    ),
    (
        Sentence("Joint test of {n} effects: F({k}, {df}) = {f}", n=Number(24), k=Number(1),
                 df=Number(66), f=Number(3.91, 2)),
        "Joint test of 24 effects: F(1, 66) = 3.91",
    ),
    (Sentence("within {low} in {n} of {all} covariates", low=Share(0.05), n=Number(9),
              all=Number(12)), "within 5% in 9 of 12 covariates"),
    (two_arms(78, 40, 118), "78 treated and 40 comparison units, 118 in all"),
    (two_arms(8, 40, 48), "Fewer than 10 treated and 40 comparison units, [c] in all"),
    (
        Sentence("too small for the test: {cohorts}", cohorts=Listed(tuple(
            Sentence("{cohort} ({units})", cohort=Period(year), units=Units(n))
            for year, n in ((1989, 3), (1990, 12))))),
        "too small for the test: 1989 (fewer than 10), 1990 (12)",
    ),
    (
        Sentence("missing values: {columns}", columns=Listed(tuple(
            Sentence("{column} {rows}", column=Name(name), rows=Units(n))
            for name, n in (("age", 3), ("income", 14))))),
        "missing values: age fewer than 10, income 14",
    ),
    (Sentence("{n} were lost from sight", n=Units(3, PEOPLE, of=120)),
     "Fewer than 10 people were lost from sight"),
    (Sentence("No balanced sample has more {units} than the {n} chosen (proven).",
              units=TREATED_UNITS.plural, n=Units(7)),
     "No balanced sample has more treated units than the fewer than 10 chosen (proven)."),
    (Sentence("{name} is missing for {n} ({units})", name=Name("'age'"), n=Units(3, UNITS),
              units=UnitNames(("unit-7", "unit-9", "unit-11"))),
     "'age' is missing for fewer than 10 units ([c])"),
    # kinds of numbers that count no people
    (Sentence("not observed in all {n} periods", n=Number(8)), "not observed in all 8 periods"),
    (Sentence("effects of cohort {c} in quarter {q}", c=Period(7), q=Period(9)),
     "effects of cohort 7 in quarter 9"),
    (Sentence("left out: {names}", names=Names(tuple("abcdefgh"))),
     "left out: a, b, c, d, e and 3 more"),
    # a label is a label, whatever it looks like
    (Sentence("{label}: improved", label=Name("3 people <b>and 2 units</b>")),
     "3 people <b>and 2 units</b>: improved"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "expected"), CASES, ids=lambda part: str(part)[:40])
def test_a_sentence_tells_no_small_count_and_keeps_all_else(sentence, expected):
    assert released_sentence(sentence, RULE) == expected
    assert released_sentence(sentence, OFF) == sentence
    again = released_sentence(released_sentence(sentence, RULE), RULE)
    assert again == expected


@pytest.mark.parametrize(
    "words",
    ["three people", "n=3", "3/185 people", "4 women", "one unit", "2 of 185 treated units"],
)
def test_plain_text_is_refused_since_nothing_says_what_its_numbers_count(words):
    with pytest.raises(DisclosureError, match="is plain text and cannot be released"):
        released_sentence(words, RULE)


@pytest.mark.parametrize(
    "template",
    ["n={n}", "{n}/185 people", "only {n} women", "{n}!", "drei: {n}", "x{n}y", "({n}%)", "{n}"],
)
def test_no_wording_around_a_small_count_lets_it_through(template):
    told = released_sentence(Sentence(template, n=Units(3)), RULE)
    assert told.casefold() == template.format(n="fewer than 10")


def test_the_complement_of_a_small_count_is_not_told_with_its_whole():
    nearly_all = Units(183, TREATED_UNITS, of=185, share_decimals=1)
    told = released_sentence(Sentence("{n} found a match", n=nearly_all), RULE)
    assert told == "183 treated units found a match"
    apart = Sentence("{some} of {whole}", some=Units(183), whole=Units(185))
    assert released_sentence(apart, RULE, HeldBackCounts(values=frozenset({2}))) == "183 of [c]"


def test_zeros_are_small_where_the_rule_protects_them():
    rule = DisclosureRule(zeros="protected", reason="a test")
    nobody = Sentence("{n} found no match", n=Units(0, UNITS, of=185, share_decimals=1))
    assert released_sentence(nobody, RULE) == "0 of 185 units (0.0%) found no match"
    assert released_sentence(nobody, rule) == "Fewer than 10 units found no match"


def test_a_sentence_does_not_tell_what_a_table_holds_back():
    held = HeldBackCounts(values=frozenset({40}))
    assert released_sentence(two_arms(78, 40, 118), RULE, held) == (
        "78 treated and [c] comparison units, [c] in all"
    )
    said = Sentence("{n} periods of {rows} rows", n=Number(16), rows=Units(1918))
    held = HeldBackCounts(values=frozenset({16, 1918}))
    assert released_sentence(said, RULE, held) == "16 periods of [c] rows"


def test_a_count_that_says_which_cell_it_repeats_follows_that_cell():
    held = HeldBackCounts(
        values=frozenset({40}), cells=frozenset({"groups/a/units"}), shown={"groups/b/units": 40}
    )
    for key, told in (("a", "[c]"), ("b", "40"), ("unknown", "[c]")):
        one = Sentence("{n}", n=Units(40, cell=f"groups/{key}/units"))
        assert released_sentence(one, RULE, held) == told


def test_a_held_total_takes_one_of_its_parts_along():
    held = HeldBackCounts(values=frozenset({118}))
    assert released_sentence(two_arms(78, 40, 118), RULE, held) == (
        "78 treated and [c] comparison units, [c] in all"
    )


def test_counts_in_sentences_are_rounded_as_in_tables():
    rule = DisclosureRule(rounding=5)
    assert released_sentence(two_arms(78, 41, 119), rule) == (
        "80 treated and 40 comparison units, 120 in all"
    )
    some = Sentence("{n} were chosen", n=Units(183, UNITS, of=404, share_decimals=1))
    assert released_sentence(some, rule) == "185 of 405 units were chosen"
    plain = Sentence("{k} effects in {t} quarters", k=Number(24), t=Number(16))
    assert released_sentence(plain, rule) == "24 effects in 16 quarters"


# --- drawn at random ---

counts = st.integers(0, 400)
words = st.text(alphabet="abc xyz.,:;()=/%$-", max_size=12)


@st.composite
def units(draw):
    whole = draw(st.none() | counts)
    count = draw(counts if whole is None else st.integers(0, whole))
    decimals = draw(st.none() | st.integers(0, 2)) if whole else None
    return Units(count, draw(st.sampled_from(NOUNS)), of=whole or None, share_decimals=decimals)


@st.composite
def sentences(draw):
    """Any words around any counts, nested and listed, among numbers that count no people."""
    texts = draw(st.lists(words, min_size=2, max_size=6))
    several = st.lists(units(), min_size=1, max_size=3).map(tuple)
    kinds = [units(), units().map(lambda u: Sentence("({u})", u=u)),
             several.map(Listed), several.map(Breakdown)]  # fmt: skip
    values = {f"v{at}": draw(st.one_of(kinds)) for at in range(len(texts) - 1)}
    template = "".join(
        text + (f" {{v{at}}} " if f"v{at}" in values else "") for at, text in enumerate(texts)
    )
    return Sentence(template, **values)


def told_counts(sentence):
    return [number for value in sentence.all_values() if isinstance(value, Units)
            for number in value.counts]  # fmt: skip


@pytest.mark.slow
@given(sentences(), st.integers(2, 30), st.sets(counts, max_size=4))
def test_whatever_a_sentence_says_no_small_or_hidden_count_is_left_in_it(said, threshold, hidden):
    rule = DisclosureRule(threshold=threshold, reason="a test")
    told = released_sentence(said, rule, HeldBackCounts(values=frozenset(hidden)))
    left = told_counts(told)
    assert not [n for n in left if 0 < n < threshold or (n in hidden and n >= threshold)]
    gone = {n for n in told_counts(said) if 0 < n < threshold or n in hidden}
    assert not {a - b for a, b in product(left, left) if a > b} & gone
    digits = {
        int(n.replace(",", "")) for n in re.findall(r"(?<![\d.])\d[\d,]*(?![\d%.]|,\d)", told)
    }
    assert digits <= {*left, threshold}


@pytest.mark.slow
@given(sentences())
def test_telling_twice_changes_nothing_more(said):
    told = released_sentence(said, RULE)
    assert released_sentence(told, RULE) == told
