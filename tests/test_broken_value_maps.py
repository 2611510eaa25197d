"""The page of broken value maps is what the program says."""

import importlib.util
import sys

import pytest
from evaluations import PROJECT

DOCS = PROJECT / "docs"
_spec = importlib.util.spec_from_file_location(
    "make_broken_value_maps", PROJECT / "tools" / "make_broken_value_maps.py"
)
broken = importlib.util.module_from_spec(_spec)
sys.modules["make_broken_value_maps"] = broken
_spec.loader.exec_module(broken)


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    return broken.said_of_each(tmp_path_factory.mktemp("broken"))


def test_every_broken_value_map_is_refused_in_words(said):
    assert len(broken.MISTAKES) == 10
    assert list(said) == [mistake.name for mistake in broken.MISTAKES]
    for words in said.values():
        assert "Traceback" not in words
        assert len(words) > 60


def test_the_page_in_docs_is_what_is_said(said):
    assert broken.PAGE.read_text(encoding="utf-8") == broken.page(said)
