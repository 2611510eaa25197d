"""Effects of a start moved back, and of trends that diverge, tell no small group's own effect."""

import numpy as np
import pandas as pd
import pytest
from attacker import cohorts, invented
from attacker.public import number, publish, read_public
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.effect_paths import paths_of
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.record import OutputTable

pytestmark = pytest.mark.slow
SIZES = {3: 12, 5: 40, 6: 3, 7: 60}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory):
    """An evaluation in which three people start in period 6, and what is published of it."""
    folder = tmp_path_factory.mktemp("moved")
    frame = invented.panel(SIZES, never=60, periods=9, seed=2)
    evaluation = evaluate(load_evaluation(invented.panel_evaluation(folder / "panel", frame)))
    return evaluation, read_public(publish(release(evaluation), folder / "out"))


def test_no_effect_before_the_start_is_about_a_small_group_alone(attacked):
    """Before: 40 in period 5 and 3 in period 6 are seen four periods before their start; the former
    are told, so that the latter's path followed to ten digits."""
    evaluation, public = attacked
    sizes = {str(start): n for start, n in SIZES.items()}
    every = evaluation.findings[0].table("placebo-in-time").frame["estimate"].tolist()
    assert "6" in cohorts.paths_told(public, "days", sizes, every)
    told = [number(cell) for cell in public.kind("days", "placebo-in-time")["estimate"]]
    assert not cohorts.paths_told(public, "days", sizes, told)
    assert not np.isnan(told[0])  # what everybody carries is told


def test_intervals_as_wide_as_changes_before_the_start_go_with_them(attacked):
    _, public = attacked
    ends = public.kind("days", "diverging-trends")[["conf_low", "conf_high"]]
    assert set(ends.to_numpy().ravel()) == {"[c]"}
    assert public.text.count("It was looked at. Its figures are held back") == 2
    estimates = public.tables["payment-alternatives"]["estimator"]
    assert not estimates.str.startswith("Trends diverging").any()


@pytest.mark.soak
def test_where_no_group_is_small_both_are_told(tmp_path):
    frame = invented.panel({3: 22, 5: 40, 7: 60}, never=60, periods=9, seed=2)
    folder = invented.panel_evaluation(tmp_path / "panel", frame)
    public = read_public(publish(release(evaluate(load_evaluation(folder))), tmp_path / "out"))
    for kind in ("placebo-in-time", "diverging-trends"):
        assert "[c]" not in public.kind("days", kind).to_numpy()


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.integers(2, 9), st.integers(1, 50), min_size=1, max_size=4),
    st.sampled_from(["varying", "universal"]),
    st.integers(0, 1),
    st.integers(0, 2**32),
)
def test_effects_are_written_in_the_paths_that_they_are_made_of(groups, base, early, seed):
    """Paths drawn at random give the effects by both kinds of base, and starts moved back."""
    rng, last = np.random.default_rng(seed), 10
    path = {g: rng.normal(size=last + 1) for g in groups}
    rows = []
    for g in groups:
        reference = g - 1 - early
        for t in range(2 if base == "varying" else 1, last + 1):
            start = reference if base == "universal" or t >= reference + 1 else t - 1
            if start >= 1 and t != start:
                rows.append((str(g), str(t), t - g, str(start), path[g][t] - path[g][start]))
    frame = pd.DataFrame(rows, columns=["cohort", "time", "event_time", "base", "estimate"])
    table = OutputTable(name="y-cells", caption="C", frame=frame, kinds={}, headers={},
                        group_by="cohort", keys=tuple(frame["cohort"]))  # fmt: skip
    if frame.empty or not (frame["event_time"] >= 0).any():
        return
    paths = paths_of(table)
    assert paths.reference == -1 - early
    values = np.array([path[int(g)][int(g) + int(e)] for g, e in paths.points])
    assert np.allclose(paths.matrix @ values, frame["estimate"])
    sizes = {str(g): float(n) for g, n in groups.items()}
    line = paths.lead(paths.reference - 1, sizes)
    seen = [g for g in groups if g - 2 - early >= 1]
    if line is not None and base == "universal":
        whole = sum(groups[g] for g in seen)
        truth = sum(groups[g] / whole * (path[g][g - 2 - early] - path[g][g - 1 - early])
                    for g in seen)  # fmt: skip
        assert np.isclose(line @ values, truth)
