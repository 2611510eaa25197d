"""Of people who are not observed in every period, no effect beside the averages tells one."""

import numpy as np
import pytest
from attacker import invented
from attacker.public import number, publish, read_public

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate

pytestmark = pytest.mark.slow
STARTED, NEVER = 40, 140
ANSWER = {"output": "days-few-with-gaps", "by": "R. Reader", "date": "2026-05-01",
          "reason": "To see the attack succeed."}  # fmt: skip


def people(gone):
    """People who start in 3; who is not observed, and when: ``gone``."""
    frame = invented.panel({3: STARTED}, never=NEVER, periods=4, seed=3)
    missing = [pair in gone for pair in zip(frame["unit"], frame["t"], strict=True)]
    return frame, frame[~np.array(missing)]


def evaluated(folder, frame, *, missing="pairs", reviewed=(), rule=None):
    disclosure = {"reviewed": list(reviewed)} | (rule or {})
    data = {"file": "data.csv", "unit": "unit", "unit_name": ["person", "people"], "time": "t",
            "time_name": "month", "cohort": "start", "missing": missing}  # fmt: skip
    return evaluate(load_evaluation(invented.panel_evaluation(
        folder, frame, payment=None, data=data,
        publication=invented.PUBLICATION | {"disclosure": disclosure},
    )))  # fmt: skip


def value_of_one(public, base, time):
    """The attack: an effect is a mean over those seen in both periods, the average of the base over
    all who were seen in it. Both times their numbers: what one of them had in the base period."""
    means, cells = public.kind("days", "means"), public.kind("days", "cells")
    level = {(r["group"].startswith("Never"), int(r["time"])): (number(r["mean"]), int(r["units"]))
             for r in means.to_dict("records")}  # fmt: skip
    row = next(r for r in cells.to_dict("records") if int(r["time"]) == time)
    assert int(row["base"]) == base
    change = number(row["estimate"]) + level[True, time][0] - level[True, base][0]
    in_both = level[False, time][0] - change  # the average of the base of those seen in both
    whole, n = level[False, base]
    return n * whole - int(row["n_treated"]) * in_both


def test_what_one_person_had_follows_from_an_effect_and_two_averages_and_is_refused(tmp_path):
    one = NEVER + 2
    frame, seen = people({(one, 4)})
    public = read_public(publish(release(evaluated(tmp_path / "a", seen, reviewed=[ANSWER])),
                                 tmp_path / "out"))  # fmt: skip
    had = frame.loc[(frame["unit"] == one) & (frame["t"] == 2), "y"].item()
    assert value_of_one(public, 2, 4) == pytest.approx(had, abs=1e-5)  # exactly
    with pytest.raises(DisclosureError, match=r"days-few-with-gaps.*from month 3"):
        release(evaluated(tmp_path / "b", seen))


def test_one_who_came_where_another_left_is_seen(tmp_path):
    """As many in each period: no number differs."""
    first = {(NEVER + 1, 1), (NEVER + 2, 2), (NEVER + 3, 3), (NEVER + 4, 4)}
    with pytest.raises(DisclosureError, match="days-few-with-gaps"):
        release(evaluated(tmp_path / "a", people(first)[1]))


@pytest.mark.parametrize("kind", ["complete units", "many", "bodies"])
def test_each_remedy_for_it_is_one(tmp_path, kind):
    gone = {(NEVER + k, 4) for k in range(12 if kind == "many" else 1)}
    assert release(evaluated(
        tmp_path / "a", people(gone)[1],
        missing="complete_units" if kind == "complete units" else "pairs",
        rule={"counts": "bodies"} if kind == "bodies" else None,
    ))  # fmt: skip
