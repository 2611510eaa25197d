"""The payment rule by chance before any outcome is seen, or what would have to be stated for it.

errors that are expected, planning.expected ── risk_beforehand ▶ PaymentRisk, or why there is none
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.agreement.payment_base import Blend
from pbc_eval.agreement.payment_terms import PaymentTerms
from pbc_eval.numerics.distributions import normal_quantile
from pbc_eval.payment.plan import plan_of
from pbc_eval.payment.risk import MEASURED, PaymentRisk, payment_risk
from pbc_eval.payment.rule import Asked
from pbc_eval.results import MeasuredOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedError:
    """The standard error expected of one outcome, and what it allows to be told apart.

    ``smallest`` is the minimum detectable effect (Bloom 1995, Evaluation Review 19: 547-556):
    (z of the level + z of the power) times the standard error, in the outcome's unit.
    """

    outcome: Outcome
    std_error: float | None
    rests_on: str  # where the standard error comes from, or why there is none
    smallest: float | None
    promised: float | None
    level: float | None  # without the programme
    units: float | None  # what turns the effect into a total


def risk_beforehand(
    spec: EvaluationSpec, expected: tuple[ExpectedError, ...], confidence: float, seed: int
) -> tuple[PaymentRisk | None, str]:
    """The payment rule by chance; or everything that would have to be stated for that.

    Raises PaymentTermsError for a promise that no clause pays for.
    """
    terms = spec.payment
    if terms is None:
        return None, ""
    results = {
        expectation.outcome.id: _as_measured(expectation, confidence) for expectation in expected
    }
    for expectation in spec.planning.expected if spec.planning else ():
        if expectation.count is not None:
            results[expectation.outcome] = MeasuredOutcome(
                outcome=expectation.outcome, source="counted", count=expectation.count
            )
    paid = dict.fromkeys(name for clause in terms.due_clauses for name in clause.outcomes)
    if not paid:
        return None, "No clause that is paid in this year rests on a result."
    lacking = [name for name in paid if name not in results]
    if lacking:
        return None, (
            f"Nothing is stated of what is expected of {', '.join(lacking)}, which is paid for, so "
            "the risk of the rule cannot be worked out (planning.expected)."
        )
    if unstated := list(dict.fromkeys(_unstated(terms, results))):
        return None, f"The risk of the rule cannot be worked out: {'; '.join(unstated)}."
    if not any(results[name].std_error for name in paid):
        return None, (
            "No standard error is stated or can be had from data before treatment for what is paid "
            "for, so the risk of the rule cannot be worked out (planning.expected)."
        )
    promised = {name: value for name, value in terms.promised_effects.items() if name in paid}
    risk = payment_risk(terms, results, promised=promised or None, seed=seed)
    return replace(
        risk,
        scenarios=tuple(
            expectation for expectation in risk.scenarios if expectation.name != MEASURED
        ),
    ), ""


def _unstated(terms: PaymentTerms, results: Mapping[str, MeasuredOutcome]) -> Iterator[str]:
    """What each clause rests on and nobody can know or has stated beforehand, with what to do."""
    for planned in plan_of(terms).clauses:
        for asked in planned.rule.asked:
            problem = _problem(planned.line, asked, results[asked.outcome])
            if problem:
                yield problem
        if getattr(planned.clause, "verification", None) is not None:
            yield (
                f"{planned.line} is paid on claims that a sample verifies, and how many of it are "
                "wrong is not known before it is drawn"
            )


def _problem(line: str, asked: Asked, expected: MeasuredOutcome) -> str | None:
    """Of one measure that a clause rests on: the first that holds."""
    where, counts = f"planning.expected of {asked.outcome}", asked.measure == "count"
    rules = (
        (
            counts and expected.count is None,
            f"{line} pays on a count, and {where} states none. State its count, and no std_error, "
            "level or units",
        ),
        (counts, None),
        (
            expected.source == "counted",
            f"{line} pays on an effect, and {where} states a count. State its std_error instead",
        ),
        (
            isinstance(asked.rule, Blend),
            f"{line} pays on several estimates together, and how they will differ is not known "
            "before there are data",
        ),
        (
            expected.std_error is None and asked.rule != "point",
            f"{line} pays on the interval of {asked.outcome}, of which no standard error is known. "
            f"State std_error in {where}",
        ),
        (
            asked.measure == "relative_effect" and expected.counterfactual is None,
            f"{line} pays on a relative effect, and the level without the programme is not known. "
            f"State level in {where}",
        ),
        (
            asked.measure == "total" and expected.total_scale is None,
            f"{line} pays on a total, and what turns an effect into it is not known. State units "
            f"in {where}, the units or unit-periods that are expected",
        ),
    )
    return next((words for holds, words in rules if holds), None)


def _as_measured(expected: ExpectedError, confidence: float) -> MeasuredOutcome:
    """The outcome as if it had been found to be what was promised."""
    effect = expected.promised or 0.0
    reach = float(normal_quantile(0.5 + confidence / 2)) * (expected.std_error or 0.0)
    known = expected.std_error is not None
    return MeasuredOutcome(
        outcome=expected.outcome.id,
        source="estimated",
        effect=effect,
        std_error=expected.std_error,
        conf_low=effect - reach if known else None,
        conf_high=effect + reach if known else None,
        counterfactual=expected.level,
        total_scale=expected.units,
        unit=expected.outcome.unit,
    )
