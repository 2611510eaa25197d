"""From the caller's frame to arrays: who is treated, the covariates as numbers, the strata.

    frame ── read_design ──▶ Design

Nothing is guessed or repaired: missing values, text among numbers and repeated ids are refused
with their counts and the remedy. Rows leave only when the caller asks, and the ledger says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pbc_eval._validate import check_choice, first_few, refuse_written_twice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.intake.yes_no import answers_as_numbers
from pbc_eval.matching.columns_of_frames import (
    check_columns,
    comparable_type,
    names_of,
    refuse_containers,
)
from pbc_eval.matching.encoding import Columns, encode, numbers
from pbc_eval.matching.ledger import LedgerStep, SampleLedger, by_arm
from pbc_eval.matching.missing import with_indicators
from pbc_eval.matching.sampling import read_sampling
from pbc_eval.messages.sentence import Sentence, part_in_english
from pbc_eval.messages.values import Listed, Name, Units
from pbc_eval.numerics.arrays import Bools, Ints

Missing = Literal["refuse", "complete_cases", "indicator"]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The arrays behind a match, rows in the order of the units' identities, so that no answer
    depends on the order of the data.

    ``ids`` (n,) name the units; ``treated`` (n,); ``columns`` are the covariates as numbers;
    ``strata`` (n,) whole numbers, equal where all ``exact`` columns agree; ``frame`` holds the
    same rows of the caller's data, for outcomes to be looked up later; ``as_given`` (n,) puts rows
    back into the caller's order. ``sampling`` (n,) are the
    sampling weights, all above 0, of the column ``sampling_weights``; None without any.
    """

    ids: pd.Index
    treated: Bools
    columns: Columns
    strata: Ints
    frame: pd.DataFrame
    ledger: SampleLedger
    as_given: NDArray[np.intp]
    treatment: str
    covariates: tuple[str, ...]
    exact: tuple[str, ...]
    within: tuple[tuple[str, float], ...]
    antiexact: tuple[str, ...]
    sampling: NDArray[np.float64] | None = None
    sampling_weights: str | None = None

    @property
    def limited(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The covariates limited pair by pair, (n, q), and their widths, (q,)."""
        values = [numbers(self.frame[name]) for name, _ in self.within]
        widths = np.array([width for _, width in self.within], dtype=np.float64)
        return (np.column_stack(values) if values else np.empty((len(self.ids), 0))), widths

    @property
    def differing(self) -> Ints:
        """Codes of the columns in which a pair must differ, (n, r)."""
        codes = [strata_of(self.frame, [name]) for name in self.antiexact]
        return np.column_stack(codes) if codes else np.empty((len(self.ids), 0), dtype=np.int64)


def read_design(
    frame: pd.DataFrame,
    *,
    treatment: str,
    covariates: Sequence[str],
    exact: Sequence[str] = (),
    within: Mapping[str, float] | None = None,
    antiexact: Sequence[str] = (),
    unit: str | None = None,
    missing: Missing = "refuse",
    owner: str = "match",
    sampling_weights: str | None = None,
    score: str | None = None,
) -> Design:
    """Check everything a match will use, and turn it into arrays. ``frame`` is not changed;
    ``owner`` is who asks, as messages name it.

    Raises DataError for unknown columns, repeated or missing ids, a treatment other than 0/1,
    missing or infinite covariates, text among numbers; DesignError for an empty group.
    """
    check_choice(owner, "missing", missing, get_args(Missing), DesignError)
    check_columns(frame, [], owner)
    covariates = names_of(owner, "covariates", covariates)
    exact = names_of(owner, "exact", exact, may_be_empty=True)
    antiexact = names_of(owner, "antiexact", antiexact, may_be_empty=True)
    limits = _limits(within or {})
    paired_on = [*exact, *(name for name, _ in limits), *antiexact]
    weighing = [name for name in (sampling_weights, score) if name is not None]
    used = [treatment, *covariates, *paired_on, *weighing]
    used += [unit] if unit is not None else []
    check_columns(frame, used, owner)
    _refuse_the_treatment(
        owner,
        treatment,
        {
            "covariates": covariates,
            "exact, within and antiexact": paired_on,
            "sampling_weights and score": weighing,
        },
    )
    frame, ids, place = _by_identity(owner, frame, unit)
    treated = zero_one(frame[treatment])
    ledger = SampleLedger((LedgerStep(what=Sentence("read"), rows_in=len(frame)),))

    if missing == "indicator":
        filled, columns, lacking = with_indicators(frame, covariates, owner)
        if lacking:
            filled_in = Sentence(
                "filled in, with an indicator: {columns}", columns=by_column(lacking)
            )
            ledger = ledger.then(Sentence("missing values"), 0, filled_in)
        for name in [*paired_on, *weighing]:
            filled[name] = frame[name]  # pairs are not made on values that were filled in
        frame, covariates = filled, columns
    wanted = list(dict.fromkeys([*covariates, *paired_on, *weighing]))
    whole, ledger = _whole_rows(frame, wanted, missing, owner=owner, ledger=ledger, treated=treated)
    frame, ids, treated, place = frame.iloc[whole], ids[whole], treated[whole], place[whole]
    sampling = None
    if sampling_weights is not None:
        sampling = read_sampling(frame[sampling_weights], owner)
        stays = np.flatnonzero(sampling > 0)
        if len(stays) < len(sampling):
            why = Sentence(
                "{column} is 0: they stand for nobody in the population",
                column=Name(sampling_weights),
            )
            ledger = ledger.then(Sentence("sampling weights"), len(sampling) - len(stays), why)
            frame, ids, treated = frame.iloc[stays], ids[stays], treated[stays]
            sampling, place = sampling[stays], place[stays]
    _check_groups(treated, treatment)
    return Design(
        ids=ids,
        treated=treated,
        columns=encode(frame, covariates),
        strata=strata_of(frame, exact),
        frame=frame.copy(deep=False),  # copy on write: later changes by the caller do not reach us
        ledger=ledger,
        as_given=np.argsort(place, kind="stable"),
        treatment=treatment,
        covariates=covariates,
        exact=exact,
        within=limits,
        antiexact=antiexact,
        sampling=sampling,
        sampling_weights=sampling_weights,
    )


def _whole_rows(
    frame: pd.DataFrame,
    wanted: list[str],
    missing: Missing,
    *,
    owner: str,
    ledger: SampleLedger,
    treated: Bools,
) -> tuple[NDArray[np.intp], SampleLedger]:
    """Positions of the rows with all ``wanted`` columns; others are refused, or entered by arm."""
    incomplete = frame[wanted].isna()
    hit = np.asarray(incomplete.to_numpy(dtype=bool).any(axis=1))
    if not hit.any():
        return np.arange(len(frame)), ledger
    counts = by_column({str(name): int(n) for name, n in incomplete.sum().items() if n})
    if missing == "complete_cases" and hit.all():
        raise DataError(
            f"{owner}: not one of {len(frame):,} rows has all its values "
            f"({part_in_english(counts)}). Leave out the column that is empty."
        )
    if missing != "complete_cases":
        raise DataError(
            f"{owner}: {int(hit.sum()):,} of {len(frame):,} rows have missing values "
            f"({part_in_english(counts)}). An answer from part of the covariates is another "
            "answer. Impute them beforehand, pass missing='indicator' to fill covariates in "
            "beside a column that says so, or missing='complete_cases' to leave those rows "
            "out, entered in the ledger."
        )
    why = Sentence("missing values: {columns}", columns=counts)
    gone, n_treated = int(hit.sum()), int((hit & treated).sum())
    why = by_arm(why, n_treated, gone - n_treated)
    return np.flatnonzero(~hit), ledger.then(Sentence("complete cases"), gone, why)


def _refuse_the_treatment(owner: str, treatment: str, roles: Mapping[str, Sequence[str]]) -> None:
    for role, names in roles.items():
        if treatment in names:
            raise DesignError(
                f"{owner}: the treatment {treatment!r} is also among {role}. It would explain "
                f"itself; leave it out of {role}."
            )


def zero_one(column: pd.Series) -> Bools:
    """The treatment as booleans, shape (n,). Refuse anything but 0, 1, False and True, or yes and
    no."""
    name = str(column.name)
    column = answers_as_numbers(column)
    if column.isna().any():
        raise DataError(
            f"{name}: {int(column.isna().sum()):,} of {len(column):,} rows have no treatment "
            "status. Find it, or leave those rows out before matching and say why."
        )
    values = column.unique().tolist()
    strange = [value for value in values if isinstance(value, str) or value not in (0, 1)]
    if strange:
        raise DataError(
            f"{name}: treatment must be 0 or 1 (or False and True, no and yes), found "
            f"{first_few(repr(value) for value in strange)}. Recode it, 1 for the treated."
        )
    return np.asarray(column.to_numpy(dtype=np.float64) == 1.0)


def strata_of(frame: pd.DataFrame, exact: Sequence[str]) -> Ints:
    """Whole numbers that agree where all ``exact`` columns agree; zeros without any."""
    if not exact:
        return np.zeros(len(frame), dtype=np.int64)
    for name in exact:
        if not isinstance(frame[name].dtype, pd.CategoricalDtype):
            refuse_written_twice("match", name, frame[name].unique())
    columns = pd.DataFrame({name: comparable_type(frame[name]) for name in exact})
    grouped = columns.groupby(list(exact), sort=True, observed=True)
    return np.asarray(grouped.ngroup().to_numpy(), dtype=np.int64)


def by_column(missing: Mapping[str, int]) -> Listed:
    """How many rows lack each column: 'age 3, income 14'."""
    return Listed(
        tuple(
            Sentence("{column} {rows}", column=Name(column), rows=Units(rows))
            for column, rows in missing.items()
        )
    )


def _limits(within: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    for name, width in within.items():
        if isinstance(width, bool) or not (isinstance(width, Real) and 0 < width < np.inf):
            raise DesignError(
                f"match: within {name!r} must be a finite width above 0 in the column's own unit, "
                f"got {width!r}. For equality, name the column in exact."
            )
    return tuple((name, float(width)) for name, width in within.items())


def _ids(owner: str, frame: pd.DataFrame, unit: str | None) -> pd.Index:
    ids = frame.index if unit is None else pd.Index(comparable_type(frame[unit]))
    if isinstance(ids, pd.MultiIndex):
        ids = ids.to_flat_index()
    where = "the index" if unit is None else f"column {unit!r}"
    refuse_containers(pd.Series(ids, name=unit or "of the index"), owner)
    n_missing = int(np.sum(np.asarray(ids.isna())))
    if n_missing:
        raise DataError(f"{owner}: {n_missing:,} ids are missing in {where}. Give every row one.")
    if ids.has_duplicates:
        repeated = ids[ids.duplicated()].unique()
        raise DataError(
            f"{owner}: {where} names {len(repeated):,} units more than once "
            f"({first_few(repeated)}). One row a unit is needed: aggregate the rows, or "
            "name the id column with unit=."
        )
    _refuse_spaces_around(owner, ids, where)
    return ids


def _refuse_spaces_around(owner: str, ids: pd.Index, where: str) -> None:
    """'P1' and 'P1 ' are one person, who would be matched twice. Case may matter: it is left."""
    texts = [text for text in ids if isinstance(text, str)] if ids.dtype.kind in "OTU" else []
    if not any(text != text.strip() for text in texts):
        return
    seen: dict[str, str] = {}
    twice = [
        f"{seen[text.strip()]!r} and {text!r}"
        for text in texts
        if seen.setdefault(text.strip(), text) != text
    ]
    if twice:
        raise DataError(
            f"{owner}: {where} names {len(twice):,} units in two ways that differ in spaces only "
            f"({first_few(twice, 3)}). Take the spaces away, and one of the rows if both are there."
        )


def _by_identity(
    owner: str, frame: pd.DataFrame, unit: str | None
) -> tuple[pd.DataFrame, pd.Index, NDArray[np.intp]]:
    """The rows in the order of the units' identities, these, and where each row stood."""
    ids = _ids(owner, frame, unit)
    place = identity_order(ids)
    return frame.iloc[place], ids[place], place


def identity_order(ids: pd.Index) -> NDArray[np.intp]:
    """Positions of ``ids`` (n,) in an order that follows from the ids alone: that of numbers, dates
    and text; ids of several kinds by kind, then as text."""
    if isinstance(ids.dtype, pd.CategoricalDtype):
        ids = pd.Index(ids.to_numpy())  # the order of categories may be that of the rows
    if ids.is_monotonic_increasing:
        return np.arange(len(ids))
    try:
        return np.asarray(ids.argsort())
    except TypeError:
        keys = [(type(unit).__name__, str(unit)) for unit in ids]
        return np.array(sorted(range(len(keys)), key=keys.__getitem__), dtype=np.intp)


def _check_groups(treated: Bools, treatment: str) -> None:
    for group, size in (("treated", treated.sum()), ("comparison", (~treated).sum())):
        if size == 0:
            raise DesignError(
                f"{treatment}: there are no {group} units among {len(treated):,} rows; "
                "both groups are needed. Check the coding and any filter applied before."
            )
