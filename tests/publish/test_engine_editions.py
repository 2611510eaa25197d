"""Editions of data that stay in PostgreSQL: published, verified, and silent on who may read."""

import ibis
import pytest
from engines import USER, WORD, postgres
from evaluations import DATA, change, copy_of, files_under

import pbc_eval as pbc
from pbc_eval.agreement.engine_address import PASSWORD_VARIABLE, USER_VARIABLE
from pbc_eval.batch.jobs import Job
from pbc_eval.batch.run import Choices, run_batch
from pbc_eval.panel.source import read_frame
from pbc_eval.provenance import read_manifest
from pbc_eval.publish.verify import verify_edition

pytestmark = pytest.mark.soak
NAME, EDITION = "insurance-expansion", "2026-1"


def numbers(evaluation) -> list[float]:
    estimates = [(f.headline, *f.alternatives) for f in evaluation.findings]
    every = [x for each in estimates for e in each for x in (e.estimate, e.std_error)]
    return [float("nan") if x is None else x for x in every]


@pytest.mark.usefixtures("forked_kernels")
def test_an_edition_of_a_table_holds_until_the_table_changes_or_is_gone(tmp_path, monkeypatch):
    monkeypatch.setenv(USER_VARIABLE, USER)
    monkeypatch.setenv(PASSWORD_VARIABLE, WORD)
    reports = tmp_path / "reports"
    folder = copy_of(NAME, tmp_path / "data")
    here = pbc.evaluate(pbc.load_evaluation(DATA / NAME))
    with postgres() as socket:
        login = {"host": str(socket), "user": USER, "password": WORD, "database": "postgres"}
        writer = ibis.postgres.connect(**login)
        writer.create_table("states", read_frame(folder / "states.csv"))
        (folder / "states.csv").unlink()
        address = f"postgres:///postgres?host={socket}"
        file = folder / "evaluation.yaml"
        change(file, "  file: states.csv\n", f"  backend: {address}\n  table: states\n")

        there = pbc.evaluate(pbc.load_evaluation(folder))
        assert numbers(there) == pytest.approx(numbers(here), rel=1e-9, nan_ok=True)
        ledger = next(t for t in there.findings[0].tables if t.name.endswith("ledger")).frame
        assert [str(what) for what in ledger["what"]][1:3] == [
            "Worked out in the engine",
            "Rows taken out of the engine",
        ]

        ran = run_batch([Job(folder, reports)], reports, Choices(workers=1), lambda _: None)
        assert ran.is_well, [result.problem for result in ran.results]
        edition = reports / NAME / EDITION
        place = f"{address}: states"
        assert len(read_manifest(edition)["inputs_sha256"][place]) == 64
        held = verify_edition(edition, folder)
        assert held.verdict == "identical", held

        writer.raw_sql("UPDATE states SET dins = dins + 0.01 WHERE stfips = 1").close()
        moved = verify_edition(edition, folder)
        assert moved.verdict == "different"
        assert f"input {place} changed" in moved.causes
        writer.disconnect()
    gone = verify_edition(edition, folder)
    assert gone.verdict == "cannot_run"
    assert not [cause for cause in gone.causes if "postgres" in cause]
    told = " ".join(gone.differences)
    assert "cannot be reached" in told
    assert f"{place}: whether it still gives what was published" in told
    secrets = (WORD.encode(), USER.encode())
    for name, held_bytes in files_under(tmp_path).items():
        assert not any(secret in held_bytes for secret in secrets), name
