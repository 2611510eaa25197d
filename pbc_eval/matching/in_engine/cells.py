"""Cells of similar covariates, made, counted and weighted in the engine.

    EngineRows, Coarsened or Exact ── cells_of ──▶ Cells ── weigh ──▶ the rows with pbc_w

A cell's people of one arm all weigh the same: as many of the target as are in the cell,
shared among them. Cells with people of one arm only have weight 0. What comes out is totals.

Source: as ``matching.coarsened`` and ``matching.assignment``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_

import numpy as np

from pbc_eval.agreement.matching_options import Coarsened, Exact
from pbc_eval.errors import DesignError
from pbc_eval.matching.coarsened import codes_of_groups, cuts_asked, inner_edges
from pbc_eval.matching.in_engine.columns import EngineColumn
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.sums import total
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.source import Table, Value, collect, keep, number

MOST_CUTS = 1_000  # of one covariate: each is a condition of the query
WIDEST = 2**60  # labels that one whole number tells apart


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cells:
    """``keys`` are expressions' names by which people are in one cell; ``table`` has them with what
    people of each arm weigh (pbc_t, pbc_c), only those with both arms. ``count`` of such cells;
    ``matched`` people of each arm in them."""

    codes: tuple[tuple[int, tuple[float, ...] | tuple[int, ...] | None], ...]
    keys: tuple[str, ...]
    table: Table
    held: Table  # what ``table`` is read from: the engine lets it go with this
    count: int
    matched: tuple[int, int]

    def weigh(self, rows: EngineRows, table: Table) -> Table:
        """``table``, of ``rows``, with the keys and each person's weight ``pbc_w``, sampling
        weights among it; 0 for those without a match."""
        keyed = _keyed(rows, table, self.codes)
        cells = self.table.rename({f"pbc_of_{name}": name for name in self.keys})
        on = [keyed[name] == cells[f"pbc_of_{name}"] for name in self.keys]
        joined = keyed.left_join(cells, on)
        share = (joined["pbc_d"] == 1.0).ifelse(joined["pbc_t"], joined["pbc_c"])
        weight = share.fill_null(number(0.0)) * rows.base(joined)
        return joined.mutate(pbc_w=weight).select(*table.columns, *self.keys, "pbc_w")


def cells_of(rows: EngineRows, by: Coarsened | Exact, estimand: str) -> Cells:
    """The cells that ``by`` asks for. Raises DesignError for rules that do not fit the covariates,
    and where nobody is in a cell with people of the other arm."""
    codes = _codes(rows, by)
    keyed = _keyed(rows, rows.table, codes)
    keys = tuple(name for name in keyed.columns if name.startswith("pbc_k"))
    d, b = keyed["pbc_d"], rows.base(keyed)
    sums = {"pbc_nt": d.sum(), "pbc_nc": (number(1.0) - d).sum()}
    if rows.sampling_weights:
        sums |= {"pbc_mt": (d * b).sum(), "pbc_mc": ((number(1.0) - d) * b).sum()}
    cells = keyed.group_by(list(keys)).aggregate(**sums)
    if not rows.sampling_weights:
        cells = cells.mutate(pbc_mt=cells["pbc_nt"], pbc_mc=cells["pbc_nc"])
    cells = keep(cells.filter((cells["pbc_nt"] > 0.0) & (cells["pbc_nc"] > 0.0)))
    target: Value = {
        "ATT": cells["pbc_mt"],
        "ATC": cells["pbc_mc"],
    }.get(estimand, cells["pbc_mt"] + cells["pbc_mc"])
    facts = total(
        cells,
        {
            "count": cells.count(),
            "nt": cells["pbc_nt"].sum(),
            "nc": cells["pbc_nc"].sum(),
            "raw_t": (cells["pbc_nt"] * target / cells["pbc_mt"]).sum(),
            "raw_c": (cells["pbc_nc"] * target / cells["pbc_mc"]).sum(),
        },
    )
    if not facts["count"]:
        raise DesignError(
            f"match: nobody found a match ({by.described('data')}). Widen the caliper, loosen the "
            "exact strata or cells, or look at the overlap of the two groups first."
        )
    weights = cells.mutate(
        pbc_t=target / cells["pbc_mt"] * number(facts["nt"] / facts["raw_t"]),
        pbc_c=target / cells["pbc_mc"] * number(facts["nc"] / facts["raw_c"]),
    ).select(*keys, "pbc_t", "pbc_c")
    return Cells(
        codes=codes,
        keys=keys,
        table=weights,
        held=cells,
        count=int(facts["count"]),
        matched=(int(facts["nt"]), int(facts["nc"])),
    )


def _codes(
    rows: EngineRows, by: Coarsened | Exact
) -> tuple[tuple[int, tuple[float, ...] | tuple[int, ...] | None], ...]:
    """Of each covariate by place: cut points (floats) of a number, the group of each level (whole
    numbers) of a text, or None where values count as they are."""
    if isinstance(by, Exact):
        return tuple((at, None) for at in range(len(rows.covariates)))
    texts = {rows.covariates[at]: "text" for at in rows.levels}
    cuts = cuts_asked(rows.covariates, texts, by.cutpoints, by.grouping)
    codes: list[tuple[int, tuple[float, ...] | tuple[int, ...] | None]] = []
    for at, name in enumerate(rows.covariates):
        if name in by.grouping:
            if name not in texts:
                raise DesignError(
                    f"match: grouping names {name!r}, a column of numbers, whose values are not "
                    f"listed out of an engine. Cut it (cutpoints: {{{name}: [...]}}), or make its "
                    "values labels (data.categories in a file)."
                )
            code = codes_of_groups(name, rows.levels[at], by.grouping[name])
            codes.append((at, tuple(code[text] for text in rows.levels[at])))
        elif name in texts:
            codes.append((at, None))
        else:
            column = next(c for c in rows.columns if c.at == at)
            edges = inner_edges(_InEngine(rows, column), cuts[name], name)
            if len(edges) > MOST_CUTS:
                raise DesignError(
                    f"match: {name!r} has {len(edges):,} cut points, and in an engine a covariate "
                    f"may have {MOST_CUTS:,}. Ask for fewer bins."
                )
            codes.append((at, tuple(map(float, edges))))
    return tuple(codes)


class _InEngine:
    """The distribution of a covariate whose values stay where they are."""

    def __init__(self, rows: EngineRows, column: EngineColumn) -> None:
        self.rows, self.column, self.n = rows, column, rows.n
        self.low, self.high = column.low, column.high

    def deviation(self) -> float:
        return self.column.spread * float(np.sqrt(self.n / (self.n - 1)))

    def quantiles(self, shares: Sequence[float]) -> Floats:
        """By the two values on either side, so that they are those of a frame to the last bit."""
        name = f"pbc_v{self.column.at}"
        places = [share * (self.n - 1) for share in shares]
        wanted = sorted({min(int(place) + step, self.n - 1) for place in places for step in (0, 1)})
        each = self.rows.table.group_by(name).aggregate(pbc_n=self.rows.table.count())
        line = each.mutate(pbc_to=each["pbc_n"].cumsum(order_by=each[name]).cast("int64"))
        first = line["pbc_to"] - line["pbc_n"]
        holds = [(first <= at) & (line["pbc_to"] > at) for at in wanted]
        few = collect(line.filter(reduce(or_, holds))).sort_values("pbc_to")
        where = np.searchsorted(few["pbc_to"].to_numpy(), wanted, side="right")
        value = dict(zip(wanted, few[name].to_numpy(float)[where], strict=True))
        answers = []
        for place in places:
            at = int(place)
            pair = [value[at], value[min(at + 1, self.n - 1)]]
            answers.append(np.quantile(pair, place - at))
        return np.array(answers)


def _keyed(
    rows: EngineRows,
    table: Table,
    codes: tuple[tuple[int, tuple[float, ...] | tuple[int, ...] | None], ...],
) -> Table:
    """``table`` with the columns pbc_k0, ... that agree where people are in one cell."""
    keys: list[Value] = []
    label, width = None, 1
    for at, code in codes:
        values = table[f"pbc_v{at}"]
        if code is None and at not in rows.levels:
            keys.append(values)  # a number as it is
            continue
        if at in rows.levels:
            size = len(rows.levels[at])
            wide = size if code is None else max(map(int, code)) + 1
            place = values.cast("int64")
            if code is not None:
                place = values.cases(*enumerate(map(int, code))).cast("int64")
        else:
            edges = [] if code is None else [float(edge) for edge in code]
            wide, place = len(edges) + 1, binned(values, edges, 0).cast("int64")
        if label is not None and width > WIDEST // wide:
            keys.append(label)
            label, width = None, 1
        label = place if label is None else label * wide + place
        width *= wide
    if label is not None:
        keys.append(label)
    return table.mutate(**{f"pbc_k{i}": key for i, key in enumerate(keys)})


def binned(values: Value, edges: list[float], first: int = 0) -> Value:
    """How many ``edges`` a value reaches, halving them, so that few are asked of each row."""
    if not edges:
        return values.isnull().ifelse(first, first)
    middle = len(edges) // 2
    return (values >= number(edges[middle])).ifelse(
        binned(values, edges[middle + 1 :], first + middle + 1),
        binned(values, edges[:middle], first),
    )
