"""A report that its authors write: the standard page, with their own words, tables and figures.

    report = pbc.open_report(evaluation, run_dir)
    report.opening()              the head of the page
    report.section("summary")     sections, where the authors want words or tables between them
    report.table(frame, ...)      their own, through the release
    report.rest()                 what is left of the page, and the files beside it

Nothing of the standard page can be left out, and its order stays: authors add, they do not choose.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval._validate import did_you_mean
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import OwnTable, ReleasedTable, release, with_own_figure, with_own_table
from pbc_eval.errors import DataError, PublicationError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.record import Kind
from pbc_eval.intake.table_files import read_table
from pbc_eval.provenance import sha256
from pbc_eval.publish.formats.write import write
from pbc_eval.publish.own_claims import Supported, over_claims
from pbc_eval.publish.report_kinds import OWN_NOTEBOOK
from pbc_eval.report.figures.drawing import Figure, as_drawn, points_drawn
from pbc_eval.report.html import RELEASED, part_html, section_html
from pbc_eval.report.page import OWN, Page, page_of
from pbc_eval.report.parts import Table
from pbc_eval.report.words.claims import support_of


class Shown:
    """Something released, as a notebook shows it: its HTML, with the mark that lets it onto the
    page. ``frame`` are the numbers in it as they may be told, where it is a table or figure."""

    def __init__(self, html: str, part: str, frame: pd.DataFrame | None = None) -> None:
        self.html, self.part = html, part
        self.frame = frame

    def __repr__(self) -> str:
        return f"<Shown: {self.part}, {len(self.html):,} characters>"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"text/html": self.html, RELEASED: {"part": self.part}}


class Report:
    """One evaluation's report as it is put together. ``evaluation`` is the whole result, before
    release, for the authors' own work; ``released`` what may be told of it."""

    def __init__(self, evaluation: str | Path, run_dir: str | Path) -> None:
        spec = load_evaluation(evaluation)
        self.evaluation = evaluate(spec)
        self.released = release(self.evaluation)
        self._folder, self._run_dir = spec.folder, Path(run_dir)
        self._page = page_of(self.released)
        self._shown: list[str] = []
        self._own: list[Table | Figure] = []
        self._closed = False
        notebook = self._folder / OWN_NOTEBOOK
        if notebook.is_file():
            self._note_input(OWN_NOTEBOOK, notebook)

    def __repr__(self) -> str:
        left = len(self.sections)
        return f"<Report: {self.released.spec.id}, {left} sections left, {len(self._own)} added>"

    @property
    def sections(self) -> tuple[str, ...]:
        """Names of the sections that are still to be shown, in the order of the page."""
        return tuple(
            section.name
            for section in self._page[1:]
            if section.name not in self._shown and not self._closed
        )

    def read(self, name: str, **layout: Any) -> pd.DataFrame:
        """A table beside evaluation.yaml; its hash goes into the manifest, so that the report is
        made again when it changes. Keywords as in ``pbc.read_table``. Write the name out, so that
        the file is among those that a run is made of.

        Raises DataError for a file that lies elsewhere or is not there.
        """
        path = self._folder / name.partition("::")[0]
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise DataError(f"{name}: lies outside the evaluation's folder. Copy it there.")
        frame = read_table(self._folder / name, **layout)
        self._note_input(name.partition("::")[0], path)
        return frame

    def opening(self) -> Shown:
        """The head of the page: title, notices, facts and contents. Show it first."""
        if self._shown:
            raise PublicationError("report.opening() was shown already, and stands first. Once.")
        return self._section(self._page[0].name)

    def section(self, name: str) -> Shown:
        """One section of the standard page, where the authors want something before the next.

        Raises PublicationError for a name that the page does not have, and for one out of order.
        """
        if name not in self.sections:
            among = ", ".join(self.sections) or "none"
            raise PublicationError(
                f"report.section({name!r}): sections that are left are {among}."
                f"{did_you_mean(name, self.sections)}"
            )
        if name == self._page[-1].name:
            raise PublicationError(f"report.section({name!r}): ends the page; use report.rest().")
        self._refuse_before_the_head(f"report.section({name!r})")
        before = self.sections[: self.sections.index(name)]
        if before:
            raise PublicationError(
                f"report.section({name!r}): {before[0]} stands before it. Show that "
                "first: the order of the page stays."
            )
        return self._section(name)

    def table(
        self,
        frame: pd.DataFrame,
        *,
        caption: str,
        people: Mapping[str, Sequence[str]] | None = None,
        kinds: Mapping[str, Kind] | None = None,
        headers: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
        name: str = "",
        decimals: int = 1,
        overlapping: bool = False,
    ) -> Shown:
        """A table of the authors' own, released by the evaluation's rule.

        ``people`` maps each column that counts people to the columns that rest on it, ``{"n":
        ["share"]}``; ``{}`` says that the table is about no people. ``kinds`` says how each other
        column of numbers is written: count, share (a fraction), level, effect, number, money,
        p_value. ``overlapping``: its rows are groups that share people, so that no total follows.

        Raises DisclosureError for what is not registered or must not go out, with every reason.
        """
        self._refuse_before_or_after("report.table(...)")
        own = OwnTable(
            caption=caption, frame=frame, people=people, name=name, kinds=kinds, headers=headers,
            notes=notes, decimals=decimals, rows_share_people=overlapping,
        )  # fmt: skip
        self._refuse_over_claims(own)
        self.released, table = with_own_table(self.released, own)
        return self._added(Table(table), table)

    def figure(
        self,
        figure: object,
        *,
        caption: str,
        alt: str,
        data: pd.DataFrame,
        people: Mapping[str, Sequence[str]] | None = None,
        kinds: Mapping[str, Kind] | None = None,
        name: str = "",
    ) -> Shown:
        """A figure of matplotlib of the authors' own, with what it says in words (``alt``) and the
        data that it draws, which are released as those of a table.

        Raises PublicationError without words or data and where it draws more points than its data
        have, DisclosureError where something in its data may not be told.
        """
        self._refuse_before_or_after("report.figure(...)")
        own = OwnTable(
            caption=caption, frame=data, people=people, name=name, kinds=kinds, notes=(alt,)
        )
        if not alt.strip():
            raise PublicationError(f"figure {own.full_name}: has no alternative text. Say what it "
                                   "shows to someone who does not see it: alt='...'.")  # fmt: skip
        self._refuse_over_claims(own)
        svg = as_drawn(figure, name=own.full_name)
        if (points := points_drawn(figure)) > data.size:
            raise PublicationError(
                f"figure {own.full_name}: draws {points:,} points, and its data have {len(data):,} "
                "rows. Give the data that it draws, or draw the data that you give."
            )
        self.released, frame = with_own_figure(self.released, own)
        drawn = Figure(name=own.full_name, caption=caption, alt=alt, data=frame, draw=lambda: svg)
        return self._added(drawn, frame)

    def rest(self) -> Shown:
        """Every section that is left and the end of the page; writes the files beside it. Show it
        last."""
        self._refuse_when_closed("report.rest()")
        left = (() if self._shown else (self._page[0].name,)) + self.sections
        own = tuple(self._own)
        page = page_of(self.released, own=own)
        write(page, self.released, self._run_dir)
        self._page = Page(
            (section for section in page if section.name != OWN),
            kind=page.kind,
            language=page.language,
            reviews=page.reviews,
        )
        shown = "\n".join(
            section_html(section, page.language) for section in self._page if section.name in left
        )
        self._shown += left
        self._closed = True
        return Shown(shown, "rest")

    def _section(self, name: str) -> Shown:
        section = self._page.section(name)
        assert section is not None  # its name was looked up
        self._shown.append(name)
        return Shown(section_html(section, self._page.language), "section")

    def _added(self, part: Table | Figure, released: "ReleasedTable | pd.DataFrame") -> Shown:
        self._own.append(part)
        currency = self.released.spec.contract.currency
        html = part_html(part, currency=currency, language=self._page.language)
        frame = released if isinstance(released, pd.DataFrame) else released.frame
        return Shown(str(html), "table" if isinstance(part, Table) else "figure", frame)

    def _note_input(self, name: str, path: Path) -> None:
        inputs = {**self.released.inputs, name: sha256(path)}
        self.released = replace(self.released, inputs=inputs)

    def _refuse_over_claims(self, own: OwnTable) -> None:
        """Captions, notes, headings and words in cells are held to what results support."""
        ordered = sorted(self.released.findings, key=lambda f: f is not self.released.primary)
        supports = [(f.outcome.label, support_of(f, self.released)) for f in ordered]
        results = [
            Supported(
                outcome=support.of,
                label=label,
                causal=support.kind == "causal",
                beyond_chance=support.certainty == "beyond_chance",
                why_no_more=support.why_no_more,
            )
            for label, support in supports
        ]
        texts = [own.caption, *own.notes, *(own.headers or {}).values()]
        texts += [value for c in own.frame for value in own.frame[c] if isinstance(value, str)]
        if problems := list(over_claims("\n".join(texts), results)):
            raise PublicationError(f"{own.full_name}: {' '.join(problems)} Reword it.")

    def _refuse_before_or_after(self, what: str) -> None:
        self._refuse_when_closed(what)
        self._refuse_before_the_head(what)

    def _refuse_before_the_head(self, what: str) -> None:
        if not self._shown:
            raise PublicationError(f"{what}: the head of the page comes first: report.opening().")

    def _refuse_when_closed(self, what: str) -> None:
        if self._closed:
            raise PublicationError(
                f"{what}: the page was closed by report.rest(). Move it above that cell, and run "
                "the notebook from the top."
            )


def open_report(evaluation: str | Path, run_dir: str | Path = ".report-by-hand") -> Report:
    """The report of an evaluation, to be put together in a notebook; files go to ``run_dir``.

    Raises what ``load_evaluation``, ``evaluate``, ``release`` and ``page_of`` do.
    """
    return Report(evaluation, run_dir)
