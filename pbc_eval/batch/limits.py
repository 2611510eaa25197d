"""How long and how large a job may become before it is given up."""

from dataclasses import dataclass

from pbc_eval.publish.notebook_limits import CELL_DEADLINE

REPORT_DEADLINE = 3600.0  # seconds
STOPPED_FOR = 10.0  # seconds for which a process may stand still before it is given up


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds and bytes. None: no limit.

    ``cell``: one cell of a notebook. ``report``: one report, from its first step to its last.
    ``batch``: all of them. ``memory``: the private memory of one report's processes together.
    ``stopped``: how long a process of a report may be stopped (SIGSTOP) before it is ended.
    """

    cell: float = CELL_DEADLINE
    report: float | None = REPORT_DEADLINE
    batch: float | None = None
    memory: int | None = None
    stopped: float = STOPPED_FOR
