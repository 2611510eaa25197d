"""The file for images of workers: pinned, hash-checked, run by nobody in particular."""

import importlib.util
import json
import re
import shlex
import sys
import tomllib

from evaluations import PROJECT

FILE = PROJECT / "tools" / "worker.Dockerfile"
KNOWN = {"FROM", "ENV", "WORKDIR", "COPY", "RUN", "USER", "ENTRYPOINT", "CMD"}


def instructions() -> list[tuple[str, str]]:
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.strip()]
    joined = re.sub(r"\\\n", " ", "\n".join(line for line in lines if not line.startswith("#")))
    return [
        (name, rest.strip()) for name, _, rest in (i.partition(" ") for i in joined.split("\n"))
    ]


def of(kind: str) -> list[str]:
    return [rest for name, rest in instructions() if name == kind]


def test_every_instruction_is_known_and_the_image_is_pinned_by_its_tag():
    assert {name for name, _ in instructions()} <= KNOWN
    assert instructions()[0][0] == "FROM"
    (base,) = of("FROM")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-[a-z]+", base)


def test_whatever_is_installed_is_hash_checked_or_is_this_project():
    installs = [shlex.split(run) for run in of("RUN") if "pip install" in run]
    assert len(installs) == 2
    for words in installs:
        named = [word for word in words[words.index("install") + 1 :] if word[0] != "-"]
        if "--require-hashes" in words:
            assert named == ["requirements.txt", "requirements-worker.txt"]
        else:
            assert named == ["."]
            assert "--no-deps" in words
    assert not any(word in run for run in of("RUN") for word in ("curl", "wget", "sudo"))


def test_it_runs_as_a_user_without_rights_and_holds_no_secret():
    order = [name for name, _ in instructions()]
    assert order.index("USER") < order.index("ENTRYPOINT")
    assert int(of("USER")[-1]) >= 1000
    assert not re.search(r"(?i)password|token|secret", "\n".join(of("ENV") + of("RUN")))
    for form in of("ENTRYPOINT") + of("CMD"):
        assert all(isinstance(word, str) for word in json.loads(form))


def test_what_it_copies_is_there():
    for copied in of("COPY"):
        *sources, _ = copied.split()
        assert all((PROJECT / source).exists() for source in sources), copied
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    taken = {source for copied in of("COPY") for source in copied.split()[:-1]}
    assert {*wheel["packages"], *wheel["force-include"], "pyproject.toml"} <= taken


def test_its_pins_are_those_that_are_tested():
    tool = PROJECT / "tools" / "make_worker_pins.py"
    loaded = importlib.util.spec_from_file_location("make_worker_pins", tool)
    module = importlib.util.module_from_spec(loaded)
    loaded.loader.exec_module(module)
    text = (PROJECT / "requirements-worker.txt").read_text(encoding="utf-8")
    every = module.pins_with_hashes(PROJECT / "requirements-dev.txt")
    pins = module.pins_with_hashes(PROJECT / "requirements-worker.txt")
    assert pins["distributed"]
    assert {name: every[name] for name in pins} == pins
    assert all("--hash=sha256:" in pin for pin in pins.values())
    if sys.version_info[:2] == (3, 11):  # of the image: elsewhere other packages are needed
        assert text == module.worker_pins()
