"""Models among which a key of the file chooses, by one of their own fields. The list may grow.

    Clause = Annotated[ClauseBase, Choice("type", (Tariff, Threshold, ...))]

pydantic reads the list when it builds the model that holds the key, so that whoever adds to the
list rebuilds that model (``EvaluationSpec.model_rebuild(force=True)``).
"""

from collections.abc import Sequence
from typing import Annotated, Any, Union, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from pbc_eval.errors import SpecError


class Choice:
    """A discriminated union whose members are listed at run time. ``by`` names the field that
    tells them apart, a Literal with one word in each."""

    def __init__(self, by: str, models: Sequence[type[BaseModel]]) -> None:
        self.by = by
        self.models = list(models)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        union: Any = Union[tuple(self.models)]  # noqa: UP007 made of a list
        return handler.generate_schema(Annotated[union, Field(discriminator=self.by)])

    def word_of(self, model: type[BaseModel]) -> str:
        """The word by which a file asks for the model."""
        (word,) = get_args(model.model_fields[self.by].annotation)
        return str(word)

    def add(self, model: type[BaseModel]) -> None:
        """One more model. Raises SpecError for a word that another has already."""
        word = self.word_of(model)
        if word in map(self.word_of, self.models):
            raise SpecError(f"{self.by}: there is a {word!r} already. Choose another word.")
        self.models.append(model)
