"""Figures say what they show, carry their data, and are the same bytes each time."""

import re
from pathlib import Path

import pandas as pd
import pytest
from evaluations import released_of
from shown import figures as shown_figures

from pbc_eval.errors import PublicationError
from pbc_eval.report.figures import drawing as figures
from pbc_eval.report.figures.value import tornado
from pbc_eval.report.sections.estimation import drawings

pytestmark = pytest.mark.slow  # whole evaluations are run

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def released():
    return {name: released_of(name) for name in ("hospital-readmissions", "supported-work")}


def drawn(released, name):
    return drawings(released[name].primary, released[name])


def test_each_design_has_its_figures(released):
    assert set(drawn(released, "hospital-readmissions")) == {"paths", "event", "estimates"}
    assert set(drawn(released, "supported-work")) == {
        "balance",
        "score_curves",
        "score_bars",
        "estimates",
    }


def test_every_figure_has_words_data_and_harmless_svg(released):
    for name in released:
        for figure in drawn(released, name).values():
            assert len(figure.alt) > 60
            assert figure.caption.endswith(".")
            assert not figure.data.empty
            svg = figure.svg.decode("utf-8")
            assert "<script" not in svg
            assert not re.search(r'href="(?!#)', svg)
            assert figure.data_uri.startswith("data:image/svg+xml;base64,")


def test_the_alternative_text_of_the_event_study_counts_what_is_seen(released):
    part = released["hospital-readmissions"].primary
    figure = drawn(released, "hospital-readmissions")["event"]
    frame = part.path.to_frame()
    before = frame[frame["event_time"] < 0]
    quiet = int(((before["conf_low"] <= 0) & (before["conf_high"] >= 0)).sum())
    assert f"{quiet} of {len(before)} intervals include zero" in figure.alt
    after = frame[frame["event_time"] >= 0]
    moved = int(((after["conf_low"] > 0) | (after["conf_high"] < 0)).sum())
    assert f"{moved} of {len(after)} intervals exclude zero" in figure.alt


def test_the_same_results_give_the_same_bytes(released):
    one, two = (drawn(released, "supported-work")["balance"].svg for _ in range(2))
    assert one == two
    assert b"<dc:date>" not in one


def test_a_figure_without_data_is_refused():
    empty = pd.DataFrame(columns=["assumption", "ratio_low", "ratio_high"])
    with pytest.raises((PublicationError, IndexError)):
        tornado(empty, 2.0, name="x", currency="GBP")
    with pytest.raises(PublicationError, match="needs a caption"):
        figures.finish(lambda axes: None, name="x", caption="", alt="y", data=empty)


def test_the_tornado_names_the_most_influential_assumption(released):
    shown = released["hospital-readmissions"]
    figure = shown_figures(shown, "value")["sensitivity-tornado"]
    widest = shown.value_analysis.one_way[0]
    low, high = sorted((widest.ratio_low, widest.ratio_high))
    assert f"from {low:.2f} to {high:.2f}" in figure.alt


def test_the_specification_curve_is_in_order_and_says_what_is_seen(released):
    part = released["hospital-readmissions"].primary
    figure = drawn(released, "hospital-readmissions")["estimates"]
    assert figure.data["estimate"].is_monotonic_increasing
    assert figure.data["headline"].sum() == 1
    assert figure.data.loc[figure.data["headline"], "estimate"].item() == pytest.approx(
        part.headline.estimate
    )
    n = len(part.alternatives)
    outside = sum(bool(one.significant) for one in part.alternatives)
    assert figure.alt.startswith(f"{n} estimates in order of size, from ")
    assert f"{outside} of {n} intervals exclude zero" in figure.alt
    assert f"{n - 1} of the {n - 1} others have its sign" in figure.alt
