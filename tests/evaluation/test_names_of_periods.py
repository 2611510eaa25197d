"""Quarters and months are written as a reader writes them, wherever they stand: no code is told."""

import re

import numpy as np
import pandas as pd
import pytest
import yaml
from evaluation.test_random_starts_file import spec_of
from shown import page_html, shown_page

import pbc_eval as pbc

pytestmark = pytest.mark.slow  # seconds, together

CODE = re.compile(r"\b20\d\d(?:0[1-9]|1[0-2])\b")  # 202207 of 2022Q3 or of 2022-07


def frame_of(freq, *, gaps):
    """Small cohorts, which notes and checks name; the last periods of some are missing."""
    draw = np.random.default_rng(2)
    times = [str(time) for time in pd.period_range("2021-01", periods=12, freq=freq)]
    starts = [times[4]] * 2 + [times[6]] * 4 + [times[8]] * 14 + [None] * 25
    units = pd.DataFrame({"unit": [f"u{i:03}" for i in range(len(starts))], "cohort": starts})
    frame = units.merge(pd.DataFrame({"time": times}), how="cross")
    on = frame["cohort"].notna() & (frame["time"] >= frame["cohort"].fillna("9"))
    frame["y"] = 10 - 1.5 * on + draw.normal(size=len(frame))
    if gaps:
        return frame[draw.random(len(frame)) > 0.1].reset_index(drop=True)
    return frame


SYNTHETIC = {"method": "synthetic_difference_in_differences"}


@pytest.mark.parametrize("freq", ["Q", "M"])
@pytest.mark.parametrize(
    ("design", "gaps"),
    [
        *(({}, False), ({}, True), (SYNTHETIC, False)),
        *(({"control_group": "not_yet_treated"}, gaps) for gaps in (False, True)),
    ],
)
def test_no_page_table_or_sentence_tells_a_code_of_a_period(tmp_path, freq, gaps, design):
    spec_of(tmp_path / "a", frame_of(freq, gaps=False), design)
    file = tmp_path / "a" / "evaluation.yaml"
    text = yaml.safe_load(file.read_text(encoding="utf-8"))
    text["data"]["missing"] = "pairs" if gaps else "refuse"
    file.write_text(yaml.safe_dump(text), encoding="utf-8")
    frame_of(freq, gaps=gaps).to_csv(tmp_path / "a" / "units.csv", index=False)
    evaluation = pbc.evaluate(pbc.load_evaluation(file))
    times = set(frame_of(freq, gaps=gaps)["time"])
    for table in evaluation.findings[0].tables:  # which the release compares with one another
        for column in {"base", "time", "cohort"} & set(table.frame):
            named = {str(name) for name in table.frame[column].dropna()} - {"0", "never treated"}
            assert named <= times, (table.name, column)
    released = pbc.release(evaluation)
    html = re.sub(r'src="data:[^"]*"', "", page_html(released))
    told = [html[max(at.start() - 60, 0) : at.end() + 20] for at in CODE.finditer(html)]
    assert not told
    for table in shown_page(released).tables:
        assert not CODE.search(table.frame.to_csv()), table.name
    for figure in shown_page(released).figures:
        assert not CODE.search(re.sub(rb"<[^>]*>", b" ", figure.svg).decode()), figure.name
