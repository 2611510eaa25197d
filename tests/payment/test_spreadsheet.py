"""spreadsheet_lines: a workbook works each amount out again, to the penny."""

import re
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.contracts import JOBS, OTHERS, as_measured, contracts
from payment.test_cases import CASES, results_of
from payment.worksheet import recalculate

from pbc_eval.agreement.payment_terms import payment_terms_from
from pbc_eval.payment import payment_due
from pbc_eval.payment.spreadsheet import spreadsheet_lines

pytestmark = pytest.mark.slow  # seconds, together

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")


def statement_of(case):
    said = case.data
    return payment_due(payment_terms_from(said["terms"]), results_of(said["results"]))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.path.stem)
def test_each_line_of_a_case_can_be_worked_out_again(case):
    statement = statement_of(case)
    lines = spreadsheet_lines(statement)
    assert recalculate(lines) == {line.line: pytest.approx(float(line.amount)) for line in lines}
    assert sum(line.amount for line in lines) == statement.total


@settings(max_examples=150, deadline=None)
@given(contracts(), st.floats(-2, 3))
def test_any_contract_can_be_worked_out_again_to_the_penny(terms, effect):
    statement = payment_due(terms, [as_measured(JOBS, effect), *OTHERS])
    lines = spreadsheet_lines(statement)
    penny = 10.0**-terms.rounding.decimals
    again = recalculate(lines)
    for done, line in enumerate(lines, start=1):
        assert abs(again[line.line] - float(line.amount)) <= penny * done * 1.001, line.line


def test_a_formula_follows_its_inputs(clause, terms, outcome):
    """Changed numbers give the changed payment: the formula is live, not a copy of the amount."""
    rules = terms(clause("tariff", price=10, cap=300), cap=250)
    small, large = (
        spreadsheet_lines(payment_due(rules, [outcome(effect=effect, total_scale=7.0)]))
        for effect in (2.0, 9.0)
    )
    assert [line.formula for line in small] == [line.formula for line in large]
    assert list(recalculate(small).values()) == [140, 0]
    assert list(recalculate(large).values()) == [300, -50]
    assert [name for name, _ in small[0].inputs] == ["price", "effect", "total_scale", "the_cap"]
    assert small[1].lines == (("amount_of_tariff", "tariff"),)


@pytest.mark.soak
@pytest.mark.slow  # starts an office suite
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not on this machine")
def test_libreoffice_works_every_case_out_to_the_penny(tmp_path):
    book = openpyxl.Workbook()
    expected = {}
    for number, case in enumerate(CASES):
        sheet = book.create_sheet(f"s{number}")
        place, row = {}, 1
        for line in spreadsheet_lines(statement_of(case)):
            cells = {name: f"$B${place[other]}" for name, other in line.lines}
            for name, value in line.inputs:
                sheet.cell(row, 1, name)
                sheet.cell(row, 2, float(value))
                cells[name] = f"$B${row}"
                row += 1
            formula = re.sub(r"\b[a-z]\w*", lambda found, c=cells: c[found[0]], line.formula)
            sheet.cell(row, 2, f"={formula}")
            place[line.line] = row
            expected[f"s{number}", row] = float(line.amount)
            row += 1
    book.save(tmp_path / "cases.xlsx")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    convert = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "out")]
    subprocess.run(
        [OFFICE, "--headless", profile, *convert, str(tmp_path / "cases.xlsx")],
        check=True,
        capture_output=True,
        timeout=120,
    )
    again = openpyxl.load_workbook(Path(tmp_path) / "out" / "cases.xlsx", data_only=True)
    found = {(sheet, row): again[sheet].cell(row, 2).value for sheet, row in expected}
    assert found == {place: pytest.approx(amount, abs=1e-6) for place, amount in expected.items()}
