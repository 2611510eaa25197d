"""People in DuckDB, matched in cells or weighted by a score: by sums in the engine, and by rows.

    python benchmarks/people.py coarsened sums 10000000
    python benchmarks/people.py ipw rows 1000000
    python benchmarks/people.py all 1000000        # all four, a process each

A made-up table of people with five characteristics is written to a Parquet file first. From there
to effect, error and balance: seconds, CPU seconds and the largest memory of the process.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

import duckdb

import pbc_eval as pbc
from pbc_eval.panel.source import open_source, read_frame

ROWS = """
SELECT i AS person, 18 + hash(i) % 48 AS age,
       exp(9 + (hash(i + 7) % 10007) / 10007.0 * 1.5) AS income,
       ['north', 'south', 'east', 'west'][(1 + hash(i + 13) % 4)::INT] AS area,
       (hash(i + 23) % 2)::INT AS woman, (hash(i + 31) % 5)::INT AS children
FROM range({n}) r(i)
"""
PEOPLE = """
SELECT *, (hash(person + 41) % 1000 < 100 + 4 * (age - 18) + 50 * woman)::INT AS treated,
       age / 10.0 + sin(person * 12.9898) + children / 3.0 AS before
FROM ({rows})
"""
COVARIATES = ["age", "income", "area", "woman", "children"]
CUTS = {"age": [25, 35, 45, 55], "income": "q4", "children": [1, 3]}


def written(n: int) -> str:
    """A Parquet file of ``n`` people."""
    file = os.path.join(tempfile.mkdtemp(), "people.parquet")
    people = PEOPLE.format(rows=ROWS.format(n=n))
    duckdb.sql(people).project("*, before + 0.5 * treated AS outcome").write_parquet(file)
    return file


def compared(algorithm: str, how: str, file: str) -> tuple[float, float]:
    """Effect and error."""
    by = pbc.Coarsened(cutpoints=CUTS) if algorithm == "coarsened" else pbc.InversePropensity()
    roles = {"treatment": "treated", "covariates": COVARIATES, "unit": "person", "by": by}
    if how == "sums":
        sample = pbc.match_in_engine(open_source(file), **roles)
    else:
        build = pbc.match if algorithm == "coarsened" else pbc.weight
        sample = build(read_frame(file), **roles)
    sample.balance()
    estimate = sample.effect("outcome", "regression" if algorithm == "coarsened" else "augmented")
    return estimate.estimate, estimate.std_error


def run(algorithm: str, how: str, n: int) -> None:
    file = written(n)
    begun, used = time.perf_counter(), time.process_time()
    effect, error = compared(algorithm, how, file)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{algorithm:10} {how:5} {n:>12,} people {seconds:7.1f} s {cpu:7.1f} CPU s "
        f"{memory:5.1f} GB   {effect:.9f} ({error:.9f})",
        flush=True,
    )


def main() -> None:
    if sys.argv[1] == "all":
        for algorithm in ("coarsened", "ipw"):
            for how in ("sums", "rows"):
                command = [sys.executable, __file__, algorithm, how, sys.argv[2]]
                subprocess.run(command, check=True)
        return
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]))


if __name__ == "__main__":
    main()
