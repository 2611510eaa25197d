"""The caller's end of the template: work goes out, what became of it comes back.

    with Pool() as pool:
        pool.submit(publish, job, limits)
        for ended in pool.next(): …

The template is started with the pool and loads while the caller is still reading; it is started
again, and its work told as lost, when it is ended or stopped from outside.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from types import TracebackType
from typing import Any, Self

from pbc_eval.batch.lifeline import end_group
from pbc_eval.batch.limits import STOPPED_FOR, Limits
from pbc_eval.errors import PublicationError

START_DEADLINE = 300.0  # seconds for the template to load everything, on a busy machine
MOST_STARTS = 3
MANY = 4  # reports for which it pays to load once what only some kinds need
_ONE_THREAD = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """One piece of work: its answer, or in ``how`` why there is none: '' when its process was ended
    from outside, 'lost' when all of them were."""

    number: int
    answer: Any
    how: str


class Pool:
    """Work in processes forked from a template that has loaded everything."""

    def __init__(self, *, preload: bool = True, many: bool = True) -> None:
        self._preload = preload  # False: for work that needs nothing of what reports need
        self._many = many  # reports, so that what some of them need is loaded once for all
        self._process: subprocess.Popen[bytes] | None = None
        self._control: Connection | None = None
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 closed with the pool
        self._ready = False
        self._waiting: dict[int, float] = {}  # work under way, by number: since when
        self._last = 0
        self._stopped = 0.0  # since when the template stands still
        self._start()

    @staticmethod
    def is_possible() -> bool:
        """Can processes be forked here?"""
        return hasattr(os, "fork") and hasattr(os, "WUNTRACED") and sys.platform != "darwin"

    def submit(self, work: Callable[[Any], Any], asked: Any, limits: Limits) -> int:
        """Have ``work(asked)`` done in a process of its own; the number by which it comes back.

        Raises PublicationError when nothing can be started here.
        """
        self._last += 1
        for _ in range(MOST_STARTS):
            try:
                self._await_ready()
                assert self._control is not None
                self._control.send((self._last, work, asked, limits))
            except (EOFError, OSError):  # it was ended from outside
                self._start()
                continue
            self._waiting[self._last] = time.monotonic()
            return self._last
        raise PublicationError(
            f"the process that reports are made from cannot be kept up:\n{self._told()}"
        )

    def next(self, timeout: float | None = None) -> list[Ended]:
        """What ended next; nothing when ``timeout`` seconds pass first.

        After the template was ended from outside, everything that was under way is 'lost'.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while self._waiting and (until is None or time.monotonic() < until):
            assert self._control is not None
            try:
                if self._control.poll(0.25):
                    number, answer, how = self._control.recv()
                    self._waiting.pop(number, None)
                    return [Ended(number, answer, how)]
            except (EOFError, OSError):
                return self._lost()
            if self._is_gone():
                return self._lost()
        return []

    def close(self) -> None:
        """End every process of this pool. It may be called again."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            if self._ready:  # one that still loads has nothing to end, and would not listen
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(timeout=4)
            end_group(self._process.pid)
            self._process.wait()
            self._process = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _start(self) -> None:
        self.close()
        self._control, theirs = Pipe()
        self._process = subprocess.Popen(  # noqa: S603 fixed words only
            [
                *(sys.executable, "-P", "-m", "pbc_eval.batch.template"),
                *(str(theirs.fileno()), str(os.getpid())),
            ],
            env={
                **os.environ,
                **_ONE_THREAD,
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=self._errors,
            start_new_session=True,
        )
        theirs.close()
        self._ready = False
        self._stopped = 0.0
        self._control.send((list(sys.path), self._preload, self._many))

    def _await_ready(self) -> None:
        if self._ready:
            return
        assert self._control is not None
        late = f"nothing was ready after {START_DEADLINE:,.0f} seconds"
        problem = self._control.recv() if self._control.poll(START_DEADLINE) else late
        if problem:
            self.close()
            raise PublicationError(f"reports cannot be forked here: {problem}.\n{self._told()}")
        self._ready = True

    def _lost(self) -> list[Ended]:
        lost = [Ended(number, None, "lost") for number in self._waiting]
        self._waiting.clear()
        self._start()
        return lost

    def _is_gone(self) -> bool:
        """Has the template ended, or was it stopped for so long that it is given up?"""
        assert self._process is not None
        pid, status = os.waitpid(self._process.pid, os.WNOHANG | os.WUNTRACED | os.WCONTINUED)
        if pid and os.WIFSTOPPED(status):
            self._stopped = self._stopped or time.monotonic()
        elif pid and os.WIFCONTINUED(status):
            self._stopped = 0.0
        elif pid:
            self._process.returncode = os.waitstatus_to_exitcode(status)
            return True
        if self._stopped and time.monotonic() - self._stopped > STOPPED_FOR:
            os.kill(self._process.pid, signal.SIGKILL)
            return True
        return False

    def _told(self) -> str:
        """The end of what the template and its children wrote as errors."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", errors="replace")[-2000:].strip()
