"""People in an engine, checked as a frame is and made ready for sums.

    Source ── read_rows ──▶ EngineRows: pbc_d (treated, 1 or 0), pbc_b (sampling weight), pbc_v0 ...

What comes out is counts, sums, ranges and the levels of texts. Nothing is guessed or repaired; rows
leave only when the caller asks, and the ledger says so by arm.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from pbc_eval.errors import DataError
from pbc_eval.matching.columns_of_frames import names_of
from pbc_eval.matching.design import (
    by_column,
    check_groups,
    missing_refused,
    no_whole_row,
    refuse_the_treatment,
)
from pbc_eval.matching.encoding import (
    MOST_LEVELS,
    endless_values,
    levels_of,
    nothing_varies,
    too_many_levels,
)
from pbc_eval.matching.in_engine.columns import EngineColumn, measured_columns
from pbc_eval.matching.in_engine.sums import count, ones, total
from pbc_eval.matching.ledger import LedgerStep, SampleLedger, by_arm
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name
from pbc_eval.panel.frame_columns import check_columns
from pbc_eval.panel.source import (
    Source,
    Table,
    Value,
    distinct_texts,
    keep,
)
from pbc_eval.panel.unit_rows import answer_column

OWNER = "match_in_engine"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EngineRows:
    """``whole`` has the columns of the source beside those made here; ``table`` those made here
    alone, held by the engine. ``levels`` are the texts of each covariate that is one, by place."""

    source: Source
    whole: Table
    table: Table
    sizes: tuple[int, int]  # treated, comparison
    columns: tuple[EngineColumn, ...]
    levels: dict[int, tuple[str, ...]]
    ledger: SampleLedger
    treatment: str
    covariates: tuple[str, ...]
    sampling_weights: str | None

    @property
    def n(self) -> int:
        return sum(self.sizes)

    @property
    def scored(self) -> tuple[EngineColumn, ...]:
        return tuple(column for column in self.columns if column.in_score)

    @property
    def made(self) -> list[str]:
        """Names of the columns that were made here."""
        values = [f"pbc_v{at}" for at in range(len(self.covariates))]
        return ["pbc_d", *(["pbc_b"] if self.sampling_weights else []), *values]

    def measured(self) -> "EngineRows":
        """The same with ``table`` held by the engine and its columns measured.

        Raises DesignError for an empty arm, and where no covariate varies."""
        table = keep(self.whole.select(*self.made))
        columns, sizes = measured_columns(table, self.covariates, self.levels)
        check_groups(sizes, self.treatment)
        _check_any_column(columns)
        made = replace(self, table=table, sizes=sizes, columns=columns)
        return made._with_levels_of_somebody()

    def _with_levels_of_somebody(self) -> "EngineRows":
        """The same where each level has somebody; measured anew without those that have not."""
        counts = {
            f"{at}_{code}": count(self.table[f"pbc_v{at}"] == code)
            for at, texts in self.levels.items()
            for code in range(len(texts))
        }
        if not counts:
            return self
        there = {name: n > 0 for name, n in total(self.table, counts).items()}
        if all(there.values()):
            return self
        levels, codes = dict(self.levels), {}
        for at, texts in self.levels.items():
            stay = [code for code in range(len(texts)) if there[f"{at}_{code}"]]
            levels[at] = tuple(texts[code] for code in stay)
            column = self.whole[f"pbc_v{at}"]
            codes[f"pbc_v{at}"] = column.cases(*((old, new) for new, old in enumerate(stay)))
        return replace(self, whole=self.whole.mutate(**codes), levels=levels).measured()

    def without(self, stays: Value, ledger: SampleLedger) -> "EngineRows":
        """The rows of ``whole`` that stay, measured anew. Levels that nobody has any more are no
        columns."""
        return replace(self, whole=self.whole.filter(stays), ledger=ledger).measured()

    def base(self, table: Table) -> Value:
        """How many of the population each row stands for."""
        if self.sampling_weights:
            return table["pbc_b"]
        return ones(table)


def read_rows(
    source: Source,
    *,
    treatment: str,
    covariates: Sequence[str],
    unit: str | None,
    sampling_weights: str | None = None,
    missing: Literal["refuse", "complete_cases"] = "refuse",
    labels: Collection[str] = (),
) -> EngineRows:
    """Check everything that a match will use. ``labels`` are covariates whose values are labels,
    numbers or not.

    Raises as ``read_design`` does, with the numbers of rows.
    """
    covariates = names_of(OWNER, "covariates", covariates)
    weighing = [] if sampling_weights is None else [sampling_weights]
    named = [treatment, *covariates, *weighing, *([unit] if unit is not None else [])]
    check_columns(source.name, source.columns, named)
    refuse_the_treatment(OWNER, treatment, {"covariates": covariates, "sampling_weights": weighing})
    made: dict[str, Value] = {"pbc_d": answer_column(source, treatment, unit)}
    for at, name in enumerate(covariates):
        made[f"pbc_v{at}"] = _typed(source, name, as_label=name in labels)
    for name in weighing:
        made["pbc_b"] = _typed(source, name, as_label=False)
    texts = [at for at in range(len(covariates)) if made[f"pbc_v{at}"].type().is_string()]
    if sampling_weights is not None and made["pbc_b"].type().is_string():
        raise DataError(
            f"{OWNER}: {sampling_weights!r} holds text, and weights are numbers. Convert it."
        )
    raw = source.table.mutate(**made)
    whole, ledger = _whole_rows(
        raw, source, names=(treatment, covariates, sampling_weights, unit), missing=missing
    )
    levels = {
        at: _levels(whole, at, name, as_label=name in labels)
        for at, name in enumerate(covariates)
        if at in texts
    }
    _refuse_weights_of_nobody(sampling_weights, whole)
    if sampling_weights is not None:
        whole, ledger = _without_weights_of_nought(whole, ledger, sampling_weights)
    codes = {
        f"pbc_v{at}": whole[f"pbc_v{at}"].cases(*((text, k) for k, text in enumerate(of)))
        for at, of in levels.items()
    }
    bare = EngineRows(
        source=source,
        whole=whole.mutate(**codes) if codes else whole,
        table=whole,
        sizes=(0, 0),
        columns=(),
        levels=levels,
        ledger=ledger,
        treatment=treatment,
        covariates=covariates,
        sampling_weights=sampling_weights,
    )
    return bare.measured()


def _typed(source: Source, name: str, *, as_label: bool) -> Value:
    """A covariate as a double or a text; not-a-number is missing."""
    column = source.column(name)
    kind = column.type()
    if as_label or kind.is_string():
        return column.cast("string")
    if kind.is_boolean():
        return column.ifelse(1.0, 0.0).cast("float64")
    if kind.is_floating():
        return column.isnan().ifelse(None, column).cast("float64")
    if kind.is_numeric():
        return column.cast("float64")
    raise DataError(
        f"{name}: {kind} values cannot be matched on. Turn dates into numbers first, such as age "
        "in years or days since the start."
    )


Names = tuple[str, tuple[str, ...], str | None, str | None]  # treatment, covariates, weight, unit


def _whole_rows(
    raw: Table, source: Source, *, names: Names, missing: Literal["refuse", "complete_cases"]
) -> tuple[Table, SampleLedger]:
    """Rows that have everything; those that lack something are refused, or entered by arm."""
    treatment, covariates, weight, unit = names
    place = {name: f"pbc_v{at}" for at, name in enumerate(covariates)}
    place |= {} if weight is None else {weight: "pbc_b"}
    d = raw["pbc_d"]
    lacking = raw["pbc_d"].isnull()
    any_missing = lacking & ~lacking
    for column in place.values():
        any_missing = any_missing | raw[column].isnull()
    sums: dict[str, Value] = {
        "n": raw.count(),
        "no_status": count(d.isnull()),
        "strange": count((d != 0.0) & (d != 1.0)),
        "gone": count(any_missing),
        "gone_treated": count(any_missing & (d == 1.0)),
    }
    for k, column in enumerate(place.values()):
        sums[f"missing{k}"] = count(raw[column].isnull())
        if raw[column].type().is_floating():
            sums[f"endless{k}"] = count(raw[column].isinf())
    if unit is not None:
        ids = source.column(unit)
        sums |= {"no_id": count(ids.isnull()), "ids": ids.nunique()}
        if ids.type().is_string():
            sums["stripped"] = ids.strip().nunique()
    facts = {name: int(value) for name, value in total(raw, sums).items()}
    n = facts["n"]
    _refuse_the_status(treatment, facts, n)
    if unit is not None:
        _refuse_ids(unit, facts, n)
    for k, name in enumerate(place):
        if endless := facts.get(f"endless{k}", 0):
            raise endless_values(name, endless)
    ledger = SampleLedger((LedgerStep(what=Sentence("read"), rows_in=n),))
    gone = facts["gone"]
    if not gone:
        return raw, ledger
    counts = by_column(
        {name: facts[f"missing{k}"] for k, name in enumerate(place) if facts[f"missing{k}"]}
    )
    if missing == "complete_cases" and gone == n:
        raise no_whole_row(OWNER, n, counts)
    if missing != "complete_cases":
        raise missing_refused(OWNER, gone, n, counts)
    why = by_arm(
        Sentence("missing values: {columns}", columns=counts),
        facts["gone_treated"],
        gone - facts["gone_treated"],
    )
    return raw.filter(~any_missing), ledger.then(Sentence("complete cases"), gone, why)


def _refuse_the_status(treatment: str, facts: dict[str, int], n: int) -> None:
    if facts["no_status"]:
        raise DataError(
            f"{treatment}: {facts['no_status']:,} of {n:,} rows have no treatment status. Find it, "
            "or leave those rows out before matching and say why."
        )
    if facts["strange"]:
        raise DataError(
            f"{treatment}: treatment must be 0 or 1 (or False and True, no and yes), and "
            f"{facts['strange']:,} of {n:,} rows hold something else. Recode it, 1 for the treated."
        )


def _refuse_ids(unit: str, facts: dict[str, int], n: int) -> None:
    if facts["no_id"]:
        raise DataError(
            f"{OWNER}: {facts['no_id']:,} ids are missing in column {unit!r}. Give every row one."
        )
    if facts["ids"] < n:
        raise DataError(
            f"{OWNER}: column {unit!r} holds {facts['ids']:,} ids in {n:,} rows. One row a unit is "
            "needed: aggregate the rows, or name the id column with unit=."
        )
    if twice := n - facts.get("stripped", n):
        raise DataError(
            f"{OWNER}: column {unit!r} names {twice:,} units in two ways that differ in spaces "
            "only. Take the spaces away, and one of the rows if both are there."
        )


def _levels(whole: Table, at: int, name: str, *, as_label: bool) -> tuple[str, ...]:
    """The texts of a covariate in their order, by the rule that frames are held to."""
    column = f"pbc_v{at}"
    distinct = int(total(whole, {"n": whole[column].nunique()})["n"])
    if distinct > MOST_LEVELS:
        raise too_many_levels(name, distinct)
    texts = pd.Series(distinct_texts(whole, column), dtype=object, name=name)
    if as_label or not len(texts):
        return tuple(map(str, texts))
    return tuple(map(str, levels_of(texts)[0]))


def _refuse_weights_of_nobody(name: str | None, whole: Table) -> None:
    if name is None:
        return
    b = whole["pbc_b"]
    facts = total(whole, {"below": count(b < 0.0), "above": count(b > 0.0)})
    rule = f"{OWNER}: sampling weights must be finite numbers, 0 or above"
    if facts["below"]:
        raise DataError(
            f"{rule}; column {name!r} has {int(facts['below']):,} others. Correct them at the "
            "source."
        )
    if not facts["above"]:
        raise DataError(
            f"{rule}, and not all 0; every value in column {name!r} is 0. Name another column, or "
            "leave sampling_weights out."
        )


def _without_weights_of_nought(
    whole: Table, ledger: SampleLedger, name: str
) -> tuple[Table, SampleLedger]:
    gone = int(total(whole, {"n": count(whole["pbc_b"] == 0.0)})["n"])
    if not gone:
        return whole, ledger
    why = Sentence("{column} is 0: they stand for nobody in the population", column=Name(name))
    return whole.filter(whole["pbc_b"] > 0.0), ledger.then(Sentence("sampling weights"), gone, why)


def _check_any_column(columns: tuple[EngineColumn, ...]) -> None:
    if not any(column.low < column.high for column in columns):
        raise nothing_varies(OWNER, [column.name for column in columns])
