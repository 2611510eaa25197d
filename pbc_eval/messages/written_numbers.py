"""Numbers as people write them in tables: "15,500", "£1,200", "12%", "1.200,5", "12*".

One rule for every column of numbers and every amount: text is read as a number only in a notation
that is stated, and what else stands in the cell (a currency, a per cent sign, a footnote's mark) is
told. Nothing here guesses: text that several notations read differently has no meaning of its own.

    text ── taken_apart ▶ Written ── value_in(notation) ▶ Decimal
                                  └─ meant ▶ Decimal, where every notation agrees
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Literal, get_args

Notation = Literal["1,234.5", "1.234,5", "1 234.5", "1 234,5", "1'234.5", "1'234,5"]
"""How a number is written, by an example: what stands between thousands, and before decimals."""

NOTATIONS: tuple[Notation, ...] = get_args(Notation)
_SPACES = "".join(map(chr, (0x20, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"  # of no width
_MINUS = "\u2212\u2013\ufe63\uff0d"
_APOSTROPHES = "\u2019\u02bc`"
_PLAIN = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")
_CODES = (
    "GBP|USD|EUR|AUD|CAD|NZD|CHF|JPY|SEK|NOK|DKK|INR|ZAR|KES|NGN|GHS|UGX|TZS|BRL|MXN|PLN|CZK|HUF"
)
_CURRENCY = (
    rf"(?:[A-Z]{{0,3}}[\$\u00a3\u20ac\u00a5\u20b9\u20bd\u20a9\u20aa\u20ba]|{_CODES}|kr\.?|Fr\.)"
)
_AMOUNT = re.compile(rf"[-+]?\s*{_CURRENCY}\s*\d")  # "\u00a35m": money, whatever follows
_MARKS = (
    r"(?:\s*(?:[*\u2020\u2021\u00a7\u00b6#]+|\[[^\[\]]{1,3}\]|\((?:[a-z]|[ivx]{1,4}|\d{1,2})\)"
    r"|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079\u1d43-\u1d5b]+))+"
)
# A point that may part thousands, or decimals; and what stands beside it in a column of thousands.
MAY_BE_THOUSANDS = r"^\s*[-+]?[1-9]\d{0,2}\.\d{3}\s*$"
BELOW_A_THOUSAND = r"^\s*[-+]?\d{1,3}\s*$"
_APART = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<before>{_CURRENCY})?\s*(?P<inner>[-+])?\s*"
    rf"(?P<digits>[\d.,'\s]*\d[\d.,'\s]*?)\s*(?P<percent>%)?\s*(?P<after>{_CURRENCY})?"
    rf"\s*(?P<close>\))?(?P<mark>{_MARKS})?"
)


@dataclass(frozen=True, slots=True)
class Written:
    """A number as it was written, taken apart."""

    digits: str  # with what separates them, without a sign
    negative: bool = False
    currency: str = ""
    percent: bool = False
    mark: str = ""  # of a footnote


def cleaned(text: str) -> str:
    """Text with plain digits, minus signs and spaces in place of their many relatives."""
    made = "".join(
        " "
        if letter in _SPACES
        else ""
        if letter in _UNSEEN
        else "-"
        if letter in _MINUS
        else "'"
        if letter in _APOSTROPHES
        else str(unicodedata.decimal(letter, letter))
        for letter in text
    )
    return made.strip()


def plain(text: str) -> Decimal | None:
    """The number, if the text is one as programs write it: 1234.5, -2e-3."""
    return Decimal(text.strip()) if _PLAIN.fullmatch(text.strip()) else None


def taken_apart(text: str) -> Written | None:
    """The parts of a number in text; None where the text is no number in any notation."""
    bare = cleaned(text)
    if _PLAIN.fullmatch(bare):
        negative = bare.startswith("-")
        return Written(bare.lstrip("+-"), negative)
    parts = _APART.fullmatch(bare)
    if parts is None or bool(parts["open"]) != bool(parts["close"]):
        return None
    if parts["before"] and parts["after"]:
        return None
    signs = [sign for sign in (parts["sign"], parts["inner"], parts["open"]) if sign]
    if len(signs) > 1:
        return None
    return Written(
        digits=parts["digits"].strip(),
        negative=bool(signs) and signs[0] in "-(",
        currency=parts["before"] or parts["after"] or "",
        percent=bool(parts["percent"]),
        mark=(parts["mark"] or "").strip(),
    )


def is_number(text: str) -> bool:
    """Is the text a number, or a number in disguise, be it in no notation that is known here?"""
    return taken_apart(text) is not None or bool(_AMOUNT.match(cleaned(text)))


def value_in(text: str, notation: Notation) -> Decimal | None:
    """What the text is in a notation; None where it is no number in it. "12%" is 0.12."""
    written = taken_apart(text)
    if written is None:
        return None
    between, point = notation[1], notation[-2]
    digits = written.digits
    size = plain(digits) if re.search("[eE]", digits) else None
    if size is None:
        grouped = rf"[1-9]\d{{0,2}}({re.escape(between)}\d{{3}})+"
        if not re.fullmatch(rf"(\d*|{grouped})({re.escape(point)}\d+)?", digits) or not digits:
            return None
        size = Decimal(digits.replace(between, "").replace(point, "."))
    value = -size if written.negative else size
    return value / 100 if written.percent else value


def values_of(text: str) -> Mapping[Notation, Decimal]:
    """What the text is in each notation in which it is a number."""
    values = ((notation, value_in(text, notation)) for notation in NOTATIONS)
    return MappingProxyType({name: value for name, value in values if value is not None})


def meant(text: str) -> Decimal | None:
    """The one number that the text can be; None where notations read it differently."""
    values = set(values_of(text).values())
    return values.pop() if len(values) == 1 else None


def is_ambiguous(text: str) -> bool:
    """Do two notations read the text as two numbers? "1.250" is one and a quarter, or 1250."""
    return len(set(values_of(text).values())) > 1


def may_be_thousands(texts: Iterable[str]) -> bool:
    """Does every point in a column part three digits from up to three, so that it may part
    thousands? "1.250" beside "980" may; beside "0.5", "12.75" or "1400" it cannot."""
    numbers = [text for text in texts if plain(text) is not None]
    kinds = {
        1 if re.search(MAY_BE_THOUSANDS, text) else 0 if re.search(BELOW_A_THOUSAND, text) else 2
        for text in numbers
    }
    return 1 in kinds and 2 not in kinds


def read_alike(texts: Iterable[str]) -> tuple[Notation, ...]:
    """The notations in which every one of the texts is a number."""
    left: tuple[Notation, ...] = NOTATIONS
    for text in texts:
        left = tuple(notation for notation in left if value_in(text, notation) is not None)
        if not left:
            break
    return left


def instead(text: str) -> str:
    """' Did you mean 94.0?', or what the text could be, for the reader to choose; or nothing."""
    value = meant(text)
    if value is not None:
        return f" Did you mean {shortest(value)}?"
    both = sorted(set(values_of(text).values()))
    if not both:
        return ""
    return f" Write {' or '.join(shortest(value) for value in both)}, whichever is meant."


def shortest(value: Decimal) -> str:
    """A number as programs write it, without an exponent and trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
