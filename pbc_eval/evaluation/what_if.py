"""What if an assumption, a term or a result were another? The ratio, what it owes to each
assumption, the payment and its chance, for changed settings; nothing is written and nothing agreed
is changed.

    Evaluation ─ WhatIf ─ settings ▶ Setting, …      at({"value.jobs.deadweight": 0.3}) ▶ Answer

What was paid for earlier years, and what their corrections come to, stays: it is this year's
statement that is asked about.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pbc_eval._validate import check_number, did_you_mean
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.evaluation.what_if_settings import (
    PAYMENT,
    RESULT,
    Setting,
    declared_ends,
    settings_of,
)
from pbc_eval.numerics.arrays import Floats
from pbc_eval.parameters.discounting import annual_rates
from pbc_eval.payment.draws import LEAST_LEVEL, payments_of_draws
from pbc_eval.payment.due import due_beside
from pbc_eval.payment.live_formulas import kept_of
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.payment.term_numbers import terms_with
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.assumptions import value_by_year
from pbc_eval.sroi.effect_draws import effect_draws
from pbc_eval.sroi.present_value import LEAD, SroiResult
from pbc_eval.sroi.sensitivity import OneWay, one_way, with_values

DRAWS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What comes out. Money in the contract's currency; ``chance`` is that of more than nothing
    being paid, over the errors of the estimates, None where nothing has one."""

    value: SroiResult | None
    tornado: tuple[OneWay, ...]
    payment: PaymentStatement | None
    expected: float | None
    chance: float | None

    @property
    def ratio(self) -> float | None:
        return None if self.value is None else self.value.ratio


class WhatIf:
    """The settings of one evaluation and what they give. ``at({})`` is what was agreed."""

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        self._value = evaluation.sroi
        self._terms = evaluation.spec.payment
        if self._value is None and self._terms is None:
            raise SpecError(
                f"{evaluation.spec.id}: has neither a value map nor payment terms to explore."
            )
        parts = evaluation.investment
        self._is_invested = any(part.is_payment for part in parts)
        self._other_inputs = math.fsum(part.value for part in parts if not part.is_payment)
        self.settings: dict[str, Setting] = {
            setting.key: setting
            for setting in settings_of(
                evaluation.spec, self._value, evaluation.results, self._other_inputs
            )
        }
        results = evaluation.results
        vary = any(r.effect is not None and r.std_error for r in results.values())
        self._draws: dict[str, Floats] = (
            effect_draws(results, draws=DRAWS, seed=evaluation.seed)
            if vary and self._terms is not None
            else {}
        )
        analysis = evaluation.value_analysis
        self._ends = (
            {}
            if self._value is None or analysis is None
            else declared_ends(self._value, analysis.one_way)
        )

    def at(self, changes: Mapping[str, float]) -> Answer:
        """What comes out with these settings changed, by key.

        Raises SpecError for a key that there is not, and for a value out of its range; what the
        terms refuse is raised as they raise it.
        """
        for key, number in changes.items():
            self._refuse(key, number)
        results = self._results_with(changes)
        payment, expected, chance = self._payment_with(changes, results)
        value = None if self._value is None else self._value_with(changes, results, payment)
        tornado = () if value is None else one_way(value, bounds=self._ends)
        return Answer(
            value=value, tornado=tornado, payment=payment, expected=expected, chance=chance
        )

    def _refuse(self, key: str, number: float) -> None:
        setting = self.settings.get(key)
        if setting is None:
            raise SpecError(
                f"what if: there is no setting {key!r}.{did_you_mean(key, self.settings)}"
            )
        value = check_number("what if", key, number, SpecError)
        low = -math.inf if setting.least is None else setting.least
        high = math.inf if setting.most is None else setting.most
        if not low <= value <= high:
            raise SpecError(f"what if: {key} must lie in [{low:g}, {high:g}], got {number!r}.")
        if setting.whole and value != int(value):
            raise SpecError(f"what if: {key} must be a whole number of years, got {number!r}.")
        if setting.above and value == low:
            raise SpecError(f"what if: {key} must be above {low:g}, got {number!r}.")

    def _results_with(self, changes: Mapping[str, float]) -> dict[str, MeasuredOutcome]:
        """The results, those changed that are asked about. The ends of an interval move with the
        effect unless they are changed themselves; so do other estimates and the counterfactual."""
        results = dict(self._evaluation.results)
        for name, result in results.items():
            asked = {
                part: changes[key]
                for part in ("effect", "conf_low", "conf_high", "count")
                if (key := f"{RESULT}.{name}.{part}") in changes
            }
            if asked:
                results[name] = _with(result, asked)
        return results

    def _payment_with(
        self, changes: Mapping[str, float], results: Mapping[str, MeasuredOutcome]
    ) -> tuple[PaymentStatement | None, float | None, float | None]:
        """The statement, and the mean payment and the chance of any over the draws."""
        terms, agreed = self._terms, self._evaluation.payment
        if terms is None or agreed is None:
            return None, None, None
        places = {
            setting.place: changes[key]
            for key, setting in self.settings.items()
            if key in changes and key.startswith(PAYMENT)
        }
        if places:
            terms = terms_with(terms, places)
        moved = bool(places) or any(key.startswith(RESULT) for key in changes)
        payment = agreed
        if moved:
            payment = due_beside(terms, results, kept_of(terms, agreed.workings)[0])
        if not self._draws:
            return payment, None, None
        draws = {
            name: values + _shift(self._evaluation.results[name], results[name])
            for name, values in self._draws.items()
        }
        amounts = payments_of_draws(terms, results, draws).amounts
        return payment, float(amounts.mean()), float((amounts > 0).mean())

    def _value_with(
        self,
        changes: Mapping[str, float],
        results: Mapping[str, MeasuredOutcome],
        payment: PaymentStatement | None,
    ) -> SroiResult:
        assert self._value is not None  # asked for by its caller
        if not changes:
            return self._value
        result, given = self._value, self._value.assumptions
        rows = {row.id: position for position, row in enumerate(result.outcomes)}
        for row in result.outcomes:
            measured = results.get(str(row.quantity_from))
            if measured is not None and measured != self._evaluation.results[measured.outcome]:
                for name, bound in (
                    ("quantity", measured.effect),
                    ("quantity_low", measured.conf_low),
                    ("quantity_high", measured.conf_high),
                ):
                    if bound is not None and measured.total_scale is not None:
                        scaled = bound * measured.total_scale
                        given = with_values(given, name, scaled, rows[row.id])
        for key, number in changes.items():
            part, _, name = key.removeprefix("value.").rpartition(".")
            if key.startswith("value.") and part in rows:
                given = with_values(given, name, number, rows[part])
        discount = changes.get("value.discount", result.discount)
        values = value_by_year(given, LEAD[result.start_convention])
        return dataclasses.replace(
            result,
            assumptions=given,
            values=values,
            factors=_factors(result, discount, values.shape[1] - 1),
            discount=discount,
            investment=self._invested(changes, payment),
        )

    def _invested(self, changes: Mapping[str, float], payment: PaymentStatement | None) -> float:
        """What is put in. What is put in later is worth less where more is taken off a year."""
        assert self._value is not None
        result = self._value
        stays = payment is self._evaluation.payment
        if "value.other_inputs" in changes:
            inputs = changes["value.other_inputs"]
        elif "value.discount" in changes and result.later_inputs:
            furthest = max(year for year, _ in result.later_inputs)
            worth = _factors(result, changes["value.discount"], furthest)
            inputs = self._other_inputs + (result.invested_at(worth) - result.investment)
        elif stays:
            return result.investment
        else:
            inputs = self._other_inputs
        due = float(payment.total) if self._is_invested and payment is not None else 0.0
        if not inputs + due > 0:
            raise SpecError(
                f"what if: the investment must be above zero, and comes to {inputs + due:,.2f}. A "
                "return needs something put in."
            )
        return inputs + due


def _factors(result: SroiResult, discount: float | str, years: int) -> Floats:
    rates = annual_rates(discount, years, result.date)
    return np.concatenate([[1.0], 1 / np.cumprod(1 + rates)])


def _shift(before: MeasuredOutcome, after: MeasuredOutcome) -> float:
    return (after.effect or 0.0) - (before.effect or 0.0)


def _with(result: MeasuredOutcome, asked: Mapping[str, float]) -> MeasuredOutcome:
    """A result as it would be. Raises SpecError where an effect lies outside its interval."""
    if "count" in asked:
        return dataclasses.replace(result, count=asked["count"], by_person=None)
    assert result.effect is not None  # settings are of results that have one
    effect = asked.get("effect", result.effect)
    shift = effect - result.effect
    ends = {
        end: asked.get(end, None if (bound := getattr(result, end)) is None else bound + shift)
        for end in ("conf_low", "conf_high")
    }
    low, high = ends["conf_low"], ends["conf_high"]
    if (low is not None and low > effect) or (high is not None and high < effect):
        raise SpecError(
            f"what if: the effect on {result.outcome} must lie within its interval, got {effect:g} "
            f"and {low:g} to {high:g}. Change the ends too."
        )
    level = result.counterfactual
    if level is not None and shift:
        moved = level + result.counterfactual_slope * shift
        level = max(moved, LEAST_LEVEL * abs(level))
    others = tuple((name, other + shift) for name, other in result.alternatives)
    return dataclasses.replace(
        result,
        effect=effect,
        conf_low=low,
        conf_high=high,
        counterfactual=level,
        alternatives=others if shift else result.alternatives,
    )
