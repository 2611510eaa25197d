"""How long something lasts, as people write it: what to write instead.

Nothing is read of it: "18 months" in a column of years is refused, with the column that takes it.
"""

import re
import unicodedata
from fractions import Fraction

from pbc_eval.agreement.valued_outcome import part_of_a_year
from pbc_eval.messages import written_numbers

LASTING = {"duration", "months"}
_LASTS = re.compile(  # in English and Welsh
    r"(?P<whole>\d+(?:[.,]\d{1,2})?(?! ?/))? ?(?P<part>\d+ ?/ ?[1-9]\d*)? ?-?"
    r"(?:(?P<years>years?|yrs?|y|blynedd|flynedd|mlynedd|blwyddyn|flwyddyn)"
    r"|(?P<months>months?|mths?|m|mis|misoedd|fis))?\.?"
)


def time_instead(text: str, column: str) -> str:
    """' Did you mean 2?' for "2 years"; for "18 months", "1 1/2" or "½" the column of months."""
    simple = " ".join("".join(map(_plain_fraction, text.casefold())).split())
    parts = _LASTS.fullmatch(simple)
    if parts is None or not (parts["whole"] or parts["part"]):
        return written_numbers.instead(text)
    number = Fraction((parts["whole"] or "0").replace(",", "."))
    number += Fraction(parts["part"].replace(" ", "")) if parts["part"] else 0
    if column == "months":
        months = 12 * number if parts["years"] else number
        return f" Did you mean {months}?" if months.denominator == 1 else ""
    years = number / 12 if parts["months"] else number
    if years.denominator == 1 and years > 0:
        return f" Did you mean {years}?"
    if (12 * years).denominator == 1 and years > 0:
        return f" Write {12 * years} in column 'months' and leave this one empty."
    return f" {part_of_a_year(float(years))}." if part_of_a_year(float(years)) else ""


def _plain_fraction(letter: str) -> str:
    """A fraction that is one letter as two numbers; other letters as they are."""
    apart = unicodedata.normalize("NFKC", letter)
    return f" {apart}".replace("\u2044", "/") if "\u2044" in apart else letter
