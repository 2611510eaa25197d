"""The people of a trial as arrays: outcome, arm, characteristics, blocks and clusters.

frame, names of columns ─ trial_of ▶ Trial, checked whole
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._validate import refuse_written_twice
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.columns_of_frames import check_columns, names_of
from pbc_eval.matching.design import zero_one
from pbc_eval.matching.effect import checked_outcome
from pbc_eval.matching.encoding import Columns, encode
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Bools, Floats, Ints

OWNER = "randomised_effect"
LEAST = 2  # independent units in an arm of a block, for their spread to be seen


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """n people. ``block`` and ``cluster`` (n,) are numbered from 0; all 0, and each their own,
    where there are none. Lots were drawn for ``unit``: clusters, or people."""

    outcome: Floats  # (n,)
    treated: Bools  # (n,)
    covariates: Columns  # (n, p)
    block: Ints
    cluster: Ints
    blocked: bool
    clustered: bool
    unit_block: Ints  # (m,) of what lots were drawn for
    unit_treated: Bools  # (m,)

    @property
    def blocks(self) -> int:
        return int(self.block.max(initial=-1)) + 1

    @property
    def paired(self) -> bool:
        """Is every block a pair, one of which was treated?"""
        if not self.blocked:
            return False
        count = np.bincount(self.unit_block)
        return bool((count == 2).all() and (self.in_arm(True) == 1).all())

    def in_arm(self, treated: bool) -> Ints:
        """(blocks,) units of one arm."""
        chosen = self.unit_treated if treated else ~self.unit_treated
        return np.bincount(self.unit_block[chosen], minlength=self.blocks)


def trial_of(
    frame: pd.DataFrame,
    *,
    treatment: str,
    outcome: str,
    covariates: Sequence[str] = (),
    blocks: str | None = None,
    cluster: str | None = None,
) -> Trial:
    """Raises DataError for columns that are not there, missing values, or a treatment that is not
    0 and 1; DesignError for clusters in both arms or several blocks, and for arms without people
    enough."""
    names = names_of(OWNER, "covariates", covariates, may_be_empty=True)
    columns = [c for c in (treatment, outcome, *names, blocks, cluster) if c is not None]
    check_columns(frame, columns, OWNER)
    for name in columns:
        if name != outcome and frame[name].isna().any():
            raise DataError(
                f"{OWNER}: {name!r} is missing for {int(frame[name].isna().sum()):,} people. Fill "
                "it in, or leave those rows out and say so."
            )
    treated = np.asarray(zero_one(frame[treatment]), dtype=bool)
    block = _numbered(frame, blocks, np.zeros(len(frame), dtype=np.int64))
    own = np.arange(len(frame))
    group = _numbered(frame, cluster, own)
    if cluster is not None:
        _refuse_split(treated.astype(np.int64), group, cluster, "both arms")
        _refuse_split(block, group, cluster, f"several of {blocks!r}")
    _, first = np.unique(group, return_index=True)
    made = Trial(
        outcome=checked_outcome(frame[outcome], outcome),
        treated=treated,
        covariates=encode(frame, names),
        block=block,
        cluster=group,
        blocked=blocks is not None,
        clustered=cluster is not None,
        unit_block=block[first],
        unit_treated=treated[first],
    )
    _refuse_small_arms(made, frame, blocks)
    return made


def _numbered(frame: pd.DataFrame, column: str | None, otherwise: Ints) -> Ints:
    if column is None:
        return otherwise
    refuse_written_twice(OWNER, column, frame[column].unique())
    return np.asarray(pd.factorize(frame[column], sort=True)[0], dtype=np.int64)


def _refuse_split(value: Ints, group: Ints, cluster: str, what: str) -> None:
    low, high = np.full(group.max() + 1, value.max()), np.zeros(group.max() + 1, dtype=np.int64)
    np.minimum.at(low, group, value)
    np.maximum.at(high, group, value)
    if split := int((low != high).sum()):
        raise DesignError(
            f"{OWNER}: {split:,} values of {cluster!r} have people in {what}: lots were not drawn "
            "for whole clusters. Leave cluster out if lots were drawn for people.",
            rule=Sentence("Lots were not drawn for whole clusters."),
        )


def _refuse_small_arms(trial: Trial, frame: pd.DataFrame, blocks: str | None) -> None:
    fewest = np.minimum(trial.in_arm(True), trial.in_arm(False))
    if trial.paired:
        if trial.clustered:
            raise DesignError(
                f"{OWNER}: pairs of clusters show no spread within a pair. Leave {blocks!r} out: "
                "the error is then on the safe side.",
                rule=Sentence("Pairs of clusters show no spread within a pair."),
            )
        if trial.blocks < LEAST + 1:
            raise DesignError(f"{OWNER}: {trial.blocks} pairs are too few. Three are needed.")
        return
    small = np.flatnonzero(fewest < LEAST)
    if not len(small):
        return
    units = "clusters" if trial.clustered else "people"
    if blocks is None:
        raise DesignError(
            f"{OWNER}: a trial needs two {units} in each arm, there are "
            f"{int(trial.in_arm(True)[0]):,} and {int(trial.in_arm(False)[0]):,}."
        )
    labels = np.sort(frame[blocks].unique())[small[:5]]
    raise DesignError(
        f"{OWNER}: {len(small):,} of {blocks!r} have fewer than two {units} in an arm, the first: "
        f"{', '.join(map(str, labels))}. Merge them with others, or leave them out and say so.",
        rule=Sentence("A block has fewer than two in an arm."),
    )
