"""A new edition that tells, beside one published before, what neither may tell is not published."""

import json

import pytest
from evaluations import change, copy_of, files_under
from pages import intact

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import DisclosureError
from pbc_eval.publish import edition as press
from pbc_eval.publish.edition import publish_edition

NAME = "wheels-to-meals"


@pytest.fixture
def counted(without_kernels, monkeypatch):
    """Editions with a table of groups; ``counted`` says what is in it."""
    counts = {"North": 25, "East": 40}
    plain = press.execute

    def execute(notebook, parameters, run_dir, cell_deadline):
        plain(notebook, parameters, run_dir)
        downloads = run_dir / "edition" / "downloads"
        edition = load_evaluation(parameters["evaluation"]).edition
        lines = ["group,units", *(f"{name},{n}" for name, n in counts.items())]
        (downloads / "x-groups.csv").write_text("\n".join(lines) + "\n")
        shape = {"labels": ["group"], "counts": ["units"], "totals": {}}
        record = {"edition": edition, "base": 1, "tables": {"x-groups": shape}}
        (downloads / "disclosure-review.json").write_text(json.dumps(record))

    monkeypatch.setattr(press, "execute", execute)
    return counts


def test_four_who_came_stop_the_next_edition_and_the_first_stays(tmp_path, counted):
    evaluation, reports = copy_of(NAME, tmp_path / "data"), tmp_path / "reports"
    first = publish_edition(evaluation, reports)
    before = files_under(first.folder)
    change(evaluation / "evaluation.yaml", "edition: 2026-1", "edition: 2026-2\n"
           "revisions:\n  - {edition: 2026-2, reason: More people.}")  # fmt: skip
    counted["East"] = 44
    with pytest.raises(DisclosureError, match=r"x-groups@2026-1: East, units differs by fewer"):
        publish_edition(evaluation, reports)
    assert not (reports / NAME / "2026-2").exists()
    assert files_under(first.folder) == before
    counted["East"] = 60
    second = publish_edition(evaluation, reports)
    assert intact(second.folder)
    assert intact(first.folder)
