"""Units that are written in several ways: 'H001' in one file and 'H001 ' in the next are one unit.

Taken as they are written, each of the two lacks the other's periods, and both leave the sample or
count as two. Identifiers in which case matters are told apart by being seen at the same time.
"""

from pbc_eval._validate import first_few, refuse_written_twice
from pbc_eval.errors import DataError
from pbc_eval.panel.source import Table, collect
from pbc_eval.panel.unit_rows import Roles

MOST_NAMED = 3
MOST_CLUSTERS = 100_000  # names that are looked at one by one


def refuse_units_written_twice(wide: Table, n_periods: int, owner: str) -> None:
    """Refuse units whose identifiers differ in spaces around them or in case only, where no two of
    them have an outcome in the same period. ``wide`` holds u, y0 ... Raises DataError."""
    if not wide.u.type().is_string():
        return
    key = wide.u.strip().lower()
    counted = collect(wide.aggregate(units=wide.u.nunique(), names=key.nunique())).iloc[0]
    if int(counted["units"]) == int(counted["names"]):
        return
    seen = {f"s{at}": wide[f"y{at}"].notnull().ifelse(1, 0).sum() for at in range(n_periods)}
    ways = wide.group_by(key=key).aggregate(
        n=wide.u.nunique(), one=wide.u.min(), other=wide.u.max(), **seen
    )
    apart = ways.n > 1
    for name in seen:
        apart &= ways[name] <= 1
    ways = ways.filter(apart)
    total = int(collect(ways.aggregate(n=ways.count()))["n"].iloc[0])
    if not total:
        return
    few = collect(ways.order_by("key").select("one", "other").limit(MOST_NAMED))
    named = first_few(f"{a!r} and {b!r}" for a, b in zip(few["one"], few["other"], strict=True))
    more = "" if total <= MOST_NAMED else f" and {total - MOST_NAMED:,} more"
    units = "1 unit is" if total == 1 else f"{total:,} units are"
    raise DataError(
        f"{owner}: {units} written in several ways, which differ in spaces or case only and are "
        f"never seen in the same period: {named}{more}. Write each in one way; where they are "
        "different units, give them names that differ in more."
    )


def refuse_clusters_written_twice(rows: Table, roles: Roles, owner: str) -> None:
    """Refuse a cluster whose name is written in several ways: it would count as several, and
    errors come out too small. ``rows`` hold k. Raises DataError."""
    if roles.cluster in (None, roles.unit) or not rows.k.type().is_string():
        return
    counted = collect(rows.aggregate(ways=rows.k.nunique(), names=rows.k.strip().lower().nunique()))
    if int(counted["ways"].iloc[0]) == int(counted["names"].iloc[0]):
        return
    names = collect(rows.select("k").distinct().limit(MOST_CLUSTERS))
    refuse_written_twice(owner, roles.cluster, names["k"])
