"""A user's own values, in the format of the shipped parameters: a value bank.

Proprietary banks are licensed and none is shipped; a file of one's own stands beside
evaluation.yaml, each row with its source, date and status. A name of a shipped parameter is
refused, so that no figure changes its meaning silently.
"""

from collections.abc import Mapping
from pathlib import Path

from pbc_eval.errors import ParameterError
from pbc_eval.parameters.tables import Parameter, all_parameters, read_parameters

Bank = Mapping[str, Parameter]


def read_bank(path: Path) -> dict[str, Parameter]:
    """The parameters of a user's file by name.

    Raises ParameterError for a file that misstates a row, a name used twice, or a shipped name.
    """
    shipped, bank = all_parameters(), dict[str, Parameter]()
    for parameter in read_parameters(path):
        if parameter.name in shipped:
            raise ParameterError(
                f"{path.name}: {parameter.name!r} is a shipped parameter. Give yours another name, "
                f"such as my_{parameter.name}."
            )
        if parameter.name in bank:
            raise ParameterError(f"{path.name}: {parameter.name!r} is defined twice. Keep one.")
        bank[parameter.name] = parameter
    return bank
