"""The catalogues of translated messages: one <code>.po file a language, in gettext's format.

The English text is the key; English itself has no catalogue.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from babel.messages.pofile import PoFileError, read_po

from pbc_eval._validate import check_choice
from pbc_eval.errors import PublicationError
from pbc_eval.messages import number_formats
from pbc_eval.messages.sentence import pieces

FOLDER = Path(__file__).parent
TEMPLATE = FOLDER / "messages.pot"
SOURCE = number_formats.SOURCE
_CONFIRMED = re.compile(r'^"X-Confirmed-By:([^"]*?)(?:\\n)?"$', re.MULTILINE)


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
    held = {
        str(message.id): str(message.string)
        for message in catalogue
        if message.id and isinstance(message.id, str) and message.string and not message.fuzzy
    }
    for key, text in held.items():
        if placeholders(key) != _placeholders_or_none(text):
            raise PublicationError(
                f"{file.name}: the translation of {key!r} must hold the placeholders of the "
                f"English, {sorted(placeholders(key)) or 'none'}, got "
                f"{sorted(_placeholders_or_none(text)) or 'none'}. Correct it, or leave it empty."
            )
    return MappingProxyType(held)


@cache
def confirmed_by(code: str, folder: Path = FOLDER) -> str:
    """Who confirmed the translation, as its header says; empty for a draft. English needs nobody.

    Raises PublicationError for a language without a catalogue.
    """
    check_choice("report", "language", code, list(languages(folder)), PublicationError)
    if code == SOURCE:
        return "the authors"
    header = _CONFIRMED.search((folder / f"{code}.po").read_text(encoding="utf-8"))
    return header[1].strip() if header else ""


def placeholders(text: str) -> frozenset[str]:
    """The names in ``{name}`` that a text holds. Raises ValueError for braces that are none."""
    return frozenset(place for _, place in pieces(text) if place)


def _placeholders_or_none(text: str) -> frozenset[str]:
    try:
        return placeholders(text)
    except ValueError:
        return frozenset({"braces that hold no name"})
