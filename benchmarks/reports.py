"""Reports a minute: every example, one and two at a time, and the command line one by one.

    python benchmarks/reports.py

Prints wall seconds, CPU seconds and peak memory of each way. No assertion: figures go into notes.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def measured(words: list[str]) -> tuple[float, float]:
    """Wall and CPU seconds of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(words, check=True, cwd=PROJECT, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu


def main() -> None:
    examples = sorted(path.parent for path in PROJECT.glob("data/*/evaluation.yaml"))
    cli = [sys.executable, "-m", "pbc_eval.cli"]
    print(f"{'way':42} {'reports':>7} {'wall s':>7} {'CPU s/report':>13} {'a minute':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            words = [*cli, "batch", "data", "--reports", folder, "--workers", str(workers)]
            show(f"batch, {workers} at a time", len(examples), *measured(words))
        wall = cpu = 0.0
        for example in examples:
            one = measured([*cli, "run", str(example), "--reports", folder])
            wall, cpu = wall + one[0], cpu + one[1]
        show("run, one command after the other", len(examples), wall, cpu)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"largest process: {peak:.0f} MB")


def show(way: str, n: int, wall: float, cpu: float) -> None:
    print(f"{way:42} {n:7d} {wall:7.1f} {cpu / n:13.1f} {60 * n / wall:9.1f}", flush=True)


if __name__ == "__main__":
    main()
