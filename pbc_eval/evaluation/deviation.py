"""A departure from what was agreed, as a fact of the evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviation:
    """One agreed part that was not kept. ``reason`` is empty where none was given."""

    of: str  # design.control_group
    agreed: str
    done: str
    reason: str = ""
