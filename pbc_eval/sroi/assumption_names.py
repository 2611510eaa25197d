"""Names of assumptions in plain words, for tables, figures and sentences about value."""

from pbc_eval.agreement.uncertainty import PROJECT
from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.sroi.present_value import SroiResult

LONGEST_NAME = 48
ESTIMATE = "estimate of "


def outcome_words(row: ValuedOutcome) -> str:
    """'Greener space (m2)': what changes, and behind it what it is measured by."""
    if not row.indicator or row.indicator.casefold() == row.outcome.casefold():
        return row.outcome
    return f"{row.outcome} ({row.indicator})"


def row_name(sroi: SroiResult, outcome: str, *, cut: bool = True) -> str:
    """The words of a value map row for its id, those that no other row has; 'all outcomes' as it
    is. Long ones are cut, for tables and axes."""
    row = next((row for row in sroi.outcomes if row.id == outcome), None)
    words = outcome
    if row is not None:
        for known, name in (
            ([r.outcome for r in sroi.outcomes], row.outcome),
            ([r.indicator for r in sroi.outcomes], row.indicator),
            ([outcome_words(r) for r in sroi.outcomes], outcome_words(row)),
        ):
            if name and known.count(name) == 1:
                words = name
                break
    if not cut or len(words) <= LONGEST_NAME:
        return words
    return words[: LONGEST_NAME - 2].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def plain(assumption: str) -> str:
    """'Value each' for proxy_value, and so on."""
    words = {"proxy_value": "value each", "drop_off": "drop-off", "discount": "discount rate"}
    return words.get(assumption, assumption.replace("_", " ")).capitalize()


def assumption_name(sroi: SroiResult, outcome: str, assumption: str, *, cut: bool = True) -> str:
    """'Value each: GP visits avoided'."""
    if outcome == PROJECT:
        return f"{plain(assumption)}: {PROJECT}"
    return f"{plain(assumption)}: {row_name(sroi, outcome, cut=cut)}"


def input_name(sroi: SroiResult, name: str, labels: dict[str, str], *, cut: bool = True) -> str:
    """A simulated input in words: 'gp-visits.quantity', 'investment', 'estimate of readmissions'.

    ``labels`` maps an estimated outcome to what it is called on the page.
    """
    if name.startswith(ESTIMATE):
        outcome = name.removeprefix(ESTIMATE)
        return f"The estimate: {labels.get(outcome, outcome)}"
    row, dot, assumption = name.partition(".")
    return assumption_name(sroi, row, assumption, cut=cut) if dot else plain(name)
