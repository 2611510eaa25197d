"""Small counts put into every table, series and sentence come out of no output whatever.

All counts of an evaluation are made a thousand times as large, the threshold with them, and one
row of every table is given a count, and figures, that stand nowhere else: 613 and 61.3771. Then
everything is written that a reader gets, and searched.
"""

import base64
import io
import re
import zipfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from evaluations import DATA, of_people

from pbc_eval.agreement.disclosure import Reviewed
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import SUPPRESSED, release
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.messages.sentence import Sentence
from pbc_eval.messages.values import PEOPLE, ROWS, TREATED_UNITS, UNITS, Bracketed, Share, Units
from pbc_eval.publish.formats import write
from pbc_eval.report.html import section_html
from pbc_eval.report.page import page_of

pytestmark = pytest.mark.soak
COUNT, FIGURE = 613, 61.3771
IN_CSV = re.compile(r"(?<![\d.])613(?!\d)|61\.3[78]|61\.4(?!\d)")
IN_WORDS = re.compile(rf"(?<!\d,){IN_CSV.pattern}")  # 3,613 is another number
MANY = 1000
WORDS_ARE_FINE = Reviewed(output="words", by="A test", date="2026-01-01", reason="Large numbers.")
NUMBERS_ARE_FINE = WORDS_ARE_FINE.model_copy(update={"output": "told-elsewhere"})

_DRAWN = re.compile(r"<text[^>]*>([^<]*)</text>|<!--(.*?)-->", re.DOTALL)


def large(estimate):
    return replace(
        estimate, n_treated=MANY * estimate.n_treated, n_comparison=MANY * estimate.n_comparison
    )


def canary_in(table):
    """The table a thousand times as large, and in its last row a canary in every count column."""
    if not table.governed_by:
        return table
    frame = table.frame.copy()
    counts = [c for c, kind in table.kinds.items() if kind == "count"]
    for column in counts:
        frame[column] = MANY * frame[column].astype(float)
    last = len(frame) - 1
    if table.adds_up == "in_steps":
        frame.loc[last, [*table.governed_by]] = COUNT
        frame.loc[last, "rows_in"] += 7  # a step with rows of its own, in no other table
        frame.loc[last, "rows_left"] = frame.loc[last, "rows_in"] - COUNT
        frame.at[last, "why"] = Sentence(
            "{rows} of {units}", rows=Units(COUNT, ROWS), units=Units(COUNT, UNITS)
        )
        return replace(table, frame=frame)
    for column, governed in table.governed_by.items():
        if table.name.endswith(("estimates", "methods")):
            continue  # an estimate on few is refused, not hidden
        frame.loc[last, column] = COUNT
        for name in governed:
            if name not in table.governed_by and pd.api.types.is_numeric_dtype(frame[name]):
                frame.loc[last, name] = FIGURE
    return replace(table, frame=frame)


def with_canaries(evaluation):
    findings = []
    for finding in evaluation.findings:
        path = finding.path
        if path is not None:
            few = replace(large(path.effects[-1]), n_treated=COUNT, estimate=FIGURE)
            path = replace(
                path,
                overall=large(path.overall),
                effects=(*(large(e) for e in path.effects[:-1]), few),
            )
        count = Units(COUNT, TREATED_UNITS, of=MANY * COUNT, share_decimals=1)
        note = Sentence("{count} were set aside{share}", count=count,
                        share=Bracketed(Share(FIGURE / 100, 1, of=count)))  # fmt: skip
        people = Sentence("{count}", count=Units(COUNT, PEOPLE))
        headline = large(finding.headline)
        method = replace(headline.method, notes=(note,), comparison_group=people)
        findings.append(
            replace(
                finding,
                headline=replace(headline, method=method),
                alternatives=tuple(large(e) for e in finding.alternatives),
                benchmark=large(finding.benchmark) if finding.benchmark else None,
                path=path,
                notes=(note,),
                checks=tuple(
                    replace(c, sentence=Sentence("Of these, {n}.", n=count)) for c in finding.checks
                ),
                tables=tuple(canary_in(table) for table in finding.tables),
                levels=tuple(
                    (name, MANY * n, MANY * apart, two) for name, n, apart, two in finding.levels
                ),
            )
        )
    publication = evaluation.spec.publication
    rule = publication.disclosure.model_copy(
        update={"threshold": 10 * MANY, "reviewed": (WORDS_ARE_FINE, NUMBERS_ARE_FINE)}
    )
    published = publication.model_copy(update={"disclosure": rule})
    spec = evaluation.spec.model_copy(update={"publication": published})
    return replace(
        evaluation,
        spec=spec,
        findings=tuple(findings),
        performance=_performance(evaluation.performance),
    )


def _performance(found):
    """The last period of each KPI that counts people is a canary."""
    if found is None:
        return None
    kpis = []
    for one in found.kpis:
        periods = [
            replace(p, count=MANY * p.count, among=None if p.among is None else MANY * p.among)
            if p.count is not None
            else p
            for p in one.periods
        ]
        if periods[-1].count is not None:
            periods[-1] = replace(periods[-1], count=float(COUNT), value=FIGURE)
        kpis.append(replace(one, periods=tuple(periods)))
    return replace(found, kpis=tuple(kpis))


def canary(place, text):
    return (IN_CSV if place.endswith(".csv") else IN_WORDS).search(text)


def everything(released, folder):
    """Every text that a reader gets: files, the page, drawings in it, strings of the workbook."""
    page = page_of(released)
    written = write(page, released, folder)
    for file in sorted(written.iterdir()):
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as register:
                for name in register.namelist():
                    yield f"{file.name}/{name}", register.read(name).decode("utf-8")
        else:
            yield file.name, file.read_text(encoding="utf-8")
    for section in page:
        name, html = section.name, section_html(section)
        yield name, re.sub(r"base64,[A-Za-z0-9+/=]+", "", html)
        for drawn in re.findall(r"base64,([A-Za-z0-9+/=]+)", html):
            yield f"{name}, drawing", _words_of(base64.b64decode(drawn).decode("utf-8", "ignore"))


def _words_of(svg: str) -> str:
    """Text of a drawing, as elements and as comments beside outlines; coordinates are not text."""
    return " ".join("".join(pair) for pair in _DRAWN.findall(svg))


@pytest.mark.parametrize(
    "name", [pytest.param("hospital-readmissions", marks=pytest.mark.soak), "supported-work"]
)
def test_a_canary_is_in_no_output(name, tmp_path):
    evaluation = with_canaries(of_people(evaluate(load_evaluation(DATA / name))))
    for finding in evaluation.findings:  # they are there before
        for table in finding.tables:
            if table.governed_by and not table.name.endswith(("estimates", "methods")):
                assert (table.frame == COUNT).to_numpy().any(), table.name
    released = release(evaluation)
    assert released.n_suppressed > 20
    seen = 0
    for place, text in everything(released, tmp_path):
        seen += 1
        hash_free = re.sub(r"[0-9a-f]{16,}", "", text)
        found = canary(place, hash_free)
        assert not found, f"{place}: {hash_free[max(found.start() - 60, 0) : found.end() + 40]}"
        if place.endswith("groups.csv"):
            assert SUPPRESSED in text
    assert seen > 25


def test_the_search_would_find_them(tmp_path):
    """The same evaluation with nothing protected tells the canaries in many places."""
    evaluation = with_canaries(of_people(evaluate(load_evaluation(DATA / "hospital-readmissions"))))
    publication = evaluation.spec.publication
    rule = publication.disclosure.model_copy(update={"threshold": 0, "reason": "a test"})
    published = publication.model_copy(update={"disclosure": rule})
    spec = evaluation.spec.model_copy(update={"publication": published})
    released = release(replace(evaluation, spec=spec))
    told = {place for place, text in everything(released, tmp_path) if canary(place, text)}
    assert {"readmissions-groups.csv", "readmissions-event.csv", "readmissions-event-study.csv",
            "sample", "checks", "design", "estimates"} <= told  # fmt: skip
    assert any(place.startswith("performance-") for place in told)
    assert np.isfinite(FIGURE)
