"""The account that goes with a value map: its scope, who was asked, what was left out.

Along the Principles of Social Value (Social Value International): what is not stated here is
printed as not stated.
"""

from typing import Annotated

from pydantic import Field

from pbc_eval.agreement.base import Agreed

Text = Annotated[str, Field(min_length=1)]


class Stakeholder(Agreed):
    """One group that affects the activity or is affected by it."""

    name: Text = Field(description="As the value map names them, where they are in it.")
    involved: str = Field(default="", description="How they were involved: interviews, a survey.")
    number: int | None = Field(default=None, ge=1, description="How many of them were asked.")
    left_out_because: str = Field(
        default="", description="Why they are not in the value map, if they are not."
    )


class SocialValueAccount(Agreed):
    """What a reader must know of how the value map was made."""

    scope: Text = Field(description="Which activity, for whom, over which time.")
    purpose: str = Field(default="", description="What the account is for, and for whom.")
    stakeholders: tuple[Stakeholder, ...] = Field(
        default=(), description="Who was considered, who was asked, who was left out."
    )
    theory_of_change: tuple[Text, ...] = Field(
        default=(), description="From what is done to what changes, one step each."
    )
    material: str = Field(default="", description="How it was judged what is large enough to show.")
    not_valued: tuple[Text, ...] = Field(
        default=(), description="Changes that are known of and have no value in the map."
    )
    verified: str = Field(default="", description="Who checked the account, and how.")
    responsive: str = Field(default="", description="What will be done with what was learnt.")
