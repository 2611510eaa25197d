"""A design note beside a report of the same evaluation: who was to be treated, and who was.

    groups-before.csv      First treated in 2024-04          31
    days-groups.csv        In the programme from 2024-04     29     ──▶ 2 were lost on the way

The note tells how many there were in each group before anybody was lost, the report how many were
analysed: their difference is what the report's ledger holds back. Rows are compared by the period
in which a group starts, whatever the table calls it.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd

from pbc_eval.disclosure.record import SUPPRESSED

PLANNED = "groups-before"
NEVER = "never"
_STARTS = re.compile(  # as note/before_treatment.py names groups
    r"^(eligible, |not eligible, )?(?:first treated in|where the programme comes in) (.+)$",
    re.IGNORECASE,
)
Key = tuple[bool, str]  # not eligible; the period of the start, or never
Groups = Mapping[Key, float | None]  # units; None: held back


def told_by_plan_and_report(new: Path, old: Path, threshold: int) -> Iterator[tuple[str, str]]:
    """What both editions tell together, where one is a design note and the other is not: the table
    of the report, and a sentence."""
    plans = {folder: _labelled(folder / "downloads" / f"{PLANNED}.csv") for folder in (new, old)}
    if bool(plans[new]) == bool(plans[old]):
        return
    plan, report = (new, old) if plans[new] else (old, new)
    planned = {_planned_key(label): units for label, units in plans[plan].items()}
    for file in sorted((report / "downloads").glob("*-groups.csv")):
        analysed = _labelled(file)
        for words in _few_apart(planned, _under(planned, analysed), threshold):
            yield file.stem, words


def _few_apart(plan: Groups, report: Groups, threshold: int) -> Iterator[str]:
    gaps = {
        key: abs(units - left)
        for key, units in plan.items()
        if units is not None and (left := report.get(key)) is not None
    }
    for (_, start), gap in gaps.items():
        if 0 < gap < threshold:
            name = "those never treated" if start == NEVER else f"those who start in {start}"
            yield f"{name} are fewer than {threshold} more or fewer than in the design note"
    starts = [key for key in plan if key[1] != NEVER]
    if gaps.keys() >= {*starts} and all(gaps[key] >= threshold for key in starts):
        whole = [sum(float(of[key] or 0) for key in starts) for of in (plan, report)]
        if 0 < abs(whole[0] - whole[1]) < threshold:
            yield f"all who start are fewer than {threshold} more or fewer than in the design note"


def _labelled(file: Path) -> dict[str, float | None]:
    """Units by the label of their group; empty where there is no such table."""
    if not file.is_file():
        return {}
    frame = pd.read_csv(file, dtype=str, keep_default_na=False)
    if not {"group", "units"} <= {*frame.columns}:
        return {}
    cells = zip(frame["group"], frame["units"], strict=True)
    return {label: None if units == SUPPRESSED else float(units) for label, units in cells}


def _planned_key(label: str) -> Key:
    match = _STARTS.match(label)
    return (_is_other_side(label), match.group(2) if match else NEVER)


def _under(plan: Groups, analysed: Mapping[str, float | None]) -> dict[Key, float | None]:
    """The groups of a report under the keys of the plan: a label ends with its period."""
    made: dict[Key, float | None] = {}
    for label, units in analysed.items():
        side, plain = _is_other_side(label), label.removesuffix(", not eligible")
        ends = [start for _, start in plan if start != NEVER and plain.endswith(f" {start}")]
        if ends:
            made[side, max(ends, key=len)] = units
        elif any(words in label.casefold() for words in ("never", "no programme")):
            made[side, NEVER] = units
    return made


def _is_other_side(label: str) -> bool:
    return "not eligible" in label.casefold()
