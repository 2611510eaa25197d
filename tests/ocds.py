"""Is this a release package of the Open Contracting Data Standard 1.1.5? By its own JSON Schema."""

import json

from evaluations import PROJECT
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

STANDARDS = PROJECT / "tests" / "golden" / "standards"
RELEASE, PACKAGE = (
    json.loads((STANDARDS / f"ocds_{name}_schema_1.1.5.json").read_text(encoding="utf-8"))
    for name in ("release", "release_package")
)
VALIDATOR = Draft4Validator(
    PACKAGE,
    registry=Registry().with_resource(RELEASE["id"], DRAFT4.create_resource(RELEASE)),
    format_checker=FormatChecker(),
)


def invalid_in(package: dict) -> list[str]:
    """What the standard's schema says is wrong, with its place."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in VALIDATOR.iter_errors(package)
    ]


def unknown_in(package: dict) -> set[str]:
    """Fields that the schema does not know: they need an extension, which the package names."""
    unknown: set[str] = set()
    for release in package["releases"]:
        _walk(release, RELEASE, "", unknown)
    return unknown


def _walk(value, schema, place, unknown):
    schema = _resolved(schema)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        for name, inner in value.items():
            if name in known:
                _walk(inner, known[name], f"{place}/{name}", unknown)
            else:
                unknown.add(f"{place}/{name}")
    elif isinstance(value, list):
        for inner in value:
            _walk(inner, schema.get("items", {}), place, unknown)


def _resolved(schema):
    if "$ref" in schema:
        return RELEASE["definitions"][schema["$ref"].rpartition("/")[2]]
    for option in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if "$ref" in option or "properties" in option:
            return _resolved(option)
    return schema
