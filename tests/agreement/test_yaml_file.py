"""read_yaml: plain data with the line of each value; hostile and broken files are refused."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import SpecError

pytestmark = pytest.mark.slow  # seconds, together


@pytest.fixture
def read(tmp_path):
    def reading(text, encoding="utf-8"):
        file = tmp_path / "evaluation.yaml"
        file.write_bytes(text.encode(encoding))
        return read_yaml(file)

    return reading


def test_words_stay_words_and_dates_become_dates(read):
    found = read("a: no\nb: on\nc: 12:30\nd: 2024-03-31\ne: 010\nf: 2026-1\ng: ~\n").data
    assert found == {
        "a": "no", "b": "on", "c": "12:30", "d": dt.date(2024, 3, 31),
        "e": 10, "f": "2026-1", "g": None,
    }  # fmt: skip


def test_the_line_of_each_value_is_known(read):
    document = read("# note\na:\n  - b: 1\n\n  - b: 2\nc: {d: 3,\n  e: 4}\n")
    assert document.line_of(("a",)) == 2
    assert document.line_of(("a", 1, "b")) == 5
    assert document.line_of(("c", "e")) == 7
    assert document.line_of(("a", 1, "tariff", "b")) == 5  # the tag of a union is passed over
    assert document.line_of(("a", 0, "unknown")) == 3  # the nearest thing that holds it
    assert document.line_of(()) == 2


def test_a_byte_order_mark_and_windows_line_ends_are_read(read):
    assert read("a: 1\r\nb: é\r\n", encoding="utf-8-sig").data == {"a": 1, "b": "é"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2\n", r"line 2, column 1: duplicate key \"a\"\. Each key may be given once"),
        ("a:\n  b: 1\n  b: 2\n", r"line 3, column 3: duplicate key \"b\""),
        ("a: b: c\n", r"line 1, column 5: not valid YAML: .*Check the indentation"),
        ("\ta: 1\n", r"line 1, column 1: not valid YAML: found character"),
        ("a: [1\n", "not valid YAML"),
        ("- a\n- b\n", "must be a mapping of keys to values at its top level, got list"),
        ("", "got nothing"),
        ("just words\n", "got str"),
        ("a: 1\n---\nb: 2\n", "a second document starts here"),
        ("a: 2024-02-30\n", "line 1: 2024-02-30: day is out of range for month. Correct"),
        ("x: 1\na: [2024-13-01]\n", "line 2: 2024-13-01: month must be in"),
        ("a: !!float abc\n", "could not convert string to float"),
        ("a: \x01\n", "not valid YAML"),
        ("? [a]\n: b\n", "a key must be one word"),
    ],
)
def test_text_that_is_not_an_evaluation_is_refused_where_it_goes_wrong(read, text, message):
    with pytest.raises(SpecError, match=message):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system [echo]\n",
        "a: !!python/name:os.system\n",
        "a: &x [*x]\n",
        "a: &x [1, 2]\nb: *x\n",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
        "a: " + "[" * 600,
        "a: " + "{b: " * 600,
    ],
    ids=["object", "name", "cycle", "alias", "expansion", "deep list", "deep mapping"],
)
def test_a_hostile_file_is_refused_quickly(read, text):
    with pytest.raises(SpecError):
        read(text)


def test_a_file_that_is_missing_or_not_text_is_named(tmp_path):
    with pytest.raises(SpecError, match=r"nowhere\.yaml: no such file"):
        read_yaml(tmp_path / "nowhere.yaml")
    with pytest.raises(SpecError, match="cannot be read as UTF-8 text"):
        read_yaml(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("a: café\n".encode("latin-1"))
    with pytest.raises(SpecError, match="cannot be read as UTF-8 text"):
        read_yaml(tmp_path / "latin.yaml")


@given(st.text(max_size=60))
def test_any_text_gives_a_mapping_or_a_message(tmp_path_factory, text):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_text(text, encoding="utf-8", errors="replace", newline="")
    try:
        found = read_yaml(file).data
    except SpecError as refused:
        found = {"refused": str(refused).startswith(str(file))}
    assert isinstance(found, dict)
    assert found.get("refused") is not False
