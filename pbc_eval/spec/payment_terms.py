"""Payment terms: what is paid for which outcome, as agreed, clause by clause.

Money is in the contract's currency. The clauses are in ``payment_clauses``.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from pbc_eval.errors import PaymentTermsError
from pbc_eval.spec.base import Agreed
from pbc_eval.spec.money import Money
from pbc_eval.spec.payment_clauses import Band, Bands, FixedFee, Tariff, Threshold
from pbc_eval.spec.problems import problems_in_words

Clause = Annotated[Tariff | Threshold | Bands | FixedFee, Field(discriminator="type")]


class Rounding(Agreed):
    """How an amount becomes payable: decimals of the currency (2 = pence, 0 = pounds)."""

    decimals: Literal[0, 2] = 2
    mode: Literal["half_up", "half_even", "down"] = "half_up"

    @property
    def step(self) -> Decimal:
        return Decimal(1).scaleb(-self.decimals)


def _iso_currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError(f"must be an ISO 4217 code such as GBP, got {value!r}")
    return value


class PaymentTerms(Agreed):
    """The payment side of a contract. ``cap`` and ``floor`` bound the total of all clauses."""

    currency: Annotated[str, AfterValidator(_iso_currency)]
    clauses: Annotated[tuple[Clause, ...], Field(min_length=1)]
    cap: Money | None = None
    floor: Money | None = None
    rounding: Rounding = Rounding()
    illustrative: bool = False
    notes: str = ""

    @model_validator(mode="after")
    def _terms_are_coherent(self) -> Self:
        ids = [clause.id for clause in self.clauses]
        if twice := sorted({name for name in ids if ids.count(name) > 1}):
            raise ValueError(f"clause ids must be unique, got {', '.join(twice)} more than once")
        if self.cap is not None and self.floor is not None and self.floor > self.cap:
            raise ValueError(f"contract floor {self.floor} is above contract cap {self.cap}")
        owners = [("the contract", self.cap, self.floor)]
        owners += [(clause.id, clause.cap, clause.floor) for clause in self.clauses]
        for owner, cap, floor in owners:
            for name, value in (("cap", cap), ("floor", floor)):
                if value is not None and value % self.rounding.step:
                    raise ValueError(
                        f"{owner}: {name} {value} is finer than payments, which are rounded to "
                        f"{self.rounding.decimals} decimals; rounding could then breach it"
                    )
        return self


def payment_terms_from(data: Mapping[str, Any]) -> PaymentTerms:
    """Payment terms from plain data, as read from YAML.

    Raises PaymentTermsError listing every problem: the clause, the value, the rule, the remedy.
    """
    try:
        return PaymentTerms.model_validate(data)
    except ValidationError as error:
        models = (PaymentTerms, Tariff, Threshold, Bands, FixedFee, Band, Rounding)
        known = [field.alias or name for m in models for name, field in m.model_fields.items()]
        problems = problems_in_words(error, data, known)
        raise PaymentTermsError("Payment terms: " + "\n".join(problems)) from error
