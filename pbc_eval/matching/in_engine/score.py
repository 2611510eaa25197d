"""The propensity score by iteratively reweighted least squares over rows that stay in an engine.

    EngineRows ── fit_in_engine ──▶ EngineScore ── .chance(table) ──▶ a column

Each step of Newton's method is one query: the log-likelihood, its gradient and its Hessian are sums
over people. Loop, tolerance and the rule for columns that add nothing are those of a fit in memory
(``matching.propensity``), and so are its coefficients but for rounding.

Source: McCullagh & Nelder (1989), chapter 2; as ``matching.propensity``.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from pbc_eval.errors import DesignError
from pbc_eval.matching.in_engine.columns import EngineColumn, laid_out
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.sums import ARMS, count, linear, products, total, within_reach
from pbc_eval.matching.ledger import by_arm
from pbc_eval.matching.propensity import STEP_TOLERANCE, not_fitted
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names
from pbc_eval.numerics.arrays import Floats
from pbc_eval.numerics.collinearity import CONSTANT, dependent_columns
from pbc_eval.numerics.logit import NoMaximum, climb
from pbc_eval.panel.source import Table, Value, number


class _Here(NamedTuple):
    log_likelihood: float
    gradient: Floats
    hessian: Floats

    def slope(self) -> Floats:
        return self.gradient

    def information(self) -> Floats:
        return self.hessian


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EngineScore:
    """A fitted logistic score. ``columns`` are those in it, ``coefficients`` (k + 1,) theirs on the
    scale of ``EngineColumn.scaled``, the intercept first; ``aliased`` names columns left out."""

    columns: tuple[EngineColumn, ...]
    coefficients: Floats
    aliased: tuple[str, ...]
    steps: int

    def design(self, table: Table) -> list[Value]:
        """The intercept and the columns, as they were fitted, of what ``scored`` gives."""
        return [number(1.0), *(table[f"pbc_x{j}"] for j in range(len(self.columns)))]

    def scored(self, table: Table) -> Table:
        """``table`` with the columns of the score pbc_x0 ..., pbc_o, the odds of treatment, pbc_p,
        its chance, and pbc_q, one less it, each without a difference of numbers near 1."""
        placed, design = laid_out(table, self.columns)
        with_score = placed.mutate(pbc_l=within_reach(linear(design, self.coefficients)))
        odds = with_score.mutate(pbc_o=with_score["pbc_l"].exp())
        over = number(1.0) + odds["pbc_o"]
        return odds.mutate(pbc_p=odds["pbc_o"] / over, pbc_q=number(1.0) / over)

    def own_units(self) -> dict[str, float]:
        """Coefficients per unit of each column, by its name; the intercept under ``intercept``."""
        slopes = {
            column.name: float(b) / column.scale
            for column, b in zip(self.columns, self.coefficients[1:], strict=True)
        }
        moved = sum(slopes[column.name] * column.mean for column in self.columns)
        return {"intercept": float(self.coefficients[0]) - moved, **slopes}


def independent(rows: EngineRows) -> tuple[tuple[EngineColumn, ...], tuple[str, ...]]:
    """The columns of the score that neither are constant nor follow from earlier ones, and the
    names of the others."""
    varying = [
        column
        for column in rows.scored
        if column.spread > CONSTANT * max(abs(column.low), abs(column.high), 1e-300)
    ]
    placed, design = laid_out(rows.table, varying)
    alike = products(placed, design[1:])
    dependent = set(dependent_columns(alike))
    kept = tuple(column for j, column in enumerate(varying) if j not in dependent)
    names = {column.name for column in kept}
    return kept, tuple(c.name for c in rows.scored if c.name not in names)


def fit_in_engine(rows: EngineRows) -> EngineScore:
    """Fit P(treated | covariates), logistic, with an intercept.

    Raises DesignError where treated and comparison group are (nearly) separated."""
    kept, aliased = independent(rows)
    table, design = laid_out(rows.table, kept)
    bare = EngineScore(columns=kept, coefficients=np.zeros(len(kept) + 1), aliased=aliased, steps=0)
    mean = 1.0
    if rows.sampling_weights:
        mean = total(table, {"b": rows.base(table).mean()})["b"]

    def at(coefficients: Floats) -> _Here:
        placed = table.mutate(pbc_l=within_reach(linear(design, coefficients)))
        small = placed.mutate(pbc_e=(-placed["pbc_l"].abs()).exp())
        e, d, over = small["pbc_e"], small["pbc_d"], number(1.0) + small["pbc_e"]
        base = rows.base(small) / number(mean)
        # the chance of treatment less the answer, without a difference of numbers near 1
        up, down = number(1.0) / over, e / over
        high = small["pbc_l"] >= number(0.0)
        of_treated = high.ifelse(down, up)
        of_others = high.ifelse(up, down)
        towards = (d == number(1.0)).ifelse(small["pbc_l"], -small["pbc_l"])
        lowest = (towards < number(0.0)).ifelse(towards, number(0.0))
        parts = small.mutate(
            pbc_f=base * (lowest - over.ln()),
            pbc_g=base * (d == number(1.0)).ifelse(of_treated, -of_others),
            pbc_h=base * up * down,
        )
        return _sums(parts, bare.design(parts))

    top = climb(at, np.zeros(len(kept) + 1), STEP_TOLERANCE)
    if isinstance(top, NoMaximum):
        apart = [
            column.name
            for column in kept
            if column.ends[0][0] >= column.ends[1][1] or column.ends[0][1] <= column.ends[1][0]
        ]
        raise DesignError(not_fitted(apart))
    return replace(bare, coefficients=top.coefficients, steps=top.steps)


def _sums(parts: Table, design: list[Value]) -> _Here:
    k = len(design)
    sums: dict[str, Value] = {"total": parts["pbc_f"].sum()}
    for i in range(k):
        sums[f"g{i}"] = (design[i] * parts["pbc_g"]).sum()
        left = design[i] * parts["pbc_h"]
        for j in range(i, k):
            sums[f"h{i}_{j}"] = (left * design[j]).sum()
    row = total(parts, sums)
    hessian = np.zeros((k, k))
    hessian[np.triu_indices(k)] = [row[f"h{i}_{j}"] for i in range(k) for j in range(i, k)]
    hessian = hessian + np.triu(hessian, 1).T
    return _Here(row["total"], np.array([row[f"g{i}"] for i in range(k)]), hessian)


def apart_in_a_level(rows: EngineRows, estimand: str) -> tuple[Value | None, tuple[str, ...]]:
    """Of people in a level in which nobody of the other arm is, and whom ``estimand`` does not
    need: the condition that they stay, None where all do, and the columns in which they differ."""
    losing = {"ATT": (0.0,), "ATC": (1.0,), "ATO": (1.0, 0.0)}.get(estimand, ())
    stays: Value | None = None
    names = []
    for column in rows.columns:
        if not column.binary:
            continue
        for arm in losing:
            others = column.ends[ARMS.index(1.0 - arm)]
            if others[0] != others[1] or column.ends[ARMS.index(arm)] == others:
                continue
            values = column.of(rows.whole)
            inside = (values == number(others[0])) | (rows.whole["pbc_d"] != number(arm))
            stays = inside if stays is None else stays & inside
            names.append(column.name)
    return stays, tuple(dict.fromkeys(names))


def left_in_place(rows: EngineRows, stays: Value, names: tuple[str, ...]) -> EngineRows:
    """The rows without those who do not stay, entered in the ledger by arm."""
    gone = ~stays
    sums = {
        "all": count(gone),
        "treated": count(gone & (rows.whole["pbc_d"] == 1.0)),
    }
    facts = total(rows.whole, sums)
    why = Sentence("nobody of the other group is like them in {columns}", columns=Names(names, 12))
    lost, treated = int(facts["all"]), int(facts["treated"])
    step = by_arm(why, treated, lost - treated)
    return rows.without(stays, rows.ledger.then(Sentence("weight zero"), lost, step))
