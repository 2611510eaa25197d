"""Every estimator of difference-in-differences, in the order in which pages show them."""

from pbc_eval.did import (
    efficient_rollout,
    extended_two_way,
    group_time,
    imputation,
    interaction_weighted,
    synthetic,
    triple_difference,
    two_way,
)
from pbc_eval.did.estimator import Estimator
from pbc_eval.errors import DesignError

ESTIMATORS: dict[str, Estimator] = {
    row.name: row
    for row in (
        group_time.ESTIMATOR,
        imputation.ESTIMATOR,
        extended_two_way.ESTIMATOR,
        interaction_weighted.ESTIMATOR,
        efficient_rollout.ESTIMATOR,
        triple_difference.ESTIMATOR,
        synthetic.ESTIMATOR,
        two_way.ESTIMATOR,
    )
}


def register(row: Estimator) -> None:
    """One more estimator: in evaluation files, among the alternatives and in comparisons.

    Raises DesignError for a name that there is already, and for a row that estimates nothing.
    """
    if row.name in ESTIMATORS:
        raise DesignError(f"estimators: there is one called {row.name!r} already. Rename it.")
    if row.effects is None and row.overall is None:
        raise DesignError(f"estimators: {row.name!r} gives neither effects nor an overall effect.")
    ESTIMATORS[row.name] = row
