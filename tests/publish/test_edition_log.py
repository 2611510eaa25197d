"""The log of editions: lines are only added, and what was final is known from it."""

import json
import shutil

import pytest
from evaluations import change, copy_of
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval import provenance
from pbc_eval.errors import PublicationError
from pbc_eval.provenance import MANIFEST
from pbc_eval.publish.edition import publish_edition, put_in_place
from pbc_eval.publish.edition_log import HEAD, LOG, add_to_log, last_of, read_log, was_final
from pbc_eval.publish.owners import refuse_another_owner, remember_owner
from pbc_eval.publish.report_kinds import read_agreed, subject_of
from pbc_eval.publish.workspace import workspace_of

pytestmark = pytest.mark.slow  # seconds, together


def edition(reports, name, *, status="provisional", text="a", number="2026-1"):
    folder = reports / name / number
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text(text)
    facts = {"evaluation": name, "edition": number, "status": status}
    provenance.write_manifest(folder, facts, [folder / "index.html"])
    return folder


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


def test_lines_are_added_once_for_each_state_of_an_edition_and_drafts_never(reports):
    first, draft = edition(reports, "a"), edition(reports, "b", status="draft")
    add_to_log(reports, [first, draft])
    add_to_log(reports, [first])
    assert [(e.evaluation, e.n) for e in read_log(reports)] == [("a", 1)]
    add_to_log(reports, [edition(reports, "a", text="b", status="final")])
    log = read_log(reports)
    assert [entry.status for entry in log] == ["provisional", "final"]
    assert was_final(log, "a", "2026-1") == last_of(log, "a", "2026-1") == log[-1]
    assert was_final(log, "b", "2026-1") is None


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000), what=st.sampled_from(["drop", "swap", "edit", "cut", "repeat"]))
def test_no_change_of_the_log_passes(tmp_path_factory, at, what):
    reports = tmp_path_factory.mktemp("log") / "reports"
    reports.mkdir()
    for number in range(4):
        add_to_log(reports, [edition(reports, "a", number=f"2026-{number}")])
    lines = (reports / LOG).read_text().splitlines()
    k = at % 4
    if what == "drop":
        del lines[k]
    elif what == "swap":
        lines[k], lines[k - 1] = lines[k - 1], lines[k]
    elif what == "cut":
        lines = lines[:k]
    elif what == "repeat":
        lines.insert(k, lines[k])
    else:
        place = at % len(lines[k])
        lines[k] = lines[k][:place] + "#" + lines[k][place + 1 :]
    (reports / LOG).write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(PublicationError, match=LOG):
        read_log(reports)


def test_a_log_made_anew_is_not_the_one_that_was_written(reports):
    folder = edition(reports, "a")
    add_to_log(reports, [folder])
    head = (workspace_of(reports) / HEAD).read_text()
    (reports / LOG).unlink()
    with pytest.raises(PublicationError, match="had one line when it was last written"):
        add_to_log(reports, [edition(reports, "a", text="other")])
    assert (workspace_of(reports) / HEAD).read_text() == head


def test_whoever_removed_the_whole_site_is_told_how_to_begin_again(reports):
    add_to_log(reports, [edition(reports, "a", status="final")])
    workspace = workspace_of(reports)
    shutil.rmtree(reports)
    with pytest.raises(PublicationError) as refused:
        read_log(reports)
    assert "had one line when it was last written here, and is gone" in str(refused.value)
    assert f"remove {workspace.name} beside reports" in str(refused.value)
    shutil.rmtree(workspace)  # as it says
    assert read_log(reports) == ()
    add_to_log(reports, [edition(reports, "a", text="b")])
    assert [entry.n for entry in read_log(reports)] == [1]


@pytest.mark.parametrize("harm", ["removed", "cut short", "provisional"])
def test_what_was_final_is_not_replaced_whatever_its_manifest_says_now(reports, tmp_path, harm):
    folder = edition(reports, "a", status="final")
    add_to_log(reports, [folder])
    manifest = folder / MANIFEST
    facts = json.loads(manifest.read_text())
    if harm == "removed":
        manifest.unlink()
    elif harm == "cut short":
        manifest.write_text(manifest.read_text()[:40])
    else:
        manifest.write_text(json.dumps(facts | {"status": "provisional"}))
    made = edition(tmp_path / "run", "a", status="final", text="other")
    with pytest.raises(PublicationError, match=r"published as final \(line 1 of editions.log\)"):
        put_in_place(made, folder, is_final=True)
    assert (folder / "index.html").read_text() == "a"


def test_a_final_edition_that_was_lost_is_made_again_as_it_was(reports, tmp_path):
    folder = edition(reports, "a", status="final")
    add_to_log(reports, [folder])
    shutil.rmtree(folder)
    put_in_place(edition(tmp_path / "run", "a", status="final"), folder, is_final=True)
    assert (folder / "index.html").read_text() == "a"


def test_another_folder_of_the_same_name_is_refused_while_the_first_is_there(reports, tmp_path):
    first = copy_of("one-service", tmp_path / "first")
    second = copy_of("one-service", tmp_path / "second")
    one, other = (subject_of(read_agreed(folder)) for folder in (first, second))
    remember_owner(reports, one)
    refuse_another_owner(reports, one)
    with pytest.raises(PublicationError, match="was published from"):
        refuse_another_owner(reports, other)
    change(second / "evaluation.yaml", "edition: 2026-1", "edition: 2026-2")
    refuse_another_owner(reports, subject_of(read_agreed(second)))
    shutil.rmtree(first)
    refuse_another_owner(reports, other)


def test_a_name_that_another_folder_owns_is_refused_before_anything_runs(reports, tmp_path):
    first = copy_of("one-service", tmp_path / "first")
    second = copy_of("one-service", tmp_path / "second")
    remember_owner(reports, subject_of(read_agreed(first)))
    with pytest.raises(PublicationError, match="was published from"):
        publish_edition(second / "evaluation.yaml", reports)
    assert not (workspace_of(reports) / "runs").exists()


def test_nothing_of_a_run_lies_within_the_folder_of_reports(reports):
    folder = workspace_of(reports)
    assert folder.parent == reports.resolve().parent
    assert not folder.is_relative_to(reports.resolve())
