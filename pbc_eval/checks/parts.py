"""Parts of the sample that the design names: does the effect hold in each of them?

dose       pass            no bin has an effect in the other direction
           review          some bin has, beyond chance, or none can be estimated
spillover  pass            no ring of neighbours moved beyond chance
           review          one did: the programme may have reached them, and others like them
controls   pass            outcomes that the programme cannot have moved did not
           review          one did, by its p-value times their number
subgroups  pass            estimated in every group; whether groups differ is said, as declared or
                           exploratory: it is no doubt of the headline
           review          a group moved in the other direction, beyond chance

Every row is one test at the headline's level: of twenty rings without any effect one will stand
out by chance.

Source: did/by_group.py.
"""

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from pbc_eval.checks.check_kind import CheckKind, ColumnKind, Examined, Parted
from pbc_eval.messages.sentence import EMPTY, Part, Sentence
from pbc_eval.messages.values import Listed, Name, PValue
from pbc_eval.results import CheckResult, CheckStatus

SHOWN: dict[str, tuple[str, ColumnKind]] = {
    "group": ("Group", "text"),
    "n_treated": ("In the programme", "count"),
    "n_comparison": ("For comparison", "count"),
    "estimate": ("Effect", "effect"),
    "conf_low": ("Lower end", "effect"),
    "conf_high": ("Upper end", "effect"),
}
RINGS = {**SHOWN, "group": ("Ring", "text"), "n_treated": ("In the ring", "count")}
RINGS["n_comparison"] = ("Further off", "count")
REVIEW_BELOW = 0.05
NOBODY = Sentence("It could be estimated in none.")


def _in_words(parted: Parted, examined: Examined) -> Listed:
    """Each part with its effect and interval."""
    rows = parted.effects.table.to_dict("records")
    return Listed(tuple(_row_in_words(row, examined) for row in rows))


def _row_in_words(row: Mapping[Hashable, Any], examined: Examined) -> Sentence:
    group = Name(str(row["group"]))
    value, low = float(row["estimate"]), float(row["conf_low"])
    if math.isnan(value):
        return Sentence("{group}: not to be had", group=group)
    if math.isnan(low):
        return Sentence(
            "{group}: {effect}, without an interval",
            examined.no_claim,
            group=group,
            effect=examined.sized(value),
        )
    return Sentence(
        "{group}: {effect} ({low} to {high})",
        examined.no_claim,
        group=group,
        effect=examined.sized(value),
        low=examined.sized(low),
        high=examined.sized(float(row["conf_high"])),
    )


def _against(table: pd.DataFrame, sign: float) -> list[str]:
    """Groups whose whole interval lies on the other side of 0 than ``sign``."""
    ends = table["conf_high"] if sign > 0 else -table["conf_low"]
    return [str(name) for name in table.loc[ends < 0, "group"]]


def _moved(table: pd.DataFrame) -> list[str]:
    """Groups whose whole interval lies on one side of 0."""
    moved = (table["conf_low"] > 0) | (table["conf_high"] < 0)
    return [str(name) for name in table.loc[moved, "group"]]


def check_dose(parted: Parted, examined: Examined) -> CheckResult:
    """Is the effect in no bin of the dose the other way round? Table: effects_by_group."""
    table = parted.effects.table
    sign = 1.0 if examined.headline is None else math.copysign(1.0, examined.headline.estimate)
    turned = _against(table, sign)
    nothing = bool(table["estimate"].isna().all())
    status: CheckStatus = "review" if turned or nothing else "pass"
    verdict = Sentence("In no bin is it the other way round beyond chance.")
    if nothing:
        verdict = NOBODY
    elif turned:
        verdict = Sentence(
            "It is the other way round, beyond chance, for {bins}.",
            bins=Listed(tuple(map(Name, turned))),
        )
    return CheckResult(
        name="dose",
        status=status,
        sentence=Sentence(
            "The effect by {column}, each bin against all comparison units: {bins}. {verdict} A "
            "larger effect in one bin than in another may be due to who got that much.",
            column=Name(parted.label),
            bins=_in_words(parted, examined),
            verdict=verdict,
        ),
        null="no bin of the dose has an effect in the other direction than all treated together",
        table=table,
    )


def check_spillover(parted: Parted, examined: Examined) -> CheckResult:
    """Did comparison units near treated ones move? Table: one row a ring."""
    table = parted.effects.table
    moved = _moved(table)
    nothing = bool(len(table)) and bool(table["conf_low"].isna().all())
    status: CheckStatus = "review" if moved or nothing else "pass"
    verdict = Sentence("None moved beyond chance.")
    if not len(table):
        verdict, status = Sentence("There is no unit in any ring."), "not_applicable"
    elif nothing:
        verdict = NOBODY
    elif moved:
        verdict = Sentence(
            "Beyond chance moved: {rings}. The programme may have reached them, and those further "
            "off as well.",
            rings=Listed(tuple(map(Name, moved))),
        )
    return CheckResult(
        name="spillover",
        status=status,
        sentence=Sentence(
            "Comparison units near a treated unit ({column}) are left out of the comparison. Their "
            "own change against those further off, from when the nearest started: {rings}. "
            "{verdict}",
            column=Name(parted.label),
            rings=_in_words(parted, examined) if len(table) else Sentence("none"),
            verdict=verdict,
        ),
        null="units near a treated one change as those further off do",
        table=table,
    )


def check_subgroups(parts: tuple[Parted, ...], examined: Examined) -> CheckResult:
    """The effect in each subgroup, and whether subgroups differ. Table: effects_by_group with the
    grouping column named."""
    sign = 1.0 if examined.headline is None else math.copysign(1.0, examined.headline.estimate)
    tables, sentences, turned = [], list[Sentence](), list[str]()
    for parted in parts:
        table = parted.effects.table
        tables.append(table.assign(by=parted.label, declared=parted.declared))
        turned += _against(table, sign)
        sentences.append(_subgroup_in_words(parted, examined))
    verdict = EMPTY
    if turned:
        verdict = Sentence(
            " The other way round, beyond chance: {groups}.",
            groups=Listed(tuple(map(Name, turned))),
        )
    p_values = [parted.effects.p_equal for parted in parts]
    known = [p for p in p_values if p is not None]
    return CheckResult(
        name="subgroups",
        status="review" if turned else "pass",
        sentence=Sentence("{each}{verdict}", each=Listed(tuple(sentences), " "), verdict=verdict),
        null="the effect is the same in all groups",
        p_value=min(1.0, min(known) * len(known)) if known else None,  # Bonferroni's, of several
        table=pd.concat(tables, ignore_index=True),
    )


def _subgroup_in_words(parted: Parted, examined: Examined) -> Sentence:
    differ: Part = Sentence(
        "Whether they differ was not tested: their estimates are not independent, or there are "
        "fewer than two with an error."
    )
    if parted.effects.p_equal is not None:
        differ = Sentence("That they are the same in all: {p}.", p=PValue(parted.effects.p_equal))
    template = Sentence("Fixed before outcomes were seen")
    if not parted.declared:
        template = Sentence("Exploratory, not fixed beforehand")
    return Sentence(
        "{status}, by {column}: {groups}. {differ}",
        status=template,
        column=Name(parted.label),
        groups=_in_words(parted, examined),
        differ=differ,
    )


def check_negative_controls(parted: Parted, examined: Examined) -> CheckResult:
    """Did outcomes that the programme cannot have moved, move? Table: one row an outcome, each in
    a unit of its own; the smallest p-value times their number is held (Bonferroni)."""
    table = parted.effects.table
    known = table["p_value"].dropna()
    p_value = min(1.0, float(known.min()) * len(known)) if len(known) else None
    moved = p_value is not None and p_value < REVIEW_BELOW
    verdict = Sentence("None moved beyond chance.")
    if p_value is None:
        verdict = NOBODY
    elif moved:
        clear = table.loc[table["p_value"] * len(known) < REVIEW_BELOW, "group"]
        verdict = Sentence(
            "Beyond chance moved: {outcomes}. What moved them may have moved the outcome as well.",
            outcomes=Listed(tuple(map(Name, map(str, clear)))),
        )
    held = EMPTY
    if p_value is not None:
        held = Sentence(" (smallest p-value times their number: {p})", p=PValue(p_value))
    return CheckResult(
        name="negative_controls",
        status="review" if moved or p_value is None else "pass",
        sentence=Sentence(
            "Outcomes that the programme cannot have moved were estimated in the same way: "
            "{outcomes}{held}. {verdict}",
            outcomes=Listed(tuple(map(Name, map(str, table["group"])))),
            held=held,
            verdict=verdict,
        ),
        null="the programme has no effect on outcomes that it cannot have moved",
        p_value=p_value,
        table=table,
    )


def _only(examined: Examined, by: str) -> tuple[Parted, ...]:
    return tuple(parted for parted in examined.parts if parted.by == by)


def _run_dose(examined: Examined) -> CheckResult | None:
    return next((check_dose(parted, examined) for parted in _only(examined, "dose")), None)


def _run_spillover(examined: Examined) -> CheckResult | None:
    return next(
        (check_spillover(parted, examined) for parted in _only(examined, "spillover")), None
    )


def _run_subgroups(examined: Examined) -> CheckResult | None:
    parts = _only(examined, "subgroup")
    return check_subgroups(parts, examined) if parts else None


def _run_controls(examined: Examined) -> CheckResult | None:
    parts = _only(examined, "negative_control")
    return next((check_negative_controls(parted, examined) for parted in parts), None)


DOSE_CHECK = CheckKind(
    name="dose",
    title=Sentence("By dose"),
    designs=frozenset({"difference_in_differences"}),
    run=_run_dose,
    planned="Dose (dose), where the design names one: the effect in each bin, against all "
    "comparison units.",
    columns=SHOWN,
    caption="effect by dose",
    in_short={"review": Sentence("In a bin of the dose the effect is the other way round.")},
)
SPILLOVER_CHECK = CheckKind(
    name="spillover",
    title=Sentence("Spill-over to neighbours"),
    designs=frozenset({"difference_in_differences"}),
    run=_run_spillover,
    planned="Spill-over (spillover), where the design says who is near: did comparison units near "
    "treated ones move, against those further off?",
    columns=RINGS,
    caption="change of those near treated units",
    in_short={"review": Sentence("Units near treated ones moved as well.")},
)
SUBGROUPS_CHECK = CheckKind(
    name="subgroups",
    title=Sentence("Subgroups"),
    designs=frozenset({"difference_in_differences"}),
    run=_run_subgroups,
    planned="Subgroups (subgroups), where the design names some: the effect in each, and whether "
    "they differ.",
    columns={"by": ("By", "text"), **SHOWN},
    caption="effect in subgroups",
    in_short={"review": Sentence("In a subgroup the effect is the other way round.")},
)
CONTROLS_CHECK = CheckKind(
    name="negative_controls",
    title=Sentence("Outcomes it cannot have moved"),
    designs=frozenset({"difference_in_differences", "matching"}),
    run=_run_controls,
    planned="Negative controls (negative_controls), where the design names some: did outcomes move "
    "that the programme cannot have moved?",
    columns={
        "group": ("Outcome", "text"),
        "estimate": ("Effect, in its own unit", "number"),
        "conf_low": ("Lower end", "number"),
        "conf_high": ("Upper end", "number"),
        "p_value": ("p-value", "p_value"),
    },
    caption="effect on outcomes that it cannot have moved",
    in_short={"review": Sentence("Outcomes moved that it cannot have moved.")},
)
