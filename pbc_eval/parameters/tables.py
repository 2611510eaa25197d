"""The parameter tables as models: dated rows, each with its source and status.

One YAML file a subject; a file holds a list of parameters, a parameter a list of dated rows in
rising order. A row carries one number (``value``), a discount schedule (``bands``) or a small
named table (``table``).
"""

import datetime as dt
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from pbc_eval.agreement.base import Agreed, Share
from pbc_eval.agreement.problems import problems_in_words
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.errors import ParameterError

FOLDER = Path(__file__).parent
Status = Literal["READ", "RECALLED"]
Text = Annotated[str, Field(min_length=1)]


class RateBand(Agreed):
    """One annual rate from ``from_year`` to ``to_year``, both inclusive; None for no end."""

    from_year: Annotated[int, Field(ge=0)]
    to_year: int | None
    rate: Share


class Row(Agreed):
    """What held from ``valid_from`` until the next row, or ``valid_to`` when that is stated."""

    valid_from: dt.date
    valid_to: dt.date | None = None
    value: float | None = None
    bands: tuple[RateBand, ...] | None = None
    table: dict[str, float] | None = None
    price_base: str | None = None
    status: Status
    source: Text
    note: str = ""

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if sum(content is not None for content in (self.value, self.bands, self.table)) != 1:
            raise ValueError("a row carries exactly one of value, bands and table")
        if self.bands is not None:
            ends = [band.to_year for band in self.bands]
            starts = [band.from_year for band in self.bands]
            expected = [0, *(end + 1 for end in ends[:-1] if end is not None)]
            if starts != expected or ends[-1] is not None:
                raise ValueError("bands start at year 0, follow one another and have no end")
        return self


class Parameter(Agreed):
    """One parameter and its history."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: Text
    unit: Text
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _rows_rise(self) -> Self:
        for earlier, later in pairwise(self.rows):
            if later.valid_from <= earlier.valid_from:
                raise ValueError(
                    f"rows must be in rising order of valid_from, got {later.valid_from}"
                )
        return self


class ParameterFile(Agreed):
    """The content of one YAML file."""

    parameters: tuple[Parameter, ...]


def read_parameters(path: Path) -> tuple[Parameter, ...]:
    """The parameters of one YAML file. Raises ParameterError when the file misstates a row."""
    data = read_yaml(path).data
    try:
        return ParameterFile.model_validate(data).parameters
    except ValidationError as error:
        problems = problems_in_words(error, data, list(Row.model_fields))
        raise ParameterError(f"{path.name}: " + "\n".join(problems)) from error


@cache
def all_parameters() -> dict[str, Parameter]:
    """Every shipped parameter by name. Raises ParameterError for a name used twice."""
    known: dict[str, Parameter] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        for parameter in read_parameters(path):
            if parameter.name in known:
                raise ParameterError(f"{path.name}: {parameter.name!r} is defined twice.")
            known[parameter.name] = parameter
    return known
