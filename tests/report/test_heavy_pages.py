"""A page that would be too heavy keeps what matters, and links to the rest of it."""

import re

import pandas as pd
import pytest
from evaluations import EVERY, released_of
from heavy import heavy
from hypothesis import given, settings
from hypothesis import strategies as st
from pages import Reader

import pbc_eval as pbc
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure import release_table
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.publish.formats.write import _apart, write
from pbc_eval.report import page_of
from pbc_eval.report import parts as weighing
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.html import section_html, table_html
from pbc_eval.report.page import Page
from pbc_eval.report.parts import Listed, Section, Table, fit

pytestmark = pytest.mark.slow  # seconds, together

RULE = DisclosureRule(threshold=0, reason="a test")
HEADLINE = "lives"

HEAVIEST = "hospital-readmissions"  # indicators, survey, payment and value map in one


def table(name: str, rows: int, about: str = "", folded: bool = False) -> Table:
    frame = pd.DataFrame({"name": [f"Row {n}" for n in range(rows)], "effect": range(rows)})
    kinds = {"name": "text", "effect": "effect"}
    made = OutputTable(name=name, caption=f"Table {name}", frame=frame, kinds=kinds, headers={},
                       about=about)  # fmt: skip
    return Table(release_table(made, RULE), folded)


def figure(name: str, about: str = "", bytes_of: int = 15_000) -> Figure:
    words = {"name": name, "caption": f"Figure {name}", "alt": "A line that falls."}
    data = pd.DataFrame({"x": [1]})
    return Figure(**words, about=about, data=data, draw=lambda: b"<svg/>".ljust(bytes_of))


def page(*parts: object) -> list[Section]:
    return [Section(name="all", heading="All", title="All", currency="GBP", parts=parts)]


def html_of(sections: list[Section]) -> str:
    return "".join(map(section_html, sections))


def test_a_page_that_fits_is_left_alone():
    sections = page(table("a", 300), figure("b", "other"))
    assert fit(sections, HEADLINE) == sections


def test_long_tables_go_first_then_drawings_beside_the_headline_and_its_own_stay():
    long_tables = [table(f"t{n}", 1_500) for n in range(4)]
    (made,) = fit(page(*long_tables, figure("own", HEADLINE), figure("other", "other")), HEADLINE)
    assert [part.most for part in made.parts[:4]] == [weighing.LONG] * 4
    assert not any(part.apart for part in made.parts[4:])
    figures = [figure(f"f{n}", "other") for n in range(30)]
    (made,) = fit(page(figure("own", HEADLINE), *figures), HEADLINE)
    assert [part.apart for part in made.parts] == [False] + [True] * 30


def test_the_page_says_how_many_rows_stand_in_the_file_and_keeps_the_total():
    made = table("t", 60).table
    frame = made.frame.copy()
    frame.loc[59, "name"] = "Total"
    cut = OutputTable(name="t", caption="C", frame=frame, kinds=made.kinds, headers={})
    text = Reader(str(table_html(release_table(cut, RULE), currency="GBP", most=20))).text
    assert "21 of 60 rows are shown. Every row stands in the file t.csv." in text
    assert "Row 19" in text
    assert "Row 20" not in text
    assert "Total" in text


def _named(part: object, n: int) -> object:
    if isinstance(part, Table):
        return table(f"t{n}", len(part.table.frame), part.table.about, part.folded)
    if isinstance(part, Figure):
        return figure(f"f{n}", part.about, len(part.svg))
    return part


parts = st.one_of(
    st.builds(table, st.just(""), st.integers(1, 400), st.sampled_from(["", HEADLINE, "b"]),
              st.booleans()),
    st.builds(figure, st.just(""), st.sampled_from(["", HEADLINE, "b"]),
              st.integers(2_000, 30_000)),
    st.builds(lambda n: Listed(tuple(f"Line {k} of it." for k in range(n)), fold="F", file="l.txt"),
              st.integers(1, 300)),
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(st.lists(parts, min_size=30, max_size=70))
def test_any_page_of_tables_and_drawings_fits_and_everything_on_it_has_its_file(given_parts):
    named = [_named(part, n) for n, part in enumerate(given_parts)]
    sections = page(*named)
    made = fit(sections, HEADLINE)
    html = html_of(made)
    assert len(html.encode()) <= weighing.BUDGET
    whole = Page(made, kind="impact_report", language="en")
    files = {f"{t.name}.csv" for t in whole.tables} | {f"{f.name}.csv" for f in whole.figures}
    linked = set(re.findall(r'href="downloads/([^"]+)"', html))
    assert linked <= files | _apart(whole).keys()
    assert files <= linked
    assert [part.name for part in whole.figures] == [
        part.name for part in named if isinstance(part, Figure)
    ]


def test_drawings_and_lists_that_are_not_on_the_page_are_files_that_it_links_to():
    heavy = [figure(f"f{n}", "other") for n in range(40)]
    lines = Listed(tuple(f"Line {n}." for n in range(50)), fold="Lines", file="lines.txt")
    made = fit(page(lines, *heavy), HEADLINE)
    files = _apart(Page(made, kind="impact_report", language="en"))
    assert files["lines.txt"].decode().splitlines()[-1] == "Line 49."
    html = html_of(made)
    assert "Line 49." not in html
    assert all(f'href="downloads/{name}"' in html for name in files)
    assert len(files) == 41


@pytest.mark.soak
def test_the_heaviest_example_shows_the_first_rows_of_long_tables_and_all_its_drawings():
    made = page_of(released_of(HEAVIEST))
    tables = [part for section in made for part in section.parts if isinstance(part, Table)]
    assert 1 <= sum(part.most is not None for part in tables) <= 5
    assert not any(drawing.apart for drawing in made.figures)
    assert len(made._repr_html_().encode()) <= weighing.BUDGET


@pytest.mark.soak
@pytest.mark.parametrize("name", [name for name in EVERY if name != HEAVIEST])
def test_pages_of_the_other_examples_are_whole(name):
    made = page_of(released_of(name))
    tables = [part for section in made for part in section.parts if isinstance(part, Table)]
    assert all(part.most is None for part in tables)
    assert not any(drawing.apart for drawing in made.figures)


@pytest.mark.soak
def test_twenty_outcomes_two_hundred_values_and_thirty_clauses_are_one_page_that_loads(tmp_path):
    file = heavy(tmp_path / "heavy", outcomes=20, value_rows=200, clauses=30)
    released = pbc.release(pbc.evaluate(pbc.load_evaluation(file)))
    made = page_of(released)
    html = made._repr_html_()
    assert len(html.encode()) <= weighing.BUDGET
    folder = write(made, released, tmp_path / "run")
    linked = set(re.findall(r'href="downloads/([^"]+)"', html))
    assert linked <= {path.name for path in folder.iterdir()}
    for drawing in made.figures:
        assert f"{drawing.name}.csv" in linked
    every = (folder / "value-map.csv").read_text().splitlines()
    assert len(every) >= 201  # the file has what the page has not
