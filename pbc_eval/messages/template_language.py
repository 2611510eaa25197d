"""Sentences on their way onto a page: translated, escaped, and marked with their language.

Sentences that no catalogue holds stay English, so the page as a whole is English (``lang`` of its
html element) and each translated text says that it is not, for those who have it read to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from pbc_eval.messages.catalogue import SOURCE, translations
from pbc_eval.messages.sentence import Part, Sentence, Value, in_english, is_wordless, pieces
from pbc_eval.messages.values import Name

MARK = Markup('<span lang="{}">{}</span>')


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. What has no translation is English, never empty."""

    code: str = SOURCE

    def written(self, value: Any) -> Any:
        """What a template writes for a value: a Sentence in this language, all else as it is."""
        return self._translated(value, SOURCE) if isinstance(value, Sentence) else value

    def looked_up(self, text: str) -> str:
        """Words that this program wrote into results.json, in this language."""
        translated = translations(self.code).get(text)
        return text if translated is None else MARK.format(self.code, translated)

    def plain(self, text: str) -> str:
        """For an attribute, which holds no element; its element then carries ``lang_of``."""
        return translations(self.code).get(text, text)

    def lang_of(self, text: str) -> Markup:
        """The attribute that says in which language ``text`` is, where that is not English."""
        is_translated = text in translations(self.code)
        return Markup(' lang="{}"').format(self.code) if is_translated else Markup("")

    def in_template(self, text: str, **values: Any) -> Markup:
        """A text of a template, which is escaped there; values that are no typed ones are text."""
        typed = {name: _typed(value) for name, value in values.items()}
        if text not in translations(self.code):
            return self._filled(text, typed, SOURCE, is_markup=True)
        return Markup(self._translated(Sentence(text, **typed), SOURCE))  # noqa: S704 escaped

    def _translated(self, sentence: Sentence, around: str, *, begins: bool = True) -> str:
        """A sentence within text in the language ``around``."""
        if self.code == SOURCE:
            return in_english(sentence.template, sentence.values, begins=begins)
        if is_wordless(sentence.template) and sentence.template not in translations(self.code):
            return self._filled(sentence.template, sentence.values, around, begins=begins)
        translated = translations(self.code).get(sentence.template)
        if translated is None:
            english = in_english(sentence.template, sentence.values, begins=begins)
            return english if around == SOURCE else MARK.format(SOURCE, english)
        text = self._filled(translated, sentence.values, self.code, begins=begins)
        return text if around == self.code else MARK.format(self.code, text)

    def _filled(
        self,
        template: str,
        values: Mapping[str, Part],
        around: str,
        *,
        begins: bool = True,
        is_markup: bool = False,
    ) -> Markup:
        text = Markup("")
        for literal, place in pieces(template) if values else ((template, None),):
            text += Markup(literal) if is_markup else literal  # noqa: S704 the template's own
            if place is not None:
                text += self._part(values[place], around, begins=begins and not text)
        return text

    def _part(self, part: Part, around: str, *, begins: bool) -> str:
        written = part.written(around) if isinstance(part, Value) else part
        if not isinstance(written, Sentence):
            return escape(written)
        text = self._translated(written, around, begins=begins)
        if begins and isinstance(part, Value) and part.replaces_a_number:
            # Within markup the letter stands in an element; a capital there is left to its words.
            text = text[:1].upper() + text[1:] if not isinstance(text, Markup) else text
        return text


def _typed(value: Any) -> Part:
    return value if isinstance(value, Value | Sentence) else Name(value)


def speak(environment: Environment, code: str) -> None:
    """Have a template environment write in a language: ``_("…")`` in templates, and Sentences.

    ``plain`` and ``lang_of`` are for attributes, ``looked_up`` for words read from results.json.
    Raises PublicationError for a language without a catalogue.
    """
    translations(code)
    words = Words(code)
    environment.finalize = words.written
    environment.globals.update(_=words.in_template, plain=words.plain, lang_of=words.lang_of)
    environment.filters["looked_up"] = words.looked_up
