"""The result of weighting: weights, who was left out, how balanced it is, and the effect."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pbc_eval._display import Displayed
from pbc_eval._validate import check_choice, check_level
from pbc_eval.agreement.weighting_options import ChanceLink, WeightingOptions
from pbc_eval.errors import DesignError
from pbc_eval.matching.balance import effective_size
from pbc_eval.matching.balance_table import balance_table
from pbc_eval.matching.clustered_error import clustered_words, grouping_of
from pbc_eval.matching.design import Design
from pbc_eval.matching.effect import checked_outcome, outcome_values
from pbc_eval.matching.heavy_weights import (
    ExpectedSize,
    expected_size,
    weight_notes,
    why_no_interval,
)
from pbc_eval.matching.ledger import SampleLedger, by_arm
from pbc_eval.matching.left_out import Unmatched, left_out
from pbc_eval.matching.weighted_effect import WEIGHTED_METHODS, WeightedMethod, weighted_effect
from pbc_eval.matching.weighting import Target, Weighting
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import UNITS, Name, Size, Units
from pbc_eval.numerics.arrays import Bools, Floats
from pbc_eval.results import AttEstimate, Method

TARGET_WORDS = {
    "ATT": Sentence("The effect is for the treated."),
    "ATC": Sentence("The effect is for the comparison group (ATC), not for the treated."),
    "ATE": Sentence("The effect is for everybody (ATE), not for the treated alone."),
    "ATO": Sentence(
        "The effect is for the overlap population (ATO), not for the treated as a whole."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightSettings:
    """The choices behind weights: the algorithm's options ``by``, whom the effect is for, and
    whether weights are scaled to centre on 1."""

    by: WeightingOptions
    estimand: Target
    stabilise: bool

    def __post_init__(self) -> None:
        own = self.by.own_population
        if own is not None and self.estimand != own:
            raise DesignError(
                f"weight: method={self.by.algorithm!r} has a population of its own, got estimand="
                f"{self.estimand!r}. Leave estimand out, or use another method."
            )
        if own is None:
            check_choice("weight", "estimand", self.estimand, self.by.answers_for, DesignError)
        if not isinstance(self.stabilise, bool):
            raise DesignError(f"weight: stabilise must be True or False, got {self.stabilise!r}.")

    @property
    def in_words(self) -> str:
        """One phrase a reader can check against the design."""
        return self.by.in_words


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class WeightedSample(Displayed):
    """A weighted sample. ``kept`` (n,) marks the rows that were not trimmed; ``weighting`` holds
    their arrays; ``all_weights`` (n,) has 0 for the trimmed. Series name units by their ids."""

    settings: WeightSettings
    design: Design
    kept: Bools
    weighting: Weighting
    all_weights: Floats
    notes: tuple[Sentence, ...]

    def summary(self) -> str:
        """How many of each arm carry weight."""
        used, treated = self.all_weights > 0, self.design.treated
        with_weight, of_other = int((used & ~treated).sum()), int((~treated).sum())
        return (
            f"{int((used & treated).sum()):,} of {int(treated.sum()):,} treated, "
            f"{with_weight:,} of {of_other:,} comparison with a weight"
        )

    @property
    def weights(self) -> pd.Series:
        """Weights by id, 0 for the trimmed. A weight counts the people of the target population
        that a unit stands for, unless stabilised; the scale drops out of every effect."""
        return pd.Series(self.all_weights, index=self.design.ids, name="weight")

    @property
    def scores(self) -> pd.Series:
        """The propensity score by id, missing for the trimmed. Raises DesignError after entropy
        balancing, which has none."""
        if self.weighting.score is None:
            raise DesignError(
                "scores: entropy balancing has weights and no propensity score. Use .weights, or "
                "method='cbps'."
            )
        score = np.full(len(self.kept), np.nan)
        score[self.kept] = self.weighting.score
        return pd.Series(score, index=self.design.ids, name="score")

    @property
    def score_link(self) -> ChanceLink:
        """The model of the score; logistic where none was fitted by itself."""
        return self.settings.by.score_link

    @property
    def coefficients(self) -> pd.DataFrame:
        """The fitted coefficients, a row a score (entropy balancing for the ATE has two, the
        comparison group's first), the intercept first, per unit of each covariate."""
        names = ["intercept", *self.design.columns.score_names]
        return pd.DataFrame(self.weighting.coefficients, columns=names)

    @property
    def ledger(self) -> SampleLedger:
        """Every row that was read, and why any of them has no weight."""
        ledger = self.design.ledger
        gone = ~self.kept
        if gone.any():
            trim = self.settings.by.trimmed_at or 0.0
            treated = int((gone & self.design.treated).sum())
            why = Sentence(
                "score outside [{low}, {high}]", low=Size(trim, 6), high=Size(1 - trim, 6)
            )
            ledger = ledger.then(
                Sentence("trim"), int(gone.sum()), by_arm(why, treated, int(gone.sum()) - treated)
            )
        return ledger

    @property
    def unmatched(self) -> Unmatched:
        """The people the effect was meant for who were trimmed, and how they differ."""
        target = {"ATT": self.design.treated, "ATC": ~self.design.treated}
        everybody = np.ones(len(self.kept), dtype=bool)
        return left_out(self.design, target.get(self.settings.estimand, everybody), self.kept)

    def counts(self) -> pd.DataFrame:
        """Rows all, weighted, effective, trimmed; columns treated and comparison. "effective" is
        Kish's effective sample size of the weights."""
        table = {}
        for name, group in (("treated", self.design.treated), ("comparison", ~self.design.treated)):
            table[name] = [
                float(group.sum()),
                float((group & self.kept).sum()),
                effective_size(self.all_weights[group]),
                float((group & ~self.kept).sum()),
            ]
        return pd.DataFrame(table, index=["all", "weighted", "effective", "trimmed"])

    def balance(
        self, also: Sequence[str] = (), *, squares: bool = False, interactions: bool = False
    ) -> pd.DataFrame:
        """How alike the groups are before and after, a row a covariate; columns and conventions
        are those of ``MatchedSample.balance``, and so are ``also``, ``squares`` and
        ``interactions``."""
        return balance_table(
            self.design,
            None,
            self.all_weights,
            self.settings.estimand,
            also,
            squares=squares,
            interactions=interactions,
        )

    def effect(
        self,
        outcome: str | pd.Series,
        method: WeightedMethod = "difference",
        level: float = 0.95,
        cluster: str | None = None,
    ) -> AttEstimate:
        """The effect for the target population, in the outcome's unit (treated minus comparison).

        ``outcome`` is a column of the data weighted, or a Series whose index holds the unit ids.
        "difference" compares weighted means, "augmented" adds a linear regression in each group.
        Errors count the estimation of the score and the regressions; the reference is normal.
        ``cluster`` names the column of the clusters that people belong to, such as schools (see
        ``matching.clustered_error``).

        Raises DataError for an outcome that is unknown, not a number, or missing for a weighted
        unit, DesignError for a group too small for a regression.
        """
        check_choice("effect", "method", method, WEIGHTED_METHODS, DesignError)
        check_level("effect", level, DesignError)
        series = outcome_values(self.design.frame, self.design.ids, outcome)
        name = str(series.name) if series.name is not None else "outcome"
        values = checked_outcome(series[self.kept], name)
        treated = self.design.treated[self.kept]
        covariates = self.design.columns.score_values[self.kept]
        sampling = None if self.design.sampling is None else self.design.sampling[self.kept]
        weighted = weighted_effect(
            self.weighting, treated, values, covariates, method, sampling=sampling
        )
        how = (
            "weighted difference in means"
            if method == "difference"
            else ("augmented (doubly robust) weighted difference, linear regressions by group")
        )
        n_effective = effective_size(self.weighting.weights[~treated])
        error = weighted.error(treated, grouping_of(self.design, self.kept, cluster))
        target = TARGET_WORDS[self.settings.estimand]
        return AttEstimate(
            term=name,
            estimate=weighted.estimate,
            std_error=error.std_error,
            degrees_of_freedom=error.degrees_of_freedom,
            reason=error.reason,
            no_interval=None if error.std_error is None else why_no_interval(self.expected_size),
            n_treated=int(treated.sum()),
            n_comparison=int((~treated).sum()),
            level=level,
            counterfactual_mean=weighted.untreated_mean,
            method=Method(
                estimator=f"{how} after {self.settings.in_words}{self._sampled}",
                comparison_group=Sentence(
                    "{units} with {treatment} = 0, weighted (effective number {effective})",
                    units=Units(int((~treated).sum()), UNITS),
                    treatment=Name(str(self.design.treatment)),
                    effective=Units(round(n_effective)),
                ),
                clustering=cluster or "none",
                inference=Sentence(
                    "stacked estimating equations, which count the estimation of the score, "
                    "factor n/(n-1), normal reference"
                )
                if cluster is None
                else clustered_words(cluster, in_sets=False),
                notes=(
                    target,
                    *weight_notes(self.expected_size, self.settings.by.truncated_at),
                    *self.notes,
                ),
            ),
        )

    @property
    def expected_size(self) -> ExpectedSize:
        """As how many people the weighted group can be expected to count, see
        ``matching.heavy_weights``; infinite where weights were truncated."""
        treated, columns = self.design.treated[self.kept], self.design.columns
        if self.settings.by.truncated_at is not None:
            return ExpectedSize(float("inf"), False, int((~treated).sum()))
        values = columns.score_values[self.kept]
        return expected_size(self.weighting, values, treated, self.settings.estimand)

    @property
    def _sampled(self) -> str:
        column = self.design.sampling_weights
        return f", with sampling weights ({column})" if column else ""

    def to_frame(self) -> pd.DataFrame:
        """The rows of the data with a weight, plus ``weight``. Raises DesignError when the data
        already have such a column."""
        if "weight" in self.design.frame.columns:
            raise DesignError("to_frame: the data already have a column weight. Rename it first.")
        return self.design.frame.assign(weight=self.all_weights).loc[self.kept]
