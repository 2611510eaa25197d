"""The same numbers on other hardware: told apart from identical ones and from different ones."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from evaluations import copy_of
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pbc_eval import provenance
from pbc_eval.cli import app
from pbc_eval.errors import PublicationError
from pbc_eval.publish.compared import SAME, compare_numbers
from pbc_eval.publish.edition import put_in_place
from pbc_eval.publish.verify import verify_edition
from pbc_eval.results_file import RESULTS

NAME = "wheels-to-meals"


def edition_of(folder, results, **tables):
    """The numbers of an edition: results.json and a table a name."""
    downloads = folder / "downloads"
    downloads.mkdir(parents=True)
    files = [{"file": f"{name}.csv"} for name in tables]
    (folder / RESULTS).write_text(json.dumps(results | {"files": files}), "utf-8")
    for name, text in tables.items():
        (downloads / f"{name}.csv").write_text(text, "utf-8")
    (downloads / "dictionary.csv").write_text("words\nx\n", "utf-8")
    return folder


def compared(tmp_path, before, after):
    return compare_numbers(
        edition_of(tmp_path / "a", *before[:1], **before[1]),
        edition_of(tmp_path / "b", *after[:1], **after[1]),
    )


@pytest.mark.slow
@given(st.floats(0.001, 1e9), st.sampled_from([0.0, 1e-10, 1e-9, 9e-8, 2e-7, 1e-3]), st.booleans())
def test_how_far_apart_two_numbers_are_is_said(value, apart, in_table):
    with tempfile.TemporaryDirectory() as folder:
        other = value * (1 + apart)
        pair = [
            ({"x": 1.0}, {"t": f"n\n{number!r}\n"}) if in_table else ({"x": number}, {})
            for number in (value, other)
        ]
        comparison = compared(Path(folder), *pair)
    assert comparison.equal == (value == other)
    assert comparison.largest == pytest.approx(apart, rel=1e-3, abs=1e-15)
    assert comparison.on_other_hardware == (value != other and comparison.largest <= SAME)


def test_what_is_zero_but_for_rounding_is_held_against_its_column(tmp_path):
    table = "name,d\na,{}\nb,0.25\n"
    comparison = compared(
        tmp_path, ({}, {"t": table.format("4e-17")}), ({}, {"t": table.format("-3e-17")})
    )
    assert comparison.on_other_hardware
    assert comparison.differences == ("t.csv, row 2, d was 4e-17, is -3e-17",)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (({"total": "10.00"}, {}), ({"total": "10.01"}, {})),
        (({"said": "a"}, {}), ({"said": "b"}, {})),
        (({"n": 1.0}, {}), ({}, {})),
        (({"n": None}, {}), ({"n": 1.0}, {})),
        (({}, {"t": "n\n1\n"}), ({}, {"t": "n\n1\n2\n"})),
        (({}, {"t": "n\n1\n"}), ({}, {})),
        (({"n": True}, {}), ({"n": False}, {})),
    ],
)
def test_texts_amounts_and_rows_are_equal_or_different(tmp_path, before, after):
    comparison = compared(tmp_path, before, after)
    assert not comparison.equal
    assert not comparison.on_other_hardware


def test_words_about_the_tables_are_no_numbers(tmp_path):
    first = edition_of(tmp_path / "a", {"n": 1.0})
    second = edition_of(tmp_path / "b", {"n": 1.0})
    (second / "downloads" / "dictionary.csv").write_text("words\nother\n", "utf-8")
    assert compare_numbers(first, second).equal


def rounded_otherwise(edition, share=1e-9):
    """The edition as another processor would have made it: one number in its last digit."""
    results = json.loads((edition / RESULTS).read_text("utf-8"))
    results["social_return"]["ratio"] *= 1 + share
    (edition / RESULTS).write_text(
        json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8"
    )
    known = provenance.read_manifest(edition)
    outputs = [edition / name for name in known.pop("outputs_sha256")]
    provenance.write_manifest(edition, known, outputs)


@pytest.fixture
def edition(few_pages, tmp_path):
    (tmp_path / "data").mkdir()
    copy_of(NAME, tmp_path / "data")
    shutil.copytree(few_pages / NAME, tmp_path / "reports" / NAME)
    return tmp_path / "reports" / NAME / "2026-1"


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.usefixtures("forked_kernels")
def test_an_honest_edition_of_another_machine_holds_and_says_how_near_it_is(edition):
    rounded_otherwise(edition)
    verification = verify_edition(edition)
    assert verification.verdict == "other_hardware"
    assert verification.holds
    assert verification.largest == pytest.approx(1e-9, rel=0.2)
    assert "the same numbers on other hardware (largest relative difference 1e-09)" in (
        verification.sentence
    )
    told = CliRunner().invoke(app, ["verify", str(edition)])
    assert told.exit_code == 0
    assert "social_return.ratio was" in told.output


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.usefixtures("forked_kernels")
def test_a_number_that_a_reader_could_see_move_is_different(edition):
    rounded_otherwise(edition, share=1e-4)
    verification = verify_edition(edition)
    assert verification.verdict == "different"
    assert not verification.holds


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.usefixtures("forked_kernels")
def test_numbers_of_other_inputs_are_other_numbers_however_near(edition):
    rounded_otherwise(edition)
    known = provenance.read_manifest(edition)
    outputs = [edition / name for name in known.pop("outputs_sha256")]
    changed = dict.fromkeys(known["inputs_sha256"], "0" * 64)
    provenance.write_manifest(edition, known | {"inputs_sha256": changed}, outputs)
    assert verify_edition(edition).verdict == "different"


@pytest.mark.slow
@pytest.mark.soak
def test_a_final_edition_stays_when_it_is_run_again_on_other_hardware(edition, tmp_path):
    known = provenance.read_manifest(edition)
    outputs = [edition / name for name in known.pop("outputs_sha256")]
    provenance.write_manifest(edition, known | {"status": "final"}, outputs)
    made = tmp_path / "made"
    shutil.copytree(edition, made)
    before = (edition / RESULTS).read_bytes()
    rounded_otherwise(made)
    put_in_place(made, edition, is_final=True)
    assert (edition / RESULTS).read_bytes() == before
    rounded_otherwise(made, share=1e-3)
    with pytest.raises(PublicationError, match="is final and published"):
        put_in_place(made, edition, is_final=True)


ON_THIS_PROCESSOR = """
import pbc_eval as pbc
from pbc_eval.results_file import ResultsFile
from pbc_eval.publish.formats.results import results
from pbc_eval.report import page_of
released = pbc.release(pbc.evaluate(pbc.load_evaluation("data/supported-work/evaluation.yaml")))
page = page_of(released, "impact_report")
from pbc_eval.publish.formats.csv_files import csv_files
import hashlib, json
text = results(page, released).model_dump(mode="json")
text.pop("provenance")
tables = {name: hashlib.sha256(content).hexdigest() for name, content in csv_files(page).items()}
figures = {f.name: hashlib.sha256(f.svg).hexdigest() for f in page.figures}
print(json.dumps([text, tables, figures], sort_keys=True))
"""


@pytest.mark.soak
@pytest.mark.slow
def test_supported_work_is_the_same_to_the_byte_on_three_processors():
    """Results, tables and drawings, under the kernels of three processors and two threads."""
    made = set()
    for processor, threads in (("Nehalem", 1), ("Sandybridge", 2), ("Haswell", 2)):
        environment = os.environ | {
            "OPENBLAS_CORETYPE": processor,
            "OPENBLAS_NUM_THREADS": str(threads),
        }
        run = subprocess.run(
            [sys.executable, "-c", ON_THIS_PROCESSOR],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        made.add(run.stdout)
    assert len(made) == 1
