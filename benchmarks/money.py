"""How long a simulation of social return takes, beside what one would write instead.

    python benchmarks/money.py [draws]

A value map of 50 rows over four years with drop-off; in every row the quantity is normal and the
value a PERT (100 uncertain inputs), or also deadweight triangular (150). Ways:

    pbc_eval          simulate, on one and on two threads
    naive numpy       one array of draws an input and (rows, draws) arrays, in one piece
    SALib-style       a matrix of inputs (SALib's Latin hypercube), a Python function a draw
    pandas loop       one data frame of the map a draw, as a spreadsheet user would

The slow ones are timed on fewer draws and stated a million; every way works out the same ratio.
"""

import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from pbc_eval.agreement.uncertainty import Uncertain
from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.sroi.present_value import SroiResult, social_return
from pbc_eval.sroi.simulate import simulate

ROWS, YEARS, RATE, DROP, INVESTED = 50, 4, 0.035, 0.1, 100_000.0
LOW, HIGH = 30.0, 80.0
READ: TypeAdapter[Uncertain] = TypeAdapter(Uncertain)


def value_map() -> SroiResult:
    rows = [
        ValuedOutcome(
            id=f"row-{k}",
            stakeholder=f"Group {k}",
            outcome="Change",
            quantity=100.0 + k,
            duration=YEARS,
            proxy="Price",
            proxy_value=50.0,
            proxy_source="benchmark",
            deadweight=0.2,
            attribution=0.1,
            drop_off=DROP,
            status="read",
        )
        for k in range(ROWS)
    ]
    return social_return(rows, investment=INVESTED, discount=RATE)


def declared(result: SroiResult, *, shares: bool) -> list[Uncertain]:
    entries = []
    for row in result.outcomes:
        entries += [
            {"row": row.id, "input": "quantity", "type": "normal", "std_dev": 10},
            {"row": row.id, "input": "proxy_value", "type": "pert", "low": LOW, "high": HIGH},
        ]
        if shares:
            entries.append(
                {"row": row.id, "input": "deadweight", "type": "triangular"}
                | {"low": 0.1, "high": 0.4}
            )
    return [READ.validate_python(entry) for entry in entries]


def annuity() -> float:
    return float(sum((1 - DROP) ** k / (1 + RATE) ** (k + 1) for k in range(YEARS)))


def naive_numpy(draws: int) -> float:
    rng = np.random.default_rng(1)
    quantity = rng.normal(100 + np.arange(ROWS)[:, None], 10, (ROWS, draws))
    a, b = 1 + 4 * 20 / 50, 1 + 4 * 30 / 50
    value = LOW + (HIGH - LOW) * rng.beta(a, b, (ROWS, draws))
    impact = quantity * value * (1 - 0.2) * (1 - 0.1)
    present = np.zeros(draws)
    for k in range(YEARS):
        present += impact.sum(axis=0) * (1 - DROP) ** k / (1 + RATE) ** (k + 1)
    return float((present / INVESTED).mean())


def salib_style(draws: int) -> float:
    from SALib.sample import latin
    from scipy.stats import beta, norm

    problem = {
        "num_vars": 2 * ROWS,
        "names": [f"x{k}" for k in range(2 * ROWS)],
        "bounds": [[0, 1]] * (2 * ROWS),
    }
    points = latin.sample(problem, draws, seed=1)
    centre = 100 + np.arange(ROWS)
    ratios = []
    for point in points:
        quantity = norm.ppf(point[:ROWS], centre, 10)
        value = beta.ppf(point[ROWS:], 2.6, 3.4, LOW, HIGH - LOW)
        impact = quantity * value * (1 - 0.2) * (1 - 0.1)
        ratios.append(float(impact.sum()) * annuity() / INVESTED)
    return float(np.mean(ratios))


def pandas_loop(draws: int) -> float:
    rng = np.random.default_rng(1)
    ratios = []
    for _ in range(draws):
        frame = pd.DataFrame(
            {
                "quantity": rng.normal(100 + np.arange(ROWS), 10),
                "value": LOW + (HIGH - LOW) * rng.beta(2.6, 3.4, ROWS),
                "deadweight": 0.2,
                "attribution": 0.1,
            }
        )
        impact = (
            frame["quantity"]
            * frame["value"]
            * (1 - frame["deadweight"])
            * (1 - frame["attribution"])
        )
        present = 0.0
        for k in range(YEARS):
            present += float((impact * (1 - DROP) ** k).sum()) / (1 + RATE) ** (k + 1)
        ratios.append(present / INVESTED)
    return float(np.mean(ratios))


def timed(run: Callable[[], float], times: int) -> tuple[float, float]:
    """The best of several runs, in seconds, and what it found."""
    best, found = float("inf"), 0.0
    for _ in range(times):
        start = time.perf_counter()
        found = run()
        best = min(best, time.perf_counter() - start)
    return best, found


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    result = value_map()
    two, three = (declared(result, shares=shares) for shares in (False, True))
    print(
        f"{'way':34} {'draws':>10} {'seconds':>8} {'s a million':>12} {'ratio to ours':>14}  mean"
    )
    ours = 0.0
    for name, entries, threads in (
        ("pbc_eval, 100 inputs, 2 threads", two, 2),
        ("pbc_eval, 100 inputs, 1 thread", two, 1),
        ("pbc_eval, 150 inputs, 2 threads", three, 2),
    ):

        def run(entries: list[Uncertain] = entries, threads: int = threads) -> float:
            return simulate(result, entries, draws=draws, seed=1, threads=threads).mean("ratio")

        seconds, mean = timed(run, 3)
        ours = ours or seconds
        show(name, draws, seconds, mean, ours, draws)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory so far: {peak:.0f} MB", flush=True)
    for name, way, count, times in (
        ("naive numpy, 100 inputs", naive_numpy, draws, 1),
        ("SALib-style function a draw", salib_style, 2_000, 2),
        ("pandas loop over draws", pandas_loop, 1_000, 2),
    ):
        seconds, mean = timed(lambda way=way, count=count: way(count), times)  # type: ignore[misc]
        show(name, count, seconds, mean, ours, draws)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory at the end: {peak:.0f} MB")


def show(way: str, count: int, seconds: float, mean: float, ours: float, draws: int) -> None:
    a_million = seconds * 1_000_000 / count
    ratio = a_million / (ours * 1_000_000 / draws)
    print(
        f"{way:34} {count:10,d} {seconds:8.2f} {a_million:12.2f} {ratio:14.1f}  {mean:.4f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
