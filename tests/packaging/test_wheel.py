"""An installed wheel does in an empty folder, without a clone, what a clone does.

The wheel is built, and installed into environments that hold nothing else: once with what reports
need, once without. Versions are those of the pinned files: what is tested is what is pinned.
"""

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from evaluations import DATA, PROJECT, copy_of

from pbc_eval import provenance

pytestmark = pytest.mark.soak
EXAMPLE = "one-service"  # the quickest of the examples


def run(*command: str | Path, cwd: Path, code: int = 0) -> str:
    """What a command says, both its streams; nothing of this clone is on its path."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return said


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the sdist, which is built from the clone."""
    place = tmp_path_factory.mktemp("dist")
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", place, PROJECT)
    run(*build, cwd=PROJECT)
    assert len(list(place.glob("*.tar.gz"))) == 1
    (made,) = place.glob("*.whl")
    return made


def pins_in(folder: Path) -> Path:
    """The pinned versions as constraints, without their hashes: the wheel itself has none."""
    text = (PROJECT / "requirements.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"(?m)^([A-Za-z0-9._-]+==\S+)(?: ; (.*?))?(?: \\)?$", text)
    lines = [pin + (f" ; {when}" if when else "") for pin, when in pinned]
    file = folder / "pins.txt"
    file.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return file


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A function: the folder of commands of an environment with the wheel and an extra, or none."""

    def make(extra: str) -> Path:
        home = tmp_path_factory.mktemp("environment")
        pins = pins_in(home)
        uv = (sys.executable, "-m", "uv", "--quiet")
        run(*uv, "venv", "--python", sys.executable, home / "venv", cwd=home)
        commands = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
        named = f"{wheel}[{extra}]" if extra else str(wheel)
        install = ("pip", "install", "--python", commands / "python", "--constraint", pins, named)
        run(*uv, *install, cwd=home)
        return commands

    return make


@pytest.fixture(scope="module")
def with_reports(environment) -> Path:
    return environment("report")


@pytest.fixture(scope="module")
def without_reports(environment) -> Path:
    return environment("")


def test_the_wheel_holds_every_file_that_it_reads(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    package = PROJECT / "pbc_eval"
    wanted = {
        path.relative_to(PROJECT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    }
    wanted |= {
        f"pbc_eval/{path.relative_to(PROJECT).as_posix()}"
        for path in (PROJECT / "notebooks").rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    wanted |= {
        f"pbc_eval/examples/{path.parent.name}/SOURCE.md" for path in DATA.glob("*/SOURCE.md")
    }
    assert wanted <= names


def test_a_jupyterlab_that_is_started_by_its_own_command_finds_what_completes(wheel):
    """What the wheel puts beside the package is what `pbc-eval lab` names."""
    made = zipfile.ZipFile(wheel)
    lab = PROJECT / "pbc_eval" / "lab"
    for there, here in (
        ("share/jupyter/labextensions", lab / "browser"),
        ("etc/jupyter", lab / "settings"),
    ):
        folder = f".data/data/{there}/"
        shipped = {n.partition(folder)[2]: n for n in made.namelist() if folder in n}
        assert shipped
        for name, inside in shipped.items():
            assert made.read(inside) == (here / name).read_bytes()
    names = " ".join(made.namelist())
    assert "labextensions/pbc-eval/package.json" in names
    assert "jupyter_server_config.d/pbc-eval.json" in names


def test_it_says_its_version_both_ways(without_reports, tmp_path):
    said = run(without_reports / "pbc-eval", "--version", cwd=tmp_path)
    assert re.fullmatch(r"pbc-eval \d+\.\d+\.\d+\n", said)
    assert run(without_reports / "python", "-m", "pbc_eval", "--version", cwd=tmp_path) == said


def test_an_evaluation_goes_from_new_to_verified_in_an_empty_folder(with_reports, tmp_path):
    command = with_reports / "pbc-eval"
    run(command, "new", "winter-shelter", cwd=tmp_path)
    assert (tmp_path / "winter-shelter" / "evaluation.yaml").is_file()
    said = run(command, "check", "winter-shelter", cwd=tmp_path, code=1)
    assert "Traceback" not in said  # the starter waits to be filled in
    copy_of(EXAMPLE, tmp_path)
    assert "ready to run" in run(command, "check", EXAMPLE, cwd=tmp_path)
    run(command, "note", EXAMPLE, cwd=tmp_path)
    run(command, "run", EXAMPLE, cwd=tmp_path)
    edition = tmp_path / "reports" / EXAMPLE / "2026-1"
    assert (edition / "index.html").is_file()
    assert "identical" in run(command, "verify", edition, cwd=tmp_path)
    run(command, "publish", cwd=tmp_path)
    run(command, "batch", ".", "--reports", "again", cwd=tmp_path, code=1)  # the starter's fault
    assert (tmp_path / "again" / EXAMPLE / "2026-1" / "index.html").is_file()


def test_the_first_tutorial_runs_in_an_empty_folder(with_reports, tmp_path):
    (tutorial,) = (with_reports.parent / "lib").glob(
        "python*/site-packages/pbc_eval/notebooks/tutorials/01*.ipynb"
    )
    words = ("nbconvert", "--to", "notebook", "--execute", "--output-dir", tmp_path)
    run(with_reports / "python", "-m", *words, tutorial, cwd=tmp_path)
    assert "What was found" in (tmp_path / tutorial.name).read_text(encoding="utf-8")


def test_an_installed_wheel_makes_the_very_bytes_that_a_clone_makes(with_reports, tmp_path):
    copy_of(EXAMPLE, tmp_path)
    run(with_reports / "pbc-eval", "run", EXAMPLE, cwd=tmp_path)
    here = (sys.executable, "-m", "pbc_eval", "run", DATA / EXAMPLE, "--reports", "clone")
    run(*here, cwd=tmp_path)
    commit = provenance.code_commit()
    for name in ("downloads/results.json", "index.html"):
        one, other = (tmp_path / r / EXAMPLE / "2026-1" / name for r in ("reports", "clone"))
        text = other.read_text("utf-8").replace(f'"{commit}"', '""')
        assert one.read_text("utf-8") == text.replace(commit, "not under version control"), name


@pytest.mark.parametrize("command", ["note", "run", "batch", "publish", "verify"])
def test_without_the_report_tools_one_sentence_says_what_to_install(
    without_reports, tmp_path, command
):
    copy_of(EXAMPLE, tmp_path)
    (tmp_path / "reports").mkdir()
    asked = {"publish": (), "verify": ("reports",)}.get(command, (EXAMPLE,))
    said = run(without_reports / "pbc-eval", command, *asked, cwd=tmp_path, code=1)
    assert "pip install 'pbc-eval[report]'" in said
    assert "Traceback" not in said


def test_without_the_report_tools_evaluations_are_made_and_checked(without_reports, tmp_path):
    run(without_reports / "pbc-eval", "new", "winter-shelter", cwd=tmp_path)
    copy_of("hospital-readmissions", tmp_path)
    said = run(without_reports / "pbc-eval", "check", "hospital-readmissions", cwd=tmp_path)
    assert "ready to run" in said
    code = "import pbc_eval as pbc; print(pbc.att_gt, pbc.match, pbc.social_return)"
    run(without_reports / "python", "-c", code, cwd=tmp_path)


def test_a_folder_of_wheels_is_enough_where_there_is_no_network(wheel, tmp_path):
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
    constraints = ("--constraint", pins_in(tmp_path))
    run(*pip, "download", "--dest", "wheels", *constraints, wheel, cwd=tmp_path)
    run(sys.executable, "-m", "venv", "there", cwd=tmp_path)
    commands = tmp_path / "there" / ("Scripts" if os.name == "nt" else "bin")
    away = ("--no-index", "--find-links", "wheels", "--no-cache-dir")
    run(commands / "python", "-m", "pip", "install", "--quiet", *away, "pbc-eval", cwd=tmp_path)
    copy_of("hospital-readmissions", tmp_path)
    said = run(commands / "pbc-eval", "check", "hospital-readmissions", cwd=tmp_path)
    assert "ready to run" in said


def test_a_tool_that_is_run_without_being_installed_does_the_same(wheel, tmp_path):
    """What uvx does, which is short for it."""
    uvx = (sys.executable, "-m", "uv", "--quiet", "tool", "run", "--python", sys.executable)
    named = ("--constraints", pins_in(tmp_path), "--from", wheel, "pbc-eval")
    copy_of("hospital-readmissions", tmp_path)
    said = run(*uvx, *named, "check", "hospital-readmissions", cwd=tmp_path)
    assert "ready to run" in said
