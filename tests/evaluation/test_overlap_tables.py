"""Tables and figures of overlap: counts that add up, words that count what is seen, disclosure."""

import numpy as np
import pytest
from evaluations import TOLD, change, copy_of, released_of
from scipy import stats
from shown import html_of

import pbc_eval as pbc
from pbc_eval.agreement.algorithms import ALGORITHMS
from pbc_eval.disclosure import is_suppressed
from pbc_eval.evaluation import overlap_tables
from pbc_eval.report.figures.overlap import shared_area
from pbc_eval.report.sections.estimation import drawings

pytestmark = pytest.mark.slow  # a whole evaluation is run


@pytest.fixture(scope="module")
def released():
    return released_of("supported-work")


@pytest.fixture(scope="module")
def protected(tmp_path_factory):
    folder = copy_of("supported-work", tmp_path_factory.mktemp("protected"))
    file = folder / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  alternatives:\n"), text.index("  benchmark:\n")
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    change(file, "threshold: 0", f"threshold: 10{TOLD}")
    return pbc.release(pbc.evaluate(pbc.load_evaluation(folder)))


def test_bars_and_support_count_the_same_people(released):
    bars = released.primary.table("score-bars").frame.astype(float)
    support = released.primary.table("support").frame.set_index("group")
    assert bars["treated"].sum() == 185
    assert bars["left_out"].sum() == 2
    for column in ("treated_before", "treated_after"):
        assert bars[column].sum() == pytest.approx(1)
    assert bars["comparison_after"].sum() == pytest.approx(1, abs=0.05)
    inside = bars["comparison"].sum()
    assert inside == support["inside"]["Comparison"]
    assert support["outside_range"]["In the programme"] == 4
    assert (support["inside"] + support["outside_range"] == support["units"]).all()


def test_curves_are_kernel_densities():
    rng = np.random.default_rng(0)
    score, mass = rng.normal(size=500), rng.uniform(0.5, 2, 500)
    grid = np.linspace(-3, 3, 50)
    found = overlap_tables.density(score, mass, grid, few=0)
    n = mass.sum() ** 2 / (mass @ mass)
    share = mass / mass.sum()
    spread = np.sqrt(share @ (score - share @ score) ** 2)
    robust = np.diff(np.quantile(score, [0.25, 0.75]))[0] / 1.349
    width = 0.9 * min(spread, robust) * n**-0.2
    by_hand = stats.norm.pdf((grid[:, None] - score) / width) @ share / width
    np.testing.assert_allclose(found, by_hand, atol=2e-3)
    assert np.trapezoid(found, grid) == pytest.approx(1, abs=0.02)


def test_a_curve_ends_where_few_people_lie_beyond():
    score, grid = np.arange(100.0), np.arange(-10.0, 110.0)
    found = overlap_tables.density(score, np.ones(100), grid, few=10)
    shown = grid[~np.isnan(found)]
    assert (shown.min(), shown.max()) == (9, 90)
    assert np.isnan(overlap_tables.density(score[:15], np.ones(15), grid, few=10)).all()


def test_the_words_say_what_is_seen(released):
    drawn = drawings(released.primary, released)
    curves, bars = drawn["score_curves"], drawn["score_bars"]
    before, after = (shared_area(curves.data, when) for when in ("before", "after"))
    assert before < 0.2 < 0.9 < after <= 1
    assert f"Before matching {before:.0%} of the area" in curves.alt
    assert f"after matching {after:.0%}" in curves.alt
    alone = (bars.data["treated_before"] > 0) & (bars.data["comparison_before"] == 0)
    assert f"In {alone.sum()} of 20 steps there are people in the programme and nobody" in bars.alt
    assert f"{bars.data['comparison_before'].sum():.1%} of the comparison group" in bars.alt


def test_what_rests_on_few_is_not_drawn(protected):
    """2 of 185 were not matched: nothing after matching may be set beside what was before."""
    part = protected.primary
    bars = part.table("score-bars").frame
    assert "treated_after" not in bars
    counts = [value for value in bars["treated"] if not is_suppressed(value)]
    assert all(value == 0 or value >= 10 for value in counts)
    hidden = [is_suppressed(value) for value in bars["treated"]]
    assert [is_suppressed(value) for value in bars["treated_before"]] == hidden
    assert any(hidden)
    assert part.table("support") is None  # how many are within, and how many in all, would tell
    drawn = drawings(part, protected)
    assert "steps are held back, being on few people" in drawn["score_bars"].alt
    assert "after matching" not in drawn["score_curves"].alt
    assert "after" not in " ".join(drawn["score_curves"].data.columns)


@pytest.mark.soak
def test_no_two_estimates_tell_how_few_were_not_matched(protected, tmp_path):
    """All rest on the 183, the others too; a way that itself loses a few is withheld, and said."""
    counts = {estimate.n_treated for estimate in protected.primary.alternatives[:-1]}
    assert counts == {183}  # the last is the experiment, a file of its own
    folder = copy_of("supported-work", tmp_path)
    file = folder / "evaluation.yaml"
    text = file.read_text(encoding="utf-8")
    start, end = text.index("  alternatives:\n"), text.index("  benchmark:\n")
    strict = text[
        text.index("    - name: Coarsened exact matching") : text.index("    - name: Ent")
    ]
    others = "  alternatives:\n    - {name: Full, algorithm: full}\n" + strict
    file.write_text(text[:start] + others + text[end:], encoding="utf-8")
    change(file, "threshold: 0", f"threshold: 60{TOLD}")
    finding = pbc.evaluate(pbc.load_evaluation(folder)).primary
    names = set(finding.measured_alternatives)
    assert "Full" in names
    assert "Coarsened exact matching" not in names
    assert any(note.startswith("Coarsened exact matching is not") for note in finding.notes)
    assert set(finding.table("methods").frame["treated"]) == {183}


def test_the_unmatched_are_counted_beside_their_averages(released):
    headers = released.primary.table("unmatched").headers
    assert headers["mean_matched"] == "Matched (183)"
    assert headers["mean_unmatched"] == "Not matched (2)"


def test_the_design_is_said_in_plain_words(released):
    assert all(options.plain_words for options in ALGORITHMS.values())
    assert ALGORITHMS["nearest"].plain_words in html_of(released, "design")
