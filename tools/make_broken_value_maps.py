"""Write docs/broken-value-maps.md: ten broken value maps, and what is said of them.

    python tools/make_broken_value_maps.py

Each is one change to a copy of data/wheels-to-meals, made in a folder that is thrown away, and run
as a user would run it, in one process.
"""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.errors import PbcError
from pbc_eval.evaluation.evaluate import evaluate

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS.parent / "data" / "wheels-to-meals"
PAGE = DOCS / "broken-value-maps.md"
WIDTH = 96
HEAD = """# Ten broken value maps

What is said of the commonest mistakes in a value map, before anything is worked out: the thing, the
value found, the rule and the remedy. Each example is one change to `data/wheels-to-meals`. Made by
`python tools/make_broken_value_maps.py`.
"""


@dataclass(frozen=True)
class Mistake:
    """One change to a good value map."""

    name: str
    what: str  # for the reader
    make: Callable[[Path], None]


def _in(file: str, old: str, new: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        if old not in text:
            raise SystemExit(f"{file} does not hold {old!r} any more; correct this script.")
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return make


def _merged_header(folder: Path) -> None:
    """As a workbook whose columns are named in its third row."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Wheels-to-Meals, our value map"])
    sheet.append(["Stage 2", None, "Stage 3"])
    sheet.merge_cells("A2:B2")
    for line in (folder / MAP).read_text(encoding="utf-8").splitlines()[:3]:
        sheet.append(line.split(","))
    book.save(folder / "value_map.xlsx")
    _in(SPEC, "file: value_map.csv\n  inputs_file: inputs.csv\n", "file: value_map.xlsx\n")(folder)


SPEC, MAP, UNCERTAIN = "evaluation.yaml", "value_map.csv", "uncertainty.csv"
GP_VISITS = "Residents,Manage health better,GP visits avoided,90,"
GP_SHARES = 'recalled",0,0,0.1,0.1,'
CARE = 'res-geri-care,Residents,"Fitter, fewer falls",'
FILES = """  file: value_map.csv
  inputs_file: inputs.csv
  uncertainty_file: uncertainty.csv
  correlations:
    - between: [res-geri-assess.quantity, res-geri-care.quantity]
      value: 0.8
"""
ESTIMATED = """  outcomes:
    - {id: falls, stakeholder: Residents, outcome: Fewer falls, quantity_from: falls,
       proxy: Cost of a fall, proxy_value: 4964, proxy_source: Guide, deadweight: 0.1}
"""
TIES = """      value: 0.8
    - {between: [res-ae.quantity, res-geri-care.quantity], value: 0.8}
    - {between: [res-ae.quantity, res-geri-assess.quantity], value: -0.5}
"""
MISTAKES = (
    Mistake(
        "percentage",
        "A percentage for a fraction.",
        _in(MAP, GP_SHARES, GP_SHARES.replace('",0,', '",25,')),
    ),
    Mistake("percent-sign", "A percent sign.", _in(MAP, GP_SHARES, 'recalled",0,0,10%,0.1,')),
    Mistake(
        "currency",
        "A currency sign and a thousands separator.",
        _in(MAP, "avoided,4964.0,", 'avoided,"£4,964.00",'),
    ),
    Mistake(
        "calendar-year",
        "A calendar year for a duration.",
        _in(MAP, GP_VISITS + "5,", GP_VISITS + "2014,"),
    ),
    Mistake("merged-header", "A title and a merged header above the columns.", _merged_header),
    Mistake(
        "counted-twice",
        "One outcome valued by two proxies.",
        _in(
            MAP,
            CARE + '"Geriatric continuing care 5 wks x 1,444 avoided"',
            CARE + "A&E attendances avoided",
        ),
    ),
    Mistake(
        "estimated-and-net",
        "Deadweight of a quantity that is estimated.",
        _in(SPEC, FILES, ESTIMATED),
    ),
    Mistake(
        "share-above-one",
        "A distribution that runs past the whole.",
        _in(UNCERTAIN, "deadweight,uniform,,0,,0.4,", "deadweight,normal,0.3,,,,"),
    ),
    Mistake(
        "mode-outside",
        "A most likely value outside its range.",
        _in(UNCERTAIN, "res-ae,quantity,pert,,3,,12,", "res-ae,quantity,pert,,3,20,12,"),
    ),
    Mistake(
        "correlations",
        "Correlations that cannot hold together.",
        _in(SPEC, "      value: 0.8\n", TIES),
    ),
)


def said_of_each(folder: Path) -> dict[str, str]:
    """Make every broken copy in ``folder`` and run it; what each one's error says."""
    said = {}
    for mistake in MISTAKES:
        copy = folder / mistake.name
        shutil.copytree(EXAMPLE, copy)
        mistake.make(copy)
        try:
            evaluate(load_evaluation(copy))
        except PbcError as error:
            said[mistake.name] = str(error).replace(str(folder), "data")
    return said


def page(said: dict[str, str]) -> str:
    """The document; a mistake that went unnoticed stops it."""
    parts = [HEAD]
    for number, mistake in enumerate(MISTAKES, start=1):
        if mistake.name not in said:
            raise SystemExit(f"{mistake.name}: nothing was said.")
        text = "\n".join(_wrapped(line) for line in said[mistake.name].splitlines())
        parts.append(f"## {number}. {mistake.what}\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


def _wrapped(line: str) -> str:
    """The line broken at spaces, with its own indentation kept."""
    lead = line[: len(line) - len(line.lstrip())]
    lines, now = [], lead
    for word in line.split():
        if len(now) + len(word) + 1 > WIDTH and now.strip():
            lines.append(now)
            now = lead + word
        else:
            now = f"{now} {word}" if now.strip() else now + word
    return "\n".join([*lines, now])


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        PAGE.write_text(page(said_of_each(Path(folder))), encoding="utf-8")


if __name__ == "__main__":
    main()
