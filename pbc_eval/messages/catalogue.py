"""The catalogues of translated messages: one <code>.po file a language, in gettext's format.

The one home of Babel. The English text is the key; English itself has no catalogue.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import PoFileError, read_po

from pbc_eval._validate import check_choice
from pbc_eval.errors import PublicationError

FOLDER = Path(__file__).parent
TEMPLATE = FOLDER / "messages.pot"
SOURCE = "en"
_CONFIRMED = re.compile(r'^"X-Confirmed-By:([^"]*?)(?:\\n)?"$', re.MULTILINE)
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def languages(folder: Path = FOLDER) -> tuple[str, ...]:
    """Codes of the languages that pages can be in: English, then those with a catalogue."""
    return (SOURCE, *sorted(path.stem for path in folder.glob("*.po")))


@cache
def translations(code: str, folder: Path = FOLDER) -> Mapping[str, str]:
    """English text to its translation; none of what is untranslated, fuzzy or obsolete.

    Raises PublicationError for a language without a catalogue, a file that is not one, and a
    translation whose placeholders are not those of its English text.
    """
    check_choice("report", "language", code, list(languages(folder)), PublicationError)
    if code == SOURCE:
        return MappingProxyType({})
    file = folder / f"{code}.po"
    try:
        with file.open("rb") as stream:
            catalogue = read_po(stream, locale=code, abort_invalid=True)
    except (PoFileError, UnicodeDecodeError, ValueError) as broken:
        raise PublicationError(f"{file.name}: is not a catalogue of messages ({broken}).") from None
    found = {
        str(one.id): str(one.string)
        for one in catalogue
        if one.id and isinstance(one.id, str) and one.string and not one.fuzzy
    }
    for key, text in found.items():
        if placeholders(key) != placeholders(text):
            raise PublicationError(
                f"{file.name}: the translation of {key!r} must hold the placeholders of the "
                f"English, {sorted(placeholders(key)) or 'none'}, got "
                f"{sorted(placeholders(text)) or 'none'}. Correct it, or leave it empty."
            )
    return MappingProxyType(found)


@cache
def confirmed_by(code: str, folder: Path = FOLDER) -> str:
    """Who confirmed the translation, as its header says; empty for a draft. English needs nobody.

    Raises PublicationError for a language without a catalogue.
    """
    check_choice("report", "language", code, list(languages(folder)), PublicationError)
    if code == SOURCE:
        return "the authors"
    found = _CONFIRMED.search((folder / f"{code}.po").read_text(encoding="utf-8"))
    return found[1].strip() if found else ""


def placeholders(text: str) -> frozenset[str]:
    """The names in ``%(name)s`` that a text holds."""
    return frozenset(_PLACEHOLDER.findall(text))
