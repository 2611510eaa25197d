"""What is said beside an average of effects: why it has no error, what is not in it."""

import numpy as np

from pbc_eval.did.adjustment import TRIM
from pbc_eval.did.averages import Average
from pbc_eval.did.estimates import REFERENCE, CellEstimates
from pbc_eval.did.lone_cohorts import MOST_WEIGHT, Lone
from pbc_eval.did.notes import trimmed
from pbc_eval.did.small_cohorts import SMALL, Allowance
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import (
    COMPARISON_UNITS,
    Listed,
    Number,
    Period,
    Share,
    Units,
    joined,
    periods,
)
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.numerics.distributions import normal_quantile


def reason_without_error(
    cells: CellEstimates, average: Average, lone: Lone | None
) -> Sentence | None:
    """Why an average has no standard error: it leans on effects that have none. Those that are
    zero by construction are known, unless there is nothing else; ``lone`` cohorts that carry
    little are taken to vary as the others do."""
    used = np.flatnonzero(average.weights)
    unknown = [j for j in used if cells.reason[j] and not cells.plan.reference[j]]
    if lone is not None:
        return REFERENCE if cells.plan.reference[used].all() else None
    reasons = joined(dict.fromkeys(cells.reason[j] for j in unknown))
    if len(unknown) == len(used):
        return reasons
    return Sentence(
        "{share} of its weight is on effects without a standard error: {reasons}",
        share=Share(float(average.weights[unknown].sum())),
        reasons=reasons,
    )


def notes_of_cells(
    cells: CellEstimates, names: tuple[tuple[str, ...], tuple[str, ...]], chosen: Bools
) -> list[Sentence]:
    """Cohorts without a standard error, comparison units without weight, and cells left out."""
    notes = []
    silent: dict[Sentence, list[str]] = {}
    left_out: dict[Sentence, list[Sentence]] = {}
    for j, reason in enumerate(cells.reason):
        cohort = names[0][cells.plan.cohort[j]]
        if np.isnan(cells.estimate[j]):
            period = Period(names[1][cells.plan.period[j]])
            left_out.setdefault(reason, []).append(
                Sentence("{cohort} in {period}", cohort=Period(cohort), period=period)
            )
        elif chosen[j] and reason and not cells.plan.reference[j]:
            silent.setdefault(reason, []).append(cohort)
    for reason, cohorts in silent.items():
        distinct = dict.fromkeys(cohorts)
        notes.append(
            Sentence(
                "{reason} ({cohorts}): its variation cannot be estimated; averages of which it "
                "carries more than {most} have no standard error",
                most=Share(MOST_WEIGHT),
                reason=reason,
                cohorts=periods(distinct, len(distinct)),
            )
        )
    notes += _trimmed_notes(cells, names[0], chosen)
    for reason, cells_named in left_out.items():
        more = Sentence(" ...") if len(cells_named) > 5 else EMPTY
        notes.append(
            Sentence(
                "left out of averages, {reason}: {cells}{more}",
                reason=reason,
                cells=Listed(tuple(cells_named[:5])),
                more=more,
            )
        )
    return notes


def _trimmed_notes(cells: CellEstimates, cohorts: tuple[str, ...], chosen: Bools) -> list[Sentence]:
    """The most comparison units that any effect of a cohort leaves out for their score."""
    if cells.trimmed is None:
        return []
    most = {
        c: int(cells.trimmed[chosen & (cells.plan.cohort == c)].max(initial=0))
        for c in np.unique(cells.plan.cohort).tolist()
    }
    return [
        Sentence(
            "{trimmed} (cohort {cohort})",
            trimmed=trimmed(Units(n, COMPARISON_UNITS), TRIM),
            cohort=Period(cohorts[c]),
        )
        for c, n in most.items()
        if n
    ]


def lone_notes(cohorts: tuple[str, ...], lone: Lone | None) -> list[Sentence]:
    """That cohorts of one unit are taken to vary as the other treated units do."""
    if lone is None or not lone.cohorts:
        return []
    return [
        Sentence(
            "{cohorts}, with {share} of the overall effect's weight, is taken to vary as the other "
            "treated units do: intervals and p-values are wider by that",
            cohorts=periods([cohorts[c] for c in lone.cohorts], len(lone.cohorts)),
            share=Share(lone.share),
        )
    ]


def band_note(level: float, band: Floats) -> Sentence:
    if len(band) and np.ptp(band) > 0:
        return Sentence(
            "simultaneous {level} bands for the series (critical values {least} to {most}, by the "
            "size of the cohorts); p-values and the overall interval are for one effect at a time",
            level=Share(level),
            least=Number(float(band.min()), 4),
            most=Number(float(band.max()), 4),
        )
    point = float(normal_quantile(0.5 + level / 2))
    return Sentence(
        "simultaneous {level} bands for the series (critical value {critical}); p-values and the "
        "overall interval are for one effect at a time",
        level=Share(level),
        critical=Number(float(band[0]) if len(band) else point, 4),
    )


def small_note(
    cells: CellEstimates, cohorts: tuple[str, ...], allowed: Allowance
) -> list[Sentence]:
    """That intervals allow for small cohorts, and for which; nothing where none matters."""
    if np.isinf(allowed.df).all():
        return []
    named = sorted({*cells.small.cohort} - {0})
    return [
        Sentence(
            "intervals and p-values allow for cohorts of fewer than {small} independent units"
            "{cohorts}: t with estimated degrees of freedom, which needs outcomes not far from "
            "normal",
            small=Number(SMALL),
            cohorts=Sentence(" ({list})", list=periods([cohorts[c] for c in named], len(named)))
            if named
            else EMPTY,
        )
    ]


def beside_stated(notes: tuple[Sentence, ...]) -> tuple[Sentence, ...]:
    """Notes on an average whose interval is by another way than the estimator's own: allowances
    for small cohorts are then those of other effects."""
    return tuple(
        Sentence(
            "intervals of other effects than the headline allow for cohorts of fewer than {small} "
            "independent units{cohorts}: t with estimated degrees of freedom, which needs outcomes "
            "not far from normal",
            small=note.values["small"],
            cohorts=note.values["cohorts"],
        )
        if note.template.startswith("intervals and p-values allow for cohorts")
        else note
        for note in notes
    )
