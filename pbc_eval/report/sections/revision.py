"""What changed since the edition before, in words and tables."""

from typing import Any

import pandas as pd

from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.disclosure import ReleasedEvaluation, ReleasedTable, release_table
from pbc_eval.evaluation.record import FigureChange, Kind, OutputTable, RevisionSplit
from pbc_eval.evaluation.tables import effect_kind, scale_of, shown_unit
from pbc_eval.report.words import numbers as fmt

_LABELS = {
    "headline": "Headline",
    "conf_low": "Interval from",
    "conf_high": "Interval to",
    "payment": "Payment due",
    "present_value": "Present value",
    "investment": "Investment",
    "net_present_value": "Net present value",
    "ratio": "Ratio",
}
_EFFECTS = ("headline", "conf_low", "conf_high")
_LED_BY = ("headline", "payment", "ratio")  # told in sentences; the tables hold all
NOTE = (
    "Both editions, and those in between with some of the changes, were worked out by the present "
    "software. What a change adds depends on which came first, so it is averaged over every order."
)


def revision_facts(released: ReleasedEvaluation) -> dict[str, Any] | None:
    """Sentences and tables of the difference from the edition before; None without one."""
    split = released.evaluation.revision
    if split is None:
        return None
    sentences = [
        f"{_LABELS[one.figure]}: {_said(one, released)}"
        for one in split.figures
        if one.figure in _LED_BY
    ]
    if not split.changed:
        sentences = ["Neither data, method nor parameters differ between the editions."]
    if split.dropped:
        names = ", ".join(_LABELS[name].lower() for name in split.dropped)
        sentences.append(f"Only one of the editions has: {names}.")
    if split.inseparable:
        sentences.append(
            "Some changes could not be told apart, since the parts of one edition do not go with "
            "those of the other; they are shown together."
        )
    return {
        "earlier": split.earlier_edition,
        "sentences": sentences,
        "tables": revision_tables(released),
        "note": NOTE,
    }


def revision_tables(released: ReleasedEvaluation) -> tuple[ReleasedTable, ...]:
    """Each figure in both editions and what each kind of change adds: effects, money, ratio."""
    split = released.evaluation.revision
    primary = released.evaluation.primary
    if split is None:
        return ()
    outcome = primary.outcome if primary else None
    parts: list[tuple[str, str, Kind, list[FigureChange]]] = []
    if outcome is not None:
        effects = [one for one in split.figures if one.figure in _EFFECTS]
        about = f"the headline ({shown_unit(outcome)})"
        parts.append(("headline", about, effect_kind(outcome), effects))
    rest = [one for one in split.figures if one.figure not in _EFFECTS]
    parts.append(("money", "money", "money", [one for one in rest if one.figure != "ratio"]))
    parts.append(("ratio", "the ratio", "number", [one for one in rest if one.figure == "ratio"]))
    tables = [_table(split, part, outcome) for part in parts if part[-1]]
    return tuple(release_table(table, released.rule) for table in tables)


def revision_results(split: RevisionSplit | None) -> dict[str, Any] | None:
    """The same for results.json."""
    if split is None:
        return None
    return {
        "earlier_edition": split.earlier_edition,
        "changed": list(split.changed),
        "figures": [
            {"figure": f.figure, "earlier": f.earlier, "later": f.later, "steps": f.steps}
            for f in split.figures
        ],
    }


def _table(
    split: RevisionSplit,
    part: tuple[str, str, Kind, list[FigureChange]],
    outcome: Outcome | None,
) -> OutputTable:
    name, about, kind, figures = part
    steps = list(dict.fromkeys(step for one in figures for step in one.steps))
    rows = [
        {"figure": _LABELS[one.figure], "earlier": one.earlier, **one.steps, "later": one.later}
        for one in figures
    ]
    is_effect = name == "headline" and outcome is not None
    return OutputTable(
        name=f"revision-{name}",
        caption=f"What changed since edition {split.earlier_edition}: {about}",
        frame=pd.DataFrame(rows, columns=["figure", "earlier", *steps, "later"]),
        kinds={"figure": "text", **dict.fromkeys(["earlier", *steps, "later"], kind)},
        headers={
            "figure": "Figure",
            "earlier": f"Edition {split.earlier_edition}",
            **{step: f"Due to {step}" for step in steps},
            "later": "This edition",
        },
        decimals=outcome.decimals + 1 if is_effect and outcome else 0,
        scale=scale_of(outcome) if is_effect and outcome else 1.0,
        notes=(NOTE,),
    )


def _said(one: FigureChange, released: ReleasedEvaluation) -> str:
    """'-1.89 became -2.17 percentage points. Due to: data -0.26, parameters nothing.'"""
    evaluation = released.evaluation
    currency = evaluation.spec.contract.currency
    outcome = evaluation.primary.outcome if evaluation.primary else None

    def plain(value: float) -> str:
        if one.figure == "ratio":
            return fmt.number(value, 2)
        if one.figure == "payment" or outcome is None:
            return fmt.money(value, currency)
        # A decimal more than elsewhere, so that steps are seen and add up.
        finer = outcome.model_copy(update={"decimals": outcome.decimals + 1})
        return fmt.amount(value, finer, currency)

    def signed(value: float) -> str:
        text = plain(value)
        if value == 0:
            return "nothing"
        return text if text.startswith(fmt.MINUS) else f"+{text}"

    steps = ", ".join(f"{step} {signed(value)}" for step, value in one.steps.items())
    unit = f" {fmt.unit_of(outcome)}" if one.figure in _EFFECTS and outcome else ""
    return f"{plain(one.earlier)} became {plain(one.later)}{unit}. Due to: {steps}."
