"""How long matching takes, from a frame to weights and balance, beside R's MatchIt.

    python benchmarks/matching.py [people ...]

Twenty per cent treated, six covariates. Each row runs in a process of its own, so that peak memory
is its own and nothing is warm. R's MatchIt (Debian: r-cran-matchit) is run in its own process on
the same data when it is installed, timed inside R without reading the data; without it the column
says so. A row that takes longer than five minutes is stopped and says so.
"""

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from pbc_eval.matching.match import match
from pbc_eval.matching.weight import weight

SIZES = (100_000, 1_000_000)
PATIENCE = 300  # seconds
COVARIATES = [f"x{j}" for j in range(6)]
OURS = {
    "nearest, caliper 0.2": {"caliper": 0.2},
    "nearest, with replacement": {"replacement": True},
    "Mahalanobis, with replacement": {"distance": "mahalanobis", "replacement": True},
    "Mahalanobis, without": {"distance": "mahalanobis"},
    "optimal": {"method": "optimal"},
    "full": {"method": "full"},
    "subclass": {"method": "subclass"},
    "coarsened, 4 bins": {"method": "coarsened", "cutpoints": 4},
    "inverse propensity": {"weights": "ipw"},
    "entropy balancing": {"weights": "entropy"},
}
THEIRS = {
    "nearest, caliper 0.2": "method = 'nearest', caliper = 0.2",
    "nearest, with replacement": "method = 'nearest', replace = TRUE",
    "Mahalanobis, with replacement": "method = 'nearest', distance = 'mahalanobis', replace = TRUE",
    "Mahalanobis, without": "method = 'nearest', distance = 'mahalanobis'",
    "optimal": "method = 'optimal'",
    "full": "method = 'full'",
    "subclass": "method = 'subclass'",
    "coarsened, 4 bins": "method = 'cem', cutpoints = 4",
}
IN_R = """
frame <- read.csv('{data}')
suppressMessages(library(MatchIt))
start <- proc.time()[['elapsed']]
found <- matchit(treated ~ x0 + x1 + x2 + x3 + x4 + x5, data = frame, {call})
weights <- found$weights
balance <- summary(found)
cat(proc.time()[['elapsed']] - start)
"""


def people(n: int) -> pd.DataFrame:
    """People whose chance of treatment depends on their covariates, a fifth of them treated."""
    rng = np.random.default_rng(n)
    columns = rng.normal(size=(n, len(COVARIATES)))
    lean = columns @ np.array([0.4, 0.3, -0.3, 0.2, 0.1, 0.0]) - 1.55
    frame = pd.DataFrame(columns, columns=COVARIATES)
    frame["treated"] = (rng.random(n) < 1 / (1 + np.exp(-lean))).astype(int)
    return frame


def run(n: int, name: str, answers: "multiprocessing.Queue[tuple[float, float, float]]") -> None:
    """Seconds, peak megabytes and the largest standardised difference of one row."""
    frame = people(n)
    asked = dict(OURS[name])
    kind = asked.pop("weights", None)
    start = time.perf_counter()
    common = {"treatment": "treated", "covariates": COVARIATES}
    sample = weight(frame, method=kind, **common) if kind else match(frame, **common, **asked)
    largest = float((sample.weights > 0).any() and sample.balance()["std_diff_after"].abs().max())
    answers.put((time.perf_counter() - start, memory(), largest))


def in_a_process(n: int, name: str) -> str:
    """Our cell of the table: seconds, memory, balance; or that patience ran out."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=run, args=(n, name, answers))
    process.start()
    process.join(PATIENCE)
    if process.is_alive():
        process.terminate()
        process.join()
        return f"above {PATIENCE} s | |"
    if process.exitcode:
        return "stopped with an error | |"
    seconds, megabytes, largest = answers.get()
    return f"{seconds:.2f} s | {megabytes:,.0f} MB | {largest:.1%}"


def in_r(data: Path, name: str) -> str:
    """R's cell of the table."""
    program = shutil.which("Rscript")
    if program is None:
        return "R is not installed"
    if name not in THEIRS:
        return "not in MatchIt"
    script = IN_R.format(data=data, call=THEIRS[name])
    try:
        found = subprocess.run(
            [program, "-e", script],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
    except subprocess.TimeoutExpired:
        return f"above {PATIENCE} s"
    if found.returncode:
        last = found.stderr.strip().splitlines()
        return f"refused: {last[-1][:60]}" if last else "failed"
    return f"{float(found.stdout.split()[-1]):.2f} s"


def memory() -> float:
    """Peak memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(sizes: list[int]) -> None:
    print("| people | method | ours | peak memory | largest difference | R MatchIt |")
    print("|---|---|---|---|---|---|")
    for n in sizes:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "people.csv"
            if shutil.which("Rscript"):
                people(n).to_csv(data, index=False)
            for name in OURS:
                print(
                    f"| {n:,} | {name} | {in_a_process(n, name)} | {in_r(data, name)} |", flush=True
                )


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or list(SIZES))
