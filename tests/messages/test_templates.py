"""Every template in the package is read: none holds a count of people in its own words."""

import ast
import re

import pytest
from evaluations import PROJECT
from languages import known
from source import tree_of

from pbc_eval.messages.catalogue import SOURCE, languages, translations

PACKAGE = PROJECT / "pbc_eval"
MAKES_TEMPLATES = {PACKAGE / "messages" / name for name in ("sentence.py", "values.py")}
MAKES_TEMPLATES.add(PACKAGE / "messages" / "template_language.py")
NUMBER = r"(?:\d[\d,.]*|one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|single)"
WHO = (
    r"(?:units?|people|persons?|participants?|women|men|children|pupils?|patients?|households?"
    r"|firms?|hospitals?|rows?|observations?|cases?|treated|matched|unmatched|who)"
)
BESIDE = re.compile(rf"\b{NUMBER}\b(?: (?!at\b|by\b|from\b)[\w-]+){{0,2}}? {WHO}\b", re.IGNORECASE)
BARE = re.compile(r"\bn ?= ?\d|\(\d{1,3}\)|\b\d+ ?/ ?\d+\b")
NO_COUNTS = {  # read by a person: rules and turns of phrase, which count nobody in the data
    "{inference} needs two treated units in every cohort and two comparisons",
    "fewer than two matched sets",
    "within one of the matched groups some covariate does not vary or follows from the others, so "
    "its slope there is unknown and separate slopes would extrapolate. Use method='regression' or "
    "'difference'.",
    "repeated cross-sections: a unit here is one row of the data",
    "among the treated observations of one period",
    "among the comparison observations of one period",
}


def calls():
    """Each call that makes a Sentence, with its file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path in MAKES_TEMPLATES:
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield path, node


def templates():
    assert len(known()) > 400
    return sorted(known())


def counts_people(text):
    return bool(BESIDE.search(text) or BARE.search(text))


@pytest.mark.parametrize(
    "text",
    ["three people", "n=3", "3/185 people", "4 women", "cohort of one unit", "2 treated units",
     "two of the matched", "1989 (3)", "a single treated unit", "12 further comparison units"],
)  # fmt: skip
def test_the_reading_itself_finds_counts_in_words(text):
    assert counts_people(text)


@pytest.mark.slow
def test_no_template_counts_people_in_its_own_words():
    assert [text for text in templates() if counts_people(text) and text not in NO_COUNTS] == []


def test_what_is_excused_is_still_there():
    assert {*templates()} >= NO_COUNTS


@pytest.mark.parametrize("code", sorted({*languages()} - {SOURCE}))
def test_no_translation_adds_a_number(code):
    for key, text in translations(code).items():
        assert sorted(re.findall(r"\d+", text)) == sorted(re.findall(r"\d+", key)), key


@pytest.mark.slow
def test_every_template_is_a_literal_so_that_it_can_be_read():
    constants = {}
    for path, call in calls():
        if call.func.id != "Sentence" or not call.args:
            continue
        template = call.args[0]
        if isinstance(template, ast.Name):
            if path not in constants:
                tree = ast.parse(path.read_text(encoding="utf-8"))
                constants[path] = {
                    target.id
                    for node in tree.body
                    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                    for target in node.targets
                    if isinstance(target, ast.Name)
                }
            assert template.id in constants[path], f"{path.name}:{call.lineno}"
        elif not (isinstance(template, ast.Attribute) and template.attr == "template"):
            assert isinstance(template, ast.Constant), f"{path.name}:{call.lineno}"


@pytest.mark.slow
def test_no_name_is_put_together_from_numbers():
    """A label is told as it is, so nothing may be written into it on the way."""
    for path, call in calls():
        if call.func.id in ("Name", "Period", "as_typed"):
            for argument in call.args:
                assert not isinstance(argument, ast.JoinedStr), f"{path.name}:{call.lineno}"
