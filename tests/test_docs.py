"""The documentation: pages are on the site, links lead somewhere, what is made is whole."""

import importlib.util
import re
import subprocess
import sys

import pytest
from evaluations import PROJECT

import pbc_eval as pbc

DOCS = PROJECT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)
MADE = {"reference/keys", "reference/portfolio-keys", "reference/api", "reference/glossary"}


def generated():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_link_to_a_file_leads_to_one():
    broken = []
    for page in PAGES:
        text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for address in re.findall(r"\]\(([^)\s]+)\)", text):
            file = address.partition("#")[0]
            if file and ":" not in file and not (page.parent / file).exists():
                broken.append(f"{page.relative_to(DOCS)}: {address}")
    assert broken == []


def test_every_page_is_in_the_contents():
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^[\w/-]+$", index, re.M))
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in PAGES}
    apart = {page for page in pages if page.startswith("decisions/")} | {"index"}
    assert pages - apart == listed - MADE - {"decisions/README"}


def test_what_is_read_off_the_code_names_every_key_and_every_public_name():
    made = generated()
    api = made.api_page()
    assert {name for name in pbc.__all__ if f"### {name}\n" not in api} <= {"__version__"}
    assert " at 0x" not in api
    assert [name for name, text in made.api_examples().items() if text not in api] == []
    keys = made.keys_page("Keys", made.json_schema())
    assert "| `discount` |" in keys
    assert "| `control_group` |" in keys
    assert made.glossary_page().count("\n: ") >= 20
    anchors = {h.casefold() for h in re.findall(r"^## (.+)$", keys, re.M)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", keys)) <= anchors


@pytest.mark.soak
def test_the_site_is_built_without_a_warning(tmp_path):
    words = ["-W", "--keep-going", "-q", "-b", "html", str(DOCS), str(tmp_path / "site")]
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site" / "reference" / "api.html").is_file()
