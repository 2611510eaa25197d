"""From released tables and figures to HTML: every value is escaped on its way into the page."""

import math
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from pbc_eval.disclosure import SUPPRESSED, ReleasedTable, is_suppressed
from pbc_eval.errors import PublicationError
from pbc_eval.evaluation.record import Kind
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.catalogue import SOURCE
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.template_language import speak
from pbc_eval.messages.values import Name, Number
from pbc_eval.report.figures.drawing import Figure
from pbc_eval.report.parts import LaidOut, Section, Table

TEMPLATES = Path(__file__).parent / "template"
# What a cell of a notebook shows goes onto the page only with this mark of its kind beside it.
RELEASED = "application/vnd.pbc-eval.released+json"


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES / "sections"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        table=partial(_table_part, language=language),
        figure=partial(figure_html, language=language),
        number=fmt.number,
    )
    environment.filters.update(count=fmt.count, percent=fmt.percent, p_value=fmt.p_value)
    speak(environment, language)
    return environment


def warm_templates(language: str = SOURCE) -> None:
    """Compile the templates of sections, for a process whose children will use them."""
    environment = _environment(language)
    for name in environment.list_templates(extensions=["j2"]):
        environment.get_template(name)


def section_html(section: Section, language: str = SOURCE) -> str:
    """One section as HTML, in a language that has a catalogue; what is no Sentence stays English.

    A fact that a laid-out part's template wants and does not get is an error.
    """
    parts = [
        (
            type(part).__name__,
            part,
            _laid_out(part, language) if isinstance(part, LaidOut) else "",
        )
        for part in section.parts
    ]
    template = _environment(language).get_template("section.html.j2")
    return template.render(section=section, parts=parts)


def part_html(part: Table | Figure, *, currency: str, language: str = SOURCE) -> Markup:
    """One table or figure as it stands on the page."""
    if isinstance(part, Table):
        return _table_part(part, currency=currency, language=language)
    return figure_html(part, language=language)


def _table_part(part: Table, *, currency: str, language: str) -> Markup:
    return table_html(
        part.table, currency=currency, folded=part.folded, most=part.most, language=language
    )


def _laid_out(part: LaidOut, language: str) -> Markup:
    template = _environment(language).get_template(f"{part.template}.html.j2")
    return Markup(template.render(part.facts))  # noqa: S704 the template escapes each value


def table_html(
    table: ReleasedTable,
    *,
    currency: str,
    folded: bool = False,
    most: int | None = None,
    language: str = SOURCE,
) -> Markup:
    """An accessible table: caption, scoped headers, numbers right-aligned, notes below.

    A long one may be ``folded``: the reader opens it; in print it is open. Of its rows ``most`` are
    shown, and the row called Total; the others stand in its file, as is said below it.
    """
    file = f"{table.name}.csv"
    csv = f"downloads/{file}"
    if most == 0:
        template = _environment(language).get_template("table_apart.html.j2")
        text = template.render(caption=table.caption, rows=len(table.frame), csv=csv)
        return Markup(text)  # noqa: S704 the template escapes each value
    columns = [c for c in table.kinds if c in table.frame.columns]
    writers = [_writer(table.kinds[c], table, currency) for c in columns]
    rows = [
        [
            SUPPRESSED if is_suppressed(value) else write(value)
            for write, value in zip(writers, row, strict=True)
        ]
        for row in _rows_shown(table.frame[columns], most).itertuples(index=False, name=None)
    ]
    notes = list(table.notes)
    if len(rows) < len(table.frame):
        notes.append(
            Sentence(
                "{shown} of {rows} rows are shown. Every row stands in the file {file}.",
                shown=Number(len(rows)),
                rows=Number(len(table.frame)),
                file=Name(file),
            )
        )
    if not _totals_agree(table, columns):
        notes.append(
            Sentence(
                "Rows are rounded one by one, so they do not add up exactly to the total shown."
            )
        )
    if table.n_suppressed:
        notes.append(
            f"{SUPPRESSED} not published: a number this small could identify someone, or could be "
            "worked out from the others."
        )
    text = (
        _environment(language)
        .get_template("table.html.j2")
        .render(
            anchor=anchor(table.name),
            caption=table.caption,
            headers=[(table.headers.get(c, c), table.kinds[c] != "text") for c in columns],
            numeric=[table.kinds[c] != "text" for c in columns],
            rows=rows,
            notes=notes,
            csv=csv,
            folded=folded,
        )
    )
    return Markup(text)  # noqa: S704 the template escapes each value


def figure_html(figure: Figure, *, language: str = SOURCE) -> Markup:
    """A figure with its caption, alternative text and data. Raises PublicationError without alt."""
    if not figure.alt.strip():
        raise PublicationError(f"figure {figure.name} has no alternative text.")
    text = (
        _environment(language)
        .get_template("figure.html.j2")
        .render(
            figure=figure,
            csv=f"downloads/{figure.name}.csv",
            drawing=f"downloads/{drawing_file(figure)}" if figure.apart else "",
        )
    )
    return Markup(text)  # noqa: S704 the template escapes each value


def drawing_file(figure: Figure) -> str:
    """The file of a drawing that is not on the page itself."""
    return f"{figure.name}.svg"


def _rows_shown(frame: pd.DataFrame, most: int | None) -> pd.DataFrame:
    """The first rows, and the one that is called Total."""
    if most is None or len(frame) <= most or frame.empty:
        return frame
    is_total = frame.iloc[:, 0].astype(str).str.casefold() == "total"
    return frame[(pd.RangeIndex(len(frame)) < most) | is_total]


def anchor(text: str) -> str:
    """A fragment identifier made of letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")


def _totals_agree(table: ReleasedTable, columns: list[str]) -> bool:
    """Does each column of money add up, as it is written, to the row that is called Total?"""
    frame = table.frame
    is_total = frame[columns[0]].astype(str).str.casefold() == "total"
    if is_total.sum() != 1 or not is_total.iloc[-1]:
        return True
    for column in (c for c in columns if table.kinds[c] == "money"):
        values = [_number(v) for v in frame[column] if not is_suppressed(v)]
        if len(values) < len(frame) or any(v is None for v in values):
            continue
        *parts, total = (float(v or 0.0) for v in values)
        exact = abs(sum(parts) - total) <= 1e-6 * max(abs(total), 1.0)
        if exact and not fmt.adds_up_as_shown(parts, total, table.decimals):
            return False
    return True


def _writer(kind: Kind, table: ReleasedTable, currency: str) -> Callable[[Any], str]:
    def text(value: Any) -> str:
        return "" if _is_missing(value) else str(value)

    def scaled(value: Any) -> str:
        plain = _number(value)
        return fmt.number(None if plain is None else table.scale * plain, table.decimals)

    writers: dict[Kind, Callable[[Any], str]] = {
        "text": text,
        "count": lambda v: fmt.count(_number(v)),
        "effect": scaled,
        "level": scaled,
        "number": lambda v: fmt.number(_number(v), 2),
        "measure": lambda v: fmt.measure(_number(v)),
        "p_value": lambda v: fmt.p_value(_number(v)),
        "money": lambda v: fmt.money(_number(v), currency, table.decimals),
        "share": lambda v: fmt.percent(_number(v), 1),
        "chance": lambda v: fmt.short_chance(_number(v)),
    }
    return writers[kind]


def _number(value: Any) -> float | None:
    return None if _is_missing(value) else float(value)


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
