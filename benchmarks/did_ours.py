"""One row of benchmarks/did.py: ours. Prints JSON. Called with a job, a warm-up file and a file."""

import json
import resource
import sys
import time

from pbc_eval.did.group_time import att_gt
from pbc_eval.did.two_way_event_study import two_way_event_study
from pbc_eval.panel.panel import Panel


def run(job: str, path: str) -> tuple[float, float, float]:
    """Seconds to read and check, seconds from there to the event study, its overall effect."""
    covariates = ("age", "income") if job == "ours dr" else ()
    start = time.perf_counter()
    panel = Panel.from_data(
        path, unit="unit", time="year", outcome="outcome", cohort="cohort", covariates=covariates
    )
    read = time.perf_counter()
    if job == "ours two-way":
        effect = two_way_event_study(panel).estimate
    else:
        effect = att_gt(panel).aggregate("event", bands="simultaneous").estimate
    return read - start, time.perf_counter() - read, effect


def main() -> None:
    job, warm, real = sys.argv[1:]
    run(job, warm)
    # The better of two: the first fills the memory that the process is given.
    read, rest, effect = min((run(job, real) for _ in range(2)), key=lambda row: row[0] + row[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"read": read, "rest": rest, "effect": effect, "peak": peak}))


if __name__ == "__main__":
    main()
