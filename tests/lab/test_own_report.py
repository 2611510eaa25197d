"""A report that its authors write: nothing of the standard page is lost, and theirs is released."""

import json
import shutil

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from evaluations import copy_of
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell
from typer.testing import CliRunner

from pbc_eval.cli import app
from pbc_eval.errors import DataError, DisclosureError, PublicationError
from pbc_eval.lab.own_report import open_report
from pbc_eval.publish.edition import publish_edition
from pbc_eval.publish.own_notebook import files_of_own_notebook, write_own_notebook
from pbc_eval.publish.report_kinds import KINDS, OWN_NOTEBOOK
from pbc_eval.publish.verify import verify_edition
from pbc_eval.report.html import RELEASED

pytestmark = pytest.mark.slow  # seconds, together

NAME = "training-grants"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return copy_of(NAME, tmp_path_factory.mktemp("own"))


@pytest.fixture(scope="module")
def made(home):
    """An opened report; each test takes a fresh one of the same results."""
    return open_report(home / "evaluation.yaml", home / "run")


@pytest.fixture
def report(made, tmp_path, monkeypatch):
    fresh = object.__new__(type(made))
    vars(fresh).update(vars(made) | {"_shown": [], "_own": [], "_closed": False,
                                     "_run_dir": tmp_path})  # fmt: skip
    return fresh


MONEY = pd.DataFrame({"what": ["rent", "staff"], "cost": [10.0, 20.0]})
TABLE = {"caption": "What it cost", "people": {}, "kinds": {"cost": "money"}}


def bars(n: int = 2) -> Figure:
    figure = Figure()
    figure.subplots().bar(range(n), range(n))
    return figure


def test_sections_and_own_parts_make_the_whole_page_and_every_file(report, tmp_path):
    shown = [report.opening(), report.section("summary"), report.table(MONEY, **TABLE)]
    shown.append(report.figure(bars(), alt="Two bars.", data=MONEY, name="drawn", **TABLE))
    shown.append(report.rest())
    html = "".join(part.html for part in shown)
    standard = [section.name for section in report._page[1:]]
    soup = BeautifulSoup(html, "html.parser")
    assert [section["id"] for section in soup.find_all("section")] == standard
    downloads = tmp_path / "downloads"
    assert (downloads / "own-what-it-cost.csv").read_text() == "what,cost\nrent,10.0\nstaff,20.0\n"
    assert (downloads / "own-drawn.csv").is_file()
    results = json.loads((downloads / "results.json").read_text("utf-8"))
    assert {f["file"] for f in results["files"] if f["section"] == "own"} == {
        "own-what-it-cost.csv",
        "own-drawn.csv",
    }
    review = pd.read_csv(downloads / "disclosure-review.csv").set_index("output")
    assert review["kind"][["own-what-it-cost", "own-drawn"]].tolist() == ["table", "figure"]
    assert "own-what-it-cost" in shown[-1].html
    assert all(part._repr_mimebundle_()[RELEASED] for part in shown)
    linked = {a["href"] for a in soup.find_all("a", href=True) if "downloads/" in a["href"]}
    companions = {"citation", "ro-crate"}
    assert {n for n in linked if not any(c in n for c in companions)} <= {
        f"downloads/{path.name}" for path in downloads.iterdir()
    }


@pytest.mark.soak
def test_rest_alone_is_the_standard_page(report):
    page = report._page._repr_html_()
    assert report.rest().html == page


def test_the_order_of_the_page_stays_and_nothing_is_shown_twice(report):
    with pytest.raises(PublicationError, match=r"report\.opening\(\)"):
        report.section("summary")
    with pytest.raises(PublicationError, match=r"report\.opening\(\)"):
        report.table(MONEY, **TABLE)
    report.opening()
    with pytest.raises(PublicationError, match="Once"):
        report.opening()
    with pytest.raises(PublicationError, match="summary stands before it"):
        report.section("design")
    with pytest.raises(PublicationError, match="Did you mean 'summary'"):
        report.section("sumary")
    with pytest.raises(PublicationError, match=r"use report\.rest\(\)"):
        report.section("assurance")
    report.section("summary")
    with pytest.raises(PublicationError, match="sections that are left"):
        report.section("summary")
    report.rest()
    for late in (report.rest, lambda: report.table(MONEY, **TABLE)):
        with pytest.raises(PublicationError, match="closed"):
            late()


def test_a_figure_needs_its_words_its_data_and_no_more_points_than_they_have(report):
    report.opening()
    with pytest.raises(PublicationError, match="no alternative text"):
        report.figure(bars(), alt=" ", data=MONEY, **TABLE)
    with pytest.raises(PublicationError, match="draws 50 points, and its data have 2 rows"):
        report.figure(bars(50), alt="Bars.", data=MONEY, **TABLE)
    with pytest.raises(PublicationError, match="must be a figure of matplotlib, got str"):
        report.figure("bars.png", alt="Bars.", data=MONEY, **TABLE)
    with pytest.raises(DisclosureError, match="it has no rows"):
        report.figure(bars(0), alt="None.", data=MONEY.head(0), **TABLE)
    with pytest.raises(PublicationError, match=r"claims proof \('proves'\)"):
        report.table(MONEY, **TABLE | {"notes": ["This proves that it was cheap."]})
    assert report._own == []


def test_a_file_that_is_read_is_among_what_the_report_is_made_of(report, home):
    (home / "more.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert report.read("more.csv")["b"].tolist() == [2]
    assert "more.csv" in report.released.inputs
    with pytest.raises(DataError, match="lies outside"):
        report.read("../elsewhere.csv")


def notebook(folder, *cells):
    """The notebook that ``new`` makes, with cells put above its last."""
    path = write_own_notebook(folder)
    made = nbformat.read(path, as_version=4)
    made.cells[-1:-1] = cells
    nbformat.write(made, path)
    return path


def test_new_makes_a_notebook_that_holds_no_words_for_readers(tmp_path):
    done = CliRunner().invoke(app, ["new", str(tmp_path / "shelter")])
    assert done.exit_code == 0, done.output
    made = nbformat.read(tmp_path / "shelter" / OWN_NOTEBOOK, as_version=4)
    nbformat.validate(made)
    assert [c.cell_type for c in made.cells] == ["markdown", *["code"] * 5]
    assert made.cells[0].source.startswith("# ")
    assert files_of_own_notebook(tmp_path / "shelter") == [OWN_NOTEBOOK]


def test_only_reports_of_results_have_a_notebook_of_their_own(tmp_path):
    write_own_notebook(tmp_path)
    source = tmp_path / "evaluation.yaml"
    own = {name for name, kind in KINDS.items() if kind.notebook_of(source).parent == tmp_path}
    assert own == {"impact_report", "sroi_report"}
    assert KINDS["impact_report"].notebook_of(tmp_path / "x" / "evaluation.yaml") == (
        KINDS["impact_report"].notebook
    )


def test_files_that_a_notebook_reads_are_known_before_it_runs(tmp_path):
    notebook(
        tmp_path,
        new_code_cell('frame = report.read("survey.xlsx::Sheet 1", header_row=2)'),
        new_code_cell("this is = no python"),
    )
    assert files_of_own_notebook(tmp_path) == [OWN_NOTEBOOK, "survey.xlsx"]
    (tmp_path / OWN_NOTEBOOK).unlink()
    notebook(tmp_path, new_code_cell("report.read(name)"))
    with pytest.raises(PublicationError, match="must name its file in quotes"):
        files_of_own_notebook(tmp_path)
    (tmp_path / OWN_NOTEBOOK).write_text("{}")
    with pytest.raises(PublicationError, match="is not a notebook"):
        files_of_own_notebook(tmp_path)


@pytest.mark.soak
@pytest.mark.usefixtures("forked_kernels")
def test_papermill_runs_it_verify_finds_it_again_and_a_change_makes_it_again(tmp_path):
    home = copy_of(NAME, tmp_path / "data")
    shutil.copyfile(home / "firms.csv", home / "more.csv")
    notebook(
        home,
        new_markdown_cell("## How it ran\n\nGrants were paid **once**."),
        new_code_cell('more = report.read("more.csv")\nmore.head();'),
        new_code_cell(
            'import pandas as pd\nreport.table(pd.DataFrame({"what": ["a"], "cost": [1.0]}), '
            'caption="Cost", people={}, kinds={"cost": "money"})'
        ),
    )
    reports = tmp_path / "reports"
    made = publish_edition(home / "evaluation.yaml", reports)
    page = made.page.read_text(encoding="utf-8")
    assert "Grants were paid <strong>once</strong>." in page
    assert page.index('id="summary"') < page.index('id="own-how-it-ran"') < page.index("own-cost")
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert {OWN_NOTEBOOK, "more.csv"} <= manifest["inputs_sha256"].keys()
    assert verify_edition(made.folder).verdict == "identical"
    with (home / "more.csv").open("a") as file:
        file.write("\n")
    checked = verify_edition(made.folder)
    assert "input more.csv changed" in checked.causes
