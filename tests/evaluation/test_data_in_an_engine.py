"""A whole evaluation of data in an engine: the same numbers, and what was left out named."""

import duckdb
import pytest
from evaluations import change, copy_of, evaluation_of
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import pbc_eval as pbc
from pbc_eval.agreement.engine_address import PASSWORD_VARIABLE
from pbc_eval.batch.jobs import Job
from pbc_eval.batch.status import standings
from pbc_eval.cli import app
from pbc_eval.errors import DesignError, SpecError
from pbc_eval.panel.pulls import TOO_MUCH
from pbc_eval.panel.source import read_frame
from pbc_eval.provenance import write_manifest

pytestmark = pytest.mark.slow  # seconds, together

NAME = "insurance-expansion"
LINE = "  file: states.csv\n"


def in_duckdb(folder, limit: str = ""):
    """The evaluation with its data in a database file instead of a text file."""
    home = copy_of(NAME, folder)
    frame = read_frame(home / "states.csv")  # noqa: F841 the database finds it by its name
    with duckdb.connect(home / "states.duckdb") as connection:
        connection.execute("CREATE TABLE states AS FROM frame")
    (home / "states.csv").unlink()
    stated = f"  backend: duckdb:states.duckdb\n  table: states\n{limit}"
    change(home / "evaluation.yaml", LINE, stated)
    return home


@pytest.mark.soak
def test_an_evaluation_is_the_same_and_what_may_not_come_out_is_named(tmp_path):
    here = evaluation_of(NAME)
    there = pbc.evaluate(pbc.load_evaluation(in_duckdb(tmp_path / "all")))
    (before,), (now,) = here.findings, there.findings
    assert now.headline.estimate == pytest.approx(before.headline.estimate, rel=1e-9)
    assert now.headline.std_error == pytest.approx(before.headline.std_error, rel=1e-9)
    assert [a.estimate for a in now.alternatives] == pytest.approx(
        [a.estimate for a in before.alternatives], rel=1e-9
    )
    assert there.seed == here.seed
    assert {"states.duckdb", "duckdb:states.duckdb: states"} <= set(there.inputs)

    told = CliRunner().invoke(app, ["check", str(tmp_path / "all" / NAME)]).output
    assert "taking 46 rows x 16 columns, 0.0 MB out of the engine" in " ".join(told.split())

    small = in_duckdb(tmp_path / "few", "  pull_limit: 0.000001\n")
    few = pbc.evaluate(pbc.load_evaluation(small))
    (left,) = few.findings
    assert left.headline.estimate == pytest.approx(before.headline.estimate, rel=1e-9)
    assert len(left.alternatives) < len(before.alternatives)
    reasons = [str(value) for t in left.tables for value in t.frame.to_numpy().ravel()]
    assert str(TOO_MUCH) in reasons
    assert not [t for t in left.tables if "Rows taken out" in t.frame.to_string()]


@settings(max_examples=20)
@given(word=st.text("abcXYZ019_-", min_size=6, max_size=12))
def test_a_file_with_a_password_is_refused_by_its_line_without_repeating_it(word, tmp_path_factory):
    home = copy_of(NAME, tmp_path_factory.mktemp("with"))
    stated = f"  backend: postgres://me:{word}@host/base\n  table: states\n"
    change(home / "evaluation.yaml", LINE, stated)
    with pytest.raises(SpecError, match=PASSWORD_VARIABLE) as refused:
        pbc.load_evaluation(home)
    assert "line 19" in str(refused.value)
    assert word not in str(refused.value)


def test_a_published_table_is_not_said_to_have_changed(tmp_path):
    home = copy_of(NAME, tmp_path)
    change(home / "evaluation.yaml", LINE, "  backend: spark:local\n  table: states\n")
    spec = pbc.load_evaluation(home)
    reports = tmp_path / "reports"
    folder = reports / spec.id / spec.edition
    folder.mkdir(parents=True)
    facts = {"evaluation": spec.id, "edition": spec.edition, "status": spec.status}
    write_manifest(folder, facts, [])
    job = Job(home / "evaluation.yaml", reports, agreed=spec)
    (standing,) = standings([job], reports, spec.publication.release_date)
    assert "changed" not in standing.states
    assert "spark:local: states is not read to see whether it changed" in standing.words


PEOPLE = "supported-work"
CELLS = """  covariates: [age, educ, black]
  algorithm: coarsened
  cutpoints: {age: [25, 35], educ: [9, 12]}
  waivers:
    - {check: balance, reason: This only asks whether both ways agree}
    - {check: overlap, reason: This only asks whether both ways agree}
  alternatives:
    - {name: Full matching, algorithm: full}
"""


def of_people(folder, design: str, data: str | None):
    """The evaluation with a design of its own, its people in a file or, by ``data``, in DuckDB."""
    home = copy_of(PEOPLE, folder)
    text = (home / "evaluation.yaml").read_text()
    start, end = text.index("  covariates: ["), text.index("  benchmark:")
    text = text[:start] + design + text[end:]
    if data is not None:
        frame = read_frame(home / "people.csv")  # noqa: F841 the database finds it by its name
        with duckdb.connect(home / "people.duckdb") as connection:
            connection.execute("CREATE TABLE people AS FROM frame")
        (home / "people.csv").unlink()
        stated = f"  backend: duckdb:people.duckdb\n  table: people\n{data}"
        text = text.replace("  file: people.csv\n", stated, 1)
    (home / "evaluation.yaml").write_text(text)
    return home


@pytest.mark.soak
def test_people_beyond_the_limit_are_matched_where_they_are_to_the_same_page(tmp_path):
    here = pbc.evaluate(pbc.load_evaluation(of_people(tmp_path / "a", CELLS, None)))
    limit = "  pull_limit: 0.0001\n"
    there = pbc.evaluate(pbc.load_evaluation(of_people(tmp_path / "b", CELLS, limit)))
    (before,), (now,) = here.findings, there.findings
    assert now.headline.estimate == pytest.approx(before.headline.estimate, rel=1e-9)
    assert now.headline.std_error == pytest.approx(before.headline.std_error, rel=1e-9)
    assert now.headline.method == before.headline.method
    assert now.levels == before.levels
    for check, wanted in zip(now.checks, before.checks, strict=True):
        assert (check.name, check.status, check.sentence) == (
            wanted.name,
            wanted.status,
            wanted.sentence,
        )
    balance, wanted = now.table("balance"), before.table("balance")
    for name in balance.frame:
        if balance.frame[name].dtype == float:
            figures = wanted.frame[name].to_numpy()
            assert balance.frame[name].to_numpy() == pytest.approx(figures, nan_ok=True)
    assert not [name for name in balance.frame if name.startswith("ecdf")]
    assert balance.shares.apart == wanted.shares.apart
    assert balance.shares.left == wanted.shares.left
    notes = " ".join(map(str, now.notes))
    assert "Full matching: not estimated. More records would have to leave the database" in notes
    assert "The records of people stayed in the database" in notes
    ledger = " ".join(map(str, now.table("ledger").frame["why"]))
    assert "sums over people were taken out, and no rows" in ledger
    assert "duckdb:people.duckdb: people" in there.inputs


@pytest.mark.soak
def test_what_cannot_be_matched_by_sums_is_refused_beyond_the_limit_with_the_reason(tmp_path):
    limit = "  pull_limit: 0.0001\n"
    nearest = "  covariates: [age, educ, black]\n"
    home = of_people(tmp_path, nearest, limit)
    stated = (home / "evaluation.yaml").read_text()
    clustered = stated.replace(limit, f"{limit}  cluster: educ\n", 1).replace(nearest, CELLS, 1)
    trimmed = stated.replace(nearest, f"{nearest}  algorithm: ipw\n  trim: 0.1\n", 1)
    for text, why in (
        (stated, "it looks at people one by one"),
        (clustered, r"errors are clustered \(data.cluster\)"),
        (trimmed, "look at each score"),
    ):
        (home / "evaluation.yaml").write_text(text)
        with pytest.raises(DesignError, match=rf"16,177 rows x .*ipw or overlap.*{why}"):
            pbc.evaluate(pbc.load_evaluation(home))
