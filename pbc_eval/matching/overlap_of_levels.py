"""People whom the effect does not need: in levels where nobody of the other group is.

    Design ── comparable_design ──▶ Design without them, a step more in its ledger

A region outside the pilot separates its people from the treated: no propensity score fits them, and
in the limit their chance of treatment is 0. For the effect on the treated (ATT) such comparison
people get weight zero; for that on the comparison group (ATC) such treated people do, and for those
who could be in either group (ATO) both. The effect on everybody (ATE) is known for nobody there.
"""

from dataclasses import replace

import numpy as np

from pbc_eval.matching.design import Design
from pbc_eval.matching.encoding import encode
from pbc_eval.matching.ledger import by_arm
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Names
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.collinearity import independent_columns
from pbc_eval.numerics.separation import comparable


def comparable_design(design: Design, estimand: str) -> Design:
    """The design without people whom ``estimand`` does not need; itself where there are none, or
    where others would be lost with them."""
    x = _standardised(design.columns.score_values)
    left = comparable(
        x,
        design.treated,
        lose_yes=estimand in ("ATC", "ATO"),
        lose_no=estimand in ("ATT", "ATO"),
    )
    if left is None or left.rows.all():
        return design
    rows, gone = left.rows, ~left.rows
    why = Sentence(
        "nobody of the other group is like them in {columns}",
        columns=Names(_levels(design, gone) or design.covariates, 12),
    )
    treated = int((gone & design.treated).sum())
    frame = design.frame[rows]
    place = np.argsort(design.as_given, kind="stable")[rows]
    return replace(
        design,
        ids=design.ids[rows],
        treated=design.treated[rows],
        columns=encode(frame, design.covariates),
        strata=design.strata[rows],
        frame=frame,
        ledger=design.ledger.then(
            Sentence("weight zero"),
            int(gone.sum()),
            by_arm(why, treated, int(gone.sum()) - treated),
        ),
        as_given=np.argsort(place, kind="stable"),
        sampling=None if design.sampling is None else design.sampling[rows],
    )


def _standardised(columns: Floats) -> Floats:
    """An intercept and the ``columns`` (n, p) with mean 0 and spread 1, those of use."""
    kept = independent_columns(columns)
    scaled = (columns[:, kept] - columns[:, kept].mean(axis=0)) / columns[:, kept].std(axis=0)
    return np.column_stack([np.ones(len(columns)), scaled])


def _levels(design: Design, gone: Bools) -> tuple[str, ...]:
    """Columns of two values in which somebody who is gone differs from all of the other group."""
    columns, apart = design.columns, []
    for j in np.flatnonzero(columns.binary):
        values = columns.values[:, j]
        for group in (design.treated, ~design.treated):
            mine, others = values[gone & group], values[~group]
            if len(mine) and not np.isin(mine, others).all():
                apart.append(columns.names[j])
    return tuple(dict.fromkeys(apart))
