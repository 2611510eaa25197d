"""The house outside the package: environments agree, pins are safe, nothing names a machine."""

import importlib
import re
import subprocess
import tomllib

import pytest
from evaluations import PROJECT

import pbc_eval
from pbc_eval.agreement.yaml_file import read_yaml

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("report", "lab", "dev")
# Names that differ on conda-forge:
ON_CONDA = {
    "ibis-framework[duckdb]": "ibis-duckdb",
    "ibis-framework[postgres]": "ibis-postgres",
    "ibis-framework[pyspark]": "ibis-pyspark",
    "build": "python-build",
}  # names that differ on conda-forge
MACHINE = re.compile(r"/(home|root|Users)/\w+|/tmp/\w+/\w+|[A-Z]:\\Users")
REQUIREMENTS = pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])


def tracked() -> list[str]:
    done = subprocess.run(
        ["git", "-C", str(PROJECT), "ls-files"], capture_output=True, text=True, check=True
    )
    return [name for name in done.stdout.splitlines() if (PROJECT / name).is_file()]


def texts(*suffixes: str):
    """Tracked files that are text, with their text."""
    for name in tracked():
        if not suffixes or name.endswith(suffixes):
            try:
                yield name, (PROJECT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


# --- environments ---


def test_conda_and_pip_ask_for_the_same():
    wanted = [*PYPROJECT["dependencies"]]
    for extra in EXTRAS:
        wanted += [r for r in PYPROJECT["optional-dependencies"][extra] if not r.startswith("pbc-")]
    asked = {f"python{PYPROJECT['requires-python']}"}
    for requirement in wanted:
        name, bound = re.fullmatch(r"([\w.\[\]-]+)(>=[\d.]+)", requirement).groups()
        asked.add(ON_CONDA.get(name, name) + bound)
    environment = read_yaml(PROJECT / "environment.yml").data
    *there, by_pip = environment["dependencies"]
    there.remove("pip")
    assert sorted([*there, *by_pip["pip"]]) == sorted(asked)
    assert environment["channels"] == ["conda-forge", "nodefaults"]


@REQUIREMENTS
def test_every_pin_is_exact_and_carries_its_hashes(name):
    text = (PROJECT / name).read_text(encoding="utf-8")
    pins = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"(?m)^\s*#.*\n", "", text).strip())
    assert len(pins) > 50
    for pin in pins:
        assert re.match(r"[\w.\[\]-]+==[\w.!+]+", pin), pin[:60]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", pin), pin[:60]


@REQUIREMENTS
def test_pins_name_no_host(name):
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|index-url|extra-index|find-links|trusted| @ ", text)


@REQUIREMENTS
def test_every_dependency_is_pinned(name):
    pinned = set(
        re.findall(r"(?m)^([A-Za-z0-9._-]+)", (PROJECT / name).read_text(encoding="utf-8"))
    )
    wanted = [*PYPROJECT["dependencies"], *PYPROJECT["optional-dependencies"]["report"]]
    if name == "requirements-dev.txt":
        wanted += PYPROJECT["optional-dependencies"]["dev"]
    names = {re.match(r"[\w.-]+", requirement)[0].replace(".", "-") for requirement in wanted}
    assert names <= {pin.casefold().replace(".", "-").replace("_", "-") for pin in pinned}


# --- what is in the repository ---


def test_no_tracked_file_names_a_place_on_a_machine():
    found = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if name != "tests/test_house.py"
        for match in MACHINE.finditer(text)
    ]
    assert found == []


def test_every_make_command_in_the_documents_exists():
    rules = set(re.findall(r"(?m)^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8")))
    for name, text in texts(".md", ".ipynb", ".yml"):
        for command in re.findall(r"(?<!\w)`?make ([a-z]+)\b(?:`|\s*$|\s+[A-Z]+=)", text):
            assert command in rules, f"{name}: make {command}"


def test_the_makefile_explains_every_command_it_has():
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"(?m)^\.PHONY: (.*)$", text)[1].split())
    explained = set(re.findall(r"(?m)^# make (\w+)", text))
    assert phony - explained <= {"clean"}
    assert explained <= phony


def test_reports_are_not_in_the_repository():
    assert not [name for name in tracked() if name.startswith("reports/") and name.endswith("html")]


# --- the public names ---

STUB = (PROJECT / "pbc_eval" / "__init__.pyi").read_text(encoding="utf-8")
HOMES = {name: home for home, name in re.findall(r"from \.([\w.]+) import (\w+) as \2", STUB)}


def test_the_public_names_are_those_of_the_stub():
    assert set(pbc_eval.__all__) == set(HOMES) == set(dir(pbc_eval))


@pytest.mark.parametrize("name", sorted(HOMES))
def test_every_public_name_loads_and_says_what_it_is_for(name):
    public = getattr(pbc_eval, name)
    assert public.__doc__
    home = importlib.import_module(f"pbc_eval.{HOMES[name]}")
    assert public is getattr(home, name)


def test_a_name_that_is_not_public_is_an_attribute_error():
    with pytest.raises(AttributeError, match="evaluat"):
        _ = pbc_eval.evaluat
