"""What the system says of processes: memory that they have for themselves, and their children."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path


def private_memory(pids: Iterable[int]) -> int:
    """Bytes that these processes hold and do not share with others; those that ended hold none, and
    none is known where the system does not say."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
            kilobytes = [int(line.split()[1]) for line in lines if line.startswith("Private_")]
            total += 1024 * sum(kilobytes)
    return total


def whole_memory() -> int:
    """Bytes of this machine, or of the part of it that this process may use; 0: not known."""
    total = 0
    with contextlib.suppress(OSError, ValueError, AttributeError):
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text("ascii")))
    return total


def children() -> list[int]:
    """Process ids of this process's own children, as far as the system says."""
    with contextlib.suppress(OSError, ValueError):
        tasks = Path("/proc/self/task")
        return [
            int(pid)
            for task in tasks.iterdir()
            for pid in (task / "children").read_text("ascii").split()
        ]
    return []
