"""How long it takes to hide what is small in two-way tables, and how far from the optimum it ends.

    python benchmarks/disclosure.py [rows ...]

Square tables with margins, Poisson counts around a mean that varies by cell, threshold 10; three
seeds each. "audit" works out the interval of every hidden cell in whole numbers.
"""

import argparse
import time

import numpy as np

from pbc_eval.disclosure import SuppressionProblem, audit, cross_table_relations, protect

SIZES = (10, 30)
MEAN = {10: 40, 30: 100}
THRESHOLD = 10.0


def problem(size: int, seed: int) -> SuppressionProblem:
    random = np.random.default_rng(seed)
    full = np.zeros((size + 1, size + 1))
    spread = random.gamma(1.5, MEAN.get(size, 60) / 1.5, (size, size))
    full[:-1, :-1] = random.poisson(spread)
    full[-1, :-1] = full[:-1, :-1].sum(axis=0)
    full[:, -1] = full[:, :-1].sum(axis=1)
    values = full.ravel()
    n = values.size
    return SuppressionProblem(
        values=values,
        relations=cross_table_relations(size, size),
        decision=np.arange(n),
        cost=np.where(values == 0, values.sum() + 1, values),
        sensitive=(values > 0) & (values < THRESHOLD),
        low=np.ones(n),
        high=np.full(n, THRESHOLD),
        least=np.where(values > 0, 1.0, 0.0),
        always=np.zeros(n, dtype=bool),
        never=np.zeros(n, dtype=bool),
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("sizes", nargs="*", type=int, default=SIZES)
    print("table      small  hidden  seconds  rounds   gap  audit, seconds")
    for size in options.parse_args().sizes:
        for seed in range(3):
            posed = problem(size, seed)
            started = time.perf_counter()
            pattern = protect(posed)
            solved = time.perf_counter()
            audit(posed.relations, posed.values, pattern.hidden, least=posed.least)
            print(
                f"{size:3} x {size:<3} {posed.sensitive.sum():7} {pattern.hidden.sum():7} "
                f"{solved - started:8.2f} {pattern.rounds:7} {pattern.gap:5.1%} "
                f"{time.perf_counter() - solved:15.2f}"
            )


if __name__ == "__main__":
    main()
