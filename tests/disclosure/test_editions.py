"""A new edition does not tell, with one published before, what neither may tell."""

import json

import pandas as pd
import pytest
from editions import RESULTS

from pbc_eval.agreement.disclosure import DisclosureRule, Reviewed
from pbc_eval.disclosure import SUPPRESSED as C
from pbc_eval.disclosure.editions import refuse_differencing
from pbc_eval.errors import DisclosureError

RULE = DisclosureRule()


@pytest.fixture
def shelf(tmp_path):
    """A folder of editions; ``put`` publishes one with a table of groups."""

    def put(name, counts, *, base=1, total=None, n_treated=200, kept="reports"):
        folder = tmp_path / kept / name
        downloads = folder / "downloads"
        downloads.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
        frame = pd.DataFrame({"group": list("abcdef")[: len(counts)], "units": counts})
        frame.to_csv(downloads / "x-groups.csv", index=False)
        totals = {} if total is None else {"units": total}
        shape = {"labels": ["group"], "counts": ["units"], "totals": totals}
        record = {"edition": name, "base": base, "tables": {"x-groups": shape}}
        (downloads / "disclosure-review.json").write_text(json.dumps(record))
        outcome = RESULTS["outcomes"][0] | {"id": "x", "n_treated": n_treated, "n_comparison": 300}
        results = RESULTS | {"outcomes": [outcome]}
        (downloads / "results.json").write_text(json.dumps(results))
        return folder

    put.folder = tmp_path / "reports"
    return put


def refusal(shelf, new, rule=RULE) -> str:
    with pytest.raises(DisclosureError) as refused:
        refuse_differencing(new, shelf.folder, rule)
    return str(refused.value)


def test_what_was_published_before_is_not_held_back_now(shelf):
    shelf("2025", [25, 40, 60])
    said = refusal(shelf, shelf("2026", [25, C, C], kept="runs"))
    assert "Edition 2026" in said
    assert "x-groups@2025: b, units is published in edition 2025 and held back in 2026." in said
    assert "c, units" in said
    assert "publication.disclosure.reviewed" in said
    assert "40" not in said


def test_what_was_held_back_before_is_not_published_now(shelf):
    shelf("2025", [C, C, 60])
    said = refusal(shelf, shelf("2026", [12, 30, 60], kept="runs"))
    assert "a, units is published in edition 2026 and held back in 2025." in said


def test_where_every_other_group_has_changed_the_group_is_another(shelf):
    shelf("2025", [C, C, 60, 80])
    refuse_differencing(shelf("2026", [12, 30, 90, 110], kept="runs"), shelf.folder, RULE)


@pytest.mark.parametrize("gap", [1, 9])
def test_the_few_who_came_or_left_are_not_told(shelf, gap):
    shelf("2025", [25, 40, 60])
    said = refusal(shelf, shelf("2026", [25, 40 + gap, 60], kept="runs"))
    assert "b, units differs by fewer than 10 from edition 2025" in said
    assert str(40 + gap) not in said


def test_ten_who_came_may_be_told_and_so_may_nobody(shelf):
    shelf("2025", [25, 40, 60])
    refuse_differencing(shelf("2026", [25, 50, 60], kept="runs"), shelf.folder, RULE)


def test_the_headline_is_compared_too(shelf):
    shelf("2025", [25, 40], n_treated=200)
    said = refusal(shelf, shelf("2026", [25, 40], n_treated=203, kept="runs"))
    assert "results@2025: x, n_treated differs by fewer than 10" in said


def test_totals_less_what_is_published_do_not_tell_a_row_that_came(shelf):
    """15 were held back in two rows; now 21 in three: the third is 6."""
    shelf("2025", [C, C, 60], total=75)
    said = refusal(shelf, shelf("2026", [C, C, 60, C], total=81, kept="runs"))
    assert "held back add up to nearly what they did in edition 2025" in said
    refuse_differencing(shelf("2027", [C, C, 60, C], total=95, kept="runs"), shelf.folder, RULE)


def test_rounded_counts_may_differ_by_a_step(shelf):
    rule = DisclosureRule(rounding=5)
    shelf("2025", [25, 40, 60], base=5, n_treated=200)
    new = shelf("2026", [25, 45, 60], base=5, n_treated=205, kept="runs")
    refuse_differencing(new, shelf.folder, rule)
    shelf("2024", [25, 43, 60], n_treated=200)  # an edition that was not rounded
    assert "edition 2024" in refusal(shelf, new, rule)


def test_somebody_may_answer_for_it_by_name(shelf):
    shelf("2025", [25, 40, 60])
    new = shelf("2026", [25, 41, 60], kept="runs")
    seen = Reviewed(output="x-groups@2025", by="A. Reader", date="2026-06-01", reason="A typing "
                    "error was corrected; nobody came or left.")  # fmt: skip
    refuse_differencing(new, shelf.folder, DisclosureRule(reviewed=(seen,)))
    other = seen.model_copy(update={"output": "x-groups@2024"})
    assert "b, units" in refusal(shelf, new, DisclosureRule(reviewed=(other,)))


def test_every_earlier_edition_is_compared_and_not_the_one_that_is_replaced(shelf):
    shelf("2024", [25, 40, 60])
    shelf("2025", [25, 52, 60])
    shelf("2026", [25, 53, 60])
    new = shelf("2026", [25, 51, 60], kept="runs")
    said = refusal(shelf, new)
    assert "x-groups@2025" in said
    assert "x-groups@2024" not in said
    assert "x-groups@2026" not in said


def test_nothing_is_compared_where_nothing_is_protected_or_recorded(shelf, tmp_path):
    shelf("2025", [25, 40, 60])
    new = shelf("2026", [25, 41, 60], kept="runs")
    public = DisclosureRule(threshold=0, reason="public")
    refuse_differencing(new, shelf.folder, public)
    (new / "downloads" / "disclosure-review.json").unlink()
    refuse_differencing(new, shelf.folder, RULE)
