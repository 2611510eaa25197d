"""Write messages.pot of pbc_eval/messages, the list of all messages of pages; edit nothing there.

    python tools/make_messages.py

Messages are what stands in ``_("…")``, ``plain("…")`` and ``lang_of("…")`` in templates, and in
``Sentence("…")`` in Python. Run it when a text changed; a test holds the file up to date.
"""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from jinja2.ext import babel_extract

PACKAGE = Path(__file__).parents[1] / "pbc_eval"
POT = PACKAGE / "messages" / "messages.pot"
IN_TEMPLATES = {"_": None, "plain": None, "lang_of": None}
IN_PYTHON = ("Sentence",)
HEADER = """\
# Messages of the pages of pbc_eval, in the English of the pages.
# docs/languages.md says how they are translated.
#"""


def messages() -> Catalog:
    """Every message with the files that hold it, sorted by its text."""
    found = Catalog(project="pbc_eval", charset="utf-8", header_comment=HEADER)
    for path in sorted(PACKAGE.rglob("*.j2")):
        with path.open("rb") as stream:
            for _, _, text, _ in babel_extract(stream, IN_TEMPLATES, [], {}):
                _add(found, path, text)
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in templates_in(ast.parse(path.read_text(encoding="utf-8"))):
            if any(letter.isalpha() for letter in text):
                _add(found, path, text)
    return found


def templates_in(tree: ast.Module) -> Iterator[str]:
    """The template of each Sentence: a literal, or a constant of the module."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name) and isinstance(node.value.value, str)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        template = node.args[0]
        if node.func.id not in IN_PYTHON:
            continue
        if isinstance(template, ast.Constant) and isinstance(template.value, str):
            yield template.value
        elif isinstance(template, ast.Name) and template.id in constants:
            yield constants[template.id]


def _add(catalogue: Catalog, path: Path, text: str | tuple[str | None, ...] | None) -> None:
    key = text if isinstance(text, str) else next((part for part in text or () if part), "")
    if key:
        catalogue.add(key, locations=[(path.relative_to(PACKAGE.parent).as_posix(), None)])


def pot_text() -> str:
    """The template of all catalogues, without dates, so that it changes when a message does."""
    stream = io.BytesIO()
    write_po(
        stream, messages(), width=100, sort_output=True, omit_header=True, include_lineno=False
    )
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return f"{HEADER}\n{head}{stream.getvalue().decode('utf-8')}"


if __name__ == "__main__":
    POT.write_text(pot_text(), encoding="utf-8")
    print(f"{POT.name}: {len(messages())} messages")
