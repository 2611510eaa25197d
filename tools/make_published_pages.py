"""Makes published-pages.md and the pictures in docs/pages/: what every page looks like and weighs.

    make report && python tools/make_published_pages.py [reports]

Needs Chromium, and Pillow, which matplotlib brings along. The table says what axe-core finds, what
each page weighs, and what `pbc-eval verify` says of a published edition, and of one whose page was
changed by hand afterwards.
"""

import contextlib
import io
import shutil
import sys
import tempfile
from pathlib import Path

import matplotlib.image  # noqa: F401 Pillow comes with it
from PIL import Image

HERE = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(HERE.parent / "tests"))
from browser import chromium, opened, violations  # noqa: E402 found by the line above

from pbc_eval.publish.verify import verify_edition  # noqa: E402

PICTURES = HERE / "pages"
SCREENS = (("wide", 1280, 2800, 0.42), ("phone", 390, 2600, 0.62))  # name, width, height, scale
COLOURS = 48
CONTRACT = "school-attendance"  # whose page stands for those of all contracts
VERIFIED = "one-service/2026-1"


def main() -> None:
    reports = Path(sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "reports").resolve()
    pages = sorted(path.relative_to(reports) for path in reports.rglob("index.html"))
    pages = [page for page in pages if not any(part.startswith(".") for part in page.parts)]
    pages = [page for page in pages if len(page.parts) != 2 or page.parts[0] == CONTRACT]
    shutil.rmtree(PICTURES, ignore_errors=True)
    PICTURES.mkdir()
    rows = []
    with chromium() as browser:
        for page in pages:
            name = "-".join(page.parent.parts) or "site"
            for kind, width, height, scale in SCREENS:
                with opened(browser, reports / page, width) as shown:
                    picture = shown.screenshot(
                        clip={"x": 0, "y": 0, "width": width, "height": height},
                        full_page=True,
                    )
                    _small(picture, scale).save(PICTURES / f"{name}-{kind}.png", optimize=True)
            with opened(browser, reports / page, 794) as shown:  # A4 at 96 dots an inch
                shown.emulate_media(media="print")
                picture = shown.screenshot(
                    clip={"x": 0, "y": 0, "width": 794, "height": 1123}, full_page=True
                )
                _small(picture, 0.5).save(PICTURES / f"{name}-print.png", optimize=True)
            found = [violations(browser, reports / page, width) for width in (1280, 390)]
            rows.append((page, name, (reports / page).stat().st_size, *map(len, found)))
            print(rows[-1])
    text = _page(rows, _verified(reports))
    (HERE / "published-pages.md").write_text(text, encoding="utf-8")


def _small(picture: bytes, scale: float) -> Image.Image:
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    size = (round(image.width * scale), round(image.height * scale))
    return image.resize(size, Image.Resampling.LANCZOS).quantize(COLOURS)


def _verified(reports: Path) -> list[str]:
    """What is said of an edition as published, and after its page was changed by hand."""
    said = [verify_edition(reports / VERIFIED, HERE.parent / "data" / "one-service").sentence]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / VERIFIED
        shutil.copytree(reports / VERIFIED, copy)
        page = copy / "index.html"
        page.write_text(page.read_text("utf-8").replace("9%", "12%"), "utf-8")
        with contextlib.redirect_stdout(io.StringIO()):
            found = verify_edition(copy)
        said += [found.sentence, *found.differences]
    return said


def _page(rows: list[tuple[Path, str, int, int, int]], said: list[str]) -> str:
    lines = [
        "# Every published page",
        "",
        "Made by `tools/make_published_pages.py` from what `make report` renders. Each page at a "
        "desk (1280 pixels), on a phone (390) and on paper; what it weighs (at most 400 kB, a test "
        "holds it); what axe-core finds at WCAG 2.2 AA and by best practice, at both widths "
        "(tests hold that it is nothing, on a phone for one page of each kind, and that the "
        "keyboard reaches everything).",
        "",
        "| page | kB | axe, desk | axe, phone | pictures |",
        "|---|---|---|---|---|",
    ]
    for page, name, size, desk, phone in rows:
        kinds = ("wide", "phone", "print")
        pictures = ", ".join(f"[{kind}](pages/{name}-{kind}.png)" for kind in kinds)
        lines.append(f"| {page.as_posix()} | {size / 1000:.0f} | {desk} | {phone} | {pictures} |")
    lines += [
        "",
        "## Verified, and tampered with",
        "",
        "`pbc-eval verify` of an edition as it was published, and of one in whose page a figure "
        "was changed by hand:",
        "",
        "```",
        *said,
        "```",
        "",
        "The same inputs give the same bytes: `tests/publish/test_reproducible.py` runs "
        "evaluations twice, in different folders, and compares every file; `tests/publish/site` "
        "does so for the site. Releases that are refused: "
        "[refused-releases.md](refused-releases.md). What an attacker can work out of a page: "
        "[disclosure-attacks.md](disclosure-attacks.md).",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
