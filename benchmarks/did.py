"""Parquet to event study with simultaneous bands: one million units over ten periods.

    python benchmarks/did.py [units] [none|covariates]

Prints seconds for reading and checking, estimating and averaging, and the peak memory of the
process; "covariates" reads two and adjusts doubly robustly. Imports and the first connection are
paid by a warm-up on a thousand units. Packages found in the environment (pyfixest, differences,
moderndid) are not needed and not run: install them in an environment of their own and time them on
the file that ``write_panel`` makes.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pbc_eval.did.group_time import att_gt
from pbc_eval.panel.panel import Panel

PERIODS = 10


def write_panel(path: Path, units: int) -> None:
    """Five cohorts of 12 % of the units each, 40 % never treated; unit and period effects."""
    duckdb.connect().execute(
        f"""
        COPY (
            SELECT u AS unit, 2000 + t AS year,
                   CASE WHEN u % 100 >= 60 THEN 0 ELSE 2003 + (u % 5) END AS cohort,
                   (u % 97) / 97.0 AS age, (hash(u) % 1000) / 1000.0 AS income,
                   (u % 97) * 0.1 + t * 0.2 + random() AS outcome
            FROM range({units}) a(u), range({PERIODS}) b(t)
        ) TO '{path}' (FORMAT parquet)
        """  # noqa: S608 (numbers and a path of our own)
    )


def event_study(path: Path, covariates: tuple[str, ...]) -> tuple[float, float]:
    """Seconds to read and check the panel, and from there to the event study."""
    start = time.perf_counter()
    panel = Panel.from_data(
        path, unit="unit", time="year", outcome="outcome", cohort="cohort", covariates=covariates
    )
    read = time.perf_counter()
    att_gt(panel).aggregate("event", bands="simultaneous")
    return read - start, time.perf_counter() - read


def main() -> None:
    units = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    covariates = ("age", "income") if "covariates" in sys.argv else ()
    with tempfile.TemporaryDirectory() as folder:
        warm, real = Path(folder, "warm.parquet"), Path(folder, "panel.parquet")
        write_panel(warm, 1_000)
        write_panel(real, units)
        event_study(warm, covariates)
        for run in (1, 2, 3):
            read, estimate = event_study(real, covariates)
            print(
                f"run {run}: read and check {read:.2f} s, estimate {estimate:.2f} s, "
                f"total {read + estimate:.2f} s"
            )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = f"{len(covariates)} covariates"
    print(f"{units:,} units x {PERIODS} periods, {used}; peak memory {peak:,.0f} MB")


if __name__ == "__main__":
    main()
