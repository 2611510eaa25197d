"""How long and how large a job may become before it is given up."""

from dataclasses import dataclass

from pbc_eval.batch.memory import whole_memory

OF_ALL_MEMORY = 0.8  # what reports may take together
REPORT_DEADLINE = 3600.0  # seconds
STOPPED_FOR = 10.0  # seconds for which a process may stand still before it is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and bytes. None: no limit.

    ``report``: one report, from its first step to its last.
    ``batch``: all of them. ``memory``: the private memory of one report's processes together.
    ``stopped``: how long a process of a report may be stopped (SIGSTOP) before it is ended.
    """

    report: float | None = REPORT_DEADLINE
    batch: float | None = None
    memory: int | None = None
    stopped: float = STOPPED_FOR


def share_of_memory(workers: int) -> int | None:
    """Bytes for each of ``workers`` reports at a time: an equal part of most of this machine's;
    None where it is not known."""
    return int(OF_ALL_MEMORY * whole_memory() / max(1, workers)) or None
