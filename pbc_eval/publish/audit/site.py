"""Every page of a site looked at by one browser; what is wrong, by its cause."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pbc_eval.errors import SpecError
from pbc_eval.publish.audit.browser import chromium, window
from pbc_eval.publish.audit.faults import BASELINE, Cause, Fault, by_cause, known_in
from pbc_eval.publish.audit.look import faults_of


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found on ``pages``, in ``seconds`` of all; ``known`` causes stand in the baseline,
    ``new`` ones do not, and ``gone`` are those of the baseline that were not found any more."""

    pages: tuple[str, ...]
    seconds: float
    new: tuple[Cause, ...]
    known: tuple[Cause, ...]
    gone: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        return not self.new


def pages_of(reports: Path) -> tuple[Path, ...]:
    """Every page under ``reports``, by name. Raises SpecError where there is none."""
    pages = [
        page
        for page in sorted(reports.rglob("*.html"))
        if not any(part.startswith(".") for part in page.relative_to(reports).parts)
    ]
    if not pages:
        raise SpecError(
            f"{reports}: holds no page. Name the folder of a site: pbc-eval audit reports"
        )
    return tuple(pages)


def audit_site(
    reports: Path,
    *,
    baseline: Path | None = None,
    workers: int = 1,
    tell: Callable[[str], None] = lambda name: None,
) -> Audit:
    """Look at every page under ``reports``, in as many browsers at a time as there are ``workers``;
    ``tell`` is called with the name of each.

    ``baseline`` is by default audit-baseline.json in the folder. Raises SpecError for a folder
    without pages or a baseline that is none, PublicationError where no browser can be started.
    """
    reports = reports.resolve()
    pages = pages_of(reports)
    known = known_in(baseline or reports / BASELINE)
    start = time.perf_counter()
    names = {page: page.relative_to(reports).as_posix() for page in pages}
    # Dealt out by size, so that no browser has the heavy pages alone.
    heavy_first = sorted(pages, key=lambda page: (-page.stat().st_size, names[page]))
    hands = [heavy_first[at::workers] for at in range(min(workers, len(pages)))]

    def look(hand: list[Path]) -> dict[Path, tuple[Fault, ...]]:
        seen = {}
        with chromium() as browser, window(browser) as shown:
            for page in hand:
                seen[page] = faults_of(shown, page, names[page])
                tell(names[page])
        return seen

    with ThreadPoolExecutor(len(hands)) as pool:
        seen = {page: faults for part in pool.map(look, hands) for page, faults in part.items()}
    causes = by_cause(fault for page in pages for fault in seen[page])
    return Audit(
        pages=tuple(page.relative_to(reports).as_posix() for page in pages),
        seconds=time.perf_counter() - start,
        new=tuple(cause for cause in causes if cause.key not in known),
        known=tuple(cause for cause in causes if cause.key in known),
        gone=tuple(sorted(known - {cause.key for cause in causes})),
    )
