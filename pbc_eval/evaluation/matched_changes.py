"""Matching, then difference-in-differences: units alike before the programme, followed over time.

    panel rows ── before_programme ──▶ one row a unit ── match or weight ──▶ sample
    panel rows, sample's weights ── att_gt ──▶ group-time effects

Matching makes the groups alike in what was known before anybody entered the programme; the
difference-in-differences then takes off whatever constant difference is left. Every programme unit
is matched among the never-treated, once, on what was known in the last period before the first
cohort (less the periods of anticipation).

Which errors are valid:
- Pairs or sets without replacement: errors are clustered by matched set, which holds also when
  the outcome regression is wrong (Abadie & Spiess 2022, JASA 117, 983-995).
- Weights: taken as known; for weights from an estimated score the error is as a rule too large,
  not too small (Hirano, Imbens & Ridder 2003, Econometrica 71; for ATT it may be either).
- With replacement: units serve in several sets and stand alone; each unit's reuse is in its weight.

Matching on earlier outcomes (``lags``) is asked for, never the default: when outcomes before the
programme were high or low by chance, matching on them picks units about to fall back to their
mean, and makes an effect where there is none (Daw & Hatfield 2018, Health Services Research 53,
4138-4156).

Source: Heckman, Ichimura & Todd (1997), Review of Economic Studies 64, 605-654, conditional
difference-in-differences; Imai, Kim & Wang (2023), American Journal of Political Science 67,
587-605, matching in panels; group-time effects as in ``did.group_time``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from pbc_eval._validate import first_few
from pbc_eval.agreement.algorithm_options import AlgorithmOptions
from pbc_eval.agreement.matching_options import USUAL_CALIPER, Nearest
from pbc_eval.did.group_time import att_gt
from pbc_eval.did.group_time_effects import GroupTimeEffects
from pbc_eval.errors import DataError, DesignError
from pbc_eval.evaluation.comparison_groups import Sample, sample_by
from pbc_eval.matching.sample import MatchedSample
from pbc_eval.messages.sentence import Sentence
from pbc_eval.panel.build import NOTHING_STATED
from pbc_eval.panel.panel import Panel
from pbc_eval.panel.periods import Periods, read_periods
from pbc_eval.panel.sample import StartRules
from pbc_eval.panel.starts import Code, StartInside, place_starts
from pbc_eval.results import Method

IN_PROGRAMME, WEIGHT, MATCHED_SET = "in_programme", "match_weight", "matched_set"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MatchedChanges:
    """``sample`` is the match, with its balance, ledger and who was lost; ``panel`` holds the
    matched units in all periods; ``effects`` are the group-time effects among them."""

    sample: Sample
    panel: Panel
    effects: GroupTimeEffects


def match_then_did(
    data: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    cohort: str,
    covariates: Sequence[str] = (),
    lags: int = 0,
    by: AlgorithmOptions | None = None,
    adjust: bool = False,
    anticipation: int = 0,
    level: float = 0.95,
    seed: int = 0,
    start_inside_period: StartInside = "refuse",
    never_treated_codes: Sequence[Code] | None = None,
) -> MatchedChanges:
    """Match programme units with never-treated ones as they were before, then follow both.

    ``data`` has a row a unit and period and is not changed; ``cohort`` is the first period in the
    programme, 0 or empty for never. ``covariates`` are taken in the base period: the last one
    before the first cohort, less ``anticipation`` periods. ``lags`` adds the outcome in that period
    and the ``lags - 1`` before it. ``by`` is the algorithm and its settings (nearest neighbour
    with a caliper of 0.2 without it), and ``adjust`` also adjusts changes for the covariates,
    doubly robustly. ``start_inside_period`` and ``never_treated_codes`` are those of
    ``Panel.from_data``.

    Raises DataError for data that contradict their roles or lack the base period for some unit,
    DesignError when there is nobody never treated, nothing to match on, or no match.
    """
    if not isinstance(data, pd.DataFrame):
        raise DataError(
            "match_then_did: the data must be a pandas DataFrame, a row a unit and period; got "
            f"{type(data).__name__}."
        )
    taken = [name for name in (IN_PROGRAMME, WEIGHT, MATCHED_SET) if name in data.columns]
    if taken:
        raise DataError(
            f"match_then_did: the data already have columns {first_few(taken)}, which are needed "
            "for the match. Rename them."
        )
    codes = None if never_treated_codes is None else tuple(never_treated_codes)
    rules = StartRules(start_inside=start_inside_period, never_codes=codes)
    before, columns = before_programme(
        data,
        unit=unit,
        time=time,
        outcome=outcome,
        cohort=cohort,
        covariates=covariates,
        lags=lags,
        anticipation=anticipation,
        rules=rules,
    )
    sample = sample_by(
        by or Nearest(caliper=USUAL_CALIPER),
        before,
        treatment=IN_PROGRAMME,
        covariates=columns,
        unit=unit,
        seed=seed,
    )
    followed = _with_weights(data, sample, unit)
    clustered = isinstance(sample, MatchedSample) and sample.in_sets
    panel = Panel.from_data(
        followed,
        unit=unit,
        time=time,
        outcome=outcome,
        cohort=cohort,
        covariates=tuple(covariates) if adjust else (),
        cluster=MATCHED_SET if clustered else None,
        weight=WEIGHT,
        start_inside_period=start_inside_period,
        never_treated_codes=never_treated_codes,
    )
    effects = att_gt(panel, anticipation=anticipation, level=level)
    described = replace(effects, method=_described(effects, sample, lags))
    return MatchedChanges(sample=sample, panel=panel, effects=described)


def before_programme(
    data: pd.DataFrame,
    *,
    unit: str,
    time: str,
    outcome: str,
    cohort: str,
    covariates: Sequence[str] = (),
    lags: int = 0,
    anticipation: int = 0,
    rules: StartRules = NOTHING_STATED,
) -> tuple[pd.DataFrame, list[str]]:
    """Units as they were before anybody entered the programme, one row each, and the columns to
    match on: the covariates in the base period and ``lags`` earlier outcomes ("outcome, 1 before").
    """
    _check(data, [unit, time, outcome, cohort, *covariates])
    for name, value in (("lags", lags), ("anticipation", anticipation)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise DesignError(f"match_then_did: {name} must be a whole number >= 0, got {value!r}.")
    if not covariates and not lags:
        raise DesignError(
            "match_then_did: there is nothing to match on. Name covariates, or pass lags to match "
            "on earlier outcomes."
        )
    periods, at, programme, touched = _starts(
        data, unit, time, cohort, rules=rules, anticipation=anticipation
    )
    if not programme.any() or programme.all():
        who = "no unit ever entered" if not programme.any() else "every unit entered"
        raise DesignError(
            f"match_then_did: {who} the programme; both programme units and never-treated ones "
            "are needed."
        )
    if touched < max(lags, 1):
        less = f" and its anticipation of {anticipation}" if anticipation else ""
        raise DesignError(
            f"match_then_did: {touched} periods lie before the first cohort{less}; lags={lags} "
            f"needs {max(lags, 1)}. Pass fewer lags."
        )
    base = periods.names[touched - 1]
    at_base = data[at == touched - 1]
    repeated = at_base[unit].duplicated()
    if repeated.any():
        raise DataError(
            f"match_then_did: units have several rows in period {base}: "
            f"{first_few(at_base.loc[repeated, unit])}. One row a unit and period is needed."
        )
    absent = sorted(set(data[unit]) - set(at_base[unit]), key=str)
    if absent:
        raise DataError(
            f"match_then_did: {len(absent):,} units have no row in period {base}, the last before "
            f"the programme ({first_few(absent)}). They cannot be matched; leave them out and say "
            "why."
        )
    before = at_base[[unit, *dict.fromkeys(covariates)]].reset_index(drop=True)
    columns = list(dict.fromkeys(covariates))
    for lag in range(lags):
        name = f"{outcome}, {lag + 1} before"
        then = data[at == touched - 1 - lag].set_index(unit)[outcome]
        before[name] = then.reindex(before[unit]).to_numpy()
        columns.append(name)
    reached = programme.groupby(data[unit]).max()
    before[IN_PROGRAMME] = reached.reindex(before[unit]).to_numpy().astype(int)
    return before, columns


def _starts(
    data: pd.DataFrame, unit: str, time: str, cohort: str, *, rules: StartRules, anticipation: int
) -> tuple[Periods, pd.Series, pd.Series, int]:
    """The periods, each row's position among them, whether its unit enters the programme within
    them, and the first position that any treatment touches, anticipation included."""
    periods = read_periods(data[time].dropna().unique(), f"data frame, {time!r}")
    position = {value: at for at, raw in enumerate(periods.raw) for value in raw}

    def count(values: list[Any]) -> str:
        return f"{data.loc[data[cohort].isin(values), unit].nunique():,} units"

    placed = place_starts(
        data[cohort].unique(),
        periods,
        f"cohort {cohort!r}",
        start_inside=rules.start_inside,
        never_codes=rules.never_codes,
        count=count,
    )
    begun = [start.at for start in placed.placed if placed.codes[start.value] != 0]
    touched = min((periods.spans.first_touched(at, anticipation) for at in begun), default=0)
    enters = [value for value, code in placed.codes.items() if code != 0 and value is not None]
    return periods, data[time].map(position), data[cohort].isin(enters), touched


def _check(data: pd.DataFrame, names: Sequence[str]) -> None:
    lacking = [name for name in names if name not in data.columns]
    if lacking:
        raise DataError(
            f"match_then_did: the data have no column {lacking[0]!r}. Columns: "
            f"{first_few(map(str, data.columns), 12)}."
        )


def _with_weights(data: pd.DataFrame, sample: Sample, unit: str) -> pd.DataFrame:
    """The rows of matched units in all periods, with their weight and, where there is one, set."""
    weights = sample.weights[sample.weights > 0]
    followed = data[data[unit].isin(weights.index)].copy()
    followed[WEIGHT] = weights.reindex(followed[unit]).to_numpy()
    if isinstance(sample, MatchedSample) and sample.in_sets:
        sets = sample.subclass.reindex(followed[unit])
        followed[MATCHED_SET] = sets.to_numpy(dtype=np.int64)
    return followed


def _described(effects: GroupTimeEffects, sample: Sample, lags: int) -> Method:
    """The method in words, with what the match adds to it."""
    method = effects.method
    notes = [*method.notes, *sample.notes]
    if lags:
        notes.append(
            Sentence(
                "Units were matched on earlier outcomes: where these were high or low by chance, "
                "some return to the mean afterwards and would look like an effect (Daw & Hatfield "
                "2018)."
            )
        )
    if isinstance(sample, MatchedSample) and sample.in_sets:
        notes.append(
            Sentence("Errors are clustered by matched set; the match itself is taken as given.")
        )
    else:
        notes.append(
            Sentence("The weights are taken as known; their estimation is not in the error.")
        )
    return replace(
        method,
        estimator=f"{method.estimator}, after {sample.settings.in_words}",
        notes=tuple(notes),
    )
