"""From plan to payment: every step adds up, and what is not known is in no sum."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.portfolio import PaymentPlans
from pbc_eval.errors import PbcError
from pbc_eval.intake.portfolio_plans import read_plans
from pbc_eval.portfolio.plans import PlannedContract, PlansAndPayments
from pbc_eval.publish.formats.paid import plans_result

GOLDEN = Path(__file__).parents[1] / "golden" / "contracts" / "lcf_planned_and_paid.csv"
PLANS = PaymentPlans.model_validate(
    {
        "file": "contracts.csv",
        "contract": "name",
        "planned": [
            {"column": "first_plan", "label": "First plan"},
            {"column": "last_plan", "label": "Last plan"},
        ],
        "paid": "paid_actual",
        "source": "INDIGO",
    }
)
MONEY = st.one_of(st.none(), st.floats(0, 1e8).map(lambda value: round(value, 2)))


def made(*contracts: PlannedContract) -> PlansAndPayments:
    return PlansAndPayments(labels=("First", "Last"), contracts=contracts, currency="GBP")


def test_the_28_contracts_of_the_fund_paid_what_was_published() -> None:
    plans = made(
        *(PlannedContract(label=n, planned=p, paid=q) for n, p, q in read_plans(GOLDEN, PLANS))
    )
    total = plans.total
    assert total.paid == 117_967_056
    assert round(100 * (total.paid_of(0) or 0), 1) == 86.9
    assert round(100 * (total.paid_of(-1) or 0), 1) == 89.1
    with GOLDEN.open(encoding="utf-8") as stream:
        for row, contract in zip(csv.DictReader(stream), plans.contracts, strict=True):
            assert round(contract.paid_of(0) or 0, 4) == float(row["paid_of_first"])
            assert round(contract.paid_of(-1) or 0, 4) == float(row["paid_of_last"])
    kept = plans_result(plans)
    assert (kept.total.paid, len(kept.contracts)) == (117_967_056, 28)
    assert "£117,967,056 was paid: 86.9% of the first plans" in str(plans.sentences[0])


@pytest.mark.slow
@given(st.lists(st.tuples(MONEY, MONEY, MONEY), max_size=8))
def test_steps_add_up_and_an_unknown_one_is_in_no_sum(rows: list[tuple[float | None, ...]]) -> None:
    contracts = [
        PlannedContract(label=f"C{n}", planned=row[:2], paid=row[2]) for n, row in enumerate(rows)
    ]
    plans = made(*contracts)
    whole = [row for row in rows if None not in row]
    assert plans.total.paid == math.fsum(row[2] or 0.0 for row in whole)
    moved = plans.total.moves
    first, paid = plans.total.planned[0], plans.total.paid
    assert math.isclose((first or 0) + sum(m or 0 for m in moved), paid or 0, abs_tol=1e-6)
    text = " ".join(str(line) for line in plans.sentences)
    if whole and len(whole) < len(rows):
        assert "In no sum" in text


def test_every_cell_that_is_no_amount_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "contracts.csv"
    file.write_text("name,first_plan,last_plan,paid_actual\nA,-5,10,10\n,1,1,1\nB,1,1,1\nB,2,2,2\n")
    with pytest.raises(PbcError) as refused:
        read_plans(file, PLANS)
    said_of = str(refused.value)
    for part in ("row 2, column 'first_plan'", "row 3", "B stands there more than once"):
        assert part in said_of
