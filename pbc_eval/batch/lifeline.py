"""Processes that do not outlive their owner, whatever ended it.

On Linux the system itself sends SIGKILL to a process whose owner is gone, a stopped one too, and
hands the children of such a process to the template, which ends them. Elsewhere a process learns it
from the pipe to its owner, which is at its end then.
"""

import contextlib
import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_CHILD_SUBREAPER = 36


def die_with(owner: int) -> None:
    """Have this process killed as soon as the process ``owner``, which started it, is gone."""
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != owner:
        os._exit(1)  # it was gone before it could be watched


def wake_with(owner: int) -> None:
    """Have this process go on, if it is stopped, as soon as ``owner`` is gone: it can clean up."""
    if _prctl(_PR_SET_PDEATHSIG, signal.SIGCONT) and os.getppid() != owner:
        os._exit(1)


def inherit_orphans() -> None:
    """Become the parent of whatever processes descend from this one and lose their own."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def end_group(leader: int) -> None:
    """Kill a process and those of its group, if they are there."""
    for end in (os.killpg, os.kill):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            end(leader, signal.SIGKILL)


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    try:
        return int(ctypes.CDLL(None).prctl(option, value, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False
