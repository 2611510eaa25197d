"""A new evaluation from the file that a person has: inspected, copied, and drafted."""

import json
import re
import shutil
from pathlib import Path

from pbc_eval.agreement.base import RESERVED
from pbc_eval.agreement.starter import starter_text, write_starter
from pbc_eval.errors import SpecError
from pbc_eval.intake.inspection.block import data_lines
from pbc_eval.intake.inspection.inspection import Inspection, inspect
from pbc_eval.intake.inspection.roles import Parts

BY_SHAPE = {"panel": "difference_in_differences", "people": "matching"}
DICTIONARY = "columns.csv"


def write_from_file(folder: Path, file: Path, method: str = "", sheet: str | None = None) -> Path:
    """Make ``folder`` with a copy of ``file``, an evaluation.yaml that reads it as it stands, and
    ``columns.csv``, which says what each column holds. ``method`` follows from the file: units over
    time, people or a value map, if it is not stated.

    Raises DataError as ``inspect`` does, and SpecError as ``write_starter`` does and for a table
    that no method can be told from.
    """
    seen = inspect(file, sheet=sheet)
    chosen = method or ("forecast" if seen.is_value_map else BY_SHAPE.get(seen.shape, ""))
    if not chosen:
        raise SpecError(
            f"{seen.file}: it cannot be told whether its rows are people, units over time or "
            f"outcomes with values. State --method. What it holds: pbc-eval inspect {file}"
        )
    target = write_starter(folder, chosen, _parts(seen, chosen))
    text = _named_by_its_column(target.read_text(encoding="utf-8"), seen)
    target.write_text(text, encoding="utf-8", newline="\n")
    shutil.copyfile(str(file).partition("::")[0], folder / seen.file.partition("::")[0])
    seen.to_frame().to_csv(folder / DICTIONARY, index=False)
    return target


def _parts(seen: Inspection, method: str) -> dict[str, str]:
    """The parts of the starter that the file fills in."""
    if seen.is_value_map:
        return {"value_map": _value_map(seen, starter_text(method))}
    lines = data_lines(
        Path(seen.file), seen.layout, seen.columns,
        Parts(seen.shape, dict(seen.roles), seen.covariates),
    )  # fmt: skip
    missing = "complete_cases" if method == "matching" else "refuse"
    gaps = any(column.missing for column in seen.columns if column.name in seen.covariates)
    if seen.shape == "panel":
        lines += ["  unit_name: [unit, units]", "  time_name: period"]
    else:
        lines.append("  unit_name: [person, people]")
    note = "  # some rows have gaps; or indicator, refuse" if gaps else ""
    lines.append(f"  missing: {missing}{note}")
    common = starter_text(method)
    texts = {"data": "\n".join(lines)}
    if "outcome" in seen.roles:
        texts["outcomes"] = _outcomes(seen, common)
    if method == "matching":
        texts["design"] = _design(seen, common)
    return texts


def _outcomes(seen: Inspection, common: str) -> str:
    """The part with the outcome, labelled by the heading of its column. Its unit and its direction
    no heading tells."""
    name = seen.roles["outcome"]
    heading = next((c.heading for c in seen.columns if c.name == name), name)
    label = json.dumps(" ".join(heading.split()), ensure_ascii=False)
    text = re.sub(r"column: \S+", f"column: {name}", _part(common, "outcomes"))
    return re.sub(r"label: .*", lambda _: f"label: {label}", text, count=1)


def _named_by_its_column(text: str, seen: Inspection) -> str:
    """The file with the outcome called after its column, wherever the file speaks of it."""
    before = re.search(r"- id: (\S+)", _part(text, "outcomes"))
    after = re.sub(r"[^a-z0-9]+", "-", seen.roles.get("outcome", "").lower()).strip("-")
    if before is None or not after or after in RESERVED:
        return text
    return re.sub(rf"\b(id|outcome): {re.escape(before[1])}\b", rf"\1: {after}", text)


def _design(seen: Inspection, common: str) -> str:
    text = _part(common, "design")
    if "treatment" in seen.roles:
        text = re.sub(r"treatment: \S+", f"treatment: {seen.roles['treatment']}", text)
    listed = ", ".join(seen.covariates)
    return re.sub(r"covariates: \[[^\]]*\]", f"covariates: [{listed}]", text) if listed else text


def _value_map(seen: Inspection, common: str) -> str:
    """The drafted lines, and those of the starter that say what no table can."""
    drafted = [line for line in seen.block.splitlines() if not line.startswith("  #")]
    rest = [line for line in _part(common, "value_map").splitlines()[1:] if "  file:" not in line]
    return "\n".join([*drafted, *rest])


def _part(text: str, key: str) -> str:
    match = re.search(rf"^{key}:.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[0].rstrip() if match else ""
