"""A user's own values, in the format of the shipped parameters: a value bank.

Proprietary banks are licensed and none is shipped; a file of one's own stands beside
evaluation.yaml, each row with its source, date and status. A name of a shipped parameter is
refused, so that no figure changes its meaning silently; but an index of prices may be continued
beyond the years that are shipped, in the same unit.
"""

from collections.abc import Mapping
from pathlib import Path

from pbc_eval.errors import ParameterError
from pbc_eval.parameters.tables import Parameter, all_parameters, read_parameters

Bank = Mapping[str, Parameter]
CONTINUED = frozenset({"uk_gdp_deflator"})


def read_bank(path: Path) -> dict[str, Parameter]:
    """The parameters of a user's file by name.

    Raises ParameterError for a file that misstates a row, a name used twice, or a shipped name that
    is no index, or of whose years one is shipped.
    """
    shipped, bank = all_parameters(), dict[str, Parameter]()
    for parameter in read_parameters(path):
        if parameter.name in CONTINUED and parameter.name not in bank:
            bank[parameter.name] = _continued(path.name, shipped[parameter.name], parameter)
            continue
        if parameter.name in shipped and parameter.name not in bank:
            raise ParameterError(
                f"{path.name}: {parameter.name!r} is a shipped parameter. Give yours another name, "
                f"such as my_{parameter.name}."
            )
        if parameter.name in bank:
            raise ParameterError(f"{path.name}: {parameter.name!r} is defined twice. Keep one.")
        bank[parameter.name] = parameter
    return bank


def _continued(file: str, shipped: Parameter, own: Parameter) -> Parameter:
    """The shipped index with one's own years behind it."""
    last = shipped.rows[-1].valid_to
    assert last is not None
    if own.unit != shipped.unit:
        raise ParameterError(
            f"{file}: {own.name} is shipped in {shipped.unit!r}, and these rows are in "
            f"{own.unit!r}. Bring them to that unit: multiply by what the shipped index has in a "
            "year that both have, over what yours has."
        )
    for row in own.rows:
        if row.valid_from <= last:
            raise ParameterError(
                f"{file}: {own.name}: the row from {row.valid_from} is of a year that is shipped, "
                f"until {last}. Leave it out; years after that may be added."
            )
        if row.value is None or not row.value > 0:
            raise ParameterError(
                f"{file}: {own.name}: the row from {row.valid_from} must have one value above zero."
            )
        if row.valid_to is None:
            raise ParameterError(
                f"{file}: {own.name}: the row from {row.valid_from} must say until when it holds: "
                f"valid_to: {row.valid_from.year}-12-31"
            )
    return shipped.model_copy(update={"rows": (*shipped.rows, *own.rows)})
