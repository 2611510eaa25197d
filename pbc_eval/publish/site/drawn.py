"""Figures of the contracts' pages, drawn once: a drawing is kept until what it shows changes."""

import base64
import hashlib
import json
from pathlib import Path

from pbc_eval import provenance
from pbc_eval.publish.site.editions_figure import EditionEstimate, editions_over_time
from pbc_eval.publish.site.listed import Contract
from pbc_eval.publish.workspace import workspace_of
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.results_file import HeadlineFacts

KEPT = "figures"


def editions_figure(contract: Contract) -> Figure | None:
    """The headline estimate over editions; None for fewer than two that can be compared.

    Editions are compared where they measure the same outcome, on the same scale, as the newest.
    """
    newest = contract.newest.headline
    if newest is None:
        return None
    alike = [
        _estimate(listed.edition, listed.headline)
        for listed in contract.editions
        if listed.headline is not None and _same_measure(listed.headline, newest)
    ]
    if len(alike) < 2:
        return None
    return editions_over_time(
        alike,
        name=f"{contract.id}-editions",
        label=newest.label,
        axis=newest.axis,
        decimals=newest.decimals,
    )


class Drawer:
    """Draws figures, or finds the drawing that was kept beside the reports."""

    def __init__(self, reports: Path) -> None:
        self._folder = workspace_of(reports) / KEPT
        self._made_by = f"{provenance.running_code().sha256} {provenance.running_code().versions}"
        self._used: set[str] = set()

    def data_uri(self, figure: Figure) -> str:
        """The drawing as an image source."""
        shown = json.dumps([self._made_by, figure.caption, figure.alt, figure.data.to_csv()])
        file = self._folder / f"{hashlib.sha256(shown.encode()).hexdigest()}.svg"
        self._used.add(file.name)
        if not file.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            fresh = file.with_suffix(".new")
            fresh.write_bytes(figure.svg)
            fresh.replace(file)
        return "data:image/svg+xml;base64," + base64.b64encode(file.read_bytes()).decode("ascii")

    def forget_the_rest(self) -> None:
        """Remove drawings that no page shows any more."""
        for file in self._folder.glob("*.svg"):
            if file.name not in self._used:
                file.unlink()


def _same_measure(headline: HeadlineFacts, newest: HeadlineFacts) -> bool:
    return all(
        getattr(headline, key) == getattr(newest, key) for key in ("outcome", "unit", "axis")
    )


def _estimate(edition: str, headline: HeadlineFacts) -> EditionEstimate:
    times, low, high = headline.shown_times, headline.conf_low, headline.conf_high
    return EditionEstimate(
        edition=edition,
        estimate=times * headline.estimate,
        low=None if low is None else times * low,
        high=None if high is None else times * high,
    )
