"""The workbook works payment and return out again: LibreOffice finds the same to the penny."""

import datetime as dt
import io
import shutil
import subprocess
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from evaluations import change, copy_of, released_of
from hostile import FORMULAS, VALUES

import pbc_eval as pbc
from pbc_eval.intake.workbook_file import Formula, Sheet, workbook_bytes
from pbc_eval.publish.formats.workbook import workbook
from pbc_eval.sroi.basis import ValueBasis

pytestmark = pytest.mark.slow  # whole evaluations are run

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
NAMES = ("hospital-readmissions", "wheels-to-meals", "one-service", "training-grants")


@pytest.fixture(scope="module")
def released():
    found = {}
    for name in NAMES:
        found[name] = released_of(name)
    return found


def recalculated(folder, books: dict[str, bytes]):
    """Each workbook as LibreOffice works it out, values only: what its formulas are said to come to
    is taken off first, for LibreOffice would take it over."""
    for name, data in books.items():
        openpyxl.load_workbook(io.BytesIO(data)).save(folder / f"{name}.xlsx")
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "out")]
    subprocess.run(
        [
            OFFICE,
            "--headless",
            profile,
            *convert,
            *(str(folder / f"{name}.xlsx") for name in books),
        ],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return {
        name: openpyxl.load_workbook(folder / "out" / f"{name}.xlsx", data_only=True)
        for name in books
    }


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not on this machine")
@pytest.mark.soak
def test_libreoffice_finds_the_same_ratio_and_payment_to_the_penny(released, tmp_path):
    books = recalculated(tmp_path, {name: workbook(r) for name, r in released.items()})
    for name, book in books.items():
        evaluation = released[name]
        rows = {row[0]: row[1:] for row in book["Results"].iter_rows(min_row=2, values_only=True)}
        wanted = {}
        if evaluation.payment is not None:
            wanted["Payment due"] = float(evaluation.payment.total)
        if evaluation.sroi is not None:
            sroi = evaluation.sroi
            wanted |= {
                "Present value": sroi.present_value,
                "Investment": sroi.investment,
                "Net present value": sroi.net_present_value,
                "Social return ratio": sroi.ratio,
            }
        assert set(rows) == set(wanted)
        for result, number in wanted.items():
            assert rows[result][0] == pytest.approx(number, abs=0.001, rel=1e-9), (name, result)
        stored = openpyxl.load_workbook(_saved(tmp_path, workbook(evaluation)), data_only=True)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    kept = stored[sheet.title][cell.coordinate].value
                    if isinstance(cell.value, int | float):
                        # a tenth of a penny: a difference from what is stated to ten digits
                        is_difference = (sheet.title, cell.column_letter) == ("Results", "D")
                        near = pytest.approx(
                            cell.value, rel=1e-9, abs=1e-3 if is_difference else 1e-6
                        )
                        assert kept == near, (name, cell)
            for row in sheet.iter_rows(values_only=True):
                assert not [c for c in row if isinstance(c, str) and c.startswith("#")], name


def test_every_formula_carries_what_it_comes_to(released, tmp_path):
    """A program that does not work formulas out, as a protected view, shows no blank cell."""
    for evaluation in released.values():
        book = _saved(tmp_path, workbook(evaluation))
        formulas = openpyxl.load_workbook(book)
        values = openpyxl.load_workbook(book, data_only=True)
        cells = [
            values[sheet.title][cell.coordinate].value
            for sheet in formulas
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        assert len(cells) > 3
        assert all(isinstance(value, int | float) for value in cells)


@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not on this machine")
def test_the_formulas_are_live(released, tmp_path):
    """A changed input moves the result as social_return says it does."""
    book = openpyxl.load_workbook(_saved(tmp_path, workbook(released["wheels-to-meals"])))
    sheet = book["Value map"]
    names = [cell.value for cell in sheet[1]]
    sheet.cell(2, names.index("Duration (years)") + 1).value = 3
    sheet.cell(3, names.index("Attribution") + 1).value = 0.5
    book["Inputs"].cell(_row_of(book["Inputs"], "Discount rate"), 2).value = 0.01
    book.save(tmp_path / "changed.xlsx")
    moved = recalculated(tmp_path, {"moved": (tmp_path / "changed.xlsx").read_bytes()})["moved"]
    sroi = released["wheels-to-meals"].sroi
    first, second, *rest = sroi.outcomes
    again = pbc.social_return(
        [
            first.model_copy(update={"duration": 3}),
            second.model_copy(update={"attribution": 0.5}),
            *rest,
        ],
        investment=sroi.investment,
        discount=0.01,
    )
    results = moved["Results"]
    ratio = results.cell(_row_of(results, "Social return ratio"), 2).value
    assert ratio == pytest.approx(again.ratio, rel=1e-12)
    assert ratio != pytest.approx(sroi.ratio, rel=0.01)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not on this machine")
def test_every_share_schedule_start_and_adjustment_is_in_the_formulas(released, tmp_path):
    plain = released["wheels-to-meals"]
    first, second, third, *rest = plain.sroi.outcomes
    rows = [
        first.model_copy(
            update={"leakage": 0.3, "displacement": 0.15, "deadweight": 0.4, "start": 2}
        ),
        second.model_copy(update={"drop_off": 1.0, "duration": 4, "income": 9_000.0}),
        third.model_copy(update={"drop_off": 0.03, "duration": 40, "start": 2}),
        *rest,
    ]
    books, wanted = {}, {}
    for convention in ("after_activity", "in_activity"):
        sroi = pbc.social_return(
            rows,
            investment=42_375,
            discount="uk_green_book_standard",
            date=dt.date(2026, 11, 1),
            start_convention=convention,
            basis=ValueBasis(median_income=20_000.0),
        )
        changed = replace(plain, sroi=sroi)
        books[convention], wanted[convention] = workbook(changed), sroi.ratio
    for convention, book in recalculated(tmp_path, books).items():
        sheet = book["Results"]
        ratio = sheet.cell(_row_of(sheet, "Social return ratio"), 2).value
        assert ratio == pytest.approx(wanted[convention], rel=1e-12)


def _saved(folder, data):
    path = folder / "book.xlsx"
    path.write_bytes(data)
    return path


def _row_of(sheet, name):
    return next(row[0].row for row in sheet.iter_rows() if row[0].value == name)


def test_the_same_results_give_the_same_bytes_without_a_clock(released, tmp_path):
    one, two = (workbook(released["wheels-to-meals"]) for _ in range(2))
    assert one == two
    with zipfile.ZipFile(_saved(tmp_path, one)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(2000, 1, 1, 0, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert core.count("2000-01-01T00:00:00Z") == 2


@pytest.mark.soak
def test_hostile_names_are_text_and_only_our_formulas_are_formulas(tmp_path):
    folder = copy_of("hospital-readmissions", tmp_path)
    file = folder / "evaluation.yaml"
    change(file, 'title: "Support after', 'title: "=HYPERLINK(0) Support after')
    change(file, "label: Readmissions avoided\n", 'label: "=1+1"\n')
    change(file, "outcome: Fewer emergency readmissions", "outcome: \"=cmd|' /C calc'!A0\"")
    change(file, "description: contract management", 'description: "@SUM(A1)"')
    released = pbc.release(pbc.evaluate(pbc.load_evaluation(folder)))
    book = openpyxl.load_workbook(_saved(tmp_path, workbook(released)))
    found = set()
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith(("=HYP", "=1+1", "=cmd")):
                    assert cell.data_type == "s", cell
                    assert cell.quotePrefix
                    found.add(cell.value[:4])
                if cell.data_type == "f":
                    assert '"' not in cell.value
                    assert "|" not in cell.value
    assert found == {"=HYP", "=1+1", "=cmd"}


def test_any_text_is_kept_as_text(tmp_path):
    rows = [["header"], *[[value] for value in VALUES], [Formula("1+1", 2.0)]]
    data = workbook_bytes([Sheet(title="s", rows=rows)])
    book = openpyxl.load_workbook(_saved(tmp_path, data))
    cells = [row[0] for row in book["s"].iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells[:-1]} == {"s"}
    assert cells[-1].data_type == "f"
    kept = [cell.value for cell in cells[:-1]]
    assert [k for k in kept if k in FORMULAS] == FORMULAS
    same = sum(one == two for one, two in zip(kept, VALUES, strict=True))
    assert same >= len(VALUES) - 3  # control characters are replaced


def test_an_evaluation_without_money_has_no_workbook(released):
    bare = released["one-service"]
    bare = replace(bare, payment=None, sroi=None)
    with pytest.raises(pbc.PbcError, match="nothing to put in a workbook"):
        workbook(bare)
