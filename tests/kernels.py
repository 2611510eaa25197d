"""Kernels for editions that a test publishes: forked from one process a worker that has loaded all.

Loading is most of what a kernel of its own costs. The pages are the same (``batch/test_local.py``);
tests of how kernels start do not ask for this.
"""

import tempfile
from collections.abc import Iterator
from multiprocessing.connection import Client, Listener
from pathlib import Path
from typing import Any

import pytest


def relay(address: str) -> None:
    """In a process forked from the template: pass on what the test asks of it."""
    from pbc_eval.publish import kernel  # noqa: PLC0415 loaded by now

    owner = kernel._sources[-1]
    with Client(address) as wire:
        while True:
            try:
                asked, *given = wire.recv()
            except EOFError:  # the test run is over
                return
            wire.send(getattr(owner, asked)(*given))


class Forked:
    """A source of kernels for this process, started when the first is asked for."""

    def __init__(self) -> None:
        self._wire: Any = None
        self._pool: Any = None

    def start(self, argv: list[str], env: dict[str, str], cwd: str) -> int:
        return int(self._ask("start", argv, env, cwd))

    def exit_code(self, pid: int) -> int | None:
        code = self._ask("exit_code", pid)
        return None if code is None else int(code)

    def close(self) -> None:
        if self._pool is not None:
            self._wire.close()
            self._pool.close()

    def _ask(self, *words: Any) -> Any:
        if self._pool is None:
            self._open()
        self._wire.send(words)
        return self._wire.recv()

    def _open(self) -> None:
        from pbc_eval.batch.limits import Limits  # noqa: PLC0415 most runs need none
        from pbc_eval.batch.pool import Pool  # noqa: PLC0415 likewise

        self._pool = Pool()
        with (
            tempfile.TemporaryDirectory() as folder,
            Listener(str(Path(folder) / "wire"), "AF_UNIX") as listener,
        ):
            self._pool.submit(relay, listener.address, Limits(report=None, memory=None))
            self._wire = listener.accept()


@pytest.fixture(scope="session")
def source_of_kernels() -> Iterator[Forked]:
    source = Forked()
    yield source
    source.close()


@pytest.fixture
def forked_kernels(source_of_kernels: Forked, monkeypatch: pytest.MonkeyPatch) -> None:
    """Editions that the test publishes have kernels that load nothing."""
    from pbc_eval.batch.pool import Pool  # noqa: PLC0415 most runs need none
    from pbc_eval.publish import kernel  # noqa: PLC0415 likewise

    if Pool.is_possible():
        monkeypatch.setattr(kernel, "_sources", [source_of_kernels])
