"""The design in words, from what was agreed alone: no estimate has been made yet."""

from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Missing
from pbc_eval.checks import checks_for
from pbc_eval.evaluation.designs import design_kind
from pbc_eval.messages import numbers as fmt
from pbc_eval.messages.number_formats import long_date
from pbc_eval.messages.sentence import Sentence

Facts = list[tuple[str, str]]
MISSING: dict[Missing, str] = {
    "refuse": "The evaluation stops if an outcome is missing.",
    "complete_units": "A unit that lacks an outcome in any period is left out, and listed.",
    "pairs": "A unit is left out of the comparisons that need the missing value, and of no other.",
    "complete_cases": "A row that lacks the outcome or a characteristic is left out, and listed.",
    "indicator": "A missing characteristic is filled in beside an indicator that says so; a row "
    "that lacks the outcome is left out, and listed.",
}


def design_facts(spec: EvaluationSpec) -> Facts:
    """Method, comparison, settings and level, as term and text."""
    kind, design = design_kind(spec.design), spec.design
    facts = list(kind.planned(spec))
    if kind.gives_estimates:
        agreed_on = getattr(design, "agreed_on", None)
        facts.append((Sentence("Confidence level"), fmt.percent(getattr(design, "level", None))))
        agreed = "not recorded" if agreed_on is None else long_date(agreed_on)
        facts.append((Sentence("Design fixed on"), agreed))
    return facts


def planned_checks(spec: EvaluationSpec) -> tuple[str, ...]:
    """What will be checked, and what a failure does."""
    triple = spec.design.needs_eligible
    planned = tuple(
        row.planned for row in checks_for(spec.design.method) if not (triple and row.of_two_groups)
    )
    if not planned:
        return ()
    return (
        *planned,
        "A check that fails stops the evaluation, unless it is waived with a reason that is "
        "printed; a waiver that is not in this note counts as a deviation from it.",
    )


def missing_words(spec: EvaluationSpec) -> tuple[str, ...]:
    """What becomes of missing outcomes, for all and where one differs."""
    if spec.data is None:
        return ("No data on units are used.",)
    sentences = [MISSING[spec.data.missing]]
    sentences += [
        f"{outcome.label}: {MISSING[outcome.missing][:1].lower()}{MISSING[outcome.missing][1:]}"
        for outcome in spec.outcomes
        if outcome.missing is not None and outcome.missing != spec.data.missing
    ]
    return (*sentences, "Whatever is left out is listed in the report with the reason.")
