"""Makes schools.csv of both editions and truth.csv: synthetic, no school is real.

    python data/school-attendance/generate.py

60 schools over 9 terms. A family-support service starts in term 4 (20 schools) and term 6 (15); 25
never have it. The share of pupils who are often absent is a binomial draw; the true effect on each
school and term is known. The first edition knew seven terms, and five schools had then counted
pupils who had already left: their shares were too high, and were corrected afterwards.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SEED = 3
TERMS = np.arange(1, 10)
STARTS = np.repeat([4, 6, 0], [20, 15, 25])
EFFECT_BY_TERMS_SINCE_START = np.array([-0.012, -0.024, -0.030])  # the last one persists
FIRST_EDITION = 7  # terms that it knew
MISCOUNTED = ["S04", "S13", "S29", "S37", "S52"]


def main() -> None:
    rng = np.random.default_rng(SEED)
    n = len(STARTS)
    start = rng.permutation(STARTS)
    pupils = rng.integers(280, 1400, n)
    level = 0.17 + 0.03 * rng.standard_normal(n) + 0.015 * (start > 0)  # the treated start worse
    season = np.where(TERMS % 3 == 2, 0.012, 0.0)  # the winter term
    trend = 0.0015 * (TERMS - 1)
    shock = 0.006 * rng.standard_normal((n, len(TERMS)))
    since = TERMS[None, :] - start[:, None]
    treated = (start[:, None] > 0) & (since >= 0)
    effect = np.where(treated, EFFECT_BY_TERMS_SINCE_START[np.clip(since, 0, 2)], 0.0)
    chance = np.clip(level[:, None] + season + trend + shock + effect, 0.01, 0.9)
    absent = rng.binomial(pupils[:, None], chance)

    frame = pd.DataFrame(
        {
            "school": np.repeat([f"S{i:02d}" for i in range(1, n + 1)], len(TERMS)),
            "term": np.tile(TERMS, n),
            "service_start": np.repeat(start, len(TERMS)),
            "pupils": np.repeat(pupils, len(TERMS)),
            "often_absent": (absent / pupils[:, None]).round(5).ravel(),
        }
    )
    frame.to_csv(HERE / "schools.csv", index=False)

    # A school that starts after the last term known counts as not treated yet.
    early = frame[frame["term"] <= FIRST_EDITION].copy()
    wrong = early["school"].isin(MISCOUNTED) & (early["term"] >= FIRST_EDITION - 1)
    early.loc[wrong, "often_absent"] = (early.loc[wrong, "often_absent"] * 1.15).round(5)
    early.to_csv(HERE / "earlier" / "2025-1" / "schools.csv", index=False)

    weights = np.broadcast_to(pupils[:, None], treated.shape)[treated]
    truth = pd.DataFrame(
        {
            "quantity": ["average effect, share of pupils", "pupil-terms of absence avoided"],
            "value": [
                np.average(effect[treated], weights=weights),
                -(effect[treated] * weights).sum(),
            ],
        }
    )
    truth.to_csv(HERE / "truth.csv", index=False)


if __name__ == "__main__":
    main()
