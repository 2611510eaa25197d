"""A ratio that rests on one value says so; the published Timebank map comes out to the euro."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pbc_eval.agreement.value_map import ValuedOutcome
from pbc_eval.agreement.yaml_file import read_yaml
from pbc_eval.sroi.concentration import concentration
from pbc_eval.sroi.present_value import social_return

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads(
    (ROOT / "tests/golden/sroi/10_timebank_ireland_full_map.json").read_text(encoding="utf-8")
)


def row(name: str, proxy: str, value: float, quantity: float = 10) -> ValuedOutcome:
    return ValuedOutcome(
        id=name, stakeholder="All", outcome=name, proxy=proxy, proxy_value=value,
        proxy_source="Invented", quantity=quantity,
    )  # fmt: skip


def test_the_timebank_map_comes_to_its_published_totals_and_one_value_carries_half() -> None:
    stated = read_yaml(ROOT / "data/timebank/evaluation.yaml").data["value_map"]
    rows = [ValuedOutcome.model_validate(entry) for entry in stated["outcomes"]]
    result = social_return(
        rows, investment=50_000, discount=0.035, start_convention="in_activity", currency="EUR"
    )
    expected = GOLDEN["expected"]
    assert result.present_value == pytest.approx(expected["total_present_value"], abs=1e-6)
    assert result.ratio == pytest.approx(expected["ratio"], abs=1e-9)
    assert round(result.present_value) == GOLDEN["published_totals"]["total_present_value"]
    heaviest = concentration(result)
    assert heaviest is not None
    assert heaviest.is_much
    assert round(100 * heaviest.share) == 48
    assert "48% of all that is gained: Value of feeling more included" in str(heaviest.sentence)


def test_rows_that_share_a_value_stand_and_fall_together() -> None:
    rows = [row("a", "A meal", 30), row("b", "A meal", 30), row("c", "An hour", 40)]
    heaviest = concentration(social_return(rows, investment=500))
    assert heaviest is not None
    assert heaviest.rows == ("a", "b")
    assert heaviest.share == pytest.approx(0.6)


def test_one_value_alone_is_not_called_heavy() -> None:
    assert concentration(social_return([row("a", "A meal", 30)], investment=500)) is None


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=6), st.floats(1, 1e4))
def test_the_ratio_without_the_heaviest_value_is_that_of_the_map_without_it(
    values: list[float], invested: float
) -> None:
    rows = [row(f"r{n}", f"Proxy {n}", value) for n, value in enumerate(values)]
    heaviest = concentration(social_return(rows, investment=invested))
    assert heaviest is not None
    others = [entry for entry in rows if entry.id not in heaviest.rows]
    assert heaviest.ratio_without == pytest.approx(
        social_return(others, investment=invested).ratio, rel=1e-9
    )
    halved = [
        entry.model_copy(update={"proxy_value": (entry.proxy_value or 0) / 2})
        if entry.id in heaviest.rows
        else entry
        for entry in rows
    ]
    assert heaviest.ratio_at_half == pytest.approx(
        social_return(halved, investment=invested).ratio, rel=1e-9
    )
