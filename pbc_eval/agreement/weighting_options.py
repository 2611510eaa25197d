"""The options of each weighting algorithm: the one statement, read by matching and by files.

``weight(frame, treatment=..., covariates=..., by=InversePropensity(trim=0.1))`` in Python, and
``algorithm: ipw`` with ``trim: 0.1`` in evaluation.yaml, build the same model.
"""

import math
from numbers import Real
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from pbc_eval.agreement.algorithm_options import AlgorithmOptions

ALL_BUT_OVERLAP = ("ATT", "ATE", "ATC")


def _a_chance(value: Any) -> Any:
    """A link under which scores are chances; the linear ones are for matching."""
    if isinstance(value, str) and value.startswith("linear_"):
        raise ValueError(
            f"{value} is for matching; weights need a chance between 0 and 1. Write "
            f"{value.removeprefix('linear_')}"
        )
    return value


def _between(low: float, high: float) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value is None:
            return None
        whole = isinstance(value, Real) and not isinstance(value, bool)
        number = float(value) if whole else math.nan
        if not low < number < high:
            raise ValueError(f"must lie between {low:g} and {high:g}, got {value!r}")
        return number

    return BeforeValidator(check)


ChanceLink = Literal["logit", "probit"]
Chance = Annotated[ChanceLink, BeforeValidator(_a_chance)]


class WeightingOptions(AlgorithmOptions):
    """What ``weight`` asks of any algorithm beside its own settings."""

    asked_by: ClassVar[str] = "weight"
    estimands: ClassVar[tuple[str, ...]] = ALL_BUT_OVERLAP
    own_population: ClassVar[Literal["ATO"] | None] = None
    """The estimand of an algorithm that weights towards a population of its own."""

    @property
    def score_link(self) -> ChanceLink:
        """The model of the score; logistic where none is fitted by itself."""
        return "logit"

    @property
    def trimmed_at(self) -> float | None:
        """Scores below it, or above one less it, are left out; None when nobody is."""
        return None

    @property
    def truncated_at(self) -> float | None:
        """Weights are lowered to this quantile of their group; None when they are not."""
        return None


class InversePropensity(WeightingOptions):
    """One over the chance of being in one's own group."""

    plain_words: ClassVar[str] = (
        "People who were not in the programme count the more, the likelier they were to have been "
        "in it."
    )

    algorithm: Literal["ipw"] = "ipw"
    link: Chance = Field(
        default="logit", description="linear_...: match on the linear predictor of the score."
    )
    trim: Annotated[float | None, _between(0.0, 0.5)] = Field(
        default=None, gt=0, lt=0.5, description="For ipw: leave out scores below it, or above 1-it."
    )
    truncate: Annotated[float | None, _between(0.5, 1.0)] = Field(
        default=None, gt=0.5, lt=1, description="For ipw: lower weights to this quantile."
    )

    @property
    def score_link(self) -> ChanceLink:
        return self.link

    @property
    def trimmed_at(self) -> float | None:
        return self.trim

    @property
    def truncated_at(self) -> float | None:
        return self.truncate

    @property
    def in_words(self) -> str:
        parts = [f"inverse-propensity weighting ({self.link})"]
        if self.trim is not None:
            parts.append(f"scores outside [{self.trim:g}, {1 - self.trim:g}] left out")
        if self.truncate is not None:
            parts.append(f"weights truncated at their {self.truncate:.4g} quantile")
        return ", ".join(parts)


class Overlap(WeightingOptions):
    """The chance of being in the other group: for those who could well have been in either."""

    plain_words: ClassVar[str] = (
        "People count the more, the better they could have been in either group; the effect is for "
        "such people."
    )
    own_population: ClassVar[Literal["ATO"] | None] = "ATO"

    algorithm: Literal["overlap"] = "overlap"
    link: Chance = Field(
        default="logit", description="linear_...: match on the linear predictor of the score."
    )

    @property
    def score_link(self) -> ChanceLink:
        return self.link

    @property
    def in_words(self) -> str:
        return f"overlap weighting ({self.link})"


class Entropy(WeightingOptions):
    """The weights nearest to equal ones under which all covariate means are exactly equal."""

    plain_words: ClassVar[str] = (
        "People who were not in the programme were weighted so that the averages of every "
        "characteristic are those of the programme group."
    )

    algorithm: Literal["entropy"] = "entropy"

    @property
    def in_words(self) -> str:
        return "entropy balancing on means"


class CovariateBalancing(WeightingOptions):
    """A logistic score whose weights balance all covariate means exactly."""

    plain_words: ClassVar[str] = (
        "Weights by the chance of being in the programme were chosen so that the averages of every "
        "characteristic agree."
    )

    algorithm: Literal["cbps"] = "cbps"

    @property
    def in_words(self) -> str:
        return "the covariate-balancing propensity score, just identified"
