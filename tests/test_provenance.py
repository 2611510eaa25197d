"""Provenance: the same inputs give the same facts, and any change of them shows."""

import hashlib
import json
import subprocess

import pytest
from evaluations import PROJECT

from pbc_eval import _resources, provenance
from pbc_eval.errors import PublicationError


@pytest.fixture
def edition(tmp_path):
    """A folder with two files and their manifest."""
    (tmp_path / "downloads").mkdir()
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "downloads" / "a.csv").write_text("1\n")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    provenance.write_manifest(tmp_path, {"evaluation": "e", "edition": "1"}, files)
    return tmp_path


def facts(**changes):
    given = {
        "evaluation_id": "e",
        "edition": "1",
        "inputs": {"b.csv": "2", "a.csv": "1"},
        "seed": 3,
    }
    return provenance.manifest(**{**given, **changes})


def test_a_file_is_known_by_its_bytes(tmp_path):
    (tmp_path / "x").write_bytes(b"abc\r\n")
    assert provenance.sha256(tmp_path / "x") == hashlib.sha256(b"abc\r\n").hexdigest()


def test_the_seed_depends_on_evaluation_and_edition_alone():
    assert provenance.seed_of("hospital-readmissions", "2026-1") == 0x308AF7BA2FA26498 >> 1
    others = {
        provenance.seed_of("a", "1"),
        provenance.seed_of("a", "2"),
        provenance.seed_of("b", "1"),
    }
    assert len(others) == 3
    assert all(0 <= seed < 2**63 for seed in others)


def test_the_facts_hold_no_clock_no_path_and_no_order_of_chance():
    assert facts() == facts(inputs={"a.csv": "1", "b.csv": "2"})
    text = json.dumps(facts())
    assert str(PROJECT) not in text
    assert list(facts()["inputs_sha256"]) == ["a.csv", "b.csv"]
    assert facts()["versions"]["pandas"][0].isdigit()


def test_the_code_has_one_hash_that_any_change_of_it_moves(tmp_path, monkeypatch):
    package = tmp_path / "pbc_eval"
    package.mkdir()
    (package / "provenance.py").write_text("a")
    (package / "rates.yaml").write_text("r: 1")
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    (notebooks / "page.ipynb").write_text("{}")
    monkeypatch.setattr(provenance, "package_folder", lambda: package)
    monkeypatch.setattr(provenance, "notebooks_folder", lambda: notebooks)
    seen = {provenance.code_hash()}
    (package / "rates.yaml").write_text("r: 2")
    seen.add(provenance.code_hash())
    (package / "rates.yaml").rename(package / "other.yaml")
    seen.add(provenance.code_hash())
    (package / "page.svg").write_text("<svg/>")  # of any kind
    seen.add(provenance.code_hash())
    (notebooks / "page.ipynb").write_text("[]")
    seen.add(provenance.code_hash())
    assert len(seen) == 5
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "provenance.pyc").write_text("a")
    assert provenance.code_hash() in seen


def test_a_file_that_changes_while_a_process_runs_changes_no_claim_of_what_it_makes(
    tmp_path, monkeypatch
):
    (tmp_path / "provenance.py").write_text("a", encoding="utf-8")
    monkeypatch.setattr(provenance, "package_folder", lambda: tmp_path)
    monkeypatch.setattr(provenance, "notebooks_folder", lambda: tmp_path / "none")
    provenance.running_code.cache_clear()
    try:
        before = facts()
        (tmp_path / "provenance.py").write_text("b", encoding="utf-8")
        after = facts()
        assert after == before
        assert before["code_sha256"] != provenance.code_hash()
        after["versions"]["numpy"] = "0"  # a caller's to change
        assert facts() == before
    finally:
        provenance.running_code.cache_clear()


def test_a_wheel_and_a_clone_of_the_same_code_have_the_same_hash(tmp_path, monkeypatch):
    clone, wheel = tmp_path / "clone" / "pbc_eval", tmp_path / "site" / "pbc_eval"
    for package, notebooks in ((clone, clone.parent), (wheel, wheel)):
        (notebooks / "notebooks").mkdir(parents=True)
        package.mkdir(exist_ok=True)
        (package / "provenance.py").write_text("a")
        (notebooks / "notebooks" / "page.ipynb").write_text("{}")
    hashes = set()
    for package in (clone, wheel):
        monkeypatch.setattr(_resources, "files", lambda name, package=package: package)
        hashes.add(provenance.code_hash())
    assert len(hashes) == 1


def test_outside_its_own_repository_no_commit_is_claimed(tmp_path, monkeypatch):
    """A package installed inside another's repository does not take its commit for its own."""
    package = tmp_path / "lib" / "pbc_eval"
    package.mkdir(parents=True)
    monkeypatch.setattr(provenance, "__file__", str(package / "provenance.py"))
    assert provenance.code_commit() == ""
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "theirs"], check=True)
    assert provenance.code_commit() == ""


def test_the_manifest_names_every_file_and_finds_every_change(edition):
    assert provenance.read_manifest(edition)["outputs_sha256"].keys() == {
        "index.html", "downloads/a.csv",
    }  # fmt: skip
    assert provenance.changed_files(edition) == ()
    (edition / "index.html").write_text("pagf")
    (edition / "downloads" / "a.csv").unlink()
    (edition / "evil.html").write_text("x")
    (edition / ".DS_Store").write_text("x")
    assert provenance.changed_files(edition) == (
        "downloads/a.csv is missing", "index.html has changed", "evil.html is new",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"outputs_sha256": {}}', "\x00"])
def test_a_manifest_that_is_none_is_a_message(edition, text):
    (edition / provenance.MANIFEST).write_text(text)
    with pytest.raises(PublicationError, match=r"manifest\.json: .*restore the file"):
        provenance.read_manifest(edition)
