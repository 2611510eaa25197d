"""Every row of a table has a header that says what the row is of."""

import re

import pandas as pd
import pytest

from pbc_eval._display import html_table
from pbc_eval.disclosure.tables import release_open_table
from pbc_eval.evaluation.shown.open_table import open_table
from pbc_eval.report.html import table_html


@pytest.mark.parametrize("first", ["", "  ", "A"])
def test_no_row_header_is_empty(first):
    frame = pd.DataFrame({"cohort": ["A", first], "label": ["One", "Together"], "n": [1.0, 2.0]})
    columns = {"cohort": ("Cohort", "text"), "label": ("Claim", "text"), "n": ("Sum", "measure")}
    page = table_html(release_open_table(open_table("t", "T", frame, columns)), currency="GBP")
    headers = re.findall(r'<th scope="row"[^>]*>(.*?)</th>', page, re.DOTALL)
    assert headers == ["A", "A" if first == "A" else "Together"]
    assert not re.search(r"<th[^>]*>\s*</th>", html_table(frame, "T"))
