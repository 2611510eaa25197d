"""load_evaluation: what the file may say, and how each mistake is named with its remedy."""

import datetime as dt
import json

import jsonschema
import pytest
from evaluations import DATA, EVERY, PROJECT, change, copy_of
from pydantic import ValidationError

from pbc_eval.agreement.evaluation import EvaluationSpec, load_evaluation
from pbc_eval.agreement.starter import json_schema, schema_text
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError

pytestmark = pytest.mark.slow  # seconds, together

SCHEMA = PROJECT / "docs" / "evaluation.schema.json"


@pytest.fixture
def readmissions(tmp_path):
    return copy_of("hospital-readmissions", tmp_path)


def refusal(folder, old, new) -> str:
    """What is said of the evaluation once ``old`` is replaced by ``new``."""
    change(folder / "evaluation.yaml", old, new)
    with pytest.raises(SpecError) as caught:
        load_evaluation(folder)
    return str(caught.value)


# --- the examples ---


@pytest.mark.parametrize("name", EVERY)
def test_every_example_loads_from_its_folder_and_from_its_file(name):
    spec = load_evaluation(DATA / name)
    assert spec.id == name
    assert load_evaluation(DATA / name / "evaluation.yaml") == spec


def test_the_evaluation_is_frozen_in_every_part():
    spec = load_evaluation(DATA / "hospital-readmissions")
    for part in (spec, spec.contract, spec.design, spec.outcomes[0], spec.payment.clauses[0]):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), "changed")
    assert isinstance(spec.outcomes, tuple)


def test_the_primary_outcome_is_the_one_marked_else_the_first():
    spec = load_evaluation(DATA / "one-service")
    assert spec.primary.id == "pooled"
    unmarked = tuple(outcome.model_copy(update={"primary": False}) for outcome in spec.outcomes)
    assert spec.model_copy(update={"outcomes": unmarked}).primary.id == "cohort-1"


# --- keys ---


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(readmissions):
    said = refusal(readmissions, "  rationale: >-", "  rationnale: >-")
    line = next(
        number
        for number, text in enumerate((readmissions / "evaluation.yaml").open(), start=1)
        if "rationnale" in text
    )
    assert f"line {line}: design.rationnale: unknown key. Did you mean 'rationale'?" in said
    assert "{key" not in said


def test_an_unknown_key_like_no_other_lists_the_known_ones(readmissions):
    said = refusal(readmissions, "status: provisional", "status: provisional\nzzz: 1")
    assert "zzz: unknown key. Known keys: id, title, edition" in said


def test_an_unknown_key_within_a_list_is_placed(readmissions):
    said = refusal(readmissions, "      price: 450", "      prize: 450")
    assert "payment.clauses[1].prize: unknown key. Did you mean 'price'?" in said


def test_a_key_given_twice_is_refused(readmissions):
    said = refusal(readmissions, "status: provisional", "status: provisional\nstatus: final")
    assert 'line 6, column 1: duplicate key "status"' in said
    assert "remove one" in said


def test_every_problem_is_listed_in_the_order_of_the_file(readmissions):
    change(
        readmissions / "evaluation.yaml", "currency: GBP\n  status", "currency: pounds\n  status"
    )
    said = refusal(readmissions, "decimals: 2", "decimals: 12")
    lines = said.splitlines()
    assert lines[0].endswith("2 problems")
    assert "contract.currency" in lines[1]
    assert "outcomes[1].decimals" in lines[2]


# --- dates ---


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("45292", r"looks like an Excel serial date for 2024-01-01. Write 2024-01-01"),
        ("45292.0", "Excel serial date for 2024-01-01"),
        ("31/03/2024", "must be a date written year-month-day.*order of day and month"),
        ("03-04-2024", "order of day and month"),
        ("20240331", "must be a date such as 2024-03-31, got 20240331"),
        ("2024-02-30", "2024-02-30: day is out of range for month. Correct the value"),
        ('"2024-02-30"', "day value is outside expected range, got '2024-02-30'"),
        ("2024-03-31 10:30:00", "must be a day without a time"),
        ("true", "must not be true"),
        ("next week", "must be a date written year-month-day"),
    ],
)
def test_a_date_in_another_form_is_refused_with_the_form_to_use(readmissions, written, message):
    said = refusal(readmissions, "start: 2024-07-01", f"start: {written}")
    assert_matches(message, said)


def test_a_signature_is_dated_like_everything_else(readmissions):
    signed = "sign_off:\n  analyst: {name: A, date: 45292}\npublication:"
    assert "Excel serial date for 2024-01-01" in refusal(readmissions, "publication:", signed)


def assert_matches(pattern, text):
    with pytest.raises(SpecError, match=pattern):
        raise SpecError(text)


# --- fractions and numbers ---


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "attribution: 0.25",
            "attribution: 25",
            r"must be a fraction in \[0, 1\], got 25.*0\.25\?",
        ),
        ("attribution: 0.25", "attribution: 25%", r"got '25%'\. Did you mean 0\.25\?"),
        ("attribution: 0.25", "attribution: .nan", "attribution: .*finite|fraction"),
        ("attribution: 0.25", "attribution: true", "must not be true"),
        ("headline: simple", "level: 95", r"design\.level: must lie between 0 and 1, .*0\.95\?"),
        ("headline: simple", "level: 95%", r"Did you mean 0\.95\?"),
        ("headline: simple", "level: .inf", "design.level"),
        ("important_change: 1", "important_change: .nan", "finite number"),
        ("important_change: 1", "important_change: .inf", "finite number"),
        ("value: 4500000", "value: 1e999", "finite number"),
        ("decimals: 2", "decimals: true", "decimals: must not be true"),
        ("headline: simple", "headline: cohorts", "got 'cohorts'. Did you mean 'cohort'?"),
        ("method: difference_in_differences", "method: diff", "method must be one of"),
        ("edition: 2026-1", "edition: 2026", 'must be text, got 2026. Put it in quotes: "2026"'),
        ("edition: 2026-1", "edition: 2026/1", "lower-case letters, digits and single hyphens"),
        ("discount: uk_green_book_standard", "discount: 3.5", r"fraction, got 3\.5.*0\.035\?"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(readmissions, old, new, message):
    assert_matches(message, refusal(readmissions, old, new))


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\\x00", "\\ud800", "\\x1b"], ids=ascii)
def test_text_that_a_reader_cannot_see_is_refused_not_cleaned(readmissions, character):
    said = refusal(readmissions, "label: Readmissions within", f'label: "Paid {character} in"  # ')
    assert "outcomes[1].label: holds the unseen character U+" in said


# --- parts that contradict each other ---

SIGNED = "status: final\nsign_off:\n  analyst: {name: A, date: 2026-06-01}\n  approver: {name: B}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("readmissions\n      measure: total", "readmission\n      measure: total",
         "clause avoided-readmissions: outcome 'readmission' is not among.*mean 'readmissions'"),
        ("status: provisional", SIGNED, "missing: commissioner, assurer, approver"),
        ("currency: GBP\n  illustrative", "currency: EUR\n  illustrative",
         "payment.currency is EUR but contract.currency is GBP"),
        ("start: 2024-07-01", "start: 2024-07-01\n  end: 2024-06-30",
         "end 2024-06-30 is before start 2024-07-01"),
        ("    counts: bodies  ", "    threshold: 5  ",
         "threshold is 5, below the usual 10, without a reason"),
        ("  cohort: service_start\n", "", "needs data.cohort"),
        ("    column: readmissions_per_100\n", "", "outcome readmissions: column is needed"),
        ("cap: 4500000", "cap: 4500001", "payment.cap 4500001 is above contract.value"),
        ("  valued_on: 2026-11-22", "  valued_on: 2026-11-22\n  file: value_map.csv",
         "either as a file or as outcomes, not both"),
        ("data_status: synthetic\n  data_notice: >-", "data_status: synthetic\n  funding: >-",
         "add a data_notice"),
    ],
)  # fmt: skip
def test_parts_that_contradict_each_other_are_refused(readmissions, old, new, message):
    file = readmissions / "evaluation.yaml"
    if "funding: >-" in new:
        change(file, "  funding: None. A demonstration.\n", "")
    assert_matches(message, refusal(readmissions, old, new))


def test_two_primary_outcomes_are_refused(tmp_path):
    folder = copy_of("one-service", tmp_path)
    said = refusal(
        folder,
        "decimals: 1\n    reported:\n      treated",
        "primary: true\n    reported:\n      treated",
    )
    assert "only one outcome may be primary" in said


def test_a_value_map_that_names_an_unknown_outcome_is_refused_before_anything_runs(readmissions):
    said = refusal(readmissions, "quantity_from: readmissions\n      proxy: Cost of an emergency",
                   "quantity_from: readmisions\n      proxy: Cost of an emergency")  # fmt: skip
    assert "value_map outcome bed-days: quantity_from 'readmisions' is not among" in said
    assert "mean 'readmissions'" in said


def test_a_final_edition_with_all_four_dated_signatures_loads(readmissions):
    names = ("commissioner", "analyst", "assurer", "approver")
    signed = "".join(f"  {name}: {{name: N, date: 2026-06-01}}\n" for name in names)
    change(
        readmissions / "evaluation.yaml",
        "status: provisional",
        f"status: final\nsign_off:\n{signed}",
    )
    assert load_evaluation(readmissions).status == "final"


# --- files ---


@pytest.mark.parametrize("file", ["../secret.csv", "/etc/hostname", "sub/../../secret.csv"])
def test_a_file_outside_the_folder_is_refused(readmissions, file):
    (readmissions.parent / "secret.csv").write_text("a\n1\n")
    with pytest.raises(SpecError, match=r"lies outside the evaluation's folder.*copy it there"):
        load_evaluation(readmissions).path(file)


def test_a_link_out_of_the_folder_is_refused(readmissions):
    (readmissions.parent / "secret.csv").write_text("a\n1\n")
    (readmissions / "inside.csv").symlink_to(readmissions.parent / "secret.csv")
    with pytest.raises(SpecError, match="lies outside"):
        load_evaluation(readmissions).path("inside.csv")


def test_a_missing_file_is_named_with_the_nearest_there_is(readmissions):
    with pytest.raises(
        SpecError, match=r"'hospital\.csv' is not in the folder .* mean 'hospitals\.csv'"
    ):
        load_evaluation(readmissions).path("hospital.csv")


def test_a_table_within_a_file_is_found_with_its_file(readmissions):
    found = load_evaluation(readmissions).path("hospitals.csv::quarters")
    assert found.name == "hospitals.csv::quarters"


def test_a_missing_evaluation_is_a_message_not_a_traceback(tmp_path):
    with pytest.raises(SpecError, match=r"evaluation\.yaml: no such file"):
        load_evaluation(tmp_path)


# --- the schema that editors use ---


def test_the_schema_in_docs_is_that_of_the_code():
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


@pytest.mark.parametrize("name", EVERY)
def test_every_example_satisfies_the_schema(name):
    jsonschema.validate(as_json(DATA / name / "evaluation.yaml"), json_schema())


@pytest.mark.parametrize(
    ("part", "value"), [("status", "drafted"), ("edition", "2026/1"), ("zzz", 1), ("outcomes", {})]
)
def test_the_schema_refuses_what_the_code_refuses(part, value):
    data = as_json(DATA / "hospital-readmissions" / "evaluation.yaml")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**data, part: value}, json_schema())
    with pytest.raises(ValidationError):
        EvaluationSpec.model_validate({**data, part: value})


def test_editors_can_explain_every_key_of_the_file():
    schema = json_schema()
    for name, model in {"evaluation": schema, **schema["$defs"]}.items():
        assert model["additionalProperties"] is False, name
        for key, about in model["properties"].items():
            explained = "description" in about or "const" in about or "$ref" in about
            assert explained, f"{name}.{key} has no description"


def as_json(path):
    """Plain JSON data of a YAML file: dates are text."""
    return json.loads(json.dumps(read_yaml(path).data, default=dt.date.isoformat))
