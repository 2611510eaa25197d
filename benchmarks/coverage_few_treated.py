"""Do intervals for few treated units hold what they promise? Simulated panels.

    python benchmarks/coverage_few_treated.py [samples]      prints docs/coverage-few-treated.md

Forty groups, of which one, two or three are treated from period 3 of 5 on, of one size and of
sizes from 1 to 40 (errors' variance is one over the size), without an effect; and one treated unit
seen for long, whose errors carry over from one period to the next.
"""

import sys
from dataclasses import replace

import numpy as np
import pandas as pd

import pbc_eval as pbc
from pbc_eval.did.conformal import Permutations, judge_gap
from pbc_eval.did.few_treated import By, GroupPaths, judge_groups
from pbc_eval.did.saturated_average import saturated_average

SEED = 2_011
SIZES = [4, 9, 2, 25, 12, 1, 40, 16]


def coverage(
    treated: int,
    compared: int,
    sizes: list[float],
    by: By,
    samples: int,
    *,
    seed: int = SEED,
    heavy: bool = False,
) -> float:
    """The share of samples whose interval holds the truth; units in turn are of ``sizes``."""
    panel = blank(treated, compared, sizes)
    arrays = panel.arrays()
    loads = saturated_average(panel, "interaction_weighted", "coverage", most=10**5).loads
    draw, held = np.random.default_rng(seed), 0
    size = arrays.weight
    for _ in range(samples):
        error = draw.standard_t(3, arrays.outcome.shape) if heavy else draw.normal(
            size=arrays.outcome.shape
        )  # fmt: skip
        outcome = error / np.sqrt(size)[:, None]
        paths = [np.average(outcome[arrays.cohort == c], 0, size[arrays.cohort == c])
                 for c in range(len(loads))]  # fmt: skip
        made = judge_groups(
            GroupPaths.of(replace(arrays, outcome=outcome), loads, by, clustered=False),
            loads,
            float((loads * np.array(paths)).sum()),
            by=by,
            level=0.95,
        )
        held += made.conf_low <= 0 <= made.conf_high
    return held / samples


def blank(treated: int, compared: int, sizes: list[float]) -> pbc.Panel:
    """Units of those sizes, the first of them treated from period 3 of 5 on."""
    n = treated + compared
    frame = pd.DataFrame({"u": np.repeat(np.arange(n), 5), "t": [1, 2, 3, 4, 5] * n})
    frame["g"] = np.where(frame["u"] < treated, 3, 0)
    frame["m"] = np.repeat(np.resize(np.asarray(sizes, dtype=float), n), 5)
    frame["y"] = frame["u"] * frame["t"] % 7.0
    return pbc.Panel.from_data(frame, unit="u", time="t", outcome="y", cohort="g", weight="m")


def coverage_over_time(
    before: int, after: int, lasting: float, permutations: Permutations, samples: int
) -> float:
    """The same of conformal inference; errors carry over by ``lasting``."""
    draw, held, periods = np.random.default_rng(SEED), 0, before + after
    for _ in range(samples):
        error = draw.normal(size=periods)
        for t in range(1, periods):
            error[t] = lasting * error[t - 1] + np.sqrt(1 - lasting**2) * error[t]
        made = judge_gap(error, before, permutations=permutations, level=0.95)
        held += made.conf_low <= 0 <= made.conf_high
    return held / samples


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    error = 100 * np.sqrt(0.95 * 0.05 / samples)
    print("# Do intervals for few treated units hold what they promise?\n")
    print(f"{samples:,} samples a line, where 95 % is promised (one Monte Carlo standard error is")
    print(f"{error:.1f} points), by `python benchmarks/coverage_few_treated.py` (seed {SEED}).")
    print("*t* errors have three degrees of freedom: heavy tails.\n")
    print("## Groups\n")
    print("Forty groups, two periods before and three after; where sizes differ, those of the")
    print("comparison go from 1 to 40, and errors' variance is one over the size.\n")
    print("| treated | sizes | `conley_taber` | `ferman_pinto` |")
    print("|---|---|---|---|")
    for treated in (1, 2, 3):
        rows = [("all alike", [1.0], False), ("all alike, t errors", [1.0], True)]
        rows += [(f"treated of size {size}", [size] * treated + SIZES * 5, False)
                 for size in (1, 4, 40)]  # fmt: skip
        for words, sizes, heavy in rows:
            ways: tuple[By, ...] = ("conley_taber", "ferman_pinto")
            held = [
                coverage(treated, 40 - treated, sizes[:40], by, samples, heavy=heavy)
                for by in ways[: len(set(sizes))]
            ]
            cells = " | ".join([*(f"{100 * share:.1f} %" for share in held), "refused"][:2])
            print(f"| {treated} of 40 | {words} | {cells} |", flush=True)
    print("\n## Periods\n")
    print(
        "The gap between a treated unit and its comparison; errors carry over by so much from one"
    )
    print(f"period to the next. Of `all` {max(200, samples // 10):,} samples a line.\n")
    print("| periods before, after | carried over | `moving_block` | `all` |")
    print("|---|---|---|---|")
    for before, after in ((20, 4), (40, 8), (90, 10)):
        for lasting in (0.0, 0.3, 0.6):
            held = [coverage_over_time(before, after, lasting, "moving_block", samples)]
            held.append(coverage_over_time(before, after, lasting, "all", max(200, samples // 10)))
            cells = " | ".join(f"{100 * share:.1f} %" for share in held)
            print(f"| {before}, {after} | {lasting} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
