"""Errors of one way to a comparison group among several, which name it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pbc_eval.agreement.comparison_group import ComparisonGroup, OtherComparisonGroup
from pbc_eval.agreement.evaluation import EvaluationSpec
from pbc_eval.errors import DataError, DesignError


@contextmanager
def naming(way: ComparisonGroup, spec: EvaluationSpec) -> Iterator[None]:
    """Where ``way`` is an alternative, what is wrong with it names it: DataError, DesignError."""
    try:
        yield
    except (DataError, DesignError) as error:
        if not isinstance(way, OtherComparisonGroup):
            raise
        raise type(error)(
            f"{spec.id}: design.alternatives, {way.name}: {error} Change its settings, or remove "
            "it."
        ) from error
