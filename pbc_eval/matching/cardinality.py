"""Cardinality matching: the largest sample whose groups are alike within stated limits.

    columns, tolerances, focal ── largest_balanced ──▶ Selected

Nobody is paired by likeness; people are chosen so that every covariate's mean differs between the
groups by no more than its tolerance. Two questions:

- a ratio of k: the most focal people, with k others for each, alike on average. People of both
  groups may be left out. With strata, each has k others a focal person (so that the columns behind
  them are balanced exactly); the tolerances hold over all.
- a profile: every focal person stays, and the most others are chosen whose means are theirs.

Both are integer programmes, solved by HiGHS to proven optimality or until the time is up; then the
best sample found so far is taken, and the result says how far from the largest it may be. There
may be several largest samples; which is found depends on the order of the units' identities.
``pairs`` are made
afterwards inside the sample, at the smallest total Mahalanobis distance.

Source: Zubizarreta, Paredes & Rosenbaum (2014), Annals of Applied Statistics 8, 204-231; Cohn &
Zubizarreta (2022), Epidemiology 33, 544-554 (profiles); Huangfu & Hall (2018), Mathematical
Programming Computation 10 (HiGHS).
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import coo_array, csr_array, vstack

from pbc_eval._validate import did_you_mean
from pbc_eval.errors import DesignError
from pbc_eval.numerics.arrays import Bools, Floats, Ints

Tolerance = float | Mapping[str, float]
USUAL_TOLERANCE = 0.05  # standard deviations
GRAIN = 9  # decimals, in standard deviations, of what is added up against the tolerances


class SelectionProblem(NamedTuple):
    """``columns`` (n, p) in standard deviations, ``tolerances`` (p,) in the same; ``strata`` (n,)
    whole numbers; ``profile`` keeps every focal person; ``time_limit`` in seconds."""

    columns: Floats
    tolerances: Floats
    focal: Bools
    strata: Ints
    ratio: int
    profile: bool
    time_limit: float


class Optimum(NamedTuple):
    """How good a selection is: people of the group that was counted (focal people for a ratio,
    the others for a profile), the most there can be by the solver's bound, and whether that was
    proven to be the number selected."""

    selected: int
    at_most: int
    proven: bool

    @property
    def gap(self) -> float:
        """By what share the largest sample could be larger."""
        return (self.at_most - self.selected) / max(self.selected, 1)


class Selected(NamedTuple):
    """Who was chosen, (n,), and how good the choice is."""

    chosen: Bools
    optimum: Optimum


def largest_balanced(problem: SelectionProblem) -> Selected:
    """Solve one selection. Raises DesignError when no sample at all keeps to the tolerances, or
    none was found in time."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 heavy

    focal = problem.focal
    candidates = np.flatnonzero(~focal) if problem.profile else np.arange(len(focal))
    counted = ~focal[candidates] if problem.profile else focal[candidates]
    rows, upper = _balance_rows(problem, candidates)
    constraints = [LinearConstraint(rows, -np.inf, upper)]
    if not problem.profile:
        constraints.append(LinearConstraint(_ratio_rows(problem), 0, 0))
    solution = milp(
        -counted.astype(np.float64),
        constraints=constraints,
        integrality=np.ones(len(candidates), dtype=np.int64),
        bounds=Bounds(0, 1),
        options={"time_limit": problem.time_limit, "mip_rel_gap": 0.0},
    )
    proven = solution.status == 0
    taken = (
        np.zeros(len(candidates), dtype=bool)
        if solution.x is None
        else np.asarray(solution.x) > 0.5
    )
    number = int((taken & counted).sum())
    if not number and not proven:
        raise DesignError(
            f"match: no balanced sample was found within {problem.time_limit:g} seconds. Pass a "
            "larger time_limit or a wider tolerance, or fewer covariates."
        )
    if not number:
        raise DesignError(
            "match: no sample keeps every covariate within its tolerance. Pass a wider tolerance, "
            "leave out the covariate that the groups do not share, or merge exact strata."
        )
    bound = number if proven else -float(solution.mip_dual_bound or 0.0)
    at_most = max(number, math.floor(bound + 1e-6))
    chosen = np.array(focal & problem.profile)
    chosen[candidates[taken]] = True
    return Selected(chosen, Optimum(number, at_most, proven))


def _balance_rows(problem: SelectionProblem, candidates: Ints) -> tuple[csr_array, Floats]:
    """Rows R with R z <= upper: no mean difference above its tolerance, from either side.

    For a ratio the sums are over chosen focal people less the others' kth part, held against the
    tolerance times the number of focal people; for a profile over the others' distance from the
    focal group's means, against the tolerance times their number.
    """
    focal = problem.focal[candidates]
    if problem.profile:
        gap = problem.columns[candidates] - problem.columns[problem.focal].mean(axis=0)
        count = np.ones(len(candidates))
    else:
        sign = np.where(focal, 1.0, -1.0 / problem.ratio)
        gap = (problem.columns - problem.columns.mean(axis=0)) * sign[:, None]
        count = focal.astype(np.float64)
    limit = count[:, None] * problem.tolerances
    # on a grid: another machine's rounding must not lead the search to another optimum
    both = np.round(np.vstack([(gap - limit).T, (-gap - limit).T]), GRAIN)
    return csr_array(both), np.zeros(len(both))


def _ratio_rows(problem: SelectionProblem) -> csr_array:
    """Rows R with R z = 0: in each stratum, ``ratio`` others for each focal person."""
    _, stratum = np.unique(problem.strata, return_inverse=True)
    weight = np.where(problem.focal, float(problem.ratio), -1.0)
    at = np.arange(len(weight))
    rows = coo_array((weight, (stratum, at)), shape=(int(stratum.max()) + 1, len(weight)))
    return csr_array(vstack([rows]))


def read_tolerances(
    tolerance: Tolerance, names: tuple[str, ...], covariates: Sequence[str]
) -> Floats:
    """Tolerances by column, (p,), in standard deviations. A mapping names covariates, or single
    columns such as "race=black"; the others keep 0.05. Raises DesignError for one that names
    nothing."""
    if not isinstance(tolerance, Mapping):
        return np.full(len(names), float(tolerance))
    known = [*covariates, *(name for name in names if name not in covariates)]
    for name in tolerance:
        if name not in known:
            raise DesignError(
                f"match: tolerance names {name!r}, which is not among the covariates."
                f"{did_you_mean(name, known)} Leave it out, or add the covariate."
            )
    of_covariate = [tolerance.get(name.partition("=")[0], USUAL_TOLERANCE) for name in names]
    return np.array(
        [tolerance.get(name, usual) for name, usual in zip(names, of_covariate, strict=True)],
        dtype=np.float64,
    )
