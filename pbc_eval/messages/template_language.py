"""Messages on their way onto a page: translated, escaped, and marked with their language.

Sentences that no catalogue holds stay English, so the page as a whole is English (``lang`` of its
html element) and each translated text says that it is not, for those who have it read to them.
"""

from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape

from pbc_eval.messages.catalogue import SOURCE, translations
from pbc_eval.messages.message import Message

MARK = Markup('<span lang="{}">{}</span>')


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one language. What has no translation is English, never empty."""

    code: str = SOURCE

    def written(self, value: Any) -> Any:
        """What a template writes for a value: a Message in this language, all else as it is."""
        return self._said(value, SOURCE) if isinstance(value, Message) else value

    def looked_up(self, text: str) -> str:
        """Words that this program wrote into results.json, in this language."""
        return self._said(Message(text), SOURCE)

    def plain(self, text: str) -> str:
        """For an attribute, which holds no element; its element then carries ``lang_of``."""
        return translations(self.code).get(text, text)

    def lang_of(self, text: str) -> Markup:
        """The attribute that says in which language ``text`` is, where that is not English."""
        is_translated = text in translations(self.code)
        return Markup(' lang="{}"').format(self.code) if is_translated else Markup("")

    def gettext(self, text: str) -> str:
        """A text of a template. The English is the template's own; a translation is escaped."""
        translated = translations(self.code).get(text)
        return text if translated is None else MARK.format(self.code, translated)

    def ngettext(self, one: str, many: str, number: int) -> str:
        """The same by number; catalogues hold whole sentences instead of plural forms."""
        return self.gettext(one if number == 1 else many)

    def _said(self, message: Message, around: str) -> str:
        translated = translations(self.code).get(message.key)
        if translated is None:
            return str(message) if around == SOURCE else MARK.format(SOURCE, str(message))
        text = escape(translated)
        if message.named:
            text %= {name: self._part(value) for name, value in message.named.items()}
        return text if around == self.code else MARK.format(self.code, text)

    def _part(self, value: object) -> Any:
        return self._said(value, self.code) if isinstance(value, Message) else value


def speak(environment: Environment, code: str) -> None:
    """Have a template environment write in a language: ``_("…")`` in templates, and Messages.

    ``plain`` and ``lang_of`` are for attributes, ``looked_up`` for words read from results.json.
    Raises PublicationError for a language without a catalogue.
    """
    translations(code)
    words = Words(code)
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # by the extension
        words.gettext, words.ngettext, newstyle=True
    )
    environment.finalize = words.written
    environment.globals.update(plain=words.plain, lang_of=words.lang_of)
    environment.filters["looked_up"] = words.looked_up
