"""One contract's effect and interval in words; an improvement is positive."""

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.portfolio.record import ContractResult, Verdict
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Effect

VERDICTS: dict[Verdict, str] = {
    "improved": "Improved",
    "worsened": "Worsened",
    "uncertain": "Not certain",
    "no_interval": "Without a measure of chance",
    "not_measured": "Not measured",
}


def better(value: float, outcome: Outcome, currency: str) -> Sentence:
    """'better by 2.3 people in work per 100'; an improvement is positive."""
    return better_or_worse(fmt.effect_value(value, outcome, currency), value)


def better_or_worse(size: Effect, improvement: float) -> Sentence:
    """The same of a size that is given; its sign is that of the improvement."""
    if improvement >= 0:
        return Sentence("better by {size}", size=size)
    return Sentence("worse by {size}", size=size)


def effect_words(contract: ContractResult) -> str:
    """The effect in its own unit, with the words of what it is of."""
    if contract.effect is None or contract.outcome is None:
        return "not measured"
    return better(contract.effect, contract.outcome, contract.currency)


def interval_words(contract: ContractResult) -> str:
    """'1.9 to 2.7' as improvements, in the unit of the outcome."""
    if contract.conf_low is None or contract.conf_high is None or contract.outcome is None:
        return "none reported" if contract.effect is not None else ""
    low, high = (
        fmt.amount(end, contract.outcome, contract.currency)
        for end in (contract.conf_low, contract.conf_high)
    )
    return f"{low} to {high}"
