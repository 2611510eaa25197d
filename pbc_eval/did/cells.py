"""Which comparisons make up ATT(g, t): cohort, period, base period and comparison cohorts.

Source: Callaway and Sant'Anna (2021), "Difference-in-differences with multiple time periods",
Journal of Econometrics 225, sections 2 and 3.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pbc_eval._validate import first_few
from pbc_eval.errors import DesignError
from pbc_eval.messages.sentence import EMPTY, Sentence
from pbc_eval.messages.values import Period
from pbc_eval.messages.values import periods as periods_of
from pbc_eval.numerics.arrays import Bools, Floats, Ints
from pbc_eval.panel.panel import Panel

ControlGroup = Literal["never_treated", "not_yet_treated"]
BasePeriod = Literal["varying", "universal"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellPlan:
    """k cells, ordered by cohort and period. Cohorts and periods are positions in the panel."""

    cohort: Ints  # (k,)
    period: Ints  # (k,)
    base: Ints  # (k,) position of the base period; -1 when there is none
    pool: Bools  # (k, C) the cohorts that each cell is compared with
    event_time: Ints  # (k,) in the panel's clock
    reference: Bools  # (k,) base and period coincide: the effect is 0 by construction
    before: Bools  # (k,) the period lies before treatment and its anticipation
    reason: tuple[Sentence, ...]  # (k,) why a cell cannot be estimated; empty when it can
    notes: tuple[Sentence, ...]

    @property
    def usable(self) -> Bools:
        """(k,) cells that can be estimated, the reference cells not among them."""
        return np.array([not reason for reason in self.reason], dtype=bool) & ~self.reference


def plan_cells(
    panel: Panel, *, control_group: ControlGroup, base_period: BasePeriod, anticipation: int
) -> CellPlan:
    """Lay out every cohort and period of a panel.

    The base of a period from treatment less ``anticipation`` onwards is the last period observed
    before that; of an earlier one, the period before it ("varying") or the same ("universal").
    The not yet treated are those whose treatment, less ``anticipation``, lies after both periods.

    Raises DesignError when there is no treated cohort or nobody to compare with.
    """
    units = np.asarray(panel.cohort_units)
    clock = np.asarray(panel.periods.clock, dtype=float)
    touched = panel.first_touched(anticipation)
    begins = np.append(clock, np.inf)[touched]
    _refuse_reacting_comparison(panel, anticipation)
    treated = [g for g in range(1, len(units)) if units[g]]
    if not treated:
        raise DesignError(
            f"{panel.name}: no unit is first treated between the second and the last period; "
            "there is no effect to estimate. Check the cohort column "
            f"{panel.roles.cohort!r}: it holds the first treated period.{_those_who_left(panel)}"
        )
    compared_only, notes = _last_cohort(panel, treated, control_group)
    cells = []
    for g in treated:
        long_base = int(touched[g]) - 1
        for t in range(len(clock)):
            under_way = clock[t] >= begins[g]
            short = base_period == "varying" and not under_way
            if base_period == "varying" and t == 0:
                continue
            cells.append((g, t, t - 1 if short else long_base))
    cohort, period, base = np.array(cells, dtype=np.int64).T
    pool = _pools(
        cohort,
        period,
        base,
        begins=begins,
        clock=clock,
        units=units,
        control_group=control_group,
    )
    reference = base == period
    reasons = []
    for j, (g, at) in enumerate(zip(cohort.tolist(), base.tolist(), strict=True)):
        reason = EMPTY
        if _left_out(panel, g, int(period[j])):
            reason = Sentence("treatment starts inside this period: left out")
        elif g == compared_only:
            reason = Sentence("the last cohort serves as comparison only")
        elif at < 0:
            reason = Sentence("no period before treatment and its anticipation")
        elif not pool[j].any():
            reason = Sentence("no comparison units: all are treated by then")
        reasons.append(reason)
    return CellPlan(
        cohort=cohort,
        period=period,
        base=base,
        pool=pool,
        event_time=(clock[period] - panel.first_treated[cohort]).astype(np.int64),
        reference=reference & np.array([not reason for reason in reasons]),
        before=clock[period] < begins[cohort],
        reason=tuple(reasons),
        notes=(*notes, *_partly_treated(panel)),
    )


def _left_out(panel: Panel, g: int, period: int) -> bool:
    """Does a cohort's treatment start inside a period that was left out for it?"""
    if panel.rules.start_inside != "leave_period_out" or g not in panel.partly_treated:
        return False
    return bool(panel.first_touched()[g] <= period < panel.starts[g])


def _partly_treated(panel: Panel) -> tuple[Sentence, ...]:
    """That a period is neither treated nor untreated for some cohorts."""
    partly = panel.partly_treated
    if not partly or panel.rules.start_inside == "leave_period_out":
        return ()
    return (
        Sentence(
            "treatment starts inside the period before the first treated one for cohort {cohorts}: "
            "what is shown there is no lead, and it serves as no base",
            cohorts=periods_of([panel.cohorts[g] for g in partly]),
        ),
    )


def _refuse_reacting_comparison(panel: Panel, anticipation: int) -> None:
    """Units treated soon after the last period may react within it: they compare with nobody."""
    spans, last = panel.periods.spans, len(panel.periods)
    reacting = [at for at in panel.late if spans.first_touched(at, anticipation) < last]
    if anticipation and reacting:
        raise DesignError(
            f"{panel.name}: units first treated after the last period "
            f"({panel.periods.names[-1]}) may react within it, with anticipation {anticipation}, "
            f"and are counted as never treated by column {panel.roles.cohort!r}. Leave these units "
            "out of the data, or the periods in which they may react."
        )


def _those_who_left(panel: Panel) -> str:
    """A cohort value that left as treated from the start may have meant never."""
    if not panel.early:
        return ""
    values = first_few(panel.early)
    return (
        f" Units with {values} in {panel.roles.cohort!r} were left out as treated in or before "
        f"{panel.periods.names[0]}. If that means never treated, say so: never_treated_codes="
        f"[{values}] (data.never_treated_codes in a file). Otherwise:"
    )


def _last_cohort(
    panel: Panel, treated: list[int], control_group: ControlGroup
) -> tuple[int, tuple[Sentence, ...]]:
    """Without never-treated units the last cohort is the comparison until it is treated."""
    if panel.cohort_units[0]:
        return -1, ()
    if control_group == "never_treated":
        raise DesignError(
            f"{panel.name}: no unit is never treated, so there is nobody to compare with."
            f"{_those_who_left(panel)}{_what_still_works(panel, treated)}",
            rule=Sentence("No unit is never treated, so there is nobody to compare with."),
        )
    if len(treated) < 2:
        raise DesignError(
            f"{panel.name}: every unit is first treated in "
            f"{panel.periods.name(panel.cohorts[treated[0]])}, so there "
            "is nobody to compare with. Add units that were not treated, or treated later."
        )
    last = treated[-1]
    label = panel.cohorts[last]
    return last, (
        Sentence(
            "no unit is never treated: cohort {label}, the last, is comparison only, and there are "
            "no effects once it is treated",
            label=Period(panel.periods.name(label)),
        ),
    )


def _what_still_works(panel: Panel, treated: list[int]) -> str:
    """The remedy where no unit is never treated, as far as it goes on these data."""
    last = panel.periods.name(panel.cohorts[treated[-1]])
    if len(treated) < 2:
        return (
            f" All are first treated in {last}, so that not even units treated later are there. "
            "Add units that were not treated, or treated later."
        )
    return (
        " Use control_group='not_yet_treated' (design.control_group: not_yet_treated in a file) to "
        f"compare with units treated later. Effects from {last} on, when the last are treated, "
        "cannot be estimated then, by this estimator or another, and those treated last have none."
    )


def _pools(
    cohort: Ints,
    period: Ints,
    base: Ints,
    *,
    begins: Floats,
    clock: Floats,
    units: Ints,
    control_group: ControlGroup,
) -> Bools:
    pool: Bools = np.zeros((len(cohort), len(units)), dtype=bool)
    pool[:, 0] = True
    if control_group == "not_yet_treated":
        latest = np.maximum(clock[period], clock[base])
        pool |= begins[None, :] > latest[:, None]
        pool[np.arange(len(cohort)), cohort] = False
    return pool & (units > 0)
