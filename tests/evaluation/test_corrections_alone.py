"""A contract whose prices have ended: a later statement of corrections, from file to page."""

import shutil
from decimal import Decimal
from pathlib import Path

import pytest

import pbc_eval as pbc
from pbc_eval.evaluation.shown.claims import claim_tables
from pbc_eval.payment.live_formulas import live_lines
from pbc_eval.payment.spreadsheet import spreadsheet_lines

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
COUNTED = {
    "still-in-work": 17,
    "files-kept": 98,
    "coach-hours": 1310,
    "visits-on-time": 188,
    "weeks-saved": 240,
    "profit": 14200,
}


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory):
    """The coaching contract in the year after its last, with all that it counted restated."""
    folder = tmp_path_factory.mktemp("late") / "coaching-contract"
    shutil.copytree(ROOT / "data/coaching-contract", folder)
    text = (folder / "evaluation.yaml").read_text(encoding="utf-8")
    known = ", ".join(
        f"{{outcome: {name}, source: counted, count: {count}}}" for name, count in COUNTED.items()
    )
    for old, new in (
        ("  year: 2024-25\n", "  year: 2026-27\n"),
        (
            "cap: 30000}\n",
            "cap: 30000}\n    - {year: 2026-27, start: 2026-04-01, end: 2027-03-31}\n",
        ),
        ("as_of: 2025-03-31", "as_of: 2026-09-30"),
        ("      share: 0.05\n", "      share: 0.05\n      years: [2023-24, 2024-25]\n"),
        (
            "  clauses:\n    - id: held-back",
            "    - {year: 2024-25, paid: 60000, lines: {held-back: -2670, qualification: 9900}, "
            f"reference: Invoice 2, reason: Two files were found, restated: [{known}]}}\n"
            "    - {year: 2025-26, paid: 0, reference: None was paid}\n"
            "  clauses:\n    - id: held-back",
        ),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "evaluation.yaml").write_text(text, encoding="utf-8", newline="\n")
    return pbc.evaluate(pbc.load_evaluation(folder / "evaluation.yaml"))


def test_what_is_due_is_the_corrections(evaluated):
    payment, account = evaluated.payment, evaluated.account
    assert payment.lines == ()
    assert {line.name: line.amount for line in payment.adjustments} == {
        "correction of 2023-24": Decimal("-2790.00"),
        "correction of 2024-25": Decimal("-729.21"),
    }
    assert payment.total == account.balance == Decimal("-3519.21")
    assert sum(year.to_pay for year in account.years) == payment.total
    assert str(payment.sentence).startswith(
        "£3,519.21 is owed by the provider. No clause is paid in this year; the amount is the sum "
        "of 2 adjustments: corrections of earlier years, within the contract's limits."
    )


def test_tables_workbook_and_what_if_hold_no_line_of_nothing(evaluated):
    names = [table.name for table in claim_tables(evaluated.account)]
    assert names == ["payment-account", "payment-plan"]
    lines = spreadsheet_lines(evaluated.payment)
    assert sum(line.amount for line in lines) == evaluated.payment.total
    assert [line.line for line in lines if line.amount] == [
        "correction of 2023-24",
        "correction of 2024-25",
    ]
    live = live_lines(evaluated.spec.payment, evaluated.payment.workings)
    assert len(live.lines) == len(evaluated.payment.workings)
