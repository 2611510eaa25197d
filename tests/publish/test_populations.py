"""Editions about the same people are related by their data, whatever they are called."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from attacker import invented
from editions import RESULTS

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.errors import DisclosureError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.populations import POPULATIONS, remember_people, same_people
from pbc_eval.publish.report_kinds import subject_of
from pbc_eval.publish.workspace import workspace_of

pytestmark = pytest.mark.slow  # seconds, together


def subject(folder, frame, **changes):
    return subject_of(load_evaluation(invented.people_evaluation(folder, frame, **changes)))


def put_there(reports, made):
    folder = reports / made.id / made.edition
    folder.mkdir(parents=True)
    (folder / MANIFEST).write_text("{}")
    remember_people(reports, made)
    return folder


OTHER = {"id": "another-name", "title": "Another title"}


@pytest.mark.parametrize(
    ("changed", "is_related"),
    [
        (lambda frame: frame, True),
        (lambda frame: frame.sample(frac=1, random_state=1), True),
        (lambda frame: frame.iloc[4:], True),  # four left
        (lambda frame: frame.assign(id=np.arange(len(frame)) + 9000), True),
        (lambda frame: frame.assign(another=1, better=1 - frame["better"]), True),
        (lambda frame: frame.rename(columns={"need": "needs"}), True),
        (lambda frame: invented.people(2, n=150, seed=77), False),  # others under the same numbers
    ],
)
def test_the_same_people_are_found_under_another_name(tmp_path, changed, is_related):
    reports, frame = tmp_path / "reports", invented.people(2)
    folder = put_there(reports, subject(tmp_path / "first", frame))
    after = changed(frame)
    design = {"design": None} if "needs" in after else {}
    other = subject_of(
        replace_design(invented.people_evaluation(tmp_path / "other", after, **OTHER), design)
    )
    assert same_people(reports, other) == ((folder,) if is_related else ())


def replace_design(folder, design):
    spec = json.loads((folder / "evaluation.yaml").read_text())
    if design:
        spec["design"]["covariates"] = ["needs", "area", "sex", "health"]
        (folder / "evaluation.yaml").write_text(json.dumps(spec))
    return load_evaluation(folder)


def test_sketches_lie_beside_the_reports_and_hold_no_value_of_the_data(tmp_path):
    reports = tmp_path / "reports"
    made = subject(tmp_path / "first", invented.people(2))
    put_there(reports, made)
    assert not list(reports.rglob(POPULATIONS))
    kept = json.loads((workspace_of(reports) / POPULATIONS).read_text())
    sketches = kept[f"{made.id}/{made.edition}"]
    assert all(len(h) == 24 and int(h, 16) for sketch in sketches.values() for h in sketch)
    elsewhere = tmp_path / "elsewhere" / "reports"
    put_there(elsewhere, replace(made, edition="2026-2"))
    others = json.loads((workspace_of(elsewhere) / POPULATIONS).read_text())[f"{made.id}/2026-2"]
    first, second = ({h for sketch in kept.values() for h in sketch} for kept in (sketches, others))
    assert not first & second  # another key


def edition(folder, outcome, counts):
    """A published folder with one table of groups."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    frame = pd.DataFrame({"group": [f"{outcome} {k}" for k in range(len(counts))], "units": counts})
    frame.to_csv(downloads / f"{outcome}-groups.csv", index=False)
    shape = {"labels": ["group"], "counts": ["units"], "totals": {}, "threshold": 10}
    record = {"edition": folder.name, "base": 1, "tables": {f"{outcome}-groups": shape}}
    (downloads / "disclosure-review.json").write_text(json.dumps(record))
    counted = {"id": outcome, "n_treated": int(sum(counts)), "n_comparison": 500}
    results = RESULTS | {"outcomes": [RESULTS["outcomes"][0] | counted]}
    (downloads / "results.json").write_text(json.dumps(results))
    return folder


def test_another_name_does_not_defeat_differencing(tmp_path):
    first = edition(tmp_path / "reports" / "first" / "2026-1", "work", [40, 60])
    new = edition(tmp_path / "runs" / "2027-1", "employment", [44, 60])
    rule = DisclosureRule()
    refuse_differencing(new, tmp_path / "reports" / "second", rule)  # under its names: no relation
    with pytest.raises(DisclosureError, match=r"row 1 of 2, units differs by fewer than 10"):
        refuse_differencing(new, tmp_path / "reports" / "second", rule, [first])
    far = edition(tmp_path / "runs" / "2027-2", "employment", [60, 80])
    refuse_differencing(far, tmp_path / "reports" / "second", rule, [first])
