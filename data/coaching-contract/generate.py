"""Makes claims.csv: invented, no person is real.

    python data/coaching-contract/generate.py

64 people join a coaching service over two years. Some start work, some of these are still in work
after 13 weeks, some gain one qualification or two. Two claims of the first year were withdrawn
after it had been paid; what is achieved in the last weeks is not verified yet; the third year is a
forecast.
"""

import csv
import datetime as dt
import random
from pathlib import Path

HERE = Path(__file__).parent
SEED = 11
FIRST, DAYS = dt.date(2023, 5, 8), 640
VERIFIED_UNTIL = dt.date(2025, 2, 28)
AS_OF = dt.date(2025, 3, 31)


def main() -> None:
    draw = random.Random(SEED)  # noqa: S311 invented people
    rows = []
    for number in range(1, 65):
        person = f"P{number:03d}"
        joined = FIRST + dt.timedelta(days=draw.randrange(DAYS))
        if draw.random() < 0.62:
            start = joined + dt.timedelta(days=draw.randrange(20, 120))
            rows.append(("starts-work", person, start))
            if draw.random() < 0.7:
                rows.append(("thirteen-weeks", person, start + dt.timedelta(weeks=13)))
        for _ in range(draw.choice((0, 0, 1, 1, 2))):
            rows.append(("qualification", person, joined + dt.timedelta(days=draw.randrange(150))))
    rows.sort(key=lambda row: (row[2], row[1], row[0]))
    written = []
    for number, (what, person, day) in enumerate(rows, start=1):
        state = "verified" if day <= VERIFIED_UNTIL else "accrued" if day <= AS_OF else "forecast"
        written.append([f"C{number:03d}", what, person, day.isoformat(), 1, state, ""])
    wrong = [row for row in written if row[1] == "thirteen-weeks"][:2]
    written += [
        [f"K{number}", row[1], row[2], "2024-09-30", -1, "verified", row[0]]
        for number, row in enumerate(wrong, start=1)
    ]
    with (HERE / "claims.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["claim", "what", "person", "achieved_on", "claims", "state", "corrects"])
        writer.writerows(written)


if __name__ == "__main__":
    main()
