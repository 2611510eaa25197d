"""A measure of one period, its rating, and how many periods missed the target tell no few."""

import itertools
import json

import pytest
from attacker import invented, measures
from attacker.public import publish, read_public
from hypothesis import given, settings
from hypothesis import strategies as st

from pbc_eval.agreement.disclosure import DisclosureRule
from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release
from pbc_eval.disclosure.release_performance import release_performance
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.kpi.measure import rating_of
from pbc_eval.publish.formats.registers import performance_notice
from pbc_eval.report.page import page_of

THRESHOLD = 10
RULE = DisclosureRule()


def evaluated(folder, met, due, target):
    frame = invented.measures(met, due)
    kpi = {"id": "visits", "type": "proportion", "label": "Visits on time", "reference": "2",
           "met": "met", "among": "due", "better": "higher", "target": target,
           "feeds": "missed_periods", "source": "Invented"}  # fmt: skip
    performance = {"file": "measures.csv", "period": "month", "every": "month",
                   "first": "2025-01", "last": frame["month"].iloc[-1], "kpis": [kpi]}  # fmt: skip
    return evaluate(
        load_evaluation(invented.measured_evaluation(folder, frame, performance=performance))
    )


def not_met_that_fit(kpi, result) -> list[tuple[int, ...]]:
    """The attack: every way in which few of each hidden period can have failed the target, given
    what is told of sums, ratings and missed periods."""
    frame = kpi.table.frame
    hidden = [row for row in range(len(frame)) if frame["count"][row] == "[c]"]
    among = [period.among for period in result.periods]
    told = sum(n - c for n, c in zip(among, frame["count"], strict=True) if c != "[c]")
    seen = sum(r not in ("Good", "[c]") for r in frame["rating"])
    fits = []
    for guess in itertools.product(range(31), repeat=len(hidden)):
        rated = [rating_of(kpi.kpi, 1 - k / among[row])
                 for row, k in zip(hidden, guess, strict=True)]  # fmt: skip
        value = 1 - (told + sum(guess)) / sum(among)
        shown = [frame["rating"][row] for row in hidden]
        if (
            all(a in ("[c]", b) for a, b in zip(shown, rated, strict=True))
            and (kpi.overall_value is None or abs(kpi.overall_value - value) < 1e-9)
            and kpi.rating in ("[c]", rating_of(kpi.kpi, value))
            and (kpi.missed is None or kpi.missed == seen
                 + sum(r != "Good" for r, s in zip(rated, shown, strict=True) if s == "[c]"))
        ):  # fmt: skip
            fits.append(guess)
    return fits


def attacked(evaluation):
    """The ends of what fits each small number of people, or None where one can be anything."""
    (result,) = evaluation.performance.kpis
    (kpi,), _ = release_performance(evaluation.performance, RULE)
    truth = [p.among - p.count for p in result.periods]
    hidden = [row for row, cell in enumerate(kpi.table.frame["count"]) if cell == "[c]"]
    assert all(row in hidden for row, n in enumerate(truth) if 0 < n < THRESHOLD)
    fits = not_met_that_fit(kpi, result)
    return [(min(f[k] for f in fits), max(f[k] for f in fits))
            for k, row in enumerate(hidden) if 0 < truth[row] < THRESHOLD]  # fmt: skip


@pytest.mark.parametrize(
    ("met", "due", "target"),
    [
        ([297], [300], 0.9),  # one period: exactly 3, before
        ([297], [300], 0.98),  # and "Good": 6 or fewer
        ([297, 297], [300, 300], 0.9),  # all periods: exactly 6, before
        ([294, 294, 260, 250], [300] * 4, 0.98),  # 2 of 4 missed: exactly 6 and 6, before
        ([285, 295, 290, 291], [300, 300, 305, 306], 0.98),
    ],
)  # fmt: skip
def test_few_who_did_not_meet_a_target_follow_from_no_rating_and_no_number_of_periods(
    tmp_path, met, due, target
):
    for low, high in attacked(evaluated(tmp_path / "kpi", met, due, target)):
        assert low <= 1
        assert high >= THRESHOLD - 1


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 20), min_size=1, max_size=3),
    st.integers(150, 400),
    st.sampled_from([0.9, 0.95, 0.98, 0.99]),
)
def test_whatever_was_missed_of_whatever_target_few_stay_open(tmp_path_factory, lost, due, target):
    met = [due - n for n in lost]
    folder = tmp_path_factory.mktemp("kpi")
    for low, high in attacked(evaluated(folder / "k", met, [due] * len(met), target)):
        assert low <= 1
        assert high >= THRESHOLD - 1


@pytest.mark.slow
def test_notice_and_files_tell_what_the_page_tells(tmp_path):
    evaluation = evaluated(tmp_path / "kpi", [294, 294, 260, 250], [300] * 4, 0.98)
    released = release(evaluation)
    notice = json.loads(performance_notice(page_of(released), released))
    assert notice["kpis"][0]["periods_missed"] == "[c]"
    public = read_public(publish(released, tmp_path / "out"))
    assert public.tables["performance"]["missed"].tolist() == ["[c]"]
    assert not measures.few_behind_measures(public, THRESHOLD)
    alone = evaluated(tmp_path / "one", [297], [300], 0.98)
    public = read_public(publish(release(alone), tmp_path / "alone"))
    assert public.results["performance"][0]["rating"] == "[c]"
    assert not measures.few_behind_measures(public, THRESHOLD)


def test_a_rating_that_all_near_counts_have_is_told(tmp_path):
    evaluation = evaluated(tmp_path / "kpi", [297, 200, 200], [300] * 3, 0.9)
    (kpi,), _ = release_performance(evaluation.performance, RULE)
    assert kpi.table.frame["rating"].tolist()[0] == "Good"  # 1 to 13 not met: all of them good
    assert kpi.missed == 2


def test_what_a_payment_counts_of_held_back_ratings_is_for_review(tmp_path):
    evaluation = evaluated(tmp_path / "kpi", [294, 294, 260, 250], [300] * 4, 0.98)
    final = evaluation.spec.model_copy(update={"status": "final"})
    with pytest.raises(DisclosureError, match="a payment rests on this measure"):
        release(type(evaluation)(**{**_fields(evaluation), "spec": final}))


def _fields(record):
    return {name: getattr(record, name) for name in record.__dataclass_fields__}
