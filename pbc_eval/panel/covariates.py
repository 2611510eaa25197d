"""Covariates of a panel: numbers as they are, text and categories as indicators of their levels.

    rows ── widened (with the outcomes) ── found_varying (then widened again) ── settle
    units ── pull_covariates ▶ UnitCovariates ── .at(period) ▶ (n, p)

A covariate that is constant within units takes one column a unit, one that varies takes one a
period, and ``at(period)`` gives its value then. Only rows with an outcome count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pbc_eval._validate import refuse_written_twice
from pbc_eval.errors import DataError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, UnitNames, Units
from pbc_eval.numerics.arrays import Floats, Ints
from pbc_eval.panel import unit_rows as intake
from pbc_eval.panel.ledger import LedgerStep
from pbc_eval.panel.periods import Periods
from pbc_eval.panel.sample import Missing, drop_units
from pbc_eval.panel.source import Column, Source, Table, collect, in_order

MOST_LEVELS = 100  # beyond this a text column holds names, not categories


@dataclass(frozen=True, slots=True, kw_only=True)
class Covariate:
    """One covariate column of the data."""

    name: str
    text: bool  # becomes an indicator for each level but the first
    varies: bool  # within units, over time


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UnitCovariates:
    """Covariates in memory, rows as in ``UnitArrays``. NaN where missing."""

    names: tuple[str, ...]  # (p,) "size" or "region[north]"
    blocks: tuple[Floats, ...]  # one a covariate: (n, 1, d) constant within units, else (n, T, d)
    references: tuple[str, ...]  # "region: south", the level without an indicator

    @property
    def varies(self) -> bool:
        return any(block.shape[1] > 1 for block in self.blocks)

    def at(self, period: int, rows: Ints) -> Floats:
        """(r, p) values of some units in a period, by its position."""
        return np.column_stack(
            [block[rows, period if block.shape[1] > 1 else 0] for block in self.blocks]
        )


def typed_columns(source: Source, names: Sequence[str], categories: set[str]) -> list[Column]:
    """Each covariate as doubles or as text; not-a-number counts as missing.

    Raises DataError for a column that holds neither numbers nor text.
    """
    columns = []
    for name in names:
        column = source.column(name)
        kind = column.type()
        if kind.is_floating():
            column = column.isnan().ifelse(None, column)
        if name in categories:
            column = column.cast("string")
        elif kind.is_boolean():
            column = intake.zero_one(column)
        elif kind.is_numeric():
            column = column.cast("float64")
        elif not kind.is_string():
            raise DataError(
                f"{source.name}: covariate {name!r} must hold numbers or text, but it holds {kind}."
            )
        columns.append(column)
    return columns


def assumed_constant(rows: Table, names: Sequence[str]) -> tuple[Covariate, ...]:
    """Covariates as they most often are; ``found_varying`` then says which are not. ``rows`` hold
    u, y, x0, x1 ..."""
    return tuple(
        Covariate(name=name, text=rows[f"x{i}"].type().is_string(), varies=False)
        for i, name in enumerate(names)
    )


def found_varying(wide: Table, covariates: Sequence[Covariate]) -> tuple[Covariate, ...]:
    """Which covariates vary within units after all: a value missing in some periods and not in
    others counts as varying."""
    if not covariates:
        return ()
    varying = collect(
        wide.aggregate(**{f"v{i}": wide[f"v{i}"].any() for i in range(len(covariates))})
    )
    return tuple(
        replace(covariate, varies=bool(varying[f"v{i}"].iloc[0]))
        for i, covariate in enumerate(covariates)
    )


def widened(rows: Table, covariates: Sequence[Covariate], periods: Periods) -> dict[str, Column]:
    """Columns for ``intake.widen``: x0 or x0_0, x0_1 ... by period; v0, does it vary within the
    unit; and m0, the rows with an outcome that lack the covariate."""
    columns: dict[str, Column] = {}
    observed = rows.y.notnull()
    for i, covariate in enumerate(covariates):
        x = observed.ifelse(rows[f"x{i}"], None)
        columns[f"m{i}"] = (observed & x.isnull()).ifelse(1, 0).sum()
        if not covariate.text:
            columns[f"i{i}"] = (observed & x.isinf()).ifelse(1, 0).sum()
        if not covariate.varies:
            in_part = (x.count() > 0) & (x.count() < rows.y.count())
            columns[f"v{i}"] = (x.max() > x.min()).fill_null(False) | in_part
            columns[f"x{i}"] = x.max()
            continue
        for at, raw in enumerate(periods.raw):
            columns[f"x{i}_{at}"] = rows.t.isin(raw).ifelse(x, None).max()
    return columns


def column_names(covariates: Sequence[Covariate], n_periods: int) -> list[str]:
    """The columns of the unit table that hold covariates."""
    names: list[str] = []
    for i, covariate in enumerate(covariates):
        names += [f"x{i}_{at}" for at in range(n_periods)] if covariate.varies else [f"x{i}"]
    return names


def settle(
    wide: Table,
    covariates: Sequence[Covariate],
    steps: list[LedgerStep],
    owner: str,
    missing: Missing,
) -> tuple[Table, list[Sentence]]:
    """Refuse infinite covariates; refuse, drop or keep units that lack one, as ``missing`` says.

    Returns the units left and notes for the ledger.
    """
    notes: list[Sentence] = []
    for i, covariate in enumerate(covariates):
        if not covariate.text:
            infinite = wide.filter(wide[f"i{i}"] > 0)
            if count := int(infinite.count().to_pyarrow().as_py()):
                named = ", ".join(intake.name_units(infinite)) + (" ..." if count > 5 else "")
                raise DataError(
                    f"{owner}: covariate {covariate.name!r} is infinite for {count:,} units "
                    f"({named}). Make it missing or correct it."
                )
        lacking = wide[f"m{i}"] > 0
        what = Sentence("covariate {name} missing", name=Name(covariate.name))
        if missing == "complete_units":
            why = Sentence(
                "no value of {column} in some period; missing='complete_units'",
                column=Name(repr(covariate.name)),
            )
            wide = drop_units(wide, lacking, steps, what, why)
            continue
        part = wide.filter(lacking)
        counts = collect(part.aggregate(units=part.count(), rows=part[f"m{i}"].sum())).iloc[0]
        units = int(counts["units"])
        if not units:
            continue
        every = int(wide.count().to_pyarrow().as_py())
        named = ", ".join(intake.name_units(part)) + (" ..." if units > 5 else "")
        if missing == "refuse":
            raise DataError(
                f"{owner}: covariate {covariate.name!r} is missing for {units:,} of {every:,} "
                f"units ({named}), in {int(counts['rows']):,} rows. Choose: complete the data; "
                "leave the covariate out; missing='complete_units' to drop these units; or "
                "missing='pairs' to leave them out of the comparisons that need the missing value."
            )
        notes.append(
            Sentence(
                "covariate {name} is missing for {units} ({named}): left out of effects whose base "
                "period lacks it",
                name=Name(repr(covariate.name)),
                units=Units(units, UNITS.always_plural),
                named=UnitNames(intake.name_units(part), more=units > 5),
            )
        )
    return wide, notes


def pull_covariates(
    units: Table,
    covariates: Sequence[Covariate],
    n_periods: int,
    owner: str,
    order: Sequence[str] = ("u",),
) -> UnitCovariates:
    """The covariates in memory, sorted by ``order``, by default by unit.

    Raises DataError for text with more than ``MOST_LEVELS`` levels.
    """
    columns = column_names(covariates, n_periods)
    pulled = in_order(units.select(*dict.fromkeys((*order, *columns))), order)
    names: list[str] = []
    blocks, references = [], []
    for i, covariate in enumerate(covariates):
        mine = [f"x{i}_{at}" for at in range(n_periods)] if covariate.varies else [f"x{i}"]
        if not covariate.text:
            values = [pulled[name].to_numpy().astype(float) for name in mine]
            blocks.append(np.stack(values, axis=1)[:, :, None])
            names.append(covariate.name)
            continue
        words = np.stack([np.array(pulled[name].to_pylist(), dtype=object) for name in mine], 1)
        levels = sorted({word for word in words.ravel() if word is not None})
        if len(levels) > MOST_LEVELS:
            raise DataError(
                f"{owner}: covariate {covariate.name!r} is text with {len(levels):,} levels, more "
                f"than {MOST_LEVELS}; it looks like a name. Group the levels, or use numbers."
            )
        refuse_written_twice(owner, covariate.name, levels)
        codes = pd.Categorical(words.ravel(), categories=levels).codes.reshape(words.shape)
        dummies = (codes[:, :, None] == np.arange(1, len(levels))).astype(float)
        dummies[codes < 0] = np.nan
        blocks.append(dummies)
        names += [f"{covariate.name}[{level}]" for level in levels[1:]]
        references.append(f"{covariate.name}: {levels[0] if levels else 'none'}")
    return UnitCovariates(names=tuple(names), blocks=tuple(blocks), references=tuple(references))
