"""pbc-eval new: what it makes loads, and it never writes over anything."""

import json
import re

import pytest
from evaluations import PROJECT

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.agreement.starter import (
    METHODS,
    PORTFOLIO_SCHEMA_FILE,
    SCHEMA_FILE,
    portfolio_schema_text,
    schema_text,
    write_portfolio_starter,
    write_starter,
)
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError
from pbc_eval.intake.portfolio_table import read_portfolio_table

pytestmark = pytest.mark.slow  # seconds, together


def test_what_is_made_loads_under_the_name_of_its_folder(tmp_path):
    made = write_starter(tmp_path / "data" / "winter-shelter")
    spec = load_evaluation(made)
    assert spec.id == "winter-shelter"
    assert spec.primary.id == "crises"
    assert {path.name for path in made.parent.iterdir()} == {
        "evaluation.yaml", "SOURCE.md", SCHEMA_FILE,
    }  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_people_are_protected_where_the_units_of_a_method_are_not_bodies(tmp_path, method):
    """A draft never shows more of people than a file that says nothing."""
    text = write_starter(tmp_path / "winter-shelter", method).read_text(encoding="utf-8")
    stated = read_yaml(tmp_path / "winter-shelter" / "evaluation.yaml").data
    counts = stated["publication"]["disclosure"]["counts"]
    areas = method in ("difference_in_differences", "synthetic_difference_in_differences")
    assert counts == ("bodies" if areas else "people")
    assert text.count("counts: ") == 1


def test_editors_find_the_schema_beside_the_file(tmp_path):
    made = write_starter(tmp_path / "winter-shelter")
    first = made.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA_FILE}"
    assert (made.parent / SCHEMA_FILE).read_text(encoding="utf-8") == schema_text()
    assert json.loads(schema_text())["title"] == "evaluation.yaml of pbc_eval"


def test_the_parts_commented_out_load_once_they_are_filled_in(tmp_path):
    made = write_starter(tmp_path / "winter-shelter")
    text = made.read_text(encoding="utf-8").replace("# sign_off:", "sign_off:")
    for role in ("commissioner", "analyst", "assurer", "approver"):
        text = text.replace(f"#   {role}:", f"  {role}:")
    text = text.replace("  # weight:", "  weight:").replace("  # cluster:", "  cluster:")
    made.write_text(text.replace("status: draft", "status: final"), encoding="utf-8")
    assert load_evaluation(made).sign_off.missing() == ()


def test_a_folder_that_is_there_is_left_as_it_is(tmp_path):
    made = write_starter(tmp_path / "winter-shelter")
    made.write_text("mine", encoding="utf-8")
    with pytest.raises(SpecError, match="is there already"):
        write_starter(tmp_path / "winter-shelter")
    assert made.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["Winter Shelter", "winter_shelter", "-a", "é", "a" * 81, "a.b"])
def test_a_name_that_cannot_be_an_id_is_refused_before_a_folder_is_made(tmp_path, name):
    with pytest.raises(SpecError, match="lower-case letters, digits and single hyphens"):
        write_starter(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_portfolio_that_is_made_loads_with_its_table(tmp_path):
    made = write_portfolio_starter(tmp_path / "all-2026")
    spec = load_portfolio(made)
    assert spec.id == "all-2026"
    assert len(read_portfolio_table(spec.path(spec.file), spec.outcomes)) == 2
    schema = (made.parent / PORTFOLIO_SCHEMA_FILE).read_text(encoding="utf-8")
    assert schema == portfolio_schema_text()
    with pytest.raises(SpecError, match="is there already"):
        write_portfolio_starter(tmp_path / "all-2026")


def test_the_schema_of_portfolios_in_the_docs_is_that_of_the_models():
    kept = (PROJECT / "docs" / PORTFOLIO_SCHEMA_FILE).read_text(encoding="utf-8")
    assert kept == portfolio_schema_text()


def test_the_parts_on_planning_and_protocol_load_once_they_are_filled_in(tmp_path):
    made = write_starter(tmp_path / "winter-shelter")
    text = made.read_text(encoding="utf-8")
    start, end = text.index("# planning:"), text.index("\npublication:")
    filled = re.sub(r"(?m)^# ", "", text[start:end])
    made.write_text(text[:start] + filled + text[end:], encoding="utf-8")
    spec = load_evaluation(made)
    assert spec.planning.of("crises").std_error == 0.4
    assert spec.protocol.edition == "design-1"
