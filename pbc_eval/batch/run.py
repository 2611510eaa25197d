"""A whole batch: what is left to do, done; each result told and logged; the site built once, last.

jobs ─ alone ─ unchanged ones passed over ─ evaluations ─ portfolios ─ site
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from pbc_eval.batch.alone import alone_in
from pbc_eval.batch.done import Made, page_if_unchanged
from pbc_eval.batch.jobs import Job, JobResult, in_stages, refuse_two_of_one
from pbc_eval.batch.limits import Limits
from pbc_eval.batch.local import publish, run_jobs, what_the_system_says
from pbc_eval.batch.log import Log
from pbc_eval.batch.pool import MANY, Pool
from pbc_eval.batch.site import Site, build_site, built_before
from pbc_eval.errors import PbcError
from pbc_eval.publish.edition_log import read_log
from pbc_eval.publish.notebook_limits import CELL_DEADLINE

Tell = Callable[[JobResult], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """How a batch runs. ``force``: reports are made whether or not anything changed. ``alone``: no
    other batch at the same time; ``wait``: for how many seconds one is waited for; ``dask``: on
    whose workers reports are made; ``alert``: tell
    somebody, as the environment says, when it does not end well."""

    workers: int = 2
    force: bool = False
    alone: bool = False
    wait: float = 0.0
    dask: str = ""  # the address of a scheduler; none: this machine
    alert: bool = False
    cell: float = CELL_DEADLINE  # seconds
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True)
class Whole:
    """Every result of a batch, and the site; none with its ``problem`` where it was not built."""

    results: tuple[JobResult, ...]
    site: Site | None
    problem: str = ""

    def count(self, outcome: str) -> int:
        return sum(result.outcome == outcome for result in self.results)

    @property
    def in_doubt(self) -> tuple[JobResult, ...]:
        """What was made, or stood, and no index lists until somebody answers for it."""
        names = set(self.site.in_doubt if self.site else ())
        return tuple(
            result
            for result in self.results
            if result.page is not None and "/".join(result.page.parts[-3:-1]) in names
        )

    @property
    def is_well(self) -> bool:
        """Does every report stand published?"""
        damaged = self.site is None or self.site.damaged or self.in_doubt
        return not damaged and all(not result.problem for result in self.results)


class Interrupted(KeyboardInterrupt):
    """A signal asked the program to end. ``done`` of ``total`` reports were made by then."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
        self.done = self.total = 0

    @property
    def exit_code(self) -> int:
        return 128 + self.number


def run_batch(
    jobs: Sequence[Job],
    reports: Path,
    choices: Choices,
    tell: Tell,
    *,
    begun: Pool | None = None,
) -> Whole:
    """Run ``jobs`` into ``reports`` and build the site; ``tell`` is called as each ends.
    ``begun`` is a pool that loads already; it is closed here.

    Raises SpecError for two of one name, AnotherBatchError where another batch is at work,
    PublicationError where ``reports`` cannot be written to or its log of editions was changed, and
    Interrupted after a signal, with every process that was started ended.
    """
    jobs = [replace(job, cell_deadline=choices.cell) for job in dict.fromkeys(jobs)]
    refuse_two_of_one(jobs)
    results: list[JobResult] = []
    with signals_interrupt():
        try:
            with _WhenNeeded(many=len(jobs) >= MANY, begun=begun) as pool:
                return _run_alone(jobs, reports, choices, tell, results=results, pool=pool)
        except Interrupted as ended:  # wherever it struck, a second one while ending included
            ended.done, ended.total = len(results), len(jobs)
            raise


def _run_alone(
    jobs: Sequence[Job],
    reports: Path,
    choices: Choices,
    tell: Tell,
    *,
    results: list[JobResult],
    pool: "_WhenNeeded",
) -> Whole:
    """The batch, into ``results`` as each ends."""
    with alone_in(reports, choices.wait) if choices.alone else nullcontext():
        read_log(reports)  # a site that was changed takes no report: before any is made
        log = Log(reports)
        names = [[str(job.evaluation.resolve()), job.report] for job in jobs]
        try:
            log.add("begin", jobs=names, workers=choices.workers, force=choices.force)
            for result in _each(jobs, choices, pool):
                results.append(result)
                log.add_result(result)
                tell(result)
            site, problem = _build(reports, pool)
        except BaseException as ended:
            log.add("interrupted", by=type(ended).__name__, done=len(results), of=len(jobs))
            raise
        whole = Whole(tuple(results), site, problem)
        log.add(
            "end",
            **{name: whole.count(name) for name in ("done", "unchanged", "failed")},
            site=problem or "built",
            well=whole.is_well,
        )
    return whole


@contextmanager
def signals_interrupt() -> Iterator[None]:
    """Ctrl-C, the end of the terminal and a polite kill raise Interrupted, in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    names = [  # what is ignored on purpose (nohup) stays so
        name for name in asked if signal.getsignal(getattr(signal, name)) != signal.SIG_IGN
    ]
    before = {name: signal.signal(getattr(signal, name), _interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise Interrupted(number)


class _WhenNeeded(ExitStack):
    """The pool, started when there is something to do for it; None where nothing can be forked."""

    def __init__(self, *, many: bool, begun: Pool | None) -> None:
        super().__init__()
        self.pool = None if begun is None else self.enter_context(begun)
        self._many = many

    def __call__(self) -> Pool | None:
        if self.pool is None and Pool.is_possible():
            self.pool = self.enter_context(Pool(many=self._many))
        return self.pool


def _each(jobs: Sequence[Job], choices: Choices, pool: _WhenNeeded) -> Iterator[JobResult]:
    until = None if choices.limits.batch is None else time.monotonic() + choices.limits.batch
    for stage in in_stages(jobs):
        left = []
        made = None if choices.force else Made.now()
        for job in stage:
            page = None if made is None else page_if_unchanged(job, made)
            if page is None:
                left.append(job)
            else:
                yield JobResult(job, page=page, unchanged=True)
        limits = choices.limits
        if until is not None:
            limits = replace(limits, batch=max(0.0, until - time.monotonic()))
        if left and choices.dask:
            from pbc_eval.batch.cluster import run_on_cluster  # noqa: PLC0415 an extra

            yield from run_on_cluster(left, choices.dask, limits=limits, force=choices.force)
        elif left:
            yield from run_jobs(left, choices.workers, publish, limits=limits, pool=pool())


def _build(reports: Path, when_needed: _WhenNeeded) -> tuple[Site | None, str]:
    """The site, or why there is none. One that stands as it would be built is not built again."""
    before = built_before(reports, Made.now())
    if before is not None:
        return before, ""
    pool = when_needed()
    answer = "the site was not built: its process was ended from outside. Run it again."
    if pool is None:
        answer = _built_or_why(reports)
    else:
        pool.submit(_built_or_why, reports, Limits(report=None))
        for ended in pool.next():
            answer = ended.answer if ended.how == "done" else answer
    return (answer, "") if isinstance(answer, Site) else (None, str(answer))


def _built_or_why(reports: Path) -> Any:
    try:
        return build_site(reports)
    except PbcError as problem:
        return str(problem)
    except OSError as problem:
        return what_the_system_says(problem)
