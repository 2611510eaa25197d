"""Pages that are read off the code: keys of the files, the public names, the glossary.

Written anew at each build into docs/reference/, and not kept under version control.
"""

import inspect
import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pbc_eval._resources import package_folder
from pbc_eval.agreement.starter import json_schema, portfolio_schema_text

ROOMS = {
    "agreement": "What was agreed",
    "intake": "Files that people bring",
    "panel": "Panels",
    "did": "Difference-in-differences",
    "matching": "Matching and weighting",
    "trials": "Randomised trials",
    "checks": "Checks",
    "payment": "Payment",
    "sroi": "Social return",
    "kpi": "Performance measures",
    "parameters": "Parameters",
    "evaluation": "Evaluations",
    "disclosure": "Release",
    "lab": "The workbench",
    "report": "The workbench",
    "publish": "Publishing",
    "results": "Results",
    "errors": "Results",
    "numerics": "Statistics that several methods share",
}


def write_pages(folder: Path) -> None:
    """Write keys.md, portfolio-keys.md, api.md and glossary.md into ``folder``."""
    folder.mkdir(exist_ok=True)
    pages = {
        "keys.md": keys_page("Keys of evaluation.yaml", json_schema()),
        "portfolio-keys.md": keys_page(
            "Keys of portfolio.yaml", json.loads(portfolio_schema_text())
        ),
        "api.md": api_page(),
        "glossary.md": glossary_page(),
    }
    for name, text in pages.items():
        target = folder / name
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")


def keys_page(title: str, schema: dict[str, Any]) -> str:
    """Every key of a file, a table a part, as its model has it."""
    definitions = schema.get("$defs", {})
    parts = [f"# {title}\n\nMade from the models that check the file.\n"]
    parts += _part("The file", schema, definitions)
    for name in sorted(definitions):
        if definitions[name].get("properties"):
            parts += _part(name, definitions[name], definitions)
    return "\n".join(parts) + "\n"


def _part(name: str, model: dict[str, Any], definitions: dict[str, Any]) -> Iterator[str]:
    yield f"## {name}\n"
    if about := model.get("description"):
        yield _plain(about) + "\n"
    needed = set(model.get("required", ()))
    yield "| key | is | needed | default | says |\n|---|---|---|---|---|"
    for key, what in model.get("properties", {}).items():
        default = "" if key in needed or "default" not in what else f"`{_short(what['default'])}`"
        words = _plain(what.get("description", ""))
        yield (
            f"| `{key}` | {_kind(what, definitions)} | {'yes' if key in needed else ''} | "
            f"{default} | {words} |"
        )
    yield ""


def _kind(what: dict[str, Any], definitions: dict[str, Any]) -> str:
    if ref := what.get("$ref"):
        name = ref.rpartition("/")[2]
        model = definitions.get(name, {})
        return f"[{name}](#{name.casefold()})" if model.get("properties") else _kind(model, {})
    if "enum" in what:
        return ", ".join(f"`{value}`" for value in what["enum"])
    if "const" in what:
        return f"`{what['const']}`"
    for several in ("anyOf", "oneOf", "allOf"):
        if several in what:
            kinds = [_kind(part, definitions) for part in what[several]]
            return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))
    if what.get("type") == "array" and isinstance(what.get("items"), dict):
        return f"list of {_kind(what['items'], definitions)}"
    return str(what.get("type", "anything"))


def _plain(text: str) -> str:
    one_line = " ".join(str(text).split()).replace("``", "`")
    return one_line.replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return (text if len(text) <= 40 else text[:37] + "...").replace("|", "/").replace("`", "'")


def public_names() -> dict[str, str]:
    """Each public name and the module that it lives in."""
    stub = (package_folder() / "__init__.pyi").read_text(encoding="utf-8")
    return {
        name: f"pbc_eval.{module}"
        for module, name in re.findall(r"^from \.([\w.]+) import (\w+) as", stub, re.M)
    }


def api_page() -> str:
    """Every public name with how it is called and what its docstring says."""
    rooms: dict[str, list[str]] = {}
    examples = api_examples()
    for name, module in sorted(public_names().items()):
        thing = getattr(import_module(module), name)
        rooms.setdefault(ROOMS[module.split(".")[1]], []).append(
            _entry(name, thing, examples.get(name, ""))
        )
    about = (
        "Each result has `.summary()`, `.to_frame()`, `.plot()` and `.explain()`. Examples are run "
        "by the tests, one after another in one session, after `import pandas as pd`."
    )
    parts = [f"# Public names\n\n`import pbc_eval as pbc`. {about}\n"]
    for heading in dict.fromkeys(ROOMS.values()):
        if heading in rooms:
            parts += [f"## {heading}\n", *rooms[heading]]
    return "\n".join(parts) + "\n"


def api_examples() -> dict[str, str]:
    """The example of each public name that has one, as it would stand in a session."""
    text = (Path(__file__).parent / "api-examples.txt").read_text(encoding="utf-8")
    parts = re.split(r"^## (\w+)$", text, flags=re.MULTILINE)[1:]
    return {name: example.strip() for name, example in zip(parts[::2], parts[1::2], strict=True)}


def _entry(name: str, thing: Any, example: str = "") -> str:
    words = inspect.getdoc(thing) or ""
    shown = f"\n```pycon\n{example}\n```\n" if example else ""
    return f"### {name}\n\n```python\n{_call(name, thing)}\n```\n\n```text\n{words}\n```\n{shown}"


def _call(name: str, thing: Any) -> str:
    """How it is called, a parameter a line where one line does not hold them."""
    if hasattr(thing, "model_fields"):
        fields = thing.model_fields.items()
        parts = [key if f.is_required() else f"{key}={f.default!r}" for key, f in fields]
        returns = ""
    else:
        try:
            signature = inspect.signature(thing)
        except (TypeError, ValueError):
            return name
        parts = _parameters(signature)
        gives = signature.return_annotation
        returns = "" if gives is inspect.Signature.empty else f" -> {_type(gives)}"
    line = f"{name}({', '.join(parts)}){returns}"
    return line if len(line) <= 90 else f"{name}(\n    " + ",\n    ".join(parts) + f",\n){returns}"


def _parameters(signature: inspect.Signature) -> list[str]:
    parts = []
    for parameter in signature.parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and "*" not in parts:
            parts.append("*")
        hint = parameter.annotation
        text = parameter.name + ("" if hint is parameter.empty else f": {_type(hint)}")
        if parameter.default is not parameter.empty:
            text += f" = {parameter.default!r}"
        parts.append(re.sub(r" at 0x[0-9a-f]+", "", text))
    return parts


def _type(hint: Any) -> str:
    text = hint if isinstance(hint, str) else inspect.formatannotation(hint)
    return re.sub(r"\b[a-z_]\w*(?:\.\w+)*\.(\w+)", r"\1", text)


def glossary_page() -> str:
    """The words that pages explain to their readers."""
    file = package_folder() / "publish" / "glossary.yaml"
    entries = YAML(typ="safe").load(file.read_text(encoding="utf-8"))
    lines = ["# Glossary\n\nThe words that published pages explain, as they explain them.\n"]
    for term, text in sorted(_terms(entries)):
        lines.append(f"{term}\n: {' '.join(text.split())}\n")
    return "\n".join(lines)


def _terms(entries: Any) -> Iterator[tuple[str, str]]:
    if isinstance(entries, dict):
        entries = entries.get("terms", entries)
    if isinstance(entries, dict):
        yield from ((str(term), str(text)) for term, text in entries.items())
        return
    for entry in entries:
        words = [str(value) for value in entry.values() if isinstance(value, str)]
        yield words[0], words[-1]
