"""The numbers of payment terms that somebody may ask about: what if the price were another?

    terms ── numbers_of ──▶ TermNumber, …      terms_with(terms, {place: number}) ──▶ other terms
          └─ orders_of ──▶ which of them must not pass which

A place is the way to a number: ("clauses", 0, "price"). Where one band ends the next begins, so
both ends are one number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from pydantic import BaseModel

from pbc_eval.agreement.payment_terms import (
    CLAUSES_OF_FILES,
    Clause,
    PaymentTerms,
    payment_terms_from,
)

Place = tuple[str | int, ...]
_FIXED = (
    *("earlier_years", "indices", "promised_effects", "investment", "rounding", "plan"),
    "rate_cards",  # each of their prices is a clause
)
_SETTLED = ("measure_decimals", "decimals", "level", "claims_per_person")  # no amount, no bound
_BOUNDED = ("minimum", "target", "early_minimum", "pooled_minimum", "from", "to", "at")
_STEPPED = ("cap", "floor", "year_cap", "year_floor")  # no finer than what is paid


@dataclass(frozen=True, slots=True, kw_only=True)
class TermNumber:
    """One number of the terms. ``least`` and ``most`` are where it must lie, None without an end;
    ``above``: it must be more than ``least``. ``step``: it is a multiple of this. ``tied``: other
    places that hold the same number. ``owner`` and ``label`` say in words which it is."""

    place: Place
    value: Decimal
    owner: str
    label: str
    least: Decimal | None
    most: Decimal | None
    above: bool = False
    step: Decimal | None = None
    tied: tuple[Place, ...] = ()

    @property
    def key(self) -> str:
        """'clauses.0.price'."""
        return ".".join(map(str, self.place))


class Order(NamedTuple):
    """``low`` must be no more than ``high``; less than it where ``strictly``."""

    low: Place
    high: Place
    strictly: bool


def numbers_of(terms: PaymentTerms) -> tuple[TermNumber, ...]:
    """Every number of the terms that says how much is paid for what, in the order of the terms."""
    content = terms.model_dump(by_alias=True)
    tied = {upper: lower for lower, upper in _ends_of_bands(content)}
    places = [place for place in _places(content, ()) if place not in tied]
    return tuple(_number(terms, content, place, tied) for place in places)


def orders_of(terms: PaymentTerms) -> tuple[Order, ...]:
    """Which numbers must not pass which, as the rules of the terms have it."""
    content = terms.model_dump(by_alias=True)
    orders = [*_floor_and_cap(content, ()), *_floor_and_cap(content, (), "year_")]
    for at, limit in enumerate(content["limits"]):
        orders += _floor_and_cap(limit, ("limits", at))
    for at, clause in enumerate(content["clauses"]):
        here: Place = ("clauses", at)
        orders += _floor_and_cap(clause, here)
        if clause["type"] == "bands":
            starts = [(*here, "bands", n, "from") for n in range(len(clause["bands"]))]
            orders += [Order(low, high, True) for low, high in pairwise(starts)]
        elif clause["type"] == "slide":
            orders.append(Order((*here, "start", "at"), (*here, "end", "at"), True))
            orders.append(Order((*here, "start", "pay"), (*here, "end", "pay"), False))
        elif clause["type"] == "triggers":
            orders.append(Order((*here, "pooled_minimum"), (*here, "early_minimum"), False))
    return tuple(orders)


def terms_with(terms: PaymentTerms, changes: Mapping[Place, float | Decimal]) -> PaymentTerms:
    """The terms with other numbers at these places of ``numbers_of``, checked as a file is.

    Raises PaymentTermsError as the terms do for what they cannot be.
    """
    content = _copied(terms.model_dump(by_alias=True))
    tied = dict(_ends_of_bands(content))
    for place, number in changes.items():
        for each in filter(None, (place, tied.get(place))):
            here = _at(content, each[:-1])
            is_exact = isinstance(here[each[-1]], Decimal)
            here[each[-1]] = _exact(number) if is_exact else float(number)
    return payment_terms_from(content)


def unchecked(terms: PaymentTerms, place: Place, number: Decimal) -> PaymentTerms:
    """The terms with another number at one place, whatever their rules say: for finding out where
    in the formulas it stands, never for paying."""
    moved: PaymentTerms = _moved(terms, place, number)
    for lower, upper in _ends_of_bands(terms.model_dump(by_alias=True)):
        if lower == place:
            moved = _moved(moved, upper, number)
    return moved


def is_known(clause: Clause) -> bool:
    """Is it a kind of clause whose rules stand here? Not one that was registered from outside."""
    return type(clause).__module__.startswith("pbc_eval.") and isinstance(
        CLAUSES_OF_FILES.word_of(type(clause)), str
    )


def _number(
    terms: PaymentTerms, content: Any, place: Place, tied: Mapping[Place, Place]
) -> TermNumber:
    value, name = _at(content, place), place[-1]
    is_share = isinstance(value, float)
    is_positive = _is_positive(terms, place)
    relative = _measure_of(content, place) == "relative_effect" and name in _BOUNDED
    return TermNumber(
        place=place,
        value=_exact(value),
        owner=_owner(content, place),
        label=_label(content, place),
        least=None if _may_be_negative(content, place) else Decimal(0),
        most=Decimal(1) if is_share or relative else None,
        above=is_positive,
        step=terms.rounding.step if name in _STEPPED or "year_caps" in place else None,
        tied=tuple(upper for upper, lower in tied.items() if lower == place),
    )


def _is_positive(terms: PaymentTerms, place: Place) -> bool:
    """Does the model of the number refuse zero?"""
    model = _model_at(terms, place[:-1])
    if not isinstance(model, BaseModel):
        return False
    for name, field in type(model).model_fields.items():
        if (field.alias or name) == place[-1]:
            text = repr(field.metadata) + repr(field.annotation)
            return "Gt(gt=0)" in text or "gt=0," in text
    return False


def _model_at(value: Any, place: Place) -> Any:
    for step in place:
        value = _part(value, step)
    return value


def _part(value: Any, step: str | int) -> Any:
    if isinstance(value, BaseModel):
        return getattr(value, _attribute(value, str(step)))
    return value[step]


def _attribute(model: BaseModel, name: str) -> str:
    """The attribute that a key of the file stands for: ``lower`` for ``from``."""
    aliases = {field.alias: key for key, field in type(model).model_fields.items() if field.alias}
    return aliases.get(name, name)


def _moved(value: Any, place: Place, number: Decimal) -> Any:
    step, *rest = place
    before = _part(value, step)
    after = (
        _moved(before, tuple(rest), number)
        if rest
        else (float(number) if isinstance(before, float) else number)
    )
    if isinstance(value, BaseModel):
        return value.model_copy(update={_attribute(value, str(step)): after})
    if isinstance(value, Mapping):
        return {**value, step: after}
    return tuple(after if at == step else part for at, part in enumerate(value))


def _measure_of(content: Any, place: Place) -> str:
    """The measure of the clause or metric that a number belongs to."""
    for length in range(len(place), 1, -1):
        part = _at(content, place[:length])
        if isinstance(part, Mapping) and "measure" in part:
            return str(part["measure"])
    return ""


def _may_be_negative(content: Any, place: Place) -> bool:
    """The target of a KPI is in its own unit."""
    return (
        place[0] == "clauses"
        and _at(content, place[:2]).get("type") == "kpi_deduction"
        and (place[2:] == ("target",))
    )


def _owner(content: Any, place: Place) -> str:
    """What the number belongs to: the label of its clause or limit; '' for all of the contract."""
    if place[0] in ("clauses", "limits"):
        return str(_at(content, place[:2])["label"])
    return ""


def _label(content: Any, place: Place) -> str:
    """'Price', 'Band 2: from', 'Year 2024-25: cap'."""
    if place[0] == "years":
        return f"Year {_at(content, place[:2])['year']}: {place[-1]}"
    if place[0] == "variations":
        return f"{_at(content, place[:2])['id']}: {_words(*place[2:])}"
    steps = place[2:] if _owner(content, place) else place
    return _words(*steps)


def _words(*steps: str | int) -> str:
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int):
            parts[-1] = f"{parts[-1].rstrip('s')} {step + 1}:"
        else:
            parts.append(step.replace("_", " "))
    words = " ".join(parts)
    return words[:1].upper() + words[1:]


def _places(value: Any, place: Place) -> Iterator[Place]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float | Decimal):
        if place[-1] not in _SETTLED:
            yield place
    elif isinstance(value, Mapping):
        for name, part in value.items():
            if place or name not in _FIXED:
                yield from _places(part, (*place, name))
    elif isinstance(value, list | tuple):
        for at, part in enumerate(value):
            yield from _places(part, (*place, at))


def _ends_of_bands(content: Any) -> Iterator[tuple[Place, Place]]:
    """Where each band but the first begins, and the end of the one before: the same number."""
    for at, clause in enumerate(content["clauses"]):
        for n in range(1, len(clause["bands"]) if clause["type"] == "bands" else 0):
            here: Place = ("clauses", at, "bands")
            yield (*here, n, "from"), (*here, n - 1, "to")


def _floor_and_cap(part: Any, place: Place, whose: str = "") -> Iterator[Order]:
    low, high = f"{whose}floor", f"{whose}cap"
    if part.get(low) is not None and part.get(high) is not None:
        yield Order((*place, low), (*place, high), False)


def _at(content: Any, place: Place) -> Any:
    for step in place:
        content = content[step]
    return content


def _exact(number: float | Decimal) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(repr(number))


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, list | tuple) else value
