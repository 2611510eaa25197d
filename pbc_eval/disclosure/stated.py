"""What a person states in the file: words of few people, and verified counts of few.

The rule holds back what data show; "three people found no match" in a limitation, "n=3" in a note
or a verified count of 4 would tell it all the same. Numbers from 1 to one less than the threshold,
before a word for people (or for the units, where these are people), in English or Welsh, stop the
release until the words are changed, or somebody answers for them under
``publication.disclosure.reviewed``.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from pydantic import BaseModel

from pbc_eval._validate import first_few
from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.next_steps import texts_by_key
from pbc_eval.agreement.performance import ValueKpi
from pbc_eval.agreement.valued_outcome import ValuedOutcome
from pbc_eval.disclosure.claims_by_the_same import few_who_claimed_more, few_who_got_no_further
from pbc_eval.disclosure.record import OutputReview, ReviewStatus
from pbc_eval.errors import DisclosureError
from pbc_eval.kpi.record import PerformanceResult
from pbc_eval.payment.account import Account
from pbc_eval.results import MeasuredOutcome

MOST_SUMS = 20_000
WORDS, COUNTS = "words", "verified-counts"
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve", "thirteen", "fourteen", "fifteen")  # fmt: skip
_PEOPLE = (
    "people", "persons", "participants", "women", "men", "girls", "boys", "children", "adults",
    "patients", "pupils", "students", "clients", "service users", "prisoners", "offenders",
    "veterans", "families", "households", "individuals", "respondents", "residents", "tenants",
    "carers", "jobseekers", "claimants", "learners", "beneficiaries", "survivors", "refugees",
)  # fmt: skip
# Welsh, with the forms that follow a number ("tri pherson", "dwy fenyw", "pedwar o bobl").
_WELSH_NUMBERS = (
    (1, "un"), (2, "dau"), (2, "dwy"), (3, "tri"), (3, "tair"), (4, "pedwar"), (4, "pedair"),
    (5, "pump"), (5, "pum"), (6, "chwech"), (6, "chwe"), (7, "saith"), (8, "wyth"), (9, "naw"),
    (2, "ddau"), (2, "ddwy"), (3, "dri"), (3, "thri"), (3, "dair"), (3, "thair"), (4, "bedwar"),
    (4, "phedwar"), (4, "bedair"), (4, "phedair"), (5, "bump"), (5, "phump"), (5, "bum"),
    (10, "deg"), (11, "un ar ddeg"), (12, "deuddeg"), (15, "pymtheg"),
)  # fmt: skip
_WELSH_PEOPLE = (
    "o bobl", "o blant", "o fenywod", "o ddynion", "o gleifion", "o deuluoedd", "o ddisgyblion",
    "o gyfranogwyr", "o garcharorion", "o gartrefi", "o denantiaid", "o ofalwyr", "o fyfyrwyr",
    "person", "pherson", "berson", "menyw", "fenyw", "dyn", "ddyn", "plentyn", "phlentyn",
    "blentyn", "teulu", "theulu", "deulu", "claf", "chlaf", "glaf", "disgybl", "ddisgybl",
    "cyfranogwr", "chyfranogwr", "gyfranogwr",
)  # fmt: skip


def is_word_for_people(noun: str) -> bool:
    """Does a plural noun, in English or Welsh, count people?"""
    return noun.casefold().strip() in {*_PEOPLE, *_WELSH_PEOPLE}


def words_of_few(model: BaseModel, rule: DisclosureRule, units: tuple[str, ...] = ()) -> list[str]:
    """Where a file tells of few people in words, as "key: the words".

    ``units`` are the words for the data's units. Numbers of them are looked for where they are
    people; of bodies they may be told.
    """
    if not rule.protects:
        return []
    tells = _tells(rule, units)
    return [
        f"{key}: {match.group(0)!r}"
        for key, text in texts_by_key(model.model_dump(exclude_defaults=True), "")
        if not key.startswith("publication.disclosure.reviewed")
        for tell in tells
        for match in tell.finditer(text)
    ]


def few_in_texts(
    texts: Sequence[str], rule: DisclosureRule, units: tuple[str, ...] = ()
) -> list[str]:
    """Where somebody's own words tell of few people; ``units`` as ``words_of_few`` has them."""
    if not rule.protects:
        return []
    tells = _tells(rule, units)
    return [
        repr(match.group(0)) for text in texts for tell in tells for match in tell.finditer(text)
    ]


def numbers_of_people_in_words(
    model: BaseModel, units: tuple[str, ...] = ()
) -> list[tuple[str, float]]:
    """Numbers before a word for people anywhere in a file, with the key of each."""
    who = "|".join(
        sorted(map(re.escape, {*_PEOPLE, *_WELSH_PEOPLE, *units}), key=len, reverse=True)
    )
    tell = re.compile(
        rf"(?<![\w.,:/£$€-])(\d{{1,3}}(?:,\d{{3}})+|\d+)\s+(?:[a-z]+\s+)?(?:{who})\b", re.IGNORECASE
    )
    return [
        (key, float(match.group(1).replace(",", "")))
        for key, text in texts_by_key(model.model_dump(exclude_defaults=True), "")
        if not key.startswith("publication.disclosure.reviewed")
        for match in tell.finditer(text)
    ]


def _tells(rule: DisclosureRule, units: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return _patterns(rule.threshold, {*_PEOPLE, *(units if rule.counts == "people" else ())})


def refuse_words_of_few(
    owner: str, model: BaseModel, rule: DisclosureRule, units: tuple[str, ...] = ()
) -> None:
    """Raise DisclosureError for words of few people that nobody answers for."""
    places = words_of_few(model, rule, units)
    if places and rule.reviewer_of(WORDS) is None:
        raise DisclosureError(
            f"{owner}: the file tells of fewer than {rule.threshold} people in words "
            f"({first_few(places, 6)}). Change the words; or have somebody answer for them: "
            "output: words, by, date and reason under publication.disclosure.reviewed."
        )


def review_of_words(spec: EvaluationSpec, rule: DisclosureRule) -> list[OutputReview]:
    """A fail for words of few people in the file; answered for, it is for review."""
    units = spec.data.unit_name[1:] if spec.data else ()
    places = words_of_few(spec, rule, tuple(units))
    if not places:
        return []
    reason = f"the file tells of fewer than {rule.threshold} people in words"
    return [_review(WORDS, reason, places, rule)]


def review_of_counts(
    spec: EvaluationSpec,
    rule: DisclosureRule,
    counted: Mapping[str, MeasuredOutcome],
    account: Account | None = None,
    *,
    performance: PerformanceResult | None = None,
    valued: Sequence[ValuedOutcome] = (),
) -> list[OutputReview]:
    """Verified counts of few: a fail where they are said to be people, or are claims by people; for
    review where nothing says what they are. ``counted`` holds the claims, by outcome; ``account``
    those of every year, whose amounts are sums of claims at their prices; ``performance`` single
    values by period, which may be numbers of people; ``valued`` the rows of the value map, whose
    groups stand in the archive's copy of the file, and in its hash."""
    if not rule.protects:
        return []
    few = [
        count
        for count in spec.counts
        if any(0 < number < rule.threshold for number in (count.count, count.persons or 0))
    ]
    people = [count.outcome for count in few if count.counts == "people" or count.persons]
    people += dict.fromkeys([*_claimed_by_few(spec, rule, counted), *_in_account(rule, account)])
    people += few_who_got_no_further(spec, rule, counted)
    people += few_who_claimed_more(rule, account)
    people += _values_of_few(spec, rule, performance)
    people += [
        f"value_map, {row.id}: {name}"
        for row in valued
        for name in ("number_in_group", "number_involved", "sample_size")
        if 0 < (getattr(row, name) or 0) < rule.threshold
    ]
    unsaid = [count.outcome for count in few if count.counts is None and not count.persons]
    if people:
        reason = (
            f"a count of fewer than {rule.threshold} people is told, with its payment or period"
        )
        return [_review(COUNTS, reason, people, rule)]
    if unsaid:
        reason = (
            f"a verified count is below {rule.threshold}, and nothing says what it counts: state "
            "counts: things, or counts: people, beside it"
        )
        return [
            OutputReview(
                output=COUNTS, kind="sentences", status="review", reason=reason, cells=(*unsaid,)
            )
        ]
    return []


def _claimed_by_few(
    spec: EvaluationSpec, rule: DisclosureRule, counted: Mapping[str, MeasuredOutcome]
) -> list[str]:
    """Clauses that pay for claims of few people; each claim is at least one person's."""
    few = []
    for clause in spec.payment.claimed if spec.payment else ():
        claims = counted.get(str(clause.outcome))
        numbers = () if claims is None else (claims.count or 0, claims.total_scale or 0)
        if any(0 < number < rule.threshold for number in numbers):
            few.append(clause.id)
    return few


def _in_account(rule: DisclosureRule, account: Account | None) -> Iterator[str]:
    """Claims of few in the years of an account, and amounts that differ from what was recorded by
    the price of few: an amount over its price is how many."""
    if account is None:
        return
    for made in account.by_price:
        if any(0 < number < rule.threshold for number in (made.claims, made.people or 0)):
            if made.state == "accrued":
                yield f"{made.clause}, not verified{f' ({made.year})' if made.year else ''}"
            elif made.year != account.year:
                yield f"{made.clause} in {made.year}"
    for line in account.differing:
        apart = abs(line.difference or Decimal(0)) / line.price if line.price else Decimal(0)
        if 0 < apart < rule.threshold:
            yield f"{line.clause}, beside what was recorded as paid"
    prices = {line.price for line in account.lines if line.price > 0}
    for year in account.years:
        if year.paid_before is not None and _is_of_few(abs(year.to_pay), prices, rule.threshold):
            yield f"the correction of {year.year}"


def _is_of_few(amount: Decimal, prices: Collection[Decimal], threshold: int) -> bool:
    """Is an amount that of fewer than ``threshold`` claims, each at one of the prices?"""
    sums = {Decimal(0)}
    for _ in range(threshold - 1):
        sums |= {whole + price for whole in sums for price in prices if whole + price <= amount}
        if len(sums) > MOST_SUMS:  # prices so many and odd that nearly every amount is one
            return False
    return amount > 0 and amount in sums


def _values_of_few(
    spec: EvaluationSpec, rule: DisclosureRule, performance: PerformanceResult | None
) -> Iterator[str]:
    """Measures of one value a period that count people, by their unit, or by their label where
    they name no unit and all values are whole."""
    units = spec.data.unit_name if spec.data and rule.counts == "people" else ()
    nouns = {noun.casefold() for noun in (*_PEOPLE, *_WELSH_PEOPLE, *units)}
    for result in performance.kpis if performance else ():
        if not isinstance(result.kpi, ValueKpi) or result.kpi.share:
            continue
        values = [period.value for period in result.periods if period.value is not None]
        if result.kpi.unit:
            counts_people = result.kpi.unit.casefold().strip() in nouns
        else:
            in_label = {*re.findall(r"[^\W\d]+", result.kpi.label.casefold())} & nouns
            counts_people = bool(in_label) and all(value == round(value) for value in values)
        if counts_people and any(0 < value < rule.threshold for value in values):
            yield f"performance.kpis.{result.kpi.id}"


def _review(output: str, reason: str, cells: list[str], rule: DisclosureRule) -> OutputReview:
    status: ReviewStatus = "fail" if rule.reviewer_of(output) is None else "review"
    return OutputReview(
        output=output, kind="sentences", status=status, reason=reason, cells=tuple(cells)
    )


def _patterns(threshold: int, nouns: set[str]) -> tuple[re.Pattern[str], ...]:
    """A small number before a word for people; "n = 3"; "3/185" and "3 of 185" before one."""
    small = [str(n) for n in range(1, threshold)]
    some = [*small, *_NUMBERS[2:threshold]]  # "one" is hardly ever a count
    some += [word for n, word in _WELSH_NUMBERS if 1 < n < threshold]
    nouns = {*nouns, *_WELSH_PEOPLE}
    who = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
    n, number = "|".join(reversed(small)), "|".join(sorted(some, key=len, reverse=True))
    before = r"(?<![\w.,:/£$€-])(?<!compared with )(?<!matched with )(?<!matched to )"
    return (
        re.compile(rf"{before}(?:{number})\s+(?:[a-z]+\s+)?(?:{who})\b(?!-)", re.IGNORECASE),
        re.compile(rf"\bn\s*=\s*(?:{n})(?![\d.,]\d|\d)", re.IGNORECASE),
        re.compile(
            rf"{before}(?:{n})\s*(?:/|of(?: the)?|out of)\s*\d[\d,]*\s+(?:[a-z]+\s+)?(?:{who})\b",
            re.IGNORECASE,
        ),
    )
