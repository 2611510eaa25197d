"""portfolio.yaml and its table: what cannot be meant is refused with row, column and remedy."""

import pytest
from evaluations import DATA
from portfolios import COLUMNS, HEAD, TABLE, jobs, portfolio

from pbc_eval.agreement.portfolio import load_portfolio
from pbc_eval.errors import SpecError
from pbc_eval.intake.portfolio_table import read_portfolio_table


def rows_of(tmp_path, rows, columns=COLUMNS):
    spec = portfolio(tmp_path, rows, columns=columns)
    return read_portfolio_table(spec.path(spec.file), spec.outcomes)


@pytest.mark.parametrize("name", ["work-support-2026", "examples-2026"])
def test_the_portfolios_that_ship_load(name):
    assert load_portfolio(DATA / name).id == name


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("", r"has no contracts: give members, a file, or both"),
        ("file: table.csv\n", r"file and outcomes belong together"),
        (
            TABLE + "members:\n" + 2 * "  - {evaluation: a, edition: '1'}\n",
            r"names an edition twice",
        ),
        (
            "members: [{evaluation: a, edition: '1'}, {evaluation: a, edition: '2'}]\n",
            r"two editions of one evaluation; a contract counts once",
        ),
        (TABLE + "yeer: 2026\n", r"yeer: unknown key\. Did you mean 'year'\?"),
        (TABLE.replace("id: stays", "id: jobs"), r"outcome ids must be unique"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(tmp_path, extra, said):
    with pytest.raises(SpecError, match=said):
        portfolio(tmp_path, jobs(), extra=extra)


def test_a_final_portfolio_needs_its_signatures(tmp_path):
    portfolio(tmp_path, jobs())
    file = tmp_path / "portfolio.yaml"
    file.write_text((HEAD + TABLE).replace("provisional", "final"), encoding="utf-8")
    with pytest.raises(SpecError, match=r"needs dated sign-offs; missing: commissioner, analyst"):
        load_portfolio(tmp_path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('A,jobs,"1,000",1,4,,,,S', r"row 2, column 'estimate'.*got '1,000'\. Write 1 or 1000"),
        ("A,jobs,25%,1,4,,,,S", r"column 'estimate'.*got '25%'\. Did you mean 0\.25\?"),
        ("A,jobs,1,1,4,,£50,,S", r"column 'paid'.*got '£50'"),
        ("A,jobs,2026-03-05,1,4,,,,S", r"column 'estimate'.*is a date\. A spreadsheet"),
        ("A,job,1,1,4,,,,S", r"outcome 'job' is not among.*Did you mean 'jobs'\?"),
        ("A,jobs,1,-1,4,,,,S", r"row 2: std_error: must be greater than 0"),
        ("A,jobs,,1,4,,,,S", r"has an error or an interval but no estimate"),
        ("A,jobs,1,1,4,100,200,,S", r"paid 200 is above agreed 100"),
        ("A,jobs,1,1,-4,,,,S", r"promised: must be greater than 0"),
        ("A,jobs,1,1,4,,,,", r"source: is missing"),
        ("A,jobs,1,1,4,,,12.5,S", r"people: must be a valid integer"),
    ],
)
def test_a_cell_that_cannot_be_meant_is_refused(tmp_path, row, said):
    with pytest.raises(SpecError, match=said):
        rows_of(tmp_path, [row])


def test_a_column_that_is_not_known_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(SpecError, match=r"unknown column 'estimat'\. Did you mean 'estimate'\?"):
        rows_of(tmp_path, ["A,1,S"], "label,estimat,source")
    with pytest.raises(SpecError, match=r"there is no column 'source'"):
        rows_of(tmp_path, ["A,1"], "label,estimate")


def test_a_label_stands_once(tmp_path):
    with pytest.raises(SpecError, match=r"Area 1 stands there more than once"):
        rows_of(tmp_path, [jobs()[1], jobs()[1]])


def test_an_interval_gives_its_standard_error(tmp_path):
    columns = "label,outcome,estimate,conf_low,conf_high,level,source"
    one, other = rows_of(tmp_path, ["A,jobs,1,0.02,1.98,,S", "B,jobs,1,0.02,1.98,0.9,S"], columns)
    assert one.error == pytest.approx(0.5, abs=1e-4)
    assert other.error == pytest.approx(0.98 / 1.6449, abs=1e-4)
    with pytest.raises(SpecError, match="does not hold the estimate 3; are columns swapped"):
        rows_of(tmp_path, ["A,jobs,3,0,2,,S"], columns)


def test_what_was_not_reported_is_none(tmp_path):
    (row,) = rows_of(tmp_path, ["A,jobs,1.5,,,,,,S"])
    assert (row.error, row.promised, row.paid, row.people) == (None, None, None, None)
