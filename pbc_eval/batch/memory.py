"""What the system says of processes: memory that they have for themselves, and their children."""

import contextlib
import math
import os
from collections.abc import Iterable
from pathlib import Path

# The system counts what is in memory a processor at a time and is some megabytes late on machines
# of many (proc_pid_statm(5) calls it inaccurate): half the limit leaves room for that.
NEAR = 0.5


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


def memory_above(limit: float, pids: Iterable[int]) -> int:
    """Bytes that these processes hold for themselves where that is more than ``limit``; else 0.

    What a process has in memory, shared or not, is known at once. Telling the two apart takes the
    system a look at every page, for which the process waits: it is asked for only where what they
    have in memory is near the limit.
    """
    pids = tuple(pids)
    used = private_memory(pids) if _resident(pids) > NEAR * limit else 0
    return used if used > limit else 0


def _resident(pids: Iterable[int]) -> float:
    """About how many bytes are in memory, shared or not; infinite where the system does not say of
    one that runs."""
    total = 0.0
    for pid in pids:
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
        except FileNotFoundError:  # ended: it holds none
            continue
        except (OSError, ValueError, IndexError):
            return math.inf
        total += pages * os.sysconf("SC_PAGE_SIZE")
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
