"""What an editor offers in evaluation.yaml: true to the models, and never a stumbling block."""

import re

import pytest
from evaluations import DATA, EVERY, PROJECT
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.portfolio import PortfolioSpec
from pbc_eval.agreement.starter import METHODS, PORTFOLIO_STARTER, starter_text
from pbc_eval.agreement.yaml_file import parts_of, read_yaml
from pbc_eval.lab.completion.offers import offers_at
from pbc_eval.lab.completion.place import place_of
from pbc_eval.lab.completion.problems import problems_of
from pbc_eval.lab.completion.schema import FILES, Form, schema_of

EVALUATION, PORTFOLIO = FILES
TEXTS = {
    **{name: (DATA / name / EVALUATION).read_text(encoding="utf-8") for name in EVERY},
    **{f"a starter for {method}": starter_text(method) for method in METHODS},
}
PORTFOLIOS = {
    "a starter": PORTFOLIO_STARTER.read_text(encoding="utf-8"),
    **{p.parent.name: p.read_text(encoding="utf-8") for p in DATA.glob(f"*/{PORTFOLIO}")},
}
KEY = re.compile(r"^( *(?:- )*)([a-z_]+):(?: |$)", re.MULTILINE)


def at(text, name=EVALUATION, folder=PROJECT / "no such folder"):
    """What is offered at the bar in a text."""
    offset = text.index("|")
    return offers_at(name, text.replace("|", "", 1), offset, folder)


def labels(text, name=EVALUATION, folder=PROJECT / "no such folder"):
    return [offer.label for offer in at(text, name, folder).offers]


def accepted(text, label, name=EVALUATION, folder=PROJECT / "no such folder"):
    """The text after somebody took an offer at its bar."""
    made = at(text, name, folder)
    plain = text.replace("|", "", 1)
    (chosen,) = [offer.text for offer in made.offers if offer.label == label]
    return plain[: made.start] + chosen + plain[made.end :]


def unknown_keys(text, model, tmp_path):
    """The keys of a text that the model does not know."""
    file = tmp_path / "it.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        model.model_validate(read_yaml(file).data)
    except ValidationError as invalid:
        return [e["ctx"]["key"] for e in invalid.errors() if e["type"] == "unknown_key"]
    return []


def test_needed_keys_come_first_and_those_that_are_there_are_left_out():
    assert labels("design:\n  method: reported\n  |") == ["rationale", "source", "waivers",
        "deviations"]  # fmt: skip
    assert "rationale" not in labels("design:\n  method: reported\n  rationale: x\n  |")
    assert labels("design:\n  |\n  method: reported\n  rationale: x\n  source: y\n") == [
        "waivers", "deviations",
    ]  # fmt: skip


def test_keys_and_values_carry_their_words():
    offers = {offer.label: offer for offer in at("outcomes:\n  - id: a\n    d|").offers}
    assert offers["direction"].kind == "needed"
    assert offers["direction"].about == (
        "Which way an improvement points. One of: higher_is_better, lower_is_better."
    )
    methods = {offer.label: offer.about for offer in at("design:\n  method: |").offers}
    assert list(methods) == list(dict.fromkeys(methods))
    assert {*METHODS} == {*methods}
    assert methods["matching"].startswith("A comparison group built by matching")


@pytest.mark.parametrize(
    ("text", "label", "made"),
    [
        ("con|", "contract", "contract:\n  "),
        ("outc|", "outcomes", "outcomes:\n  - "),
        ("outcomes:\n  |", "id", "outcomes:\n  - id: "),
        ("outcomes:\n  - total|", "total", "outcomes:\n  - total:\n      "),
        ("st|: draft", "status", "status: draft"),
        ("status: pro|", "provisional", "status: provisional"),
        ("design: {method: matching, alg|}", "algorithm",
         "design: {method: matching, algorithm: }"),
        ("design: {method: matching, algorithm: ne|", "nearest",
         "design: {method: matching, algorithm: nearest"),
        ('status: "dr|"', "draft", "status: draft"),
        ("design:\n  method: mat|\n  rationale: x", "matching",
         "design:\n  method: matching\n  rationale: x"),
        ("data:\n  separator: |", ",", "data:\n  separator: ','"),
        ("publication:\n  registers: |", "uk_evaluation_registry",
         "publication:\n  registers: [uk_evaluation_registry]"),
        ("publication:\n  registers:\n    |", "uk_evaluation_registry",
         "publication:\n  registers:\n    - uk_evaluation_registry"),
    ],
)  # fmt: skip
def test_what_is_taken_is_put_in_as_it_is_written(text, label, made):
    assert accepted(text, label) == made


def test_a_choice_is_narrowed_by_the_word_that_makes_it():
    clause = "payment:\n  clauses:\n    - |"
    before = labels(clause)
    assert before[0] == "type"
    assert "minimum" not in before
    assert "minimum" in labels("payment:\n  clauses:\n    - type: threshold\n      |")
    assert "bands" not in labels("payment:\n  clauses:\n    - type: threshold\n      |")
    # whoever changes the method sees every method, whatever keys the old one has left
    many = labels("design:\n  method: |\n  covariates: [a]\n  algorithm: nearest\n")
    assert {*many} == {*METHODS}


def test_names_of_columns_ids_and_files_are_those_that_there_are(tmp_path):
    (tmp_path / "people.csv").write_text("who,earned,paid: net\n1,2,3\n", encoding="utf-8")
    (tmp_path / "survey.csv").write_text("answer,weighs\n1,2\n", encoding="utf-8")
    text = (
        "data:\n  file: people.csv\n  columns: {income: earned}\n  unit: |\n"
        "outcomes:\n  - id: jobs\ncounts:\n  - outcome: visits\n"
        "performance:\n  kpis:\n    - id: happy\n      type: survey\n      file: survey.csv\n"
        "      answer: \n"
    )
    assert labels(text, folder=tmp_path) == ["who", "income", "paid: net"]
    assert "unit: 'paid: net'" in accepted(text, "paid: net", folder=tmp_path)
    plain = text.replace("|", "")
    answer = plain.replace("answer: ", "answer: |")
    assert labels(answer, folder=tmp_path) == ["answer", "weighs"]
    design = plain + "design:\n  method: matching\n  covariates: [who, |]\n"
    assert labels(design, folder=tmp_path) == ["income", "paid: net"]
    assert labels(plain.replace("{income: earned}", "{income: |}"), folder=tmp_path) == [
        "who", "earned", "paid: net",
    ]  # fmt: skip
    labelled = plain.replace("  unit: ", "  labels:\n    |\n  unit: ")
    assert labels(labelled, folder=tmp_path) == ["who", "income", "paid: net"]
    assert "    'paid: net': " in accepted(labelled, "paid: net", folder=tmp_path)
    clause = plain + "payment:\n  clauses:\n    - type: tariff\n      outcome: |\n"
    assert labels(clause, folder=tmp_path) == ["jobs", "visits", "happy"]
    assert labels("data:\n  file: |", folder=tmp_path) == ["people.csv", "survey.csv"]


def test_a_table_that_cannot_be_read_or_lies_elsewhere_names_no_column(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (inside / "torn.parquet").write_bytes(b"PAR1")
    for file in ("../secret.csv", "torn.parquet", "none.csv", "''"):
        assert labels(f"data:\n  file: {file}\n  unit: |", folder=inside) == []


@pytest.mark.parametrize(
    "text",
    ["# co|", "id: x # |", "stat|us: draft", "title: {a: |", "outcomes:\n  - id: x\n      |",
     "- |", "title: A report of con|"],
)  # fmt: skip
def test_where_nothing_can_be_said_nothing_is(text):
    assert labels(text) == []


def test_other_lines_that_are_not_finished_are_passed_over():
    text = "outcomes:\n  - id: a\n    labe\n    direction: |\nstat\ndesign:\n  method: reported\n"
    assert labels(text) == ["higher_is_better", "lower_is_better"]
    assert "currency" in labels("contract: {\ndesign:\n  met\npayment:\n  |")


def test_a_key_that_wants_a_column_says_so_in_its_first_words():
    """By which columns are offered for it. The others speak of columns and want something else."""
    others = {
        *("header_row", "dates", "never_treated_codes", "within_scale", "cutpoints"),
        *("file", "inputs_layout", "data", "rows", "counts"),
    }
    wholes = [schema_of(name).whole for name in FILES]
    parts = [part for whole in wholes for part in (whole, *whole["$defs"].values())]
    keys = [pair for part in parts for pair in part.get("properties", {}).items()]
    speak = {k for k, v in keys if re.search(r"\bcolumns?\b", v.get("description", ""), re.I)}
    want = {k for k, v in keys if Form(v, v.get("description", "")).names_columns}
    assert speak - want <= others
    assert {"unit", "covariates", "weight", "labels", "column", "person", "categories"} <= want


def test_files_of_other_names_have_no_schema():
    with pytest.raises(KeyError):
        offers_at("values.yaml", "", 0, PROJECT)


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data())
def test_no_key_that_is_taken_is_unknown_and_none_that_is_there_is_missing(data, tmp_path_factory):
    """At a key of a file: taking any other key in its place leads to no unknown key, and the key
    itself is offered."""
    name, model, texts = data.draw(
        st.sampled_from(
            [(EVALUATION, EvaluationSpec, TEXTS), (PORTFOLIO, PortfolioSpec, PORTFOLIOS)]
        )
    )
    text = texts[data.draw(st.sampled_from(sorted(texts)))]
    place = tmp_path_factory.getbasetemp()
    match = data.draw(st.sampled_from(list(KEY.finditer(text))))
    start, end = match.span(2)
    here = place_of(text[:start] + text[end:], start)
    if here is None or not here.is_key:  # a word in a longer text
        return
    offered = offers_at(name, text[:start] + text[end:], start, PROJECT)
    known = [offer.label for offer in offered.offers]
    free = not schema_of(name).at(here.path, here.tree)[0].keys
    assert free or match[2] in known, (match[0], known)
    before = unknown_keys(text, model, place)
    for offer in offered.offers:
        if offer.kind in ("key", "needed"):
            # on a line of its own, above the key that is there
            indent = "\n" + " " * (start - text.rfind("\n", 0, start) - 1)
            above = text[:start] + offer.text + indent + text[start:]
            made = offers_at(name, text[:start] + indent + text[start:], start, PROJECT)
            new = next((o for o in made.offers if o.label == offer.label), None)
            if new is None:  # the key that is there itself
                assert offer.label == match[2] or offer.label in here.beside
                continue
            above = text[:start] + new.text + "x" + indent + text[start:]
            assert unknown_keys(above, model, place) == before, (offer.label, above[:start][-80:])


@pytest.mark.slow
@pytest.mark.parametrize("name", EVERY)
def test_every_listed_value_and_column_of_the_examples_is_offered(name):
    text = TEXTS[name]
    seen = 0
    for match in re.finditer(r"^( *(?:- )*)([a-z_]+): ([^\s\d[]\S*)$", text, re.MULTILINE):
        start, end = match.span(3)
        offered = offers_at(EVALUATION, text[:start] + text[end:], start, DATA / name).offers
        if offered and offered[0].kind != "file":
            seen += 1
            assert match[3].strip("'\"") in [offer.label for offer in offered], match[0]
    assert seen >= 3


@settings(max_examples=200)
@given(st.text(alphabet="ab: -[]{}\"'#|>\n,&*!x", max_size=60), st.data())
def test_no_text_stops_it(text, data):
    offset = data.draw(st.integers(0, len(text)))
    made = offers_at(EVALUATION, text, offset, PROJECT / "no such folder")
    assert 0 <= made.start <= made.end <= len(text)
    assert made.start <= offset <= made.end


@given(st.text(alphabet="aZ_1 '\"#:,-[]{}&*!|>%@`~.é漢", min_size=1, max_size=12))
def test_a_name_is_written_so_that_it_reads_back(word):
    from pbc_eval.lab.completion.offers import _written  # noqa: PLC0415 what every offer is made by

    assert parts_of(f"a: {_written(word)}") == {"a": word}
    assert parts_of(f"a: [{_written(word)}]") == {"a": [word]}


def test_problems_are_those_that_a_check_would_tell_each_with_its_line(tmp_path):
    file = tmp_path / EVALUATION
    text = TEXTS["training-grants"]
    file.write_text(text, encoding="utf-8")
    assert problems_of(file) == ()
    wrong = text.replace("direction: lower", "directoin: lower", 1)
    file.write_text(wrong, encoding="utf-8")
    line = wrong[: wrong.index("directoin")].count("\n") + 1
    assert [problem.line for problem in problems_of(file)] == [line]
    assert "Did you mean 'direction'?" in problems_of(file)[0].words
    file.write_text("id: [\n", encoding="utf-8")
    assert [problem.line for problem in problems_of(file)] == [2]
    file.write_text("", encoding="utf-8")
    assert [problem.line for problem in problems_of(file)] == [1]
    portfolio = tmp_path / PORTFOLIO
    portfolio.write_text("id: x\nyaer: 2020\n", encoding="utf-8")
    assert 2 in [problem.line for problem in problems_of(portfolio)]
