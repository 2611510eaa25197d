"""An outcome that cannot have moved, of yes and no and of few, is for somebody to look at: its
effect and interval tell by how much few changed."""

import numpy as np
import pytest
from attacker import invented
from attacker.public import decimals, number, publish, read_public
from scipy.stats import norm

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
STARTED, NEVER = 60, 140
AFTER = {(NEVER + 1, 3), (NEVER + 5, 3), (NEVER + 10, 4), (9, 3), (17, 4)}  # and one before


def evaluated(folder, had):
    frame = invented.panel({3: STARTED}, never=NEVER, periods=4, seed=3)
    pairs = zip(frame["unit"], frame["t"], strict=True)
    frame["accident"] = [int(pair in had) for pair in pairs]
    control = {"column": "accident", "label": "Accident", "why": "It cannot."}
    design = {
        "method": "difference_in_differences",
        "rationale": "Waves.",
        "control_group": "never_treated",
        "agreed_on": "2024-03-01",
        "waivers": [invented.waiver("pre_trends")],
        "negative_controls": [control],
    }
    return evaluate(load_evaluation(
        invented.panel_evaluation(folder, frame, payment=None, design=design)
    ))  # fmt: skip


def changes_that_fit(public):
    """The attack: the change of both groups over two periods, twice its average, is whole, and so
    are the squares behind the interval: (change, squares) of those who started."""
    row = public.kind("days", "negative-controls").iloc[0]
    effect, off = 2 * number(row["estimate"]), 1.1 * 10.0 ** -decimals(row["estimate"])
    half = (number(row["conf_high"]) - number(row["conf_low"])) / 2 / norm.ppf(0.975)
    fits, squares = set(), np.arange(61)
    for own in range(-30, 31):
        for other in range(-30, 31):
            if abs(own / STARTED - other / NEVER - effect) <= off:
                mine = (squares - own**2 / STARTED) / 4 / STARTED**2
                theirs = (squares - other**2 / NEVER) / 4 / NEVER**2
                apart = np.abs(np.add.outer(mine, theirs) - half**2)
                fits |= {(own, int(k)) for k, _ in np.argwhere(apart < 1e-8 * half**2)}
    return fits


def test_what_few_changed_by_follows_and_is_for_review(tmp_path):
    released = release(evaluated(tmp_path / "a", AFTER | {(3, 2)}))
    public = read_public(publish(released, tmp_path / "out"))
    assert changes_that_fit(public) == {(3, 3)}  # three people, once each
    (review,) = (r for r in released.reviews if r.output == "days-few-with-the-outcome")
    assert review.status == "review"
    assert review.cells == ("accident",)


def test_a_control_of_many_is_for_nobody(tmp_path):
    many = {(unit, 1 + unit % 4) for unit in range(NEVER + STARTED)}
    released = release(evaluated(tmp_path / "a", many))
    assert not [r for r in released.reviews if "few-with-the-outcome" in r.output]
