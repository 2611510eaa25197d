"""Write docs/did-golden.md: each reference case of difference-in-differences and how far we are.

python tools/make_did_golden.py
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT / "tests"))

from did.data import GOLDEN, mpdta  # noqa: E402
from did.test_against_csdid import EXPECTED, KINDS, effects  # noqa: E402

from pbc_eval.did.group_time import att_gt  # noqa: E402

Row = tuple[str, str, int, float, float]


def against_csdid(case: str) -> Row:
    found = effects(case)
    cells = pd.DataFrame(EXPECTED[case]["cells"], columns=["cohort", "time", "att", "se"])
    both = found.to_frame().merge(cells, on=["cohort", "time"])
    estimate = [*(both["estimate"] - both["att"]).abs()]
    error = [*(both["std_error"] - both["se"]).abs()]
    for kind, name in KINDS.items():
        average, (att, se) = found.aggregate(kind), EXPECTED[case]["averages"][name]
        estimate.append(abs(average.estimate - att))
        error.append(abs(average.std_error - se))
    return f"mpdta: {case}", "csdid 0.4.3", len(estimate), float(np.nanmax(estimate)), max(error)


def against_r() -> Row:
    found = att_gt(mpdta()).to_frame()
    cells = pd.read_csv(GOLDEN / "mpdta_att_gt.csv").query("scenario == 'mpdta_nev_dr'")
    both = found.merge(cells, left_on=["cohort", "time"], right_on=["group", "t"])
    return (
        "mpdta: no covariates, never treated",
        "R did 2.5",
        len(both),
        float((both["estimate"] - both["att"]).abs().max()),
        float((both["std_error"] - both["se"]).abs().max()),
    )


def main() -> None:
    rows = [against_r(), *(against_csdid(case) for case in EXPECTED)]
    lines = [
        "# Difference-in-differences against reference software",
        "",
        "Cells by cohort and period, and the four averages, each with its standard error. Made by",
        "`python tools/make_did_golden.py`. The suite holds each to 1e-11, and more than these:",
        "tests/golden/did/README.md names all sources and conventions.",
        "",
        "| case | reference | numbers | largest difference | of standard errors |",
        "|---|---|---|---|---|",
        *(f"| {name} | {who} | {n} | {a:.0e} | {b:.0e} |" for name, who, n, a, b in rows),
    ]
    text = "\n".join([*lines, ""])
    (PROJECT / "docs" / "did-golden.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
