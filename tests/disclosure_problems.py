"""Problems of protection for tests, and the slow obvious way to solve them."""

import itertools

import numpy as np

from pbc_eval.disclosure.protection import SuppressionProblem
from pbc_eval.disclosure.relations import Relations, audit, relations_of


def problem(values, relations: Relations, threshold=10, **changes) -> SuppressionProblem:
    values = np.asarray(values, dtype=float)
    n = len(values)
    small = (values > 0) & (values < threshold)
    settings = {
        "values": values,
        "relations": relations,
        "decision": np.arange(n),
        "cost": np.where(values == 0, values.sum() + 1, values),
        "sensitive": small,
        "low": np.ones(n),
        "high": np.full(n, float(threshold)),
        "least": np.where(values > 0, 1.0, 0.0),
        "always": np.zeros(n, dtype=bool),
        "never": np.zeros(n, dtype=bool),
    }
    return SuppressionProblem(**{**settings, **changes})


def with_margins(inner) -> np.ndarray:
    inner = np.asarray(inner, dtype=float)
    full = np.zeros((inner.shape[0] + 1, inner.shape[1] + 1))
    full[:-1, :-1] = inner
    full[-1, :-1] = inner.sum(axis=0)
    full[:, -1] = full[:, :-1].sum(axis=1)
    return full


def one_way(values) -> Relations:
    n = len(values)
    return relations_of(n, [([(k, 1.0) for k in range(n)], float(sum(values)))])


def is_safe(given: SuppressionProblem, hidden) -> bool:
    """Can a reader believe the whole sensitive range of every sensitive cell?"""
    intervals = audit(given.relations, given.values, hidden, least=given.least)
    cells = given.sensitive
    return bool(
        hidden[cells].all()
        and (intervals[cells, 0] <= given.low[cells] + 1e-6).all()
        and (intervals[cells, 1] >= given.high[cells] - 1e-6).all()
    )


def cheapest_by_trying(given: SuppressionProblem) -> float | None:
    """The cost of the cheapest safe pattern, every pattern tried; None if there is none."""
    n = len(given.values)
    free = [k for k in range(n) if not given.sensitive[k] and not given.never[k]]
    every = (extra for size in range(len(free) + 1) for extra in itertools.combinations(free, size))
    by_cost = sorted(every, key=lambda extra: float(given.cost[list(extra)].sum()))
    for extra in by_cost:
        hidden = given.sensitive.copy()
        hidden[list(extra)] = True
        if is_safe(given, hidden):
            return float(given.cost[hidden].sum())
    return None
