"""How figures are drawn: once, in one style, each with its alternative text and its data.

The one home of matplotlib; other modules draw on the axes that ``finish`` hands them. Figures are
SVG with a fixed hash salt and no date, so that the same results give the same bytes. No
information is carried by colour alone.
"""

import base64
import html
import io
import math
import re
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes as Axes  # noqa: PLC0414 (for modules that draw)
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure as MplFigure
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path as MplPath
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import Affine2D, Transform

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.errors import PublicationError
from pbc_eval.messages.numbers import in_points
from pbc_eval.numerics.published import published

__all__ = [
    "Axes",
    "Figure",
    "MaxNLocator",
    "as_drawn",
    "as_png",
    "axis_label",
    "finish",
    "finish_panels",
    "legend",
    "plain_svg",
    "points_drawn",
    "scale_of",
]  # for modules that draw

# The UK Government Analysis Function's accessible categorical palette.
NAVY, TEAL, PLUM, ORANGE, GREY = "#12436D", "#28A197", "#801650", "#F46A25", "#5F5F5F"
# DejaVu Sans, by which the drawing is laid out, is wide: what stands in for it takes no more room.
FONTS = b"'DejaVu Sans', Verdana, Arial, sans-serif"
SVG = "{http://www.w3.org/2000/svg}"
LINKED = "{http://www.w3.org/1999/xlink}href"
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
CODES = {"M": 1, "L": 2, "Q": 3, "C": 4, "Z": 79}  # matplotlib's codes of SVG's letters
POINTS, SIDES = 72, "x y width height"  # to an inch; of a rectangle
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


def plain_svg(svg: bytes) -> bytes:
    """The same drawing without its document type and metadata, which some programs do not read."""
    return re.sub(rb"<!DOCTYPE[^>]*>|<metadata>.*?</metadata>", b"", svg, flags=re.DOTALL)


def as_png(svg: bytes, *, words: str) -> bytes:
    """A drawing as points, 200 to the inch, for programs that cannot show SVG; ``words`` is what
    stands for it where it holds something else than lines, areas and letters."""
    root = ElementTree.fromstring(plain_svg(svg))  # noqa: S314 a drawing of our own
    width, height = map(float, root.get("viewBox", "0 0 500 300").split()[2:])
    stream = io.BytesIO()
    with _style():
        figure = MplFigure(figsize=(width / POINTS, height / POINTS))
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set(xlim=(0, width), ylim=(height, 0))
        if any(element.tag == f"{SVG}image" for element in root.iter()):
            axes.text(width / 2, height / 2, words, ha="center", va="center", wrap=True)
        else:
            _Redrawn(axes, root).draw(root, Affine2D(), {})
        figure.savefig(stream, format="png", dpi=200, metadata={"Software": None})
    return stream.getvalue()


class _Redrawn:
    """Draws what a drawing of this project is made of, on axes that measure points from its top."""

    def __init__(self, axes: Axes, root: Element) -> None:
        self.axes = axes
        self.named = {element.get("id"): element for element in root.iter() if element.get("id")}

    def draw(self, element: Element, place: Transform, style: dict[str, str]) -> None:
        place = _transform(element.get("transform", "")) + place
        clip = element.get("clip-path")
        style = {**style, **_declared(element), **({"clip": clip} if clip else {})}
        kind = element.tag.removeprefix(SVG)
        if kind in ("svg", "g"):
            for child in element:
                self.draw(child, place, style)
        elif kind == "use":
            at = Affine2D().translate(float(element.get("x", 0)), float(element.get("y", 0)))
            shape = self.named[element.get(LINKED, "")[1:]]
            self.draw(shape, at + place, style)
        elif kind == "path":
            self._outline(element, place, style)
        elif kind == "text":
            self._letters(element, place, style)

    def _outline(self, element: Element, place: Transform, style: dict[str, str]) -> None:
        path = _path(element.get("d", ""))
        if path is None:
            return
        dashes = [float(part) for part in re.findall(r"[\d.]+", style.get("stroke-dasharray", ""))]
        line, whole = style.get("stroke", "none"), float(style.get("opacity", 1))
        pattern = self.named.get(style.get("fill", "")[5:-1])
        if pattern is not None:  # hatched: its ground, and lines over it
            style = {**style, "fill": pattern[0].get("fill", "none")}
        hatch = None if pattern is None else _hatching(pattern)
        patch = PathPatch(
            place.transform_path(path),
            facecolor=_colour(style.get("fill", "#000000"), style, "fill-opacity", whole),
            edgecolor=_colour(line, style, "stroke-opacity", whole),
            linewidth=float(style.get("stroke-width", 1)) if line != "none" else 0,
            linestyle=(0, tuple(dashes)) if dashes else "solid",
            hatch=hatch,
            capstyle="projecting" if style.get("stroke-linecap") == "square" else "butt",
        )
        self.axes.add_patch(patch)
        clip = self.named.get(style.get("clip", "")[5:-1])
        if clip is not None and len(clip):
            x, y, wide, high = (float(clip[0].get(name, 0)) for name in SIDES.split())
            patch.set_clip_path(Rectangle((x, y), wide, high, transform=self.axes.transData))

    def _letters(self, element: Element, place: Transform, style: dict[str, str]) -> None:
        x, y = place.transform((float(element.get("x", 0)), float(element.get("y", 0))))
        turned = place.transform((1.0, 0.0)) - place.transform((0.0, 0.0))
        size = re.search(r"([\d.]+)px", style.get("font-size", "") or style.get("font", ""))
        self.axes.text(
            x,
            y,
            "".join(element.itertext()),
            ha=ANCHORS[style.get("text-anchor", "start")],
            va="baseline",
            rotation=-math.degrees(math.atan2(turned[1], turned[0])),
            rotation_mode="anchor",
            fontsize=float(size[1]) if size else 10,
            color=_colour(style.get("fill", "#000000"), style, "opacity", 1.0),
        )


def _declared(element: Element) -> dict[str, str]:
    parts = (part.partition(":") for part in element.get("style", "").split(";"))
    return {name.strip(): value.strip() for name, mark, value in parts if mark}


def _colour(
    colour: str, style: dict[str, str], share: str, whole: float
) -> tuple[float, float, float, float]:
    if colour == "none":
        return (0.0, 0.0, 0.0, 0.0)
    return to_rgba(colour, float(style.get(share, 1)) * whole)


def _transform(text: str) -> Affine2D:
    """translate, rotate and scale, the last of them first, as SVG has it."""
    whole = Affine2D()
    for name, given in reversed(re.findall(r"(\w+)\(([^)]*)\)", text)):
        numbers = [float(number) for number in re.split(r"[ ,]+", given.strip())]
        if name == "translate":
            whole = whole.translate(numbers[0], numbers[1] if len(numbers) > 1 else 0.0)
        elif name == "scale":
            whole = whole.scale(numbers[0], numbers[-1])
        elif name == "rotate" and len(numbers) == 3:
            whole = whole.rotate_deg_around(numbers[1], numbers[2], numbers[0])
        elif name == "rotate":
            whole = whole.rotate_deg(numbers[0])
    return whole


def _hatching(pattern: Element) -> str:
    """Lines in one direction, or crossed."""
    path = next((_path(part.get("d", "")) for part in pattern if part.get("d")), None)
    if path is None:
        return "//"
    steps = np.diff(np.asarray(path.vertices), axis=0)[::2]
    rising = steps[:, 0] * steps[:, 1] < 0
    return "xx" if rising.any() and not rising.all() else "//"


def _path(text: str) -> MplPath | None:
    corners: list[tuple[float, float]] = []
    codes: list[int] = []
    for letter, given in re.findall(r"([MLQCZmlqcz])([^MLQCZmlqcz]*)", text):
        numbers = [float(number) for number in given.replace(",", " ").split()]
        pairs = list(zip(numbers[::2], numbers[1::2], strict=True)) or corners[:1]
        corners += pairs
        codes += [CODES[letter.upper()]] * len(pairs)
    return MplPath(corners, codes) if corners else None


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
