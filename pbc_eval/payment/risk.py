"""What a payment rule pays by chance: for no effect, for the promised one, and in between.

    true effect ── normal, known standard error ──▶ estimates that might be found ── the whole rule
        ──▶ payments, their mean and spread, the chance of each tier, of paying for nothing and of
            not paying for success

The interval is taken to move with the estimate, and the standard error not to depend on the
effect. A counterfactual that is estimated moves with the effect too: the level of those treated is
what was observed, and the level without the programme is that less the effect. Estimates of
several outcomes are drawn independently: the errors of one say nothing of those of another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_finite, did_you_mean
from pbc_eval.agreement.payment_terms import PaymentTerms, terms_of
from pbc_eval.errors import PaymentTermsError
from pbc_eval.messages.numbers import short_chance
from pbc_eval.numerics.arrays import Floats
from pbc_eval.payment.closed_form import tier_probabilities
from pbc_eval.payment.draws import RuleOverDraws
from pbc_eval.payment.due import Results, outcomes_by_id
from pbc_eval.results import MeasuredOutcome

DRAWS = 200_000  # a probability of 2 % is then known to within a thirtieth of a percentage point
CURVE_DRAWS = 40_000  # at each point of the curve, which is only drawn
HALF_PENNY = 0.005


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """Payments if the true effects were so. Amounts are in the contract's currency."""

    name: str  # "no effect"
    effects: tuple[tuple[str, float], ...]  # true effect of each outcome, in its unit
    known: float  # what would be due if the true effects were known exactly
    expected: float  # mean payment over the estimates that might be found
    low: float  # 5 in 100 such evaluations pay less
    high: float  # 5 in 100 pay more
    chance_of_more: float  # that more is due than for an estimate of zero
    chance_of_less: float  # that less is due than if the true effects were known
    tiers: tuple[tuple[str, Floats], ...]  # clause, probability (k,) of each tier from 0 up


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class PaymentRisk(Displayed):
    """The rule under several true effects.

    ``base`` is what is due for an estimate of zero: fees that no result earns. ``closed_form``
    names the clauses whose tiers have exact probabilities; the rest come from ``n_draws`` draws.
    """

    currency: str
    base: float
    scenarios: tuple[Scenario, ...]
    curve: tuple[Scenario, ...]  # true effects from none to beyond the promised, evenly spaced
    tier_names: Mapping[str, tuple[str, ...]]
    closed_form: tuple[str, ...]
    held_fixed: tuple[str, ...]  # estimated outcomes without a standard error, taken as they stand
    n_draws: int
    seed: int

    def scenario(self, name: str) -> Scenario:
        return next(scenario for scenario in self.scenarios if scenario.name == name)

    def to_frame(self) -> pd.DataFrame:
        """One row a scenario, then one for each true effect along the curve.

        Columns: scenario, part ("scenario" or "curve"), the true effect of each outcome by its
        id, known, expected, low, high, chance_of_more, chance_of_less.
        """
        rows = [
            {"scenario": entry.name, "part": part}
            | dict(entry.effects)
            | {name: getattr(entry, name) for name in FIGURES}
            for part, listed in (("scenario", self.scenarios), ("curve", self.curve))
            for entry in listed
        ]
        return pd.DataFrame(rows)


FIGURES = ("known", "expected", "low", "high", "chance_of_more", "chance_of_less")
NO_EFFECT, PROMISED, MEASURED = "no effect", "the promised effect", "the effect as measured"


def payment_risk(
    terms: PaymentTerms,
    results: Results,
    *,
    promised: Mapping[str, float] | None = None,
    seed: int,
    n_draws: int = DRAWS,
    points: int = 61,
) -> PaymentRisk:
    """The payment rule under no effect, the promised effects, those measured, and a range.

    ``promised`` maps outcomes to the effect that the contract was priced on, in the outcome's unit
    and positive for an improvement; without it there is no such scenario. The range has ``points``
    true effects, from none to half as much again as promised (or measured).

    Raises PaymentTermsError when no estimated outcome has a standard error, or a promise names an
    outcome that the payment does not rest on.
    """
    terms = terms_of(terms)
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise PaymentTermsError(f"payment risk: seed must be a whole number >= 0, got {seed!r}.")
    outcomes = outcomes_by_id(results)
    used = {name for clause in terms.due_clauses for name in clause.outcomes}
    uncertain = {
        name: outcome
        for name, outcome in outcomes.items()
        if name in used and outcome.source != "counted" and outcome.std_error
    }
    if not uncertain:
        raise PaymentTermsError(
            "payment risk: no outcome that is paid for has a standard error, so nothing can be "
            "said of chance. Report the standard error, or leave the risk out."
        )
    for name, value in (promised or {}).items():
        check_finite("promised effect", name, value, PaymentTermsError)
        if name not in used:
            raise PaymentTermsError(
                f"promised effect: {name!r} is no outcome that a clause pays for "
                f"({', '.join(sorted(used))}).{did_you_mean(name, used)}"
            )
    rule = _Rule(terms, outcomes, uncertain, seed, n_draws)
    measured = {name: float(outcome.effect or 0.0) for name, outcome in uncertain.items()}
    target = {
        name: float((promised or measured).get(name, value)) for name, value in measured.items()
    }
    scenarios = [rule.scenario(NO_EFFECT, dict.fromkeys(uncertain, 0.0))]
    if promised:
        scenarios.append(rule.scenario(PROMISED, target))
    scenarios.append(rule.scenario(MEASURED, measured))
    curve = [
        rule.scenario(
            f"{share:.3g} of it",
            {name: share * value for name, value in target.items()},
            CURVE_DRAWS,
        )
        for share in np.linspace(0, 1.5, points)
    ]
    fixed = (o for o in outcomes.values() if o.outcome in used and o.source != "counted")
    return PaymentRisk(
        currency=terms.currency,
        base=rule.base,
        scenarios=tuple(scenarios),
        curve=tuple(curve),
        tier_names=rule.tier_names,
        closed_form=rule.closed_form,
        held_fixed=tuple(o.outcome for o in fixed if o.outcome not in uncertain),
        n_draws=n_draws,
        seed=seed,
    )


class _Rule:
    """The rule applied to draws of the same errors around different true effects, so that two
    scenarios differ by their effects and not by chance."""

    def __init__(
        self,
        terms: PaymentTerms,
        outcomes: Mapping[str, MeasuredOutcome],
        uncertain: Mapping[str, MeasuredOutcome],
        seed: int,
        n_draws: int,
    ) -> None:
        self.terms, self.outcomes, self.uncertain = terms, outcomes, uncertain
        self._rule = RuleOverDraws(terms, outcomes)
        streams = np.random.SeedSequence(seed).spawn(len(uncertain))
        self._errors = {
            name: _normal(stream, n_draws) * float(outcome.std_error or 0.0)
            for (name, outcome), stream in zip(uncertain.items(), streams, strict=True)
        }
        at_zero = self._rule.payments(outcomes, {name: [0.0] for name in uncertain})
        self.base = float(at_zero.amounts[0])
        self.tier_names = at_zero.tier_names
        self._exact = {
            clause.id: clause
            for clause in terms.due_clauses
            if len(clause.outcomes) == 1
            and clause.outcomes[0] in uncertain
            and self._chances(clause.id, 0.0) is not None
        }
        self.closed_form = tuple(self._exact)

    def scenario(
        self, name: str, effects: Mapping[str, float], n_draws: int | None = None
    ) -> Scenario:
        draws = {name: effects[name] + errors[:n_draws] for name, errors in self._errors.items()}
        drawn = self._rule.payments(self.outcomes, draws)
        single = {outcome: [value] for outcome, value in effects.items()}
        known = float(self._rule.payments(self._as_known(effects), single).amounts[0])
        low, high = np.quantile(drawn.amounts, [0.05, 0.95])
        return Scenario(
            name=name,
            effects=tuple(effects.items()),
            known=known,
            expected=float(drawn.amounts.mean()),
            low=float(low),
            high=float(high),
            chance_of_more=float(np.mean(drawn.amounts > self.base + HALF_PENNY)),
            chance_of_less=float(np.mean(drawn.amounts < known - HALF_PENNY)),
            tiers=tuple(
                (clause, self._tier_chances(clause, reached, effects))
                for clause, reached in drawn.tiers.items()
            ),
        )

    def _as_known(self, effects: Mapping[str, float]) -> dict[str, MeasuredOutcome]:
        """The outcomes with intervals of no width: the effects are known."""
        return {
            name: without_error(outcome) if name in effects else outcome
            for name, outcome in self.outcomes.items()
        }

    def _tier_chances(
        self, clause: str, reached: np.ndarray, effects: Mapping[str, float]
    ) -> Floats:
        if clause in self._exact:
            (outcome,) = self._exact[clause].outcomes
            chances = self._chances(clause, effects[outcome])
            assert chances is not None
            return chances
        size = len(self.tier_names[clause])
        return np.bincount(reached, minlength=size) / len(reached)

    def _chances(self, clause: str, effect: float) -> Floats | None:
        model = next(planned for planned in self.terms.due_clauses if planned.id == clause)
        outcome = self.outcomes[model.outcomes[0]]
        return tier_probabilities(model, outcome, effect, float(outcome.std_error or 0.0))


def without_error(outcome: MeasuredOutcome, *, level_known: bool = False) -> MeasuredOutcome:
    """The outcome as if its effect were known exactly; other estimates agree with it.

    ``level_known``: the level without the programme stays where it is, whatever the effect.
    """
    return MeasuredOutcome(
        outcome=outcome.outcome,
        source=outcome.source,
        effect=outcome.effect,
        conf_low=outcome.effect,
        conf_high=outcome.effect,
        counterfactual=outcome.counterfactual,
        counterfactual_slope=0.0 if level_known else outcome.counterfactual_slope,
        total_scale=outcome.total_scale,
        count=outcome.count,
        alternatives=tuple((name, outcome.effect or 0.0) for name, _ in outcome.alternatives),
    )


def _normal(stream: np.random.SeedSequence, size: int) -> Floats:
    """Standard normal errors in pairs of opposite sign: their mean is exactly zero."""
    half = np.random.default_rng(stream).standard_normal((size + 1) // 2)
    return np.stack([half, -half], axis=1).ravel()[:size]


def chance_in_words(chance: float) -> str:
    """'2.5%', 'fewer than 0.1%', 'more than 99.9%': the number that the table beside it has."""
    words = short_chance(chance)
    return words.replace("< ", "fewer than ").replace("> ", "more than ")


def sentences(risk: PaymentRisk) -> tuple[str, ...]:
    """What the risk means, in plain words, one sentence each."""
    nothing = risk.scenario(NO_EFFECT)
    lines = [
        "If the programme had no effect, the rule would still pay something for results in "
        f"{chance_in_words(nothing.chance_of_more)} of such evaluations."
    ]
    if any(scenario.name == PROMISED for scenario in risk.scenarios):
        promised = risk.scenario(PROMISED)
        lines.append(
            "If it had exactly the promised effect, the rule would pay nothing for results in "
            f"{chance_in_words(1 - promised.chance_of_more)} of such evaluations, and less than "
            f"that effect earns in {chance_in_words(promised.chance_of_less)}."
        )
    return tuple(lines)
