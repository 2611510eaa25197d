"""Findings of a randomised design: the arms of a trial, as they were drawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from pbc_eval.agreement.design import Randomised
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.agreement.outcomes import Outcome
from pbc_eval.checks import Examined, run_checks
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation import tables
from pbc_eval.evaluation.comparison_groups import known_outcomes
from pbc_eval.evaluation.designs.design_kind import DesignKind, Evidence, Facts
from pbc_eval.evaluation.few_apart import levels_of, number_apart
from pbc_eval.evaluation.matched_tables import label_of
from pbc_eval.evaluation.measured_outcome import measured_alternatives, measured_from_estimate
from pbc_eval.evaluation.people_frame import Read, read_people, with_what_was_read
from pbc_eval.evaluation.ratios_of_counts import not_told, told_by_trial
from pbc_eval.evaluation.record import Finding, OutputTable, Shares
from pbc_eval.intake.input_files import InputFiles
from pbc_eval.matching.columns_of_frames import check_columns
from pbc_eval.matching.design import by_column, zero_one
from pbc_eval.matching.ledger import LedgerStep, SampleLedger, by_arm
from pbc_eval.matching.missing import with_indicators
from pbc_eval.messages.sentence import Part, Sentence
from pbc_eval.messages.values import Name, Number, Units
from pbc_eval.results import AttEstimate, CheckResult
from pbc_eval.trials.arms import Trial, trial_of
from pbc_eval.trials.balance import balance_by_arm
from pbc_eval.trials.effect import randomised_effect

Adjustment = Literal["lin", "none"]
Inference = Literal["analytic", "randomisation"]
PLAIN = "Difference in means, not adjusted"
ADJUSTED = "Adjusted for characteristics (Lin)"
DRAWN_ANEW = "Difference in means, lots drawn anew"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Kept:
    """The people of one outcome, the columns to adjust for, and who was lost on the way."""

    frame: pd.DataFrame
    covariates: tuple[str, ...]
    ledger: SampleLedger
    lost: tuple[int, int]


def find(spec: EvaluationSpec, files: InputFiles, seed: int) -> tuple[Finding, ...]:
    """Compare the arms in every outcome.

    Raises DataError for data that do not fit their roles and DesignError for arms that cannot be
    compared as the design says.
    """
    frame, read = _read(spec, files)
    return tuple(_finding(spec, outcome, frame, read, seed) for outcome in spec.outcomes)


def _design(spec: EvaluationSpec) -> Randomised:
    if not isinstance(spec.design, Randomised) or spec.data is None:
        raise DesignError(f"{spec.id}: the design is {spec.design.method}.")
    return spec.design


def _read(spec: EvaluationSpec, files: InputFiles) -> tuple[pd.DataFrame, list[Read]]:
    """One row a person, each once. Raises DataError for people who are there twice."""
    design, data = _design(spec), spec.data
    assert data is not None
    if data.weight is not None:
        raise DesignError(
            f"{spec.id}: data.weight is not known to a randomised design. Leave it out: everybody "
            "in the trial counts once."
        )
    if data.missing not in ("refuse", "complete_cases", "indicator"):
        raise DesignError(
            f"{spec.id}: data.missing is {data.missing!r}; a randomised design takes refuse, "
            "complete_cases or indicator."
        )
    frame, read = read_people(spec, design.covariates, files)
    outcomes = [str(outcome.column) for outcome in spec.outcomes]
    named = [data.unit, design.treatment, *design.covariates, *outcomes]
    check_columns(frame, [c for c in (*named, design.blocks, data.cluster) if c], spec.id)
    if (twice := frame[data.unit].duplicated()).any():
        raise DataError(
            f"{spec.id}: {int(twice.sum()):,} rows name somebody again in {data.unit!r}, first "
            f"{frame.loc[twice, data.unit].iloc[0]}. A trial has one row a person."
        )
    order = frame[data.unit].astype(str).argsort(kind="stable")
    return frame.iloc[order].reset_index(drop=True), read


def _kept(spec: EvaluationSpec, outcome: Outcome, frame: pd.DataFrame) -> _Kept:
    """Those whose values are known, as ``data.missing`` has it."""
    design, data = _design(spec), spec.data
    assert data is not None
    missing = outcome.missing or data.missing
    treated = np.asarray(zero_one(frame[design.treatment]), dtype=bool)
    ledger = SampleLedger((LedgerStep(what=Sentence("read"), rows_in=len(frame)),))
    if missing == "refuse":
        return _Kept(frame=frame, covariates=design.covariates, ledger=ledger, lost=(0, 0))
    lost = np.zeros(2, dtype=np.int64)
    kept, why = known_outcomes(frame, [str(outcome.column)])
    steps = [(Sentence("known outcomes"), kept, why)]
    if missing == "complete_cases" and design.covariates:
        there = ~np.asarray(frame[list(design.covariates)].isna().any(axis=1), dtype=bool)
        absent = frame.loc[kept, list(design.covariates)].isna().sum()
        gone = {str(name): int(n) for name, n in absent.items() if n}
        why = Sentence("missing values: {columns}", columns=by_column(gone))
        steps.append((Sentence("complete cases"), there, why))
    left = np.ones(len(frame), dtype=bool)
    for what, there, reason in steps:
        out = left & ~there
        if out.any():
            arms = int((out & treated).sum()), int((out & ~treated).sum())
            ledger = ledger.then(what, sum(arms), by_arm(reason, *arms))
            lost += arms
        left &= there
    people, covariates = frame[left], design.covariates
    if missing == "indicator" and covariates:
        people, covariates, filled = with_indicators(people, covariates, spec.id)
        if filled:
            ledger = ledger.then(
                Sentence("missing characteristics"),
                0,
                Sentence("filled, with an indicator: {columns}", columns=by_column(filled)),
            )
    return _Kept(
        frame=people, covariates=covariates, ledger=ledger, lost=(int(lost[0]), int(lost[1]))
    )


def _finding(
    spec: EvaluationSpec, outcome: Outcome, frame: pd.DataFrame, read: list[Read], seed: int
) -> Finding:
    design, kept = _design(spec), _kept(spec, outcome, frame)
    trial = trial_of(
        kept.frame,
        treatment=design.treatment,
        outcome=str(outcome.column),
        covariates=kept.covariates,
        blocks=design.blocks,
        cluster=spec.data.cluster if spec.data else None,
    )
    adjustment: Adjustment = design.adjustment if kept.covariates else "none"
    headline = _effect(spec, outcome, kept, (adjustment, design.inference), seed)
    alternatives, lacking = _alternatives(spec, outcome, kept, (adjustment, trial), seed)
    side_by_side = [(f"Headline: {_HEADLINES[adjustment]}", headline), *alternatives]
    scale = headline.n_treated / outcome.total.per if outcome.total else None
    examined = Examined(
        headline=headline,
        trial=trial,
        lost=kept.lost,
        outcome=outcome,
        currency=spec.contract.currency,
    )
    checks = tuple(_labelled(spec, check) for check in run_checks(design.method, examined))
    ledger = with_what_was_read(kept.ledger.to_frame(), read)
    treated = np.asarray(zero_one(kept.frame[design.treatment]), dtype=bool)
    balance = [_balance_table(spec, outcome, trial)] if kept.covariates else []
    return Finding(
        outcome=outcome,
        headline=headline,
        measured=measured_from_estimate(
            outcome, headline, total_scale=scale, alternatives=alternatives
        ),
        measured_alternatives=measured_alternatives(outcome, alternatives, total_scale=scale),
        alternatives=tuple(estimate for _, estimate in side_by_side),
        checks=checks,
        tables=(
            tables.ledger_table(spec, outcome, ledger),
            tables.groups_table(spec, outcome, _arms(trial)),
            tables.estimates_table(spec, outcome, side_by_side),
            *balance,
            *tables.check_tables(spec, outcome, checks),
        ),
        notes=tuple(lacking),
        levels=levels_of(
            kept.frame[str(outcome.column)],
            {"in the programme": treated, "comparison": ~treated},
        ),
        told_by_adjusting=told_by_trial(spec, trial, adjusted=adjustment == "lin"),
    )


_HEADLINES = {"lin": "adjusted for characteristics (Lin)", "none": "difference in means"}


def _effect(
    spec: EvaluationSpec,
    outcome: Outcome,
    kept: _Kept,
    how: tuple[Adjustment, Inference],
    seed: int,
) -> AttEstimate:
    design = _design(spec)
    return randomised_effect(
        kept.frame,
        treatment=design.treatment,
        outcome=str(outcome.column),
        covariates=kept.covariates,
        blocks=design.blocks,
        cluster=spec.data.cluster if spec.data else None,
        adjustment=how[0],
        inference=how[1],
        level=design.level,
        seed=seed,
    )


def _alternatives(
    spec: EvaluationSpec,
    outcome: Outcome,
    kept: _Kept,
    headline: tuple[Adjustment, Trial],
    seed: int,
) -> tuple[list[tuple[str, AttEstimate]], list[Sentence]]:
    """The other ways to compare the same arms, and why one cannot be had."""
    adjustment, trial = headline
    ways: list[tuple[str, Adjustment, Inference]] = []
    if kept.covariates:
        other: Adjustment = "none" if adjustment == "lin" else "lin"
        ways.append((PLAIN if other == "none" else ADJUSTED, other, "analytic"))
    if _design(spec).inference == "randomisation":
        ways.append((PLAIN, "none", "analytic"))
    else:
        ways.append((DRAWN_ANEW, "none", "randomisation"))
    made, lacking = [], []
    for name, by, inference in ways:
        if told_by_trial(spec, trial, adjusted=by == "lin"):
            lacking.append(not_told(Name(name)))
            continue
        try:
            made.append((name, _effect(spec, outcome, kept, (by, inference), seed)))
        except DesignError as error:
            why = error.rule or Sentence("It cannot be had from these data.")
            lacking.append(Sentence("{way}: not estimated. {why}", way=Name(name), why=why))
    return made, lacking


def _arms(trial: Trial) -> Sequence[tuple[int, str, int]]:
    treated = int(trial.treated.sum())
    return (
        (1, "Drawn for the programme", treated),
        (0, "Not drawn", len(trial.treated) - treated),
    )


def _balance_table(spec: EvaluationSpec, outcome: Outcome, trial: Trial) -> OutputTable:
    frame = balance_by_arm(trial)
    binary = tuple(map(bool, frame.pop("binary")))
    apart = {
        f"mean_{name}": tuple(
            number_apart(values, group, two=two)
            for values, two in zip(trial.covariates.values.T, binary, strict=True)
        )
        for name, group in (("treated", trial.treated), ("comparison", ~trial.treated))
    }
    keys = tuple(map(str, frame["covariate"]))
    frame["covariate"] = [label_of(spec, name) for name in frame["covariate"]]
    n_treated = int(trial.treated.sum())
    n_comparison = len(trial.treated) - n_treated
    return OutputTable(
        name=f"{outcome.id}-balance",
        caption="How alike the arms were before the lots were drawn",
        frame=frame,
        kinds={
            "covariate": "text",
            "mean_treated": "number",
            "mean_comparison": "number",
            "std_diff": "share",
        },
        headers={
            "covariate": "Characteristic",
            "mean_treated": Sentence("Drawn ({units})", units=Units(n_treated)),
            "mean_comparison": Sentence("Not drawn ({units})", units=Units(n_comparison)),
            "std_diff": "Difference",
        },
        shares=Shares(
            binary=binary,
            apart=apart,
            people={"mean_treated": n_treated, "mean_comparison": n_comparison},
            gaps={"std_diff": (n_treated, n_comparison)},
            before="std_diff",
            kept=("mean_treated", n_treated),
        ),
        keys=keys,
        notes=(
            "Differences are in standard deviations of both arms together, as percentages. Lots "
            "leave differences by chance alone.",
        ),
    )


def _labelled(spec: EvaluationSpec, check: CheckResult) -> CheckResult:
    def label(part: Part) -> Part:
        return Name(label_of(spec, part.text)) if isinstance(part, Name) else part

    return replace(check, sentence=check.sentence.changed(label))


def _planned(spec: EvaluationSpec) -> Facts:
    design, data = _design(spec), spec.data
    facts: list[tuple[str, str]] = [
        (Sentence("Lots"), design.drawn_by),
        (Sentence("Method"), _METHODS[design.adjustment if design.covariates else "none"]),
        (Sentence("Inference that counts"), _INFERENCES[design.inference]),
    ]
    if design.covariates:
        names = ", ".join(label_of(spec, column) for column in design.covariates)
        facts.append((Sentence("Known before"), names))
    if design.blocks:
        facts.append((Sentence("Lots drawn within"), label_of(spec, design.blocks)))
    if data is not None and data.cluster:
        facts.append((Sentence("Lots drawn for whole"), label_of(spec, data.cluster)))
    return tuple(facts)


_METHODS = {
    "lin": "Difference between the arms, adjusted for what was known before the lots were drawn "
    "(Lin 2013)",
    "none": "Difference in means of the arms",
}
_INFERENCES = {
    "analytic": "robust standard errors (HC2; of clusters, CR2 with Satterthwaite's degrees of "
    "freedom)",
    "randomisation": "lots drawn anew",
}


def _strength(evidence: Evidence) -> Sentence:
    if evidence.a_check_failed or evidence.in_doubt:
        return Sentence(
            "Level {level} of 5: lots decided who got the programme, but a check asks to be looked "
            "at, or other ways to compare the arms do not agree.",
            level=Number(4),
        )
    return Sentence(
        "Level {level} of 5: lots decided who got the programme, so that only chance makes the "
        "arms differ otherwise. It would mislead if people left the trial unlike in both arms.",
        level=Number(5),
    )


DESIGN_KIND = DesignKind(
    model=Randomised,
    label="Randomised trial",
    find=find,
    planned=_planned,
    reads=(_read,),
    strength=_strength,
    plain_words=lambda spec: (
        "Lots decided who got the programme; those drawn are compared with those not drawn."
    ),
    than_if_a_check_failed=Sentence("than among those who were not drawn"),
)
