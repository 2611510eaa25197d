"""What was registered before outcomes were seen, and what is expected of it.

protocol:  where the design note stands, and why the evaluation departs from it
planning:  the question, and the figures on which the note works out its risks
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from pbc_eval.agreement.base import Agreed, Date, Level, Slug

Text = Annotated[str, Field(min_length=1)]


def _fingerprint(value: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise ValueError(
            "must be the 64 digits and letters a to f that the design note prints as its "
            f"fingerprint, got {value[:70]!r}"
        )
    return value


def _address(value: str) -> str:
    if value and not re.fullmatch(r"https://[^\s\"'<>]+", value):
        raise ValueError(f"must be an address that begins with https://, got {value[:70]!r}")
    return value


class ExplainedDeviation(Agreed):
    """Why one agreed part was not kept."""

    of: Text = Field(description="The part as the page names it: design.control_group.")
    reason: str = Field(min_length=20, description="For the public: why it was not kept.")


class Protocol(Agreed):
    """The design note that was registered, and the reasons for departing from it."""

    edition: Slug | None = Field(
        default=None, description="The edition under which the design note is published."
    )
    file: Text | None = Field(
        default=None, description="The evaluation file as it was registered, kept beside this one."
    )
    fingerprint: Annotated[str, AfterValidator(_fingerprint)] | None = Field(
        default=None, description="As the design note prints it; what was agreed must match it."
    )
    reference: str = Field(default="", description="The number in an outside registry.")
    registered_on: Date = Field(description="The day on which it was registered: 2024-05-01.")
    url: Annotated[str, AfterValidator(_address)] = Field(
        default="", description="Where the registration can be read: https://..."
    )
    deviations: tuple[ExplainedDeviation, ...] = Field(
        default=(), description="Each part that was not kept, with the reason."
    )

    @model_validator(mode="after")
    def _ask_where_it_stands(self) -> Self:
        if (self.edition is None) != (self.file is None):
            raise ValueError(
                "edition and file belong together: the design note is published as that edition, "
                "and file keeps what was agreed. Copy the evaluation file as it was registered "
                "beside this one and name it"
            )
        if self.edition is None and not self.reference:
            raise ValueError(
                "says nowhere what was registered; give edition and file, or the reference of an "
                "outside registry"
            )
        if self.deviations and self.file is None:
            raise ValueError(
                "deviations are held against the agreed file, and none is named. State them under "
                "design.deviations"
            )
        return self


class ExpectedOutcome(Agreed):
    """What is expected of one outcome, so that risks can be worked out before it is seen."""

    outcome: Text = Field(description="The id of an outcome, a count or a KPI that is paid for.")
    std_error: float | None = Field(
        default=None, gt=0, description="Of the estimate to come, in the outcome's unit."
    )
    level: float | None = Field(
        default=None, gt=0, description="Expected without the programme, for relative measures."
    )
    units: float | None = Field(
        default=None, gt=0, description="What turns the effect into a total: units or unit-periods."
    )
    count: float | None = Field(default=None, ge=0, description="Expected, for what is counted.")
    source: Text = Field(description="Where the figures come from.")

    @model_validator(mode="after")
    def _state_one_kind(self) -> Self:
        estimated = [self.std_error, self.level, self.units]
        if (self.count is None) == all(value is None for value in estimated):
            raise ValueError(
                "give count for what is counted, or std_error, level, units for what is estimated"
            )
        return self


class Planning(Agreed):
    """What a design note says beside the design."""

    question: Text = Field(description="What the evaluation is to answer.")
    intervention: str = Field(default="", description="What is done, for whom, how much of it.")
    theory_of_change: tuple[Text, ...] = Field(
        default=(), description="From what is done to what changes, one step each."
    )
    expected: tuple[ExpectedOutcome, ...] = Field(
        default=(), description="Figures that risks and the smallest effect rest on."
    )
    power: Level = Field(
        default=0.8, description="The chance with which the smallest effect is to be told apart."
    )

    @model_validator(mode="after")
    def _name_each_once(self) -> Self:
        names = [expected.outcome for expected in self.expected]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"expected names {twice[0]!r} more than once. Keep one")
        return self

    def of(self, outcome: str) -> ExpectedOutcome | None:
        return next((expected for expected in self.expected if expected.outcome == outcome), None)
