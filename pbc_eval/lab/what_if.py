"""What if an assumption or a term were another? The ratio, what it owes to each assumption, the
payment and its chance, for changed settings; nothing is written and nothing agreed is changed.

    Evaluation ─ WhatIf ─ settings() ▶ Setting, …      at({"value.jobs.deadweight": 0.3}) ▶ Answer
"""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from pbc_eval._validate import check_number, did_you_mean
from pbc_eval.agreement.payment_terms import PaymentTerms, payment_terms_from
from pbc_eval.errors import SpecError
from pbc_eval.evaluation.record import Evaluation
from pbc_eval.parameters.discounting import annual_rates
from pbc_eval.payment.draws import payments_of_draws
from pbc_eval.payment.due import payment_due
from pbc_eval.payment.statement import PaymentStatement
from pbc_eval.sroi.assumptions import SHARES, value_by_year
from pbc_eval.sroi.effect_draws import effect_draws
from pbc_eval.sroi.present_value import LEAD, SroiResult
from pbc_eval.sroi.sensitivity import OneWay, one_way, with_values

BY_ROW = ("quantity", "proxy_value", *SHARES, "duration")
DRAWS = 4_000
_FIXED = ("earlier_years", "indices", "promised_effects", "investment", "rounding")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One number that can be changed. ``agreed`` is what it is; ``least`` and ``most`` are where it
    must lie, None without an end."""

    key: str
    label: str
    group: str
    agreed: float
    least: float | None = None
    most: float | None = None
    whole: bool = False


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
        self._content = {} if self._terms is None else self._terms.model_dump(by_alias=True)
        parts = evaluation.investment
        self._is_invested = any(part.is_payment for part in parts)
        self._other_inputs = math.fsum(part.value for part in parts if not part.is_payment)
        self.settings = {setting.key: setting for setting in self._settings()}
        results = evaluation.results
        vary = any(r.effect is not None and r.std_error for r in results.values())
        self._draws = (
            effect_draws(results, draws=DRAWS, seed=evaluation.seed)
            if vary and self._terms is not None
            else {}
        )

    def at(self, changes: Mapping[str, float]) -> Answer:
        """What comes out with these settings changed, by key.

        Raises SpecError for a key that there is not, and for a value out of its range; what the
        terms refuse is raised as they raise it.
        """
        for key, number in changes.items():
            self._refuse(key, number)
        terms = self._terms_with(changes)
        payment = expected = chance = None
        if terms is not None:
            payment = payment_due(terms, self._evaluation.results)
            if self._draws:
                amounts = payments_of_draws(terms, self._evaluation.results, self._draws).amounts
                expected, chance = float(amounts.mean()), float((amounts > 0).mean())
        value = None if self._value is None else self._value_with(changes, payment)
        tornado = () if value is None else one_way(value)
        return Answer(
            value=value, tornado=tornado, payment=payment, expected=expected, chance=chance
        )

    def _settings(self) -> Iterator[Setting]:
        value = self._value
        if value is not None:
            for position, row in enumerate(value.outcomes):
                for name in BY_ROW:
                    agreed = float(getattr(value.assumptions, name)[position])
                    if name == "deadweight" and value.assumptions.estimated[position]:
                        continue  # counted once: an estimate admits none
                    share = name in SHARES
                    yield Setting(
                        key=f"value.{row.id}.{name}",
                        label=name.replace("_", " "),
                        group=f"{row.id} ({row.stakeholder}: {row.outcome})",
                        agreed=agreed,
                        least=1.0 if name == "duration" else 0.0 if share else None,
                        most=1.0 if share else None,
                        whole=name == "duration",
                    )
            if isinstance(value.discount, float | int):
                yield Setting(
                    key="value.discount", label="discount rate", group="The whole project",
                    agreed=float(value.discount), least=0.0, most=1.0,
                )  # fmt: skip
            yield Setting(
                key="value.other_inputs", label="inputs other than the payment",
                group="The whole project", agreed=self._other_inputs, least=0.0,
            )  # fmt: skip
        for path, number in _numbers(self._content, ()):
            clause = self._clause(path)
            yield Setting(
                key="payment." + ".".join(map(str, path)),
                label=str(path[-1]).replace("_", " "),
                group=f"Payment: {clause}",
                agreed=float(number),
            )

    def _clause(self, path: tuple[Any, ...]) -> str:
        if path[0] == "clauses":
            return str(self._content["clauses"][path[1]].get("label") or path[1])
        return "all clauses"

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

    def _terms_with(self, changes: Mapping[str, float]) -> PaymentTerms | None:
        mine = {k: v for k, v in changes.items() if k.startswith("payment.")}
        if self._terms is None or not mine:
            return self._terms
        content = _copied(self._content)
        for key, number in mine.items():
            *steps, last = key.split(".")[1:]
            here: Any = content
            for step in steps:
                here = here[int(step)] if isinstance(here, list) else here[step]
            place: Any = int(last) if isinstance(here, list) else last
            is_exact = isinstance(here[place], Decimal)
            here[place] = Decimal(repr(float(number))) if is_exact else number
        return payment_terms_from(content)

    def _value_with(
        self, changes: Mapping[str, float], payment: PaymentStatement | None
    ) -> SroiResult:
        assert self._value is not None  # asked for by its caller
        result, given = self._value, self._value.assumptions
        rows = {row.id: position for position, row in enumerate(result.outcomes)}
        for key, number in changes.items():
            part, _, name = key.removeprefix("value.").rpartition(".")
            if key.startswith("value.") and part in rows:
                given = with_values(given, name, number, rows[part])
        discount = changes.get("value.discount", result.discount)
        investment = result.investment
        if "value.other_inputs" in changes or (self._is_invested and payment is not None):
            inputs = changes.get("value.other_inputs", self._other_inputs)
            due = float(payment.total) if self._is_invested and payment is not None else 0.0
            investment = inputs + due
        if not changes:
            return result
        values = value_by_year(given, LEAD[result.start_convention])
        rates = annual_rates(discount, values.shape[1] - 1, result.date)
        factors = np.concatenate([[1.0], 1 / np.cumprod(1 + rates)])
        return dataclasses.replace(
            result, assumptions=given, values=values, factors=factors, discount=discount,
            investment=investment,
        )  # fmt: skip


def _numbers(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float | Decimal):
        yield path, float(value)
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if path or name not in _FIXED:
                yield from _numbers(part, (*path, name))
    elif isinstance(value, list | tuple):
        for at, part in enumerate(value):
            yield from _numbers(part, (*path, at))


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list | tuple) else value
