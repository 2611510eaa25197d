"""The process from which reports and their kernels are forked, everything loaded once.

    the caller ⇄ template ─┬ a report's process ⇄ asks for its kernel
                           ├ a report's kernel
                           └ …

It has one thread, opens no file of a user and computes nothing, so that what is forked from it is
as it would be after a fresh start. It looks after what it forked: deadlines, memory, processes that
were stopped, and the end of all of them when the caller is gone.

    python -m pbc_eval.batch.template DESCRIPTOR OWNER
"""

import contextlib
import gc
import importlib
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, NoReturn

from pbc_eval.batch.lifeline import die_with, end_group, inherit_orphans, wake_with
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.memory import children, private_memory

TICK = 0.25  # seconds between two looks at deadlines
MEMORY_TICK = 1.0  # seconds between two looks at memory, which take longer
PRELOADED = (
    *("pbc_eval.evaluation.evaluate", "pbc_eval.evaluation.portfolio.assemble"),
    *("pbc_eval.evaluation.note.design_note", "pbc_eval.disclosure", "pbc_eval.report"),
    *("pbc_eval.publish.formats", "pbc_eval.publish.edition", "pbc_eval.publish.site.build"),
    *("ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.backends.backend_svg"),
    *("ibis.backends.duckdb", "pandas.io.excel._openpyxl", "IPython.core.completer"),
    *("nbconvert.exporters.html", "psutil", "openpyxl", "sqlite3", "encodings.cp437"),
    *("IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger"),
    *("IPython.core.magics.basic", "IPython.core.oinspect", "IPython.extensions.storemagic"),
    *("tornado.locks", "tornado.queues", "tornado.platform.asyncio", "zmq.utils.garbage"),
    *("ibis.backends.duckdb.converter", "ibis.formats.pandas", "pandas.io.formats.csvs"),
)
# 1.5 CPU s, which few kinds of reports need
FOR_MANY = ("statsmodels.api", "linearmodels.panel", "scipy.optimize")
DEBUGGER = "debugpy"  # see _without_debugger
LONGEST_END = 2.0  # seconds for killed processes to be gone
LOSES_NOTHING = "rfc3987_syntax"  # see _without_grammars


@dataclass(slots=True)
class _Running:
    """A report under way: its process, its kernels by process id (None while they run)."""

    number: int
    pid: int
    pipe: Connection
    limits: Limits
    folder: Path
    started: float
    kernels: dict[int, int | None] = field(default_factory=dict)
    stopped: dict[int, float] = field(default_factory=dict)  # since when, by process id
    answer: Any = None


class Template:
    """The loop: what the caller asks for, what reports ask for, what became of processes."""

    def __init__(self, control: Connection) -> None:
        self._control = control
        self._running: dict[int, _Running] = {}
        self._measured = 0.0  # when memory was last measured

    def serve(self) -> None:
        """Until the caller says so, or is gone."""
        while True:
            pipes = {running.pipe: running for running in self._running.values()}
            for ready in wait([self._control, *pipes], timeout=TICK):
                assert isinstance(ready, Connection)
                if ready is self._control:
                    try:
                        asked = self._control.recv()
                    except (EOFError, OSError):
                        return
                    self._start(*asked)
                else:
                    self._answer(pipes[ready])
            self._reap()
            self._look_after()

    def end_all(self) -> None:
        """Every process that was forked here, and what they left on disk."""
        for running in list(self._running.values()):
            self._close(running)
        until = time.monotonic() + LONGEST_END
        while children() and time.monotonic() < until:
            self._end_orphans()
            self._reap()
            time.sleep(0.01)

    def _start(self, number: int, work: Callable[[Any], Any], asked: Any, limits: Limits) -> None:
        ours, theirs = Pipe()
        folder = Path(tempfile.mkdtemp(prefix="pbc-eval-"))
        pid = self._fork()
        if pid == 0:
            _run_report(theirs, folder, work, asked, closing=[ours, *self._open_ends()])
        theirs.close()
        self._running[number] = _Running(
            number, pid, ours, limits, folder, started=time.monotonic()
        )

    def _answer(self, running: _Running) -> None:
        """What the process of a report asks for; at the end of its pipe it is reaped."""
        try:
            asked, *given = running.pipe.recv()
            if asked == "kernel":
                running.pipe.send(self._start_kernel(running, *given))
            elif asked == "state":
                self._reap()
                running.pipe.send(running.kernels.get(given[0], -signal.SIGKILL))
            elif asked == "result":
                running.answer = given[0]
        except (EOFError, OSError):
            self._reap()
            if running.number in self._running:
                self._ended(running, "" if running.answer is None else "done")

    def _start_kernel(
        self, running: _Running, argv: list[str], env: dict[str, str], cwd: str
    ) -> int:
        ends = self._open_ends()
        pid = self._fork()
        if pid == 0:
            _run_kernel(argv, env, cwd, closing=ends)
        running.kernels[pid] = None
        return pid

    def _fork(self) -> int:
        owner = os.getpid()
        pid = os.fork()
        if pid == 0:
            os.setsid()
            die_with(owner)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _reseed()
        return pid

    def _open_ends(self) -> list[Connection]:
        return [self._control, *(running.pipe for running in self._running.values())]

    def _reap(self) -> None:
        """Note which processes ended or were stopped; end those that nobody owns."""
        owners = {running.pid: running for running in self._running.values()}
        owners |= {pid: running for running in owners.values() for pid in running.kernels}
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
            except ChildProcessError:
                return
            if pid == 0:
                return
            running = owners.get(pid)
            if running is None:
                continue
            if os.WIFSTOPPED(status):
                running.stopped.setdefault(pid, time.monotonic())
            elif os.WIFCONTINUED(status):
                running.stopped.pop(pid, None)
            elif pid == running.pid:
                self._take_the_rest(running)
                self._ended(running, "" if running.answer is None else "done")
            else:
                running.kernels[pid] = os.waitstatus_to_exitcode(status)
                running.stopped.pop(pid, None)

    def _take_the_rest(self, running: _Running) -> None:
        with contextlib.suppress(EOFError, OSError):
            while running.answer is None and running.pipe.poll():
                asked, *given = running.pipe.recv()
                if asked == "result":
                    running.answer = given[0]

    def _look_after(self) -> None:
        now = time.monotonic()
        self._end_orphans()
        if is_time := now - self._measured > MEMORY_TICK:
            self._measured = now
        for running in list(self._running.values()):
            limits = running.limits
            if limits.report is not None and now - running.started > limits.report:
                self._ended(running, f"did not end within {limits.report:,.0f} seconds")
            elif any(now - since > limits.stopped for since in running.stopped.values()):
                self._ended(running, "")
            elif limits.memory is not None and is_time:
                used = private_memory([running.pid, *_alive(running.kernels)])
                if used > limits.memory:
                    self._ended(
                        running,
                        f"took {used / 1e9:,.1f} GB of memory, of which it may take "
                        f"{limits.memory / 1e9:,.1f} GB",
                    )

    def _ended(self, running: _Running, how: str) -> None:
        """``how``: 'done'; nothing where its process was ended from outside; else why it was."""
        self._close(running)
        self._control.send((running.number, running.answer if how == "done" else None, how))

    def _close(self, running: _Running) -> None:
        del self._running[running.number]
        for pid in (running.pid, *_alive(running.kernels)):
            end_group(pid)
        running.pipe.close()
        shutil.rmtree(running.folder, ignore_errors=True)

    def _end_orphans(self) -> None:
        """What a report or its kernel started and left behind; Linux hands it to this process."""
        ours = {pid for r in self._running.values() for pid in (r.pid, *r.kernels)}
        for child in children():
            if child not in ours:
                end_group(child)


class Owner:
    """What a report's process asks of the template it was forked from."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def start(self, argv: list[str], env: dict[str, str], cwd: str) -> int:
        """A kernel; its process id."""
        return int(self._ask("kernel", argv, env, cwd))

    def exit_code(self, pid: int) -> int | None:
        """None while it runs; negative for the signal that ended it."""
        code = self._ask("state", pid)
        return None if code is None else int(code)

    def _ask(self, *words: Any) -> Any:
        self._pipe.send(words)
        return self._pipe.recv()


def _alive(kernels: dict[int, int | None]) -> list[int]:
    return [pid for pid, code in kernels.items() if code is None]


def _run_report(
    pipe: Connection,
    folder: Path,
    work: Callable[[Any], Any],
    asked: Any,
    *,
    closing: list[Connection],
) -> NoReturn:
    """In a process of its own: the work, its answer, the end."""
    from pbc_eval.publish.kernel import fork_kernels_from  # noqa: PLC0415 loaded by now

    code = 1
    try:
        for end in closing:
            end.close()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
        fork_kernels_from(Owner(pipe))
        pipe.send(("result", work(asked)))
        code = 0
    except BaseException:  # the end of this process, told to whoever looks at its errors
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _run_kernel(
    argv: list[str], env: dict[str, str], cwd: str, *, closing: list[Connection]
) -> NoReturn:
    """In a process of its own: a kernel, until it is shut down."""
    from ipykernel.kernelapp import launch_new_instance  # noqa: PLC0415 loaded by now

    code = 1
    try:
        for end in closing:
            end.close()
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        tempfile.tempdir = None
        sys.argv = ["ipykernel_launcher", *argv]
        launch_new_instance(argv=argv)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _reseed() -> None:
    """No two processes draw the same numbers from a generator that nobody seeded."""
    random.seed()
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()  # the one that old code shares


def preload(*, many: bool) -> None:
    """Load what reports and kernels need; where reports are ``many``, what only some need, too."""
    _without_grammars()
    _without_debugger()
    gc.disable()  # what is loaded stays: looking through it for what may go is a tenth of loading
    for name in (*PRELOADED, *(FOR_MANY if many else ())):
        with contextlib.suppress(ModuleNotFoundError):
            importlib.import_module(name)
    from pbc_eval.batch.rehearsal import rehearse  # noqa: PLC0415 heavy: loads the page tools

    rehearse()
    gc.freeze()  # what is loaded is shared by all and looked at by none
    gc.enable()


def _without_grammars() -> None:
    """Where it is installed, jsonschema builds the grammar of addresses as it is loaded, for three
    seconds, though notebooks have none to check; without it, it checks one format less."""
    sys.modules.setdefault(LOSES_NOTHING, None)  # type: ignore[arg-type]  # "cannot be imported"


def _without_debugger() -> None:
    """Every kernel would load a debugger that nobody can reach; a notebook may still import it."""
    known = sys.modules.get(DEBUGGER)
    sys.modules[DEBUGGER] = None  # type: ignore[assignment]
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("ipykernel.debugger")  # finds none, and kernels go without
    if known is None:
        del sys.modules[DEBUGGER]
    else:
        sys.modules[DEBUGGER] = known


def threads() -> int:
    """Of this process, as far as the system says: only one may fork."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 1


def main(descriptor: int, owner: int) -> None:
    """Serve the caller at the other end of ``descriptor``, a process ``owner``."""
    wake_with(owner)
    inherit_orphans()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the caller decides
    control = Connection(descriptor)
    sys.path[:], everything, many = control.recv()
    if everything:
        preload(many=many)
    if (n := threads()) > 1:
        control.send(f"{n} threads run in the process that reports are forked from")
        return
    control.send("")
    template = Template(control)
    try:
        template.serve()
    finally:
        template.end_all()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
