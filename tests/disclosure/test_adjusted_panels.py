"""A difference-in-differences adjusted for yes and no tells no trait of few."""

import numpy as np
import pytest
from attacker import invented
from attacker.public import decimals, number, publish, read_public

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
FEW, COMPARED = 3, 24  # with the trait: in the programme, and beside it
STARTED, NEVER, PERIODS = 60, 140, 4
ANSWER = {"output": "days-few-with-a-trait", "by": "R. Reader", "date": "2026-05-01",
          "reason": "To see the attack succeed."}  # fmt: skip
DESIGN = {"method": "difference_in_differences", "rationale": "Waves are compared.",
          "control_group": "never_treated", "agreed_on": "2024-03-01", "covariates": ["child"],
          "waivers": [invented.waiver("pre_trends")]}  # fmt: skip


def people(step=1.0, *, few=FEW, many_decimals=False):
    """Who starts in 3, a trait that ``few`` of them have, an outcome in steps of ``step``."""
    rng = np.random.default_rng(2)
    frame = invented.panel({3: STARTED}, never=NEVER, periods=PERIODS, seed=3)
    unit, started = frame["unit"], frame["start"] > 0
    frame["child"] = ((started & (unit < NEVER + few)) | (unit < COMPARED)).astype(int)
    frame["half"] = np.where(unit % 2 == 1, "odd", "even")
    if many_decimals:
        return frame
    if step == 1.0:
        frame["y"] = (rng.random(len(frame)) < 0.4 + 0.2 * frame["child"]).astype(int)
    else:
        frame["y"] = np.round((frame["y"] + frame["child"] * frame["t"]) / step).astype(int) * step
    return frame


def evaluated(folder, frame, *, reviewed=(), **design):
    publication = invented.PUBLICATION | {"disclosure": {"reviewed": list(reviewed)}}
    return evaluate(load_evaluation(invented.panel_evaluation(
        folder, frame, payment=None, publication=publication, design=DESIGN | design
    )))  # fmt: skip


def pairs_that_fit(public, step, widest):
    """The attack: (with the trait in the programme, compared with it) of which some sum of changes
    of those compared gives each effect. The changes lie within ``widest`` steps a person."""
    means, fits = public.kind("days", "means"), None
    level = {(r["group"].startswith("Never"), int(r["time"])): number(r["mean"])
             for r in means.to_dict("records")}  # fmt: skip
    for row in public.kind("days", "cells").to_dict("records"):
        time, base = int(row["time"]), int(row["base"])
        own, other = (level[side, time] - level[side, base] for side in (False, True))
        off, seen = 0.51 * 10.0 ** -decimals(row["estimate"]) + 2e-9 * max(level.values()), set()
        whole = round(other * NEVER / step)  # steps that all who are compared changed by
        for few in range(1, 10):
            for compared in range(1, NEVER):
                share = few / STARTED
                # effect = own - share k / compared - (1 - share) (whole - k) / (NEVER - compared)
                per_step = step * ((1 - share) / (NEVER - compared) - share / compared)
                rest = number(row["estimate"]) - own
                rest += step * (1 - share) * whole / (NEVER - compared)
                if abs(per_step) < 1e-12 or abs(rest / per_step) > widest * compared:
                    continue
                if abs(rest / per_step - round(rest / per_step)) <= off / abs(per_step):
                    seen.add((few, compared))
        fits = seen if fits is None else fits & seen
    return fits


@pytest.mark.parametrize(("step", "widest"), [(1.0, 1), (0.1, 200)])
def test_adjusted_effects_tell_how_many_have_a_trait_and_are_refused(tmp_path, step, widest):
    whole = evaluated(tmp_path / "a", people(step), reviewed=[ANSWER])
    public = read_public(publish(release(whole), tmp_path / "out"))
    assert pairs_that_fit(public, step, widest) == {(FEW, COMPARED)}
    with pytest.raises(DisclosureError, match=r"days-few-with-a-trait.*\(child\)"):
        release(evaluated(tmp_path / "b", people(step)))


@pytest.mark.parametrize("method", ["reg", "ipw"])
@pytest.mark.parametrize("levels", [False, True])
def test_each_way_to_adjust_is_looked_at_and_levels_as_well(tmp_path, method, levels):
    frame = people()
    if levels:  # the level that has no indicator is the one of few
        frame["child"] = np.where(frame["child"] == 1, "a", np.where(frame["t"] < 0, "b", "c"))
    with pytest.raises(DisclosureError, match="days-few-with-a-trait"):
        release(evaluated(tmp_path / "a", frame, adjustment=method))


@pytest.mark.parametrize("remedy", ["left out", "many have it", "many decimals"])
def test_each_remedy_for_it_is_one(tmp_path, remedy):
    frame = people(few=20) if remedy == "many have it" else people(
        many_decimals=remedy == "many decimals")  # fmt: skip
    covariates = [] if remedy == "left out" else ["child"]
    assert release(evaluated(tmp_path / "a", frame, covariates=covariates))


def test_a_trait_of_few_in_a_part_of_the_sample_is_looked_at(tmp_path):
    """Eleven of the programme have it, five of them in one part."""
    group = [{"column": "half", "why": "Days differ."}]
    whole = evaluated(tmp_path / "a", people(few=11))
    assert release(whole)
    with pytest.raises(DisclosureError, match="days-few-with-a-trait"):
        release(evaluated(tmp_path / "b", people(few=11), subgroups=group))
