"""Do intervals hold where they failed once, or is there none? Simulated people.

    python benchmarks/coverage_matching_hard.py [samples]     prints docs/coverage-matching-hard.md

Treatment by school, scores near 0 and 1, heavy-tailed scores, outcomes lost in one level more than
in another, people who serve again. The effect is 1 for everybody.
"""

import sys
from collections.abc import Callable

import numpy as np
import pandas as pd

from pbc_eval import Nearest, match, weight
from pbc_eval.errors import PbcError
from pbc_eval.results import AttEstimate

ROLES = {"treatment": "t", "covariates": ["x", "z"], "unit": "id"}
Make = Callable[[np.random.Generator], pd.DataFrame]
Estimate = Callable[[pd.DataFrame], AttEstimate]


def pupils(schools: int, share: float, mixed: bool = False) -> Make:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        school = np.repeat(np.arange(schools), 25)
        n = len(school)
        x, z = rng.normal(size=(2, n))
        t = (rng.permutation(schools) < share * schools)[school]
        if mixed:
            t = rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * x))
        shared = np.sqrt(0.2) * rng.normal(size=schools)[school]
        y = x + z + t + shared + np.sqrt(0.8) * rng.normal(size=n)
        return frame_of(x=x, z=z, t=t, y=y, school=school)

    return make


def apart(strength: float, *, heavy: bool = False, n: int = 600) -> Make:
    def make(rng: np.random.Generator) -> pd.DataFrame:
        x = rng.standard_t(3, size=n) if heavy else rng.normal(size=n)
        z = rng.normal(size=n)
        t = rng.random(n) < 1 / (1 + np.exp(-strength * x))
        return frame_of(x=x, z=z, t=t, y=x + z + t + rng.normal(size=n))

    return make


def lost(rng: np.random.Generator) -> pd.DataFrame:
    """Of those with z = 1 half have no outcome, of the others few."""
    n = 600
    x, z = rng.normal(size=n), (rng.random(n) < 0.4).astype(float)
    t = rng.random(n) < 1 / (1 + np.exp(1 - 0.5 * x - 0.5 * z))
    frame = frame_of(x=x, z=z, t=t, y=x + 2 * z + t + rng.normal(size=n))
    return frame[rng.random(n) > np.where(z == 1, 0.5, 0.1)].reset_index(drop=True)


def frame_of(**columns: np.ndarray) -> pd.DataFrame:
    frame = pd.DataFrame({**columns, "t": columns["t"].astype(int)})
    return frame.assign(id=np.arange(len(frame)))


def matched(by: str, cluster: str | None = None, **asked: object) -> Estimate:
    options = Nearest(caliper=0.2, **asked)
    return lambda frame: match(frame, by=options, **ROLES).effect("y", by, cluster=cluster)


def weighted(method: str, estimand: str = "ATT", cluster: str | None = None) -> Estimate:
    return lambda frame: weight(frame, method=method, estimand=estimand, **ROLES).effect(
        "y", "augmented", cluster=cluster
    )


BY_SCHOOL = {
    "pairs, difference": matched("difference", "school"),
    "pairs, regression": matched("regression", "school"),
    "inverse propensity": weighted("ipw", cluster="school"),
    "entropy balancing": weighted("entropy", cluster="school"),
}
BY_WEIGHTS = {
    f"{words}, {estimand}": weighted(method, estimand)
    for method, words in (("ipw", "inverse propensity"), ("entropy", "entropy balancing"))
    for estimand in ("ATT", "ATE")
}
DESIGNS: dict[str, tuple[Make, dict[str, Estimate]]] = {
    "40 schools, 20 treated": (pupils(40, 0.5), BY_SCHOOL),
    "20 schools, 6 treated": (pupils(20, 0.3), BY_SCHOOL),
    "10 schools, 5 treated": (pupils(10, 0.5), BY_SCHOOL),
    "pupils of 40 schools": (pupils(40, 0.5, mixed=True), BY_SCHOOL),
    "scores between .1 and .9": (apart(0.8), BY_WEIGHTS),
    "scores near 0 and 1": (apart(2.0), BY_WEIGHTS),
    "scores very near 0 and 1": (apart(3.0), BY_WEIGHTS),
    "heavy-tailed scores": (apart(1.5, heavy=True), BY_WEIGHTS),
    "outcomes lost by level": (
        lost,
        {"pairs, regression": matched("regression"), "entropy balancing": weighted("entropy")},
    ),
    "people who serve again": (
        apart(0.8),
        {"with replacement, difference": matched("difference", replacement=True)},
    ),
}


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    print("# Do the intervals hold where they failed?\n")
    print(
        f"{samples} samples a design; effect 1. An interval is not given where a few people carry"
    )
    print("the weight; coverage is of those given. Made by")
    print("`python benchmarks/coverage_matching_hard.py`.\n")
    print("| design | estimator | error ratio | interval given | coverage |")
    print("|---|---|---|---|---|")
    for design, (make, estimators) in DESIGNS.items():
        for name, estimate in estimators.items():
            print(row(design, name, make, estimate, samples), flush=True)


def row(design: str, name: str, make: Make, estimate: Estimate, samples: int) -> str:
    rng = np.random.default_rng(7)
    estimates, errors, hits = [], [], []
    for _ in range(samples):
        try:
            effect = estimate(make(rng))
        except PbcError:
            continue
        if effect.conf_low is None:
            continue
        estimates.append(effect.estimate)
        errors.append(effect.std_error)
        hits.append(effect.conf_low < 1 < effect.conf_high)
    if len(hits) < samples / 20:
        return f"| {design} | {name} | | {len(hits) / samples:.0%} | none |"
    ratio = np.mean(errors) / np.std(estimates)
    share = len(hits) / samples
    return f"| {design} | {name} | {ratio:.2f} | {share:.0%} | {np.mean(hits):.1%} |"


if __name__ == "__main__":
    main()
