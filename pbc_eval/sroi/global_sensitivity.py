"""Global sensitivity: how much of the uncertainty of the return goes with each input (Sobol).

The first-order index is the share of the variance that knowing the input would take away; the
total index adds what it does together with others. The one home of SALib.

Sources: Sobol (2001), Mathematics and Computers in Simulation 55; Saltelli et al. (2010), Computer
Physics Communications 181; Herman & Usher (2017), "SALib", JOSS 2(9).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from SALib.analyze import sobol as analyze
from SALib.sample import sobol as sample
from scipy.special import ndtri

from pbc_eval._validate import check_choice
from pbc_eval.agreement.uncertainty import RANGES, Correlation, Uncertain
from pbc_eval.errors import ValueMapError
from pbc_eval.numerics.arrays import Floats
from pbc_eval.results import MeasuredOutcome
from pbc_eval.sroi.plan import Plan, plan_of
from pbc_eval.sroi.present_value import SroiResult

LEVEL = 0.95


class SobolIndex(NamedTuple):
    """Shares of the variance that go with one input, each with the half-width of its 95 % interval
    (bootstrap)."""

    name: str
    first: float
    first_error: float
    total: float
    total_error: float


def sobol_indices(
    result: SroiResult,
    uncertain: Sequence[Uncertain],
    correlations: Sequence[Correlation] = (),
    *,
    of: Literal["net_present_value", "ratio"] = "net_present_value",
    base: int = 4096,
    seed: int,
    results: Mapping[str, MeasuredOutcome] | None = None,
) -> tuple[SobolIndex, ...]:
    """First-order and total indices of every uncertain input, largest total first.

    ``base`` is a power of two; the map is valued ``base`` times (inputs + 2). The payment is held
    at what was stated. Raises ValueMapError for correlated inputs (the indices presume
    independence), for fewer than two inputs that vary, and as ``simulate`` does.
    """
    check_choice("sobol_indices", "of", of, ("net_present_value", "ratio"), ValueMapError)
    if correlations:
        raise ValueMapError(
            "sobol_indices: these indices presume that inputs are independent, but correlations "
            "are given. Use the value of information, which does not."
        )
    if base < 2 or base & (base - 1):
        raise ValueMapError(f"sobol_indices: base must be a power of two, got {base}.")
    plan = plan_of(result, uncertain, results=results)
    errors = {name: (results or {})[name].std_error for name in plan.estimates}
    vary = [i for i, entry in enumerate(uncertain) if entry.type != "fixed"]
    at = len(plan.distributions)
    vary += [at + k for k, name in enumerate(plan.estimates) if errors[name]]
    if len(vary) < 2:
        raise ValueMapError("sobol_indices: needs at least two inputs that vary.")
    names = [plan.names[i] for i in vary]
    problem = {
        "num_vars": len(vary),
        "names": names,
        "bounds": [[0.0, 1.0]] * len(vary),
    }
    stream = seed % 2**32 or 1  # SALib takes 0 for none
    cube = sample.sample(problem, base, calc_second_order=False, seed=stream)
    values = _inputs(plan, vary, np.clip(cube.T, 2.0**-40, 1 - 2.0**-40), results or {})
    present = plan.model.present_value(values)
    invested = plan.invested(values)
    output = present / invested if of == "ratio" else present - invested
    spread = float(output.std())
    if not spread > 0:
        raise ValueMapError("sobol_indices: nothing varies, so there is nothing to share out.")
    indices = analyze.analyze(
        problem,
        (output - output.mean()) / spread,
        calc_second_order=False,
        conf_level=LEVEL,
        seed=stream,
    )
    entries = [
        SobolIndex(name, *(float(indices[key][k]) for key in ("S1", "S1_conf", "ST", "ST_conf")))
        for k, name in enumerate(names)
    ]
    return tuple(sorted(entries, key=lambda entry: -entry.total))


def _inputs(
    plan: Plan, vary: Sequence[int], cube: Floats, results: Mapping[str, MeasuredOutcome]
) -> Floats:
    """Draws (n_names, n) at points of the unit cube, (n_vary, n)."""
    n, at = cube.shape[1], len(plan.distributions)
    values = np.empty((len(plan.names), n))
    place = {position: k for k, position in enumerate(vary)}
    half = np.full(n, 0.5)
    for position, distribution in enumerate(plan.distributions):
        p = cube[place[position]] if position in place else half
        values[position] = distribution.quantile(p)
    least, most = RANGES["duration"]
    for position in plan.whole:
        np.clip(np.rint(values[position]), least, most, out=values[position])
    for k, (name, scale) in enumerate(zip(plan.estimates, plan.scales, strict=True)):
        effect, error = float(results[name].effect or 0.0), results[name].std_error
        if at + k in place and error:
            values[at + k] = scale * (effect + error * ndtri(cube[place[at + k]]))
        else:
            values[at + k] = scale * effect
    return values
