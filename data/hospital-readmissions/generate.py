"""Makes hospitals.csv, truth.csv, performance.csv and survey.csv: synthetic, no hospital is real.

    python data/hospital-readmissions/generate.py

120 hospitals over 16 quarters. A discharge-support service starts in quarter 7 (30 hospitals),
10 (30) or 13 (20); 40 never have it. Readmissions are binomial draws; the true effect on each
treated hospital-quarter is known, so the report's estimate can be held against the truth.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SEED = 1
QUARTERS = np.arange(1, 17)
STARTS = np.repeat([7, 10, 13, 0], [30, 30, 20, 40])
EFFECT_BY_QUARTERS_SINCE_START = np.array([-1.2, -1.8, -2.4])  # per 100; the last one persists


def main() -> None:
    rng = np.random.default_rng(SEED)
    n = len(STARTS)
    start = rng.permutation(STARTS)
    discharges = rng.integers(150, 601, n)
    level = 21 + 2.5 * rng.standard_normal(n) + 1.0 * (start > 0)  # the treated start worse
    season = 0.8 * np.cos(2 * np.pi * (QUARTERS - 1) / 4)
    trend = -0.06 * (QUARTERS - 1)
    shock = 0.8 * rng.standard_normal((n, len(QUARTERS)))
    since = QUARTERS[None, :] - start[:, None]
    treated = (start[:, None] > 0) & (since >= 0)
    effect = np.where(treated, EFFECT_BY_QUARTERS_SINCE_START[np.clip(since, 0, 2)], 0.0)
    untreated_rate = level[:, None] + season + trend + shock
    readmitted = rng.binomial(discharges[:, None], np.clip(untreated_rate + effect, 1, 60) / 100)

    frame = pd.DataFrame(
        {
            "hospital": np.repeat([f"H{i:03d}" for i in range(1, n + 1)], len(QUARTERS)),
            "quarter": np.tile(QUARTERS, n),
            "service_start": np.repeat(start, len(QUARTERS)),
            "discharges": np.repeat(discharges, len(QUARTERS)),
            "readmissions_per_100": (100 * readmitted / discharges[:, None]).round(4).ravel(),
        }
    )
    # Two hospitals failed to report one quarter each, as happens; the ledger shows them.
    lost = ((frame["hospital"] == "H017") & (frame["quarter"] == 5)) | (
        (frame["hospital"] == "H088") & (frame["quarter"] == 12)
    )
    frame[~lost].to_csv(HERE / "hospitals.csv", index=False)

    complete = ~np.isin(np.arange(1, n + 1), [17, 88])
    weights = np.broadcast_to(discharges[:, None], treated.shape)[complete][treated[complete]]
    truth = pd.DataFrame(
        {
            "quantity": ["average effect per 100 discharges", "readmissions avoided"],
            "value": [
                np.average(effect[complete][treated[complete]], weights=weights),
                -(effect[complete][treated[complete]] * weights).sum() / 100,
            ],
        }
    )
    truth.to_csv(HERE / "truth.csv", index=False)
    _performance(np.random.default_rng(SEED + 1))


def _performance(rng: np.random.Generator) -> None:
    """A year of performance measures; August was not reported, as happens."""
    months = [f"2025-{m:02d}" for m in range(4, 13)] + [f"2026-{m:02d}" for m in range(1, 4)]
    due = rng.integers(1800, 2300, len(months))
    on_time = np.where(np.arange(len(months)) >= 8, 0.887, 0.916)  # it slips in winter
    checked = np.full(len(months), 400)
    frame = pd.DataFrame(
        {
            "month": months,
            "visits_due": due,
            "visits_on_time": rng.binomial(due, on_time),
            "records_checked": checked,
            "records_wrong": rng.binomial(checked, 0.042),
            "complaints": rng.poisson(due * 0.012),
            "days_to_first_visit": (2.6 + 0.25 * rng.standard_normal(len(months))).round(2),
        }
    )
    frame[frame["month"] != "2025-08"].to_csv(HERE / "performance.csv", index=False)

    answers = []
    for month in months:
        for region, weight in (("north", 1.0), ("south", 2.5)):
            for team in range(1, 4):
                warmth = rng.normal(0.87, 0.04)
                for answer in rng.binomial(1, min(warmth, 0.99), 12):
                    answers.append((month, region, f"{region}-{team}", weight, answer))
    columns = ["month", "region", "team", "weight", "satisfied"]
    pd.DataFrame(answers, columns=columns).to_csv(HERE / "survey.csv", index=False)


if __name__ == "__main__":
    main()
