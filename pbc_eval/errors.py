"""Everything pbc_eval can raise, in one tree.

PbcError
├── SpecError        the evaluation file is wrong: unknown key, wrong type, missing file
│   └── PaymentTermsError  a payment clause is ambiguous or cannot be applied
├── DataError        the data do not fit the evaluation: duplicate rows, text in the outcome
├── DesignError      the design cannot identify the effect on these data
├── ValueMapError    the value map would misstate social value
├── ParameterError   a dated parameter is unknown, or has no value at that date
├── DisclosureError  an output may identify a person
└── PublicationError a page, figure or edition is not fit to be published

Every message names the thing, the value found, the rule and the remedy.
"""

from pbc_eval.messages.long_values import with_long_values_cut
from pbc_eval.messages.sentence import Sentence


class PbcError(Exception):
    """Base class: catch this to catch anything raised on purpose."""

    def __init__(self, *parts: object) -> None:
        cut = (with_long_values_cut(part) if isinstance(part, str) else part for part in parts)
        super().__init__(*cut)


class SpecError(PbcError, ValueError):
    """The evaluation file is wrong."""


class PaymentTermsError(SpecError):
    """A payment clause is ambiguous, or cannot be applied to the results it names."""


class DataError(PbcError, ValueError):
    """The data do not fit what the evaluation says of them."""


class DesignError(PbcError, ValueError):
    """The design cannot identify the effect.

    ``rule`` is the rule that was broken, for a page: it tells nothing that the data hold.
    """

    def __init__(self, message: str, rule: Sentence | None = None) -> None:
        super().__init__(message)
        self.rule = rule


class ValueMapError(PbcError, ValueError):
    """A value map would misstate social value."""


class ParameterError(PbcError, LookupError):
    """A dated parameter is unknown, or has no value at the date asked for."""


class DisclosureError(PbcError):
    """An output may identify a person; it must not leave the building."""


class PublicationError(PbcError):
    """A page, figure or edition is not fit to be published."""
