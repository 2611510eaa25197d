"""Claims by the same people for one thing and another: the difference is who did not get so far.

    33 started work, 30 of them stayed in it      3 did not stay
    33 claims by 30 people, at most two each      3 claimed twice

Both numbers are multiplied by a price, and told exactly. Who is in which is known where claims name
the person; of claims that do not, nothing is said.
"""

from collections.abc import Iterator, Mapping
from itertools import permutations

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.payment.account import Account
from pbc_eval.results import MeasuredOutcome


def few_who_got_no_further(
    spec: EvaluationSpec, rule: DisclosureRule, counted: Mapping[str, MeasuredOutcome]
) -> Iterator[str]:
    """Two clauses of the year, where those with the second are some of those with the first and
    fewer than the threshold are without it. ``counted`` holds the claims, by outcome."""
    people = {}
    for clause in spec.payment.claimed if spec.payment else ():
        claims = counted.get(str(clause.outcome))
        if claims is not None and claims.by_person:
            people[clause.id] = {name for name, units in claims.by_person.items() if units > 0}
    for first, second in permutations(people, 2):
        some = people[second]
        if some and some < people[first] and len(people[first] - some) < rule.threshold:
            yield f"{first} less {second}"


def few_who_claimed_more(rule: DisclosureRule, account: Account | None) -> Iterator[str]:
    """Claims at one price that are more than the people who make them, by fewer than the
    threshold."""
    for made in account.by_price if account else ():
        if made.people is not None and 0 < made.claims - made.people < rule.threshold:
            yield f"{made.clause}, claims less people{f' ({made.year})' if made.year else ''}"
