"""The same inputs give the same bytes, in whatever folder and however many at once."""

import threading

import pytest
from evaluations import copy_of, files_under

from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition import publish_edition

pytestmark = pytest.mark.slow
NAMES = ["hospital-readmissions", "wheels-to-meals"]


@pytest.mark.soak
@pytest.mark.parametrize("name", NAMES)
def test_two_runs_are_identical_to_the_byte(every_page, tmp_path, name):
    made = publish_edition(copy_of(name, tmp_path / "elsewhere"), tmp_path / "r")
    again = files_under(made.folder)
    before = files_under(every_page / name / "2026-1")
    assert again.keys() == before.keys()
    assert {"index.html", "downloads/results.json", MANIFEST} < again.keys()
    assert [file for file in again if again[file] != before[file]] == []


@pytest.mark.soak
def test_two_real_runs_at_once_both_end_well(tmp_path):
    source = copy_of("wheels-to-meals", tmp_path)
    made = []
    runs = [
        threading.Thread(target=lambda: made.append(publish_edition(source, tmp_path / "r")))
        for _ in range(2)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert len(made) == 2
    assert made[0] == made[1]
