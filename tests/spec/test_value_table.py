"""Value maps in and out of tables: tolerant headers, intolerant cells, round trips without loss."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.errors import ValueMapError
from pbc_eval.spec.value_map import StakeholderInput, ValuedOutcome, ValueMap
from pbc_eval.spec.value_table import read_value_map, value_map_from_frame, write_value_map

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
        (",90,", ',"1,000",', r"row 2, column 'quantity': .*got '1,000'\. Did you mean 1000"),
        (",19,", ",£19,", r"row 2, column 'proxy_value': .*got '£19'\. Did you mean 19"),
        (",19,", ",n/a,", r"column 'proxy_value': must be a plain number, got 'n/a'\."),
        (",5,", ",1.5,", r"column 'duration': must be a whole number"),
        (",5,", ",2024,", "duration: must be less than or equal to 500, got 2024"),
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


def test_inputs_are_never_dropped_on_writing(tmp_path):
    spent = StakeholderInput(stakeholder="Council", description="Grant", value=1)
    found = value_map_from_frame(frame()).model_copy(update={"inputs": (spent,)})
    with pytest.raises(ValueMapError, match="Give inputs= a path"):
        write_value_map(found, tmp_path / "map.csv")
