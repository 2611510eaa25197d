"""The parts of a new evaluation.yaml that the file tells: how it is read, which column is which."""

import json
import re
from pathlib import Path

from pbc_eval.agreement.starter import UNIT_UNSAID, UNITS_UNSAID, starter_text
from pbc_eval.intake.inspection.block import data_lines, indented, notation_of, stated_keys
from pbc_eval.intake.inspection.inspection import Inspection
from pbc_eval.intake.inspection.profile import ColumnProfile
from pbc_eval.intake.inspection.roles import Parts

OF_PEOPLE = ("matching", "randomised")
MAKE_UP = ("file", "claims_of", "person", "people", "claim", "units", "achieved_on", "state")


def drafted_parts(seen: Inspection, method: str) -> dict[str, str]:
    """The parts of the starter for a method that the file fills in, by their key."""
    common = starter_text(method)
    if method == "forecast":
        return {"value_map": _value_map(seen, common)}
    if method == "counted":
        return {"claims": _claims(seen, common)}
    roles = dict(seen.roles)
    if method == "synthetic_difference_in_differences":
        roles.pop("weight", None)  # the method weighs units itself, and refuses sizes
    parts = Parts(seen.shape, roles, seen.covariates)
    lines = data_lines(Path(seen.file), seen.layout, seen.columns, parts)
    missing = "complete_cases" if method in OF_PEOPLE else "refuse"
    gaps = any(column.missing for column in seen.columns if column.name in seen.covariates)
    if seen.shape == "panel":
        lines.append(f"  unit_name: [{', '.join(UNITS_UNSAID)}]  # what one is called, and many")
        lines.append("  time_name: period")
    else:
        lines.append("  unit_name: [person, people]")
    note = "  # some rows have gaps; or indicator, refuse" if gaps else ""
    lines.append(f"  missing: {missing}{note}")
    texts = {"data": "\n".join(lines)}
    if "outcome" in seen.roles:
        texts["outcomes"] = _outcomes(seen, common)
    if method in OF_PEOPLE:
        texts["design"] = _design(seen, common)
    return texts


def part_of(text: str, key: str) -> str:
    """The part of a file under a top-level key."""
    match = re.search(rf"^{key}:.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    return match[0].rstrip() if match else ""


def _outcomes(seen: Inspection, common: str) -> str:
    """The part with the outcome, labelled by the heading of its column. Its unit and its direction
    no heading tells; shares (per cent as text, yes and no) are shown in percentage points."""
    column = _column(seen, seen.roles["outcome"])
    label = json.dumps(" ".join(column.heading.split()), ensure_ascii=False)
    text = re.sub(r"column: \S+", f"column: {column.name}", part_of(common, "outcomes"))
    text = re.sub(r"label: .*", lambda _: f"label: {label}", text, count=1)
    text = re.sub(r"\n *shown_as: .*", "", text)
    if column.percent or column.kind == "yes or no":
        points = "unit: percentage points\n    shown_as: percentage_points   # 0.12 is 12%"
        text = re.sub(r"\bunit: .*", points, text, count=1)
        return re.sub(r"decimals: \d", "decimals: 1", text)
    return re.sub(r"\bunit: .*", f"unit: {UNIT_UNSAID}", text, count=1)


def _column(seen: Inspection, name: str) -> ColumnProfile:
    return next(column for column in seen.columns if column.name == name)


def _design(seen: Inspection, common: str) -> str:
    text = part_of(common, "design")
    if "treatment" in seen.roles:
        text = re.sub(r"treatment: \S+", f"treatment: {seen.roles['treatment']}", text)
    listed = ", ".join(seen.covariates)
    return re.sub(r"covariates: \[[^\]]*\]", f"covariates: [{listed}]", text) if listed else text


def _value_map(seen: Inspection, common: str) -> str:
    """The drafted lines, and those of the starter that say what no table can."""
    drafted = [line for line in seen.block.splitlines() if not line.startswith("  #")]
    if not seen.is_value_map:
        drafted = ["value_map:", *_file_alone(seen)]
    rest = [line for line in part_of(common, "value_map").splitlines()[1:] if "  file:" not in line]
    return "\n".join([*drafted, *rest])


def _claims(seen: Inspection, common: str) -> str:
    """Likewise. Of a table under other headings the file alone is said, columns by the starter."""
    starter = part_of(common, "claims").splitlines()[1:]
    if seen.other != "claims":
        rest = [line for line in starter if "  file:" not in line]
        return "\n".join(["claims:", *_file_alone(seen), *rest])
    drafted = [line for line in seen.block.splitlines() if not line.startswith("  #")]
    said_already = re.compile(rf"  (?:# )?({'|'.join(MAKE_UP)}):")
    return "\n".join([*drafted, *(line for line in starter if not said_already.match(line))])


def _file_alone(seen: Inspection) -> list[str]:
    keys = {"file": Path(seen.file).name, **stated_keys(seen.layout)}
    notation = notation_of(seen.columns)
    return indented(keys | ({"numbers": notation} if notation else {}))
