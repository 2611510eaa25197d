"""Control charts: textbook limits, the four rules, and what a gap does."""

from itertools import pairwise

import numpy as np
import pytest

from pbc_eval.kpi.charts import _signals, p_chart, u_chart, xmr_chart

NAN = np.nan
STEADY = [10, 11] * 6


def test_p_limits_are_those_of_the_wafers_in_the_nist_handbook_read():
    """30 wafers of 50 chips, mean proportion 0.2313 (NIST/SEMATECH e-Handbook, 6.3.3.2)."""
    sizes = np.full(30, 50.0)
    met = sizes * 0.2313
    chart = p_chart(met, sizes)
    assert chart.centre == pytest.approx(0.2313)
    assert chart.high[0] == pytest.approx(0.4102, abs=5e-5)
    assert chart.low[0] == pytest.approx(0.0524, abs=5e-5)
    assert not any(chart.signals)


def test_p_limits_widen_where_fewer_were_counted_and_stay_within_0_and_1():
    chart = p_chart([99, 9, 100], [100, 10, 100])
    assert chart.high.tolist() == [1, 1, 1]
    assert chart.low[1] < chart.low[0]
    assert chart.centre == pytest.approx(208 / 210)  # of all together, not of three shares


def test_u_limits_follow_the_exposure():
    chart = u_chart([4, 9], [1000, 2000], per=1000)
    assert chart.values.tolist() == [4, 4.5]
    assert chart.centre == pytest.approx(13 / 3)
    sigma = np.sqrt(13 / 3000 / 1000) * 1000
    assert chart.high[0] == pytest.approx(13 / 3 + 3 * sigma)
    assert chart.low[0] == 0


def test_xmr_limits_are_2_66_mean_moving_ranges_away():
    values = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]
    chart = xmr_chart(values)
    ranges = sum(abs(b - a) for a, b in pairwise(values)) / 9
    assert chart.centre == pytest.approx(50.81)
    assert chart.high[0] == pytest.approx(50.81 + 3 / 1.128 * ranges)
    assert chart.low[-1] == pytest.approx(45.8153, abs=1e-3)


def signals(values):
    return [set(found) for found in xmr_chart(values).signals]


def test_a_point_outside_the_limits_is_a_signal():
    found = signals([*STEADY, 20, *STEADY])
    assert "limit" in found[len(STEADY)]
    assert sum("limit" in one for one in found) == 1


def test_eight_in_a_row_on_one_side_are_a_signal_and_seven_are_not():
    low, high = [10.0, 10.2] * 8, [10.5, 10.6, 10.5, 10.6, 10.5, 10.6, 10.5]
    seven, eight = signals(low + high), signals([*low, *high, 10.6])
    assert "run of eight" not in seven[-1]
    assert "run of eight" in eight[-1]


def test_two_of_three_and_four_of_five_count_only_points_beyond_on_one_side():
    noise = [0, 1, 0, -1] * 10  # mean range 1: sigma 1 / 1.128
    assert "two of three" in signals([*noise, 2.4, 0.5, 2.4])[-1]
    assert "two of three" not in signals([*noise, 2.4, 0.5, 0.6])[-1]
    assert "two of three" not in signals([*noise, -2.4, 0.5, 2.4])[-1]
    assert "four of five" in signals([*noise, 1.4, 1.4, 0.1, 1.4, 1.4])[-1]
    assert "four of five" not in signals([*noise, 1.4, 0.1, 0.1, 1.4, 1.4])[-1]


def test_a_gap_ends_a_run_and_no_range_is_taken_across_it():
    whole = xmr_chart([1, 2, 1, 2, 9, 10, 9, 10])
    gap = xmr_chart([1, 2, 1, 2, NAN, 9, 10, 9, 10])
    assert gap.high[0] - gap.centre == pytest.approx(3 / 1.128 * 1)  # the leap of 7 is no range
    assert whole.high[0] - whole.centre > 4
    assert np.isnan(gap.values[4])
    assert np.isnan(gap.high[4])
    run = [10.0, 10.2] * 8 + [10.5, 10.6, 10.5, 10.6, NAN, 10.6, 10.5, 10.6, 10.5]
    assert not any("run of eight" in one for one in signals(run)[16:])


def test_without_neighbours_there_are_no_limits_and_the_chart_says_why():
    chart = xmr_chart([5, NAN, 6])
    assert np.isnan(chart.high).all()
    assert "no two neighbouring periods" in chart.note


@pytest.mark.soak
@pytest.mark.slow
def test_false_signals_come_about_once_in_90_points():
    """Champ and Woodall 1987 give 91.75 for the four rules with known limits."""
    rng = np.random.default_rng(1)
    draws = rng.standard_normal(60_000)
    lengths, start = [], 0
    while start < len(draws) - 2000:
        # a fresh process from each start, its limits known and not estimated
        flagged: list[int] = []
        size = 100
        while not flagged:
            size *= 2
            found = _signals(draws[start : start + size], np.ones(size))
            flagged = [k for k, one in enumerate(found) if one]
        lengths.append(flagged[0] + 1)
        start += flagged[0] + 1
    assert np.mean(lengths) == pytest.approx(91.75, rel=0.12)
