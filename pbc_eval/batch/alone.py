"""One batch at a time writes to a folder of reports; a second one says who is at work."""

import contextlib
import datetime as dt
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pbc_eval.errors import PbcError
from pbc_eval.publish.workspace import workspace_of

LOCK = "batch.lock"
HOLDER = "batch.holder.json"


class AnotherBatchError(PbcError):
    """Another batch writes to the same reports."""


@contextmanager
def alone_in(reports: Path, wait: float = 0) -> Iterator[None]:
    """Hold the lock of ``reports``; wait for it for up to ``wait`` seconds.

    The system lets go of it with the process that holds it, however that ends. Raises
    AnotherBatchError, naming the process, its machine and since when, where another one has it.
    """
    work = workspace_of(reports)
    lock = FileLock(work / LOCK)
    try:
        lock.acquire(timeout=wait)
    except Timeout:
        raise AnotherBatchError(
            f"{reports}: {who_is_at_work(reports)} writes to it. Wait for it (--wait MINUTES), or "
            "end it: the lock goes with the process."
        ) from None
    try:
        holder = {
            "process": os.getpid(),
            "machine": platform.node(),
            "since": dt.datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        (work / HOLDER).write_text(json.dumps(holder), encoding="utf-8", newline="\n")
        yield
    finally:
        with contextlib.suppress(OSError):
            (work / HOLDER).unlink(missing_ok=True)
        lock.release()


def who_is_at_work(reports: Path) -> str:
    """'another batch (process 123 on server-a, since 2026-05-01T02:00:00+01:00)'."""
    try:
        holder = json.loads((workspace_of(reports) / HOLDER).read_text(encoding="utf-8"))
        return (
            f"another batch (process {holder['process']} on {holder['machine']}, since "
            f"{holder['since']})"
        )
    except (OSError, ValueError, KeyError, TypeError):
        return "another batch"
