"""What may be published of few people: threshold, rounding, dominance, and who looked at doubts."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import AddedLater, Agreed, Date, Share

USUAL_THRESHOLD = 10


class Dominance(Agreed):
    """When one or two contributors make up so much of a total that it tells about them.

    A total is sensitive by the (n, k) rule if its n largest contributions are more than the share
    k of it, and by the p% rule if the second largest contributor, who knows his own part, can
    estimate the largest to within the share p of it. The usual settings are ACRO's (READ in its
    documentation: n = 2, k = 0.85, p = 0.1). Source of the rules: Hundepool et al. (2012),
    Statistical Disclosure Control, section 4.2.
    """

    n: int = Field(default=2, ge=1, le=10, description="How many of the largest are looked at.")
    k: Share | None = Field(
        default=0.85, description="More than this share from the n largest is too much: 0.85."
    )
    p: Share | None = Field(
        default=0.1, description="The largest must not be known to within this share: 0.1."
    )

    @property
    def is_off(self) -> bool:
        return self.k is None and self.p is None


class Reviewed(Agreed):
    """Somebody looked at an output that is in doubt, and answers for its release."""

    output: str = Field(min_length=1, description="As disclosure-review.csv names it.")
    by: str = Field(min_length=1, description="Who looked at it.")
    date: Date = Field(description="When: 2026-06-01.")
    reason: str = Field(min_length=1, description="Why it may be released all the same.")


class DisclosureRule(Agreed):
    """Which counts are too small to publish, and what else must not be told.

    ``counts`` says what a unit of the data is. People are protected. Bodies whose identity is
    public (schools, hospitals, authorities) are shown, down to one; what counts people all the same
    (performance measures, answers, verified counts) keeps the threshold.
    """

    counts: Annotated[Literal["people", "bodies"], AddedLater()] = Field(
        default="people",
        description="What the units of the data are. people: small numbers of them are held back; "
        "bodies of public identity (schools, hospitals, authorities): shown.",
    )
    threshold: int = Field(
        default=USUAL_THRESHOLD,
        ge=0,
        description="Counts from 1 to one less than this are not published.",
    )
    zeros: Literal["published", "protected"] = Field(
        default="published", description="Whether zero is a small count too: protected."
    )
    rounding: Literal["none", 3, 5, 10] = Field(
        default="none", description="Counts are published to the nearest multiple: 5."
    )
    dominance: Dominance | None = Field(
        default=Dominance(), description="For totals of money and sizes; null switches it off."
    )
    reason: str = Field(
        default="", description="Needed when the threshold is below 10 or dominance is off."
    )
    reviewed: tuple[Reviewed, ...] = Field(
        default=(), description="Outputs in doubt that somebody looked at, for a final edition."
    )

    @property
    def protects(self) -> bool:
        """Is any count too small to publish?"""
        return self.threshold > 1 or (self.threshold == 1 and self.zeros == "protected")

    @property
    def of_units(self) -> "DisclosureRule":
        """The rule for counts of the data's units; it protects nothing where these are bodies."""
        if self.counts == "people":
            return self
        shown = {"threshold": 0, "zeros": "published", "rounding": "none"}
        return self.model_copy(update=shown)

    @property
    def base(self) -> int:
        """Counts are rounded to multiples of this; 1 leaves them as they are."""
        return 1 if self.rounding == "none" else self.rounding

    def reviewer_of(self, output: str) -> Reviewed | None:
        """Who answers for an output, if anybody does."""
        return next((review for review in self.reviewed if review.output == output), None)

    @model_validator(mode="after")
    def _ask_why_small_counts_are_safe(self) -> Self:
        if self.threshold < USUAL_THRESHOLD and not self.reason:
            raise ValueError(
                f"threshold is {self.threshold}, below the usual 10, without a reason. Add a "
                "reason (for example: 'units are states; the figures are published elsewhere')"
            )
        return self

    @model_validator(mode="after")
    def _ask_why_one_may_dominate(self) -> Self:
        if (self.dominance is None or self.dominance.is_off) and not self.reason:
            raise ValueError(
                "dominance is switched off without a reason. Add a reason, or leave the rule on "
                "(n: 2, k: 0.85, p: 0.1)"
            )
        return self

    @model_validator(mode="after")
    def _refuse_a_base_that_tells(self) -> Self:
        if self.base > max(self.threshold, 1):
            raise ValueError(
                f"rounding to {self.base} is wider than the threshold {self.threshold}, so that "
                "small counts would be published as 0. Raise the threshold to the base, or round "
                "to less"
            )
        return self

    @model_validator(mode="after")
    def _refuse_two_reviews_of_one(self) -> Self:
        names = [review.output for review in self.reviewed]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"reviewed names {twice[0]!r} twice; keep the one that counts")
        return self
