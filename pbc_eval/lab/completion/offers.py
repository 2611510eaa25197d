"""What an editor may offer at a cursor in evaluation.yaml or portfolio.yaml.

    name, text, offset, folder ── offers_at ▶ Offers: start, end, Offer …

Keys and values come from the models by which the file is checked, names of columns from the table
that the place is about, ids from the file itself.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.lab.completion import names
from pbc_eval.lab.completion.place import Place, place_of
from pbc_eval.lab.completion.schema import Form, Schema, fitting, schema_of, words_of

_PLAIN = re.compile(r"[A-Za-z_][\w()/%.-]*( [\w()/%.-]+)*")
_NO_WORDS = {"true", "false", "null"}  # text that YAML takes for something else
_STEP = "  "


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to write: what is shown, what is put in, what it is in short, and in full."""

    label: str
    text: str
    kind: str
    about: str


@dataclass(frozen=True, slots=True)
class Offers:
    """What may stand in place of the characters from ``start`` to ``end``."""

    start: int
    end: int
    offers: tuple[Offer, ...]


def offers_at(name: str, text: str, offset: int, folder: Path) -> Offers:
    """What may be written at ``offset``, in characters, of a file called ``name`` in ``folder``.

    Keys that are there already are left out; those that are needed come first. Empty where nothing
    can be told. Raises KeyError for a file that has no schema.
    """
    schema = schema_of(name)
    place = place_of(text, offset)
    if place is None:
        return Offers(offset, offset, ())
    forms = schema.at(place.path, place.tree)
    every: list[Offer] = []
    if place.is_key:
        every += _keys(schema, place, fitting(forms, place.beside), folder)
    if place.is_key and not place.beside and not place.in_flow:
        every += _first_of_a_list(schema, place, forms, folder)
    if not place.is_key or not place.beside:  # a word by itself may be a value
        every += _values(place, forms, folder)
    wanted = place.written.lower()
    shown: dict[str, Offer] = {}
    for offer in every:
        if wanted in offer.label.lower():
            shown.setdefault(offer.label, offer)
    order = sorted(shown.values(), key=lambda offer: not offer.label.lower().startswith(wanted))
    return Offers(place.start, place.end, tuple(order))


def _keys(schema: Schema, place: Place, forms: Sequence[Form], folder: Path) -> Iterator[Offer]:
    """The keys that every form has which the mapping may still become: needed ones first, those of
    a table's layout last."""
    mappings = [form for form in forms if form.is_mapping]
    shared = [key for key in (mappings[0].keys if mappings else ())
              if all(key in form.keys for form in mappings)]  # fmt: skip
    open_to = [key for key in shared if key not in place.beside]
    needed = {key for key in open_to
              if all(key in form.schema.get("required", ()) for form in mappings)}  # fmt: skip
    layout = TableLayout.model_fields
    for key in sorted(open_to, key=lambda key: (key not in needed, key in layout)):
        below = [form for one_of in mappings for form in schema.forms(one_of.keys[key])]
        about = next((form.description for form in below if form.description), "")
        values = list(dict.fromkeys(word for form in below for word in words_of(form.schema)))
        about += f" One of: {', '.join(values)}." if len(values) > 1 else ""
        kind = "needed" if key in needed else "key"
        yield Offer(key, key + _after_key(place, below), kind, about)
    for form in mappings:
        if form.names_columns and not form.keys:
            for column in names.columns_at(folder, place.tree, place.path):
                if column not in place.beside:
                    colon = "" if place.has_colon else ": "
                    yield Offer(column, _written(column) + colon, "column", form.description)


def _first_of_a_list(
    schema: Schema, place: Place, forms: Sequence[Form], folder: Path
) -> Iterator[Offer]:
    """The keys of the first of a list that has none yet, each behind a dash."""
    inside = replace(place, path=(*place.path, 0), column=place.column + len(_STEP))
    items = [item for form in forms for item in schema.items(form, 0)]
    for offer in _keys(schema, inside, items, folder):
        yield replace(offer, text=f"- {offer.text}")


def _after_key(place: Place, below: Sequence[Form]) -> str:
    """What follows a key: its colon, and a line of its own for what has keys itself."""
    if place.has_colon:
        return ""
    line = "\n" + " " * place.column + _STEP
    if place.in_flow or any(form.schema != below[0].schema for form in below[1:]):
        return ": "
    if below[0].is_mapping:
        return f":{line}"
    items = below[0].schema.get("items", {})
    return f":{line}- " if "$ref" in items or "oneOf" in items else ": "


def _values(place: Place, forms: Sequence[Form], folder: Path) -> Iterator[Offer]:
    """The values that the schema lists, and names that it asks for."""
    for form in forms:
        is_list = form.schema.get("type") == "array"
        listed = words_of(form.schema.get("items", {}) if is_list else form.schema)
        for word in listed:
            yield _value(place, word, "value", form)
        if form.schema.get("type") not in ("string", "array"):
            continue
        for column in _columns(place, form, folder):
            yield _value(place, column, "column", form)
        if form.names_an_outcome:
            for outcome in names.outcome_ids(place.tree):
                yield _value(place, outcome, "outcome", form)
        if place.path and str(place.path[-1]).endswith("file"):
            for file in names.files_beside(folder):
                yield _value(place, file, "file", form)


def _columns(place: Place, form: Form, folder: Path) -> Iterator[str]:
    if form.names_headings:
        yield from names.headings_at(folder, place.tree, place.path)
    elif form.names_columns:
        siblings = _siblings(place)
        every = names.columns_at(folder, place.tree, place.path)
        yield from (column for column in every if column not in siblings)


def _siblings(place: Place) -> Sequence[Any]:
    """What else stands in the list of which a value is one."""
    if not place.path or not isinstance(place.path[-1], int):
        return ()
    here = place.tree
    for part in place.path[:-1]:
        if isinstance(here, Mapping):
            here = here.get(str(part))
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return ()
    return here if isinstance(here, list) else ()


def _value(place: Place, word: str, kind: str, form: Form) -> Offer:
    text = word if kind == "value" and word in _NO_WORDS else _written(word)
    if form.schema.get("type") == "array":
        text = f"[{text}]" if not place.is_key or place.in_flow else f"- {text}"
    return Offer(word, text, kind, form.description)


def _written(word: str) -> str:
    """A word as YAML that reads back as that word."""
    if _PLAIN.fullmatch(word) and word.lower() not in _NO_WORDS:
        return word
    return "'" + word.replace("'", "''") + "'"


__all__ = ["Offer", "Offers", "offers_at"]
