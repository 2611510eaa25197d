"""Messages and catalogues: English wherever they stand, escaped on a page, checked when read."""

import datetime as dt
import re
from typing import get_args

import pytest
from evaluations import PROJECT, change, copy_of
from languages import extraction, known, speaking

from pbc_eval.agreement.contract import Language
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure.sentences import released_sentence
from pbc_eval.errors import PublicationError, SpecError
from pbc_eval.messages import catalogue
from pbc_eval.messages.catalogue import (
    SOURCE,
    confirmed_by,
    languages,
    placeholders,
    translations,
)
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.template_language import Words
from pbc_eval.messages.values import PEOPLE, Date, Money, Name, Share, Units
from pbc_eval.publish.notebook import sanitise
from pbc_eval.report import html as writing

# --- sentences ---


def test_a_sentence_is_its_english_text_wherever_it_is_not_written_on_a_page():
    lower = Sentence("{size} lower", size=Share(0.05))
    assert (lower, lower.template, f"{lower}") == ("5% lower", "{size} lower", "5% lower")
    assert Sentence("100 % sure") == "100 % sure"


def test_what_stands_in_a_sentence_is_escaped_and_says_its_own_language():
    values = {"a": Sentence("dog"), "b": Sentence("cat <b>"), "c": Name("<i>")}
    with speaking({"{a}, {b}, {c}": "{b} a {a} a {c}", "dog": "ci"}):
        assert Words("cy").written(Sentence("{a}, {b}, {c}", **values)) == (
            '<span lang="cy"><span lang="en">cat &lt;b&gt;</span> a ci a &lt;i&gt;</span>'
        )
        assert Words("cy").written(Sentence("{x} runs", x=Sentence("dog"))) == "dog runs"
        assert Words("cy").written("dog") == "dog"  # text of a user, not of the catalogue


def test_values_are_written_as_the_language_writes_them():
    due = Sentence("Due {day}: {amount}", day=Date(dt.date(2026, 3, 31)), amount=Money(1234, "USD"))
    assert due == "Due 31 March 2026: $1,234"
    assert Words("cy").written(due) == due  # not translated: English as a whole
    with speaking({"Due {day}: {amount}": "{amount} erbyn {day}"}):
        assert Words("cy").written(due) == '<span lang="cy">US$1,234 erbyn 31 Mawrth 2026</span>'


def test_words_that_stand_for_a_count_that_is_held_back_are_translated_too():
    lost = released_sentence(Sentence("{n} were lost", n=Units(3, PEOPLE)), DisclosureRule())
    welsh = {"{n} were lost": "collwyd {n}", "fewer than {threshold}": "llai na {threshold}",
             "people": "o bobl"}  # fmt: skip
    with speaking(welsh):
        assert Words("cy").written(lost) == '<span lang="cy">collwyd llai na 10 o bobl</span>'


@pytest.mark.parametrize("value", ["cy", "en", 'cy" onclick="a()', "x-very-long-tag"])
def test_only_codes_of_languages_pass_as_lang(value):
    clean = sanitise(f"<span lang='{value}'>a</span>")
    assert clean == (f'<span lang="{value}">a</span>' if len(value) == 2 else "<span>a</span>")


# --- catalogues ---


def test_the_list_of_messages_is_up_to_date():
    written = catalogue.TEMPLATE.read_text(encoding="utf-8")
    assert written == extraction().pot_text(), "run python tools/make_messages.py"


def test_the_page_on_languages_says_how_many_texts_are_left():
    """``tools/make_messages.py`` writes none of it: correct the sentence by hand."""
    every = len(known())
    left = every - len(translations("cy"))
    page = (PROJECT / "docs" / "languages.md").read_text(encoding="utf-8")
    assert f"catalogue, {left} of {every} have no Welsh draft yet" in page


@pytest.mark.parametrize("code", sorted({*languages()} - {SOURCE}))
def test_a_catalogue_holds_no_stale_message_and_says_who_confirmed_it(code):
    held = translations(code)
    assert {*held} <= known()
    assert "#~" not in (catalogue.FOLDER / f"{code}.po").read_text(encoding="utf-8")
    for key, text in held.items():
        assert placeholders(key) == placeholders(text)
        assert text == key.replace(key.strip(), text.strip())  # spaces around it are the source's
        assert text.endswith((".", ":", "?")) == key.endswith((".", ":", "?")), key


def test_the_welsh_catalogue_says_that_it_is_a_draft():
    head = (catalogue.FOLDER / "cy.po").read_text(encoding="utf-8").partition("msgid")[0]
    assert "A DRAFT" in head


def test_files_of_agreements_admit_the_languages_that_there_are():
    assert {*get_args(Language)} == {*languages()}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('msgid "Draft {n}"\nmsgstr "Drafft"\n', r"fr.po.*must hold the placeholders.*\['n'\]"),
        ('msgid "Draft"\nmsgstr "{n}"\n', r"fr.po.*placeholders.*none, got \['n'\]"),
        ('msgid "Draft"\nmsgstr "{n.x}"\n', r"fr.po.*placeholders.*braces that hold no name"),
        ("<html>", r"fr.po: is not a catalogue of messages"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path, body, message):
    (tmp_path / "fr.po").write_text(body, encoding="utf-8")
    with pytest.raises(PublicationError, match=message):
        translations("fr", tmp_path)


def test_doubtful_and_empty_translations_are_left_out(tmp_path):
    (tmp_path / "fr.po").write_text(
        'msgid "Draft"\nmsgstr ""\n\n#, fuzzy\nmsgid "Final"\nmsgstr "Finale"\n\n'
        'msgid "Money"\nmsgstr "Argent"\n',
        encoding="utf-8",
    )
    assert dict(translations("fr", tmp_path)) == {"Money": "Argent"}


def test_an_unknown_language_is_refused_with_those_known(tmp_path):
    folder = copy_of("one-service", tmp_path)
    change(folder / "evaluation.yaml", "publication:\n", "publication:\n  language: welsh\n")
    with pytest.raises(SpecError, match=r"language.*'en' or 'cy'"):
        load_evaluation(folder)
    with pytest.raises(PublicationError, match="language must be one of en, cy; got 'fr'"):
        translations("fr")


# --- templates ---


def test_templates_translate_no_text_within_an_attribute_as_an_element():
    """An attribute holds no element: plain() goes there, and its element says its language."""
    for file in writing.TEMPLATES.rglob("*.j2"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r'="[^"<>]*\{\{ _\(', text), file.name
        assert text.count("plain(") <= text.count("{{ lang_of("), file.name
        assert not re.search(r"<(option|title|textarea)\b[^>]*>[^<]*\{\{ _\(", text), file.name


def test_a_catalogue_says_who_confirmed_it(tmp_path):
    for code, header in (
        ("fr", '"X-Confirmed-By: A. Martin, 2026\\n"'),
        ("de", '"Language: de\\n"'),
    ):
        (tmp_path / f"{code}.po").write_text(f'msgid ""\nmsgstr ""\n{header}\n', encoding="utf-8")
    assert confirmed_by("fr", tmp_path) == "A. Martin, 2026"
    assert confirmed_by("de", tmp_path) == ""
    assert confirmed_by("en")
    assert confirmed_by("cy") == ""  # to be changed by whoever confirms it
    with pytest.raises(PublicationError, match="language"):
        confirmed_by("xx", tmp_path)
