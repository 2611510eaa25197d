"""Which part a column probably plays: by the words of its heading and by what it holds.

A guess, offered to a person as a first draft of the ``data`` block and marked as one; nothing that
is computed rests on it. Headings in English and Welsh.
"""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from pbc_eval.intake.inspection.profile import ColumnProfile
from pbc_eval.intake.table_cells import is_blank

Role = Literal["unit", "time", "cohort", "treatment", "outcome", "weight", "cluster"]
Shape = Literal["panel", "people", "unknown"]
WORDS: Mapping[Role, tuple[str, ...]] = MappingProxyType(
    {
        "unit": (
            "id", "ref", "reference", "code", "identifier", "urn", "ons", "uprn", "person",
            "participant", "client", "pupil", "patient", "case", "firm", "school", "hospital",
            "provider", "site", "area", "ward", "council", "practice", "authority", "la", "lad",
            "district", "region", "country",
            "cod", "cyfeirnod", "ardal", "awdurdod", "unigolyn", "ysgol", "ysbyty", "rhanbarth",
        ),
        "time": (
            "month", "year", "quarter", "week", "date", "period", "wave", "time", "day", "term",
            "mis", "blwyddyn", "chwarter", "wythnos", "dyddiad", "cyfnod", "ton",
        ),
        "cohort": (
            "start", "started", "begin", "began", "first", "launch", "launched", "rollout",
            "implementation", "live", "cohort", "joined", "adopted", "dechrau", "cychwyn", "lansio",
        ),
        "treatment": (
            "treated", "treat", "treatment", "intervention", "programme", "program", "service",
            "participated", "enrolled", "offered", "drawn", "allocated", "assigned", "randomised",
            "arm", "group", "triniaeth", "rhaglen", "gwasanaeth",
        ),
        "outcome": (
            "outcome", "rate", "score", "earnings", "income", "employed", "employment", "hours",
            "attainment", "attendance", "reconvicted", "reoffended", "reoffending", "convicted",
            "admissions",
            "readmissions", "neet", "claims", "crises", "days", "spend", "cost", "result",
            "canlyniad", "cyfradd", "sgor", "enillion", "cyflogaeth", "presenoldeb",
        ),
        "weight": ("population", "weight", "denominator", "number", "count", "people", "pupils",
                   "discharges", "caseload", "cohort size", "poblogaeth", "pwysau", "nifer"),
        "cluster": ("region", "cluster", "site", "school", "lad", "county", "rhanbarth", "clwstwr"),
    }
)  # fmt: skip
AFTER = ("12m", "12 month", "after", "post", "follow", "1978", "outcome", "final", "end")
FEWEST_CLUSTERS = 20  # with fewer, errors by cluster are not to be trusted: none is offered
ALMOST_ALL = 0.9  # of rows: unit and time name them, and a few are repeated by mistake
BEFORE = ("before", "prior", "previous", "baseline", "pre", "at start", "at release", "age")


class Parts(NamedTuple):
    """What the rows are, the column of each role that one fits, and likely covariates."""

    shape: Shape
    roles: dict[Role, str]
    covariates: tuple[str, ...]


def roles_of(columns: Sequence[ColumnProfile], values: Mapping[str, Sequence[Any]]) -> Parts:
    """The shape of the data, a column for each role that one fits, and likely covariates."""
    times = [c for c in columns if c.kind == "time" and not _sparse(c)]
    roles: dict[Role, str] = {}
    unit = _unit(columns, times, values)
    if unit is None:
        return Parts("unknown", roles, ())
    roles["unit"] = unit.name
    one_row_each = unit.distinct == unit.rows
    left = [c for c in columns if c.name != unit.name]
    if one_row_each:
        shape: Shape = "people"
        _put(roles, "treatment", [c for c in left if _binary(c)])
    else:
        shape = "panel"
        _put(roles, "time", [c for c in left if timely(c) and _with_unit(unit, c, values)])
        taken = set(roles.values())
        starts = [c for c in left if c.name not in taken and timely(c, may_be_sparse=True)]
        _put(roles, "cohort", [c for c in starts if _constant(unit, c, values)])
    taken = set(roles.values())
    numeric = [c for c in left if c.name not in taken and _measured(c)]
    if shape == "panel":
        moving = [c for c in numeric if not _constant(unit, c, values)]
        sized = [c for c in numeric if _score(c, "weight") and not c.percent]
        measured = [c for c in moving or numeric if c not in sized] or moving or numeric
        _put(roles, "outcome", measured, at_least=0)
        _put(roles, "weight", [c for c in sized if c.name not in roles.values()])
        _put(roles, "cluster", [c for c in left if _clusters(unit, c, values, roles)])
        return Parts(shape, roles, ())
    measured = [c for c in numeric if _time_sense(c) >= 0]
    _put(roles, "outcome", sorted(measured, key=_time_sense, reverse=True), at_least=0)
    taken = set(roles.values())
    usable = [c for c in left if c.name not in taken and c.kind != "empty" and _usable(c)]
    return Parts(shape, roles, tuple(column.name for column in usable))


def _put(
    roles: dict[Role, str], role: Role, among: Sequence[ColumnProfile], at_least: int = 1
) -> None:
    """The best named of the columns; the first of equally good ones. ``at_least`` 0: even one whose
    heading says nothing, if it comes first."""
    best = max(among, key=lambda c: _score(c, role), default=None)
    if best is not None and _score(best, role) >= at_least:
        roles[role] = best.name


def _score(column: ColumnProfile, role: Role) -> int:
    words = set(re.findall(r"[a-zâêîôûŵŷ0-9]+", column.heading.lower()))
    return len(words & set(WORDS[role]))


def _unit(
    columns: Sequence[ColumnProfile],
    times: Sequence[ColumnProfile],
    values: Mapping[str, Sequence[Any]],
) -> ColumnProfile | None:
    """Each value once in all, or once a period; an identifier before a name."""
    fit = []
    for column in columns:
        if column.missing or column.kind in ("time", "yes or no", "empty") or column.distinct < 2:
            continue
        whole = column.kind == "text" or all(
            isinstance(v, int) or str(v).isdigit() for v in values[column.name][:50]
        )
        alone = column.distinct == column.rows
        by_time = [t for t in columns if timely(t) and _with_unit(column, t, values)]
        if whole and (alone or by_time) and (_score(column, "unit") or column.kind == "text"):
            fit.append((bool(by_time or not times), _score(column, "unit"), column))
    best = max(fit, key=lambda entry: entry[:2], default=None)
    return None if best is None else best[2]


def _with_unit(
    unit: ColumnProfile, time: ColumnProfile, values: Mapping[str, Sequence[Any]]
) -> bool:
    """Do unit and time together name a row, and neither alone?"""
    if unit.name == time.name or time.distinct < 2 or unit.distinct == unit.rows:
        return False
    pairs = list(zip(values[unit.name], values[time.name], strict=True))
    return len(set(pairs)) >= ALMOST_ALL * len(pairs)


def _constant(
    unit: ColumnProfile, column: ColumnProfile, values: Mapping[str, Sequence[Any]]
) -> bool:
    seen: dict[Any, Any] = {}
    for who, value in zip(values[unit.name], values[column.name], strict=True):
        given = None if is_blank(value) else value
        if seen.setdefault(who, given) != given:
            return False
    return True


def timely(column: ColumnProfile, *, may_be_sparse: bool = False) -> bool:
    """May it be the column of periods, or, with gaps, of starts?"""
    if column.missing and not may_be_sparse:
        return False
    if column.kind == "time":
        return True
    ends = (column.low, column.high)
    years = column.kind == "number" and all(at.isdigit() and 1900 <= int(at) <= 2100 for at in ends)
    return years and bool(_score(column, "time") or _score(column, "cohort"))


def _sparse(column: ColumnProfile) -> bool:
    return column.missing > 0


def _binary(column: ColumnProfile) -> bool:
    return not column.missing and (
        column.kind == "yes or no" or (column.kind == "number" and column.distinct == 2
                                       and {column.low, column.high} == {"0", "1"})
    )  # fmt: skip


def _measured(column: ColumnProfile) -> bool:
    return column.kind in ("number", "number as text", "yes or no") and column.distinct > 1


def _clusters(
    unit: ColumnProfile,
    column: ColumnProfile,
    values: Mapping[str, Sequence[Any]],
    roles: Mapping[Role, str],
) -> bool:
    fewer = FEWEST_CLUSTERS <= column.distinct <= unit.distinct / 2
    free = column.name not in roles.values() and column.kind == "text" and not column.missing
    return fewer and free and _constant(unit, column, values)


def _time_sense(column: ColumnProfile) -> int:
    """Above 0 where the heading speaks of afterwards, below where of before."""
    text = column.heading.lower()
    after = any(word in text for word in AFTER) or _score(column, "outcome") > 0
    before = any(word in text for word in BEFORE)
    return 2 * any(word in text for word in AFTER) + after - 3 * before


def _usable(column: ColumnProfile) -> bool:
    """May it be a covariate? Words of which nearly each row has its own are names."""
    return column.kind != "text" or column.distinct <= max(20, column.rows // 20)
