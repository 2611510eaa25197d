"""Monte Carlo of social return: what the stated uncertainty of the inputs makes of the ratio.

    estimates ─ effect_draws ─┐
    declared inputs ──────────┼─ simulate ─▶ present value, investment, NPV and ratio, draw by draw
    payments of the draws ────┘

Draws are made in chunks of a fixed size, each from its own generator spawned from the seed, so
that the result is the same whatever the number of threads. Rows that rest on one estimate share
its draws. Without a covariance of the estimates they are drawn independently, which is said.
"""

import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pbc_eval._validate import check_choice, check_level
from pbc_eval.agreement.uncertainty import RANGES, Correlation, Uncertain
from pbc_eval.errors import ValueMapError
from pbc_eval.messages.sentence import Sentence
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.effect_draws import FROM_INPUTS, effect_draws
from pbc_eval.sroi.plan import Plan, plan_of
from pbc_eval.sroi.present_value import SroiResult

CHUNK = 16_384
KEPT = 50_000  # draws of the inputs that are kept, for the value of information
Quantity = Literal["present_value", "investment", "net_present_value", "ratio"]
MOST_DRAWS = 100_000_000
QUANTITIES = ("present_value", "investment", "net_present_value", "ratio")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Simulation:
    """Draws of what an investment returned; n of them, in money of year 0."""

    def __repr__(self) -> str:
        return f"<Simulation: {self.draws:,} draws of {len(self.names)} uncertain inputs>"

    present_value: Floats  # (n,)
    investment: Floats  # (n,)
    currency: str
    names: tuple[str, ...]  # of the uncertain inputs: 'gp-visits.quantity', 'estimate of gp-visits'
    inputs: Floats  # (n_inputs, n_kept), the first draws; estimates as total quantities
    straight: tuple[bool, ...]  # is the expected NPV, given the input, a straight line in it?
    seed: int
    notes: tuple[
        Sentence, ...
    ] = ()  # what was truncated, rounded, held fixed or drawn independently

    @property
    def draws(self) -> int:
        return len(self.present_value)

    @property
    def net_present_value(self) -> Floats:
        """(n,), money."""
        return self.present_value - self.investment

    @property
    def ratio(self) -> Floats:
        """(n,) present value / investment; NaN in draws where nothing is invested."""
        invested = np.where(self.investment > 0, self.investment, math.nan)
        return self.present_value / invested

    def mean(self, quantity: Quantity) -> float:
        return float(np.nanmean(self._of(quantity)))

    def interval(self, quantity: Quantity, level: float = 0.95) -> tuple[float, float]:
        """Between these ends lie ``level`` of the draws, as many below as above."""
        check_level("simulation", level, ValueMapError)
        tail = (1 - level) / 2
        low, high = np.nanquantile(self._of(quantity), [tail, 1 - tail])
        return float(low), float(high)

    @property
    def chance_ratio_above_one(self) -> float:
        """Share of the draws in which something is invested and more comes back."""
        above = (self.present_value > self.investment) & (self.investment > 0)
        return float(above.mean())

    @property
    def chance_npv_above_zero(self) -> float:
        return float((self.net_present_value > 0).mean())

    @property
    def without_investment(self) -> int:
        """Draws that have no ratio, since nothing is invested in them."""
        return int((self.investment <= 0).sum())

    def _of(self, quantity: str) -> Floats:
        check_choice("simulation", "quantity", quantity, QUANTITIES, ValueMapError)
        values: Floats = getattr(self, quantity)
        return values


def simulate(
    result: SroiResult,
    uncertain: Sequence[Uncertain],
    correlations: Sequence[Correlation] = (),
    *,
    draws: int = 100_000,
    seed: int,
    results: Mapping[str, MeasuredOutcome] | None = None,
    effects: Mapping[str, Floats] | None = None,
    payments: Floats | None = None,
    paid: float = 0.0,
    threads: int | None = None,
) -> Simulation:
    """Draw every uncertain input, and what the investment returns in each draw.

    ``results`` as given to ``social_return``; rows with an estimated quantity are drawn from them
    or, where given, take ``effects`` (outcome to (draws,), in its unit). ``payments`` (draws,) are
    the payments that go with those effects and take the place of ``paid``, the payment that is part
    of ``result.investment``. A declared investment is what is put in beside the payment.

    Raises ValueMapError before anything is drawn when a distribution leaves its range or
    contradicts the map, or correlations cannot hold together.
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or not 2 <= draws <= MOST_DRAWS:
        raise ValueMapError(
            f"simulation: draws must be a whole number from 2 to {MOST_DRAWS:,}, got {draws!r}."
        )
    plan = plan_of(result, uncertain, correlations, results=results, paid=paid)
    if effects is None:
        wanted = {name: (results or {})[name] for name in plan.estimates}
        effects = effect_draws(wanted, draws=draws, seed=seed)
    for name, given in {**effects, "payments": payments}.items():
        if given is not None and np.shape(given) != (draws,):
            raise ValueMapError(
                f"simulation: {name} has shape {np.shape(given)}, for {draws:,} draws."
            )
    present, invested = np.empty(draws), np.empty(draws)
    kept = np.empty((len(plan.names), min(KEPT, draws)))
    starts = range(0, draws, CHUNK)
    seeds = np.random.SeedSequence([seed, FROM_INPUTS]).spawn(len(starts))
    workers = min(threads or os.cpu_count() or 1, len(starts))

    def run(worker: int) -> None:
        buffer = np.empty(
            (len(plan.names), CHUNK)
        )  # used again: fresh memory costs more than draws
        for start, stream in list(zip(starts, seeds, strict=True))[worker::workers]:
            here = slice(start, min(start + CHUNK, draws))
            values = buffer[:, : here.stop - start]
            _draw(plan, stream, values)
            for k, (name, scale) in enumerate(zip(plan.estimates, plan.scales, strict=True)):
                np.multiply(effects[name][here], scale, out=values[len(plan.distributions) + k])
            present[here] = plan.model.present_value(values)
            invested[here] = plan.invested(values)
            last = min(here.stop, kept.shape[1])
            if start < last:
                kept[:, start:last] = values[:, : last - start]

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(run, range(workers)))
    invested += paid if payments is None else payments
    return Simulation(
        present_value=present,
        investment=invested,
        currency=result.currency,
        names=plan.names,
        inputs=kept,
        straight=tuple(
            straight and (payments is None or not name.startswith("estimate of "))
            for name, straight in zip(plan.names, plan.straight, strict=True)
        ),
        seed=seed,
        notes=plan.notes,
    )


def _draw(plan: Plan, stream: np.random.SeedSequence, values: Floats) -> None:
    """Fill the declared inputs of ``values`` (n_names, n); the rows of estimates are left."""
    generator = np.random.Generator(np.random.SFC64(stream))
    if len(plan.tied):
        scores = plan.root @ generator.standard_normal((len(plan.tied), values.shape[1]))
        for k, position in enumerate(plan.tied):
            values[position] = plan.distributions[position].of_scores(scores[k])
    together = set(plan.tied.tolist())
    for position, distribution in enumerate(plan.distributions):
        if position not in together:
            distribution.draw(generator, values[position])
    least, most = RANGES["duration"]
    for position in plan.whole:
        np.clip(np.rint(values[position]), least, most, out=values[position])
