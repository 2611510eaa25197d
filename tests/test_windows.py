"""Windows' ways, forced here: other encodings and line ends, other paths, and what it lacks."""

import ast
import codecs
import io
import os
import re
import subprocess
import sys
from pathlib import PureWindowsPath

import pytest
from evaluations import PROJECT, change, copy_of
from hypothesis import given
from hypothesis import strategies as st

import pbc_eval as pbc
from pbc_eval import cli
from pbc_eval.agreement.contained_file import contained_file
from pbc_eval.cli.door import write_plainly_where_needed
from pbc_eval.errors import SpecError

PACKAGE = sorted((PROJECT / "pbc_eval").rglob("*.py"))
OURS = [*PACKAGE, *sorted((PROJECT / "tools").rglob("*.py"))]


def calls_in(source: str):
    """Every call of a module with the name that is called and the keywords that it is given."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            yield node, name, {keyword.arg for keyword in node.keywords}


def without_encoding(source: str) -> list[int]:
    """Lines in which a text is read or written as the machine happens to do it."""
    lines = []
    for node, name, given_ in calls_in(source):
        first = node.args[0] if node.args else None
        mode = node.args[1] if len(node.args) > 1 else None
        if name == "open" and isinstance(node.func, ast.Attribute):
            mode = first
        mode = mode.value if isinstance(mode, ast.Constant) else "r"
        is_text = {
            "read_text": len(node.args) < 1,
            "write_text": len(node.args) < 2,
            "open": isinstance(node.func, ast.Name) and "b" not in str(mode),
            "run": bool(given_ & {"text", "universal_newlines"}),
            "Popen": bool(given_ & {"text", "universal_newlines"}),
        }.get(name, False)
        if is_text and "encoding" not in given_:
            lines.append(node.lineno)
    return lines


def with_other_line_ends(source: str) -> list[int]:
    """Lines in which a text is written with the line ends of the machine."""
    return [
        node.lineno
        for node, name, given_ in calls_in(source)
        if name == "write_text" and "newline" not in given_
    ]


def with_backslashes(source: str) -> list[int]:
    """Lines in which a path below another is written as the machine writes paths."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        inside = node.args[:1] if isinstance(node, ast.Call) else []
        if isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id == "str"
        ):
            inside = []
        if isinstance(node, ast.FormattedValue):
            inside = [node.value]
        lines += [
            part.lineno
            for part in inside
            if isinstance(part, ast.Call)
            and isinstance(part.func, ast.Attribute)
            and part.func.attr == "relative_to"
        ]
    return lines


WORDS = {  # no file without them breaks the rule
    without_encoding: re.compile(r"_text\(|open\(|text=True|universal_newlines"),
    with_other_line_ends: re.compile(r"write_text\("),
    with_backslashes: re.compile(r"(str\(|\{).*relative_to\("),
}


@pytest.mark.parametrize("rule", [without_encoding, with_other_line_ends, with_backslashes])
def test_no_text_or_path_is_written_as_the_machine_happens_to(rule):
    files = OURS if rule is without_encoding else PACKAGE
    texts = ((path, path.read_text(encoding="utf-8")) for path in files)
    broken = {
        path.relative_to(PROJECT).as_posix(): lines
        for path, text in texts
        if WORDS[rule].search(text) and (lines := rule(text))
    }
    assert broken == {}


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (without_encoding, "p.read_text()"),
        (without_encoding, "p.write_text(x)"),
        (without_encoding, "open(p)"),
        (without_encoding, "open(p, 'w')"),
        (without_encoding, "run(x, text=True)"),
        (with_other_line_ends, "p.write_text(x, encoding='utf-8')"),
        (with_backslashes, "str(p.relative_to(q))"),
        (with_backslashes, "f'{p.relative_to(q)}'"),
    ],
)
def test_the_search_would_find_it(rule, source):
    assert rule(source) == [1]
    assert WORDS[rule].search(source)


# --- what is printed ---


@given(st.text())
def test_whatever_is_printed_can_be_written_in_every_encoding(text):
    for encoding in ("cp1252", "ascii", "cp437"):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
        write_plainly_where_needed(stream)
        stream.write(text)
        stream.flush()
        # what the encoding has is written as it is
        kept = "".join(c for c in text if can_write(c, encoding))
        written = stream.buffer.getvalue().decode(encoding)
        assert all(letter in written for letter in kept)


def can_write(letter: str, encoding: str) -> bool:
    try:
        codecs.encode(letter, encoding)
    except UnicodeEncodeError:
        return False
    return True


def test_signs_that_are_missing_are_written_by_their_nearest():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    write_plainly_where_needed(stream)
    stream.write("−2.3 ≤ £1 → ŵ 中")
    stream.flush()
    assert stream.buffer.getvalue().decode("cp1252") == "-2.3 <= £1 -> w ?"


@pytest.mark.slow  # a process of its own
def test_a_command_whose_output_goes_to_a_file_ends_well_on_windows(tmp_path):
    file = tmp_path / "nŵ−.csv"
    file.write_text("unit,≤ 1\na,−2\nb,3\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pbc_eval", "inspect", str(file)],
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("cp1252")
    assert "<= 1" in done.stdout.decode("cp1252")


def test_the_command_is_what_makes_its_streams_so(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(cli, "app", lambda **_: print("−"))
    cli.main()
    stream.flush()
    assert stream.buffer.getvalue().strip() == b"-"


# --- names and paths ---


@pytest.mark.parametrize("name", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_a_name_that_windows_keeps_for_a_device_is_no_id(tmp_path, name):
    file = copy_of("one-service", tmp_path) / "evaluation.yaml"
    change(file, "id: one-service\n", f"id: {name}\n")
    with pytest.raises(SpecError, match=rf"{name}.*device.*'{name}-1'"):
        pbc.load_evaluation(file.parent)
    change(file, f"id: {name}\n", f"id: {name}-1\n")  # the remedy
    assert pbc.load_evaluation(file.parent).id == f"{name}-1"


def test_a_file_below_the_folder_is_named_alike_on_every_system(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "data.csv").write_text("a\n1\n", encoding="utf-8")
    file = PureWindowsPath("tables") / "data.csv"
    with pytest.raises(SpecError, match=r"data: file .*backslash.*'tables/data.csv'"):
        contained_file("data", tmp_path, str(file))
    assert contained_file("data", tmp_path, file.as_posix()).is_file()  # the remedy


# --- what Windows does not have ---

WITHOUT = """
import importlib, os, pkgutil, signal, socket, sys
import pandas, ibis, pydantic, typer, rich, matplotlib, nbclient, papermill, nbconvert, openpyxl
import jupyter_server, scipy.special, multiprocessing, filelock, distributed, docx, linearmodels
import ipywidgets, anywidget, concurrent.futures.process  # have ways of their own there
for name in ("fcntl", "resource", "pwd", "grp", "termios", "pty", "tty", "posix", "syslog"):
    sys.modules[name] = None
MISSING = {
    os: "fork forkpty geteuid getuid setsid killpg getpgid setpgid sysconf uname waitid WNOHANG "
        "WUNTRACED WCONTINUED sched_setaffinity sched_getaffinity register_at_fork getloadavg",
    signal: "SIGHUP SIGKILL SIGCONT SIGSTOP SIGUSR1 SIGCHLD SIGALRM alarm setitimer "
            "pthread_sigmask",
    socket: "AF_UNIX socketpair send_fds recv_fds",
}
for module, names in MISSING.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
import pbc_eval
for module in pkgutil.walk_packages(pbc_eval.__path__, "pbc_eval."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
from pbc_eval.batch.pool import Pool
assert not Pool.is_possible()
from pbc_eval.batch.run import signals_interrupt
with signals_interrupt():
    pass
from pbc_eval.batch.memory import whole_memory
assert whole_memory() >= 0
from pbc_eval.lab.server import command_of
from pathlib import Path
command_of(Path.cwd(), Path("data"), Path("reports"), port=8888, browser=False)
print("well")
"""


@pytest.mark.soak
@pytest.mark.slow  # a process that loads everything
def test_every_module_loads_and_knows_its_way_where_nothing_of_unix_is_there():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT], capture_output=True, encoding="utf-8", check=False,
        cwd=PROJECT,
    )  # fmt: skip
    assert done.stdout == "well\n", done.stderr
