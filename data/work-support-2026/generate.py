"""Makes areas.csv and truth.csv: 24 invented contracts of one service in 24 invented areas.

    python data/work-support-2026/generate.py

Each area's true effect is drawn around a common mean; its estimate around the truth, with the
standard error of a difference of two shares. Areas differ in size by a factor of thirty, so small
ones come out at both ends of any ranking by chance. The rule pays for each point of the estimate,
up to the promise.
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
SEED = 24
MEAN, SPREAD, PROMISED = 3.5, 1.8, 5.0  # people in work per 100
BASE = 0.31  # in work without the service
NAMES = (
    *("Ashby", "Brackenford", "Calderwick", "Dunmere", "Eastholm", "Farrowdale", "Greywell"),
    *("Hartside", "Inglemoor", "Kestrel Bay", "Langthorpe", "Marlow Fen", "Netherby", "Oakhurst"),
    *("Penfold", "Quarrydown", "Ravensea", "Stonegate", "Thornlea", "Upper Wye", "Vale of Orr"),
    *("Westcombe", "Yarrow", "Zeal St Mary"),
)


def main() -> None:
    rng = np.random.default_rng(SEED)
    people = np.round(np.geomspace(150, 4_500, len(NAMES)) * rng.uniform(0.8, 1.25, len(NAMES)))
    people = rng.permutation(people).astype(int)
    truth = MEAN + SPREAD * rng.standard_normal(len(NAMES))
    treated = BASE + truth / 100
    error = 100 * np.sqrt(BASE * (1 - BASE) / (2 * people) + treated * (1 - treated) / people)
    estimate = truth + error * rng.standard_normal(len(NAMES))
    agreed = 900 * people
    paid = np.round(agreed * np.clip(estimate / PROMISED, 0, 1), -2)
    frame = pd.DataFrame(
        {
            "label": NAMES,
            "estimate": estimate.round(2),
            "std_error": error.round(3),
            "promised": PROMISED,
            "agreed": agreed,
            "paid": paid.astype(int),
            "spend": (350 * people + paid).astype(int),
            "people": people,
            "source": "Synthetic",
        }
    )
    frame.to_csv(HERE / "areas.csv", index=False)
    pd.DataFrame({"label": NAMES, "true_effect": truth.round(3)}).to_csv(
        HERE / "truth.csv", index=False
    )


if __name__ == "__main__":
    main()
