"""What the schema of a file says of a place in it.

    schema, path, tree ── forms_at ▶ Form …: what may stand there, one for each way to write it

A choice among models is narrowed by the key that tells them apart, where it is written, and else by
the keys that are.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE, PortfolioSpec
from pbc_eval.agreement.starter import json_schema
from pbc_eval.agreement.yaml_file import Location
from pbc_eval.publish.report_kinds import EVALUATION_FILE

FILES = (EVALUATION_FILE, PORTFOLIO_FILE)
_COLUMN = re.compile(r"(.*: )?columns?\b", re.IGNORECASE)
_HEADING = re.compile(r"A short name, and the heading")
_ID = re.compile(r"The id of .*\b(outcomes?|count|KPI|profit)\b")


@dataclass(frozen=True, slots=True)
class Form:
    """One way to write a place: its schema, what its key is for, and which key chooses it."""

    schema: Mapping[str, Any]
    description: str = ""
    chosen_by: str = ""

    @property
    def keys(self) -> Mapping[str, Any]:
        """The keys of a mapping with their schemas; none for what is no mapping of known keys."""
        return dict(self.schema.get("properties", {}))

    @property
    def is_mapping(self) -> bool:
        return self.schema.get("type") == "object" or "properties" in self.schema

    @property
    def names_columns(self) -> bool:
        """Is a column of a table to be named here? Descriptions of such keys begin with that."""
        return _COLUMN.match(self.description) is not None

    @property
    def names_headings(self) -> bool:
        return _HEADING.match(self.description) is not None

    @property
    def names_an_outcome(self) -> bool:
        return _ID.match(self.description) is not None


class Schema:
    """The JSON Schema of one kind of file."""

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self.whole = whole

    def forms(self, schema: Mapping[str, Any], description: str = "") -> Iterator[Form]:
        """What a schema comes to, without references and choices; null is not told."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            target = {
                **self.whole["$defs"][name],
                **{k: v for k, v in schema.items() if k != "$ref"},
            }
            yield from self.forms(target, description)
            return
        about = str(description or schema.get("description", ""))
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices and "properties" not in schema:
            by = schema.get("discriminator", {}).get("propertyName", "")
            for choice in choices:
                for form in self.forms(choice, about):
                    yield replace(form, chosen_by=by or form.chosen_by)
        elif schema.get("type") != "null":
            yield Form(schema, about)

    def at(self, path: Location, tree: Any) -> list[Form]:
        """What may stand at a place of a file whose parts are ``tree``."""
        forms, here = list(self.forms(self.whole)), tree
        for part in path:
            below: list[Form] = []
            for form in forms if _chooses(forms, part) else fitting(forms, here):
                if isinstance(part, int):
                    below += self.items(form, part)
                elif part in form.keys:
                    about = form.schema.get("description", "") if part == form.chosen_by else ""
                    below += self.forms(form.keys[part], about)
                else:
                    below += self._of_free_key(form)
            forms, here = below, _part(here, part)
        return forms

    def items(self, form: Form, position: int) -> Iterator[Form]:
        first = form.schema.get("prefixItems", [])
        schema = first[position] if position < len(first) else form.schema.get("items")
        if isinstance(schema, Mapping):
            about = "" if "$ref" in schema or "oneOf" in schema else form.description
            yield from self.forms(schema, about)

    def _of_free_key(self, form: Form) -> Iterator[Form]:
        free = form.schema.get("additionalProperties")
        if isinstance(free, Mapping):
            about = form.description if form.names_headings else ""
            yield from self.forms(free, about)


def _chooses(forms: Sequence[Form], part: str | int) -> bool:
    """Is it the key by which one of these is chosen? Any of them may be, whatever is written."""
    return any(form.chosen_by == part for form in forms)


def fitting(forms: Sequence[Form], written: Any) -> list[Form]:
    """The forms that what is written so far may become."""
    if not isinstance(written, Mapping):
        return list(forms)
    kept = []
    for form in forms:
        stated = written.get(form.chosen_by) if form.chosen_by else None
        words = words_of(form.keys.get(form.chosen_by, {}))
        if form.keys and form.schema.get("additionalProperties") is False:
            if not stated and not written.keys() <= form.keys.keys():
                continue
            if stated and words and stated not in words:
                continue
        kept.append(form)
    return kept or list(forms)


def words_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The values that a schema lists, as they are written."""
    if "const" in schema:
        return (_word(schema["const"]),)
    if "enum" in schema:
        return tuple(map(_word, schema["enum"]))
    return ("true", "false") if schema.get("type") == "boolean" else ()


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _part(tree: Any, part: str | int) -> Any:
    if isinstance(tree, Mapping):
        return tree.get(part)
    if isinstance(tree, list) and isinstance(part, int) and part < len(tree):
        return tree[part]
    return None


@lru_cache(maxsize=len(FILES))
def schema_of(name: str) -> Schema:
    """The schema of the files of a name. Raises KeyError for a name that is not in ``FILES``."""
    models: dict[str, type[BaseModel]] = {
        EVALUATION_FILE: EvaluationSpec,
        PORTFOLIO_FILE: PortfolioSpec,
    }
    model = models[name]
    whole = json_schema() if model is EvaluationSpec else model.model_json_schema(by_alias=True)
    return Schema(whole)
