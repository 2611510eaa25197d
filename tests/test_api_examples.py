"""The examples beside public names, as the documentation shows them, give what they say."""

import doctest
import importlib.util

import pandas as pd
import pytest
from evaluations import PROJECT

import pbc_eval as pbc

DOCS = PROJECT / "docs"


def generated():
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


EXAMPLES = generated().api_examples()


@pytest.mark.soak
@pytest.mark.slow
def test_every_example_gives_what_it_says():
    session = {"pbc": pbc, "pd": pd}
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    for name, text in EXAMPLES.items():
        example = doctest.DocTestParser().get_doctest(text, session, name, None, None)
        runner.run(example, out=report.append, clear_globs=False)
        session.update(example.globs)
    assert "".join(report) == ""


def test_every_example_is_of_a_public_name_and_calls_it():
    public = generated().public_names()
    assert [name for name in EXAMPLES if name not in public] == []
    assert [name for name, text in EXAMPLES.items() if f"pbc.{name}" not in text] == []
    assert len(EXAMPLES) >= 20
