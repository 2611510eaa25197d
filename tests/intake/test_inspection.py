"""A person's file is found where it stands, and the draft of its block reads it."""

import csv
import datetime as dt
import io
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from messy_files import around, panel_rows, workbook

import pbc_eval as pbc
from pbc_eval.agreement.outcomes import DataRoles
from pbc_eval.agreement.table_layout import checked_layout
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import DataError
from pbc_eval.intake.table_files import open_table
from pbc_eval.panel.source import collect

pytestmark = pytest.mark.slow  # seconds, together


def block_of(inspection: pbc.Inspection, folder: Path) -> dict[str, object]:
    path = folder / "draft.yaml"
    path.write_text(inspection.block, encoding="utf-8")
    return next(iter(read_yaml(path).data.values()))


def read_as_drafted(inspection: pbc.Inspection, file: Path) -> pd.DataFrame:
    said = block_of(inspection, file.parent)
    roles = DataRoles.model_validate({**said, "unit": said.get("unit", "?")})
    source = open_table(file, roles)
    return collect(source.table).set_axis(list(source.columns), axis=1)


@pytest.mark.parametrize("above", range(4))
@pytest.mark.parametrize("below", range(5))
def test_the_table_is_found_between_titles_and_notes(tmp_path, above, below):
    file = workbook(tmp_path / "rates.xlsx", around(panel_rows(), above, below))
    seen = pbc.inspect(file)
    assert seen.sheet == "Data"
    assert (seen.place.header_row, seen.place.last_row) == (above + 1, above + 31)
    assert seen.rows == 30
    assert seen.shape == "panel"
    assert seen.roles["unit"] == "area_code"
    assert seen.roles["time"] == "month"
    assert seen.roles["cohort"] == "service_start"
    assert seen.roles["outcome"] == "rate_of_absence"
    assert seen.roles["weight"] == "pupils_number"
    frame = read_as_drafted(seen, file)
    assert len(frame) == 30
    assert frame["rate_of_absence"].tolist() == [row[3] for row in panel_rows()[1:]]


def test_a_header_of_two_rows_with_merged_titles_is_the_lower_one(tmp_path):
    rows = panel_rows()
    above = [["Area", None, "Period", "Outcome", None, "Service"], *rows]
    seen = pbc.inspect(workbook(tmp_path / "merged.xlsx", around(above, 2, 3)))
    assert seen.place.header_row == 4
    assert {column.heading for column in seen.columns} == set(map(str, rows[0]))


def test_totals_at_the_end_are_no_data_and_totals_inside_are_told(tmp_path):
    rows = panel_rows()
    inside = [*rows[:11], ["Total", None, dt.date(2024, 1, 1), 5.0, 9, None], *rows[11:]]
    seen = pbc.inspect(
        workbook(tmp_path / "t.xlsx", [*inside, ["TOTAL", None, None, 7.5, 6000, None]])
    )
    assert seen.place.last_row == len(inside)
    assert any("totals stand among the data: 12" in finding for finding in seen.findings)


def test_what_is_odd_is_told_with_its_place(tmp_path):
    rows = panel_rows()
    rows[3][3] = "[x]"
    changed = [row for row in rows if row[0] not in ("E04", "E05")]
    for t in range(5):
        code = "E04" if t < 2 else "E99"
        changed.append([code, "Area 4", dt.date(2024, t + 1, 1), 8.0, 1040, None])
    seen = pbc.inspect(workbook(tmp_path / "odd.xlsx", [*changed, list(changed[-1])]))
    told = "\n".join(seen.findings)
    assert "'Rate of absence' has marks for missing: [x]" in told
    assert "1 rows repeat a unit and period, such as E99, 2024-05-01" in told
    assert "E04 stop after 2024-02-01 where E99 begin" in told
    assert "units with gaps: E04, E99" in told


@pytest.mark.parametrize(
    ("texts", "notation", "first"),
    [
        (["12.5%", "1,250.0%", "3%"], "1,234.5", 0.125),
        (["1.250,5", "12,75", "3,0"], "1.234,5", 1250.5),
        (["£1,200", "£15", "£7.50"], "1,234.5", 1200.0),
        (["12*", "1 250,5", "7,5"], "1 234,5", 12.0),
    ],
)
def test_numbers_as_text_are_read_by_the_drafted_notation(tmp_path, texts, notation, first):
    rows = panel_rows()
    for at, row in enumerate(rows[1:]):
        row[3] = texts[at % len(texts)]
    file = workbook(tmp_path / "text.xlsx", rows)
    seen = pbc.inspect(file)
    said = block_of(seen, tmp_path)
    assert said["numbers"] == notation
    columns = {role: seen.roles[role] for role in ("unit", "time", "cohort", "outcome")}
    source = open_table(file, DataRoles.model_validate(said), [columns["outcome"]])
    panel = pbc.Panel.from_data(source, **columns, numbers=said["numbers"])
    assert panel.arrays().outcome[0, 0] == pytest.approx(first)


def test_people_are_told_from_panels_and_their_treatment_is_found(tmp_path):
    file = tmp_path / "people.csv"
    lines = ["Person ref,In service,Age,Sex,Prior offences,Reconvicted 12m"]
    for n in range(200):
        served, again = ("No", "Yes")[n % 3 > 0], ("Yes", "No")[n % 4 > 0]
        lines.append(f"P{n},{served},{20 + n % 40},{'MF'[n % 2]},{n % 7},{again}")
    file.write_text("\n".join(lines), encoding="utf-8")
    seen = pbc.inspect(file)
    assert seen.shape == "people"
    assert seen.roles == {
        "unit": "person_ref",
        "treatment": "in_service",
        "outcome": "reconvicted_12m",
    }
    assert seen.covariates == ("age", "sex", "prior_offences")


@pytest.mark.parametrize(
    ("headings", "columns"),
    [
        (
            ["Stakeholder", "Outcome", "No. experiencing outcome", "Duration (yrs)",
             "Financial proxy", "Value of proxy (£)", "Deadweight %", "Source"],
            {"quantity": "No. experiencing outcome", "proxy_value": "Value of proxy (£)",
             "proxy_source": "Source"},
        ),
        (
            ["Rhanddeiliad", "Canlyniad", "Nifer", "Hyd", "Procsi ariannol", "Gwerth",
             "Pwysau marw", "Ffynhonnell"],
            {"stakeholder": "Rhanddeiliad", "outcome": "Canlyniad", "quantity": "Nifer",
             "duration": "Hyd", "proxy": "Procsi ariannol", "proxy_value": "Gwerth",
             "deadweight": "Pwysau marw", "proxy_source": "Ffynhonnell"},
        ),
    ],
)  # fmt: skip
def test_a_value_map_is_known_by_its_headings_and_read_as_drafted(tmp_path, headings, columns):
    rows: list[list[object]] = [["Our map, draft 3"], [], headings]
    rows += [
        ["People", f"Change {n}", 10 * n, 2, "Cost", f"£{n},250.00", "25%", "HACT"] for n in (1, 2)
    ]
    file = workbook(tmp_path / "map.xlsx", [*rows, [], ["TOTAL", None, None, None, None, 3]])
    seen = pbc.inspect(file)
    assert seen.is_value_map
    said = block_of(seen, tmp_path)
    assert said["columns"] == columns
    layout = {key: said[key] for key in ("sheet", "header_row", "last_row", "columns")}
    value_map = pbc.read_value_map(file, numbers=said["numbers"], layout=checked_layout(layout))
    assert [row.id for row in value_map.outcomes] == ["people-change-1", "people-change-2"]
    assert [float(row.proxy_value) for row in value_map.outcomes] == [1250.0, 2250.0]
    assert value_map.outcomes[0].deadweight == 0.25


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    above=st.integers(0, 3),
    below=st.integers(0, 4),
    separator=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    units=st.integers(3, 9),
    periods=st.integers(3, 7),
    name=st.sampled_from(["Área", "Café", "Ynys Môn", "Area"]),
)
def test_any_text_file_is_read_as_its_draft_says(
    tmp_path_factory, above, below, separator, encoding, units, periods, name
):
    rows = panel_rows(units, periods)
    for row in rows[1:]:
        row[1] = f"{name}, {row[1]}"
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=separator).writerows(around(rows, above, below))
    file = tmp_path_factory.mktemp("text") / "rates.csv"
    file.write_bytes(stream.getvalue().encode(encoding))
    seen = pbc.inspect(file)
    assert seen.rows == units * periods
    assert seen.shape == "panel"
    frame = read_as_drafted(seen, file)
    assert frame["rate_of_absence"].tolist() == [row[3] for row in rows[1:]]
    assert frame["area_code"].tolist() == [row[0] for row in rows[1:]]


def test_the_displays_name_every_column_and_escape_what_a_cell_holds(tmp_path):
    rows = panel_rows()
    rows[0][1] = "<b>Name</b>"
    seen = pbc.inspect(workbook(tmp_path / "shown.xlsx", rows))
    page = seen._repr_html_()
    assert "<b>Name" not in page
    assert "&lt;b&gt;Name&lt;/b&gt;" in page
    assert page.count('scope="row"') == 6
    assert len(repr(seen)) < 80
    assert list(seen.to_frame()["heading"]) == list(map(str, rows[0]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.csv", b"", "no table was found"),
        ("words.txt", b"Dear all,\nplease find attached.\n", "no table was found"),
        ("gone.csv", None, "there is no such file"),
        ("broken.xlsx", b"PK\x03\x04 nothing", "is no workbook that can be read"),
        ("page.html", b"<html>", "data files end in"),
    ],
)
def test_a_file_without_a_table_is_refused_by_name(tmp_path, name, content, message):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(DataError, match=message) as refused:
        pbc.inspect(file)
    assert name in str(refused.value)
