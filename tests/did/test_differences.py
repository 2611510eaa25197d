"""docs/differences.md: what differs from R on purpose, with R's value where one is held."""

from pathlib import Path

import pandas as pd
import pytest
from did.data import GOLDEN, mpdta

from pbc_eval import att_gt

PAGE = (Path(__file__).parents[2] / "docs" / "differences.md").read_text(encoding="utf-8")


def cell(frame, cohort, time):
    return frame[(frame["cohort"] == cohort) & (frame["time"] == time)].iloc[0]


def test_inside_the_anticipation_window_differences_are_long():
    here = cell(att_gt(mpdta(), anticipation=2).to_frame(), 2007, 2006)
    assert here["base"] == 2004
    assert f"{here['estimate']:.6f}" in PAGE
    theirs = pd.read_csv(GOLDEN / "mpdta_att_gt.csv").query("scenario == 'mpdta_nev_dr'")
    short = theirs.query("group == 2007 and t == 2006")["att"].iloc[0]
    assert f"{short:.6f}" in PAGE
    plain = cell(att_gt(mpdta()).to_frame(), 2007, 2006)
    assert plain["estimate"] == pytest.approx(short, abs=1e-12)
