"""Difference-in-differences from a Parquet file to the event study, beside other packages.

    python benchmarks/did.py [units ...] [--peers]

Ten periods, five cohorts, 40 % never treated. Every row runs in a process of its own, so that peak
memory is its own; imports and the first connection are paid by a warm-up on a thousand units, which
is not timed. ``--peers`` makes an environment for diff-diff, csdid and pyfixest (kept in
benchmarks/.peers) and times them on the same files, and with our rows in turns, so that a busy
machine slows both. A row that takes longer than ten minutes is stopped and says so.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
PERIODS = 10
PATIENCE = 600  # seconds
WORK = {
    "no covariates, simultaneous bands": ("ours", "diff-diff bands", "diff-diff", "csdid"),
    "two covariates, dr, simultaneous bands": ("ours dr", "diff-diff dr bands", "diff-diff dr"),
    "two-way event study, clustered": ("ours two-way", "pyfixest two-way"),
}


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


def peers_python() -> Path:
    """The interpreter of an environment that holds the other packages."""
    home = HERE / ".peers"
    python = home / "bin" / "python"
    if not python.exists():
        print("making an environment for the other packages (once)", flush=True)
        venv.create(home, with_pip=True)
        wanted = ["-r", str(HERE / "peers.txt")]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


def timed(job: str, files: tuple[Path, Path], peers: Path | None) -> dict[str, float] | str:
    """Seconds to read, seconds from there, peak MB and the overall effect, or why there is none."""
    if not job.startswith("ours") and peers is None:
        return "not run (--peers)"
    python = sys.executable if job.startswith("ours") else str(peers)
    script = "did_ours.py" if job.startswith("ours") else "did_peers.py"
    words = [python, str(HERE / script), job, *map(str, files)]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent), "PYTHONWARNINGS": "ignore"}
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=PATIENCE, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return f"more than {PATIENCE} s"
    if done.returncode:
        return "fails: " + (done.stderr.strip().splitlines() or [f"signal {-done.returncode}"])[-1]
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("units", nargs="*", type=int, default=[100_000, 1_000_000])
    asked.add_argument("--peers", action="store_true")
    asked.add_argument("--only", default="", help="words that the row must hold")
    given = asked.parse_args()
    peers = peers_python() if given.peers else None
    with tempfile.TemporaryDirectory() as folder:
        warm, real = Path(folder, "warm.parquet"), Path(folder, "panel.parquet")
        write_panel(warm, 1_000)
        for units in given.units:
            write_panel(real, units)
            print(f"\n{units:,} units x {PERIODS} periods")
            print(
                f"{'':38} {'read s':>7} {'rest s':>7} {'all s':>7} {'MB':>7} {'ratio':>6}  effect"
            )
            for work, jobs in WORK.items():
                if given.only not in work:
                    continue
                print(work)
                ours = None
                for job in jobs:
                    row = timed(job, (warm, real), peers)
                    if isinstance(row, str):
                        print(f"  {job:36} {row}", flush=True)
                        continue
                    total = row["read"] + row["rest"]
                    ours = ours or total
                    print(
                        f"  {job:36} {row['read']:7.2f} {row['rest']:7.2f} {total:7.2f} "
                        f"{row['peak']:7,.0f} {total / ours:6.1f}  {row['effect']:.6f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
