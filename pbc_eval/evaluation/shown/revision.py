"""What changed since the edition before: a table of each kind of figure, and sentences."""

from collections.abc import Sequence

import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.evaluation.record import Evaluation, FigureChange, Kind, OutputTable, RevisionSplit
from pbc_eval.evaluation.tables import effect_kind, scale_of, shown_unit
from pbc_eval.messages import numbers as fmt

NOTE = (
    "Both editions, and those in between with some of the changes, were worked out by the present "
    "software. What a change adds depends on which came first, so it is averaged over every order."
)
FIGURES = {
    "headline": "Headline",
    "conf_low": "Interval from",
    "conf_high": "Interval to",
    "payment": "Payment due",
    "present_value": "Present value",
    "investment": "Investment",
    "net_present_value": "Net present value",
    "ratio": "Ratio",
}
EFFECTS = ("headline", "conf_low", "conf_high")
LED_BY = ("headline", "payment", "ratio")  # told in sentences; the tables hold all


def revision_tables(evaluation: Evaluation) -> tuple[OutputTable, ...]:
    """Each figure in both editions and what each kind of change adds: effects, money, ratio."""
    split, primary = evaluation.revision, evaluation.primary
    if split is None:
        return ()
    tables = []
    if primary is not None:
        changes = [change for change in split.figures if change.figure in EFFECTS]
        if changes:
            tables.append(_headline_table(split, changes, primary.outcome))
    rest = [change for change in split.figures if change.figure not in EFFECTS]
    money = [change for change in rest if change.figure != "ratio"]
    ratio = [change for change in rest if change.figure == "ratio"]
    if money:
        tables.append(_revision_table(split, "money", "money", "money", money))
    if ratio:
        tables.append(_revision_table(split, "ratio", "the ratio", "number", ratio))
    return tuple(tables)


def _headline_table(
    split: RevisionSplit, changes: Sequence[FigureChange], outcome: Outcome
) -> OutputTable:
    """With a decimal more than elsewhere, so that steps are seen and add up."""
    about = f"the headline ({shown_unit(outcome)})"
    return _revision_table(
        split,
        "headline",
        about,
        effect_kind(outcome),
        changes,
        decimals=outcome.decimals + 1,
        scale=scale_of(outcome),
        outcome=outcome.id,
    )


def _revision_table(
    split: RevisionSplit,
    name: str,
    what: str,
    kind: Kind,
    changes: Sequence[FigureChange],
    *,
    decimals: int = 0,
    scale: float = 1.0,
    outcome: str = "",
) -> OutputTable:
    steps = list(dict.fromkeys(step for change in changes for step in change.steps))
    rows = [
        {
            "figure": FIGURES[change.figure],
            "earlier": change.earlier,
            **change.steps,
            "later": change.later,
        }
        for change in changes
    ]
    return OutputTable(
        name=f"revision-{name}",
        caption=f"What changed since edition {split.earlier_edition}: {what}",
        frame=pd.DataFrame(rows, columns=["figure", "earlier", *steps, "later"]),
        kinds={"figure": "text", **dict.fromkeys(["earlier", *steps, "later"], kind)},
        headers={
            "figure": "Figure",
            "earlier": f"Edition {split.earlier_edition}",
            **{step: f"Due to {step}" for step in steps},
            "later": "This edition",
        },
        decimals=decimals,
        scale=scale,
        notes=(NOTE,),
        about=outcome,
    )


def revision_sentences(
    split: RevisionSplit, outcome: Outcome | None, currency: str
) -> tuple[str, ...]:
    """What each figure became and what that is due to; ``outcome`` is that of the headline."""
    sentences = [
        f"{FIGURES[change.figure]}: {_change_in_words(change, outcome, currency)}"
        for change in split.figures
        if change.figure in LED_BY
    ]
    if not split.changed:
        sentences = ["Neither data, method nor parameters differ between the editions."]
    if split.dropped:
        names = ", ".join(FIGURES[name].lower() for name in split.dropped)
        sentences.append(f"Only one of the editions has: {names}.")
    if split.inseparable:
        sentences.append(
            "Some changes could not be told apart, since the parts of one edition do not go with "
            "those of the other; they are shown together."
        )
    return tuple(sentences)


def _change_in_words(change: FigureChange, outcome: Outcome | None, currency: str) -> str:
    """'-1.89 became -2.17 percentage points. Due to: data -0.26, parameters nothing.'"""

    def plain(value: float) -> str:
        if change.figure == "ratio":
            return fmt.number(value, 2)
        if change.figure == "payment" or outcome is None:
            return fmt.money(value, currency)
        # A decimal more than elsewhere, so that steps are seen and add up.
        finer = outcome.model_copy(update={"decimals": outcome.decimals + 1})
        return fmt.amount(value, finer, currency)

    def signed(value: float) -> str:
        text = plain(value)
        if value == 0:
            return "nothing"
        return text if text.startswith(fmt.MINUS) else f"+{text}"

    steps = ", ".join(f"{step} {signed(value)}" for step, value in change.steps.items())
    unit = f" {fmt.unit_of(outcome)}" if change.figure in EFFECTS and outcome else ""
    return f"{plain(change.earlier)} became {plain(change.later)}{unit}. Due to: {steps}."
