"""A new evaluation or portfolio from the file that a person has: inspected, copied, and drafted."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pbc_eval._validate import check_choice
from pbc_eval.agreement.base import RESERVED
from pbc_eval.agreement.portfolio import PORTFOLIO_FILE
from pbc_eval.agreement.starter import (
    METHODS,
    PORTFOLIO,
    PORTFOLIO_RESULTS,
    write_portfolio_starter,
    write_starter,
)
from pbc_eval.errors import SpecError
from pbc_eval.intake.inspection.drafted_parts import drafted_parts, part_of
from pbc_eval.intake.inspection.inspection import Inspection, inspect

BY_SHAPE = {"panel": "difference_in_differences", "people": "matching"}
BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "inputs": "what was put in: it stands beside a value map (value_map.inputs_file)",
        "uncertainty": "uncertainties: it stands beside a value map (value_map.uncertainty_file)",
    }
)
DICTIONARY = "columns.csv"


def write_from_file(folder: Path, file: Path, method: str = "", sheet: str | None = None) -> Path:
    """Make ``folder`` with a copy of ``file``, an evaluation.yaml that reads it as it stands, and
    ``columns.csv``, which says what each column holds. ``method`` follows from the file if it is
    not stated: units over time, people, a value map, claims; a table of contracts makes a
    portfolio.yaml, as method ``portfolio`` does.

    Raises DataError as ``inspect`` does, and SpecError as ``write_starter`` does, for a method that
    reads no file and for a table that no method can be told from.
    """
    if method == "reported":
        raise SpecError(
            "new: method reported reads no file: published results are written into "
            "evaluation.yaml. Leave --from out."
        )
    if method not in ("", PORTFOLIO):
        check_choice("new", "method", method, METHODS, SpecError)
    seen = inspect(file, sheet=sheet)
    chosen = method or _method_of(seen, file)
    if chosen == PORTFOLIO:
        return _portfolio(folder, file, seen)
    target = write_starter(folder, chosen, drafted_parts(seen, chosen))
    text = _named_by_its_column(target.read_text(encoding="utf-8"), seen)
    target.write_text(text, encoding="utf-8", newline="\n")
    _put_beside(folder, file, seen)
    return target


def _method_of(seen: Inspection, file: Path) -> str:
    if seen.is_value_map:
        return "forecast"
    if seen.other is not None and seen.other in BESIDE:
        raise SpecError(
            f"{seen.file}: is a table of {BESIDE[seen.other]}. Start from the value map, and name "
            f"this file there. What to write: pbc-eval inspect {file}"
        )
    if seen.other is not None:
        return {"claims": "counted"}.get(seen.other, PORTFOLIO)
    chosen = BY_SHAPE.get(seen.shape, "")
    if seen.named_by:
        unit, time, group = seen.named_by
        raise SpecError(
            f"{seen.file}: no column identifies its units: {unit!r} has several rows in one "
            f"{time!r}, one for each {group!r}. Add a column that joins {unit} and {group} (such "
            f'as "{unit} 1, {group} yes"), and it is a panel; or keep the rows of one {group}.'
        )
    if not chosen:
        raise SpecError(
            f"{seen.file}: it cannot be told whether its rows are people, units over time or "
            f"outcomes with values. State --method. What it holds: pbc-eval inspect {file}"
        )
    return chosen


def _portfolio(folder: Path, file: Path, seen: Inspection) -> Path:
    """portfolio.yaml that reads the table of contracts as it stands."""
    if seen.other != PORTFOLIO:
        raise SpecError(
            f"{seen.file}: is no table of contracts: it needs columns for the contract, its "
            "source, and its estimate or what it paid, headed so. A table under such headings: "
            "pbc-eval new FOLDER --portfolio, without --from"
        )
    target = write_portfolio_starter(folder)
    keys = "\n".join(line for line in seen.block.splitlines() if not line.startswith("#"))
    text = target.read_text(encoding="utf-8")
    text = re.sub(rf"^file: {re.escape(PORTFOLIO_RESULTS)}.*$", lambda _: keys, text, flags=re.M)
    target.write_text(text, encoding="utf-8", newline="\n")
    (folder / PORTFOLIO_RESULTS).unlink()  # its rows are an example's
    _put_beside(folder, file, seen)
    return folder / PORTFOLIO_FILE


def _put_beside(folder: Path, file: Path, seen: Inspection) -> None:
    shutil.copyfile(str(file).partition("::")[0], folder / seen.file.partition("::")[0])
    seen.to_frame().to_csv(folder / DICTIONARY, index=False)


def _named_by_its_column(text: str, seen: Inspection) -> str:
    """The file with the outcome called after its column, wherever the file speaks of it."""
    before = re.search(r"- id: (\S+)", part_of(text, "outcomes"))
    after = re.sub(r"[^a-z0-9]+", "-", seen.roles.get("outcome", "").lower()).strip("-")
    if before is None or not after or after in RESERVED:
        return text
    return re.sub(rf"\b(id|outcome): {re.escape(before[1])}\b", rf"\1: {after}", text)
