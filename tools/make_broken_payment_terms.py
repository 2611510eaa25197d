"""Write docs/broken-payment-terms.md: ten payment terms that cannot be applied, and what is said.

    python tools/make_broken_payment_terms.py

Each is one change to a copy of data/hospital-readmissions, made in a folder that is thrown away.
"""

import tempfile
from pathlib import Path

from make_broken_evaluations import DOCS, SPEC, Mistake, check_all, in_file, make_all, page

PAGE = DOCS / "broken-payment-terms.md"
HEAD = """# Ten broken payment terms

What `pbc-eval check` says of terms that are ambiguous, that contradict themselves or that cannot be
applied. It names the clause, the value found, the rule and the remedy, ends with exit code 1, and
writes nothing. Each example is one change to `data/hospital-readmissions`. Made by
`python tools/make_broken_payment_terms.py`.
"""
SHARE = "      outcome: record-errors\n      better: lower\n      target: 0.03\n      point: 0.01\n"
TERMS = (
    Mistake(
        "gap-between-bands",
        "Nothing says what is paid between two bands.",
        in_file(SPEC, "{from: 0.05, to: 0.08", "{from: 0.05, to: 0.07"),
    ),
    Mistake(
        "percentage-for-fraction",
        "A band starts at 5 % typed as 5.",
        in_file(SPEC, "{from: 0.05, to: 0.08", "{from: 5, to: 8"),
    ),
    Mistake(
        "deadweight-of-an-effect",
        "Deadweight is taken off an effect that is net of it already.",
        in_file(SPEC, "      price: 450\n", "      price: 450\n      deadweight: 0.2\n"),
    ),
    Mistake(
        "outcome-not-there",
        "A clause pays for an outcome that nobody measures.",
        in_file(SPEC, "      outcome: readmissions\n", "      outcome: readmission\n"),
    ),
    Mistake(
        "money-with-its-sign",
        "An amount with a currency sign.",
        in_file(SPEC, "      cap: 2000000", '      cap: "£2,000,000"'),
    ),
    Mistake(
        "floor-above-cap",
        "The clause pays at least more than it pays at most.",
        in_file(SPEC, "      cap: 60000\n", "      cap: 60000\n      floor: 70000\n"),
    ),
    Mistake(
        "weights-above-one",
        "The weights of a blend of estimates come to 1.1.",
        in_file(
            SPEC,
            "      estimate_used: point\n",
            "      estimate_used: {blend: {headline: 0.8, Imputation: 0.3}}\n",
        ),
    ),
    Mistake(
        "clauses-in-a-circle",
        "Two clauses rest on each other.",
        in_file(
            SPEC,
            "      rate: 7500\n",
            "      share: 0.01\n      of: [record-errors-deduction]\n",
            then=(
                f"{SHARE}      rate: 10000",
                f"{SHARE}      share: 0.01\n      of: [late-visits]",
            ),
        ),
    ),
    Mistake(
        "index-that-ends",
        "Prices follow an index that has no value at the date of payment.",
        in_file(
            SPEC,
            "      amount: 1500\n",
            "      amount: 1500\n"
            "      indexed: {series: cpi, since: 2024-07-01, until: 2026-11-30}\n",
            then=(
                "  promised_effects:",
                "  indices: {cpi: {2024-06-01: 133}}\n  promised_effects:",
            ),
        ),
    ),
    Mistake(
        "promise-with-the-wrong-sign",
        "The promised effect is written as a fall, though an improvement is positive.",
        in_file(SPEC, "{readmissions: 2}", "{readmissions: -2}"),
    ),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        make_all(Path(folder), TERMS)
        screens = check_all(Path(folder), TERMS)[1]
        PAGE.write_text(page(screens, HEAD, TERMS), encoding="utf-8")


if __name__ == "__main__":
    main()
