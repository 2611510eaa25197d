"""results.json: one model, one version; what is of another is refused with the remedy."""

import importlib.util
import json

import pytest
from editions import results_of as made
from evaluations import PROJECT
from pydantic import ValidationError

from pbc_eval.errors import PublicationError
from pbc_eval.results_file import ResultsFile, read_results_file, results_of


def test_the_published_schema_is_up_to_date():
    place = PROJECT / "tools" / "make_results_schema.py"
    spec = importlib.util.spec_from_file_location("make_results_schema", place)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    written = tool.SCHEMA.read_text(encoding="utf-8")
    assert written == tool.schema_text(), "run python tools/make_results_schema.py"


def test_what_is_written_is_what_is_read(tmp_path):
    results = results_of(made(), "a")
    file = tmp_path / "results.json"
    file.write_text(results.to_json(), encoding="utf-8")
    assert read_results_file(file, "a") == results


def test_results_are_frozen_and_hold_nothing_that_is_not_declared():
    results = results_of(made(), "a")
    with pytest.raises(ValidationError, match="frozen"):
        results.year = 2026
    with pytest.raises(PublicationError, match=r"a: results\.json cannot be read \(more"):
        results_of(made() | {"more": 1}, "a")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 0}, r"is of version 0; this program reads version 1\. Run the evaluation"),
        ({"version": 2}, r"newer version of this program wrote.*Update the program"),
        ({"version": "1"}, r"earlier version.*did not state its format\. Run the evaluation"),
        ({"format": "other"}, r"earlier version.*did not state its format\. Run the evaluation"),
    ],
)
def test_another_version_is_refused_with_the_remedy(changes, words):
    with pytest.raises(PublicationError, match=rf"a, edition 1: results\.json .*{words}"):
        results_of(made() | changes, "a, edition 1")


@pytest.mark.parametrize("text", ["", "[]", "null", "{", '"results"', "{}"])
def test_what_is_no_results_is_a_message(tmp_path, text):
    file = tmp_path / "results.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(PublicationError, match=r"^a: results\.json .*Run the evaluation again"):
        read_results_file(file, "a")


def test_a_number_that_json_cannot_hold_is_refused():
    results = made()
    results["outcomes"][0]["estimate"] = float("nan")
    with pytest.raises(PublicationError, match=r"outcomes\.0\.estimate"):
        results_of(results, "a")
    assert "NaN" not in json.dumps(ResultsFile.model_json_schema())
