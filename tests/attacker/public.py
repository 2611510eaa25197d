"""What a reader has: the public folder of an edition, and nothing else.

Everything here is read from files as they lie in the folder. The attacker knows what words on a
page mean (that those kept are those of the programme and those compared) and no more.
"""

import base64
import html
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pbc_eval.publish.formats import write
from pbc_eval.report.html import section_html
from pbc_eval.report.page import page_of

HELD_BACK = "[c]"


@dataclass(frozen=True)
class Recovered:
    """A value that must stay open, and what was worked out of it."""

    attack: str
    what: str
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.attack}: {self.what} is {self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class Public:
    folder: Path
    tables: dict[str, pd.DataFrame]  # by the file's name; every cell is text
    text: str  # the words of the page
    drawings: tuple[str, ...]  # SVG, as text
    results: dict[str, Any]
    review: dict[str, Any]

    def kind(self, outcome: str, kind: str) -> pd.DataFrame | None:
        return self.tables.get(f"{outcome}-{kind}")

    def outcomes(self) -> list[dict[str, Any]]:
        return self.results.get("outcomes", [])


def publish(released, folder: Path) -> Path:
    """An edition without a kernel: the files and the page as they would be published."""
    page = page_of(released)
    write(page, released, folder)
    words = "\n".join(section_html(section) for section in page)
    (folder / "index.html").write_text(words, encoding="utf-8")
    return folder


def read_public(folder: Path) -> Public:
    downloads = folder / "downloads"
    tables = {
        file.stem: pd.read_csv(file, dtype=str, keep_default_na=False)
        for file in sorted(downloads.glob("*.csv"))
    }
    page = (folder / "index.html").read_text(encoding="utf-8")
    drawings = tuple(
        base64.b64decode(drawn).decode("utf-8", "ignore")
        for drawn in re.findall(r"svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    )
    page = re.sub(r"base64,[A-Za-z0-9+/=]+", "", page)
    page = re.sub(r"<(style|script).*?</\1>", " ", page, flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return Public(
        folder=folder,
        tables=tables,
        text=re.sub(r"\s+", " ", text),
        drawings=drawings,
        results=_json(downloads / "results.json"),
        review=_json(downloads / "disclosure-review.json"),
    )


def _json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def number(text: object) -> float:
    """A cell as a number; NaN where it is held back, empty or no number."""
    try:
        return float(str(text).replace(",", ""))
    except ValueError:
        return math.nan


def is_told(text: object) -> bool:
    return not math.isnan(number(text))


def decimals(text: object) -> int:
    """How many decimals a published figure has."""
    plain = str(text).lower()
    if "e" in plain:
        mantissa, power = plain.split("e")
        return max(decimals(mantissa) - int(power), 0)
    return len(plain.partition(".")[2])
