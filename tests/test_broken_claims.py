"""Variations and claims that cannot be are refused before anything runs, and the page of them is
up to date."""

import importlib.util
import sys

import pytest
from evaluations import PROJECT, files_under

pytestmark = pytest.mark.slow  # whole commands are run


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, PROJECT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


evaluations = _load("make_broken_evaluations")
broken = _load("make_broken_claims")

SAID = {
    "price-of-nothing": ["variation-1", "'thirteen-week' is no line",
                         "Did you mean 'thirteen-weeks'?"],
    "cap-of-a-year-that-ended": ["variation-1", "cap of 2023-24", "ended on 2024-03-31",
                                 "Name a year that ends later"],
    "claimed-once-too-often": ["claims.csv", "starts-work", "at most 1 a person",
                               "P012 (2 in rows 9, 120)"],
    "claimed-after-its-end": ["claims.csv", "C902", "2025-05-02", "until 2025-03-31",
                              "Correct the day"],
}  # fmt: skip


def test_each_names_the_thing_the_value_the_rule_and_the_remedy_and_the_page_shows_it(tmp_path):
    evaluations.make_all(tmp_path, broken.BROKEN, broken.EXAMPLE)
    before = files_under(tmp_path)
    code, screens, rest = evaluations.check_all(tmp_path, broken.BROKEN)
    assert (code, rest.strip()) == (1, "")
    assert files_under(tmp_path) == before
    assert screens.keys() == SAID.keys()
    for name, every in SAID.items():
        screen = " ".join(screens[name].replace("│", " ").split())
        assert not [words for words in every if words not in screen], screen
    page = evaluations.page(screens, broken.HEAD, broken.BROKEN)
    assert broken.PAGE.read_text(encoding="utf-8") == page
