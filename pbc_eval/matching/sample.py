"""The result of a match: pairs, weights, who was lost, how balanced it is, and the effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_level
from pbc_eval.agreement.matching_settings import (
    Link,
    Near,
    link_of,
)
from pbc_eval.errors import DesignError
from pbc_eval.matching.assigning import Assigning
from pbc_eval.matching.assignment import Assignment
from pbc_eval.matching.balance import effective_size
from pbc_eval.matching.balance_table import balance_table
from pbc_eval.matching.clustered_error import grouping_of
from pbc_eval.matching.design import Design
from pbc_eval.matching.distance import Space
from pbc_eval.matching.effect import (
    EFFECT_METHODS,
    Effect,
    EffectMethod,
    MatchedData,
    checked_outcome,
    matched_effect,
    outcome_values,
)
from pbc_eval.matching.effect_words import (
    EFFECT_WORDS,
    cautions,
    clustering_words,
    inference_words,
    ties_words,
)
from pbc_eval.matching.ledger import SampleLedger, by_arm
from pbc_eval.matching.left_out import Unmatched, left_out
from pbc_eval.matching.propensity import PropensityFit
from pbc_eval.matching.reused import REUSE_WORDS, error_with_reuse
from pbc_eval.matching.settings import MatchSettings
from pbc_eval.matching.ties import over_ties
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import Name, Units
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.results import AttEstimate, Method, OverTies


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class MatchedSample(Displayed):
    """A matched sample. Facts are stored; tables are derived from them when asked for.

    ``score`` (n,) is the propensity score, None (like ``fit``) where none was needed; ``space``
    places people by covariates, None when the score is the distance; ``focal``
    (n,) marks the units the effect is for,
    ``discarded`` (n,) those left out beforehand for want of common support;
    ``caliper_width`` is in units of the score, None without a caliper. Series and frames name
    units by their ids, in the order of the ids; ``to_frame`` keeps the caller's row order.
    """

    settings: MatchSettings
    design: Design
    fit: PropensityFit | None
    score: Floats | None
    space: Space | None
    caliper_width: float | None
    focal: Bools
    discarded: Bools
    assigning: Assigning
    notes: tuple[Sentence, ...]

    def summary(self) -> str:
        """The method, and how many of each arm are in the sample."""
        used, treated = self.assignment.weights > 0, self.design.treated
        return (
            f"{self.settings.method}, {self.settings.estimand}: {int((used & treated).sum()):,} of "
            f"{int(treated.sum()):,} treated, {int((used & ~treated).sum()):,} of "
            f"{int((~treated).sum()):,} comparison"
        )

    @property
    def assignment(self) -> Assignment:
        """Pairs, weights and sets, ties broken by identity."""
        return self.assigning.own

    @property
    def analysis_weights(self) -> Floats:
        """What outcomes are weighted by, (n,): matching weights, times sampling weights if any."""
        sampling = self.design.sampling
        weights = self.assignment.weights
        return weights if sampling is None else weights * sampling

    @property
    def in_sets(self) -> bool:
        """Does everybody matched belong to one matched set, by which errors can be clustered?"""
        chosen_alone = self.assignment.optimum is not None and self.assignment.pairs is None
        return not self.settings.replacement and not chosen_alone

    @property
    def pairs(self) -> pd.DataFrame:
        """One row a pair: treated, k (a unit's first, second, ... match), comparison, distance.
        Raises DesignError for methods that make sets."""
        pairs = self.assignment.pairs
        if pairs is None:
            raise DesignError(
                f"pairs: method={self.settings.method!r} makes sets, not pairs. Use "
                f"{'paired=True' if self.assignment.optimum is not None else '.subclass'}."
            )
        att = self.settings.estimand == "ATT"
        treated, comparison = (pairs.focal, pairs.other) if att else (pairs.other, pairs.focal)
        return pd.DataFrame(
            {
                "treated": self.design.ids[treated],
                "k": pairs.k,
                "comparison": self.design.ids[comparison],
                "distance": pairs.distance,
            }
        )

    @property
    def weights(self) -> pd.Series:
        """Weights by id, 0 for the unmatched. A matched treated unit weighs 1 (for the ATT);
        comparison weights add up to the number of matched comparison units. With sampling weights
        these are multiplied by them; ``assignment.weights`` holds the matching's part alone."""
        return pd.Series(self.analysis_weights, index=self.design.ids, name="weight")

    @property
    def subclass(self) -> pd.Series:
        """The matched set of each unit, from 1; missing for the unmatched, and for everybody
        after matching with replacement, where a unit may belong to several."""
        number = pd.array(self.assignment.subclass + 1, dtype="Int64")
        number[self.assignment.subclass < 0] = pd.NA
        return pd.Series(number, index=self.design.ids, name="subclass")

    @property
    def scores(self) -> pd.Series:
        """The propensity score, by id. Raises DesignError where none was needed."""
        if self.score is None:
            raise DesignError(
                f"scores: {self.settings.in_words} fitted no propensity score. Use .balance()."
            )
        return pd.Series(self.score, index=self.design.ids, name="score")

    @property
    def score_link(self) -> Link:
        """The model of the score; logistic where none was fitted by itself."""
        return link_of(self.settings.by)

    @property
    def matched(self) -> Bools:
        """Who is in the matched sample, shape (n,)."""
        return np.asarray(self.assignment.weights > 0)

    @property
    def ledger(self) -> SampleLedger:
        """Every row that was read, and why any of them is not in the matched sample."""
        ledger = self.design.ledger
        steps = [(Sentence("match"), Sentence("not matched"), ~self.matched & ~self.discarded)]
        if self.settings.discard != "none":
            why = Sentence("score outside the range of the other group")
            steps.insert(0, (Sentence("common support"), why, self.discarded))
        for what, why, gone in steps:
            treated = int((gone & self.design.treated).sum())
            comparison = int((gone & ~self.design.treated).sum())
            ledger = ledger.then(what, treated + comparison, by_arm(why, treated, comparison))
        return ledger

    @property
    def unmatched(self) -> Unmatched:
        """The focal units without a match, discarded ones included, and how they differ."""
        return left_out(self.design, self.focal, self.matched)

    def counts(self) -> pd.DataFrame:
        """Rows all, matched, effective, unmatched, discarded; columns treated and comparison.

        "effective" is Kish's effective sample size of the weights.
        """
        groups = {"treated": self.design.treated, "comparison": ~self.design.treated}
        table = {
            name: [
                float(group.sum()),
                float((group & self.matched).sum()),
                effective_size(self.analysis_weights[group]),
                float((group & ~self.matched & ~self.discarded).sum()),
                float((group & self.discarded).sum()),
            ]
            for name, group in groups.items()
        }
        rows = ["all", "matched", "effective", "unmatched", "discarded"]
        return pd.DataFrame(table, index=rows)

    def balance(
        self, also: Sequence[str] = (), *, squares: bool = False, interactions: bool = False
    ) -> pd.DataFrame:
        """How alike the groups are before and after, a row a covariate, the score first.

        ``also`` names further columns of the data to compare, such as indicators that were not
        matched on; ``squares`` and ``interactions`` add those of the covariates. Columns:
        ``covariate``, ``binary``, and for each of ``before`` and ``after``: ``mean_treated_``,
        ``mean_comparison_``, ``std_diff_``, ``raw_diff_``, ``variance_ratio_``, ``ecdf_mean_``,
        ``ecdf_max_``. Standardised differences divide by the treated group's standard deviation in
        the unmatched sample (the comparison group's, for the ATC), before and after alike; see
        ``matching.balance`` for the other conventions. The covariate column of the score is
        "score".
        """
        return balance_table(
            self.design,
            self.score,
            self.analysis_weights,
            self.settings.estimand,
            also,
            squares=squares,
            interactions=interactions,
        )

    def effect(
        self,
        outcome: str | pd.Series,
        method: EffectMethod = "difference",
        level: float = 0.95,
        cluster: str | None = None,
    ) -> AttEstimate:
        """The effect among the matched, in the outcome's unit (treated minus comparison).

        ``outcome`` is a column of the data matched, or a Series whose index holds the unit ids.
        "difference" compares weighted means, "regression" adjusts for the covariates, and
        "g_computation" adjusts with separate slopes a group. Standard errors are clustered by
        matched set (CR1, t with sets - 1 degrees of freedom); after matching with replacement they
        are HC3 of a regression, and Abadie and Imbens's of a plain difference without sampling
        weights; see ``matching.effect`` and ``matching.reused``. ``cluster`` names the column of
        the clusters that people belong to, such as schools, and errors count that they resemble
        each other; see ``matching.clustered_error``. For Abadie and Imbens's estimator, with ties
        and a bias adjustment, see ``matching.abadie_imbens.nearest_effect``.

        Raises DataError for an outcome that is unknown, not a number, or missing for a matched
        unit, DesignError for a regression the sample is too small for.
        """
        check_choice("effect", "method", method, EFFECT_METHODS, DesignError)
        check_level("effect", level, DesignError)
        rows = self.matched
        series = outcome_values(self.design.frame, self.design.ids, outcome)
        name = str(series.name) if series.name is not None else "outcome"
        values = checked_outcome(series[rows], name)
        treated, weights = self.design.treated[rows], self.analysis_weights[rows]
        estimate = matched_effect(self._data(self.assignment, values, cluster), method)
        every = series.to_numpy(dtype=np.float64, na_value=np.nan)
        if self.counts_reuse(method, cluster):
            error = self.reuse_error(values)
            freedom = float(self.focal[rows].sum() - 1)
            if error is not None:
                estimate = Effect(estimate.estimate, error, freedom, None)
        spread = over_ties(
            self.assigning,
            every,
            lambda other: (
                matched_effect(self._data(other, every[other.weights > 0], None), method).estimate
            ),
        )
        treated_mean = float(np.average(values[treated], weights=weights[treated]))
        return AttEstimate(
            term=name,
            estimate=estimate.estimate,
            std_error=estimate.std_error,
            n_treated=int(treated.sum()),
            n_comparison=int((~treated).sum()),
            level=level,
            degrees_of_freedom=estimate.degrees_of_freedom,
            reason=estimate.reason,
            counterfactual_mean=treated_mean - estimate.estimate,
            over_ties=spread,
            method=self._effect_method(method, spread, cluster),
        )

    def _data(self, assignment: Assignment, outcome: Floats, cluster: str | None) -> MatchedData:
        """What an effect is computed from; ``outcome`` is of those with a weight."""
        rows = assignment.weights > 0
        sampling = self.design.sampling
        weights = assignment.weights if sampling is None else assignment.weights * sampling
        return MatchedData(
            outcome=outcome,
            treated=self.design.treated[rows],
            weights=weights[rows],
            clusters=assignment.subclass[rows] if self.in_sets else None,
            covariates=self.design.columns.score_values[rows],
            focal=self.focal[rows],
            grouping=grouping_of(self.design, rows, cluster),
        )

    def counts_reuse(self, method: EffectMethod, cluster: str | None) -> bool:
        """Is the error that of a mean difference between people who may serve repeatedly?"""
        plain = method == "difference" and self.settings.replacement
        return plain and cluster is None and self.design.sampling is None

    def reuse_error(self, values: Floats) -> float | None:
        """The error of the mean difference of ``values`` (m,), those of the people matched, where
        they may serve repeatedly; None where it cannot be had."""
        pairs, score = self.assignment.pairs, self.assigning.score
        if pairs is None:
            return None
        outcome = np.full(len(self.focal), np.nan)
        outcome[self.matched] = values
        points = score[:, None] / score.std() if self.space is None else self.space.points
        return error_with_reuse(pairs, outcome, points, ~self.focal)

    def _effect_method(
        self, method: EffectMethod, spread: OverTies | None, cluster: str | None
    ) -> Method:
        design = self.design
        pairing = [f", exact on {', '.join(design.exact)}"] if design.exact else []
        by = self.settings.by
        std = isinstance(by, Near) and by.within_scale == "std"
        of = " standard deviations" if std else ""
        pairing += [f", within {width:g}{of} of {name}" for name, width in design.within]
        pairing += [f", different in {name}" for name in design.antiexact]
        if design.sampling_weights:
            pairing.append(f", with sampling weights ({design.sampling_weights})")
        n_matched = int((~self.design.treated & self.matched).sum())
        n_all = int((~self.design.treated).sum())
        alone = not self.in_sets
        lack = (
            "units serve in several sets" if self.settings.replacement else "groups are not paired"
        )
        about = (
            (Sentence("The effect is for the comparison group (ATC), not for the treated."),)
            if self.settings.estimand == "ATC"
            else ()
        )
        return Method(
            estimator=f"{EFFECT_WORDS[method]} after {self.settings.in_words}{''.join(pairing)}",
            comparison_group=Sentence(
                "{matched} matched units out of {every} with {treatment} = 0",
                matched=Units(n_matched),
                every=Units(n_all),
                treatment=Name(str(self.design.treatment)),
            ),
            clustering=clustering_words(cluster, "" if alone else "matched set", lack),
            inference=REUSE_WORDS
            if self.counts_reuse(method, cluster)
            else inference_words(cluster, alone=alone),
            seed=self.settings.seed if self.settings.order == "random" else None,
            notes=(
                *about,
                *cautions(
                    method,
                    int(self.assignment.subclass.max(initial=-1)) + 1,
                    in_sets=self.in_sets,
                ),
                *ties_words(spread),
                *self.notes,
            ),
        )

    def to_frame(self) -> pd.DataFrame:
        """The matched sample: the rows of the data with a weight, plus ``weight``, ``subclass``
        and ``score``. Raises DesignError when the data already have one of these columns."""
        new = ["weight", "subclass", *(["score"] if self.score is not None else [])]
        taken = [name for name in new if name in self.design.frame.columns]
        if taken:
            raise DesignError(
                f"to_frame: the data already have columns {', '.join(taken)}. Rename them first."
            )
        frame = self.design.frame.assign(
            weight=self.analysis_weights,
            subclass=self.subclass.to_numpy(),
        )
        if self.score is not None:
            frame = frame.assign(score=self.score)
        return frame.iloc[self.design.as_given][self.matched[self.design.as_given]]
