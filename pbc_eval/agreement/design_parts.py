"""What a difference-in-differences may say of parts of the sample: doses, neighbours, subgroups."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from pbc_eval.agreement.base import Agreed

Ends = tuple[float, ...]


def _refuse_disorder(name: str, ends: Sequence[float]) -> None:
    if any(end <= 0 for end in ends) or list(ends) != sorted(set(ends)):
        listed = ", ".join(f"{end:g}" for end in ends)
        raise ValueError(f"{name} must be above 0 and rise, got [{listed}]")


class Dose(Agreed):
    """How much of the programme a treated unit got: the effect is shown in bins of it."""

    column: str = Field(description="Column: how much, above 0 where treated.")
    bins: Ends = Field(
        min_length=1, description="Where bins end: [10, 20] makes up to 10, over 10 to 20, over 20."
    )
    of: Literal["mean", "largest"] | None = Field(
        default=None, description="Which dose counts where it changes while treated."
    )
    unit: str = Field(default="", description="What the dose is counted in: hours.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        _refuse_disorder("bins", self.bins)
        return self

    @property
    def labels(self) -> tuple[str, ...]:
        """The bins in words, from the smallest doses to the largest."""
        ends = [f"{end:g}" for end in self.bins]
        unit = f" {self.unit}" if self.unit else ""
        between = [f"over {a} to {b}{unit}" for a, b in pairwise(ends)]
        return (f"up to {ends[0]}{unit}", *between, f"over {ends[-1]}{unit}")


class Spillover(Agreed):
    """Comparison units that the programme may have reached: left out, and looked at by ring."""

    distance: str | None = Field(
        default=None, description="Column: how far from the nearest treated unit, one value a unit."
    )
    rings: Ends = Field(
        default=(), description="Where rings end: [5, 10] leaves out up to 5 and over 5 to 10."
    )
    neighbour: str | None = Field(
        default=None, description="In place of distance: column, 1 for those beside a treated unit."
    )
    start: str | None = Field(
        default=None,
        description="Column: when the nearest treated unit starts, where treated units do not all "
        "start together.",
    )
    unit: str = Field(default="", description="What distance is counted in: km.")

    @model_validator(mode="after")
    def _one_way_to_say_it(self) -> Self:
        if (self.distance is None) == (self.neighbour is None):
            raise ValueError("name either distance (with rings) or neighbour, one of the two")
        if self.distance is not None and not self.rings:
            raise ValueError("rings are needed beside distance: [5, 10] leaves out up to 10")
        if self.neighbour is not None and self.rings:
            raise ValueError("rings belong to distance; neighbour says who is near by itself")
        _refuse_disorder("rings", self.rings)
        return self

    @property
    def column(self) -> str:
        return self.distance or str(self.neighbour)

    @property
    def labels(self) -> tuple[str, ...]:
        """The rings in words, from the nearest."""
        if self.neighbour is not None:
            return ("beside a treated unit",)
        ends = [f"{end:g}" for end in self.rings]
        unit = f" {self.unit}" if self.unit else ""
        between = [f"over {a} to {b}{unit}" for a, b in pairwise(ends)]
        return (f"up to {ends[0]}{unit}", *between)


class NegativeControl(Agreed):
    """An outcome that the programme cannot have moved: an effect on it shows what else moved."""

    column: str = Field(description="Column of the data that holds it.")
    label: str = Field(min_length=1, description="In plain words: 'Rainfall'.")
    why: str = Field(min_length=1, description="Why the programme cannot have moved it.")


class Subgroup(Agreed):
    """Units that may be affected differently: the effect in each group, and whether they differ."""

    column: str = Field(description="Column that says which group a unit is in, one value a unit.")
    declared: bool = Field(
        default=False,
        description="true: it was fixed before outcomes were seen; false: it is exploratory, and "
        "the page says so.",
    )
    why: str = Field(min_length=1, description="Why the effect may differ.")
