"""docs/truth.md is complete and current, and what it names is there."""

import re
import runpy
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
made = runpy.run_path(str(PROJECT / "tools" / "make_truth.py"))
ROWS = [(name, row) for name, rows in made["TRUTH"].items() for row in rows]


def test_every_public_name_has_its_row():
    stub = (PROJECT / "pbc_eval" / "__init__.pyi").read_text(encoding="utf-8")
    public = set(re.findall(r" as (\w+)$", stub, re.MULTILINE))
    without = {name for names in made["NO_NUMBERS"].values() for name in names}
    assert public == set(made["TRUTH"]) | without
    assert not set(made["TRUTH"]) & without


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{row.test}" for name, row in ROWS])
def test_the_test_that_holds_it_is_there_and_says_the_tolerance(name, row):
    file, function = row.test.split("::")
    text = (PROJECT / "tests" / file).read_text(encoding="utf-8")
    body = re.search(rf"^def {function}\(.*?(?=^(?:def|@)|\Z)", text, re.MULTILINE | re.DOTALL)
    assert body, f"{row.test} is not there"
    assert row.tolerance in body[0] or row.tolerance in text


def test_the_page_is_current():
    assert made["PAGE"].read_text(encoding="utf-8") == made["page"]()
