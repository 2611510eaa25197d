"""An evaluator's own tables and figures: registered, then released by the rule like any other.

Whoever adds a table says what each column is and, of columns that count people, what rests on them.
A number about people that stands on no stated count cannot be looked at by any rule and does not
go out. Totals are taken as known to the reader; shares of yes and no are counts in disguise and are
protected as such; counts that lie next to those of other tables are in doubt, or refused where the
other table holds something back.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import get_args

import numpy as np
import pandas as pd

from pbc_eval._validate import did_you_mean, first_few
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.record import OutputReview, ReleasedEvaluation, ReleasedTable
from pbc_eval.disclosure.review import NO_PEOPLE, refuse_unfit_outputs, review_table
from pbc_eval.disclosure.stated import few_in_texts
from pbc_eval.disclosure.tables import release_open_table, release_table
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.record import Kind, OutputTable
from pbc_eval.numerics.published import published

KINDS: tuple[Kind, ...] = get_args(Kind)
PREFIX = "own-"  # so that no outcome's table has the name of somebody's own
LONGEST_NAME = 48
NEAR_A_COUNT = 1e-6  # a mean of yes and no times its number is a whole number to this share of it
_NO_HEAD_COUNT: frozenset[Kind] = frozenset({"text", "p_value"})

People = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnTable:
    """A table as its author registers it.

    ``kinds`` says how each column of numbers is written: count, share, level, effect, number,
    money, p_value, ... ``people`` maps each column that counts people to the columns that rest on
    it: means of them, shares of them; an empty one says that the table counts no people.
    ``rows_share_people``: rows are groups that overlap, so that no total follows from them.
    """

    caption: str
    frame: pd.DataFrame
    people: People | None
    name: str = ""
    kinds: Mapping[str, Kind] | None = None
    headers: Mapping[str, str] | None = None
    notes: Sequence[str] = ()
    decimals: int = 1
    rows_share_people: bool = False

    @property
    def full_name(self) -> str:
        """The name of its file: what it is called, else what its caption begins with."""
        slug = re.sub(r"[^a-z0-9]+", "-", (self.name or self.caption).casefold()).strip("-")
        return PREFIX + slug[:LONGEST_NAME].strip("-")


def with_own_table(
    released: ReleasedEvaluation, own: OwnTable
) -> tuple[ReleasedEvaluation, ReleasedTable]:
    """The evaluation with one more released table, and that table.

    Raises DisclosureError for what is not registered (a column without its kind, numbers about
    people that rest on no stated count), for a table from which a small count could be worked out,
    and for one that has the name of another; the caller's frame is left as it is.
    """
    table = _registered(own, released)
    rule = released.rule
    if table.counts_people:
        shown = _without_implied(release_table(table, rule), table)
        shown = _with_neighbours(shown, released, rule)
        review = review_table(shown, rule)
    else:
        shown = release_open_table(table)
        review = OutputReview(
            output=shown.name, kind="table", status="pass", reason=NO_PEOPLE, rule=NO_PEOPLE
        )
    refuse_unfit_outputs([review], released.spec)
    shown = published(shown)
    every = replace(released, tables=(*released.tables, shown), reviews=(*released.reviews, review))
    return every, shown


def with_own_figure(
    released: ReleasedEvaluation, own: OwnTable
) -> tuple[ReleasedEvaluation, pd.DataFrame]:
    """The evaluation with the review of a figure whose data are ``own``, and these as released.

    A figure that somebody drew shows all of its data, so it goes out only where nothing in them is
    held back. Raises DisclosureError where something is, and as ``with_own_table``.
    """
    with_data, table = with_own_table(released, own)
    if table.n_suppressed:
        raise DisclosureError(
            f"{table.name}: the figure was drawn before release, and {table.n_suppressed} cells of "
            "its data may not be told. Show the table (report.table), and draw the figure from "
            "what that returns: its .frame."
        )
    review = replace(
        with_data.reviews[-1],
        kind="figure",
        reason="drawn by the authors; the data that they state behind it were released",
    )
    reviews = (*with_data.reviews[:-1], review)
    return replace(with_data, reviews=reviews), table.frame


def _registered(own: OwnTable, released: ReleasedEvaluation) -> OutputTable:
    """The table as the rule needs it, or every reason why it cannot be registered."""
    frame = own.frame.reset_index(drop=True)
    name = own.full_name
    problems = list(_problems(own, frame, name, released))
    if problems:
        raise DisclosureError(
            f"{name}: this table is not registered, and was not released.\n"
            + "\n".join(f"  {problem}" for problem in problems)
        )
    people = {count: tuple(governed) for count, governed in (own.people or {}).items()}
    kinds = _kinds(own, frame)
    headers = {str(c): str((own.headers or {}).get(str(c), c)) for c in frame.columns}
    if not people:
        return OutputTable(
            name=name,
            caption=own.caption,
            frame=frame,
            kinds=kinds,
            headers=headers,
            notes=tuple(own.notes),
            decimals=own.decimals,
            counts_people=False,
        )
    frame, people = _with_implied(frame, people, kinds)
    return OutputTable(
        name=name,
        caption=own.caption,
        frame=frame,
        kinds=kinds,
        headers=headers,
        governed_by=people,
        notes=tuple(own.notes),
        decimals=own.decimals,
        adds_up="not" if own.rows_share_people else "to_a_total",
        counts_always=True,
    )


def _kinds(own: OwnTable, frame: pd.DataFrame) -> dict[str, Kind]:
    kinds = dict(own.kinds or {})
    for column in map(str, frame.columns):
        if column not in kinds:
            kinds[column] = "count" if column in (own.people or {}) else "text"
    return {str(column): kinds[str(column)] for column in frame.columns}


def _problems(
    own: OwnTable, frame: pd.DataFrame, name: str, released: ReleasedEvaluation
) -> Iterator[str]:
    columns = [str(column) for column in frame.columns]
    if not own.caption.strip():
        yield "it has no caption. Say in one line what it shows."
    if frame.empty or len(set(columns)) < len(columns):
        yield "it has no rows, or two columns of one name. Give each row and column once."
        return
    if any(table.name == name for table in released.every_table) or any(
        review.output == name for review in released.reviews
    ):
        yield f"{name!r} is the name of another output. Give it its own: name='...'."
    given = [*(own.kinds or {}), *(own.headers or {}), *(own.people or {})]
    given += [column for governed in (own.people or {}).values() for column in governed]
    for column in dict.fromkeys(given):
        if column not in columns:
            yield f"there is no column {column!r}.{did_you_mean(column, columns)}"
    for column, kind in (own.kinds or {}).items():
        if kind not in KINDS:
            yield (
                f"kinds: {column!r} is {kind!r}, which must be one of {', '.join(KINDS)}."
                f"{did_you_mean(str(kind), KINDS)}"
            )
    numbers = [str(c) for c in frame.columns if pd.api.types.is_numeric_dtype(frame[c])]
    unsaid = [c for c in numbers if c not in (own.kinds or {}) and c not in (own.people or {})]
    if unsaid:
        yield (
            f"nothing says what {first_few(unsaid)} {'is' if len(unsaid) == 1 else 'are'}. Say it: "
            f"kinds={{{unsaid[0]!r}: 'share'}}, or count, level, number, money, ..."
        )
    if own.people is None:
        yield (
            "nothing says whether it counts people. Say which column does and what rests on it: "
            "people={'n': ['share']}; or people={} where it is about no people."
        )
        return
    texts = [own.caption, *own.notes, *(own.headers or {}).values()]
    texts += [str(value) for c in columns if c not in numbers for value in frame[c]]
    units = released.spec.data.unit_name[1:] if released.spec.data else ()
    few = few_in_texts(texts, released.rule, tuple(units))
    if few and released.rule.reviewer_of("words") is None:
        yield f"its words tell of few people ({first_few(few)}). Change them."
    if not set(own.people) - set(columns) and own.people:
        yield from _problems_of_people(own, frame, numbers, released.rule)


def _problems_of_people(
    own: OwnTable, frame: pd.DataFrame, numbers: Sequence[str], rule: DisclosureRule
) -> Iterator[str]:
    people = own.people or {}
    resting = {column for governed in people.values() for column in governed}
    kinds = own.kinds or {}
    loose = [
        column
        for column in numbers
        if column not in people
        and column not in resting
        and kinds.get(column, "number") not in _NO_HEAD_COUNT
    ]
    if loose:
        first = next(iter(people))
        yield (
            f"nothing says on how many people {first_few(loose)} rest"
            f"{'s' if len(loose) == 1 else ''}, and what cannot be registered is not released. "
            f"Name the count: people={{{first!r}: [{', '.join(map(repr, loose))}]}}."
        )
    counts = {}
    for column in people:
        values = pd.to_numeric(frame[column], errors="coerce").to_numpy(float)
        if np.isnan(values).any() or (values < 0).any() or (values != np.round(values)).any():
            yield f"{column!r} must count people in every row: whole numbers from 0."
        else:
            counts[column] = values
    if not rule.protects:
        return
    for column, values in counts.items():
        if len(values) > 2 and any(v > 0 and v == values.sum() - v for v in values):
            yield (
                f"a row of {column!r} is the sum of the others. Leave it out: it is a total, and "
                "tells what is held back of the others."
            )
    for size in (2, 3):
        for whole, parts in (
            (c, some) for some in combinations(counts, size) for c in counts if c not in some
        ):
            if np.array_equal(counts[whole], sum(counts[part] for part in parts)):
                yield (
                    f"{whole!r} is the sum of {', '.join(map(repr, parts))} in every row. Leave it "
                    "out: it tells what is held back of them."
                )


def _with_implied(
    frame: pd.DataFrame, people: dict[str, tuple[str, ...]], kinds: Mapping[str, Kind]
) -> tuple[pd.DataFrame, dict[str, tuple[str, ...]]]:
    """The counts that shares of yes and no tell: how many have the trait and how many lack it, as
    columns that are never shown and take the share along."""
    frame, governed = frame.copy(), dict(people)
    for count, columns in people.items():
        n = pd.to_numeric(frame[count]).to_numpy(float)
        for column in columns:
            if column in people or kinds[column] in _NO_HEAD_COUNT:
                continue
            share = pd.to_numeric(frame[column], errors="coerce").to_numpy(float)
            if not _is_share_of(share, n):
                continue
            have, lack = f"{column}: of {count} have it", f"{column}: of {count} lack it"
            frame[have] = np.nan_to_num(np.round(share * n))
            frame[lack] = np.where(np.isnan(share), 0.0, n - frame[have])
            governed[have], governed[lack] = (column, lack), (column, have)
            governed[count] = (*governed[count], have, lack)
    return frame, governed


def _is_share_of(share: np.ndarray, n: np.ndarray) -> bool:
    known = ~np.isnan(share)
    if not known.any() or (share[known] < 0).any() or (share[known] > 1).any():
        return False
    times = share[known] * n[known]
    whole = np.abs(times - np.round(times)) <= NEAR_A_COUNT * np.maximum(n[known], 1.0)
    rounded = np.abs(share[known] - np.round(share[known], 3)) < NEAR_A_COUNT  # to a tenth of a %
    return bool((whole | rounded).all())


def _without_implied(shown: ReleasedTable, table: OutputTable) -> ReleasedTable:
    """The released table without the columns that were never to be shown."""
    kept = [column for column in shown.frame.columns if column in table.kinds]
    frame = shown.frame[kept]
    suppressed = int((frame == "[c]").sum().sum())
    return replace(
        shown,
        frame=frame,
        counts=tuple(column for column in shown.counts if column in kept),
        n_suppressed=suppressed,
        totals={column: total for column, total in shown.totals.items() if column in kept},
    )


def _with_neighbours(
    shown: ReleasedTable, released: ReleasedEvaluation, rule: DisclosureRule
) -> ReleasedTable:
    """What the counts of other outputs tell with those of this one, by their differences."""
    if not rule.protects:
        return shown
    own = _counts_of(shown)
    doubts, faults = list(shown.doubts), list(shown.faults)
    for table in released.every_table:
        if not table.counts:
            continue
        others = _counts_of(table)
        apart = sorted({(a, b) for a in own for b in others if 0 < abs(a - b) < rule.threshold})
        if not apart:
            continue
        cells = ", ".join(f"{a:,.0f} and {b:,.0f}" for a, b in apart[:3])
        if table.n_suppressed or shown.n_suppressed:
            words = f"its counts differ by few from those of {table.name}, and one of the two "
            faults.append((words + "holds a count back that their difference may tell", cells))
        else:
            words = f"its counts differ by fewer than {rule.threshold} from those of {table.name}"
            doubts.append((words, cells))
    return replace(shown, doubts=tuple(dict.fromkeys(doubts)), faults=tuple(dict.fromkeys(faults)))


def _counts_of(table: ReleasedTable) -> set[float]:
    values: set[float] = set()
    for column in table.counts:
        numbers = pd.to_numeric(table.frame[column], errors="coerce").dropna()
        values |= {float(v) for v in numbers if v == round(v)}
    return values
