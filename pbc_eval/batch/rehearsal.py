"""What every report does first, done once before reports are forked: none of it depends on data.

Tables of parameters and the glossary are read, the code that runs is hashed, templates of pages and
their selectors compiled, the letters of figures, the names of months and what starts kernels looked
up.
"""

import datetime as dt
from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_notebook, new_output

from pbc_eval.messages.number_formats import long_date
from pbc_eval.parameters.tables import all_parameters
from pbc_eval.provenance import running_code
from pbc_eval.publish.glossary import terms
from pbc_eval.publish.kernel import look_up_provisioners
from pbc_eval.publish.notebook import to_page
from pbc_eval.publish.page import refuse_an_unfit_page
from pbc_eval.publish.page_templates import warm_page_templates
from pbc_eval.report.figures.drawing import finish, legend
from pbc_eval.report.html import RELEASED, warm_templates


def _line(axes: Any) -> None:
    axes.plot([0, 1], [0, 1], label="A", marker="o", linestyle="--")
    axes.errorbar([0, 1], [0, 1], yerr=[0.5, 0.5], fmt="s", label="C")
    axes.barh([0, 1], [0.5, 1], label="D")
    axes.annotate("E", (0.5, 0.5))
    axes.set_title("B", fontweight="bold")
    legend(axes)


def rehearse() -> None:
    """Make a page and a figure of nothing. Leaves no thread, no file and no drawn random number."""
    all_parameters()
    running_code()
    long_date(dt.date(2026, 1, 1))
    look_up_provisioners()
    warm_templates()
    warm_page_templates()
    figure = finish(
        _line,
        name="rehearsal",
        caption="Rehearsal",
        alt="A line.",
        data=pd.DataFrame({"x": [0.0, 1.0]}),
    )
    word = terms()[0].forms[0]
    html = (
        f'<h1>Report</h1><section><h2>Effect</h2><p>{word}&nbsp;</p><img src="{figure.data_uri}" '
    )
    html += 'alt="A line."></section>'
    shown = new_output("display_data", {"text/html": html, RELEASED: {}})  # type: ignore[no-untyped-call]
    cell = new_code_cell("page", outputs=[shown], execution_count=1)  # type: ignore[no-untyped-call]
    notebook = new_notebook(cells=[cell])  # type: ignore[no-untyped-call]
    page = to_page(notebook, title="Rehearsal", description="None", footer="None")
    refuse_an_unfit_page(page)
