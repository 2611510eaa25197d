"""The data dictionary: every column of every CSV, with what it means, its type and its unit."""

import csv
import json
from dataclasses import replace

import pytest
from evaluations import released_of
from shown import shown_page

from pbc_eval.disclosure import SUPPRESSED
from pbc_eval.errors import PublicationError
from pbc_eval.publish.formats import write
from pbc_eval.publish.formats.csv_files import csv_files
from pbc_eval.report.page import Page, page_of
from pbc_eval.report.parts import Table

pytestmark = pytest.mark.slow  # whole evaluations are run

DICTIONARY = ("dictionary.csv",)


@pytest.fixture(
    scope="module",
    params=[pytest.param("hospital-readmissions", marks=pytest.mark.soak), "insurance-expansion"],
)
def written(request, tmp_path_factory):
    released = released_of(request.param)
    return write(shown_page(released), released, tmp_path_factory.mktemp("run"))


def rows(file) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def described(written) -> dict[str, dict]:
    files = json.loads((written / "dictionary.json").read_text())["files"]
    return {one["file"]: one for one in files}


def test_every_column_of_every_csv_is_described_in_the_order_of_the_file(written):
    found = described(written)
    there = {path.name for path in written.glob("*.csv")} - {*DICTIONARY}
    assert found.keys() == there
    for name, one in found.items():
        header, *body = rows(written / name)
        assert [column["name"] for column in one["columns"]] == header, name
        assert one["rows"] == len(body)
        for column in one["columns"]:
            assert column["meaning"].strip(), (name, column)


def test_types_are_those_of_the_cells(written):
    for name, one in described(written).items():
        header, *body = rows(written / name)
        for place, column in enumerate(one["columns"]):
            cells = [row[place] for row in body if row[place] not in ("", SUPPRESSED)]
            if column["type"] == "number":
                for cell in cells:
                    float(cell)
            elif column["type"] == "boolean":
                assert {*cells} <= {"True", "False"}, (name, header[place])
            else:
                assert column["type"] == "text"


def test_units_are_the_outcomes_and_the_contracts(written):
    found = described(written)
    lead = "readmissions" if "readmissions-estimates.csv" in found else "insured"
    units = {one["name"]: one["unit"] for one in found[f"{lead}-estimates.csv"]["columns"]}
    unit = "readmissions per 100 discharges" if lead == "readmissions" else "fraction; times 100"
    assert units["estimate"].startswith(unit)
    due = {one["name"]: one["unit"] for one in found["payment-statement.csv"]["columns"]}
    assert due["amount"] == ("GBP" if lead == "readmissions" else "USD")


def test_the_table_and_csv_on_the_web_say_the_same(written):
    found = described(written)
    _, *lines = rows(written / "dictionary.csv")
    assert [line[:2] for line in lines] == [
        [name, column["name"]] for name in sorted(found) for column in found[name]["columns"]
    ]
    csvw = json.loads((written / "csv-metadata.json").read_text())
    assert csvw["@context"][0] == "http://www.w3.org/ns/csvw"
    for table in csvw["tables"]:
        titles = [column["titles"] for column in table["tableSchema"]["columns"]]
        assert titles == rows(written / table["url"])[0]
        assert all(SUPPRESSED in column["null"] for column in table["tableSchema"]["columns"])


def test_a_table_cannot_take_the_dictionarys_place():
    page = page_of(released_of("one-service"))
    *others, last = page
    tables = [part for part in last.parts if isinstance(part, Table)]
    named = replace(tables[0], table=replace(tables[0].table, name="dictionary"))
    spoilt = Page(
        [*others, replace(last, parts=(*last.parts, named))], kind=page.kind, language="en"
    )
    with pytest.raises(PublicationError, match="dictionary"):
        csv_files(spoilt)
