"""How figures are drawn: once, in one style, each with its alternative text and its data.

The one home of matplotlib; other modules draw on the axes that ``finish`` hands them. Figures are
SVG with a fixed hash salt and no date, so that the same results give the same bytes. No
information is carried by colour alone.
"""

import base64
import html
import io
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes as Axes  # noqa: PLC0414 (for modules that draw)
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as MplFigure
from matplotlib.ticker import MaxNLocator

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import PublicationError
from pbc_eval.messages.numbers import in_points
from pbc_eval.numerics.published import published

__all__ = [
    "Axes",
    "Figure",
    "MaxNLocator",
    "as_drawn",
    "axis_label",
    "finish",
    "finish_panels",
    "legend",
    "points_drawn",
    "scale_of",
]  # for modules that draw

# The UK Government Analysis Function's accessible categorical palette.
NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#5F5F5F"
# DejaVu Sans, by which the drawing is laid out, is wide: what stands in for it takes no more room.
FONTS = b"'DejaVu Sans', Verdana, Arial, sans-serif"
WIDTH = 7.2  # inches, as wide as the text
NARROW = 5.2  # inches: lists of names, so that their letters can still be read on a phone
_STYLE = {
    "svg.hashsalt": "pbc_eval",
    "svg.fonttype": "none",  # letters, not outlines of letters: a fifth of the size, as sharp
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "text.parse_math": False,  # a dollar sign in a name is a dollar sign
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "axes.labelcolor": "#1A1A1A",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#D9D9D9",
    "grid.linewidth": 0.6,
    "path.simplify": True,
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Figure:
    """A figure: what it shows in words, the data behind it, and how it is drawn."""

    name: str
    caption: str
    alt: str
    data: pd.DataFrame
    draw: Callable[[], bytes]
    about: str = ""  # id of the outcome or KPI that it is about, where it is about one
    panels: int = 1  # one below the other
    apart: bool = False  # its drawing is a file beside the page, which would be too heavy with it

    @cached_property
    def svg(self) -> bytes:
        """Drawn when it is first looked at: whoever wants the data alone does not wait for it."""
        return self.draw()

    @property
    def data_uri(self) -> str:
        """The SVG as an image source: inside an image nothing can run or load."""
        return "data:image/svg+xml;base64," + base64.b64encode(self.svg).decode("ascii")

    def _repr_html_(self) -> str:
        """For a notebook: the drawing with its alternative text and its caption."""
        alt, caption = html.escape(self.alt), html.escape(self.caption)
        return (
            f'<figure><img src="{self.data_uri}" alt="{alt}"><figcaption>{caption}</figcaption>'
            "</figure>"
        )

    def __repr__(self) -> str:
        return f"<Figure {self.name}: {self.caption}>"

    def save(self, path: str | Path) -> Path:
        """Write the drawing as .svg. Raises PublicationError for another kind of file."""
        target = Path(path)
        if target.suffix.casefold() != ".svg":
            raise PublicationError(f"{target.name}: figures are drawings; save it as .svg.")
        target.write_bytes(self.svg)
        return target


def legend(axes: Axes) -> None:
    """Below the drawing, so that it never covers what is drawn."""
    axes.get_figure(root=True).legend(  # type: ignore[union-attr]
        loc="outside lower center", ncols=2, frameon=False, fontsize=9
    )


def scale_of(outcome: Outcome) -> float:
    return 100.0 if outcome.shown_as == "percentage_points" else 1.0


def axis_label(outcome: Outcome, prefix: str) -> str:
    unit = "percentage points" if prefix and in_points(outcome) else outcome.unit
    if not prefix and outcome.shown_as == "percentage_points":
        unit = "%"
    return f"{prefix} ({unit})".strip() if prefix else unit.capitalize()


def finish(
    draw: Callable[[Axes], None],
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    height: float = 3.9,
    width: float = WIDTH,
) -> Figure:
    """Draw on fresh axes in the house style; refuse a figure without its words or its data."""
    return finish_panels(
        lambda panels: draw(panels[0]),
        name=name,
        caption=caption,
        alt=alt,
        data=data,
        height=height,
        width=width,
    )


def finish_panels(
    draw: Callable[[list[Axes]], None],
    *,
    name: str,
    caption: str,
    alt: str,
    data: pd.DataFrame,
    height: float,
    panels: int = 1,
    width: float = WIDTH,
) -> Figure:
    """The same for several panels, one below the other, on one drawing that shares its letters."""
    if not alt.strip() or not caption.strip() or data.empty:
        raise PublicationError(
            f"figure {name}: needs a caption, an alternative text and data; one is empty."
        )

    def drawn() -> bytes:
        with _style():
            figure = MplFigure(figsize=(width, height), layout="constrained")
            draw(list(figure.subplots(panels, squeeze=False)[:, 0]))
            drawing = _written(figure)
        return _smaller(drawing)

    return Figure(
        name=name,
        caption=caption,
        alt=alt,
        data=published(data).copy(),
        draw=drawn,
        panels=panels,
    )


def as_drawn(drawing: object, *, name: str) -> bytes:
    """A figure of matplotlib that somebody drew, as SVG in which nothing runs, with this project's
    letters. Raises PublicationError for anything else: what is no drawing cannot be looked at."""
    whole = drawing if isinstance(drawing, MplFigure) else getattr(drawing, "figure", None)
    if not isinstance(whole, MplFigure):
        raise PublicationError(
            f"figure {name}: must be a figure of matplotlib, got {type(drawing).__name__}. Draw it "
            "with figure, axes = matplotlib.pyplot.subplots(), and hand over the figure."
        )
    with _style():
        stream = io.BytesIO()
        whole.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    if pyplot := sys.modules.get("matplotlib.pyplot"):  # or a notebook shows it once more
        pyplot.close(whole)
    return _smaller(stream.getvalue())


def points_drawn(drawing: object) -> int:
    """The most points that one line or cloud of a figure draws: more than its data have rows, and
    it shows what nobody stated."""
    whole = drawing if isinstance(drawing, MplFigure) else getattr(drawing, "figure", None)
    sizes = [0]
    for axes in whole.axes if isinstance(whole, MplFigure) else ():
        sizes += [len(line.get_xdata(orig=True)) for line in axes.lines]  # type: ignore[arg-type]
        sizes += [len(cloud.get_offsets()) for cloud in axes.collections]  # type: ignore[arg-type]
        sizes += [image.get_array().size for image in axes.images]  # type: ignore[union-attr]
        sizes.append(len(axes.patches))
    return max(sizes)


def _written(figure: MplFigure) -> bytes:
    """What ``savefig`` writes, to the byte (tested), without the whole drawing that it makes first
    to lay the figure out: drawing lays it out, and does so once."""
    stream = io.BytesIO()
    FigureCanvasSVG(figure).print_svg(stream, metadata={"Date": None, "Creator": None})  # type: ignore[no-untyped-call]
    return stream.getvalue()


def _smaller(svg: bytes) -> bytes:
    """The same drawing in fewer bytes: no comments, coordinates to a hundredth of a point, and
    fonts to fall back on."""

    def rounded(match: re.Match[bytes]) -> bytes:
        text = re.sub(rb"\s+", b" ", match[2])
        return match[1] + re.sub(rb"-?\d+\.\d{3,}", _to_a_hundredth, text) + b'"'

    svg = re.sub(rb"<!--.*?-->\s*", b"", svg, flags=re.DOTALL)
    svg = re.sub(rb'( d=")([^"]*)"', rounded, svg)
    svg = re.sub(rb'(transform="translate\()([\d. -]+\))"', rounded, svg)
    svg = svg.replace(b"'DejaVu Sans'", FONTS)
    return re.sub(rb">\s+<", b"><", svg)


def _to_a_hundredth(number: re.Match[bytes]) -> bytes:
    """Rounded, not cut: 71.9999999 and 72.0000001, which two machines make of 72, are one place."""
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".").encode()
    return b"0" if text == b"-0" else text


def _style() -> AbstractContextManager[None]:
    return mpl.rc_context(_STYLE)  # type: ignore[arg-type]
