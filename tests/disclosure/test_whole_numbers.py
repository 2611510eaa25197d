"""An outcome of yes and no, or of few decimals, averaged over groups tells no group of few: its
number makes a sum whole, and no other number does."""

from itertools import product

import numpy as np
import pytest
from attacker import invented
from attacker.public import decimals, is_told, number, publish, read_public

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
SIZES = {4: 40, 5: 4, 6: 30}
NEVER, PERIODS = 140, 7
FEW = "In the programme from month 5"
ANSWER = {"output": "days-few-in-a-group", "by": "R. Reader", "date": "2026-05-01",
          "reason": "To see the attack succeed."}  # fmt: skip
KINDS = {"yes and no": 1.0, "whole": 1.0, "pence": 0.01}


def people(kind, seed=3):
    frame = invented.panel(SIZES, never=NEVER, periods=PERIODS, seed=seed)
    generator = np.random.default_rng(seed)
    if kind == "yes and no":
        frame["y"] = (generator.random(len(frame)) < 0.4 + 0.02 * frame["t"]).astype(int)
    elif kind == "whole":
        frame["y"] = np.round(frame["y"]).astype(int)
    elif kind == "pence":
        frame["y"] = np.round(frame["y"] * 100, 2)
    return frame


def evaluated(folder, frame, *, reviewed=(), **changes):
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": list(reviewed)}}
    changes = {"payment": None, "publication": publication} | changes
    return evaluate(load_evaluation(invented.panel_evaluation(folder, frame, **changes)))


def sizes_that_fit(public, step):
    """The attack: from the headline and the averages of the groups that are shown, how many of the
    group that starts in 5 there can be. Their outcomes are not known: their sum is whole."""
    means, cells = public.kind("days", "means"), public.kind("days", "cells")
    compared = {int(r["time"]): number(r["mean"]) for r in means.to_dict("records")
                if r["group"].startswith("Never")}  # fmt: skip
    effects = {g: [number(r["estimate"]) for r in cells.to_dict("records")
                   if r["cohort"] == str(g) and number(r["event_time"]) >= 0]
               for g in SIZES}  # fmt: skip
    hidden = [g for g in SIZES if np.isnan(effects[g]).any()]
    assert 5 in hidden
    texts = {PERIODS: public.kind("days", "estimates")["estimate"].iloc[0]}  # until the last period
    event = public.kind("days", "event").set_index("event_time")["estimate"]
    texts |= {k: event[str(k)] for k in (0, 1) if is_told(event[str(k)])}  # of one period each
    fits, left = set(), sum(SIZES[g] for g in hidden)
    for own in product(range(1, left), repeat=len(hidden)):
        if sum(own) == left:
            n = SIZES | dict(zip(hidden, own, strict=True))
            if all(_is_whole(text, k, n, (effects, compared, step)) for k, text in texts.items()):
                fits.add(n[5])
    return fits


def _is_whole(text, k, n, told):
    effects, compared, step = told
    after = {g: range(g, PERIODS + 1) if k == PERIODS else range(g + k, g + k + 1) for g in n}
    spans = sum(n[g] * len(after[g]) for g in n)
    rest = number(text) * spans
    for g in n:
        if np.isnan(effects[g]).any():
            rest += n[g] * sum(compared[t] - compared[g - 1] for t in after[g])
        else:
            rest -= n[g] * sum(effects[g][t - g] for t in after[g])
    off = 0.51 * 10.0 ** -decimals(text) + 1e-9 * max(compared.values())  # averages are rounded too
    off *= spans / step
    return abs(rest / step - round(rest / step)) <= off


@pytest.mark.parametrize("kind", KINDS)
def test_an_average_tells_how_many_are_in_a_group_that_is_held_back_and_is_refused(tmp_path, kind):
    whole = evaluated(tmp_path / "a", people(kind), reviewed=[ANSWER])
    public = read_public(publish(release(whole), tmp_path / "out"))
    assert not is_told(public.kind("days", "groups").set_index("group")["units"][FEW])
    fits = sizes_that_fit(public, KINDS[kind])
    assert fits == {SIZES[5]}
    with pytest.raises(DisclosureError, match=r"days-few-in-a-group.*from month 5"):
        release(evaluated(tmp_path / "b", people(kind)))


def test_an_outcome_of_many_decimals_tells_nothing_of_it(tmp_path):
    frame = people("any")
    public = read_public(publish(release(evaluated(tmp_path / "a", frame)), tmp_path / "out"))
    assert not is_told(public.kind("days", "groups").set_index("group")["units"][FEW])


@pytest.mark.parametrize("remedy", ["next start", "left out"])
def test_each_remedy_for_it_is_one(tmp_path, remedy):
    frame = people("yes and no")
    small = frame["start"] == 5
    frame = frame.assign(start=frame["start"].where(~small, 6)) if remedy == "next start" else (
        frame[~small])  # fmt: skip
    assert release(evaluated(tmp_path / "a", frame))


def test_weighted_comparisons_hide_it_from_nobody(tmp_path):
    """Beside a synthetic difference-in-differences stand plain ones."""
    frame = invented.panel({4: 20, 6: 4}, never=40, periods=7, seed=3)
    frame["y"] = frame["y"].round()
    design = {"method": "synthetic_difference_in_differences", "rationale": "Waves.",
              "agreed_on": "2024-03-01", "replications": 50}  # fmt: skip
    with pytest.raises(DisclosureError, match="days-few-in-a-group"):
        release(evaluated(tmp_path / "a", frame, design=design))


def test_bodies_are_shown_as_they_are(tmp_path):
    publication = invented.PUBLICATION | {"disclosure": {"counts": "bodies"}}
    frame = people("yes and no")
    assert release(evaluated(tmp_path / "a", frame, publication=publication))
