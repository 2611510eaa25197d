"""Every kind of clause pays what a slow obvious twin says, to the penny and within its limits."""

import datetime as dt
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment import contracts, twin
from payment.conftest import make_clause, make_terms
from payment.contracts import FEES, INDICES, JOBS, OTHERS, as_measured
from scipy.optimize import brentq
from scipy.stats import binom

from pbc_eval.payment import payment_due

pytestmark = pytest.mark.slow  # seconds, together

KINDS = (*contracts.EXPECTED, *contracts.DEDUCTED, *contracts.RESTING)
FIRST = make_clause("fixed_fee", id="c0", times=3, amount="333.333")


def measures(results, default_rule):
    """A measure as the contract words have it, from the results as they stand."""

    def of(name, measure, rule=None):
        found = results[name]
        if measure in ("count", "counterfactual"):
            return twin.number(getattr(found, measure))
        if measure == "persons":
            return twin.number(found.total_scale)
        effect = _estimate(found, default_rule if rule is None else rule)
        if measure == "relative_effect":
            effect /= twin.number(found.counterfactual)
        if measure == "total":
            effect *= twin.number(found.total_scale)
        return twin.number(f"{float(effect):.12g}")

    return of


def _estimate(found, rule):
    effect, low, high = (
        twin.number(v) for v in (found.effect, found.conf_low or 0, found.conf_high or 0)
    )
    if rule == "lower_bound":
        return low
    if rule == "zero_unless_significant":
        here, above, below = (
            twin.number(f"{float(v):.12g}") for v in (effect, effect + low, effect + high)
        )
        return effect if above > here or below < here else Fraction(0)
    if rule == "point":
        return effect
    return Fraction(8, 10) * effect + Fraction(2, 10) * twin.number(dict(found.alternatives)["did"])


def sample(rule) -> Fraction:
    """3 wrong of 20: as found, or the share at which so few would be found too rarely."""
    if rule.rule == "point":
        return Fraction(3, 20)
    rare = 1 - rule.level
    return twin.number(
        round(brentq(lambda p: binom.cdf(3, 20, p) - rare, 0.01, 0.99, xtol=1e-15), 12)
    )


def factor(indexed) -> Fraction:
    if indexed is None or indexed.until == dt.date(2024, 3, 1):
        return Fraction(1)
    grown = Fraction(1037, 1000) if indexed.series else Fraction(103, 100)
    return grown  # with three decimals too


@pytest.mark.parametrize("make", KINDS, ids=lambda make: make.__name__)
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_clause_pays_what_its_twin_says_within_its_limits(make, data):
    raw = data.draw(contracts.clauses(make, 1))
    raw.pop("measure_decimals", None)
    effect = data.draw(st.floats(-2, 3).map(lambda value: round(value, 4)))
    terms = make_terms(FIRST, raw, indices=INDICES)
    jobs = as_measured(JOBS, effect)
    statement = payment_due(terms, [jobs, *OTHERS])

    clause = terms.clauses[1]
    results = {one.outcome: one for one in (jobs, *OTHERS)}
    of = measures(results, getattr(clause, "estimate_used", "point"))
    expected = getattr(twin, clause.type)(clause, of, {"c0": Decimal("1000.00")}, sample)
    indexed = getattr(clause, "indexed", None)
    by = factor(indexed)
    per_person = getattr(clause, "cap_per_person", None)
    if per_person is not None and by != 1 and not indexed.limits_too:
        # prices rise and the limit for each person stays
        free = clause.model_copy(update={"cap_per_person": None})
        expected = min(
            by * twin.tariff(free, of, {}, sample),
            twin.number(per_person) * of(clause.outcome, "persons"),
        )
    else:
        expected *= by
    limits = by if indexed is not None and indexed.limits_too else 1
    if clause.cap is not None:
        expected = min(expected, twin.number(clause.cap) * limits)
    if clause.floor is not None:
        expected = max(expected, twin.number(clause.floor) * limits)
    amount = statement.lines[1].amount
    signed = -amount if clause.deduction else amount
    assert abs(Fraction(signed) - expected) <= Fraction(1, 100)
    if clause.cap is not None:
        assert Fraction(signed) <= twin.number(clause.cap) * limits


def test_the_upper_bound_of_errors_is_where_so_few_would_rarely_be_found():
    rule = {"rule": "upper_bound", "level": 0.9}
    raw = make_clause("tariff", outcome="fees", measure="count", price=1000, verification=rule)
    line = payment_due(make_terms(raw), [FEES]).lines[0]
    share = 1 - float(line.amount_before_cap) / 40_000
    assert binom.cdf(3, 20, share) == pytest.approx(0.1, abs=1e-9)
