"""Tables and figures as HTML: escaped, accessible, and silent about what is confidential."""

import math

import pandas as pd
import pytest
from hostile import VALUES
from markupsafe import escape
from pages import Reader

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure import SUPPRESSED, release_table
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import OutputTable
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.html import anchor, figure_html, section_html, table_html
from pbc_eval.report.parts import LaidOut, Section

KINDS = {"name": "text", "units": "count", "effect": "effect", "p": "p_value", "pay": "money"}


def table(**changes) -> OutputTable:
    frame = pd.DataFrame(
        {"name": ["A", "B"], "units": [1200, 30], "effect": [-1.25, math.nan],
         "p": [0.0001, 0.5], "pay": [1234.5, None], "unshown": [1, 2]}
    )  # fmt: skip
    given = {"name": "x-table", "caption": "C", "frame": frame, "kinds": KINDS, "headers": {},
             "decimals": 2}  # fmt: skip
    return OutputTable(**{**given, **changes})


def html(threshold=0, **changes) -> str:
    rule = DisclosureRule(threshold=threshold, reason="a test")
    return str(table_html(release_table(table(**changes), rule), currency="GBP"))


def test_numbers_are_written_for_readers():
    text = Reader(html()).text
    for shown in ("1,200", "−1.25", "< 0.001", "£1,234.50", "–"):
        assert shown in text
    assert "unshown" not in text
    assert "nan" not in text.casefold()


def test_a_table_has_a_caption_scoped_headers_and_a_region_to_scroll():
    reader = Reader(html())
    scopes = [value for tag, name, value in reader.attributes if (tag, name) == ("th", "scope")]
    assert scopes == ["col"] * 5 + ["row"] * 2
    assert reader.tags.count("caption") == 1
    assert ("div", "tabindex", "0") in reader.attributes
    assert ("div", "aria-labelledby", "t-x-table") in reader.attributes
    assert ("caption", "id", "t-x-table") in reader.attributes


def test_rows_that_do_not_add_up_as_shown_are_footnoted():
    def money(*values):
        parts = [f"part {k}" for k in range(len(values) - 1)]
        frame = pd.DataFrame({"name": [*parts, "Total"], "n": values})
        return html(frame=frame, kinds={"name": "text", "n": "money"}, decimals=0)

    assert "rounded one by one" in money(1.4, 2.4, 3.8)
    assert "rounded one by one" not in money(1.6, 2.3, 3.9)
    assert "rounded one by one" not in money(1.0, 2.0, 9.0)  # no sum of the rows at all


def test_a_confidential_cell_shows_its_symbol_and_says_why():
    text = Reader(html(100, governed_by={"units": ("effect", "pay")}, adds_up="not")).text
    assert text.count(SUPPRESSED) == 3 + 1
    assert "could identify someone" in text
    assert "not published" not in Reader(html()).text


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_every_value_is_text_wherever_it_stands(value):
    frame = table().frame.assign(name=[value, value])
    shown = html(frame=frame, caption=value, notes=(value,), headers={"name": value})
    assert Reader(shown).tags == Reader(html(notes=("A note.",))).tags
    assert str(escape(value)) in shown


def test_a_figure_needs_its_words():
    figure = Figure(name="f", draw=lambda: b"<svg/>", alt='A "line" <falls>.', caption="<b>C</b>",
                    data=pd.DataFrame())  # fmt: skip
    reader = Reader(str(figure_html(figure)))
    assert ("img", "alt", 'A "line" <falls>.') in reader.attributes
    assert "b" not in reader.tags
    with pytest.raises(PublicationError, match="no alternative text"):
        figure_html(
            Figure(name="f", draw=lambda: b"<svg/>", alt="  ", caption="C", data=pd.DataFrame())
        )


def test_a_fact_that_a_template_lacks_is_an_error():
    part = LaidOut("total", {})
    section = Section(name="x", heading="X", title="X", currency="GBP", parts=(part,))
    with pytest.raises(Exception, match="undefined"):
        section_html(section)


def test_anchors_are_safe_in_an_address():
    assert anchor("Ré Sumé / <x>") == "r-sum-x"
