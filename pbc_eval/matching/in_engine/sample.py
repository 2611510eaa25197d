"""People in an engine, matched by cells or weighted by a score: what can be asked of them.

What needs no row is here: counts, balance, effects, the ledger, how strong something not recorded
would have to be. Pairs, weights by person and densities are not: people stay where they are.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_level, did_you_mean, first_few
from pbc_eval.errors import DataError, DesignError
from pbc_eval.matching.effect import EFFECT_METHODS, EffectMethod
from pbc_eval.matching.effect_words import EFFECT_WORDS, cautions, clustering_words, inference_words
from pbc_eval.matching.heavy_weights import (
    NEAREST_TO_NOUGHT,
    ExpectedSize,
    fewer_of,
    weight_notes,
    why_no_interval,
)
from pbc_eval.matching.in_engine.cells import Cells
from pbc_eval.matching.in_engine.compared import Moments, balance_in_engine, spread_of
from pbc_eval.matching.in_engine.matched import matched_in_engine
from pbc_eval.matching.in_engine.rows import EngineRows
from pbc_eval.matching.in_engine.score import EngineScore
from pbc_eval.matching.in_engine.sums import by_value, count, total
from pbc_eval.matching.in_engine.weighted import weighed, weighted_in_engine
from pbc_eval.matching.ledger import SampleLedger, by_arm
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.matching.weighted_effect import WEIGHTED_METHODS, WeightedMethod
from pbc_eval.matching.weighted_sample import TARGET_WORDS, WeightSettings
from pbc_eval.matching.weighting import Target
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, Units
from pbc_eval.numerics.arrays import Floats
from pbc_eval.panel.pulls import digest_of_sums
from pbc_eval.panel.source import Table, Value, keep, number
from pbc_eval.panel.unit_rows import answer_column
from pbc_eval.results import AttEstimate, Method


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class EngineSample(Displayed):
    """A sample whose people stay in an engine. ``cells`` are those of a match, ``score`` that of
    weights; one of them is None. ``table`` has a row a person, with their weight ``pbc_w``."""

    rows: EngineRows
    settings: MatchSettings | WeightSettings
    cells: Cells | None
    score: EngineScore | None
    table: Table
    before: Moments
    after: Moments
    notes: tuple[Sentence, ...]

    def summary(self) -> str:
        """The method, where people are, and how many of each arm count."""
        used, sizes = self.after.used, self.rows.sizes
        return (
            f"{self.settings.in_words}, {self.settings.estimand}, in the engine of "
            f"{self.rows.source.name}: {used[0]:,} of {sizes[0]:,} treated, {used[1]:,} of "
            f"{sizes[1]:,} comparison"
        )

    def to_frame(self) -> pd.DataFrame:
        """The balance, as ``balance()`` gives it: people themselves stay in the engine."""
        return self.balance()

    @property
    def weights_everybody(self) -> bool:
        """Does everybody stay, with weights, rather than some be matched?"""
        return self.score is not None

    @property
    def lost(self) -> tuple[int, int]:
        """People without a match, treated and comparison."""
        return tuple(
            size - int(used) for size, used in zip(self.rows.sizes, self.after.used, strict=True)
        )  # type: ignore[return-value]

    @property
    def n_unmatched(self) -> int:
        """Those the effect was meant for who are not in the analysis."""
        treated, comparison = self.lost
        meant = {"ATT": treated, "ATC": comparison}
        return meant.get(self.settings.estimand, treated + comparison)

    @property
    def ledger(self) -> SampleLedger:
        """Every row that was read, and why any of them is not in the analysis."""
        ledger = self.rows.ledger
        if self.weights_everybody:
            return ledger
        why = by_arm(Sentence("not matched"), *self.lost)
        return ledger.then(Sentence("match"), sum(self.lost), why)

    def counts(self) -> pd.DataFrame:
        """Rows as ``MatchedSample.counts`` or ``WeightedSample.counts`` has them."""
        used, effective = self.after.used.astype(float), self.after.effective
        every, lost = np.array(self.rows.sizes, float), np.array(self.lost, float)
        rows = {"all": every, "matched": used, "effective": effective, "unmatched": lost}
        rows["discarded"] = np.zeros(2)
        if self.weights_everybody:
            rows = {"all": every, "weighted": used, "effective": effective, "trimmed": np.zeros(2)}
        return pd.DataFrame(rows, index=["treated", "comparison"]).T

    @cached_property
    def _balance(self) -> pd.DataFrame:
        return balance_in_engine(self.rows, self.before, self.after, self.settings.estimand)

    def balance(self, also: Sequence[str] = ()) -> pd.DataFrame:
        """As ``MatchedSample.balance`` has it; the gaps between cumulative distributions
        (``ecdf_...``) are those of columns with two values, NaN for others. Raises DesignError for
        columns ``also`` to be compared: name them among the covariates."""
        if also:
            raise DesignError(
                "balance: in an engine the covariates are compared, and no other columns "
                f"({first_few(also)}). Take the rows out, or name them among the covariates."
            )
        return self._balance.copy()

    @cached_property
    def profile(self) -> pd.DataFrame:
        """How those without a match differ from the others: as ``Unmatched.profile``."""
        table = self.table
        groups = {"ATT": table["pbc_d"] == 1.0, "ATC": table["pbc_d"] == 0.0}
        focal = groups.get(self.settings.estimand, table["pbc_d"] >= 0.0)
        arms = {"ATT": (0,), "ATC": (1,)}.get(self.settings.estimand, (0, 1))
        meant = table.filter(focal)
        meant = meant.mutate(pbc_in=(meant["pbc_w"] > 0.0).ifelse(1.0, 0.0))
        base = self.rows.base(meant)
        sums: dict[str, Value] = {"b": base.sum(), "bb": (base * base).sum()}
        for j, column in enumerate(self.rows.columns):
            z = column.scaled(meant)
            sums |= {f"z{j}": (base * z).sum(), f"q{j}": (base * z * z).sum()}
        by = by_value(meant, sums, "pbc_in")
        made = []
        for j, column in enumerate(self.rows.columns):
            with np.errstate(invalid="ignore", divide="ignore"):
                inside, outside = column.mean + (by[f"z{j}"] / by["b"]) * column.scale
            scale = _spread_of_all(self, j, arms, by)
            difference = (outside - inside) / scale if scale else float("nan")
            made.append((column.name, float(inside), float(outside), float(difference)))
        names = ["covariate", "mean_matched", "mean_unmatched", "std_diff"]
        return pd.DataFrame(made, columns=names)

    def effect(
        self, outcome: str, method: EffectMethod | WeightedMethod | None = None, level: float = 0.95
    ) -> AttEstimate:
        """The effect on a column of the table, in its unit (treated minus comparison).

        ``method`` as in ``MatchedSample.effect`` and ``WeightedSample.effect``, "difference" if it
        is left out; errors are theirs, too. Raises DataError for an outcome that is unknown, no
        number, or missing for a person in the analysis, DesignError as they do."""
        usual = get_args(WeightedMethod) if self.weights_everybody else get_args(EffectMethod)
        known = WEIGHTED_METHODS if self.weights_everybody else EFFECT_METHODS
        assert set(usual) == set(known)
        chosen = "difference" if method is None else method
        check_choice("effect", "method", chosen, known, DesignError)
        check_level("effect", level, DesignError)
        table = self.with_outcome(outcome)
        if self.score is None:
            estimate = self._matched(table, outcome, chosen, level)
        else:
            estimate = self._weighted(table, outcome, chosen, level)
        if (pulls := self.rows.source.pulls) is not None:
            figures = (estimate.estimate, estimate.std_error or 0.0)
            largest = max(map(abs, figures)) or 1.0
            size = 10.0 ** math.floor(math.log10(largest))
            sums = [(value, size) for value in figures]
            pulls.seen(outcome, f"{self.settings.in_words}, {chosen}", digest_of_sums(sums))
        return estimate

    @cached_property
    def apart_by_column(self) -> dict[str, dict[str, int]]:
        """How many of each group are apart in a column, for those who have counted it."""
        return {}

    @cached_property
    def _held(self) -> dict[str, Table]:
        return {}

    def with_outcome(self, outcome: str) -> Table:
        """The people in the analysis with their outcome ``pbc_y``, held by the engine until another
        outcome is asked for."""
        if outcome in self._held:
            return self.weigh(self._held[outcome])
        source, rows = self.rows.source, self.rows
        if outcome not in source.columns:
            raise DataError(
                f"effect: {source.name} has no column {outcome!r}."
                f"{did_you_mean(outcome, source.columns)} Name one."
            )
        among = replace(source, table=rows.whole)
        y = answer_column(among, outcome, None)
        bare = rows.whole.select(*rows.made, pbc_y=y)
        if self.cells is None:
            table = keep(bare)
        else:
            weighted = self.cells.weigh(rows, bare)
            table = keep(weighted.filter(weighted["pbc_w"] > 0.0))
        facts = total(
            table,
            {
                "n": table.count(),
                "missing": count(table["pbc_y"].isnull()),
                "endless": count(table["pbc_y"].isinf()),
            },
        )
        n = int(self.after.used.sum())
        if int(facts["n"]) != n:
            raise DataError(
                f"effect: {source.name} changed while it was read: {int(facts['n']):,} people in "
                f"the analysis where there were {n:,}. Match again, on a table that stays."
            )
        if facts["missing"]:
            raise DataError(
                f"effect: outcome {outcome!r} is missing for {int(facts['missing']):,} of {n:,} "
                "people in the analysis. Leave them out before matching, or impute, and say so."
            )
        if facts["endless"]:
            raise DataError(f"effect: outcome {outcome!r} has infinite values; recode them.")
        self._held.clear()
        self._held[outcome] = table
        return self.weigh(table)

    def weigh(self, table: Table) -> Table:
        """A table of ``rows`` with each person's weight ``pbc_w``, where it has none yet."""
        if self.cells is not None:
            if "pbc_w" in table.columns:
                return table
            return self.cells.weigh(self.rows, table)
        assert self.score is not None
        return weighed(self.rows, self.score, table, self.settings.estimand)

    def _matched(self, table: Table, outcome: str, method: str, level: float) -> AttEstimate:
        assert self.cells is not None
        way = next(name for name in EFFECT_METHODS if name == method)
        estimand = self.settings.estimand
        effect = matched_in_engine(table, self.rows, self.cells.keys, way, estimand)
        used = self.after.used
        about = (TARGET_WORDS["ATC"],) if estimand == "ATC" else ()
        return AttEstimate(
            term=outcome,
            estimate=effect.estimate,
            std_error=effect.std_error,
            n_treated=int(used[0]),
            n_comparison=int(used[1]),
            level=level,
            degrees_of_freedom=effect.degrees_of_freedom,
            reason=effect.reason,
            counterfactual_mean=self._treated_mean(table) - effect.estimate,
            method=Method(
                estimator=f"{EFFECT_WORDS[way]} after {self.settings.in_words}{self._sampled}",
                comparison_group=Sentence(
                    "{matched} matched units out of {every} with {treatment} = 0",
                    matched=Units(int(used[1])),
                    every=Units(self.rows.sizes[1]),
                    treatment=Name(self.rows.treatment),
                ),
                clustering=clustering_words(None, "matched set", ""),
                inference=inference_words(None, alone=False),
                notes=(*about, *cautions(way, self.cells.count, in_sets=True), *self.notes),
            ),
        )

    def _weighted(self, table: Table, outcome: str, method: str, level: float) -> AttEstimate:
        assert self.score is not None
        way = next(name for name in WEIGHTED_METHODS if name == method)
        effect = weighted_in_engine(table, self.rows, self.score, way)
        how = {
            "difference": "weighted difference in means",
            "augmented": "augmented (doubly robust) weighted difference, linear regressions by "
            "group",
        }[way]
        n_treated, n_comparison = self.rows.sizes
        size = self.expected_size
        return AttEstimate(
            term=outcome,
            estimate=effect.estimate,
            std_error=effect.std_error,
            no_interval=why_no_interval(size),
            n_treated=n_treated,
            n_comparison=n_comparison,
            level=level,
            counterfactual_mean=effect.untreated_mean,
            method=Method(
                estimator=f"{how} after {self.settings.in_words}{self._sampled}",
                comparison_group=Sentence(
                    "{units} with {treatment} = 0, weighted (effective number {effective})",
                    units=Units(n_comparison, UNITS),
                    treatment=Name(self.rows.treatment),
                    effective=Units(round(float(self.after.effective[1]))),
                ),
                clustering="none",
                inference=Sentence(
                    "stacked estimating equations, which count the estimation of the score, "
                    "factor n/(n-1), normal reference"
                ),
                notes=(
                    TARGET_WORDS[_target(self.settings.estimand)],
                    *weight_notes(size, None),
                    *self.notes,
                ),
            ),
        )

    @property
    def _sampled(self) -> str:
        column = self.rows.sampling_weights
        return f", with sampling weights ({column})" if column else ""

    def _treated_mean(self, table: Table) -> float:
        treated = table.filter(table["pbc_d"] == 1.0)
        sums = {"w": treated["pbc_w"].sum(), "wy": (treated["pbc_w"] * treated["pbc_y"]).sum()}
        row = total(treated, sums)
        return row["wy"] / row["w"]

    @cached_property
    def expected_size(self) -> ExpectedSize:
        """As how many people the weighted group can be expected to count, see
        ``matching.heavy_weights``."""
        assert self.score is not None
        sizes, estimand = self.rows.sizes, self.settings.estimand
        if estimand == "ATO":
            return ExpectedSize(float("inf"), False, sizes[1])
        placed = self.score.scored(self.rows.table)
        least = number(NEAREST_TO_NOUGHT)
        p, q = ((placed[name] < least).ifelse(least, placed[name]) for name in ("pbc_p", "pbc_q"))
        row = total(
            placed,
            {
                "p": p.sum(),
                "q": q.sum(),
                "ppq": (p * p / q).sum(),
                "qqp": (q * q / p).sum(),
                "ip": (number(1.0) / p).sum(),
                "iq": (number(1.0) / q).sum(),
            },
        )
        if estimand == "ATT":
            return ExpectedSize(float(row["p"] ** 2 / row["ppq"]), False, sizes[1])
        if estimand == "ATC":
            return ExpectedSize(float(row["q"] ** 2 / row["qqp"]), True, sizes[0])
        n = self.rows.n
        return fewer_of(float(n**2 / row["ip"]), float(n**2 / row["iq"]), sizes)


def _target(estimand: str) -> Target:
    return next(name for name in get_args(Target) if name == estimand)


def _spread_of_all(
    sample: EngineSample, j: int, arms: tuple[int, ...], by: dict[str, Floats]
) -> float:
    """The standard deviation of those whom the effect is meant for, matched or not."""
    column = sample.rows.columns[j]
    if len(arms) == 1 or column.binary:
        if len(arms) == 1:
            return spread_of(column, sample.before, j, arms)
        share = float(sample.before.weight @ sample.before.high[:, j] / sample.before.weight.sum())
        return float(np.sqrt(share * (1 - share))) * (column.high - column.low)
    total = float(by["b"].sum())
    z = float(by[f"z{j}"].sum()) / total
    freedom = 1 - float(by["bb"].sum()) / total**2
    spread = float(by[f"q{j}"].sum()) / total - z**2
    return float(np.sqrt(max(spread, 0.0) / freedom)) * column.scale
