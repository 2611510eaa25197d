"""Words that differ by a digit that another machine rounds away are the same words."""

import pytest

from pbc_eval.publish.retold import compare_words


@pytest.mark.parametrize(
    ("was", "now", "beyond"),
    [
        ('"ratio": 6.09420635,', '"ratio": 6.094206354,', False),
        ("1,234.56 pounds", "1,234.57 pounds", False),
        ("1,234.56 pounds", "1,234.76 pounds", True),
        ("2.0000000001", "2", False),
        ('"contentSize": "9793 B"', '"contentSize": "9801 B"', False),
        ("0.05", "0.06", False),
        ("0.05", "0.07", True),
        ("2026-01-01", "2026-03-01", True),
        ("lower", "higher", True),
    ],
)
def test_what_is_beyond_rounding(tmp_path, was, now, beyond):
    for folder, text in (("a", was), ("b", now)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.json").write_text(text, "utf-8")
    told = compare_words(tmp_path / "a", tmp_path / "b", ("x.json",), set())
    assert told.beyond_rounding == beyond
