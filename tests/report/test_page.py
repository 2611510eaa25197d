"""The page is data once: sections of plain frozen parts, the same for every kind of report."""

import dataclasses
from pathlib import Path
from typing import get_args

import pytest
from evaluations import released_of
from shown import shown_page

from pbc_eval.disclosure import ReleasedTable
from pbc_eval.errors import DisclosureError, PublicationError
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.page import page_of
from pbc_eval.report.parts import LaidOut, Part, Section

pytestmark = pytest.mark.slow  # seconds, together

REPORT = Path(__file__).parents[2] / "pbc_eval" / "report"
MOST_MODULES = 30


@pytest.fixture(scope="module")
def released():
    return released_of("hospital-readmissions")


def plain(value) -> bool:
    """Is this text, a number, or a container or record of such?"""
    if isinstance(value, ReleasedTable | Figure):
        return False
    if isinstance(value, dict):
        return all(map(plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(plain, value))
    if dataclasses.is_dataclass(value):
        return all(plain(getattr(value, field.name)) for field in dataclasses.fields(value))
    return value is None or isinstance(value, str | int | float | bool)


def test_a_page_is_a_tuple_of_frozen_sections_of_known_parts(released):
    page = page_of(released)
    assert isinstance(page, tuple)
    for section in page:
        assert isinstance(section, Section)
        assert section.parts
        for part in section.parts:
            assert isinstance(part, get_args(Part))
            with pytest.raises((AttributeError, TypeError)):
                part.more = 1 if not isinstance(part, Figure) else setattr(part, "name", "x")


def test_no_table_and_no_figure_hides_in_the_facts_of_a_laid_out_part(released):
    laid_out = [
        p for section in shown_page(released) for p in section.parts if isinstance(p, LaidOut)
    ]
    assert laid_out
    assert [part.template for part in laid_out if not plain(part.facts)] == []
    assert not plain({"table": shown_page(released).tables[0]})


def test_the_contents_are_the_sections_that_the_page_has(released):
    top, *sections = shown_page(released)
    (part,) = top.parts
    assert part.facts["contents"] == [(section.name, section.heading) for section in sections]
    assert len({section.name for section in sections}) == len(sections)


def test_a_page_is_of_a_kind_that_can_be_made_of_what_is_given(released):
    assert shown_page(released).kind == "impact_report"
    assert page_of(released, "sroi_report").section("principles") is not None
    with pytest.raises(PublicationError, match="a design note cannot be made of a ReleasedEval"):
        page_of(released, "design_note")


def test_a_table_that_no_release_has_looked_at_stops_the_press(released):
    unseen = tuple(r for r in released.reviews if r.output != "payment-statement")
    with pytest.raises(DisclosureError, match="payment-statement did not go through release"):
        page_of(dataclasses.replace(released, reviews=unseen))


def test_tables_and_figures_of_an_outcome_carry_its_id(released):
    page = shown_page(released)
    about = {shown.name: shown.about for shown in (*page.tables, *page.figures)}
    assert about["readmissions-estimates"] == about["readmissions-event-study"] == "readmissions"
    ladders = {name for name in about if name.startswith("payment-ladder-")}
    assert ladders
    assert {about[name] for name in (*ladders, "payment-risk")} == {"readmissions"}
    assert about["performance-complaints"] == "complaints"
    assert about["value-map"] == ""


def test_the_room_of_the_page_stays_small():
    assert len(list(REPORT.rglob("*.py"))) <= MOST_MODULES


def test_a_page_is_told_in_a_line(released):
    """Whoever runs a report pays for no text of tables and drawings that nobody reads."""
    page = page_of(released)
    assert repr(page).startswith(f"<Page {page.kind}: ")
    assert len(repr(page)) < 400
