"""How long matching takes, from a frame to weights and balance.

    python benchmarks/matching.py [people ...]

Twenty per cent treated, six covariates, 1:1 nearest on the propensity score, caliper 0.2. Each
size runs in a process of its own, so that peak memory is its own.
"""

import multiprocessing
import resource
import sys
import time

import numpy as np
import pandas as pd

from pbc_eval.matching.match import match

SIZES = (100_000, 1_000_000)
COVARIATES = [f"x{j}" for j in range(6)]


def people(n: int) -> pd.DataFrame:
    """People whose chance of treatment depends on their covariates, a fifth of them treated."""
    rng = np.random.default_rng(n)
    columns = rng.normal(size=(n, len(COVARIATES)))
    lean = columns @ np.array([0.4, 0.3, -0.3, 0.2, 0.1, 0.0]) - 1.55
    frame = pd.DataFrame(columns, columns=COVARIATES)
    frame["treated"] = (rng.random(n) < 1 / (1 + np.exp(-lean))).astype(int)
    return frame


def run(n: int) -> None:
    frame = people(n)
    before = memory()
    start = time.perf_counter()
    sample = match(frame, treatment="treated", covariates=COVARIATES, caliper=0.2)
    matched = time.perf_counter()
    weights = sample.weights
    balance = sample.balance()
    finished = time.perf_counter()
    worst = balance["std_diff_after"].abs().max()
    print(
        f"{n:>9,} people, {int((weights > 0).sum()):>7,} matched: match {matched - start:5.2f} s, "
        f"weights and balance {finished - matched:5.2f} s, peak memory {memory():,.0f} MB "
        f"({before:,.0f} MB before), largest difference {worst:.1%}"
    )


def memory() -> float:
    """Peak memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    for size in [int(argument) for argument in sys.argv[1:]] or SIZES:
        process = multiprocessing.get_context("spawn").Process(target=run, args=(size,))
        process.start()
        process.join()
