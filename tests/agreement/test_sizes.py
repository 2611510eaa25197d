"""How much an evaluation may hold, and the one sentence that refuses more of it."""

import pytest
from evaluations import DATA, change, copy_of

from pbc_eval.agreement import sizes
from pbc_eval.agreement.evaluation import EvaluationSpec, load_evaluation
from pbc_eval.agreement.value_map import map_problems
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import DataError, SpecError, ValueMapError
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.value_table import read_value_map

pytestmark = pytest.mark.slow  # seconds, together

NAME, TEXT = sizes.LONGEST_NAME, sizes.LONGEST_TEXT
LONG = {  # a text of the file: what it is replaced by, the key that is named, the most
    "label: Scrap rate": ("label: {}", "outcomes[1].label", NAME),
    "unit: hours per employee a year": ("unit: {}", "outcomes[2].unit", NAME),
    "unit_name: [firm, firms]": ("unit_name: [firm, {}]", "data.unit_name", NAME),
    "commissioner: State of Michigan": ("commissioner: {}", "contract.commissioner", NAME),
    "label: Less scrap": ("label: {}", "payment.clauses[2].label", NAME),
    "ethics: Published data": ("ethics: {}", "publication.ethics", TEXT),
    "  - id: scrap-rate\n": ("  - id: {}\n", "outcomes[1].id", NAME),
    "    - Only 54 of 157 firms": ("    - {}", "publication.limitations", TEXT),
}


@pytest.mark.parametrize("text", LONG)
def test_a_text_that_a_page_cannot_bear_is_refused_with_its_key_its_length_and_the_most(
    tmp_path, text
):
    written, key, most = LONG[text]
    file = copy_of("training-grants", tmp_path) / "evaluation.yaml"
    change(file, text, written.format("x" * (most + 1)))
    with pytest.raises(SpecError) as refused:
        load_evaluation(file)
    words = str(refused.value)
    assert f"{key}: has " in words
    assert f"characters, of which it may have {most:,}. Shorten it" in words
    assert len(words) < 1_000  # the text itself is not told again


def test_a_text_as_long_as_it_may_be_is_read(tmp_path):
    file = copy_of("training-grants", tmp_path) / "evaluation.yaml"
    change(file, "label: Scrap rate", f"label: {'x' * NAME}")
    assert len(load_evaluation(file).outcomes[0].label) == NAME


def test_a_key_without_end_is_refused(tmp_path):
    file = tmp_path / "evaluation.yaml"
    file.write_text(f"a:\n  b{'x' * 900}: 1\n")
    with pytest.raises(SpecError, match="a key has more than 300 characters") as refused:
        read_yaml(file)
    assert len(str(refused.value)) < 500


def test_more_outcomes_clauses_or_indicators_than_a_report_bears_are_refused():
    plain = read_yaml(DATA / "training-grants" / "evaluation.yaml").data
    (first, *_), (clause, *_) = plain["outcomes"], plain["payment"]["clauses"]
    first = first | {"primary": False}
    plain["outcomes"] = [first | {"id": f"o{n}"} for n in range(sizes.MOST_OUTCOMES + 1)]
    plain["payment"]["clauses"] = [
        clause | {"id": f"c{n}", "outcome": "o1"} for n in range(sizes.MOST_CLAUSES + 1)
    ]
    with pytest.raises(ValueError, match="clauses has 501 entries, of which one evaluation may"):
        EvaluationSpec.model_validate(plain)
    plain["payment"]["clauses"] = plain["payment"]["clauses"][:3]
    with pytest.raises(ValueError, match="outcomes has 101 entries, of which one evaluation may"):
        EvaluationSpec.model_validate(plain)
    plain["outcomes"] = plain["outcomes"][:-1]
    assert len(EvaluationSpec.model_validate(plain).outcomes) == sizes.MOST_OUTCOMES


def test_a_value_map_of_too_many_rows_is_refused_before_it_is_worked_with():
    valued = read_value_map(DATA / "wheels-to-meals" / "value_map.csv").outcomes
    rows = [valued[0].model_copy(update={"id": f"r{n}"}) for n in range(1_001)]
    assert map_problems(rows)[0].startswith("the value map has 1,001 entries, of which one")


@pytest.mark.parametrize(("length", "rule"), [(6_000, "may have 300"), (200_000, "may have 5,000")])
def test_a_cell_of_a_value_map_that_no_page_can_show_is_refused_with_its_row(
    tmp_path, length, rule
):
    folder = copy_of("wheels-to-meals", tmp_path)
    file = folder / "value_map.csv"
    lines = file.read_text().splitlines()
    lines[3] = lines[3].replace(lines[3].split(",")[0], "x" * length, 1)
    file.write_text("\n".join(lines) + "\n")
    with pytest.raises(ValueMapError, match=f"value_map.csv, row 4.*{rule}") as refused:
        read_value_map(file)
    assert len(str(refused.value)) < 400


def test_a_cell_of_a_file_of_indicators_that_no_page_can_show_is_refused_with_its_row(tmp_path):
    file = tmp_path / "kpis.csv"
    file.write_text(f"period,met\n2025-01,3\n{'x' * 900},4\n")
    with pytest.raises(DataError, match=r"kpis.csv, row 3, column 'period': has 900 characters"):
        InputFiles().rows(file)
