"""Whoever has the public folder, and nothing else, works out no number that is too small.

Each evaluation here has groups of 1 to 4 in one role. It is evaluated, released and written as it
would be published; the attacker (``tests/attacker``) reads the files and solves. Beside each, the
same attack on the same evaluation with nothing held back: it would find the number, or the test
would prove nothing.
"""

from pathlib import Path

import numpy as np
import pytest
from attacker import cohorts, drawings, invented, measures, people, words
from attacker.counts import Counts
from attacker.public import Recovered, publish, read_public
from evaluations import DATA

from pbc_eval.agreement.evaluation import load_evaluation
from pbc_eval.disclosure import release, release_note
from pbc_eval.disclosure.stated import review_of_counts
from pbc_eval.disclosure.tables import release_tables
from pbc_eval.errors import DisclosureError
from pbc_eval.evaluation.evaluate import evaluate
from pbc_eval.evaluation.note.design_note import design_note

pytestmark = pytest.mark.slow
soak = pytest.mark.soak  # the same attack in another role, and on other examples
THRESHOLD = 10
SHOWN = {"disclosure": {"threshold": 0, "reason": "to see the attack succeed"}}


def published(folder: Path, out: Path):
    evaluation = evaluate(load_evaluation(folder))
    return evaluation, read_public(publish(release(evaluation), out))


def narrow(what: str, low: float, high: float) -> list[Recovered]:
    """A small number must be open from 1 to one less than the threshold."""
    is_open = low <= 1 and high >= THRESHOLD - 1
    return [] if is_open else [Recovered("sums", what, low, high)]


def attack_people(public, outcome="better", left_out=("unm",)) -> list[Recovered]:
    """Everything the attacker can do with a page of matched people."""
    known = people.counts_of(public, outcome)
    fits = people.unmatched_by_moments(public, outcome)
    recovered = []
    for name in left_out:
        recovered += narrow(name, *known.bounds(f"{name}.T"))
    if not {*range(1, THRESHOLD)} <= {*fits}:
        recovered.append(Recovered("moments", "left out", min(fits), max(fits)))
    recovered += people.few_of_a_trait(public, outcome, THRESHOLD)
    recovered += [Recovered("words", phrase, 0, 0) for phrase in words.few_in_words(public.text)]
    return recovered


def told(recovered: list[Recovered]) -> str:
    return "\n".join(map(str, recovered))


# --- people who found no match ---


@pytest.mark.parametrize(
    ("left_out", "missing", "rare", "seed"),
    [pytest.param(1, 0, 0, 1, marks=soak), pytest.param(2, 7, 0, 1, marks=soak), (3, 30, 3, 2)],
)
def test_few_who_found_no_match_are_in_no_sum_share_or_moment(
    tmp_path, left_out, missing, rare, seed
):
    frame = invented.people(left_out, missing=missing, rare=rare, seed=seed)
    folder = invented.people_evaluation(tmp_path / "people", frame)
    evaluation, public = published(folder, tmp_path / "out")
    groups = evaluation.findings[0].table("groups")
    unmatched = groups.frame.set_index("group").loc["Not matched", "treated"]
    assert 1 <= unmatched < THRESHOLD
    assert not attack_people(public), told(attack_people(public))


@soak
@pytest.mark.parametrize("discard", ["both"])
def test_few_outside_the_range_of_the_others_are_in_no_sum_share_or_moment(tmp_path, discard):
    frame = invented.people(1, n=160, seed=0)
    design = {**invented.DESIGN, "discard": discard}
    folder = invented.people_evaluation(tmp_path / "people", frame, design=design)
    evaluation, public = published(folder, tmp_path / "out")
    groups = evaluation.findings[0].table("groups").frame.set_index("group")["treated"]
    assert 1 <= groups["Set aside: outside the range of the other group"] < THRESHOLD
    recovered = attack_people(public, left_out=("aside",))
    assert not recovered, told(recovered)


def test_the_attack_on_people_finds_them_where_nothing_is_held_back(tmp_path):
    frame = invented.people(2, missing=30, rare=3)
    publication = invented.PUBLICATION | SHOWN
    folder = invented.people_evaluation(tmp_path / "people", frame, publication=publication)
    evaluation, public = published(folder, tmp_path / "out")
    groups = evaluation.findings[0].table("groups").frame.set_index("group")
    unmatched = groups.loc["Not matched", "treated"]
    known = people.counts_of(public, "better")
    assert known.bounds("unm.T") == (unmatched, unmatched)
    assert people.unmatched_by_moments(public, "better") == (unmatched,)
    assert people.few_of_a_trait(public, "better", THRESHOLD)


def test_few_with_a_trait_are_in_no_mean_and_their_levels_do_not_tell_them(tmp_path):
    folder = invented.people_evaluation(tmp_path / "a", invented.people(0, rare=2, seed=4))
    evaluation, public = published(folder, tmp_path / "out")
    balance = evaluation.findings[0].table("balance").frame.set_index("covariate")
    n = evaluation.findings[0].headline.n_treated
    assert 1 <= round(balance.loc["health=poor", "mean_treated_after"] * n) < THRESHOLD
    recovered = people.few_of_a_trait(public, "better", THRESHOLD)
    assert not recovered, told(recovered)
    shown = public.kind("better", "balance").set_index("covariate")
    assert shown.loc["health=poor", "mean_treated_after"] == "[c]"
    levels = shown.loc[[row for row in shown.index if row.startswith("health=")]]
    assert (levels["mean_treated_after"] == "[c]").sum() > 1  # one alone, the rest would tell
    assert shown.loc["sex=F" if "sex=F" in shown.index else "sex=M", "mean_treated_after"] != "[c]"


# --- groups that began together ---


@pytest.mark.parametrize(
    "sizes", [{4: 3, 5: 30, 6: 25}, pytest.param({3: 1, 5: 40, 6: 33}, marks=soak)]
)
def test_a_small_group_is_in_no_sum_and_its_effect_in_no_average(tmp_path, sizes):
    folder = invented.panel_evaluation(tmp_path / "panel", invented.panel(sizes))
    _, public = published(folder, tmp_path / "out")
    known = cohorts.counts_of(public, "days")
    few = {str(start): n for start, n in sizes.items() if n < THRESHOLD}
    recovered = [r for start in few for r in narrow(start, *known.bounds(f"n.{start}"))]
    every = {str(start): n for start, n in sizes.items()}
    assert not recovered, told(recovered)
    assert not {*cohorts.effects_told(public, "days", every)} & {*few}
    assert not cohorts.tells_weights(public, "days")
    assert not words.few_in_words(public.text)


def two_outcomes(folder: Path, lost: int, sizes: dict[int, int]) -> Path:
    """The second outcome lacks ``lost`` units of the last group; the others are in both."""
    frame = invented.panel(sizes, never=40)
    frame["nights"] = frame["y"] + np.random.default_rng(1).normal(size=len(frame))
    last = sorted(frame.loc[frame["start"] == max(sizes), "unit"].unique())[:lost]
    frame.loc[frame["unit"].isin(last), "nights"] = np.nan
    outcomes = [
        {"id": name, "label": name, "unit": "days", "direction": "lower_is_better",
         "column": column, "primary": name == "days"}
        for name, column in (("days", "y"), ("nights", "nights"))
    ]  # fmt: skip
    return invented.panel_evaluation(folder, frame, outcomes=outcomes, payment=None)


@pytest.mark.parametrize("hidden", [True, pytest.param(False, marks=soak)])
@pytest.mark.parametrize(
    ("lost", "sizes"),
    [(25, {3: 3, 4: 12, 5: 30}), pytest.param(26, {3: 2, 4: 15, 5: 30}, marks=soak)],
)
def test_what_one_outcome_shows_is_no_number_that_another_holds_back(tmp_path, lost, sizes, hidden):
    folder = two_outcomes(tmp_path / "panel", lost, sizes)
    evaluation = evaluate(load_evaluation(folder))
    tables = release(evaluation).findings
    known = Counts()
    for finding in tables:
        of = finding.outcome.id
        groups = next(t.frame for t in finding.tables if t.name == f"{of}-groups")
        if not hidden:  # as it would be if each outcome had been looked at alone
            (plain,) = (f for f in evaluation.findings if f.outcome.id == of)
            alone = release_tables(plain.tables, finding_rule(evaluation), plain)
            groups = next(t.frame for t in alone if t.name == f"{of}-groups")
        own = {start: f"{start}.{of if start == max(sizes) else 'both'}" for start in sizes}
        known.know(dict.fromkeys(own.values(), 1.0), finding.headline.n_treated)
        for start, name in own.items():
            (units,) = groups.loc[groups["group"].str.endswith(f" {start}"), "units"]
            if units != "[c]":
                known.tell(name, float(units))
    few = [f"{max(sizes)}.nights", f"{min(sizes)}.both"]
    recovered = [r for name in few for r in narrow(name, *known.bounds(name))]
    assert bool(recovered) is not hidden, told(recovered)


def finding_rule(evaluation):
    return evaluation.spec.publication.disclosure.of_units


@pytest.mark.parametrize("sizes", [{4: 3, 5: 30, 6: 25}])
def test_the_average_over_groups_goes_where_the_headline_beside_it_would_tell(tmp_path, sizes):
    """Without a total there is no denominator, and the large groups stay; averages beside the
    headline go as far as they must."""
    outcome = {"id": "days", "label": "Days in hospital", "unit": "days", "column": "y",
               "direction": "lower_is_better", "primary": True}  # fmt: skip
    folder = invented.panel_evaluation(
        tmp_path / "panel", invented.panel(sizes), outcomes=[outcome], payment=None
    )
    _, public = published(folder, tmp_path / "out")
    every = {str(start): n for start, n in sizes.items()}
    assert "4" not in cohorts.effects_told(public, "days", every)
    known = cohorts.counts_of(public, "days")
    assert not narrow("4", *known.bounds("n.4"))
    shown = public.kind("days", "groups")["units"].tolist()
    assert shown.count("[c]") == 2  # the small one, and one more for it to hide behind
    rows = public.kind("days", "estimates").set_index("estimator")["estimate"]
    assert rows.iloc[0] != "[c]"
    assert "[c]" in set(rows)


def test_the_attack_on_groups_finds_them_where_nothing_is_held_back(tmp_path):
    sizes = {4: 3, 5: 30, 6: 25}
    folder = invented.panel_evaluation(
        tmp_path / "panel", invented.panel(sizes), publication=invented.PUBLICATION | SHOWN
    )
    _, public = published(folder, tmp_path / "out")
    assert cohorts.counts_of(public, "days").bounds("n.4") == (3, 3)
    assert cohorts.tells_weights(public, "days")


def test_a_group_that_the_total_tells_is_refused_with_its_name(tmp_path):
    """Two groups, of 1 and 40: both the number of people and that of person-months are told."""
    folder = invented.panel_evaluation(tmp_path / "panel", invented.panel({3: 1, 5: 40}))
    with pytest.raises(DisclosureError, match="days-groups: a reader could work out a count"):
        release(evaluate(load_evaluation(folder)))


# --- measures of performance ---


@pytest.mark.parametrize(
    ("met", "due"),
    [
        ([496, 480, 470], [500, 500, 500]),  # 4 who were not
        ([3, 200, 250], [300, 300, 300]),
        ([499, 498, 497, 480], [500, 500, 500, 500]),
        ([300, 297], [300, 300]),  # 3 in all
        ([2, 1, 3], [40, 41, 44]),
    ],
)
def test_few_who_met_a_target_or_did_not_follow_from_nothing(tmp_path, met, due):
    folder = invented.measured_evaluation(tmp_path / "kpi", invented.measures(met, due))
    _, public = published(folder, tmp_path / "out")
    recovered = measures.few_behind_measures(public, THRESHOLD)
    assert not recovered, told(recovered)
    table = public.tables["performance-visits"]
    for row, (yes, asked) in enumerate(zip(met, due, strict=True)):
        if 0 < yes < THRESHOLD or 0 < asked - yes < THRESHOLD:
            assert table["value"][row] == "[c]"


def test_a_measure_with_many_on_either_side_is_shown_whole(tmp_path):
    folder = invented.measured_evaluation(
        tmp_path / "kpi", invented.measures([490, 480, 470], [500, 500, 500])
    )
    _, public = published(folder, tmp_path / "out")
    assert not (public.tables["performance-visits"] == "[c]").to_numpy().any()


def test_the_attack_on_measures_finds_a_complement_where_nothing_is_held_back(tmp_path):
    folder = invented.measured_evaluation(
        tmp_path / "kpi",
        invented.measures([496, 480, 470], [500, 500, 500]),
        publication=invented.PUBLICATION | SHOWN,
    )
    _, public = published(folder, tmp_path / "out")
    assert any(r.attack == "complement" for r in measures.few_behind_measures(public, THRESHOLD))


@pytest.mark.parametrize(("no", "asked"), [([3, 20, 25], [60, 60, 60]), ([2, 1], [50, 50])])
def test_few_who_answered_no_follow_from_no_share_interval_or_limit(tmp_path, no, asked):
    folder = invented.survey_evaluation(tmp_path / "kpi", invented.answers(no, asked))
    _, public = published(folder, tmp_path / "out")
    recovered = measures.few_behind_measures(public, THRESHOLD)
    assert not recovered, told(recovered)
    table = public.tables["performance-satisfied"]
    assert table["value"][0] == table["conf_low"][0] == table["low"][1] == "[c]"
    assert table["count"].tolist() == [f"{n}.0" for n in asked]


@pytest.mark.parametrize(
    ("met", "due"), [([496, 480, 470], [500, 500, 500]), ([3, 200, 250], [300, 300, 300])]
)
def test_few_rows_behind_a_count_follow_from_nothing_as_few_in_a_table_do(tmp_path, met, due):
    folder = invented.counted_evaluation(tmp_path / "kpi", invented.visits(met, due))
    _, public = published(folder, tmp_path / "out")
    recovered = measures.few_behind_measures(public, THRESHOLD)
    assert not recovered, told(recovered)
    assert public.tables["performance-visits"]["value"][0] == "[c]"
    assert not (public.tables["performance-wait"] == "[c]").to_numpy().any()


def test_a_mean_of_few_rows_is_held_back_and_follows_from_no_mean_over_all_periods(tmp_path):
    folder = invented.counted_evaluation(
        tmp_path / "kpi", invented.visits([80, 4, 70], [100, 6, 100])
    )
    _, public = published(folder, tmp_path / "out")
    table = public.tables["performance-wait"]
    shown = table["value"].tolist()
    assert shown[1] == "[c]"
    assert "[c]" not in (shown[0], shown[2])
    assert table["rating"][1] == "[c]"
    wait = next(kpi for kpi in public.results["performance"] if kpi["id"] == "wait")
    assert wait["overall"] in ("[c]", None)
    assert (table[["low", "high"]] == "[c]").to_numpy().all()


# --- drawings ---


def test_no_bar_is_drawn_of_what_its_table_holds_back(tmp_path):
    folder = invented.people_evaluation(tmp_path / "a", invented.people(2, n=600, seed=3))
    _, public = published(folder, tmp_path / "out")
    bars = public.kind("better", "score-bars")
    assert (bars == "[c]").to_numpy().any()
    assert drawings.has_bars(public)
    assert not drawings.bars_of_what_is_held_back(public, "better")
    shown = public.kind("better", "score-bars").copy()
    public.tables["better-score-bars"] = shown.assign(treated_before="[c]").iloc[:8]
    public.tables["better-score-bars"].loc[7, "treated_before"] = "0.07"  # the attack sees bars
    assert drawings.bars_of_what_is_held_back(public, "better")


# --- words, counts that somebody states ---


@pytest.mark.parametrize(
    "words_of_few",
    [
        "Three people found no match.", "The interviews (n=3) were short.",
        "Of them 3/185 people left.", "We spoke to 4 women.", "2 of 480 participants moved away.",
        "Gadawodd tri pherson.", "Siaradwyd â phedair menyw.", "Roedd 4 o bobl yn absennol.",
    ],
)  # fmt: skip
def test_words_of_few_people_stop_the_release_and_are_named_by_their_key(tmp_path, words_of_few):
    publication = invented.PUBLICATION | {"limitations": [words_of_few]}
    folder = invented.measured_evaluation(
        tmp_path / "kpi", invented.measures([300], [500]), publication=publication
    )
    evaluation = evaluate(load_evaluation(folder))
    with pytest.raises(DisclosureError, match=r"words: .*publication\.limitations\[1\]"):
        release(evaluation)
    answered = {"output": "words", "by": "A", "date": "2026-01-01", "reason": "Of another study."}
    publication |= {"disclosure": {"reviewed": [answered]}}
    folder = invented.measured_evaluation(
        tmp_path / "kpi", invented.measures([300], [500]), publication=publication
    )
    reviews = release(evaluate(load_evaluation(folder))).reviews
    assert [r.status for r in reviews if r.output == "words"] == ["review"]


@pytest.mark.parametrize(
    "words_of_many",
    ["Three areas took part.", "The 480 people who took part.", "Two years of earnings.",
     "Each person is compared with two people alike.", "Within 3 months 185 people left."],
)  # fmt: skip
def test_other_numbers_in_words_stop_nothing(tmp_path, words_of_many):
    publication = invented.PUBLICATION | {"limitations": [words_of_many]}
    folder = invented.measured_evaluation(
        tmp_path / "kpi", invented.measures([300], [500]), publication=publication
    )
    assert release(evaluate(load_evaluation(folder))).reviews


def test_a_design_note_tells_of_no_few_people_in_words(tmp_path):
    limits = {"limitations": ["Three people were asked beforehand."]}
    folder = invented.people_evaluation(
        tmp_path / "a", invented.people(0), publication=invented.PUBLICATION | limits
    )
    with pytest.raises(DisclosureError, match=r"publication\.limitations\[1\]: 'Three people'"):
        release_note(design_note(load_evaluation(folder)))


@pytest.mark.parametrize(
    ("stated", "status"), [({"counts": "people"}, "fail"), ({"counts": "things"}, None),
                           ({}, "review"), ({"persons": 4}, "fail")],
)  # fmt: skip
def test_a_verified_count_of_few_people_is_told_by_nobody(tmp_path, stated, status):
    count = {"outcome": "jobs", "count": 4, "source": "A list", "status": "READ", **stated}
    folder = invented.measured_evaluation(
        tmp_path / "kpi", invented.measures([300], [500]), counts=[count]
    )
    spec = load_evaluation(folder)
    reviews = review_of_counts(spec, spec.publication.disclosure, {})
    assert [review.status for review in reviews] == ([status] if status else [])


# --- the examples ---


@pytest.mark.soak
def test_what_was_recovered_from_the_hidden_numbers_of_hospitals_is_shown(tmp_path):
    """Hospitals are bodies: nothing is held back of them, so that nothing can be worked out."""
    _, public = published(DATA / "hospital-readmissions", tmp_path)
    ledger = public.kind("readmissions", "ledger")
    assert ledger["units_dropped"].tolist() == ["0", "2"]
    kpis = [  # these count people; shares of the survey are weighted, and are no counts
        recovered
        for recovered in measures.few_behind_measures(public, THRESHOLD)
        if "satisfaction" not in recovered.what
    ]
    assert not kpis, told(kpis)
    assert "[c]" not in public.tables["performance-satisfaction"].to_numpy()


# --- many more, in the soak ---


HIDDEN = -1.0


def evaluation_counts(public) -> float:
    """How many of the programme found no match, as the page has it; HIDDEN where it has not."""
    groups = public.kind("better", "groups").set_index("group")["treated"]
    return HIDDEN if groups["Not matched"] == "[c]" else float(groups["Not matched"])


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(25))
def test_invented_evaluations_tell_nothing_or_are_refused(tmp_path, seed):
    """Groups of 1 to 4 in every role at once, drawn at random."""
    rng = np.random.default_rng(seed)
    left_out, rare, n_small = (int(k) for k in rng.integers(1, 5, 3))
    n, missing = int(rng.integers(120, 400)), int(rng.integers(0, 30))
    frame = invented.people(left_out, n=n, missing=missing, rare=rare, seed=seed)
    _, public = published(invented.people_evaluation(tmp_path / "p", frame), tmp_path / "po")
    groups = evaluation_counts(public)
    if 0 < groups < THRESHOLD or groups == HIDDEN:
        assert not attack_people(public), told(attack_people(public))
    sizes = dict(zip((3, 5, 6), rng.permutation([n_small, *rng.integers(10, 40, 2)]), strict=True))
    sizes = {start: int(n) for start, n in sizes.items()}
    folder = invented.panel_evaluation(tmp_path / "g", invented.panel(sizes, seed=seed))
    try:
        _, public = published(folder, tmp_path / "go")
    except DisclosureError:
        return  # nothing can hide it: nothing is published
    known = cohorts.counts_of(public, "days")
    small = {str(start) for start, n in sizes.items() if n < THRESHOLD}
    recovered = [r for start in small for r in narrow(start, *known.bounds(f"n.{start}"))]
    assert not recovered or any("review" in str(o["status"]) for o in public.review["outputs"])
    every = {str(start): n for start, n in sizes.items()}
    assert not {*cohorts.effects_told(public, "days", every)} & small
    met = rng.integers(480, 501, 4)
    kpis = invented.measures(met.tolist(), [500] * 4)
    _, public = published(invented.measured_evaluation(tmp_path / "k", kpis), tmp_path / "ko")
    assert not measures.few_behind_measures(public, THRESHOLD)
