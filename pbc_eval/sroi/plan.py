"""What a simulation draws, in order, and what is made of it: checked whole before any draw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pbc_eval._validate import first_few
from pbc_eval.agreement.uncertainty import (
    PROJECT,
    Correlation,
    Fixed,
    Key,
    Uncertain,
    key_text,
    uncertainty_problem,
)
from pbc_eval.errors import ValueMapError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Names
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.distributions import Distribution, copula_of, distribution_of
from pbc_eval.sroi.present_value import SroiResult
from pbc_eval.sroi.value_model import Drawn, ValueModel, compile_model

STRAIGHT = ("quantity", "proxy_value", "deadweight", "displacement", "attribution", "leakage")
ENDS = (0.05, 0.95)  # percentiles between which a tornado moves a declared input
MOST = np.array([1 - 2.0**-53])  # the probability whose quantile no draw exceeds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """All that is drawn, in order, and what is made of it."""

    names: tuple[str, ...]
    distributions: tuple[Distribution, ...]  # of the declared inputs; estimates follow them
    whole: tuple[int, ...]  # inputs that are rounded to whole numbers
    tied: NDArray[np.intp]  # inputs that move together
    root: Floats
    estimates: tuple[str, ...]  # outcomes, in the order of their rows after the inputs
    scales: tuple[float, ...]  # from effect to quantity
    model: ValueModel
    investment: int | None  # the input that holds it
    stated_investment: float  # beside the payment
    straight: tuple[bool, ...]
    notes: tuple[Sentence, ...]
    rate: int | None = None  # the input that holds the discount rate, where inputs come later
    later: tuple[tuple[int, float, float], ...] = ()  # year, money put in then, its worth as stated

    def invested(self, values: Floats) -> Floats:
        """What is put in beside the payment, draw by draw; ``values`` (n_names, n) are drawn."""
        if self.investment is not None:
            return np.asarray(values[self.investment], float)
        total = np.full(values.shape[1], self.stated_investment)
        if self.rate is not None:
            for year, amount, stated in self.later:
                total += amount * (1 + values[self.rate]) ** -float(year) - stated
        return total


def plan_of(
    result: SroiResult,
    uncertain: Sequence[Uncertain],
    correlations: Sequence[Correlation] = (),
    *,
    results: Mapping[str, MeasuredOutcome] | None = None,
    paid: float = 0.0,
) -> Plan:
    """Check everything that will be drawn, before any draw. Raises ValueMapError."""
    if problem := uncertainty_problem(uncertain, correlations, result.outcomes):
        raise ValueMapError(problem + ".")
    tied, root = copula_of(uncertain, correlations)
    beside = result.investment - paid
    made = tuple(distribution_of(entry, _stated(result, entry, beside)) for entry in uncertain)
    whole = tuple(i for i, entry in enumerate(uncertain) if entry.input == "duration")
    outcomes = {row.id: row.quantity_from for row in result.outcomes if row.quantity_from}
    estimates = tuple(sorted(set(outcomes.values())))
    known = _with_scale(estimates, results or {})
    place = {name: len(made) + k for k, name in enumerate(estimates)}
    drawn = Drawn(
        place={entry.key: position for position, entry in enumerate(uncertain)},
        quantities={row: place[name] for row, name in outcomes.items()},
        longest={str(uncertain[i].row): int(np.rint(made[i].quantile(MOST)[0])) for i in whole},
    )
    model = compile_model(result, drawn)
    at_investment = [i for i, entry in enumerate(uncertain) if entry.input == "investment"]
    free = [i not in tied for i in range(len(made))]
    straight = [
        free[i] and (entry.input in STRAIGHT or entry.input == "investment")
        for i, entry in enumerate(uncertain)
    ]
    return Plan(
        names=(*(d.name for d in made), *(f"estimate of {name}" for name in estimates)),
        distributions=made,
        whole=whole,
        tied=tied,
        root=root,
        estimates=estimates,
        scales=tuple(float(known[name].total_scale or 0.0) for name in estimates),
        model=model,
        investment=at_investment[0] if at_investment else None,
        stated_investment=beside,
        straight=(*straight, *[True] * len(estimates)),
        notes=_notes(uncertain, made, whole, estimates, known),
        rate=drawn.place.get((PROJECT, "discount")),
        later=tuple(
            (year, amount, amount * float(result.factors_to(year)[year]))
            for year, amount in result.later_inputs
        ),
    )


def _stated(result: SroiResult, entry: Uncertain, beside: float) -> float:
    if entry.input == "investment":
        return beside
    if entry.input == "discount":
        if not isinstance(result.discount, float):
            raise ValueMapError(
                f"uncertainty of discount: the map is discounted by the schedule "
                f"{result.discount!r}. State one rate, such as 0.035, to make it uncertain."
            )
        return result.discount
    position = next(i for i, row in enumerate(result.outcomes) if row.id == entry.row)
    return float(getattr(result.assumptions, entry.input)[position])


def _with_scale(
    estimates: Sequence[str], results: Mapping[str, MeasuredOutcome]
) -> dict[str, MeasuredOutcome]:
    if lacking := [name for name in estimates if name not in results]:
        raise ValueMapError(
            f"simulation: the value map takes quantities from {first_few(lacking)}, which is not "
            "among the results. Give results=, as to social_return."
        )
    return {name: results[name] for name in estimates}


def _notes(
    uncertain: Sequence[Uncertain],
    made: Sequence[Distribution],
    whole: Sequence[int],
    estimates: Sequence[str],
    known: Mapping[str, MeasuredOutcome],
) -> tuple[Sentence, ...]:
    notes = [d.note for d in made if d.note]
    notes += [Sentence("{name} is rounded to whole years.", name=Name(made[i].name)) for i in whole]
    fixed = [key_text(entry.key) for entry in uncertain if entry.type == "fixed"]
    if fixed:
        notes.append(Sentence("Held fixed: {names}.", names=Names(tuple(fixed))))
    certain = [name for name in estimates if not known[name].std_error]
    if certain:
        notes.append(
            Sentence(
                "The estimate of {names} has no standard error and does not vary.",
                names=Names(tuple(certain)),
            )
        )
    return tuple(notes)


def ends_of(
    result: SroiResult, uncertain: Sequence[Uncertain], *, paid: float = 0.0
) -> dict[Key, tuple[float, float]]:
    """The 5th and 95th percentile of each declared input, as bounds for ``one_way``: the tornado
    then moves the same figures as the simulation, as far as they are stated to go.

    An investment is stated beside the payment; its ends include ``paid``. Fixed inputs have none.
    """
    ends: dict[Key, tuple[float, float]] = {}
    for entry in uncertain:
        if isinstance(entry, Fixed):
            continue
        made = distribution_of(entry, _stated(result, entry, result.investment - paid))
        low, high = (float(end) for end in made.quantile(np.array(ENDS)))
        if entry.input == "duration":
            low, high = round(low), round(high)
        if entry.input == "investment":
            low, high = low + paid, high + paid
        ends[entry.key] = (low, high)
    return ends
