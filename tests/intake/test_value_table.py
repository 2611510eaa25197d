"""Value maps in and out of tables: tolerant headers, intolerant cells, round trips without loss."""

import csv
import datetime as dt
import re
from typing import get_args

import pandas as pd
import pytest
from hostile import FORMULAS
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.uncertainty import Uncertain
from pbc_eval.agreement.value_map import StakeholderInput, ValuedOutcome, ValueMap
from pbc_eval.errors import ValueMapError
from pbc_eval.intake.value_map_out import write_value_map
from pbc_eval.intake.value_table import read_uncertainty, read_value_map, value_map_from_frame

pytestmark = pytest.mark.slow  # seconds, together

HEADER = (
    "ID,Stakeholder,Outcome,Quantity,Duration,Proxy,Proxy Value,Proxy source,Deadweight,Drop-off"
)
ROW = "gp,Residents,Healthier,90,5,GP visits,19,Guide,0.1,0.2"


def from_text(tmp_path, *lines: str) -> ValueMap:
    path = tmp_path / "map.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_value_map(path)


def test_headers_are_matched_without_regard_to_case_spaces_and_hyphens(tmp_path):
    row = from_text(tmp_path, HEADER, ROW, "").outcomes[0]
    assert (row.id, row.proxy_value, row.drop_off, row.duration) == ("gp", 19.0, 0.2, 5)
    bom = from_text(tmp_path, "\ufeff" + HEADER.replace("Drop-off", "DROP OFF"), ROW)
    assert bom.outcomes[0] == row


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("0.1,0.2", "25,0.2", r"row 2 \(gp\): deadweight: must be a fraction.*mean 0\.25\?"),
        ("0.1,0.2", "25%,0.2", r"row 2, column 'deadweight': .*got '25%'\. Did you mean 0\.25"),
        (",90,", ',"1,000",', r"row 2, column 'quantity': .*got '1,000'\. Write 1 or 1000"),
        (",19,", ",£19,", r"row 2, column 'proxy_value': .*got '£19'\. Did you mean 19"),
        (",19,", ",n/a,", r"column 'proxy_value': must be a plain number, got 'n/a'\."),
        (",5,", ",1.5,", r"column 'duration': must be a whole number"),
        (
            ",5,",
            ",2024,",
            r"duration: must be a whole number of years .* got 2024\. Is it a calendar year",
        ),
        (",Guide,", ",,", r"row 2 \(gp\): proxy_source: is missing"),
        (",90,", ",,", "needs either quantity"),
        ("gp,", "GP visits,", "lower-case letters, digits and single hyphens"),
    ],
)
def test_a_cell_that_is_not_what_its_column_needs_is_refused(tmp_path, old, new, message):
    with pytest.raises(ValueMapError, match=message):
        from_text(tmp_path, HEADER, ROW.replace(old, new))


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (HEADER.replace("Deadweight", "Dead wait"), "unknown column 'Dead wait'.*'deadweight'"),
        (HEADER.replace("Deadweight", "Drop off"), "'drop_off' appears more than once"),
    ],
)
def test_a_column_that_is_unknown_or_doubled_is_refused(tmp_path, header, message):
    with pytest.raises(ValueMapError, match=message):
        from_text(tmp_path, header, ROW)


def test_unquoted_commas_and_repeated_ids_are_refused(tmp_path):
    with pytest.raises(ValueMapError, match="row 2: has 11 cells for 10 columns"):
        from_text(tmp_path, HEADER, ROW.replace(",90,", ",1,000,"))
    with pytest.raises(ValueMapError, match="ids must be unique, got gp"):
        from_text(tmp_path, HEADER, ROW, ROW)


def test_an_estimated_quantity_admits_no_deadweight(tmp_path):
    header = HEADER.replace("Quantity", "Quantity from")
    row = ROW.replace(",90,", ",gp-visits,")
    with pytest.raises(ValueMapError, match=r"already net of.*Set deadweight to 0"):
        from_text(tmp_path, header, row)
    kept = from_text(tmp_path, header, row.replace("0.1,0.2", "0,0.2")).outcomes[0]
    assert kept.quantity_from == "gp-visits"


def test_a_harm_is_stated_once(tmp_path):
    with pytest.raises(ValueMapError, match="State a harm once"):
        from_text(tmp_path, HEADER, ROW.replace(",90,", ",-90,").replace(",19,", ",-19,"))


# --- workbooks and frames ---


def frame(**changes) -> pd.DataFrame:
    names = [name.strip() for name in HEADER.split(",")]
    values = ["gp", "Residents", "Healthier", 90, 5, "GP visits", 19.0, "Guide", 0.1, 0.2]
    return pd.DataFrame([dict(zip(names, values, strict=True)) | changes])


def test_a_workbook_is_read_with_its_inputs(tmp_path):
    path = tmp_path / "map.xlsx"
    inputs = pd.DataFrame([{"Stakeholder": "Council", "Description": "Grant", "Value": 24_375}])
    with pd.ExcelWriter(path) as book:
        frame().to_excel(book, sheet_name="Outcomes", index=False)
        inputs.to_excel(book, sheet_name="Inputs", index=False)
    found = read_value_map(path)
    assert found.outcomes[0].quantity == 90
    assert found.total_inputs == 24_375


def test_a_date_made_by_a_spreadsheet_is_refused(tmp_path):
    path = tmp_path / "map.xlsx"
    frame(Quantity=dt.datetime(2024, 2, 1)).to_excel(path, index=False)
    with pytest.raises(ValueMapError, match=r"row 2, column 'quantity': 2024-02-01 is a date"):
        read_value_map(path)


def test_a_spreadsheet_error_is_not_an_empty_cell(tmp_path):
    path = tmp_path / "map.xlsx"
    frame(Deadweight="#N/A").to_excel(path, index=False)
    with pytest.raises(ValueMapError, match="row 2, column 'Deadweight'"):
        read_value_map(path)


def test_nothing_without_a_header_is_passed_over(tmp_path):
    with pytest.raises(ValueMapError, match=r"'0\.9' stands in a column without a header"):
        from_text(tmp_path, HEADER + ",", ROW + ",0.9")
    path = tmp_path / "map.xlsx"
    frame(**{"": 0.9}).to_excel(path, index=False)
    with pytest.raises(ValueMapError, match=r"0\.9 stands in a column without a header"):
        read_value_map(path)


def test_an_unknown_column_is_found_whatever_the_first_row_holds(tmp_path):
    with pytest.raises(ValueMapError, match=r"unknown column 'Leekage'.*'leakage'"):
        from_text(tmp_path, HEADER + ",Leekage", ROW, ROW.replace("gp,", "dn,") + ",0.1")


def test_a_file_that_is_not_utf8_is_refused_with_the_remedy(tmp_path):
    path = tmp_path / "map.csv"
    path.write_bytes((HEADER + "\n" + ROW.replace("Guide", "£ Guide")).encode("cp1252"))
    with pytest.raises(ValueMapError, match="Save it as 'CSV UTF-8'"):
        read_value_map(path)


def test_a_frame_is_read_and_not_changed():
    given_frame = frame(Cashable="yes")
    before = given_frame.copy(deep=True)
    assert value_map_from_frame(given_frame).outcomes[0].cashable is True
    pd.testing.assert_frame_equal(given_frame, before)


def test_inputs_are_valued_once():
    doubled = frame(**{"Input value": 10.0})
    inputs = pd.DataFrame([{"stakeholder": "Council", "description": "Grant", "value": 1.0}])
    with pytest.raises(ValueMapError, match="Keep one"):
        value_map_from_frame(doubled, inputs)
    assert value_map_from_frame(doubled).total_inputs == 10


# --- round trip ---

words = st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).map(str.strip)
text = words.filter(bool)
figures = st.floats(0, 1e12)
shares = st.floats(0, 1)
years = st.integers(1, 500)


@settings(max_examples=60, deadline=None)
@given(
    text, text, figures, shares, shares, st.integers(1, 500), st.sampled_from([None, True, False])
)
def test_what_is_written_is_read_back_without_loss(
    tmp_path_factory, stakeholder, proxy, value, dead, drop, duration, cashable
):
    folder = tmp_path_factory.mktemp("map")
    row = ValuedOutcome(
        id="a-1",
        stakeholder=stakeholder,
        outcome="Change",
        quantity=value,
        duration=duration,
        proxy=proxy,
        proxy_value=-value / 3,
        proxy_source=stakeholder,
        deadweight=dead,
        drop_off=drop,
        cashable=cashable,
        status="read",
    )
    spent = StakeholderInput(stakeholder=stakeholder, description=proxy, value=value)
    written = ValueMap(outcomes=(row,), inputs=(spent,))
    write_value_map(written, folder / "map.csv", inputs=folder / "inputs.csv")
    assert read_value_map(folder / "map.csv", inputs=folder / "inputs.csv") == written


KINDS = [
    {"type": "normal", "input": "quantity", "std_dev": 3.5, "mean": 90.25},
    {"type": "pert", "input": "duration", "low": 1.0, "high": 9.5, "source": "=1+1"},
    {"type": "beta", "input": "deadweight", "alpha": 1.5, "beta": 3.0},
    {"type": "empirical", "input": "attribution", "values": [0.0, 0.1, 1 / 3]},
    {"type": "uniform", "input": "leakage", "low": 0.0, "high": 0.25},
    {"type": "normal", "input": "displacement", "std_dev": 0.2, "truncate": True},
    {"type": "fixed", "input": "drop_off", "value": 0.2},
]


@settings(max_examples=10, deadline=None)
@given(text, st.sampled_from([*FORMULAS, "'=1", "''-1", "- a point", "'tis", "-1.5"]), figures)
def test_a_whole_map_is_read_back_from_a_workbook_and_from_csv(
    tmp_path_factory, words, hostile, value
):
    folder = tmp_path_factory.mktemp("map")
    row = ValuedOutcome(
        id="a-1",
        stakeholder=words,
        number_in_group=9,
        number_involved=3,
        input=hostile,
        output=words,
        outcome=hostile,
        indicator=words,
        source=hostile,
        quantity=value,
        sample_size=7,
        duration=3,
        start=2,
        proxy=hostile,
        proxy_value=-value / 7,
        proxy_source=hostile,
        price_year=2019,
        deadweight=0.1,
        displacement=1 / 3,
        attribution=0.2,
        leakage=0.05,
        drop_off=0.3,
        filters_source=hostile,
        agency=hostile,
        perspective="fiscal",
        cashable=False,
        income=12_345.67,
        confidence_grade=4,
        claimed_as="b-2",
        distinct_because=words,
        notes=hostile,
        status="collected",
    )
    looked_up = row.model_copy(
        update={"id": "b", "proxy_value": None, "proxy_from": "uk_qaly", "quantity": None}
        | {"quantity_from": "jobs", "deadweight": 0.0}
    )
    made = ValueMap.model_validate(
        {
            "outcomes": [row, looked_up],
            "inputs": [
                StakeholderInput(
                    stakeholder=hostile, description=words, value=value, confidence_grade=1
                )
            ],
            "uncertainty": [{"row": "a-1", **kind} for kind in KINDS],
            "correlations": [
                {"between": ("a-1.deadweight", "a-1.leakage"), "value": 1 / 3},
            ],
        }
    )
    write_value_map(made, folder / "map.xlsx")
    assert read_value_map(folder / "map.xlsx") == made
    plain = made.model_copy(update={"correlations": ()})
    at = {"inputs": folder / "inputs.csv", "uncertainty": folder / "uncertainty.csv"}
    write_value_map(plain, folder / "map.csv", **at)
    assert read_value_map(folder / "map.csv", **at) == plain
    for path in folder.glob("*.csv"):
        for line in csv.reader(path.read_text(encoding="utf-8").splitlines()):
            for cell in line:
                number = re.fullmatch(r"[-+]?[\d.]+(e[-+]?\d+)?", cell)
                assert number or not cell.startswith(("=", "+", "-", "@")), cell


def test_every_column_of_the_model_is_a_column_of_the_table():
    from pbc_eval.intake.value_map_kinds import OUTCOMES, UNCERTAINTY  # noqa: PLC0415

    assert set(OUTCOMES.columns) == set(ValuedOutcome.model_fields)
    kinds = get_args(get_args(Uncertain)[0])
    assert {name for kind in kinds for name in kind.model_fields} == set(UNCERTAINTY.columns)


def test_uncertain_figures_are_refused_with_their_row(tmp_path):
    path = tmp_path / "uncertainty.csv"
    head = "row,input,type,low,mode,high"
    path.write_text(f"{head}\ngp,quantity,pert,80,95,90\n", encoding="utf-8")
    with pytest.raises(ValueMapError, match=r"row 2 \(gp\): .*mode must lie from low to high"):
        read_uncertainty(path)
    path.write_text(f"{head}\ngp,quantity,gauss,80,95,90\n", encoding="utf-8")
    with pytest.raises(ValueMapError, match="must be one of"):
        read_uncertainty(path)


# --- real files ---


def test_the_headers_of_social_value_uks_own_map_are_known(tmp_path):
    header = (
        "ID,Stakeholders (who?),The outcomes: what changes?,Quantity: how much?,Duration,"
        "Financial proxy: what would you use?,Value in currency,Source of proxy,Deadweight %,"
        "Drop off %"
    )
    assert (
        from_text(tmp_path, header, ROW).outcomes[0] == from_text(tmp_path, HEADER, ROW).outcomes[0]
    )
    with pytest.raises(ValueMapError, match=r"mean 0\.25\?"):
        from_text(tmp_path, header, ROW.replace("0.1,0.2", "25,0.2"))


@pytest.mark.parametrize("title", ["Value map 2026", ",,Outcomes,,,Value,,,,"])
def test_a_title_or_merged_header_above_the_columns_is_named(tmp_path, title):
    with pytest.raises(ValueMapError, match="named in row 2, below a title or a merged header"):
        from_text(tmp_path, title, HEADER, ROW)
    path = tmp_path / "map.xlsx"
    rows = [[cell.strip() for cell in line.split(",")] for line in (HEADER, ROW)]
    pd.DataFrame([["Our map", *[None] * 9], *rows]).to_excel(path, index=False, header=False)
    with pytest.raises(ValueMapError, match="named in row 2"):
        read_value_map(path)


def test_a_column_that_is_worked_out_is_to_be_removed(tmp_path):
    with pytest.raises(ValueMapError, match=r"'Impact' is worked out, not read\. Remove it"):
        from_text(tmp_path, HEADER + ",Impact", ROW + ",1539")


def test_blank_rows_are_passed_over_and_rows_keep_their_numbers(tmp_path):
    blank = "," * 9
    assert len(from_text(tmp_path, HEADER, blank, ROW, blank, "").outcomes) == 1
    with pytest.raises(ValueMapError, match="row 4"):
        from_text(tmp_path, HEADER, blank, blank, ROW.replace("0.1,0.2", "25,0.2"))


def test_inputs_are_never_dropped_on_writing(tmp_path):
    spent = StakeholderInput(stakeholder="Council", description="Grant", value=1)
    found = value_map_from_frame(frame()).model_copy(update={"inputs": (spent,)})
    with pytest.raises(ValueMapError, match="Give inputs= a path"):
        write_value_map(found, tmp_path / "map.csv")


@pytest.mark.parametrize("number", ["1e400", "1e19", "-1e300"])
def test_a_number_that_no_money_is_is_refused(tmp_path, number):
    """Its products were infinite, and ended in a fault of the program."""
    with pytest.raises(ValueMapError, match=r"of at most 1,000,000,000,000,000,000 in size"):
        from_text(tmp_path, HEADER, ROW.replace(",19,", f",{number},"))
