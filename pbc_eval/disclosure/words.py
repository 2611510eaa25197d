"""Small counts in words: taken out of sentences, and of the labels of tables.

A sentence comes from a check, a note or a ledger, and nobody can list all their wordings. So every
whole number below the threshold goes, unless what stands beside it says that it counts no people:
"9 of 12 covariates", "quarter 7", "F(1, 66)". In a label, which may be the name of anything, only
a number that is said to count units or people goes.
"""

import re
from collections.abc import Callable, Collection
from typing import TypeVar

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.disclosure.rounding import to_base

T = TypeVar("T")

_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_WHO = (
    r" (?:(?:treated|comparison|matched|unmatched|programme|further|other|more) )*"
    r"(?:treated|comparison|matched|unmatched|units?|people|persons?|participants?|rows?"
    r"|observations?|unit-periods?|who)\b"
)
_SHARE = r" \(\d+(?:\.\d+)?%\)"
_COUNTED = re.compile(  # "2 of 185 treated units (1.1%)", "3 comparison", "4 (2.2%)", "one unit"
    rf"(?<![\w.,(=/-])(?P<n>{_NUMBER}|one)(?P<of> of (?:{_NUMBER}))?(?P<who>{_WHO})?"
    rf"(?P<share>{_SHARE})?(?![\w%]|\.\d|,\d)",
    re.IGNORECASE,
)
_ANY = re.compile(  # any whole number that stands by itself
    rf"(?<![\w.,=(/:%£$€\N{{MINUS SIGN}}-])(?P<alone>\()?(?P<n>{_NUMBER}|one)"
    rf"(?P<of> of (?:{_NUMBER}))?(?P<who>{_WHO})?(?P<share>{_SHARE})?(?P<end>\))?"
    r"(?![\w%:/\N{DEGREE SIGN}-]|\.\d|,\d)",
    re.IGNORECASE,
)
_NO_PEOPLE_AFTER = re.compile(
    r"^(?: (?:of the|of|the|in|or|to|and|more|further|main|other|earlier|\d+))* (?:[\w-]+ )?"
    r"(?:covariates?|characteristics?|periods?|quarters?|years?|months?|weeks?|days?|times?"
    r"|effects?|estimat\w+|outcomes?|matches|sets?|strata|stratum|subclass\w*|bins?|groups?"
    r"|cohorts?|parts?|draws?|replications?|placebos?|coefficients?|degrees?|standard"
    r"|seconds?|lags?|cells?|moments?|terms?|steps?|clauses?|scenarios?|percent\w*|points?"
    r"|decimals?|columns?|checks?|tests?|bandwidths?|iterations?|rounds?|neighbours?)\b",
    re.IGNORECASE,
)
_NO_PEOPLE_BEFORE = re.compile(
    r"(?:(?<!\bn )=|\b(?:quarter|period|cohorts?|year|month|week|times?|ratio|group|edition|level"
    r"|base|step|stage|section|table|figure|lags?|lead|window|equation|chapter|part|aged|matches"
    r"|clause|version|factor|degree|order|[egkptfw]|df|within|caliper|alpha|level))"
    r" (?:(?:\d+|\d+ and|\d+,) )*$",
    re.IGNORECASE,
)


def without_small_counts(text: T, threshold: int) -> T | str:
    """A label with each small count of units replaced by 'fewer than 10'; others as they are.

    Where a small count stands beside another one of the same whole ("2 treated, 15,791
    comparison") both go, since the whole is known.
    """
    if not isinstance(text, str) or threshold <= 1:
        return text
    return _veil(text, _COUNTED, threshold, lambda match: bool(match["who"] or match["share"]))


def released_sentence(
    text: str, rule: DisclosureRule, *, hidden: Collection[int] = (), counts: Collection[int] = ()
) -> str:
    """A sentence that tells no small count and none of those that tables hold back.

    ``hidden`` are the counts that are held back in tables; ``counts`` those that are published, so
    that they are rounded here as they are there. A number from which a small one could be worked
    out with the others of the sentence goes too: 48 of "8 treated and 40 comparison, 48 in all".
    """
    if not rule.protects:
        return text
    small = [_number(m["n"]) for m in _ANY.finditer(text) if _is_told(m, rule.threshold)]
    veiled = _veil(text, _ANY, rule.threshold, _tells_of_people)
    if small:  # "3 units were set aside (1.6%)"
        veiled = re.sub(_SHARE, "", veiled)
    large = [_number(m["n"]) for m in _ANY.finditer(veiled) if _tells_of_people(m)]
    gone = {value for value in hidden if value >= rule.threshold}
    gone |= {a for a in large for b in large if a - b in gone or a - b in small}

    def second(match: re.Match[str]) -> str:
        number = _number(match["n"])
        if not _tells_of_people(match) or match["n"].casefold() == "one":
            return match[0]
        if number in gone:
            return match[0].replace(match["n"], "[c]", 1)
        whole = re.search(rf"({_NUMBER})$", match["of"] or "")
        shown = match[0]
        if whole and _number(whole[1]) in gone:
            shown = shown.replace(match["of"], "", 1)
        if rule.base > 1 and (match["who"] or number in counts):
            shown = shown.replace(match["n"], f"{to_base(number, rule.base):,.0f}", 1)
            shown = shown.replace(match["share"] or "\0", "", 1)
        return shown

    return _ANY.sub(second, veiled)


def _is_told(match: re.Match[str], threshold: int) -> bool:
    return _tells_of_people(match) and 0 < _number(match["n"]) < threshold


def _tells_of_people(match: re.Match[str]) -> bool:
    """May this number count people, for all that its neighbours say?"""
    if match["who"] or match["share"]:
        return True
    if match["n"].casefold() == "one":  # as a word it is rarely a count
        return False
    before, after = match.string[: match.start()], match.string[match.end() :]
    if match.re is _ANY and match["alone"]:  # "1989 (3)": the units of a cohort; "(2021)": a year
        return int(_number(match["n"])) < 1000
    return not (_NO_PEOPLE_BEFORE.search(before) or _NO_PEOPLE_AFTER.match(after))


def _number(text: str) -> int:
    return 1 if text.casefold() == "one" else int(text.replace(",", ""))


def _veil(
    text: str,
    pattern: re.Pattern[str],
    threshold: int,
    counts_people: Callable[[re.Match[str]], bool],
) -> str:
    found = 0

    def veiled(match: re.Match[str]) -> str:
        nonlocal found
        if not counts_people(match) or not 0 < _number(match["n"]) < threshold:
            return match[0]
        found += 1
        groups = match.groupdict()
        start = "Fewer" if match.start() == 0 else "fewer"
        who = re.sub("unit$", "units", match["who"] or "")
        return (
            f"{groups.get('alone') or ''}{start} than {threshold:,}{who}{groups.get('end') or ''}"
        )

    told = pattern.sub(veiled, text)
    if found and told.startswith("not matched:"):
        return "not matched"
    return told
