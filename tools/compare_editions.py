"""Do two folders of reports publish the same numbers? Every results.json and CSV, value by value.

    python tools/compare_editions.py BEFORE AFTER

Numbers must be equal to the last digit; what is only in one of the two is listed. Texts that differ
are counted, and listed with ``--texts``. The exit code is 0 when no number moved and none is gone.
"""

import argparse
import csv
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LEFT_OUT = ("provenance",)  # of results.json: hashes of code and versions
MOVED_PLACES = (  # of results.json, since its format is stated: what stood there, where it stands
    (r"^payment_risk\[(\d+)\]\.(?!(?:scenario|effects|known|expected|low|high|chance_of_\w+)\b)",
     r"payment_risk[\1].effects."),
)  # fmt: skip
NOT_DATA = ("dictionary.csv", "disclosure-review.csv")  # of words about the other files


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("before", type=Path)
    asked.add_argument("after", type=Path)
    asked.add_argument("--texts", action="store_true", help="list texts that differ, too")
    given = asked.parse_args()
    before, after = values_of(given.before), values_of(given.after)
    gone = sorted(before.keys() - after.keys())
    new = sorted(after.keys() - before.keys())
    moved = [key for key in sorted(before.keys() & after.keys()) if before[key] != after[key]]
    numbers = [key for key in moved if is_number(before[key]) or is_number(after[key])]
    texts = [key for key in moved if key not in set(numbers)]
    numbers_gone = [key for key in gone if is_number(before[key])]
    for title, keys in (
        ("numbers that moved", numbers),
        ("numbers that are gone", numbers_gone),
        ("texts that differ", texts if given.texts else []),
    ):
        for key in keys:
            print(f"{title}: {key}: {before[key]!r} -> {after.get(key)!r}")
    print(
        f"{sum(map(is_number, before.values())):,} numbers before, "
        f"{sum(map(is_number, after.values())):,} after: {len(numbers)} moved, "
        f"{len(numbers_gone)} gone, {sum(is_number(after[key]) for key in new)} new; "
        f"{len(texts)} texts differ"
    )
    return 1 if numbers or numbers_gone else 0


def values_of(reports: Path) -> dict[str, Any]:
    """Every leaf of every results.json and cell of every CSV, by file and place."""
    values: dict[str, Any] = {}
    for edition in sorted(reports.glob("[!.]*/[!.]*/downloads")):
        name = edition.parent.relative_to(reports).as_posix()
        results = json.loads((edition / "results.json").read_text(encoding="utf-8"))
        kept = {key: part for key, part in results.items() if key not in LEFT_OUT}
        values |= {f"{name}: results.json: {now(place)}": leaf for place, leaf in leaves(kept)}
        for file in sorted(edition.glob("*.csv")):
            if file.name not in NOT_DATA:
                values |= {f"{name}: {file.name}: {k}": v for k, v in cells(file)}
    return values


def now(place: str) -> str:
    """Where a number of an older results.json stands today."""
    for before, after in MOVED_PLACES:
        place = re.sub(before, after, place)
    return place


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, f"{place}[{number}]")
    else:
        yield place, value


def cells(file: Path) -> Iterator[tuple[str, Any]]:
    with file.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream), start=2):
            for column, text in row.items():
                yield f"row {number}, {column}", as_number(text)


def as_number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


if __name__ == "__main__":
    sys.exit(main())
