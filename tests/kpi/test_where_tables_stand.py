"""A KPI table or a survey as it stands in a person's file: a title above, totals below, headings
of their own."""

import openpyxl
import pytest

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.release_performance import release_performance
from pbc_eval.errors import DataError
from pbc_eval.kpi.measure import measure_performance

MONTHS = ["2025-04", "2025-05", "2025-06"]
STANDS = {
    "file": "book.xlsx",
    "sheet": "Returns",
    "header_row": 3,
    "last_row": 6,
    "columns": {"month": "Reporting month", "met": "Seen within 2 days", "among": "Referred"},
    "last": "2025-06",
}


@pytest.fixture
def book(tmp_path):
    made = openpyxl.Workbook()
    made.active.title = "Read me"
    sheet = made.create_sheet("Returns")
    for row in (
        ["Contract returns 2025-26"],
        [],
        ["Reporting month", "Seen within 2 days", "Referred"],
        *([month, met, 10] for month, met in zip(MONTHS, (8, 9, 7), strict=True)),
        ["TOTAL", 24, 30],
    ):
        sheet.append(row)
    made.save(tmp_path / "book.xlsx")
    return tmp_path


def test_a_table_below_a_title_is_read_under_short_names_and_its_total_is_no_month(
    book, kpi, block
):
    asked = block(kpi("proportion", met="met", among="among"), **STANDS)
    found = measure_performance(asked, lambda name: book / name)
    assert [period.value for period in found.kpis[0].periods] == [0.8, 0.9, 0.7]
    _, summary = release_performance(found, DisclosureRule(threshold=10, counts="people"))
    assert list(map(str, summary.notes)) == [
        "the headings of book.xlsx stand in row 3; what stands above is no data",
        "rows below row 6 of book.xlsx that are notes or totals, and no data: 1",
    ]


def test_a_heading_that_is_not_there_is_refused_with_the_nearest(book, kpi, block):
    columns = STANDS["columns"] | {"among": "Refered"}
    asked = block(kpi("proportion", met="met", among="among"), **STANDS | {"columns": columns})
    with pytest.raises(DataError, match=r"no heading 'Refered'.*Did you mean 'Referred'"):
        measure_performance(asked, lambda name: book / name)


def test_a_survey_says_where_its_own_table_stands(tmp_path, kpi, block):
    answers = "".join(f"{month};{answer}\n" for month in MONTHS for answer in (1, 1, 1, 0))
    text = "Survey of people who were helped\nMonth of answer;Satisfied?\n" + answers
    (tmp_path / "survey.csv").write_text(text, encoding="utf-8", newline="\n")
    survey = kpi(
        "survey", file="survey.csv", answer="satisfied", header_row=2, separator=";",
        columns={"month": "Month of answer", "satisfied": "Satisfied?"},
    )  # fmt: skip
    asked = block(survey, file=None, last="2025-06")
    found = measure_performance(asked, lambda name: tmp_path / name)
    assert [period.value for period in found.kpis[0].periods] == [0.75] * 3
