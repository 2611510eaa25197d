"""Inputs, uncertainties, claims and portfolios are read where the file says that they stand, and
come to what the same tables come to when they are clean."""

import csv
from pathlib import Path

import pytest
from evaluations import DATA, change, copy_of
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from portfolio.test_plans import GOLDEN, PLANS
from portfolios import COLUMNS, HEAD, TABLE, jobs

import pbc_eval as pbc
from pbc_eval.agreement.claims import Claims
from pbc_eval.agreement.portfolio import PaymentPlans, load_portfolio
from pbc_eval.agreement.table_layout import TableLayout
from pbc_eval.agreement.yaml_file import read_yaml, yaml_text
from pbc_eval.errors import DataError, PbcError, SpecError
from pbc_eval.evaluation.core_results import claims_of
from pbc_eval.evaluation.portfolio.assemble import portfolio_of
from pbc_eval.evaluation.social_value import read_value_inputs
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.intake.portfolio_plans import read_plans
from pbc_eval.intake.portfolio_table import read_portfolio_table
from pbc_eval.intake.value_table import read_uncertainty

MEALS = DATA / "wheels-to-meals"
CARERS = "care-leavers"


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def messy(rows, above=2, below=1, names=None):
    """The rows under a title, headings in other words, notes below; and the keys that say so."""
    head, *body = rows
    names = names or {}
    heads = [names.get(name, name) for name in head]
    wide = [
        *[[f"Title {n}"] for n in range(above)],
        heads,
        *body,
        *[[f"Note {n}: provisional figures."] for n in range(below)],
    ]
    said = {
        "header_row": above + 1,
        "last_row": above + 1 + len(body),
        "columns": {name: heading for name, heading in names.items() if name in head},
    }
    return wide, said


def as_csv(file: Path, rows) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return file


def as_book(file: Path, **sheets) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_cell(cell) for cell in row])
    book.save(file)
    return file


def _cell(text):
    try:
        return float(text)
    except ValueError:
        return text or None


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(above=st.integers(0, 3), below=st.integers(0, 2), renamed=st.booleans())
def test_inputs_and_uncertainties_are_the_same_under_a_title_and_other_headings(
    tmp_path_factory, above, below, renamed
):
    folder = tmp_path_factory.mktemp("map")
    spent = {"stakeholder": "Who pays", "value": "Amount (£)"} if renamed else {}
    varied = {"row": "Line", "low": "At least"} if renamed else {}
    inputs, of_inputs = messy(rows_of(MEALS / "inputs.csv"), above, below, spent)
    doubts, of_doubts = messy(rows_of(MEALS / "uncertainty.csv"), above, below, varied)
    clean = pbc.read_value_map(MEALS / "value_map.csv", inputs=MEALS / "inputs.csv")
    read = pbc.read_value_map(
        MEALS / "value_map.csv",
        inputs=as_csv(folder / "spent.csv", inputs),
        inputs_layout=TableLayout.model_validate(of_inputs),
    )
    assert read == clean
    file, layout = as_csv(folder / "doubts.csv", doubts), TableLayout.model_validate(of_doubts)
    assert read_uncertainty(file, layout=layout) == read_uncertainty(MEALS / "uncertainty.csv")


def test_all_tables_of_one_workbook_have_layouts_of_their_own(tmp_path):
    value_map = rows_of(MEALS / "value_map.csv")
    inputs, of_inputs = messy(rows_of(MEALS / "inputs.csv"), names={"stakeholder": "Who"})
    doubts, of_doubts = messy(rows_of(MEALS / "uncertainty.csv"), above=1)
    file = as_book(tmp_path / "map.xlsx", Outcomes=value_map, Costs=inputs, Uncertainty=doubts)
    read = pbc.read_value_map(
        file,
        inputs_layout=TableLayout.model_validate({**of_inputs, "sheet": "Costs"}),
        uncertainty_layout=TableLayout.model_validate(of_doubts),
    )
    clean = pbc.read_value_map(
        MEALS / "value_map.csv",
        inputs=MEALS / "inputs.csv",
        uncertainty=MEALS / "uncertainty.csv",
    )
    assert (read.inputs, read.uncertainty) == (clean.inputs, clean.uncertainty)


def test_an_evaluation_reads_inputs_and_uncertainty_as_its_file_says_and_tells_what_is_no_row(
    tmp_path,
):
    folder = copy_of("wheels-to-meals", tmp_path)
    clean = read_value_inputs(pbc.load_evaluation(folder), InputFiles())
    for name in ("inputs", "uncertainty"):
        table, said = messy(rows_of(MEALS / f"{name}.csv"))
        as_csv(folder / f"{name}.csv", table)
        change(
            folder / "evaluation.yaml",
            f"  {name}_file: {name}.csv\n",
            f"  {name}_file: {name}.csv\n  {name}_layout:\n"
            f"    header_row: {said['header_row']}\n    last_row: {said['last_row']}\n",
        )
    read = read_value_inputs(pbc.load_evaluation(folder), InputFiles())
    assert (read.inputs, read.uncertainty) == (clean.inputs, clean.uncertainty)
    told = set(read.caveats) - set(clean.caveats)
    assert {line.split()[5] for line in told} == {"inputs.csv", "uncertainty.csv"}


def test_a_layout_of_no_table_is_refused(tmp_path):
    folder = copy_of("wheels-to-meals", tmp_path)
    file = folder / "evaluation.yaml"
    change(file, "  inputs_file: inputs.csv\n", "  inputs_layout: {header_row: 3}\n")
    with pytest.raises(SpecError, match=r"inputs_layout says how a table of inputs is laid out"):
        pbc.load_evaluation(folder)


@pytest.fixture(scope="module")
def carers(tmp_path_factory):
    return copy_of(CARERS, tmp_path_factory.mktemp("carers"))


def with_claims(folder: Path, table, said, *, numbers="", suffix=".csv"):
    """The evaluation with its claims in another file, laid out as ``said``."""
    name = f"book{suffix}"
    (as_csv if suffix == ".csv" else as_book)(
        folder / name, **({"rows": table} if suffix == ".csv" else {"Claims": table})
    )
    whole = (DATA / CARERS / "evaluation.yaml").read_text(encoding="utf-8")
    lines = [f"  file: {name}", *(f"  {key}: {value}" for key, value in said.items())]
    lines += [f"  numbers: '{numbers}'"] if numbers else []
    whole = whole.replace("claims:\n  file: claims.csv", "claims:\n" + "\n".join(lines))
    (folder / "evaluation.yaml").write_text(whole, encoding="utf-8")
    return claims_of(pbc.load_evaluation(folder), InputFiles())


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_claims_are_the_same_under_a_title_and_other_headings(carers, suffix):
    clean = claims_of(pbc.load_evaluation(DATA / CARERS), InputFiles())
    rows = rows_of(DATA / CARERS / "claims.csv")
    table, said = messy(rows, names={"metric": "Outcome metric", "claims": "How many"})
    read = with_claims(carers, table, said, suffix=suffix)
    assert read.counts == clean.counts
    assert any("notes or totals" in str(note) for note in read.notes)
    assert not clean.notes


def test_numbers_of_claims_are_read_as_they_are_written(carers):
    clean = claims_of(pbc.load_evaluation(DATA / CARERS), InputFiles())
    head, *rows = rows_of(DATA / CARERS / "claims.csv")
    at = head.index("paid")
    rows = [[*row[:at], f"{int(row[at]):,}".replace(",", "."), *row[at + 1 :]] for row in rows]
    read = with_claims(carers, [head, *rows], {}, numbers="1.234,5")
    assert read.counts == clean.counts


def test_a_wrong_claim_is_named_by_its_row_in_the_file(carers):
    head, *rows = rows_of(DATA / CARERS / "claims.csv")
    rows[3] = [rows[3][0], "many", *rows[3][2:]]
    table, said = messy([head, *rows[:2], [], *rows[2:]], above=2)
    with pytest.raises(DataError, match=r"book\.csv: row 8, column 'claims': .*'many'"):
        with_claims(carers, table, said)  # headings in row 3, an empty row in row 6


def test_what_is_no_claim_is_told_beside_the_account(carers):
    table, said = messy(rows_of(DATA / CARERS / "claims.csv"))
    with_claims(carers, table, said)
    made = pbc.evaluate(pbc.load_evaluation(carers))
    assert any("In the file of claims: the headings of" in line for line in made.account.sentences)


@settings(max_examples=6, deadline=None, phases=[Phase.generate])
@given(above=st.integers(0, 3), below=st.integers(0, 2), renamed=st.booleans())
def test_a_portfolio_is_the_same_under_a_title_and_other_headings(
    tmp_path_factory, above, below, renamed
):
    folder = tmp_path_factory.mktemp("portfolio")
    rows = [line.split(",") for line in [COLUMNS, *jobs()]]
    names = {"label": "Contract", "estimate": "Effect (people)"} if renamed else {}
    table, said = messy(rows, above, below, names)
    as_csv(folder / "table.csv", table)
    keys = "".join(f"{key}: {value}\n" for key, value in said.items())
    (folder / "portfolio.yaml").write_text(HEAD + TABLE + keys, encoding="utf-8")
    spec = load_portfolio(folder)
    read = read_portfolio_table(folder / "table.csv", spec.outcomes, layout=spec.layout)
    clean = read_portfolio_table(as_csv(folder / "clean.csv", rows), spec.outcomes)
    assert read == clean


def test_what_is_no_contract_is_told_under_the_table_of_contracts(tmp_path):
    table, said = messy([line.split(",") for line in [COLUMNS, *jobs()]])
    as_csv(tmp_path / "table.csv", table)
    keys = "".join(f"{key}: {value}\n" for key, value in said.items())
    (tmp_path / "portfolio.yaml").write_text(HEAD + TABLE + keys, encoding="utf-8")
    released = pbc.release_portfolio(portfolio_of(load_portfolio(tmp_path), tmp_path))
    assert released.table("portfolio-results").notes == (
        "Rows below row 11 of table.csv are notes or totals, and no data.",
    )


def test_a_wrong_cell_of_a_portfolio_is_named_by_its_row_in_the_file(tmp_path):
    rows = [line.split(",") for line in [COLUMNS, *jobs()]]
    rows[2][2] = "much"
    table, said = messy(rows, above=3)
    file = as_csv(tmp_path / "table.csv", table)
    outcomes = load_outcomes(tmp_path)
    with pytest.raises(SpecError, match=r"table\.csv, row 6, column 'estimate'.*'much'"):
        read_portfolio_table(file, outcomes, layout=TableLayout.model_validate(said))


def load_outcomes(folder: Path):
    (folder / "portfolio.yaml").write_text(HEAD + TABLE, encoding="utf-8")
    return load_portfolio(folder).outcomes


def test_plans_are_the_same_under_a_title_and_other_headings(tmp_path):
    table, said = messy(rows_of(GOLDEN), names={"name": "Contract", "paid_actual": "Paid (£)"})
    file = as_csv(tmp_path / "contracts.csv", table)
    plans = PaymentPlans.model_validate({**PLANS.model_dump(exclude_defaults=True), **said})
    assert read_plans(file, plans) == read_plans(GOLDEN, PLANS)


def test_a_layout_that_the_file_does_not_have_is_refused_with_what_stands_there(tmp_path):
    file = as_csv(tmp_path / "spent.csv", rows_of(MEALS / "inputs.csv"))
    for said, match in (
        ({"header_row": 99}, "header_row is 99"),
        ({"columns": {"value": "Amount"}}, "no heading 'Amount'"),
    ):
        with pytest.raises(PbcError, match=match):
            pbc.read_value_map(
                MEALS / "value_map.csv", inputs=file, inputs_layout=TableLayout(**said)
            )


def drafted(file: Path) -> dict:
    """The keys that an inspection of the file drafts."""
    draft = file.with_suffix(".yaml")
    draft.write_text(pbc.inspect(file).block, encoding="utf-8")
    return dict(read_yaml(draft).data)


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("inputs", {"stakeholder": "Funder", "value": "Amount (£)"}),
        ("inputs", {}),
        ("uncertainty", {"type": "Distribution"}),
    ],
)
def test_inputs_and_uncertainties_are_known_by_their_headings_and_read_as_drafted(
    tmp_path, name, names
):
    table, _ = messy(rows_of(MEALS / f"{name}.csv"), names=names)
    file = as_csv(tmp_path / f"my-{name}.csv", table)
    said = drafted(file)["value_map"]
    assert said[f"{name}_file"] == file.name
    layout = TableLayout.model_validate(said[f"{name}_layout"])
    if name == "uncertainty":
        assert read_uncertainty(file, layout=layout) == read_uncertainty(MEALS / f"{name}.csv")
        return
    clean = pbc.read_value_map(MEALS / "value_map.csv", inputs=MEALS / "inputs.csv")
    read = pbc.read_value_map(MEALS / "value_map.csv", inputs=file, inputs_layout=layout)
    assert read.inputs == clean.inputs


def test_claims_and_portfolios_are_known_by_their_headings_and_read_as_drafted(carers, tmp_path):
    rows = rows_of(DATA / CARERS / "claims.csv")
    table, _ = messy(rows, names={"metric": "Outcome metric", "claims": "How many"})
    said = drafted(as_csv(tmp_path / "book.csv", table))["claims"]
    assert Claims.model_validate({**said, "source": "A", "status": "READ"}).claims_of
    columns = {key: said.pop(key) for key in ("claims_of", "units", "people", "paid")}
    whole = (DATA / CARERS / "evaluation.yaml").read_text(encoding="utf-8")
    assert columns == {
        "claims_of": "outcome_metric", "units": "how_many", "people": "people", "paid": "paid"
    }  # fmt: skip
    for old, new in (("metric", "outcome_metric"), ("claims", "how_many")):
        key = "claims_of" if old == "metric" else "units"
        whole = whole.replace(f"  {key}: {old}\n", f"  {key}: {new}\n", 1)
    keys = "".join(f"  {line}\n" for line in yaml_text(said).splitlines())
    (carers / "evaluation.yaml").write_text(
        whole.replace("  file: claims.csv\n", keys, 1), encoding="utf-8"
    )
    as_csv(carers / "book.csv", table)
    clean = claims_of(pbc.load_evaluation(DATA / CARERS), InputFiles())
    assert claims_of(pbc.load_evaluation(carers), InputFiles()).counts == clean.counts

    rows = [line.split(",") for line in [COLUMNS, *jobs()]]
    table, _ = messy(rows, names={"label": "Contract", "estimate": "Effect"})
    as_csv(tmp_path / "table.csv", table)
    said = drafted(tmp_path / "table.csv")
    (tmp_path / "portfolio.yaml").write_text(
        HEAD + TABLE + yaml_text({key: said[key] for key in said if key != "file"}),
        encoding="utf-8",
    )
    spec = load_portfolio(tmp_path)
    read = read_portfolio_table(tmp_path / "table.csv", spec.outcomes, layout=spec.layout)
    assert read == read_portfolio_table(as_csv(tmp_path / "clean.csv", rows), spec.outcomes)
