"""Write docs/broken-claims.md: variations and claims that cannot be, and what is said of them.

    python tools/make_broken_claims.py

Each is one change to a copy of data/coaching-contract, made in a folder that is thrown away.
"""

import tempfile
from pathlib import Path

from make_broken_evaluations import DOCS, SPEC, Mistake, check_all, in_file, make_all, page

PAGE = DOCS / "broken-claims.md"
EXAMPLE = DOCS.parent / "data" / "coaching-contract"
CLAIMS = "claims.csv"
HEAD = """# Two broken variations and two broken claims

What `pbc-eval check` says of a contract's variations and claims that cannot be. It names the
variation or the row, the value found, the rule and the remedy, ends with exit code 1, and writes
nothing. Each example is one change to `data/coaching-contract`. Made by
`python tools/make_broken_claims.py`.
"""
BROKEN = (
    Mistake(
        "price-of-nothing",
        "A variation prices a line that the rate card does not have.",
        in_file(SPEC, "prices: {thirteen-weeks: 2100}", "prices: {thirteen-week: 2100}"),
    ),
    Mistake(
        "cap-of-a-year-that-ended",
        "A variation changes the cap of a year that was over before it came into force.",
        in_file(SPEC, "year_caps: {2024-25: 70000}", "year_caps: {2023-24: 70000}"),
    ),
    Mistake(
        "claimed-once-too-often",
        "A person claims a start in work twice; the contract pays one.",
        in_file(CLAIMS, "K1,", "C901,starts-work,P012,2024-06-02,1,verified,\nK1,"),
    ),
    Mistake(
        "claimed-after-its-end",
        "What is claimed was achieved after the contract had ended its price.",
        in_file(CLAIMS, "K1,", "C902,qualification,P900,2025-05-02,1,forecast,\nK1,"),
    ),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder), BROKEN, EXAMPLE)
        screens = check_all(Path(folder), BROKEN)[1]
        PAGE.write_text(page(screens, HEAD, BROKEN), encoding="utf-8")


if __name__ == "__main__":
    main()
