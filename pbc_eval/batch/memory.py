"""Memory that processes have for themselves."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

import psutil


def private_memory(pids: Iterable[int]) -> int:
    """Bytes that these processes hold and do not share with others; those that ended hold none."""
    total = 0
    for pid in pids:
        with contextlib.suppress(psutil.Error, OSError, ValueError):
            total += _private(pid)
    return total


def whole_memory() -> int:
    """Bytes of this machine, or of the part of it that this process may use."""
    total = int(psutil.virtual_memory().total)
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total


def _private(pid: int) -> int:
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if not rollup.is_file():
        return int(psutil.Process(pid).memory_info().rss)
    lines = rollup.read_text().splitlines()
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
    return 1024 * sum(kilobytes)
