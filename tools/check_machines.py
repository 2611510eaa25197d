"""Do the examples come out the same on another processor? Rendered on one, verified on another.

    python tools/check_machines.py [--evaluations data] [--render Nehalem] [--verify Haswell]

The processors are emulated: OpenBLAS, which does the linear algebra, has a kernel for each, and
takes the one that OPENBLAS_CORETYPE names; the one it verifies with works in two threads. Every
published edition must be identical, or hold the same numbers. The exit code says whether it does.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PROCESSORS = ("x86_64", "AMD64")  # for which the kernels below are made


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--evaluations", type=Path, default=PROJECT / "data")
    asked.add_argument("--render", default="Nehalem")
    asked.add_argument("--verify", default="Haswell")
    asked.add_argument("--workers", default="2")
    given = asked.parse_args()
    if platform.machine() not in PROCESSORS:
        print(f"{platform.machine()}: there is no other processor to emulate here.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        reports = Path(folder) / "reports"
        made = run(
            given.render,
            1,
            "batch",
            str(given.evaluations),
            "--reports",
            str(reports),
            "--workers",
            given.workers,
        )
        if made:
            return made
        os.symlink(given.evaluations.resolve(), Path(folder) / "data")
        editions = sorted(str(path.parent) for path in reports.glob("[!.]*/[!.]*/manifest.json"))
        return run(given.verify, 2, "verify", *editions, cwd=folder)


def run(processor: str, threads: int, *words: str, cwd: str | Path = PROJECT) -> int:
    """``pbc-eval`` with these words on that processor; its exit code."""
    environment = os.environ | {
        "OPENBLAS_CORETYPE": processor,
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    print(f"{processor}, {threads} thread{'s' * (threads > 1)}: {words[0]}", flush=True)
    command = [sys.executable, "-m", "pbc_eval", *words]
    return subprocess.run(command, env=environment, cwd=cwd, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
