"""One edition beside another: what neither tells alone, both may tell together.

A new edition is compared with every other published edition of the same evaluation, cell by cell,
from what readers have: the CSV files and the record of the disclosure review in ``downloads``.
Refused is what a reader could do with them:

- look a count up in the one that is held back in the other;
- take two counts of the same cell from each other and find the few who came or left;
- do the same with what is left of a total when all that is published is taken off it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.planned_groups import told_by_plan_and_report
from pbc_eval.disclosure.record import SUPPRESSED
from pbc_eval.errors import DisclosureError
from pbc_eval.provenance import MANIFEST, review_record
from pbc_eval.results_file import RESULTS, read_results_file

REMEDY = (
    "Hold the same cells back, publish wider groups or rounded counts; or have somebody look at it "
    "who answers for it under publication.disclosure.reviewed, with the output as named above."
)
Key = tuple[str, ...]  # labels of a row, and its number among those with the same labels


@dataclass(frozen=True, slots=True)
class _Column:
    """One column of counts: published ones by row, rows that are held back, and the total."""

    table: str
    name: str
    published: dict[Key, float]
    hidden: frozenset[Key]
    total: float | None

    @property
    def rest(self) -> float | None:
        """What the rows that are held back add up to; None when it cannot be known."""
        if self.total is None or not self.hidden:
            return None
        return self.total - sum(self.published.values())


@dataclass(frozen=True, slots=True)
class _Edition:
    name: str
    base: int
    columns: dict[tuple[str, str], _Column] = field(default_factory=dict)


def refuse_differencing(
    edition: Path,
    others: Path,
    rule: DisclosureRule,
    related: Sequence[Path] = (),
    replaced: Sequence[Path] = (),
) -> None:
    """Raise DisclosureError if an edition, with one published before, tells what neither may tell.

    ``edition`` is the folder of the new one; ``others`` that of all editions of the evaluation;
    ``related`` are editions about the same people under other names, whose tables and rows are
    compared by their kind and place. ``replaced`` is what readers have had under its own name:
    that it tells more than the new one is no harm that the new one does. Editions without a record
    of their review tell no counts and are not compared, but for the groups of a design note.
    """
    if not rule.protects:
        return
    problems = _beside_the_plan(edition, others, rule, related)
    new = _read(edition, edition)
    if new is None:
        manifest = edition / MANIFEST
        facts = json.loads(manifest.read_text(encoding="utf-8")) if manifest.is_file() else {}
        _refuse(str(facts.get("edition", edition.name)), problems)
        return
    for manifest in sorted(others.glob(f"[!.]*/{MANIFEST}")):
        if manifest.parent.name == new.name:
            continue
        old = _read(manifest.parent, edition)
        if old is None:
            continue
        problems += _problems(new, old, rule)
    for folder in replaced:
        before = _read(folder, edition)
        if before is not None:
            problems += _problems(new, before, rule, replaces=True)
    placed = _read_by_place(edition, new.name) if related else None
    for folder in related:
        under_other_names = _read_by_place(folder, f"{folder.parent.name}/{folder.name}")
        if placed is not None and under_other_names is not None:
            problems += _problems(placed, under_other_names, rule)
    _refuse(new.name, problems)


def _refuse(name: str, problems: Sequence[str]) -> None:
    if problems:
        raise DisclosureError(
            f"Edition {name}: beside what was published before, it would tell counts that are "
            "too small or held back.\n" + "\n".join(dict.fromkeys(problems)) + f"\n{REMEDY}"
        )


def _beside_the_plan(
    edition: Path, others: Path, rule: DisclosureRule, related: Sequence[Path]
) -> list[str]:
    """What a design note and a report tell together that nobody answers for, a line each."""
    if not rule.of_units.protects:
        return []
    published = [file.parent for file in sorted(others.glob(f"[!.]*/{MANIFEST}"))]
    together = [
        (f"{table}@{folder.name}", words)
        for folder in (*published, *related)
        for table, words in told_by_plan_and_report(edition, folder, rule.threshold)
    ]
    return [
        f"  {output}: {words}." for output, words in together if rule.reviewer_of(output) is None
    ]


def _problems(
    new: _Edition, old: _Edition, rule: DisclosureRule, *, replaces: bool = False
) -> list[str]:
    """What both tell together that nobody answers for, a line each."""
    return [
        f"  {output}: {words}"
        for output, words in _told_together(new, old, rule.threshold, replaces=replaces)
        if rule.reviewer_of(output) is None
        and not (rule.counts == "bodies" and output.startswith("results@"))
    ]


def _told_together(
    new: _Edition, old: _Edition, threshold: int, *, replaces: bool = False
) -> Iterator[tuple[str, str]]:
    """Each output of the old edition, ``table@edition``, with what it tells beside the new one."""
    here = "this run" if replaces else new.name
    named = here if replaces else f"edition {new.name}"
    rounded = new.base > 1 and new.base == old.base  # differences of rounded counts tell nothing
    for place in sorted(new.columns.keys() & old.columns.keys()):
        newer, older = new.columns[place], old.columns[place]
        output = f"{newer.table}@{old.name}"
        common = newer.published.keys() & older.published.keys()
        apart = {key: abs(newer.published[key] - older.published[key]) for key in sorted(common)}
        everything_changed = bool(apart) and all(gap >= threshold for gap in apart.values())
        for hidden, published, where in (
            (newer.hidden, older.published, f"edition {old.name} and held back in {here}"),
            (older.hidden, newer.published, f"{named} and held back in {old.name}"),
        ):
            if everything_changed or (replaces and published is older.published):
                continue
            for key in sorted(hidden & published.keys()):
                yield output, f"{_words(key, newer)} is published in {where}."
        if rounded:
            continue
        for key, gap in apart.items():
            if 0 < gap < threshold:
                yield (
                    output,
                    f"{_words(key, newer)} differs by fewer than {threshold} from edition "
                    f"{old.name}: the few who came or left.",
                )
        if _few_apart(newer.rest, older.rest, threshold):
            yield (
                output,
                f"the rows of {newer.name} that are held back add up to nearly what they did in "
                f"edition {old.name}: fewer than {threshold} came or left.",
            )


def _few_apart(first: float | None, second: float | None, threshold: int) -> bool:
    return first is not None and second is not None and 0 < abs(first - second) < threshold


def _words(key: Key, column: _Column) -> str:
    return f"{', '.join(key[:-1])}, {column.name}"


def _read(folder: Path, described: Path) -> _Edition | None:
    """The counts of a published folder; tables are as the record in ``described`` says."""
    record = review_record(described)
    if record is None:
        return None
    own = review_record(folder) or {}
    edition = _Edition(name=str(own.get("edition", folder.name)), base=int(own.get("base", 1)))
    for table, shape in record["tables"].items():
        file = folder / "downloads" / f"{table}.csv"
        if not file.is_file() or not shape.get("threshold", 1):  # it counts bodies, and shows them
            continue
        frame = pd.read_csv(file, dtype=str, keep_default_na=False)
        labels = [name for name in shape["labels"] if name in frame]
        totals = own.get("tables", {}).get(table, {}).get("totals", {})
        for column in (name for name in shape["counts"] if name in frame):
            edition.columns[table, column] = _column(frame, table, column, labels, totals)
    for key, headline in _headlines(folder):
        edition.columns[key] = headline
    return edition


def _read_by_place(folder: Path, name: str) -> _Edition | None:
    """The counts of a published folder, each table by its kind and the place of its outcome, each
    row by its place: what it is called does not matter."""
    record, file = review_record(folder), folder / RESULTS
    if record is None or not file.is_file():
        return None
    results = read_results_file(file, f"Edition {name}")
    outcomes = [outcome.id for outcome in results.outcomes]
    places = {f"{each}-": f"outcome {n}: " for n, each in enumerate(outcomes, start=1)}
    measures = [measure.id for measure in results.performance or ()]
    places |= {f"performance-{each}": f"measure {n}" for n, each in enumerate(measures, start=1)}
    edition = _Edition(name=name, base=int(record.get("base", 1)))
    for table, shape in record["tables"].items():
        csv = folder / "downloads" / f"{table}.csv"
        if not csv.is_file() or not shape.get("threshold", 1):
            continue
        frame = pd.read_csv(csv, dtype=str, keep_default_na=False)
        kind = next((to + table[len(own) :] for own, to in places.items() if table.startswith(own)),
                    table)  # fmt: skip
        rows = frame.assign(place=[f"row {n} of {len(frame)}" for n in range(1, len(frame) + 1)])
        for column in (c for c in shape["counts"] if c in frame):
            totals = shape.get("totals", {})
            edition.columns[kind, column] = _column(rows, kind, column, ["place"], totals)
    for key, headline in _headlines(folder):
        by_place: dict[Key, float] = {(f"outcome {n}", "1"): headline.published[each, "1"]
                    for n, each in enumerate(outcomes, start=1)
                    if (each, "1") in headline.published}  # fmt: skip
        edition.columns[key] = _Column(*key, by_place, frozenset(), None)
    return edition


def _column(
    frame: pd.DataFrame, table: str, column: str, labels: list[str], totals: dict[str, float]
) -> _Column:
    published: dict[Key, float] = {}
    hidden: set[Key] = set()
    seen: dict[Key, int] = {}
    for row in range(len(frame)):
        label = tuple(str(frame[name].iloc[row]) for name in labels)
        seen[label] = seen.get(label, 0) + 1
        key, text = (*label, str(seen[label])), str(frame[column].iloc[row])
        if text == SUPPRESSED:
            hidden.add(key)
        elif text:
            published[key] = float(text)
    total = totals.get(column)
    return _Column(
        table, column, published, frozenset(hidden), None if total is None else float(total)
    )


def _headlines(folder: Path) -> Iterator[tuple[tuple[str, str], _Column]]:
    """The people behind each headline, as results.json tells them."""
    file = folder / RESULTS
    if not file.is_file():
        return
    outcomes = read_results_file(file, f"Edition {folder.name}").outcomes
    for column in ("n_treated", "n_comparison"):
        published: dict[Key, float] = {
            (outcome.id, "1"): float(getattr(outcome, column))
            for outcome in outcomes
            if getattr(outcome, column)
        }
        yield ("results", column), _Column("results", column, published, frozenset(), None)
