"""One contract's effect and interval in words; an improvement is positive."""

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.portfolio.record import ContractResult, Verdict
from pbc_eval.messages import numbers as fmt

VERDICTS: dict[Verdict, str] = {
    "improved": "Improved",
    "worsened": "Worsened",
    "uncertain": "Not certain",
    "no_interval": "Without a measure of chance",
    "not_measured": "Not measured",
}


def better(value: float, outcome: Outcome, currency: str) -> str:
    """'better by 2.3 people in work per 100'."""
    word = "better" if value >= 0 else "worse"
    return f"{word} by {fmt.size(value, outcome, currency)}"


def effect_words(contract: ContractResult) -> str:
    """The effect in its own unit, with the words of what it is of."""
    if contract.effect is None or contract.outcome is None:
        return "not measured"
    return better(contract.effect, contract.outcome, contract.currency)


def interval_words(contract: ContractResult) -> str:
    """'1.9 to 2.7' as improvements, in the unit of the outcome."""
    low, high, outcome = contract.conf_low, contract.conf_high, contract.outcome
    if low is None or high is None or outcome is None:
        return "none reported" if contract.effect is not None else ""
    return f"{fmt.amount(low, outcome, contract.currency)} to " + fmt.amount(
        high, outcome, contract.currency
    )
